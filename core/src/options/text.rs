//! Options as text: by key and value.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{
    AdminNetworkPolicies, AnyIpv6Block, ClusterNetworkPolicies, ClusterPeers, DenyDomainNames,
    DuplicatePortNames, EgressPortNames, EndPort, Enforcement, Established, ExceptScope, Excepts,
    FinishedPods, HandOver, HostNetwork, InitContainerPorts, IpBlockNodes, IpBlockPods, Ipv6, Ipv6Blocks,
    LabelDomain, Loopback, NegativeLabels, NegativeNamespaces, NodeToOwnPod, Options, OtherProtocols,
    PodToOwnNode, PolicyTypes, PortNames, Sctp, TieBreak, Tunnels, UnknownFields, UnresolvedPort,
};

/// Why `key=value` sets no option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// There is no such option.
    #[error("there is no option `{key}`; options are {valid}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// The keys that exist.
        valid: String,
    },
    /// The option has no such value.
    #[error("option `{key}` has no value `{value}`; values are {valid}")]
    UnknownValue {
        /// The option.
        key: String,
        /// What was given.
        value: String,
        /// The values that exist.
        valid: String,
    },
}

/// One option as text: its key, the value that is set, the values that exist (the default first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionEntry {
    /// The key.
    pub key: &'static str,
    /// The value that is set.
    pub value: &'static str,
    /// All values, the default first.
    pub values: Vec<&'static str>,
}

/// Runs one body for every option: the field and its type.
macro_rules! each_option {
    ($body:ident) => {
        $body!(admin_network_policies, AdminNetworkPolicies);
        $body!(any_ipv6_block, AnyIpv6Block);
        $body!(cluster_network_policies, ClusterNetworkPolicies);
        $body!(cluster_peers, ClusterPeers);
        $body!(deny_domain_names, DenyDomainNames);
        $body!(duplicate_port_names, DuplicatePortNames);
        $body!(egress_port_names, EgressPortNames);
        $body!(end_port, EndPort);
        $body!(enforcement, Enforcement);
        $body!(established, Established);
        $body!(except_scope, ExceptScope);
        $body!(excepts, Excepts);
        $body!(finished_pods, FinishedPods);
        $body!(hand_over, HandOver);
        $body!(host_network, HostNetwork);
        $body!(init_container_ports, InitContainerPorts);
        $body!(ip_block_nodes, IpBlockNodes);
        $body!(ip_block_pods, IpBlockPods);
        $body!(ipv6, Ipv6);
        $body!(ipv6_blocks, Ipv6Blocks);
        $body!(label_domain, LabelDomain);
        $body!(loopback, Loopback);
        $body!(negative_labels, NegativeLabels);
        $body!(negative_namespaces, NegativeNamespaces);
        $body!(node_to_own_pod, NodeToOwnPod);
        $body!(other_protocols, OtherProtocols);
        $body!(pod_to_own_node, PodToOwnNode);
        $body!(policy_types, PolicyTypes);
        $body!(port_names, PortNames);
        $body!(sctp, Sctp);
        $body!(tie_break, TieBreak);
        $body!(tunnels, Tunnels);
        $body!(unknown_fields, UnknownFields);
        $body!(unresolved_port, UnresolvedPort);
    };
}

impl Options {
    /// Whether an option is about what a plugin does in its own way, and not about what the specification leaves open.
    #[must_use]
    pub fn is_of_plugins(key: &str) -> bool {
        const KEYS: [&str; 17] = [
            AdminNetworkPolicies::KEY,
            AnyIpv6Block::KEY,
            ClusterNetworkPolicies::KEY,
            ClusterPeers::KEY,
            EgressPortNames::KEY,
            Enforcement::KEY,
            ExceptScope::KEY,
            Excepts::KEY,
            IpBlockNodes::KEY,
            Ipv6::KEY,
            Ipv6Blocks::KEY,
            LabelDomain::KEY,
            NegativeLabels::KEY,
            NegativeNamespaces::KEY,
            PolicyTypes::KEY,
            PortNames::KEY,
            Tunnels::KEY,
        ];
        KEYS.contains(&key)
    }

    /// Sets an option by key and value.
    ///
    /// ```
    /// let mut options = portcullis::Options::default();
    /// options.set("loopback", "evaluated").unwrap();
    /// let error = options.set("loopback", "sometimes").unwrap_err();
    /// assert_eq!(error.to_string(), "option `loopback` has no value `sometimes`; values are `allowed`, `evaluated`");
    /// ```
    ///
    /// # Errors
    /// When there is no such key or value; the message lists those that exist.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), OptionError> {
        macro_rules! set_one {
            ($field:ident, $type:ident) => {
                if key == $type::KEY {
                    let place = place(key, value, $type::NAMES)?;
                    $type::ALL.get(place).into_iter().for_each(|value| self.$field = *value);
                    return Ok(());
                }
            };
        }
        each_option!(set_one);
        let valid = quoted(self.entries().iter().map(|entry| entry.key));
        Err(OptionError::UnknownKey { key: key.to_string(), valid })
    }

    /// Every option as text, sorted by key.
    #[must_use]
    pub fn entries(&self) -> Vec<OptionEntry> {
        let mut entries = Vec::new();
        macro_rules! list_one {
            ($field:ident, $type:ident) => {
                entries.push(entry($type::KEY, self.$field.as_str(), $type::NAMES));
            };
        }
        each_option!(list_one);
        entries
    }
}

/// Which of an option's values a text names.
///
/// Outside of what is done for each option, as [`entry`] is, so that a program has it once.
#[inline(never)]
fn place(key: &str, value: &str, names: &[&str]) -> Result<usize, OptionError> {
    names.iter().position(|name| *name == value).ok_or_else(|| OptionError::UnknownValue {
        key: key.to_string(),
        value: value.to_string(),
        valid: quoted(names.iter().copied()),
    })
}

#[inline(never)]
fn entry(key: &'static str, value: &'static str, names: &[&'static str]) -> OptionEntry {
    OptionEntry { key, value, values: names.to_vec() }
}

fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_option_can_be_set_and_read_back() {
        for entry in Options::default().entries() {
            assert_eq!(entry.value, entry.values[0], "the default of `{}` comes first", entry.key);
            for value in &entry.values {
                let mut options = Options::default();
                options.set(entry.key, value).unwrap();
                let found = options.entries().into_iter().find(|other| other.key == entry.key).unwrap();
                assert_eq!(found.value, *value);
                let changed = options.entries().into_iter().zip(Options::default().entries());
                assert!(changed.filter(|(a, b)| a.value != b.value).count() <= 1);
            }
        }
    }

    #[test]
    fn keys_are_sorted_and_unknown_ones_are_refused_with_the_list() {
        let keys: Vec<_> = Options::default().entries().iter().map(|entry| entry.key).collect();
        assert!(keys.is_sorted());
        let error = Options::default().set("loop", "x").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("there is no option `loop`; options are `admin-network-policies`, ")
        );
    }
}
