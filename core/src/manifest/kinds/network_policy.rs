//! `NetworkPolicy` of `networking.k8s.io/v1`.

use alloc::string::String;
use alloc::vec::Vec;

use super::{LabelSelector, ObjectMeta};
use crate::manifest::decode::{At, Context, Fields, IntOrString, Known};

/// A policy as the text has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NetworkPolicy {
    pub(crate) meta: ObjectMeta,
    pub(crate) spec: NetworkPolicySpec,
}

/// The field `spec`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NetworkPolicySpec {
    pub(crate) pod_selector: LabelSelector,
    pub(crate) policy_types: At<Vec<At<String>>>,
    pub(crate) ingress: Vec<At<Rule>>,
    pub(crate) egress: Vec<At<Rule>>,
}

/// An item of `ingress` or `egress`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    /// `from` or `to`.
    pub(crate) peers: Vec<At<Peer>>,
    pub(crate) ports: Vec<At<Port>>,
}

/// An item of `from` or `to`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peer {
    pub(crate) pod_selector: Option<LabelSelector>,
    pub(crate) namespace_selector: Option<LabelSelector>,
    pub(crate) ip_block: Option<IpBlock>,
}

/// The field `ipBlock`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IpBlock {
    /// Empty when there is none.
    pub(crate) cidr: At<String>,
    pub(crate) except: Vec<At<String>>,
}

/// An item of `ports`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    pub(crate) protocol: Option<At<String>>,
    pub(crate) port: Option<At<IntOrString>>,
    pub(crate) end_port: Option<At<i32>>,
}

const POLICY: Known = Known {
    // What some older API servers stored.
    stored: &["status"],
    names: &["apiVersion", "kind", "metadata", "spec"],
    hints: &[
        ("status", "remove it: network policies have no status"),
        ("ingress", "it belongs under `spec`"),
        ("egress", "it belongs under `spec`"),
        ("podSelector", "it belongs under `spec`"),
        ("policyTypes", "it belongs under `spec`"),
    ],
    ..Known::NOTHING
};

const SPEC: Known = Known {
    names: &["egress", "ingress", "podSelector", "policyTypes"],
    hints: &[
        ("from", "it belongs in an item of `spec.ingress`"),
        ("to", "it belongs in an item of `spec.egress`"),
        ("ports", "it belongs in an item of `spec.ingress` or `spec.egress`"),
        ("namespaceSelector", "a policy selects pods of its own namespace only; remove it"),
    ],
    ..Known::NOTHING
};

const INGRESS: Known = Known {
    names: &["from", "ports"],
    hints: &[
        (
            "to",
            "an ingress rule has `from`; `to` belongs in an item of `spec.egress`; without `from` the rule allows every peer",
        ),
        ("podSelector", "peers go in the list `from`; without it the rule allows every peer"),
        ("namespaceSelector", "peers go in the list `from`; without it the rule allows every peer"),
        ("ipBlock", "peers go in the list `from`; without it the rule allows every peer"),
        ("port", "did you mean the list `ports`? without it the rule allows every port"),
        (
            "protocol",
            "it belongs in an item of `ports`; without them the rule allows every protocol and port",
        ),
    ],
    ..Known::NOTHING
};

const EGRESS: Known = Known {
    names: &["ports", "to"],
    hints: &[
        (
            "from",
            "an egress rule has `to`; `from` belongs in an item of `spec.ingress`; without `to` the rule allows every peer",
        ),
        ("podSelector", "peers go in the list `to`; without it the rule allows every peer"),
        ("namespaceSelector", "peers go in the list `to`; without it the rule allows every peer"),
        ("ipBlock", "peers go in the list `to`; without it the rule allows every peer"),
        ("port", "did you mean the list `ports`? without it the rule allows every port"),
        (
            "protocol",
            "it belongs in an item of `ports`; without them the rule allows every protocol and port",
        ),
    ],
    ..Known::NOTHING
};

const PEER: Known = Known {
    names: &["ipBlock", "namespaceSelector", "podSelector"],
    hints: &[
        ("cidr", "it belongs under `ipBlock`: indent it by two more spaces"),
        ("except", "it belongs under `ipBlock`: indent it by two more spaces"),
        (
            "matchLabels",
            "it belongs under `podSelector` or `namespaceSelector`: indent it by two more spaces",
        ),
        (
            "matchExpressions",
            "it belongs under `podSelector` or `namespaceSelector`: indent it by two more spaces",
        ),
        ("ports", "it belongs beside `from` or `to`, not in a peer; without it the rule allows every port"),
    ],
    ..Known::NOTHING
};

const IP_BLOCK: Known = Known {
    names: &["cidr", "except"],
    hints: &[("exceptions", "did you mean `except`?")],
    ..Known::NOTHING
};

const PORT: Known = Known {
    names: &["endPort", "port", "protocol"],
    hints: &[
        ("name", "a port by its name goes under `port`"),
        ("targetPort", "policies see pod ports, under `port`"),
        ("containerPort", "did you mean `port`?"),
    ],
    ..Known::NOTHING
};

impl NetworkPolicy {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &POLICY);
        Self { meta: ObjectMeta::read(cx, fields), spec: fields.object(cx, "spec", NetworkPolicySpec::read) }
    }
}

impl NetworkPolicySpec {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SPEC);
        let types_at = fields.node("policyTypes").map_or(fields.at(), |node| node.at);
        Self {
            pod_selector: fields.object(cx, "podSelector", LabelSelector::read),
            policy_types: At::new(fields.strings(cx, "policyTypes").unwrap_or_default(), types_at),
            ingress: Rule::read_all(cx, fields, "ingress", "from", &INGRESS),
            egress: Rule::read_all(cx, fields, "egress", "to", &EGRESS),
        }
    }
}

impl Rule {
    fn read_all(
        cx: &mut Context,
        spec: &Fields<'_, '_>,
        direction: &str,
        peers: &str,
        known: &Known,
    ) -> Vec<At<Self>> {
        let read = |cx: &mut Context, fields: &Fields<'_, '_>| {
            fields.warn_unknown(cx, known);
            let rule = Self {
                peers: fields.objects(cx, peers, Peer::read).unwrap_or_default(),
                ports: fields.objects(cx, "ports", Port::read).unwrap_or_default(),
            };
            At::new(rule, fields.at())
        };
        spec.objects(cx, direction, read).unwrap_or_default()
    }
}

impl Peer {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &PEER);
        let ip_block = fields.read(cx, "ipBlock", |cx, node, path| {
            let fields = Fields::of(cx, node, path);
            IpBlock::read(cx, &fields)
        });
        let peer = Self {
            pod_selector: LabelSelector::read_optional(cx, fields, "podSelector"),
            namespace_selector: LabelSelector::read_optional(cx, fields, "namespaceSelector"),
            ip_block,
        };
        At::new(peer, fields.at())
    }
}

impl IpBlock {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &IP_BLOCK);
        Self {
            cidr: fields.string_or_empty(cx, "cidr"),
            except: fields.strings(cx, "except").unwrap_or_default(),
        }
    }
}

impl Port {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &PORT);
        let port = Self {
            protocol: fields.string(cx, "protocol"),
            port: fields.int_or_string(cx, "port"),
            end_port: fields.int32(cx, "endPort"),
        };
        At::new(port, fields.at())
    }
}
