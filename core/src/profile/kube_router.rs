//! kube-router.

use super::{
    Behaviour, Confidence, Effect, Evidence, Plugin, Touches, unknown_admin, unknown_cluster, unknown_hairpin,
};

pub(super) const KUBE_ROUTER: Plugin = Plugin {
    name: "kube-router",
    summary: "kube-router: a chain for each pod, a set of addresses for each rule.",
    versions: &[],
    options: &[],
    behaviours: |_| {
        [
            unknown_admin("kube-router/admin-network-policy"),
            unknown_cluster("kube-router/cluster-network-policy"),
            EXCEPT,
            ICMP,
            IP_BLOCK,
            LIVE,
            NAMES,
            unknown_hairpin("kube-router/pod-to-itself-via-service", "none: nobody has run or read this"),
        ]
        .to_vec()
    },
};

const CODE: Evidence =
    Evidence { source: "kube-router, pkg/controllers/netpol, read", confidence: Confidence::Read };

const EXCEPT: Behaviour = Behaviour {
    effect: Effect::Unknown(&[&[("except-scope", "rule")], &[("except-scope", "longest-prefix")]]),
    ..CODE.sets(
        "kube-router/except",
        "an exception takes addresses out of its own peer",
        "it takes them out of the blocks beside it as well, which share its set; whether also out of narrower ones is \
         not known",
        Touches::SharedExcepts,
        &[],
    )
};
const ICMP: Behaviour = CODE.sets(
    "kube-router/icmp-to-isolated-pod",
    "only rules without `ports` allow ICMP to an isolated pod",
    "echo requests, unreachable destinations and time exceeded always pass, as does neighbour discovery",
    Touches::Nothing,
    &[("other-protocols", "icmp-basics")],
);
const IP_BLOCK: Behaviour = CODE.sets(
    "kube-router/ip-block",
    "`::/0` holds every IPv6 address",
    "it holds 2000::/3 and fd00::/8, not link-local addresses and not the rest",
    Touches::AnyIpv6Block,
    &[("any-ipv6-block", "assigned")],
);
const LIVE: Behaviour = CODE.sets(
    "kube-router/live-flow-cut",
    "a connection is decided anew when policies change",
    "it lives on",
    Touches::Nothing,
    &[("established", "kept")],
);
const NAMES: Behaviour = Behaviour {
    effect: Effect::Unknown(&[
        &[("egress-port-names", "namespace")],
        &[("egress-port-names", "namespace-or-block")],
    ]),
    ..CODE.sets(
        "kube-router/named-port",
        "a port name in an egress rule means what each destination pod calls so",
        "without peers it means what pods of the policy's namespace call so, for any destination; for an `ipBlock` it \
         means nothing, and what it means for selectors beside one is not known",
        Touches::EgressNames,
        &[],
    )
};
