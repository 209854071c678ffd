//! What fuzz targets check, as functions of bytes: libFuzzer calls them, and so do the tests that replay saved inputs
//! (`core/tests/it/fuzz_replay.rs`).

use std::net::IpAddr;

use portcullis::cluster::{Cluster, ClusterBuilder, Pod};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::generate::{Case, Scope};
use portcullis::label::{LabelKey, LabelValue};
use portcullis::manifest::{LoadOptions, Loaded, Severity, Source, Strength, load};
use portcullis::net::{Cidr, IpBlock, L4Protocol, parse_address};
use portcullis::policy::PolicySet;
use portcullis::{Decide, Engine, Image, Line, Options, Packet, PacketDecision, reseal};
use portcullis_spec::Spec;
use portcullis_spec::differential::{Tally, compare, report};

/// Flows for each input of [`engine_equals_spec`].
const FLOWS: usize = 24;

/// Any text loads or is refused with problems, in both strengths; what the newest API server accepts, stored objects
/// may say too, with the same meaning; what is loaded can be decided.
pub fn manifests(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let [stored, created] = [Strength::Stored, Strength::Create].map(|strength| read(&text, strength));
    let Some(created) = created else { return };
    let stored = stored.expect("what can be created can be stored");
    assert_eq!((&stored.cluster, &stored.policies), (&created.cluster, &created.policies));
    decide_all(stored.cluster, stored.policies);
}

/// A text as the selector of pods and of peers: whatever it selects, engine and specification agree on it.
pub fn selectors(data: &[u8]) {
    let selector: String =
        String::from_utf8_lossy(data).lines().map(|line| format!("        {line}\n")).collect();
    let text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: np, namespace: a}}\nspec:\n  \
         podSelector:\n{selector}  ingress:\n  - from:\n    - namespaceSelector:\n{selector}    - podSelector:\n{selector}"
    );
    if let Some(loaded) = read(&text, Strength::Stored) {
        let mut builder = ClusterBuilder::new();
        for (number, labels) in LABELS.iter().enumerate() {
            for namespace in ["a", "b"] {
                let mut pod = Pod::new(namespace, format!("p{number}"));
                pod.labels = labels
                    .iter()
                    .map(|(key, value)| {
                        (LabelKey::try_from(*key).unwrap(), LabelValue::try_from(*value).unwrap())
                    })
                    .collect();
                builder.pod(pod);
            }
        }
        builder.mention_namespace("default");
        decide_all(builder.build().unwrap(), loaded.policies);
    }
}

/// Labels that selectors of [`selectors`] are tried on.
const LABELS: [&[(&str, &str)]; 5] = [
    &[],
    &[("app", "")],
    &[("app", "a")],
    &[("app", "b"), ("tier", "a")],
    &[("x.io/env", "a"), ("tier", "")],
];

/// Lines as a CIDR, exceptions and addresses: what is read is written and read again alike, and holds the addresses
/// that arithmetic says.
pub fn cidrs(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let Some(Ok(outer)) = lines.next().map(Cidr::parse) else { return };
    let outer = outer.cidr;
    let again = Cidr::parse(&outer.to_string()).expect("what is written can be read");
    assert_eq!((again.cidr, again.notes.len()), (outer, 0));
    let rest: Vec<&str> = lines.take(16).collect();
    let holes: Vec<Cidr> =
        rest.iter().filter_map(|line| Cidr::parse(line).ok()).map(|parsed| parsed.cidr).collect();
    let mut addresses: Vec<IpAddr> = rest.iter().filter_map(|line| parse_address(line).ok()).collect();
    addresses.extend(holes.iter().chain([&outer]).flat_map(|cidr| [cidr.address(), cidr.last_address()]));
    let strictly_inside =
        |hole: &Cidr| hole.prefix_length() > outer.prefix_length() && holds(outer, hole.address());
    let block = IpBlock::new(outer, holes.clone());
    assert_eq!(block.is_ok(), holes.iter().all(strictly_inside), "{outer} {holes:?}");
    for address in addresses {
        assert_eq!(outer.contains(address), holds(outer, address), "{outer} {address}");
        if let Ok(block) = &block {
            let expected = holds(outer, address) && !holes.iter().any(|hole| holds(*hole, address));
            assert_eq!(block.contains(address), expected, "{outer} {holes:?} {address}");
        }
    }
}

/// A generated cluster: engine and specification decide every flow alike.
///
/// # Panics
/// When they do not, with the case shrunk.
pub fn engine_equals_spec(data: &[u8]) {
    let (scope, bytes) = match data.split_first() {
        Some((first, rest)) if first % 2 == 1 => (Scope::Model, rest),
        Some((first, rest)) if first % 4 == 2 => (Scope::Tiered, rest),
        Some((_, rest)) => (Scope::V1Valid, rest),
        None => (Scope::V1Valid, data),
    };
    let case = Case::from_bytes(bytes, scope, FLOWS);
    if let Err(mismatch) = compare(&case, &mut Tally::default()) {
        panic!("{}", report("fuzzed", &case, &mismatch));
    }
}

/// A compiled image with words changed at will, or any bytes at all: refused, or deciding within its bounds, one by one
/// as in a batch.
pub fn images(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let case = Case::from_seed(u64::from(*first / 2), Scope::Model, FLOWS);
    let make = if first % 4 < 2 { Engine::new } else { Engine::in_layers };
    let engine = make(case.cluster, case.policies, case.world.options);
    let packets: Vec<Packet> = case.flows.iter().filter_map(|flow| engine.packet(flow)).collect();
    let bytes = if first % 2 == 1 { rest } else { engine.image().as_bytes() };
    let mut lines = vec![Line::default(); bytes.len().div_ceil(size_of::<Line>())];
    bytemuck::cast_slice_mut(&mut lines)[..bytes.len()].copy_from_slice(bytes);
    if first % 2 == 0 {
        let words: &mut [u32] = bytemuck::cast_slice_mut(&mut lines);
        for change in rest.chunks_exact(7) {
            // Three bytes of place, four of value: what the high bits say is the fuzzer's to find out.
            let place = usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]);
            if let Some(place) = place.checked_rem(words.len()) {
                words[place] = u32::from_le_bytes([change[3], change[4], change[5], change[6]]);
            }
        }
    }
    reseal(&mut lines);
    if let Ok(image) = Image::open(bytemuck::cast_slice(&lines)) {
        let mut decisions = vec![PacketDecision::default(); packets.len()];
        image.decide_batch(&packets, &mut decisions);
        for (packet, decision) in packets.iter().zip(decisions) {
            assert_eq!(image.decide(packet), decision);
            let _ = image.decision(&decision);
        }
    }
}

fn read(text: &str, strength: Strength) -> Option<Loaded> {
    let source = Source { name: "fuzzed.yaml".into(), text: text.into() };
    let options = LoadOptions { strength, ..LoadOptions::default() };
    match load(&[source], &options) {
        Ok(loaded) => Some(loaded),
        Err(report) => {
            let is_error = |problem: &portcullis::manifest::Problem| problem.severity == Severity::Error;
            assert!(report.problems.iter().any(is_error), "refused without an error");
            None
        }
    }
}

/// Decides flows between the first pods of a cluster both ways.
fn decide_all(cluster: Cluster, policies: PolicySet) {
    let spec = Spec::new(&cluster, &policies, Options::default());
    let engine = Engine::new(cluster.clone(), policies.clone(), Options::default());
    let pods = cluster.pods().take(10).map(|(id, _)| Endpoint::Pod(id));
    let ends: Vec<Endpoint> = pods.chain([Endpoint::Address(IpAddr::from([192, 0, 2, 1]))]).collect();
    for from in &ends {
        for to in &ends {
            if let Ok(flow) = Flow::new(&cluster, *from, *to, Transport::new(L4Protocol::Tcp, 80)) {
                assert_eq!(engine.decide(&flow), spec.decide(&flow), "{flow:?}");
            }
        }
    }
}

/// Whether an address lies in a range, by arithmetic on numbers of 128 bits.
fn holds(cidr: Cidr, address: IpAddr) -> bool {
    let (first, found, width) = match (cidr.address(), address) {
        (IpAddr::V4(first), IpAddr::V4(found)) => {
            (u128::from(first.to_bits()), u128::from(found.to_bits()), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(found)) => (first.to_bits(), found.to_bits(), 128),
        _ => return false,
    };
    // A shift by all 128 bits is none to the hardware; nothing is fixed then, and everything holds.
    let free = u32::saturating_sub(width, u32::from(cidr.prefix_length()));
    first.checked_shr(free).unwrap_or(0) == found.checked_shr(free).unwrap_or(0)
}
