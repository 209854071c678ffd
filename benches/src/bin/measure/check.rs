//! Whether the image decides as the specification and the peers do: what is wrong is not timed.

use std::time::Instant;

use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::{Decide, Engine, Options, Packet, PacketDecision, Side};
use portcullis_benches::peers::{Answer, BulkPeer, NO_RULE, Peer};
use portcullis_benches::workload::{Traffic, Workload, address, l4};
use portcullis_spec::Spec;

/// Compares a sample with the specification, and batches with single packets; gives how many it compared and the share
/// that is allowed.
pub(crate) fn with_specification(
    workload: &Workload,
    engine: &Engine,
    traffic: &Traffic,
    seconds: f64,
) -> Result<(usize, f64), String> {
    let image = engine.image();
    let spec = Spec::new(&workload.cluster, &workload.policies, Options::default());
    // The specification reads every pod for every peer: as many packets as it answers in some time, spread over all.
    let started = Instant::now();
    let mut checked = 0;
    while checked < 10 || (checked < traffic.len().min(2_000) && started.elapsed().as_secs_f64() < seconds) {
        let packet = traffic.packet(checked * 7_919 % traffic.len());
        checked += 1;
        let (from, to) = (address(packet.source), address(packet.destination));
        let transport = Transport::new(l4(&packet), u16::from_le_bytes(packet.destination_port));
        let flow = Flow::new(&workload.cluster, Endpoint::Address(from), Endpoint::Address(to), transport)
            .map_err(|error| format!("{}: {error}", workload.name))?;
        let (ours, theirs) = (image.decision(&image.decide(&packet)), spec.decide(&flow));
        if ours != theirs {
            return Err(format!(
                "{}: {from} → {to} {transport:?}: the image says {ours:?}, the specification {theirs:?}",
                workload.name
            ));
        }
    }
    let mut packets = vec![Packet::default(); traffic.len().min(1 << 16)];
    traffic.fill(0, &mut packets);
    let mut decisions = vec![PacketDecision::default(); packets.len()];
    image.decide_batch(&packets, &mut decisions);
    let differs = packets.iter().zip(&decisions).position(|(packet, batch)| image.decide(packet) != *batch);
    if let Some(place) = differs {
        return Err(format!("{}: packet {place} is decided otherwise in a batch", workload.name));
    }
    let allowed = decisions.iter().filter(|decision| decision.verdict == 1).count();
    Ok((checked, allowed as f64 / decisions.len() as f64 * 100.0))
}

/// Compares packets, verdict and rules, with a peer.
pub(crate) fn with_peer(
    workload: &Workload,
    engine: &Engine,
    peer: &dyn Peer,
    traffic: &Traffic,
    count: usize,
) -> Result<(), String> {
    let image = engine.image();
    for number in 0..count.min(traffic.len()) {
        let packet = traffic.packet(number * 104_729 % traffic.len());
        let decision = image.decision(&image.decide(&packet));
        let number = |side: Side| side.rule.map_or(NO_RULE, |rule| rule.0);
        let ours = Answer {
            allowed: decision.verdict().is_allow(),
            egress: number(decision.egress),
            ingress: number(decision.ingress),
        };
        let theirs = peer.decide(&packet);
        if ours != theirs {
            return Err(format!(
                "{}: {} → {} {:?}: the image says {ours:?}, {} {theirs:?}",
                workload.name,
                address(packet.source),
                address(packet.destination),
                portcullis_benches::workload::transport(&packet),
                peer.name(),
            ));
        }
    }
    Ok(())
}

/// Compares packets' verdicts with a peer that takes many at once.
pub(crate) fn with_bulk_peer(
    workload: &Workload,
    engine: &Engine,
    peer: &mut dyn BulkPeer,
    packets: &[Packet],
) -> Result<(), String> {
    let image = engine.image();
    let (verdicts, _) = peer.decide(packets)?;
    for (packet, theirs) in packets.iter().zip(verdicts) {
        let ours = image.decide(packet).verdict == 1;
        if ours != theirs {
            return Err(format!(
                "{}: {} → {} {:?}: the image says {ours}, {} {theirs}",
                workload.name,
                address(packet.source),
                address(packet.destination),
                portcullis_benches::workload::transport(packet),
                peer.name(),
            ));
        }
    }
    Ok(())
}
