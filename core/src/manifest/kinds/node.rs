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

impl Node {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &NODE);
        let addresses = fields.object(cx, "status", |cx, status| {
            status.objects(cx, "addresses", |cx, address| {
                (address.string_or_empty(cx, "type"), address.string_or_empty(cx, "address"))
            })
        });
        Self { meta: ObjectMeta::read(cx, fields), addresses: addresses.unwrap_or_default() }
    }
}
