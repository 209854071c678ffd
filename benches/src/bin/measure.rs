//! The whole-process runner: workloads, a check against the specification, one table.
//!
//! `cargo xtask bench` builds it for two instruction sets and runs it.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::{Decide, Engine, Options, Packet, PacketDecision};
use portcullis_benches::heap::{self, Counting, Heap};
use portcullis_benches::machine;
use portcullis_benches::measure::{Mode, Samples, image_pass, timed};
use portcullis_benches::report::{bytes, duration, print_table, short};
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, Workload, address, l4, synthetic};
use portcullis_spec::Spec;

#[global_allocator]
static HEAP: Counting = Counting;

/// Measures Portcullis on generated clusters
#[derive(Parser)]
struct Arguments {
    /// Sizes to measure, of S, M, L, L+, XL and XXL
    #[arg(long = "size", value_delimiter = ',', default_value = "S,M,L")]
    sizes: Vec<String>,
    /// Address families, of v4, v6 and dual
    #[arg(long, value_delimiter = ',', default_value = "v4")]
    family: Vec<String>,
    /// Fewer packets and repeats
    #[arg(long)]
    quick: bool,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    println!(
        "{} · {} · commit {} · built for {}",
        machine::processor(),
        machine::date(),
        machine::commit(),
        machine::build()
    );
    let latencies = machine::load_latencies(&[1, 4, 8, 16, 32]);
    let latencies: Vec<String> =
        latencies.into_iter().map(|(size, time)| format!("{size} MiB {} ns", short(time))).collect();
    println!("one dependent load in a working set of {}", latencies.join(", "));
    println!("seed {}; times in ns: minimum / median of the repeats", arguments.seed);
    let mut decide = Vec::new();
    let mut compile = Vec::new();
    for (size, family) in sizes(arguments)? {
        let workload = synthetic(size, family, arguments.seed);
        let measured = measure(&workload, arguments)?;
        decide.push(measured.decide_row(&workload.name));
        compile.push(measured.compile_row(&workload.name));
    }
    println!("\ndeciding one packet");
    print_table(
        &[
            "",
            "hot tput",
            "hot lat",
            "mix tput",
            "mix lat",
            "rand tput",
            "rand lat",
            "batch hot",
            "batch mix",
            "batch rand",
            "mix M/s",
            "allowed %",
        ],
        &decide,
    );
    println!("\ncompiling, one thread");
    print_table(
        &[
            "",
            "pods",
            "policies",
            "rules",
            "compile",
            "peak heap",
            "kept heap",
            "image",
            "atoms",
            "buckets",
            "rows",
            "addresses",
        ],
        &compile,
    );
    Ok(())
}

fn sizes(arguments: &Arguments) -> Result<Vec<(Size, Family)>, String> {
    let mut found = Vec::new();
    for name in &arguments.sizes {
        let size = Size::named(name).ok_or_else(|| format!("there is no size `{name}`"))?;
        for family in &arguments.family {
            let family = match family.as_str() {
                "v4" => Family::V4,
                "v6" => Family::V6,
                "dual" => Family::Dual,
                other => return Err(format!("there is no family `{other}`")),
            };
            found.push((size, family));
        }
    }
    Ok(found)
}

/// What was measured of one workload.
struct Measured {
    decide: Vec<(TrafficKind, Mode, Samples)>,
    allowed: f64,
    compile: Samples,
    heap: Heap,
    sizes: portcullis::Sizes,
    counts: [usize; 3],
}

fn measure(workload: &Workload, arguments: &Arguments) -> Result<Measured, String> {
    let (packets, repeats) = if arguments.quick { (1 << 17, 5) } else { (1 << 20, 11) };
    let build = |(cluster, policies)| Engine::new(cluster, policies, Options::default());
    let input = || (workload.cluster.clone(), workload.policies.clone());

    // What the engine is made from was there before.
    let given = input();
    let (engine, heap) = heap::count(|| build(given));
    let mut compile = Samples::default();
    let mut spent = 0.0;
    while compile.len() < 3 || (compile.len() < repeats && spent < 3e9) {
        let (time, _) = timed(input(), build);
        compile.push(time);
        spent += time;
    }

    let image = engine.image();
    let traffic: Vec<(TrafficKind, Traffic)> = TrafficKind::ALL
        .into_iter()
        .map(|kind| (kind, Traffic::new(workload, kind, packets, arguments.seed.wrapping_add(1))))
        .collect();
    let mut allowed = 0.0;
    let mut checked = 0;
    for (kind, traffic) in &traffic {
        let (count, share) = check(workload, &engine, traffic)?;
        checked += count;
        if *kind == TrafficKind::Mixed {
            allowed = share;
        }
    }
    eprintln!("{}: {checked} packets are decided as the specification says", workload.name);

    let mut decide: Vec<(TrafficKind, Mode, Samples)> = Vec::new();
    for kind in TrafficKind::ALL {
        decide.extend(Mode::ALL.map(|mode| (kind, mode, Samples::default())));
    }
    // Repeats go round all measurements, so that a noisy moment hits none of them alone.
    for _ in 0..repeats {
        for (kind, mode, samples) in &mut decide {
            let packets = traffic.iter().find(|(other, _)| other == kind);
            if let Some((_, packets)) = packets {
                samples.push(image_pass(&image, packets, *mode));
            }
        }
    }
    let counts = [workload.cluster.pods().count(), workload.policies.len(), workload.policies.rule_count()];
    Ok(Measured { decide, allowed, compile, heap, sizes: image.sizes(), counts })
}

/// Compares a sample with the specification, and batches with single packets; gives how many it compared and the share that is
/// allowed.
fn check(workload: &Workload, engine: &Engine, traffic: &Traffic) -> Result<(usize, f64), String> {
    let image = engine.image();
    let spec = Spec::new(&workload.cluster, &workload.policies, Options::default());
    // The specification reads every pod for every peer: as many packets as it answers in a second, spread over all.
    let started = Instant::now();
    let mut checked = 0;
    while checked < 10 || (checked < traffic.len().min(5_000) && started.elapsed().as_secs_f64() < 1.0) {
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

impl Measured {
    fn samples(&self, kind: TrafficKind, mode: Mode) -> Option<&Samples> {
        let found = self.decide.iter().find(|(k, m, _)| (*k, *m) == (kind, mode));
        found.map(|(_, _, samples)| samples)
    }

    fn decide_row(&self, name: &str) -> Vec<String> {
        let both = |kind, mode| {
            let samples = self.samples(kind, mode);
            samples.map_or_else(String::new, |s| format!("{} / {}", short(s.min()), short(s.median())))
        };
        let mut row = vec![name.to_string()];
        for kind in TrafficKind::ALL {
            row.push(both(kind, Mode::Scalar));
            row.push(both(kind, Mode::Dependent));
        }
        for kind in TrafficKind::ALL {
            row.push(both(kind, Mode::Batch));
        }
        let batch = self.samples(TrafficKind::Mixed, Mode::Batch).map_or(f64::NAN, Samples::min);
        row.push(short(1e3 / batch));
        row.push(short(self.allowed));
        row
    }

    fn compile_row(&self, name: &str) -> Vec<String> {
        let [pods, policies, rules] = self.counts;
        let sizes = self.sizes;
        vec![
            name.to_string(),
            pods.to_string(),
            policies.to_string(),
            rules.to_string(),
            format!("{} / {}", duration(self.compile.min()), duration(self.compile.median())),
            bytes(self.heap.peak),
            bytes(self.heap.kept),
            bytes(sizes.bytes),
            sizes.atoms.to_string(),
            sizes.buckets.to_string(),
            sizes.rows.to_string(),
            bytes(sizes.address_bytes),
        ]
    }
}
