//! The points that the specification leaves open, as named options.
//!
//! The default is the first value: the specification's reading. [`Options::set`](crate::Options::set) takes key and
//! value as text, and the command line's `--set key=value` does the same. A [profile](crate::profile) is a set of values;
//! the ids of plugins' behaviours are explained [there](super::profiles).
//!
//! | key | values | rule |
//! |---|---|---|
//! | `admin-network-policies` | `enforced`; `ignored`: AdminNetworkPolicy and `BaselineAdminNetworkPolicy` do not apply | ANP-001, calico/admin-network-policy |
//! | `any-ipv6-block` | `whole`; `assigned`: `::/0` is 2000::/3 and fd00::/8 | kube-router/ip-block |
//! | `cluster-network-policies` | `enforced`; `ignored`: ClusterNetworkPolicy does not apply | CNP-001, calico/cluster-network-policy |
//! | `cluster-peers` | `all`; `pods-and-networks`: a rule of the cluster's policies with nodes or domain names allows nothing, or denies everything | CNP-010, calico/cluster-peers |
//! | `deny-domain-names` | `addresses`: rules that deny or pass hold the addresses that names have; `fail-closed`: as peers that nobody knows | CNP-012 |
//! | `duplicate-port-names` | `any`: every number that a container gives the name; `first`: the first container's; `last`: the last one's, whatever its protocol | NP-008, CIL-8 |
//! | `egress-port-names` | `destination`: what the destination calls so; `cluster`: the one number of all pods; `namespace`: without peers what the policy's namespace calls so, beside an `ipBlock` nothing; `namespace-or-block`: as that, but for blocks alone | NP-008, CIL-5, kube-router/named-port |
//! | `end-port` | `honoured`; `ignored`: `port` alone is meant | NP-009 |
//! | `enforcement` | `policies`; `none`: they are stored only | kubenet/policy-types |
//! | `established` | `reevaluated`: decided as if new; `kept`: lives on | NP-023 |
//! | `except-scope` | `peer`: exceptions are their peer's; `longest-prefix`: the rule's, but for narrower blocks; `rule`: the rule's | NP-014, kube-router/except |
//! | `excepts` | `honoured`; `ignored`: a block with exceptions holds nothing; `refuse-policy`: its policy does not apply | NP-014, calico-windows/except |
//! | `finished-pods` | `dropped`; `kept`: pods still, while no other pod has their address | NP-025 |
//! | `hand-over` | `direction`: Baseline is asked where no policy of a namespace isolates in the direction; `pod`: where none selects the pod at all | CNP-006 |
//! | `host-network` | `node`: the node's address; `pod`: a pod like others, when it is named | NP-019 |
//! | `init-container-ports` | `all`; `sidecars`: of init containers that restart always; `ignored` | NP-028 |
//! | `ip-block-nodes` | `match`; `ignore`: no `ipBlock` holds a node's address | NP-015, CIL-2 |
//! | `ip-block-pods` | `match`: an `ipBlock` matches pods' addresses; `ignore`: it does not | NP-015 |
//! | `ipv6-blocks` | `honoured`; `refuse-policy`: a policy with a block of IPv6 does not apply | azure-npm/ip-block |
//! | `ipv6` | `enforced`; `ignored`: IPv6 passes | azure-npm/ipv6 |
//! | `label-domain` | `own`; `calico`; `cilium` (1.20); `cilium-1.18`: which labels selectors see | NP-011, CAL-5, CIL-7 |
//! | `loopback` | `allowed`; `evaluated`: a pod can block itself | NP-020 |
//! | `negative-labels` | `honoured`; `refuse-policy`: a policy with `NotIn` or `DoesNotExist` does not apply | NP-012, azure-npm-windows/selectors |
//! | `negative-namespaces` | `pods`; `anything`: a `namespaceSelector` of `NotIn` and `DoesNotExist` alone holds every address, too | NP-011, CIL-4 |
//! | `node-to-own-pod` | `exempt`: always allowed in; `policed` | NP-018 |
//! | `other-protocols` | `portless-rules`: rules without `ports` allow them; `allow`; `deny`: isolated pods have none; `icmp-basics`: echo requests, unreachable, time exceeded, neighbour discovery pass | NP-021, kube-router/icmp |
//! | `pod-to-own-node` | `policed`; `denied`: always dropped; `exempt`: always allowed out | NP-018, CAL-2 |
//! | `policy-types` | `exact`; `at-least`: a list with rules counts even where its type is not named | NP-003, CIL-6 |
//! | `port-names` | `resolved`; `ignored`: an item with a name holds nothing; `spoil-protocol`: nor do the others of its protocol; `refuse-policy`: its policy does not apply | NP-008, calico-windows/named-port |
//! | `sctp` | `evaluated`; `any-port`: numbers are not looked at, names hold nothing; `dropped`: none is carried; `isolate-only`: SCTP items match nothing; `refuse-policy`: a policy with one does not apply | NP-024, CIL-9, CAL-4 |
//! | `tie-break` | `name`: the first name of equal priority; `reverse-name`: the last | CNP-005 |
//! | `tunnels` | `policed`; `dropped`: VXLAN and IP in IP from pods; `ip-in-ip-dropped` | CAL-3 |
//! | `unknown-fields` | `fail-closed`: a rule with a peer or protocol that nobody knows allows nothing, or denies everything; `ignored` | CNP-010 |
//! | `unresolved-port` | `no-match`; `port-zero`: port 0 of the protocol | NP-008 |

#[cfg(test)]
mod tests {
    #[test]
    fn every_option_and_value_is_in_the_table() {
        let text = include_str!("options.rs");
        for entry in crate::Options::default().entries() {
            let key = alloc::format!("//! | `{}` | `{}`", entry.key, entry.value);
            let row = text.lines().find(|line| line.starts_with(&key));
            let row = row.unwrap_or_else(|| panic!("`{}` with its default first", entry.key));
            for value in entry.values {
                assert!(row.contains(&alloc::format!("`{value}`")), "`{value}` of `{}`", entry.key);
            }
        }
    }
}
