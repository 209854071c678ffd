//! Fixed scenarios whose instructions callgrind counts: `instructions NAME` runs one, `instructions` lists all.
//!
//! `cargo xtask bench --instructions` runs each under valgrind and compares with `benches/instructions.toml`.

use std::hint::black_box;
use std::process::ExitCode;

use portcullis::{Engine, Image, Options, Packet, PacketDecision};
use portcullis_benches::measure::fold;
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, Workload, synthetic};

/// Packets of a scenario that decides.
const PACKETS: usize = 10_000;

/// A scenario: its name, what it counts, and how it is run.
struct Scenario {
    name: &'static str,
    size: Size,
    family: Family,
    step: Step,
}

/// What a scenario does.
#[derive(Clone, Copy)]
enum Step {
    Batch(TrafficKind),
    Compile,
    Decide(TrafficKind),
    Open,
}

const SCENARIOS: [Scenario; 10] = [
    scenario("decide-s-hot", Size::ALL[0], Family::V4, Step::Decide(TrafficKind::Hot)),
    scenario("decide-s-mix", Size::ALL[0], Family::V4, Step::Decide(TrafficKind::Mixed)),
    scenario("decide-m-mix", Size::ALL[1], Family::V4, Step::Decide(TrafficKind::Mixed)),
    scenario("decide-m-rand", Size::ALL[1], Family::V4, Step::Decide(TrafficKind::Random)),
    scenario("decide-m-mix-ipv6", Size::ALL[1], Family::V6, Step::Decide(TrafficKind::Mixed)),
    scenario("batch-m-mix", Size::ALL[1], Family::V4, Step::Batch(TrafficKind::Mixed)),
    scenario("batch-m-mix-ipv6", Size::ALL[1], Family::V6, Step::Batch(TrafficKind::Mixed)),
    scenario("compile-s", Size::ALL[0], Family::V4, Step::Compile),
    scenario("compile-m", Size::ALL[1], Family::V4, Step::Compile),
    scenario("open-m", Size::ALL[1], Family::V4, Step::Open),
];

const fn scenario(name: &'static str, size: Size, family: Family, step: Step) -> Scenario {
    Scenario { name, size, family, step }
}

fn main() -> ExitCode {
    let Some(wanted) = std::env::args().nth(1) else {
        for scenario in SCENARIOS {
            // A count is of this many things.
            let items = if matches!(scenario.step, Step::Batch(_) | Step::Decide(_)) { PACKETS } else { 1 };
            println!("{} {items}", scenario.name);
        }
        return ExitCode::SUCCESS;
    };
    let Some(scenario) = SCENARIOS.into_iter().find(|scenario| scenario.name == wanted) else {
        eprintln!("there is no scenario `{wanted}`");
        return ExitCode::from(2);
    };
    run(&scenario);
    ExitCode::SUCCESS
}

fn run(scenario: &Scenario) {
    let Workload { cluster, policies, .. } = &synthetic(scenario.size, scenario.family, 1);
    if matches!(scenario.step, Step::Compile) {
        let mut input = Some((cluster.clone(), policies.clone()));
        let mut engine = None;
        counted_by_callgrind(&mut || {
            engine =
                input.take().map(|(cluster, policies)| Engine::new(cluster, policies, Options::default()));
        });
        black_box(&engine);
        return;
    }
    let engine = Engine::new(cluster.clone(), policies.clone(), Options::default());
    let image = engine.image();
    match scenario.step {
        Step::Compile => {}
        Step::Open => {
            let bytes = image.as_bytes();
            let mut opened = None;
            counted_by_callgrind(&mut || opened = Some(Image::open(black_box(bytes))));
            black_box(&opened);
        }
        Step::Batch(kind) => {
            let (packets, mut decisions) = packets(scenario, kind);
            counted_by_callgrind(&mut || image.decide_batch(black_box(&packets), &mut decisions));
            black_box(&decisions);
        }
        Step::Decide(kind) => {
            let (packets, _) = packets(scenario, kind);
            let mut sum = 0_u64;
            counted_by_callgrind(&mut || {
                for packet in &packets {
                    sum = sum.wrapping_add(fold(&image.decide(black_box(packet))));
                }
            });
            black_box(sum);
        }
    }
}

fn packets(scenario: &Scenario, kind: TrafficKind) -> (Vec<Packet>, Vec<PacketDecision>) {
    let workload = synthetic(scenario.size, scenario.family, 1);
    let traffic = Traffic::new(&workload, kind, PACKETS, 2);
    let mut packets = vec![Packet::default(); PACKETS];
    traffic.fill(0, &mut packets);
    (packets, vec![PacketDecision::default(); PACKETS])
}

/// What callgrind counts: it is told to look at nothing outside of the function of this name.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut()) {
    run();
}
