//! What a Kubernetes NetworkPolicy means: every rule, numbered.
//!
//! The numbers are the ones that code, tests and corpus cases name. The sources are the API's own documentation
//! (`networking.k8s.io/v1`), the *Network Policies* page of the Kubernetes documentation, the API server's defaulting
//! and validation, and the project's end-to-end tests. Where they leave a choice, it is an [option](super::options).
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
//! 3. A pod reaches itself (NP-020).
//! 4. A pod's own node reaches it (NP-018).
//! 5. A protocol other than TCP, UDP and SCTP passes where the options exempt it (NP-021).
//! 6. A pod that no policy selects for this direction is not isolated: everything is allowed (NP-017).
//! 7. The first rule that matches allows (NP-006); the policies come in the order of their names, which decides only
//!    the rule that is named, never the verdict (NP-017).
//! 8. An isolated pod that no rule matched is denied (NP-004).
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
