//! Azure Network Policy Manager, on Linux and on Windows.

use super::{
    Behaviour, Confidence, Effect, Evidence, Plugin, Setting, Touches, unknown_admin, unknown_cluster,
    unknown_hairpin,
};

pub(super) const LINUX: Plugin = Plugin {
    name: "azure-npm",
    summary: "Azure Network Policy Manager on Linux: iptables on what is forwarded, IPv4 only.",
    versions: &[],
    options: &[],
    behaviours: |_| {
        [
            unknown_admin("azure-npm/admin-network-policy"),
            unknown_cluster("azure-npm/cluster-network-policy"),
            BLOCKS,
            NO_IPV6,
            LIVE,
            unknown_hairpin("azure-npm/pod-to-itself-via-service", NOBODY),
            TO_NODE,
        ]
        .to_vec()
    },
};
pub(super) const WINDOWS: Plugin = Plugin {
    name: "azure-npm-windows",
    summary: "Azure Network Policy Manager on Windows: policies that it cannot say are refused whole.",
    versions: &[],
    options: &[],
    behaviours: |_| {
        [
            unknown_admin("azure-npm-windows/admin-network-policy"),
            unknown_cluster("azure-npm-windows/cluster-network-policy"),
            refused(
                "azure-npm-windows/except",
                "an exception takes addresses out of its block",
                Touches::Excepts,
                &[("excepts", "refuse-policy")],
            ),
            Behaviour { id: "azure-npm-windows/ip-block", ..BLOCKS },
            Behaviour { id: "azure-npm-windows/ipv6", ..NO_IPV6 },
            refused(
                "azure-npm-windows/named-port",
                "a port name means what the destination pod calls so",
                Touches::Names,
                &[("port-names", "refuse-policy")],
            ),
            refused(
                "azure-npm-windows/sctp",
                "SCTP is decided as policies say",
                Touches::Sctp,
                &[("sctp", "refuse-policy")],
            ),
            refused(
                "azure-npm-windows/selectors",
                "`NotIn` and `DoesNotExist` hold where the label is missing",
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
            unknown_hairpin("azure-npm-windows/pod-to-itself-via-service", NOBODY),
            unknown(
                "azure-npm-windows/pod-to-own-node",
                "traffic from a pod to its own node is under the pod's egress policies alone",
                &[&[("pod-to-own-node", "denied")], &[("pod-to-own-node", "exempt")], &[]],
            ),
        ]
        .to_vec()
    },
};

const NOBODY: &str = "none: nobody has run or read this";
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
        source: NOBODY,
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
