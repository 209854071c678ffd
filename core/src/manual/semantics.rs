//! What Kubernetes network policies mean: every rule, numbered.
//!
//! The numbers are the ones that code, tests and corpus cases name. The sources are the API's own documentation
//! (`networking.k8s.io/v1`), the *Network Policies* page of the Kubernetes documentation, the API server's defaulting
//! and validation, and the project's end-to-end tests; for the policies of the cluster (`CNP-…`, `ANP-…`) the
//! documentation of `policy.networking.k8s.io` in `v1alpha2` and `v1alpha1`. Where they leave a choice, it is an
//! [option](super::options).
//!
//! # How a flow is decided
//!
//! A flow passes if the **egress side** (the policies of the source) and the **ingress side** (the policies of the
//! destination) both allow it. Each side is decided by itself, and the first line that applies decides it:
//!
//! 1. A reply of an allowed connection is allowed (NP-022); so is a connection that exists, if the options keep it
//!    (NP-023).
//! 2. An end that is no pod to policies has no policies on its side: an address that no pod owns, a host-network pod
//!    (NP-019), a finished pod (NP-025).
//! 3. A pod reaches itself (NP-020), unless by a service (CNP-014).
//! 4. A pod's own node reaches it (NP-018).
//! 5. A protocol other than TCP, UDP and SCTP passes where the options exempt it (NP-021).
//! 6. The tier Admin is asked: the first rule that matches allows, denies, or passes the flow on (CNP-001 to CNP-003).
//! 7. If a namespace's policies isolate the pod in this direction, they decide: the first rule that matches allows
//!    (NP-006), in the order of the policies' names, which decides only the rule that is named, never the verdict
//!    (NP-017); what no rule matches is denied (NP-004).
//! 8. Else the tier Baseline is asked, as Admin was (CNP-006).
//! 9. What nothing has decided is allowed (NP-017, CNP-006).
//!
//! # What a policy selects
//!
//! - **NP-001** `podSelector` missing, null or `{}` selects all pods of the policy's namespace.
//! - **NP-002** `policyTypes` missing or empty means `Ingress`, and `Egress` too if there is at least one egress rule.
//!   So `egress: []` without `policyTypes` does not isolate for egress.
//! - **NP-003** With `policyTypes` given, the list of a type that is not named is ignored, and a named type without
//!   rules denies everything in its direction.
//! - **NP-004** A list that applies and is missing or empty isolates and allows nothing; an element `{}` allows
//!   everything.
//! - **NP-017** Isolation is per pod and per direction. A connection needs the source's egress and the destination's
//!   ingress. Policies add up, their order is irrelevant, and no rule denies.
//! - **NP-028** Init and sidecar containers are part of their pod and isolated with it. Whether their port names count
//!   is the option `init-container-ports`.
//!
//! # What a rule matches
//!
//! - **NP-005** `from` or `to` missing or empty is any peer: pods, nodes and addresses outside. Otherwise one of the
//!   items has to match.
//! - **NP-006** `ports` missing or empty is every port of every protocol. Otherwise one of the items has to match. A
//!   rule needs a peer **and** a port.
//! - **NP-007** In an item of `ports`, the protocol is TCP when it is missing, and no `port` means every port of the
//!   protocol. Only TCP, UDP and SCTP are valid, and numbers from 1 to 65535.
//! - **NP-008** A port by name means the number that the *destination* pod gives the name: the selected pod on ingress,
//!   the peer on egress. The protocol has to be the same too. A destination that does not have the name, or is no pod,
//!   is not matched (option `unresolved-port`). Names given by several containers: option `duplicate-port-names`.
//! - **NP-009** `endPort` makes a range, both ends included. It needs a numeric `port` that is not greater (option
//!   `end-port`, for plugins that ignore it).
//! - **NP-024** SCTP items match SCTP and nothing else. Where a plugin does not support SCTP (option `sctp`), they match
//!   nothing, and the policy isolates all the same.
//!
//! # What a peer is
//!
//! - **NP-010** A peer is an `ipBlock`, or a `podSelector`, a `namespaceSelector` or both. An empty one, and an
//!   `ipBlock` beside a selector, are refused.
//! - **NP-011** A `podSelector` alone means pods of the policy's own namespace, a `namespaceSelector` alone all pods of
//!   the namespaces, both together the pods that match in the namespaces that match. `{}` matches everything. The
//!   labels of namespaces and of pods are never mixed.
//! - **NP-012** `In` and `Exists` need the key. `NotIn` and `DoesNotExist` are true without it. `matchLabels` with an
//!   empty value needs the key with the empty value.
//! - **NP-013** Every namespace carries `kubernetes.io/metadata.name` with its own name, whatever its object says, also
//!   when no object declares it.
//! - **NP-014** `ipBlock` is an IPv4 or IPv6 CIDR without its exceptions. Each exception is a strict subset of the CIDR,
//!   and takes addresses out of its own peer only. Stored objects may have host bits set (`10.0.0.1/8` is
//!   `10.0.0.0/8`) and zeros before the prefix length; what readers take for different addresses (leading zeros in an
//!   octet, IPv4-mapped IPv6) is refused.
//! - **NP-015** An `ipBlock` matches by address alone, addresses of pods included (option `ip-block-pods`).
//! - **NP-016** Addresses and ports are those that the pod sees: after a Service's translation of the destination, before
//!   any rewriting of the source. Policies never speak of a Service's address or port.
//!
//! # What is exempt or open
//!
//! - **NP-018** Traffic from a pod's own node is allowed in (option `node-to-own-pod`). Traffic from a pod to its own
//!   node is under its egress policies (option `pod-to-own-node`). The node's addresses are those of its object and of
//!   the pod's `status.hostIPs`; host-network pods on the node are the node.
//! - **NP-019** Host-network pods are not selected and not matched by selectors: they are their node's address (option
//!   `host-network`).
//! - **NP-020** A pod reaches itself, by any of its addresses (option `loopback`).
//! - **NP-021** Protocols without ports that policies know (ICMP, and all but TCP, UDP and SCTP) match rules without
//!   `ports` only (option `other-protocols`).
//! - **NP-022** Replies of an allowed connection are allowed. The engine decides first packets; the caller keeps
//!   connections and says which packets are replies.
//! - **NP-023** A connection that exists when policies or labels change is decided anew (option `established`).
//! - **NP-025** A pod that has ended (`Succeeded`, `Failed`) is neither subject nor peer, and its address is free (option
//!   `finished-pods`). A pod that is being deleted keeps its address until it is gone. Of several pods that claim an
//!   address, a running one has it before others, one that stays before one that goes, a later one before an earlier.
//! - **NP-026** A pod without an address is a full member: selectors match it, `ipBlock` does not, not even `0.0.0.0/0`.
//! - **NP-027** All of a pod's addresses are the pod. A packet carries one of them, and its family decides which CIDRs can
//!   match.
//! - **NP-029** Fields that the API does not know are dropped, as the API server drops them, and warned about.
//!
//! # Policies of the cluster
//!
//! - **CNP-001** Tiers are asked in order: Admin, then the policies of namespaces, then Baseline. `tier` says which of
//!   the two a ClusterNetworkPolicy is in. Ingress and egress are decided separately, and a flow needs both.
//! - **CNP-002** Within a tier, a lower `priority` (0 to 1000) is asked first; within a policy, its rules in order, the
//!   two directions apart. The first rule that matches counts.
//! - **CNP-003** `Accept` allows and `Deny` denies, whatever later rules and tiers say. `Pass` leaves the rest of the tier
//!   out; passed on by Baseline, a flow is allowed.
//! - **CNP-004** These policies never isolate: without rules in a direction they say nothing about it.
//! - **CNP-005** Of two policies of one tier and priority, the text lets the implementation choose. The one whose name
//!   comes first is asked first (option `tie-break`); that there are two is reported, when they are loaded and when both
//!   match a flow and differ.
//! - **CNP-006** Where a namespace's policy isolates the pod in the direction, what it says is final, and Baseline is not
//!   asked; that the pod is isolated in the other direction is no matter (option `hand-over`). What no tier decides is
//!   allowed.
//! - **CNP-007** The subject is `namespaces`, all pods there, or `pods`, those that match in the namespaces that match (all
//!   namespaces if there is no `namespaceSelector`); so are peers. Host-network pods are neither (NP-019).
//! - **CNP-008** `networks` are CIDRs, of egress rules only. They match by address alone, addresses of pods included, ICMP
//!   as well as TCP; host bits do not count.
//! - **CNP-009** `nodes` are the addresses in the status of the nodes that the labels select, `{}` of all; of egress rules
//!   only.
//! - **CNP-010** A rule with a peer or a protocol of which no known field is set fails closed: `Accept` matches nothing,
//!   `Deny` and `Pass` deny everything (option `unknown-fields`).
//! - **CNP-011** `protocols` missing is every protocol and port; else one of the items has to match. `tcp`, `udp` and
//!   `sctp` have a number or a range; with neither they are every port. `destinationNamedPort` is the number **and** the
//!   protocol that the destination pod gives the name; what is no pod is not matched.
//! - **CNP-012** `domainNames` are the addresses that the names are known to have: the caller says which, whenever it has
//!   seen an answer. Case and a dot at the end do not count; `*.` is one label or more, never none. They are for rules
//!   that accept; others hold the same addresses (option `deny-domain-names`), and are warned about.
//! - **CNP-013** A selector that no API server would store elsewhere (a bad key or value, an unknown operator, `In`
//!   without values) gets through, as the server does not look into it. As a peer it is one that nobody knows
//!   (CNP-010), as a subject it selects nothing; it is warned about.
//! - **CNP-014** From a pod to itself by its own address is not subject to these policies. By a service that sends it back,
//!   it is; the policies of its namespace stay out of it all the same (NP-020).
//! - **ANP-001** An AdminNetworkPolicy is as a ClusterNetworkPolicy of the tier Admin, with `Allow` for `Accept` and `ports`
//!   for `protocols`. Both kinds share the tier and its priorities.
//! - **ANP-002** The `BaselineAdminNetworkPolicy`, of which there is one, called `default`, has no priority and no `Pass`.
//!   It is the last of the tier Baseline.
//! - **ANP-003** In `ports`, the protocol is TCP when it is missing. A range whose end is below its start matches nothing; a
//!   protocol that is none of TCP, UDP and SCTP is one that nobody knows (CNP-010).
//! - **ANP-004** `namedPort` is as `destinationNamedPort` (CNP-011).
//! - **ANP-005** Both forms of the API are read: `namespaces` is a selector, and in the older form holds one as
//!   `namespaceSelector`; `pods` has the `namespaceSelector` beside the `podSelector`, or in the older form under
//!   `namespaces`. `sameLabels` and `notSameLabels` of the older form are peers that nobody knows (CNP-010).
