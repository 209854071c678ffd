//! `Namespace`.

use super::ObjectMeta;
use crate::manifest::decode::{Context, Fields};

/// What is read of a namespace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Namespace {
    pub(crate) meta: ObjectMeta,
}

impl Namespace {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        Self { meta: ObjectMeta::read(cx, fields) }
    }
}
