//! Azure Network Policy Manager, on Linux and on Windows.

use super::{Behaviour, Confidence, Effect, Evidence, Plugin, Setting, Touches};

pub(super) const LINUX: Plugin = Plugin {
    name: "azure-npm",
    summary: "Azure Network Policy Manager on Linux: iptables on what is forwarded, IPv4 only.",
    versions: &[],
    options: &[],
    behaviours: |_| [BLOCKS, NO_IPV6, LIVE, TO_NODE].to_vec(),
};
pub(super) const WINDOWS: Plugin = Plugin {
    name: "azure-npm-windows",
    summary: "Azure Network Policy Manager on Windows: policies that it cannot say are refused whole.",
    versions: &[],
    options: &[],
    behaviours: |_| {
        [
            refused(
                "azure-npm-windows/except",
                "exceptions",
                Touches::Excepts,
                &[("excepts", "refuse-policy")],
            ),
            Behaviour { id: "azure-npm-windows/ip-block", ..BLOCKS },
            Behaviour { id: "azure-npm-windows/ipv6", ..NO_IPV6 },
            refused(
                "azure-npm-windows/named-port",
                "port names",
                Touches::Names,
                &[("port-names", "refuse-policy")],
            ),
            refused("azure-npm-windows/sctp", "SCTP", Touches::Sctp, &[("sctp", "refuse-policy")]),
            refused(
                "azure-npm-windows/selectors",
                "`NotIn` and `DoesNotExist`",
                Touches::NegativeLabels,
                &[("negative-labels", "refuse-policy")],
            ),
            unknown(
                "azure-npm-windows/live-flow-cut",
                "a connection is decided anew when policies change",
                &[&[], &[("established", "kept")]],
            ),
            unknown(
                "azure-npm-windows/node-to-local-pod",
                "a pod's own node always reaches it",
                &[&[("node-to-own-pod", "policed")], &[]],
            ),
            unknown(
                "azure-npm-windows/pod-to-own-node",
                "traffic from a pod to its own node is under the pod's egress policies alone",
                &[&[("pod-to-own-node", "denied")], &[("pod-to-own-node", "exempt")], &[]],
            ),
        ]
        .to_vec()
    },
};

const CODE: Evidence = Evidence {
    source: "Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation",
    confidence: Confidence::Read,
};

/// What Windows refuses the whole policy for, with a line in the log; a policy that was there before stays in force.
const fn refused(
    id: &'static str,
    ideal: &'static str,
    touches: Touches,
    settings: &'static [Setting],
) -> Behaviour {
    let actual = "the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays";
    Behaviour { whole: true, ..CODE.sets(id, ideal, actual, touches, settings) }
}

const fn unknown(id: &'static str, ideal: &'static str, ways: &'static [&'static [Setting]]) -> Behaviour {
    Behaviour {
        source: "none: nobody has run or read this",
        confidence: Confidence::Inferred,
        effect: Effect::Unknown(ways),
        ..CODE.sets(id, ideal, "not known", Touches::Nothing, &[])
    }
}

const BLOCKS: Behaviour = Behaviour {
    whole: true,
    ..CODE.sets(
        "azure-npm/ip-block",
        "an `ipBlock` of IPv6 addresses holds them",
        "the whole policy is refused and tried again for ever, so that it isolates nobody",
        Touches::Ipv6Blocks,
        &[("ipv6-blocks", "refuse-policy")],
    )
};
const NO_IPV6: Behaviour = Behaviour {
    confidence: Confidence::Documented,
    ..CODE.sets(
        "azure-npm/ipv6",
        "policies decide IPv6 as they decide IPv4",
        "IPv6 is not under policy",
        Touches::Nothing,
        &[("ipv6", "ignored")],
    )
};
const LIVE: Behaviour = CODE.sets(
    "azure-npm/live-flow-cut",
    "a connection is decided anew when policies change",
    "it lives on: only new connections are looked at",
    Touches::Nothing,
    &[("established", "kept")],
);
const TO_NODE: Behaviour = CODE.sets(
    "azure-npm/pod-to-own-node",
    "traffic from a pod to its own node is under the pod's egress policies alone",
    "it always passes: only what is forwarded is looked at",
    Touches::Nothing,
    &[("pod-to-own-node", "exempt")],
);
