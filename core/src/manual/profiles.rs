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
