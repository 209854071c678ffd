//! Decides Kubernetes network policy: for any flow, allowed or denied, which rule on which side said so.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "manifest")]
mod api;
pub mod cluster;
mod compile;
#[cfg(feature = "manifest")]
pub mod corpus;
pub mod decision;
mod engine;
pub mod explain;
pub mod flow;
#[cfg(feature = "gen")]
pub mod generate;
mod image;
pub mod label;
#[cfg(feature = "manifest")]
pub mod manifest;
pub mod net;
pub mod options;
pub mod policy;
pub mod selector;
pub mod source;

pub use decision::{Decide, Decision, Reason, Side, Verdict};
pub use engine::Engine;
pub use explain::Trace;
pub use image::{Image, Sizes};
pub use options::Options;
