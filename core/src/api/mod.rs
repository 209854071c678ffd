//! The APIs: how the mirror of each kind becomes the one model, with the rule ids of what is decided on the way.

mod labels;
mod network_policy;
mod tiers;

pub(crate) use labels::{label_selector, labels, selector_of_labels};
pub(crate) use network_policy::{network_policy, port_number, protocol, read_cidr, rule_of_port_names};
pub(crate) use tiers::tier_policy;
