//! `Namespace`.

use super::{ObjectMeta, metadata};
use crate::manifest::decode::{Context, Fields, Known};

/// What is read of a namespace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Namespace {
    pub(crate) meta: ObjectMeta,
}

const NAMESPACE: Known = Known {
    names: &["apiVersion", "kind", "metadata", "spec", "status"],
    hints: &[("labels", "it belongs under `metadata`")],
    ..Known::NOTHING
};

const SPEC: Known = Known { names: &["finalizers"], ..Known::NOTHING };

impl Namespace {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &NAMESPACE);
        fields.object(cx, "spec", |cx, spec| {
            spec.warn_unknown(cx, &SPEC);
            let finalizers = spec.strings(cx, "finalizers").unwrap_or_default();
            let path = spec.path().field("finalizers");
            if cx.creates() {
                for finalizer in &finalizers {
                    metadata::check_finalizer(cx, finalizer, &path, &path);
                }
            }
        });
        Self { meta: ObjectMeta::read(cx, fields) }
    }
}
