//! The part of an entry that a pattern holds, and the rest of it.

use portcullis::analyze::{Entry, Group, complement};
use portcullis::net::Cidr;

use super::connections::{EndPattern, Pattern, is_nobody};

/// An entry in parts that do not overlap.
pub(super) struct Cut {
    /// What the pattern holds.
    pub(super) inside: Option<Entry>,
    /// What it does not.
    pub(super) outside: Vec<Entry>,
}

/// Cuts an entry by a pattern.
pub(super) fn cut(entry: &Entry, pattern: &Pattern) -> Cut {
    let (from, other_from) = split(&entry.from, &pattern.from);
    let (to, other_to) = split(&entry.to, &pattern.to);
    let (ports, other_ports) = (entry.ports.and(&pattern.ports), entry.ports.minus(&pattern.ports));
    let make = |from: &Group, to: &Group, ports: &portcullis::analyze::PortSet| {
        let is_empty = is_nobody(from) || is_nobody(to) || ports.is_nothing();
        if is_empty {
            None
        } else {
            meant(Entry { from: from.clone(), to: to.clone(), ports: ports.clone() })
        }
    };
    let inside = make(&from, &to, &ports);
    if inside.is_none() {
        return Cut { inside: None, outside: vec![entry.clone()] };
    }
    let outside = [
        make(&other_from, &entry.to, &entry.ports),
        make(&from, &other_to, &entry.ports),
        make(&from, &to, &other_ports),
    ];
    Cut { inside, outside: outside.into_iter().flatten().collect() }
}

/// An entry without the pairs of a workload and itself, which are never meant, as far as they are all that a side has.
fn meant(mut entry: Entry) -> Option<Entry> {
    if let (Group::Workloads(sources), Group::Workloads(destinations)) = (&mut entry.from, &mut entry.to) {
        if let [only] = sources.as_slice() {
            destinations.retain(|name| name != only);
        }
        if let [only] = destinations.as_slice() {
            sources.retain(|name| name != only);
        }
        if sources.is_empty() || destinations.is_empty() {
            return None;
        }
    }
    Some(entry)
}

/// Who of a group is meant by some patterns, and who is not.
fn split(group: &Group, patterns: &[EndPattern]) -> (Group, Group) {
    match group {
        Group::Workloads(names) => {
            let is_meant = |name: &_| patterns.iter().any(|pattern| pattern.holds(name));
            let (inside, outside) = names.iter().cloned().partition(|name| is_meant(name));
            (Group::Workloads(inside), Group::Workloads(outside))
        }
        Group::Cidrs(cidrs) => {
            if patterns.contains(&EndPattern::Anything) {
                return (group.clone(), Group::Cidrs(Vec::new()));
            }
            let of = |pattern: &EndPattern| match pattern {
                EndPattern::Cidr(cidr) => Some(*cidr),
                _ => None,
            };
            let meant: Vec<Cidr> = patterns.iter().filter_map(of).collect();
            let (others, not_meant) = (complement(cidrs), complement(&meant));
            let both = |a: &[Cidr], b: &[Cidr]| complement(&[a, b].concat());
            // What is in two sets is what is in neither of what they leave out.
            (Group::Cidrs(both(&others, &not_meant)), Group::Cidrs(both(&others, &meant)))
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis::analyze::{PortSet, WorkloadName};

    use super::*;

    fn name(text: &str) -> WorkloadName {
        let (namespace, name) = text.split_once('/').unwrap();
        WorkloadName { namespace: namespace.into(), kind: None, name: name.into(), variant: 0 }
    }

    #[test]
    fn addresses_are_cut_where_a_pattern_ends() {
        let cidr = |text| Cidr::parse(text).unwrap().cidr;
        let group = Group::Cidrs(vec![cidr("10.0.0.0/8")]);
        let (inside, outside) =
            split(&group, &[EndPattern::Cidr(cidr("10.0.0.0/9")), EndPattern::Cidr(cidr("9.0.0.0/8"))]);
        assert_eq!(inside, Group::Cidrs(vec![cidr("10.0.0.0/9")]));
        assert_eq!(outside, Group::Cidrs(vec![cidr("10.128.0.0/9")]));
    }

    #[test]
    fn a_rest_of_one_workload_with_itself_is_no_rest() {
        let both = Group::Workloads(vec![name("shop/a"), name("shop/b")]);
        let entry = Entry { from: both.clone(), to: both, ports: PortSet::all() };
        assert_eq!(meant(entry.clone()), Some(entry));
        let one = Group::Workloads(vec![name("shop/a")]);
        assert_eq!(meant(Entry { from: one.clone(), to: one, ports: PortSet::all() }), None);
    }
}
