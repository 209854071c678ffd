//! Grounds against the specification: what is said to let flows pass, or to stop them, is what decides them.

use std::collections::BTreeSet;

use portcullis::Side;
use portcullis::analyze::{Connectivity, Entry, Ground, Grounds, Group, PortSet};
use portcullis::net::{Cidr, L4Protocol};
use portcullis::policy::Direction;

use crate::lists::{Decided, End};

/// A side that decides some flow.
type Seen = (Direction, Side, L4Protocol, u16);

/// Compares the grounds of one cell with the sides that decide its flows, both ways.
///
/// # Errors
/// What differs first.
pub(crate) fn check(
    list: &Connectivity,
    grounds: &Grounds<'_>,
    from: End<'_>,
    to: End<'_>,
    listed: &PortSet,
    flows: &[Decided],
) -> Result<(), String> {
    let (Some(source), Some(destination)) = (group(list, from), group(list, to)) else { return Ok(()) };
    let is_workload = |direction| match direction {
        Direction::Egress => matches!(from, End::Workload(_)),
        Direction::Ingress => matches!(to, End::Workload(_)),
    };
    let asked: BTreeSet<(L4Protocol, u16)> =
        flows.iter().map(|(protocol, port, _)| (*protocol, *port)).collect();
    for allowing in [true, false] {
        let ports = if allowing { listed.clone() } else { PortSet::all() };
        let entry = Entry { from: source.clone(), to: destination.clone(), ports };
        let said = if allowing { grounds.allowing(&entry) } else { grounds.denying(&entry) };
        let mut deciding: BTreeSet<Seen> = BTreeSet::new();
        for (protocol, port, decision) in flows {
            for direction in [Direction::Ingress, Direction::Egress] {
                let side = decision.side(direction);
                let counts =
                    if allowing { decision.verdict().is_allow() } else { !side.verdict().is_allow() };
                if counts && is_workload(direction) {
                    deciding.insert((direction, side, *protocol, *port));
                }
            }
        }
        let told: BTreeSet<Seen> = said.iter().flat_map(|ground| sides(ground, &asked)).collect();
        if let Some(missing) = deciding.difference(&told).next() {
            return Err(format!("is decided by {missing:?}, which is not among {said:?}"));
        }
        if let Some(extra) = told.difference(&deciding).next() {
            return Err(format!("is said to be decided by {extra:?}, and no flow is"));
        }
    }
    Ok(())
}

/// A ground at the ports that were asked about.
fn sides(ground: &Ground, asked: &BTreeSet<(L4Protocol, u16)>) -> Vec<Seen> {
    let held = asked.iter().filter(|(protocol, port)| ground.ports.contains(*protocol, *port));
    held.map(|(protocol, port)| (ground.direction, ground.side, *protocol, *port)).collect()
}

fn group(list: &Connectivity, end: End<'_>) -> Option<Group> {
    match end {
        End::Address(address) => {
            let length = if address.is_ipv4() { 32 } else { 128 };
            Some(Group::Cidrs(vec![Cidr::new(address, length).ok()?]))
        }
        End::Workload(name) => {
            let workloads = list.workloads();
            let known = workloads.into_iter().find(|known| known.to_string() == name)?;
            Some(Group::Workloads(vec![known.clone()]))
        }
    }
}
