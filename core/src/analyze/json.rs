//! Connections as JSON: structure, never texts made for people.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{Connectivity, Difference, Entry, Group, PortSet};
use crate::net::L4Protocol;

/// In the order of their names, in which texts that are kept and compared have them.
const PROTOCOLS: [L4Protocol; 3] = [L4Protocol::Sctp, L4Protocol::Tcp, L4Protocol::Udp];

impl Connectivity {
    /// All connections, as `portcullis list -o json` has them: `workloads` and `connections`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "workloads": texts(&self.workloads()), "connections": of_all(&self.entries()) })
    }
}

impl Difference {
    /// What has changed, as `portcullis diff -o json --brief` has it: `added` and `removed`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "added": of_all(&self.added), "removed": of_all(&self.removed) })
    }
}

impl Entry {
    /// The connections: `from` and `to`, each with `workloads` or `cidrs`, and `ports` by protocol, as ranges.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "from": group(&self.from), "to": group(&self.to), "ports": self.ports.to_json() })
    }
}

impl PortSet {
    /// The ports by protocol, in the order of names, as pairs of the first and the last; no protocol has none.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut ports = Map::new();
        for protocol in PROTOCOLS {
            let ranges = self.ranges(protocol);
            if !ranges.is_empty() {
                let pair = |range: &crate::net::PortRange| json!([range.start(), range.end()]);
                ports.insert(protocol.as_str().to_string(), ranges.iter().map(pair).collect());
            }
        }
        ports.into()
    }
}

fn of_all(entries: &[Entry]) -> Vec<Value> {
    entries.iter().map(Entry::to_json).collect()
}

fn group(group: &Group) -> Value {
    match group {
        Group::Cidrs(cidrs) => json!({ "cidrs": texts(cidrs) }),
        Group::Workloads(names) => json!({ "workloads": texts(names) }),
    }
}

fn texts(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::PortSet;
    use crate::net::{L4Protocol, PortRange};

    #[test]
    fn protocols_come_by_name_and_none_without_ports() {
        let all = PortSet::all().to_json().to_string();
        assert_eq!(all, r#"{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]}"#);
        let udp = PortSet::of(L4Protocol::Udp, PortRange::new(53, 54).unwrap());
        let sctp = PortSet::of(L4Protocol::Sctp, PortRange::new(9, 9).unwrap());
        assert_eq!(udp.or(&sctp).to_json().to_string(), r#"{"SCTP":[[9,9]],"UDP":[[53,54]]}"#);
    }
}
