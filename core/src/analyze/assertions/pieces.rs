//! Pieces of traffic: all ports of a pair at once, cut where some answer may change.

use alloc::vec::Vec;

use crate::analyze::ports::PortSet;
use crate::engine::Engine;
use crate::flow::{Flow, Transport};
use crate::image::port_key;
use crate::net::{L4Protocol, VXLAN_PORT};
use crate::policy::Direction;
use crate::sorted::SortedSet;

/// Ports that are all decided alike, and the flow that stands for them.
pub(super) struct Piece {
    pub(super) ports: PortSet,
    pub(super) flow: Flow,
}

/// Cuts ports where the answer of some engine on a pair of ends may change.
///
/// # Complexity
/// Linear in the bounds of the rows that decide for the pair.
pub(super) fn pieces<'e>(
    engines: impl Iterator<Item = &'e Engine>,
    pair: &Flow,
    wanted: &PortSet,
) -> Vec<Piece> {
    let mut bounds: SortedSet<u32> = L4Protocol::ALL.into_iter().map(|it| port_key(it, 1)).collect();
    // What is exempt before any rule is asked changes with the protocol, and at this port.
    let tunnel = port_key(L4Protocol::Udp, VXLAN_PORT);
    bounds.extend([tunnel, tunnel.saturating_add(1)]);
    for engine in engines {
        let ends = (engine.resolve(pair.source()), engine.resolve(pair.destination()));
        let (Some(source), Some(destination)) = ends else { continue };
        let image = engine.image();
        for (subject, peer, direction) in
            [(source, destination, Direction::Egress), (destination, source, Direction::Ingress)]
        {
            let at = image.row_place(subject.atom, peer.atom, direction);
            bounds.extend(at.into_iter().flat_map(|at| image.spans(at)).map(|span| span.first));
        }
    }
    let lasts = bounds.iter().skip(1).map(|next| next.saturating_sub(1)).chain([u32::MAX]);
    let mut pieces = Vec::new();
    for (first, last) in bounds.iter().zip(lasts) {
        let ports = PortSet::of_keys(*first, last).and(wanted);
        let one = |protocol: L4Protocol| Some((protocol, ports.ranges(protocol).first()?.start()));
        if let Some((protocol, port)) = L4Protocol::ALL.into_iter().find_map(one) {
            let flow = pair.with_transport(Transport::new(protocol, port));
            pieces.push(Piece { ports, flow });
        }
    }
    pieces
}
