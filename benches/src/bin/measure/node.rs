//! What an agent on one node needs: its own pods' policies, with everyone as peers.

use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::{Decide, Engine, Options, Reason};
use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::heap;
use portcullis_benches::measure::{Samples, timed};
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, Workload, address, l4, synthetic};

use crate::results::{OURS, Results};
use crate::units::Unit;

/// Nodes that are measured, in the order of their names.
const NODES: usize = 5;

pub(crate) fn units(arguments: &BenchArguments) -> Vec<Unit> {
    let names: &[&str] = if arguments.quick { &["M"] } else { &["M", "L", "XL"] };
    names.iter().map(|name| Unit::new(Part::Node, *name, 5)).collect()
}

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let size = Size::named(unit).ok_or_else(|| format!("there is no size `{unit}`"))?;
    let workload = synthetic(size, Family::V4, arguments.seed);
    let whole = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
    let mut nodes: Vec<&str> = workload.cluster.pods().filter_map(|(_, pod)| pod.node.as_deref()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let (mut time, mut image, mut peak) = (Samples::default(), Samples::default(), Samples::default());
    let mut atoms = Samples::default();
    for node in nodes.iter().step_by(nodes.len().div_ceil(NODES)) {
        let input = (workload.cluster.clone(), workload.policies.clone());
        let build = |(cluster, policies)| Engine::for_node(cluster, policies, Options::default(), node);
        let (took, _) = timed(input.clone(), build);
        time.push(took);
        let (local, heap) = heap::count(|| build(input));
        peak.push(heap.peak as f64);
        image.push(local.image().sizes().bytes as f64);
        atoms.push(local.image().sizes().atoms as f64);
        compare(&workload, &whole, &local, node)?;
    }
    let about = (size.pods, size.policies, size.cidrs);
    let rows = [("compile", &time, "ns"), ("peak heap", &peak, "bytes"), ("image", &image, "bytes")];
    for (what, samples, unit_of) in rows.into_iter().chain([("atoms", &atoms, "")]) {
        results.row(&format!("{unit}, one node"), about, OURS, what, samples, unit_of);
    }
    let all = whole.image().sizes();
    let name = format!("{unit}, whole cluster");
    results.value(&name, about, OURS, "image", all.bytes as f64, "bytes");
    results.value(&name, about, OURS, "atoms", all.atoms as f64, "");
    Ok(())
}

/// Whether the engine of a node decides its own pods' sides as the whole does, and skips the others.
fn compare(workload: &Workload, whole: &Engine, local: &Engine, node: &str) -> Result<(), String> {
    let traffic = Traffic::new(workload, TrafficKind::Mixed, 1 << 16, 5);
    let is_own = |end| {
        let pod = whole.pod_of(end).and_then(|id| workload.cluster.pod(id));
        pod.map(|pod| pod.node.as_deref() == Some(node))
    };
    let mut own_sides = 0;
    for at in 0..traffic.len() {
        let packet = traffic.packet(at);
        let (from, to) = (address(packet.source), address(packet.destination));
        let transport = Transport::new(l4(&packet), u16::from_le_bytes(packet.destination_port));
        let flow = Flow::new(&workload.cluster, Endpoint::Address(from), Endpoint::Address(to), transport)
            .map_err(|error| error.to_string())?;
        let (all, own) = (whole.decide(&flow), local.decide(&flow));
        for (end, all, own) in
            [(flow.source(), all.egress, own.egress), (flow.destination(), all.ingress, own.ingress)]
        {
            let is_right = match is_own(end) {
                Some(false) => own.reason == Reason::Skipped || own == all && all.rule.is_none(),
                Some(true) | None => own == all,
            };
            if !is_right {
                return Err(format!("{node}: {flow:?}: {own:?} of {end:?}, and not {all:?}"));
            }
            own_sides += usize::from(is_own(end) == Some(true));
        }
    }
    if own_sides == 0 { Err(format!("{node}: no packet is of its pods")) } else { Ok(()) }
}
