//! Nodes: the machines that pods run on.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::label::Labels;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The name.
    pub name: String,
    /// The labels.
    pub labels: Labels,
    /// Every address of the node, internal and external.
    pub addresses: Vec<IpAddr>,
}
