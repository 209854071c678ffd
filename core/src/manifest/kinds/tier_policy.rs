//! Policies of the cluster: `ClusterNetworkPolicy`, `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy`.

use super::ObjectMeta;
use crate::manifest::decode::{Context, Fields, Known};
use crate::manifest::tree::{Node, Value};
use crate::policy::PolicyKind;

/// What is read of a policy of the cluster; its `spec` is kept as it is, until it is lowered.
#[derive(Clone, Debug)]
pub(crate) struct TierPolicy {
    pub(crate) kind: PolicyKind,
    pub(crate) meta: ObjectMeta,
    /// Nothing when it is absent or null.
    pub(crate) spec: Option<Node>,
}

impl PartialEq for TierPolicy {
    fn eq(&self, other: &Self) -> bool {
        let same_spec = match (&self.spec, &other.spec) {
            (Some(spec), Some(other)) => says_the_same(spec, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.kind == other.kind && self.meta == other.meta && same_spec
    }
}

/// Whether two trees are equal wherever they stand, and in whatever order their fields are.
fn says_the_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Mapping(fields), Value::Mapping(others)) => {
            let same = |key: &str, node: &Node| {
                others.iter().any(|other| other.key == key && says_the_same(node, &other.node))
            };
            fields.len() == others.len() && fields.iter().all(|field| same(&field.key, &field.node))
        }
        (Value::Sequence(items), Value::Sequence(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(a, b)| says_the_same(a, b))
        }
        (value, other) => value == other,
    }
}

const POLICY: Known = Known {
    names: &["apiVersion", "kind", "metadata", "spec", "status"],
    hints: &[
        ("ingress", "it belongs under `spec`"),
        ("egress", "it belongs under `spec`"),
        ("subject", "it belongs under `spec`"),
    ],
    ..Known::NOTHING
};

impl TierPolicy {
    pub(crate) fn read(cx: &mut Context, kind: PolicyKind, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &POLICY);
        Self { kind, meta: ObjectMeta::read(cx, fields), spec: fields.node("spec").cloned() }
    }
}
