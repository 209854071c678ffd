//! An engine of one node's pods against the engine of the whole cluster.

use portcullis::flow::{End, Flow};
use portcullis::{Decide, Engine, Reason, Side};

/// Compares what the two say of a flow: the sides of the node's own pods have to be the same, rules and all, and those
/// of other pods skipped wherever policies would be asked.
///
/// # Errors
/// What differs.
pub fn compare(whole: &Engine, local: &Engine, flow: &Flow) -> Result<(), String> {
    let (all, own) = (whole.decide(flow), local.decide(flow));
    for (end, all, own) in
        [(flow.source(), all.egress, own.egress), (flow.destination(), all.ingress, own.ingress)]
    {
        // MODEL-001: what stays inside a pod meets no policy, whatever chose its destination.
        let is_hairpin = flow.via_service() && !flow.stays_inside();
        let expected = expected(whole, local.node(), end, is_hairpin, all);
        if own != expected {
            return Err(format!(
                "{flow:?}\nthe engine of {:?} says {own:?} of {end:?}, not {expected:?}",
                local.node()
            ));
        }
    }
    if let Some(packet) = local.packet(flow) {
        let seen = local.image().decision(&local.image().decide(&packet));
        if seen != own.as_packets_see_it() {
            return Err(format!("{packet:?}\npacket: {seen:?}\nflow:   {own:?}"));
        }
    }
    Ok(())
}

fn expected(whole: &Engine, node: Option<&str>, end: End, is_hairpin: bool, side: Side) -> Side {
    let pod = whole.pod_of(end).and_then(|id| whole.cluster().pod(id));
    let is_elsewhere = pod.is_some_and(|pod| pod.node.as_deref() != node);
    match side.reason {
        Reason::DenyRule | Reason::Isolated | Reason::NoPolicy | Reason::ProtocolDenied | Reason::Rule
            if is_elsewhere =>
        {
            Side::without_rule(Reason::Skipped)
        }
        // CNP-014: by a service, even this is what policies say.
        Reason::Loopback if is_elsewhere && is_hairpin => Side::without_rule(Reason::Skipped),
        _ => side,
    }
}
