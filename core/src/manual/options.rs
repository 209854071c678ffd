//! The points that the specification leaves open, as named options.
//!
//! The default is the first value: the specification's reading. [`Options::set`](crate::Options::set) takes key and
//! value as text, and the command line's `--set key=value` does the same.
//!
//! | key | values | rule |
//! |---|---|---|
//! | `duplicate-port-names` | `any`: every number that a container gives the name; `first`: the first container's | NP-008 |
//! | `end-port` | `honoured`; `ignored`: `port` alone is meant | NP-009 |
//! | `established` | `reevaluated`: decided as if new; `kept`: lives on | NP-023 |
//! | `finished-pods` | `dropped`; `kept`: pods still, while no other pod has their address | NP-025 |
//! | `host-network` | `node`: the node's address; `pod`: a pod like others, when it is named | NP-019 |
//! | `init-container-ports` | `all`; `sidecars`: of init containers that restart always; `ignored` | NP-028 |
//! | `ip-block-pods` | `match`: an `ipBlock` matches pods' addresses; `ignore`: it does not | NP-015 |
//! | `loopback` | `allowed`; `evaluated`: a pod can block itself | NP-020 |
//! | `node-to-own-pod` | `exempt`: always allowed in; `policed` | NP-018 |
//! | `other-protocols` | `portless-rules`: rules without `ports` allow them; `allow`; `deny`: isolated pods have none | NP-021 |
//! | `pod-to-own-node` | `policed`; `exempt`: always allowed out | NP-018 |
//! | `sctp` | `evaluated`; `isolate-only`: SCTP items match nothing | NP-024 |
//! | `unresolved-port` | `no-match`; `port-zero`: port 0 of the protocol | NP-008 |

#[cfg(test)]
mod tests {
    #[test]
    fn every_option_and_value_is_in_the_table() {
        let text = include_str!("options.rs");
        for entry in crate::Options::default().entries() {
            let key = alloc::format!("//! | `{}` | `{}`", entry.key, entry.value);
            let row = text.lines().find(|line| line.starts_with(&key));
            let row = row.unwrap_or_else(|| panic!("`{}` with its default first", entry.key));
            for value in entry.values {
                assert!(row.contains(&alloc::format!("`{value}`")), "`{value}` of `{}`", entry.key);
            }
        }
    }
}
