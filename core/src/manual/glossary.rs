//! The words that this project uses, one a concept.
//!
//! Three that people confuse:
//! - **network model**: what every cluster promises: each pod has an address, and pods reach each other without address
//!   translation. Addresses, nodes and services belong here ([`cluster`](crate::cluster)).
//! - **network plugin**: the software that carries and filters packets, hence decides what is really enforced.
//! - **network policy**: what is allowed ([`policy`](crate::policy)).
//!
//! The rest, by name:
//! - **atom**: what policies can tell apart of an end: its identity class and the blocks that hold its address.
//! - **decision**: the answer to a flow: two sides, each with a reason.
//! - **door**: how a service is addressed: by name, at its address inside, at an outer one, at a node port.
//! - **end**: the source or the destination of a flow.
//! - **endpoint**: what stands behind a service: a pod, or an address that an object lists.
//! - **flow**: the question: two ends, a protocol, a port.
//! - **identity class**: pods that every policy treats alike.
//! - **image**: the compiled form of a cluster and its policies.
//! - **isolated**: selected by a policy for a direction; only what its rules allow passes.
//! - **manifest**: an object as text.
//! - **named port**: a port given by the name that a container declares for it.
//! - **option**: a choice that the specification leaves open.
//! - **path**: one way through a service: an endpoint, its port, and the source as it arrives.
//! - **peer**: the other end, seen from the pod that a policy selects.
//! - **reason**: why a side decided as it did.
//! - **row**: for one subject and peer, which rule decides each protocol and port.
//! - **rule**: one item of a policy's `ingress` or `egress`.
//! - **side**: one end's policies in one direction, and what they decide.
//! - **subject**: the pod that a policy selects.
//! - **table**: for one subject and direction, the row of each peer.
//! - **trace**: a decision with everything that led to it.
