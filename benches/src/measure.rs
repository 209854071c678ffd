//! Timing: passes over traffic, repeated, and their minimum and median.

use std::hint::black_box;
use std::time::{Duration, Instant};

use portcullis::{Image, Packet, PacketDecision};

use crate::workload::Traffic;

/// Packets that are expanded at a time; they and their decisions stay in the first cache.
pub const BLOCK: usize = 256;

/// Repeated measurements of one thing.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a measurement.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The least.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The one in the middle.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The ways to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// One packet after another, each independent of the answers before it.
    Scalar,
    /// Each packet depends on the answer before it: the time until an answer is there.
    Dependent,
    /// Many packets at a time.
    Batch,
}

impl Mode {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Dependent, Self::Batch];

    /// What it is called in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "tput",
            Self::Dependent => "lat",
            Self::Batch => "batch",
        }
    }
}

/// Nanoseconds a packet that an image takes in one pass over traffic.
#[must_use]
pub fn image_pass(image: &Image<'_>, traffic: &Traffic, mode: Mode) -> f64 {
    match mode {
        Mode::Scalar => pass(traffic, |packets| {
            packets.iter().map(|packet| fold(&image.decide(packet))).fold(0, u64::wrapping_add)
        }),
        Mode::Dependent => {
            // Zero, which only this program's author knows.
            let zero = black_box(0_u64);
            let mut last = 0;
            pass(traffic, |packets| {
                for packet in packets {
                    last = fold(&image.decide(&after(packet, last & zero)));
                }
                last
            })
        }
        Mode::Batch => {
            let mut decisions = [PacketDecision::default(); BLOCK];
            pass(traffic, |packets| {
                image.decide_batch(packets, &mut decisions[..packets.len()]);
                fold(&decisions[packets.len() - 1])
            })
        }
    }
}

/// Nanoseconds a packet that a decider takes in one pass over traffic; it gets the packets in blocks.
///
/// Blocks in which the machine turned to something else, so that they took four times as long as the one in the middle,
/// are left out.
pub fn pass(traffic: &Traffic, mut decide: impl FnMut(&[Packet]) -> u64) -> f64 {
    let mut buffer = [Packet::default(); BLOCK];
    let mut times: Vec<(Duration, usize)> = Vec::with_capacity(traffic.len() / BLOCK + 1);
    let mut at = 0;
    while at < traffic.len() {
        let count = traffic.fill(at, &mut buffer);
        let packets = black_box(&buffer[..count]);
        let started = Instant::now();
        black_box(decide(packets));
        times.push((started.elapsed(), count));
        at += count;
    }
    times.sort_unstable();
    let limit = times.get(times.len() / 2).map_or(Duration::MAX, |(middle, _)| *middle * 4);
    let kept = times.iter().filter(|(time, _)| *time <= limit);
    let (time, count) = kept.fold((Duration::ZERO, 0), |(time, count), (t, c)| (time + *t, count + c));
    time.as_nanos() as f64 / count as f64
}

/// All of a decision in one number, so that none of its parts can be left out.
#[must_use]
pub fn fold(decision: &PacketDecision) -> u64 {
    // By fields: bytes that are written one by one and read as a word would wait for each other.
    let PacketDecision {
        verdict,
        egress_reason,
        ingress_reason,
        flags,
        egress_rule,
        ingress_rule,
        generation,
    } = *decision;
    let small = u32::from_le_bytes([verdict, egress_reason, ingress_reason, flags]);
    u64::from(small ^ generation) ^ u64::from(egress_rule) << 20 ^ u64::from(ingress_rule) << 32
}

/// The packet, with both addresses depending on a number that is 0.
fn after(packet: &Packet, zero: u64) -> Packet {
    let depend = |address: [u8; 16]| (u128::from_ne_bytes(address) ^ u128::from(zero)).to_ne_bytes();
    Packet { source: depend(packet.source), destination: depend(packet.destination), ..*packet }
}

/// Nanoseconds that code takes, without what makes its input and drops its output.
pub fn timed<I, O>(input: I, run: impl FnOnce(I) -> O) -> (f64, O) {
    let started = Instant::now();
    let output = black_box(run(black_box(input)));
    (started.elapsed().as_nanos() as f64, output)
}
