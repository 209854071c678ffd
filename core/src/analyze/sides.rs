//! Sides: what a subject's policies say of all traffic with a peer at once.

use alloc::vec::Vec;

use super::ends::Face;
use super::ports::PortSet;
use crate::Engine;
use crate::cluster::PodId;
use crate::decision::{Reason, Side};
use crate::flow::{Flow, Transport};
use crate::image::Image;
use crate::net::{L4Protocol, PortRange, VXLAN_PORT};
use crate::policy::Direction;

/// The traffic that can be exempt apart from other traffic: each protocol, then what is special in one.
const TRANSPORTS: [(L4Protocol, u16); 4] =
    [(L4Protocol::Tcp, 1), (L4Protocol::Udp, 1), (L4Protocol::Sctp, 1), (L4Protocol::Udp, VXLAN_PORT)];

/// A pod that is none of the cluster's: like another in everything, and not the same.
const NOBODY: PodId = PodId(u32::MAX);

/// What comes before the tables, and what they say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) engine: &'a Engine,
    pub(super) image: Image<'a>,
}

impl<'a> Sides<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        Self { engine, image: engine.image() }
    }

    /// What is decided before any table, as pieces that do not overlap; with each why, or nothing where tables decide.
    pub(super) fn exempt(
        &self,
        subject: &Face,
        peer: &Face,
        direction: Direction,
    ) -> [(PortSet, Option<Reason>); 4] {
        let (source, destination) = match direction {
            Direction::Egress => (subject.end, peer.end),
            Direction::Ingress => (peer.end, subject.end),
        };
        // NP-020 is about a pod and itself; a class asked about itself stands for two pods that are alike.
        let mut seen = peer.resolved;
        if seen.identity.is_some() && seen.identity == subject.resolved.identity {
            seen.identity = Some(NOBODY);
        }
        let tunnel = PortRange::single(VXLAN_PORT).map(|port| PortSet::of(L4Protocol::Udp, port));
        let tunnel = tunnel.unwrap_or_default();
        TRANSPORTS.map(|(protocol, port)| {
            let flow = Flow::between(source, destination, Transport::new(protocol, port));
            let reason = self.engine.exemption(&flow, direction, subject.resolved, seen, peer.node);
            let whole = || PortSet::of(protocol, PortRange::ALL);
            (if port == VXLAN_PORT { tunnel.clone() } else { whole().minus(&tunnel) }, reason)
        })
    }

    /// What decides each part of the traffic; the parts do not overlap and leave nothing out.
    pub(super) fn parts(&self, subject: &Face, peer: &Face, direction: Direction) -> Vec<(PortSet, Side)> {
        let mut parts: Vec<(PortSet, Side)> = Vec::new();
        let mut add = |ports: PortSet, side: Side| match parts.iter_mut().find(|(_, known)| *known == side) {
            _ if ports.is_nothing() => {}
            Some((known, _)) => *known = known.or(&ports),
            None => parts.push((ports, side)),
        };
        let mut rest = PortSet::nothing();
        for (ports, reason) in self.exempt(subject, peer, direction) {
            match reason {
                Some(reason) => add(ports, Side::without_rule(reason)),
                None => rest = rest.or(&ports),
            }
        }
        match self.image.row_place(subject.resolved.atom, peer.resolved.atom, direction) {
            None => add(rest, Side::without_rule(Reason::NotEvaluated)),
            Some(at) => {
                for span in self.image.spans(at) {
                    let side = Side {
                        reason: Reason::from_number(span.side.reason),
                        rule: self.image.rule(span.side.rule),
                    };
                    add(PortSet::of_keys(span.first, span.last).and(&rest), side);
                }
            }
        }
        parts
    }
}
