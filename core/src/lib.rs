//! Decides Kubernetes network policy: for any flow, allowed or denied, which rule on which side said so.
//!
//! Give it a cluster (namespaces, pods, nodes) and policies, as values or, with the feature `manifest`, as the YAML and
//! JSON that people have; ask it about flows:
//!
//! ```
//! # #[cfg(feature = "manifest")] {
//! use portcullis::cluster::PodIdentity;
//! use portcullis::flow::{Endpoint, Flow, Transport};
//! use portcullis::manifest::{LoadOptions, Source, load};
//! use portcullis::net::L4Protocol;
//! use portcullis::{Decide, Engine, Options, Reason, Verdict};
//!
//! let text = r#"
//! {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {containers: []}}
//! ---
//! {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, spec: {containers: []}}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {namespace: shop, name: db}
//! spec:
//!   podSelector: {matchLabels: {app: db}}
//!   ingress:
//!   - from: [{podSelector: {matchLabels: {app: web}}}]
//!     ports: [{port: 5432}]
//! "#;
//! let source = Source { name: "shop.yaml".into(), text: text.into() };
//! let loaded = load(&[source], &LoadOptions::default()).expect("the manifests are valid");
//!
//! let pod = |name: &str| Endpoint::Pod(loaded.cluster.find_pod("shop", &PodIdentity::Named(name.into())).unwrap());
//! let flow = |port| Flow::new(&loaded.cluster, pod("web"), pod("db"), Transport::new(L4Protocol::Tcp, port)).unwrap();
//! let (postgres, ssh) = (flow(5432), flow(22));
//!
//! let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
//! assert_eq!(engine.decide(&postgres).verdict(), Verdict::Allow);
//! assert_eq!(engine.decide(&ssh).ingress.reason, Reason::Isolated);
//! let rule = engine.decide(&postgres).ingress.rule.and_then(|id| engine.policies().rule(id)).unwrap();
//! assert_eq!(rule.to_string(), "shop/db spec.ingress[0]");
//! # }
//! ```
//!
//! # What it promises
//!
//! - **It never fails open.** Whatever an API server would not hold is refused when it is loaded, with every problem at
//!   once. An empty set never means "any". What was not evaluated is denied.
//! - **Deciding cannot fail.** [`Decide::decide`] is total: it returns a [`Decision`], never an error, and does not panic.
//! - **Every rule has a number.** The [semantics](manual::semantics) are the law; code, tests and cases name the rule that
//!   they are about. What the specification leaves open is an [option](manual::options), never an accident.
//! - **No surprises.** No I/O, no clock, no randomness, no global state, no `unsafe`, no logging.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `std` (default) | readers on other threads, the standard library's error trait in dependencies; without it the crate is `no_std` with `alloc` |
//! | `manifest` | YAML and JSON text with line numbers, loading, corpus cases |
//! | `gen` | one generator of clusters, policies and flows from bytes, for tests, fuzzing and benches |
//!
//! No feature changes a decision.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod analyze;
#[cfg(feature = "manifest")]
mod api;
#[cfg(feature = "manifest")]
pub mod ask;
pub mod cluster;
mod compile;
#[cfg(feature = "manifest")]
pub mod corpus;
pub mod decision;
mod delta;
mod difference;
mod engine;
pub mod explain;
pub mod flow;
#[cfg(feature = "gen")]
pub mod generate;
mod image;
pub mod label;
mod lower;
#[cfg(feature = "manifest")]
pub mod manifest;
pub mod manual;
pub mod net;
pub mod options;
pub mod path;
pub mod policy;
pub mod profile;
#[cfg(feature = "std")]
mod publish;
// Nothing runs beside a guest, so that it does without what threads take.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
mod rebuild;
pub mod selector;
mod slab;
pub mod sorted;
pub mod source;
mod state;

pub use decision::{Decide, Decision, Reason, Side, Verdict};
pub use delta::{Delta, DeltaError};
pub use engine::Engine;
pub use explain::Trace;
#[cfg(feature = "gen")]
pub use image::reseal;
pub use image::{
    Image, ImageError, ImagePatch, Line, Packet, PacketDecision, PatchError, Sizes, packet_flag,
};
pub use options::Options;
#[cfg(feature = "std")]
pub use publish::{Reader, View};
