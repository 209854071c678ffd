//! Deciding: nanoseconds a packet, the least of some passes, with all that a host does on the way: packets copied in,
//! answers checked and copied out.

use std::hint::black_box;
use std::time::Instant;

use portcullis::{Image, Packet, PacketDecision};
use portcullis_host::{Engine, HostError, Instance, Settings, Template};
use portcullis_wasm_modules::{DECIDE, DECIDE_SIMD};

use crate::Measured;
use crate::go::Figures;
use crate::report::{Goal, Report};

pub(crate) const BATCHES: [usize; 4] = [1, 64, 256, 1_024];

/// The most that a batch of wasmtime's may cost, of what it costs natively: where tables fit into the caches, and beyond.
const CACHED: Goal = Goal::at_most(1.5);
const BEYOND: Goal = Goal::at_most(1.4);

/// One engine under wasmtime.
struct Guest {
    instance: Instance,
    name: &'static str,
}

/// The least of some passes: native, and each guest.
struct Row {
    native: f64,
    guests: Vec<f64>,
}

pub(crate) fn measure(
    cluster: &Measured,
    passes: usize,
    wazero: &Figures,
    report: &mut Report,
) -> Result<(), HostError> {
    let lines = aligned(&cluster.image);
    let image = Image::open(bytemuck::cast_slice(&lines))?;
    let mut guests = guests(&cluster.image)?;
    for (title, packets) in &cluster.traffic {
        check(&image, &mut guests, packets)?;
        let place = format!("{} {title}", cluster.name);
        for batch in BATCHES {
            let row = row(&image, &mut guests, packets, batch, passes);
            let go = match batch {
                1 => wazero.decide_one(cluster.name, title),
                _ => wazero.decide(cluster.name, title, batch),
            };
            report.decide(&place, batch, row.native, &row.guests, go);
            let ([plain, clock, ..], true) = (row.guests.as_slice(), *title == "mixed") else { continue };
            goals(cluster.name, batch, row.native, *plain, *clock, go, report);
        }
    }
    Ok(())
}

fn goals(
    size: &str,
    batch: usize,
    native: f64,
    plain: f64,
    clock: f64,
    go: Option<f64>,
    report: &mut Report,
) {
    let limit = if size == "L" { BEYOND } else { CACHED };
    match batch {
        1 => {
            let goal = Goal::at_most(35.0);
            report.goal(format!("one packet under wasmtime over native, {size}, ns"), goal, clock - native);
            if let Some(go) = go {
                let goal = Goal::at_most(30.0);
                report.goal(format!("one packet under wazero over native, {size}, ns"), goal, go - native);
            }
        }
        256 => {
            report.goal(format!("256 packets under wasmtime ÷ native, {size}"), limit, clock / native);
            let share = (clock / plain - 1.0) * 100.0;
            report.goal(format!("deadlines on ÷ off, 256 packets, {size}, %"), Goal::at_most(5.0), share);
            if let Some(go) = go {
                let goal = Goal::at_most(2.5);
                report.goal(format!("256 packets under wazero ÷ native, {size}"), goal, go / native);
            }
        }
        _ => {}
    }
}

/// A copy where an image may lie.
pub(crate) fn aligned(image: &[u8]) -> Vec<portcullis::Line> {
    let mut lines = vec![portcullis::Line::default(); image.len().div_ceil(size_of::<portcullis::Line>())];
    bytemuck::cast_slice_mut(&mut lines)[..image.len()].copy_from_slice(image);
    lines
}

/// The guest without and with deadlines, and the one for runtimes without SIMD.
fn guests(image: &[u8]) -> Result<Vec<Guest>, HostError> {
    [("plain", DECIDE_SIMD, false), ("deadlines", DECIDE_SIMD, true), ("no SIMD", DECIDE, false)]
        .into_iter()
        .map(|(name, module, clock)| {
            let deadlines = Settings::default().deadlines.filter(|_| clock);
            let engine = Engine::new(Settings { deadlines, ..Settings::default() })?;
            let mut instance = Instance::new(&Template::new(&engine, module.bytes, None)?)?;
            instance.load(image, false)?;
            Ok(Guest { instance, name })
        })
        .collect()
}

fn check(image: &Image<'_>, guests: &mut [Guest], packets: &[Packet]) -> Result<(), HostError> {
    let mut right = [PacketDecision::default(); 1_024];
    let mut found = right;
    for packets in packets.chunks(1_024) {
        image.decide_batch(packets, &mut right);
        for guest in &mut *guests {
            guest.instance.decide(packets, &mut found)?;
            if right[..packets.len()] != found[..packets.len()] {
                return Err(HostError::Canary(format!("{} decides otherwise", guest.name)));
            }
        }
    }
    Ok(())
}

/// All in turns, so that each has the machine as it is.
fn row(image: &Image<'_>, guests: &mut [Guest], packets: &[Packet], batch: usize, passes: usize) -> Row {
    let mut decisions = vec![PacketDecision::default(); batch];
    let mut least = Row { native: f64::INFINITY, guests: vec![f64::INFINITY; guests.len()] };
    for _ in 0..passes {
        let own = time(packets, batch, |packets| match packets {
            [packet] => decisions[0] = image.decide(packet),
            packets => image.decide_batch(packets, &mut decisions),
        });
        least.native = least.native.min(own);
        for (least, guest) in least.guests.iter_mut().zip(&mut *guests) {
            let theirs = time(packets, batch, |packets| match packets {
                [packet] => drop(black_box(guest.instance.decide_one(packet))),
                packets => drop(black_box(guest.instance.decide(packets, &mut decisions))),
            });
            *least = least.min(theirs);
        }
        black_box(&decisions);
    }
    least
}

/// Nanoseconds a packet of one pass.
fn time(packets: &[Packet], batch: usize, mut decide: impl FnMut(&[Packet])) -> f64 {
    let started = Instant::now();
    for packets in packets.chunks(batch) {
        decide(black_box(packets));
    }
    started.elapsed().as_nanos() as f64 / packets.len() as f64
}
