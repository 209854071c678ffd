//! The network model: what a packet's path is before any policy is asked, every rule numbered.
//!
//! Three things that people confuse: the *network model* is what every cluster promises (each pod has an address, pods
//! reach each other without translation, services have addresses of their own); the *network plugin* carries packets and
//! enforces policies; a *network policy* says what is allowed. The rules here are about the first. They say which flows a
//! question stands for; the [semantics](super::semantics) say what policies make of each. The sources are the API's own
//! documentation (`v1` Service, `discovery.k8s.io/v1` `EndpointSlice`), the *Service* and *Virtual IPs and Service Proxies*
//! pages of the Kubernetes documentation, and what kube-proxy does, which every replacement of it keeps to.
//!
//! # The paths
//!
//! | from → to | what happens |
//! |---|---|
//! | container → container of one pod | it never leaves the pod: no policy (MODEL-001) |
//! | pod → itself by its own address | a pod cannot block itself (NP-020) |
//! | pod → itself through a service | as above, but no longer for the cluster's policies (SVC-019) |
//! | pod → pod | the source's egress and the destination's ingress (NP-017) |
//! | node, or host-network pod → pod on it | always allowed in (NP-018) |
//! | pod → service | translated to an endpoint and its port, then pod → pod (SVC-001) |
//! | outside → service | as above, at a node port or load balancer; the source is kept or a node's (SVC-013, SVC-014) |
//!
//! # Inside a pod
//!
//! - **MODEL-001** The containers of a pod share its network. What one sends to another, by a loopback address, never
//!   leaves the pod, and no policy and no option concerns it.
//!
//! # What a service is
//!
//! - **SVC-001** A service is no end to policies. A flow to one is translated to one of its endpoints and to that
//!   endpoint's port; policies see only the result (NP-016), on both sides. Its own address and port match nothing.
//! - **SVC-009** A destination address is a service's if it is one of `clusterIPs`, of the load balancer's addresses in
//!   its status or of `externalIPs`, and the port is the service's; an address of any node is, at one of the node ports
//!   of a service of type `NodePort` or `LoadBalancer`. The same address at another port is nobody's, and an error, where
//!   only the service has it; it is an address like others where it is a node's or in `externalIPs`. As a source, an
//!   address never stands for a service.
//! - **SVC-005** The port of a flow to a service is one of the service's, by number or name, and of its protocol. A port
//!   that it does not have is an error that lists those that it has. Protocols without ports do not pass.
//! - **SVC-008** A service of type `ExternalName` is another name. Where it ends with another service of the cluster
//!   (`NAME.NAMESPACE.svc`), the flow goes to that one; else the answer is unknown, because only DNS knows the address.
//!
//! # What stands behind it
//!
//! - **SVC-002** The endpoints of a service are the pods of its own namespace that carry all labels of its selector and
//!   have not ended. An empty selector selects none. Pods without an address are endpoints like others (NP-026).
//! - **SVC-003** Where objects list the endpoints, they count and the selector does not: every `EndpointSlice` of the
//!   namespace with the label `kubernetes.io/service-name`; without one, the `Endpoints` of the service's name. A listed
//!   endpoint is the pod that it names if that pod has the address, else whoever has it. Of several addresses of one
//!   endpoint the first counts. A port is the one of the same name and protocol; without a number it is the service's.
//! - **SVC-004** Only endpoints that are ready take part: pods unless their condition `Ready` is false, listed ones unless
//!   they say so. Where none is, those take part that are going and still answer. `publishNotReadyAddresses` makes all
//!   of them ready.
//! - **SVC-006** The endpoint's port is `targetPort`: a number, or the first port of that name and protocol among the
//!   pod's regular containers and sidecars. A pod that does not have the name is no endpoint for the port. Without
//!   `targetPort` the number is the service's own.
//! - **SVC-007** A headless service (`clusterIP: None`) only gives the addresses of its ready endpoints. Nothing is
//!   translated: a number is the endpoint's own port, whatever the service calls it; a name stands for the target.
//! - **SVC-010** A service has the address families of its `clusterIPs`, else those of `ipFamilies`. A flow stays in its
//!   family: an endpoint without an address of it is none there. Where the service has two and the source has both, both
//!   are paths. Where none is stated, an endpoint is reached in the family that it shares with the source (NP-027).
//! - **SVC-017** A service without endpoints refuses: such a flow is denied by the network model, and no policy is asked.
//! - **SVC-018** Which endpoint is chosen is outside policy, and so is `sessionAffinity`: every one that may be is a path.
//!   When paths differ in their verdicts the answer is "some".
//!
//! # Who reaches it, and as whom
//!
//! - **SVC-011** From outside a service is reached at its outer addresses only: those of its load balancer, node ports,
//!   `externalIPs`. One that has none, a headless one, and an address inside the cluster are not exposed: denied.
//! - **SVC-012** `internalTrafficPolicy: Local` sends a client inside the cluster to endpoints on its own node; where none
//!   is, the packet is dropped. Where a node is not known, endpoints are listed that may be on it. A headless service has
//!   no such thing.
//! - **SVC-013** `externalTrafficPolicy: Cluster`, the default, sends a flow at an outer address to any endpoint, and the
//!   node that does so puts its own address in place of the source's: for a node's address that node, for a client
//!   inside its own node, else any node. The destination's policies see that node (the first of its addresses in the
//!   family); where it is the endpoint's own, NP-018 lets it in. The source's policies see the source. Where no node's
//!   address is known, the endpoint sees an outside source that no `ipBlock` matches.
//! - **SVC-014** `externalTrafficPolicy: Local` keeps the source and sends only to endpoints on the node that was
//!   addressed; where none is there, the packet is dropped. A load balancer addresses nodes that have endpoints.
//! - **SVC-015** With `Local`, a pod that calls an outer address, and a node that calls a load balancer's or its own,
//!   reach every endpoint with their own address: it is as if they had called the address inside.
//! - **SVC-016** `loadBalancerSourceRanges` (or the annotation before it) let in a source whose address one of them holds,
//!   at the load balancer's addresses. Node ports and `externalIPs` do not ask.
//! - **SVC-019** A pod that reaches itself through a service is still itself (NP-020), although proxies put a node's
//!   address in between; the flow is marked as one through a service, because the cluster's policies concern it.
