//! What network plugins really enforce, and how it is known.
//!
//! A [profile](crate::profile) is a network plugin in a version, with its own options set. Where it differs from the
//! specification, a **behaviour** with an id says so: `CIL-1` … are Cilium's, `CAL-1` … Calico's, `KNP-1` … those of
//! kube-network-policies, all of them found by running the plugins' own code; `plugin/part` are the others, read in
//! code or documentation. Answers name the ids. What nobody knows is *unknown*: an answer that hangs on it is no answer.
//!
//! | profile | versions | options |
//! |---|---|---|
//! | `upstream` | – | every one of the [options](super::options) |
//! | `antrea` | 2.7 | – |
//! | `azure-npm`, `azure-npm-windows` | – | – |
//! | `calico`, `kubenet+calico` | 3.32, 3.31, 3.30, 3.29, 3.28 | `dataplane`: `iptables`, `bpf`; `endpoint-to-host`: `accept`, `drop` |
//! | `calico-windows` | – | – |
//! | `cilium` | 1.20, 1.18 | `allow-localhost`: `always`, `policy`; `policy-cidr-match-mode`: `none`, `nodes`; `sctp`: `off`, `on` |
//! | `flannel`, `kubenet` | – | – |
//! | `kube-network-policies` | 1.1 | – |
//! | `kube-router` | – | – |
//!
//! # How a profile becomes decisions
//!
//! A behaviour sets [options](super::options). Some of those change what the objects say before anything is compiled:
//! which labels selectors see, which policies apply, what blocks and port names hold. The others are exemptions, decided
//! with the flow: SCTP that is not carried, tunnels, the own node. Either way the structure that decides is the same, and
//! the specification implements every option again, plainly.
//!
//! # What is the same everywhere
//!
//! - The containers of one pod talk to each other over its loopback: no plugin sees it, no policy applies (NP-020).
//! - A host-network pod is its node: no plugin here enforces a NetworkPolicy on it (NP-019; `CIL-10`).
//! - A pod's own node reaches it, but for what the table of a plugin says (NP-018; `CIL-3`, `CAL-1`).
//! - `ipBlock` is about the addresses that packets have at the pod: after a Service was resolved, and after whatever the
//!   way there rewrites (NP-016).
//! - An egress rule with a port name holds neither host-network pods nor addresses outside, unless a row says so
//!   (`CAL-6`), and IPv4 blocks never hold IPv6 (`CAL-8`).
//!
//! # Every behaviour
//!
//! How each is known: the plugin's code was *run*, it was *read*, it is *documented*, or it is *inferred* from something else that
//! is known. Of what is inferred from nothing, no answer is given.
//!
//! | id | the specification | the plugin | known from |
//! |---|---|---|---|
//! | `CAL-1` | a pod's own node always reaches it | as the specification: the node, by any of its addresses, and host-network pods on it; another node is decided like any other peer | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-2` | traffic from a pod to its own node is under the pod's egress policies alone | the node drops it, because `defaultEndpointToHostAction` is `Drop` | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-3` | what a pod sends is decided as policies say, whatever it carries | VXLAN (UDP 4789) and IP in IP (protocol 4) from a pod are dropped; under `dataplane=bpf` IP in IP (protocol 4) from a pod is dropped | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-4` | an SCTP item of `ports` holds the ports that it says | it holds SCTP to any port, and one with a port name holds nothing | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-5` | selectors see the labels that objects have | they see Calico's, too: `projectcalico.org/…` and `pcns.…`, which pods cannot forge | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-6` | a port name in an egress rule means what each destination pod calls so | as the specification: host-network pods and addresses outside have no names; beside an `ipBlock` only pods in it; a name given twice is both numbers | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-7` | a port name means what any container of the pod calls so | names of init containers and sidecars mean nothing before 3.32 | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CAL-8` | an `ipBlock` holds pods and nodes by their addresses | as the specification, and blocks of one family never hold addresses of the other | Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-1` | an `ipBlock` holds pods by their addresses, too | an `ipBlock` never holds a pod, not even its own /32 | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-2` | an `ipBlock` holds nodes and host-network pods by their addresses | an `ipBlock` never holds a node or a host-network pod | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-3` | a pod's own node always reaches it | a pod's own node is decided like any other peer (`allow-localhost=policy`; as shipped it is as the specification) | Cilium's option `allow-localhost=policy` (documented) |
//! | `CIL-4` | a `namespaceSelector` holds pods of the namespaces that it matches | one of nothing but `NotIn` and `DoesNotExist` holds nodes and addresses outside, too (1.18) | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-5` | a port name in an egress rule means what each destination pod calls so | it means one number for the whole cluster, outside addresses included; where pods differ, none (1.18) | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-6` | a list of rules whose type `policyTypes` does not name means nothing | it is enforced all the same | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-7` | selectors see every label of a pod | they see those that are part of its identity; what the identity filter drops counts as absent | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-8` | a port name means what any container of the pod calls so | of containers that use one name the last has it, whatever the protocol; init containers have none | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-9` | SCTP is decided as policies say | all SCTP from and to pods is dropped, because `enable-sctp` is off | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `CIL-10` | a host-network pod is its node | as the specification: no policy is enforced on it | Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run) |
//! | `KNP-1` | a pod always reaches itself | a pod to itself is decided like any other flow | kube-network-policies 1.1.1, evaluator run on 22,267 random flows and hand-made ones (run) |
//! | `KNP-2` | a pod's own node always reaches it | a pod's own node is decided like any other peer, but for sockets of user 0 | kube-network-policies 1.1.1, evaluator run on 22,267 random flows and hand-made ones (run) |
//! | `KNP-3` | a pod that has ended is neither subject nor peer | it stays both as long as no other pod has its address | kube-network-policies 1.1.1, evaluator run on 22,267 random flows and hand-made ones (run) |
//! | `antrea/live-flow-cut` | a connection is decided anew when policies change | it lives on | Antrea, design of the Open vSwitch pipeline, documentation (documented) |
//! | `antrea/node-to-local-pod` | a pod's own node always reaches it | probes of the kubelet do; whether other traffic of the node does is not known | Antrea, design of the Open vSwitch pipeline, documentation, which speaks of probes only (documented) |
//! | `azure-npm-windows/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `azure-npm-windows/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `azure-npm-windows/except` | an exception takes addresses out of its block | the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm-windows/ip-block` | an `ipBlock` of IPv6 addresses holds them | the whole policy is refused and tried again for ever, so that it isolates nobody | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm-windows/ipv6` | policies decide IPv6 as they decide IPv4 | IPv6 is not under policy | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (documented) |
//! | `azure-npm-windows/live-flow-cut` | a connection is decided anew when policies change | not known | none: nobody has run or read this (inferred) |
//! | `azure-npm-windows/named-port` | a port name means what the destination pod calls so | the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm-windows/node-to-local-pod` | a pod's own node always reaches it | not known | none: nobody has run or read this (inferred) |
//! | `azure-npm-windows/pod-to-itself-via-service` | a pod that reaches itself through a service is not under the policies of its namespace | not known: it may be decided like any other flow | none: nobody has run or read this (inferred) |
//! | `azure-npm-windows/pod-to-own-node` | traffic from a pod to its own node is under the pod's egress policies alone | not known | none: nobody has run or read this (inferred) |
//! | `azure-npm-windows/sctp` | SCTP is decided as policies say | the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm-windows/selectors` | `NotIn` and `DoesNotExist` hold where the label is missing | the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `azure-npm/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `azure-npm/ip-block` | an `ipBlock` of IPv6 addresses holds them | the whole policy is refused and tried again for ever, so that it isolates nobody | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm/ipv6` | policies decide IPv6 as they decide IPv4 | IPv6 is not under policy | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (documented) |
//! | `azure-npm/live-flow-cut` | a connection is decided anew when policies change | it lives on: only new connections are looked at | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `azure-npm/pod-to-itself-via-service` | a pod that reaches itself through a service is not under the policies of its namespace | not known: it may be decided like any other flow | none: nobody has run or read this (inferred) |
//! | `azure-npm/pod-to-own-node` | traffic from a pod to its own node is under the pod's egress policies alone | it always passes: only what is forwarded is looked at | Azure container networking, npm/pkg, read; AKS, `use-network-policies`, documentation (read) |
//! | `calico-windows/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `calico-windows/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `calico-windows/except` | an `ipBlock` holds the addresses outside its exceptions | a rule with exceptions is left out, so that the block holds nothing | Calico, felix/dataplane/windows/policysets, read (read) |
//! | `calico-windows/ipv6` | policies decide IPv6 as they decide IPv4 | IPv6 is not under policy | Calico, limitations of Calico for Windows, documentation (documented) |
//! | `calico-windows/live-flow-cut` | a connection is decided anew when policies change | new rules may reset TCP connections, or may not | Calico, felix/dataplane/windows/policysets, read (read) |
//! | `calico-windows/named-port` | a port name means what the destination pod calls so | a rule with one is left out; whether ports by number of its protocol go with it is not known | Calico, felix/dataplane/windows/policysets, read (read) |
//! | `calico-windows/node-to-local-pod` | a pod's own node always reaches it | not known | none: nobody has run or read this version (inferred) |
//! | `calico-windows/pod-to-itself-via-service` | a pod that reaches itself through a service is not under the policies of its namespace | not known: it may be decided like any other flow | none: nobody has run or read this version (inferred) |
//! | `calico-windows/pod-to-own-node` | traffic from a pod to its own node is under the pod's egress policies alone | not known | none: nobody has run or read this version (inferred) |
//! | `calico/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `calico/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `calico/cluster-peers` | nodes and domain names are peers of a policy of the cluster | a rule with one of them is dropped where it accepts, and denies everything where it denies or passes (3.32) | Calico, master of 2026-08, conversion of ClusterNetworkPolicy, read (read) |
//! | `calico/live-flow-cut` | a connection is decided anew when policies change | it lives on | Calico, documentation of policy and established connections (documented) |
//! | `calico/pod-to-itself-via-service` | a pod that reaches itself through a service is not under the policies of its namespace | not known: it may be decided like any other flow | none: the source is rewritten to the pod's own address or its node's, as the mode of kube-proxy has it (inferred) |
//! | `cilium/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `cilium/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `flannel/policy-types` | policies are enforced | they are stored and do nothing | flannel, README, and k3s issue 445 (documented) |
//! | `kube-network-policies/baseline` | Baseline is asked of a direction in which no policy of a namespace isolates the pod | it is not asked of a pod that any policy of its namespace selects, for whatever direction | kube-network-policies 1.1.1, engine run on single cases of tiers (run) |
//! | `kube-network-policies/named-port` | a port name means what any container of the pod calls so | names of init containers and sidecars mean nothing | kube-network-policies 1.1.1, evaluator run on 22,267 random flows and hand-made ones (run) |
//! | `kube-network-policies/unknown-fields` | a rule with a peer that nobody knows allows nothing, or denies everything | such a peer holds nothing, whatever the rule does | kube-network-policies 1.1.1, engine run on single cases of tiers (run) |
//! | `kube-router/admin-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `kube-router/cluster-network-policy` | a policy of this kind is enforced | it may be, or it may do nothing | none: nothing says whether the plugin knows the API (inferred) |
//! | `kube-router/except` | an exception takes addresses out of its own peer | it takes them out of the blocks beside it as well, which share its set; whether also out of narrower ones is not known | kube-router, pkg/controllers/netpol, read (read) |
//! | `kube-router/icmp-to-isolated-pod` | only rules without `ports` allow ICMP to an isolated pod | echo requests, unreachable destinations and time exceeded always pass, as does neighbour discovery | kube-router, pkg/controllers/netpol, read (read) |
//! | `kube-router/ip-block` | `::/0` holds every IPv6 address | it holds 2000::/3 and fd00::/8, not link-local addresses and not the rest | kube-router, pkg/controllers/netpol, read (read) |
//! | `kube-router/live-flow-cut` | a connection is decided anew when policies change | it lives on | kube-router, pkg/controllers/netpol, read (read) |
//! | `kube-router/named-port` | a port name in an egress rule means what each destination pod calls so | without peers it means what pods of the policy's namespace call so, for any destination; for an `ipBlock` it means nothing, and what it means for selectors beside one is not known | kube-router, pkg/controllers/netpol, read (read) |
//! | `kube-router/pod-to-itself-via-service` | a pod that reaches itself through a service is not under the policies of its namespace | not known: it may be decided like any other flow | none: nobody has run or read this (inferred) |
//! | `kubenet/policy-types` | policies are enforced | they are stored and do nothing | Kubernetes, network plugins, documentation (documented) |
