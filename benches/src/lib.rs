//! Workloads, measurements and peers: what the numbers in the manual are made with.
//!
//! A [`workload`] is a cluster with policies and traffic, the same for the same seed. [`measure`] times deciders over
//! it, [`peers`] holds the others that it is compared with, [`report`] prints what came out.

pub mod arguments;
pub mod heap;
pub mod machine;
pub mod measure;
pub mod peers;
pub mod random;
pub mod report;
pub mod updates;
pub mod workload;
