//! The corpus in the sandbox: the same verdicts, reasons and rules as everywhere else.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use portcullis::cluster::Cluster;
use portcullis::corpus::{Case, Scenario, read};
use portcullis::policy::PolicySet;
use portcullis::{Decide, Engine as Native, Packet, PacketDecision};
use portcullis_host::{Control, Engine, FailurePolicy, Images, Instance, Settings, Template, Worker};
use portcullis_wasm::abi::packed;
use serde_json::json;

use crate::guest::{block, engine, module, to_db, wide};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/testdata").join(name)
}

pub(crate) fn base(name: &str) -> Option<String> {
    fs::read_to_string(testdata("bases").join(format!("{name}.yaml"))).ok()
}

pub(crate) fn cases() -> Vec<Case> {
    let folder = fs::read_dir(testdata("corpus")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| read(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// The packets that a case can ask, and the native engine's answers, which the corpus has confirmed elsewhere.
fn packets(case: &Case, scenario: &Scenario, native: &Native) -> (Vec<Packet>, Vec<PacketDecision>) {
    let flows = case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap());
    let packets: Vec<_> = flows.filter_map(|flow| native.packet(&flow)).collect();
    let image = native.image();
    let answers = packets.iter().map(|packet| image.decide(packet)).collect();
    (packets, answers)
}

/// Runs all cases by images and then by deltas; gives how many packets were decided.
fn run(engine: &Engine, name: &str) -> usize {
    let template = Template::new(engine, &module(name), None).unwrap();
    let mut images: Option<(Images, Worker)> = None;
    let mut chains: Vec<(Native, Images, Worker)> = Vec::new();
    let mut count = 0;
    for case in cases() {
        let Ok(Some(scenario)) = Scenario::load(&case, base) else { continue };
        let Scenario { cluster, policies, options } = &scenario;
        let native = Native::new(cluster.clone(), policies.clone(), *options);
        let (asked, right) = packets(&case, &scenario, &native);
        let mut found = vec![PacketDecision::default(); asked.len()];
        let image = native.image().as_bytes();
        let (publisher, worker) = images.get_or_insert_with(|| {
            let images = Images::new(&template, image).unwrap();
            let worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
            (images, worker)
        });
        publisher.publish(image).unwrap();
        assert_eq!(worker.decide_batch(&asked, &mut found), 0, "{}", case.title());
        assert_eq!(found, right, "{}", case.title());
        count += asked.len();

        if chains.iter().all(|(native, ..)| native.options() != *options) {
            let native = Native::new(Cluster::default(), PolicySet::default(), *options);
            let images = Images::new(&template, native.image().as_bytes()).unwrap();
            let worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
            chains.push((native, images, worker));
        }
        let chain = chains.iter_mut().find(|(native, ..)| native.options() == *options);
        let (native, images, worker) = chain.unwrap();
        native.apply_all(native.deltas_to(cluster, policies)).unwrap();
        images.publish_patch(&native.patch().unwrap()).unwrap();
        let (cluster, policies) = (native.cluster().clone(), native.policies().clone());
        let scenario = Scenario { cluster, policies, options: *options };
        let (asked, right) = packets(&case, &scenario, native);
        assert_eq!(worker.decide_batch(&asked, &mut found), 0, "{} after deltas", case.title());
        assert_eq!(found, right, "{} after deltas", case.title());
    }
    count
}

#[test]
fn one_packet_is_decided_in_registers_and_from_memory_as_in_a_batch() {
    let engine = engine(Settings::default());
    let mut instance = Instance::new(&Template::new(&engine, &module("decide-simd"), None).unwrap()).unwrap();
    let mut families = [0, 0];
    for case in cases() {
        let Ok(Some(scenario)) = Scenario::load(&case, base) else { continue };
        let Scenario { cluster, policies, options } = &scenario;
        let native = Native::new(cluster.clone(), policies.clone(), *options);
        instance.load(native.image().as_bytes(), false).unwrap();
        let (asked, right) = packets(&case, &scenario, &native);
        for (packet, right) in asked.iter().zip(&right) {
            assert_eq!(instance.decide_one(packet).unwrap(), packed(right), "{}: {packet:?}", case.title());
            let is_v4 = packet.source.starts_with(&[0; 10]) && packet.destination.starts_with(&[0; 10]);
            families[usize::from(is_v4)] += 1;
        }
    }
    assert!(families.into_iter().all(|count| count > 50), "{families:?}");
}

#[test]
fn guests_decide_the_corpus_as_the_native_engine_does() {
    assert!(run(&engine(Settings::default()), "decide") > 500);
}

#[test]
fn guests_with_simd_decide_the_corpus_as_well() {
    assert!(run(&engine(Settings { deadlines: None, ..Settings::default() }), "decide-simd") > 500);
}

#[test]
fn guests_decide_the_corpus_without_guard_pages_and_signals() {
    let engine = engine(Settings { guard_pages: false, signals: false, ..Settings::default() });
    assert!(!engine.has_guard_pages());
    assert!(run(&engine, "decide") > 500);
}

/// What the full module is told of a case, and which names it is to forget.
pub(crate) fn request(case: &Case, forgotten: impl IntoIterator<Item = String>) -> String {
    let sources = case.sources(base).unwrap().into_iter();
    let sources: Vec<_> = sources.map(|source| json!({ "name": source.name, "text": source.text })).collect();
    let options: serde_json::Map<_, _> =
        case.options.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let forgotten = forgotten.into_iter().map(|name| (name, json!([])));
    let stated = case.resolved.iter().map(|(name, addresses)| (name.clone(), json!(addresses)));
    let resolved: serde_json::Map<_, _> = forgotten.chain(stated).collect();
    json!({ "sources": sources, "options": options, "resolved": resolved }).to_string()
}

#[test]
fn the_full_module_decides_every_flow_of_the_corpus_with_its_rule() {
    let engine = engine(Settings { stack_bytes: 1 << 20, ..Settings::default() });
    let template = Template::new(&engine, &module("full"), None).unwrap();
    let mut control = Control::new(&template).unwrap();
    let mut probes = 0;
    let mut known: Vec<String> = Vec::new();
    for case in cases() {
        // What is wrong with a case that does not load as it says, core's own tests say.
        let Ok(loaded) = Scenario::load(&case, base) else { continue };
        // What names resolve to stays from one case to the next, and this one may say less.
        let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
        let is_stated = |name: &str| case.resolved.iter().any(|(stated, _)| plain(stated) == plain(name));
        let request = request(&case, known.into_iter().filter(|name| !is_stated(name)));
        known = case.resolved.iter().map(|(name, _)| name.clone()).collect();
        let answer: serde_json::Value =
            serde_json::from_str(&control.load(request.as_bytes()).unwrap()).unwrap();
        assert_eq!(answer["report"]["valid"], json!(loaded.is_some()), "{}", case.title());
        let Some(scenario) = loaded else { continue };
        // Ids hang on what was there before, once deltas have led here; names do not.
        let fresh = Control::new(&template).map(|mut fresh| fresh.load(request.as_bytes()).map(|_| fresh));
        let fresh = fresh.unwrap().unwrap();
        // Whether the native engine is right is asked elsewhere; the guest says what it says, right or wrong.
        let Scenario { cluster, policies, options } = &scenario;
        let native = Native::new(cluster.clone(), policies.clone(), *options);
        assert_eq!(scenario.check(&case, &fresh), scenario.check(&case, &native), "{}", case.title());
        for flow in case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap_or_default()) {
            assert_eq!(fresh.decide(&flow), native.decide(&flow), "{}: {flow:?}", case.title());
        }
        probes += case.probes.len();
    }
    assert!(probes > 900, "{probes}");
    assert!(engine.metrics().replacements.get() == 0);
}

#[test]
fn a_flow_that_the_guest_does_not_know_is_denied() {
    let engine = engine(Settings { stack_bytes: 1 << 20, ..Settings::default() });
    let control = Control::new(&Template::new(&engine, &module("full"), None).unwrap()).unwrap();
    let case = cases().into_iter().find(|case| case.refused.is_empty()).unwrap();
    let scenario = Scenario::load(&case, base).unwrap().unwrap();
    let flow = scenario.flows(&case.probes[0]).unwrap()[0];
    assert!(!control.decide(&flow).verdict().is_allow());
}

/// Packets to and from `db`: of those whom it lets in, of their neighbours, of both families, with each flag.
fn packets_of_many() -> Vec<Packet> {
    let mut packets = Vec::new();
    for number in 0..400 {
        let address = block(number);
        let address = if number % 3 == 0 { Ipv4Addr::from_bits(address.to_bits() ^ 2) } else { address };
        let mut packet = Packet { source: address.to_ipv6_mapped().octets(), ..to_db(80) };
        match number % 16 {
            14 => packet.source = [0xfd; 16],
            15 => (packet.source, packet.destination) = (packet.destination, packet.source),
            _ => {}
        }
        if number % 5 == 0 {
            packet.flags = 1 << (number / 5 % 8);
        }
        packets.push(packet);
    }
    packets
}

#[test]
fn a_large_image_is_decided_in_batches_of_any_length() {
    let (native, packets) = (wide(10_000), packets_of_many());
    let image = native.image();
    assert!(image.as_bytes().len() > 1 << 20, "{}", image.as_bytes().len());
    let right: Vec<_> = packets.iter().map(|packet| image.decide(packet)).collect();
    let allowed = right.iter().filter(|decision| decision.verdict == 1).count();
    assert!((100..300).contains(&allowed), "{allowed}");
    let engine = engine(Settings::default());
    for name in ["decide", "decide-simd"] {
        let mut instance = Instance::new(&Template::new(&engine, &module(name), None).unwrap()).unwrap();
        instance.load(image.as_bytes(), false).unwrap();
        for len in [1, 2, 15, 16, 17, 64, 400] {
            let mut found = vec![PacketDecision::default(); packets.len()];
            for (packets, found) in packets.chunks(len).zip(found.chunks_mut(len)) {
                instance.decide(packets, found).unwrap();
            }
            assert_eq!(found, right, "{name} {len}");
        }
    }
}
