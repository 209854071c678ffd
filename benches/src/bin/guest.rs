//! Native against the guest under wasmtime, side by side: `guest [--size S,M,L] [--traffic hot,mix,rand]`.
//!
//! Each number is nanoseconds a packet, the least of some passes over the same packets, with all that a host does on
//! the way: packets copied in, answers checked and copied out. Answers are compared before anything is timed.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use portcullis::{Engine as Native, Image, Options, Packet, PacketDecision};
use portcullis_benches::machine;
use portcullis_benches::report::print_table;
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, synthetic};
use portcullis_host::{Engine, HostError, Instance, Settings, Template};

/// Measures the guest
#[derive(Parser)]
struct Arguments {
    /// Sizes to measure, of S, M, L, L+, XL and XXL
    #[arg(long = "size", value_delimiter = ',', default_value = "S,M")]
    sizes: Vec<String>,
    /// Packets of a pass
    #[arg(long, default_value_t = 65_536)]
    packets: usize,
    /// Passes of each kind
    #[arg(long, default_value_t = 7)]
    passes: usize,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const BATCHES: [usize; 4] = [1, 64, 256, 1_024];

/// A guest with its name in tables.
struct Guest {
    name: &'static str,
    instance: Instance,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("{} · {} · commit {}", machine::processor(), machine::date(), machine::commit());
    match measure(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let said = |error: HostError| error.to_string();
    for name in &arguments.sizes {
        let size = Size::named(name).ok_or_else(|| format!("there is no size `{name}`"))?;
        let workload = synthetic(size, Family::V4, arguments.seed);
        let native = Native::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
        let image = native.image();
        let mut guests = guests(&image).map_err(said)?;
        println!("\n{}: image of {} KiB", workload.name, image.as_bytes().len() >> 10);
        for (title, kind) in
            [("hot", TrafficKind::Hot), ("mixed", TrafficKind::Mixed), ("random", TrafficKind::Random)]
        {
            let traffic = Traffic::new(&workload, kind, arguments.packets, arguments.seed);
            let packets: Vec<Packet> = (0..traffic.len()).map(|at| traffic.packet(at)).collect();
            check(&image, &mut guests, &packets)?;
            let rows = BATCHES.map(|batch| row(&image, &mut guests, &packets, batch, arguments.passes));
            let head = ["plain", "plain, clock", "SIMD", "SIMD, clock"];
            let head: Vec<&str> = [title, "native"].into_iter().chain(head).collect();
            print_table(&head, &rows);
        }
        lives(&image).map_err(said)?;
    }
    Ok(())
}

/// Guests with and without SIMD, with and without deadlines.
fn guests(image: &Image<'_>) -> Result<Vec<Guest>, HostError> {
    let mut guests = Vec::new();
    let modules = [portcullis_wasm_modules::DECIDE, portcullis_wasm_modules::DECIDE_SIMD];
    for module in modules {
        for clock in [false, true] {
            let deadlines = Settings::default().deadlines.filter(|_| clock);
            let engine = Engine::new(Settings { deadlines, ..Settings::default() })?;
            let template = Template::new(&engine, module.bytes, None)?;
            let mut instance = Instance::new(&template)?;
            instance.load(image.as_bytes(), false)?;
            guests.push(Guest { name: module.name, instance });
        }
    }
    Ok(guests)
}

fn check(image: &Image<'_>, guests: &mut [Guest], packets: &[Packet]) -> Result<(), String> {
    let mut right = [PacketDecision::default(); 1_024];
    let mut found = right;
    for packets in packets.chunks(1_024) {
        image.decide_batch(packets, &mut right);
        for guest in &mut *guests {
            guest.instance.decide(packets, &mut found).map_err(|fault| fault.to_string())?;
            if right[..packets.len()] != found[..packets.len()] {
                return Err(format!("{} answers otherwise than the native engine", guest.name));
            }
        }
    }
    Ok(())
}

/// A row of a table: native and the guests, in turns, so that all of them have the machine as it is.
fn row(
    image: &Image<'_>,
    guests: &mut [Guest],
    packets: &[Packet],
    batch: usize,
    passes: usize,
) -> Vec<String> {
    let mut decisions = vec![PacketDecision::default(); batch];
    let mut least = vec![f64::INFINITY; guests.len() + 1];
    for _ in 0..passes {
        let own = time(packets, batch, |packets| match packets {
            [packet] => decisions[0] = image.decide(packet),
            packets => image.decide_batch(packets, &mut decisions),
        });
        least[0] = least[0].min(own);
        for (least, guest) in least[1..].iter_mut().zip(&mut *guests) {
            let theirs = time(packets, batch, |packets| match packets {
                [packet] => drop(black_box(guest.instance.decide_one(packet))),
                packets => drop(black_box(guest.instance.decide(packets, &mut decisions))),
            });
            *least = least.min(theirs);
        }
    }
    let native = least[0];
    let guest = |time: &f64| format!("{time:.1} ({:.2}×)", time / native);
    let cells = [format!("batch {batch}"), format!("{native:.1}")];
    cells.into_iter().chain(least[1..].iter().map(guest)).collect()
}

/// Nanoseconds a packet of one pass.
fn time(packets: &[Packet], batch: usize, mut decide: impl FnMut(&[Packet])) -> f64 {
    let started = Instant::now();
    for packets in packets.chunks(batch) {
        decide(black_box(packets));
    }
    started.elapsed().as_nanos() as f64 / packets.len() as f64
}

/// What it takes to make an instance, and to give it the image.
fn lives(image: &Image<'_>) -> Result<(), HostError> {
    let engine = Engine::new(Settings::default())?;
    let started = Instant::now();
    let template = Template::decide(&engine)?;
    let compiled = started.elapsed();
    let (mut made, mut loaded, mut verified) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    for _ in 0..20 {
        let started = Instant::now();
        let mut instance = Instance::new(&template)?;
        made = made.min(started.elapsed().as_nanos() as f64);
        let started = Instant::now();
        instance.load(image.as_bytes(), false)?;
        loaded = loaded.min(started.elapsed().as_nanos() as f64);
        let started = Instant::now();
        instance.load(image.as_bytes(), true)?;
        verified = verified.min(started.elapsed().as_nanos() as f64);
    }
    println!(
        "module made ready in {:.0} ms, instance in {:.1} µs, image checked and taken in {:.2} ms, taken unchecked in {:.2} ms",
        compiled.as_secs_f64() * 1e3,
        made / 1e3,
        loaded / 1e6,
        verified / 1e6,
    );
    Ok(())
}
