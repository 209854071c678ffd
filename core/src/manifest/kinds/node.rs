//! `Node`: its labels and addresses.

use alloc::string::String;
use alloc::vec::Vec;

use super::ObjectMeta;
use crate::manifest::decode::{At, Context, Fields, Known};

/// What is read of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) meta: ObjectMeta,
    /// `status.addresses`: type and address.
    pub(crate) addresses: Vec<(At<String>, At<String>)>,
}

const NODE: Known = Known {
    names: &["apiVersion", "kind", "metadata", "spec", "status"],
    hints: &[("addresses", "it belongs under `status`"), ("labels", "it belongs under `metadata`")],
    ..Known::NOTHING
};

const SPEC: Known = Known {
    names: &["configSource", "externalID", "podCIDR", "podCIDRs", "providerID", "taints", "unschedulable"],
    ..Known::NOTHING
};

impl Node {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &NODE);
        fields.object(cx, "spec", read_spec);
        let addresses = fields.object(cx, "status", |cx, status| {
            status.objects(cx, "addresses", |cx, address| {
                (address.string_or_empty(cx, "type"), address.string_or_empty(cx, "address"))
            })
        });
        Self { meta: ObjectMeta::read(cx, fields), addresses: addresses.unwrap_or_default() }
    }
}

/// Reads `spec` for its types alone: a wrong one makes the API server refuse the object.
fn read_spec(cx: &mut Context, spec: &Fields<'_, '_>) {
    // A newer API server may hold more.
    if cx.creates() {
        spec.warn_unknown(cx, &SPEC);
    }
    texts(cx, spec, &["externalID", "podCIDR", "providerID"]);
    spec.strings(cx, "podCIDRs");
    spec.boolean(cx, "unschedulable");
    spec.objects(cx, "taints", |cx, taint| {
        texts(cx, taint, &["effect", "key", "value"]);
        taint.time(cx, "timeAdded");
    });
    spec.object(cx, "configSource", |cx, source| {
        source.object(cx, "configMap", |cx, map| {
            texts(cx, map, &["kubeletConfigKey", "name", "namespace", "resourceVersion", "uid"]);
        });
    });
}

fn texts(cx: &mut Context, fields: &Fields<'_, '_>, names: &[&str]) {
    for name in names {
        fields.string(cx, name);
    }
}
