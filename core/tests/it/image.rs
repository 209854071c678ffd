//! Images: packets are decided as flows are, from the engine's own lines and from bytes read back; damage is an error.

use std::net::Ipv6Addr;

use portcullis::generate::{Bytes, Case, Scope, expand};
use portcullis::{Decide, Decision, Engine, Image, ImageError, Line, Packet, PacketDecision};
use portcullis_spec::differential::fresh_seed;

const CASES: u64 = 1_500;

/// Bytes where an image can lie.
fn aligned(bytes: &[u8]) -> Vec<Line> {
    let mut lines = vec![Line::default(); bytes.len().div_ceil(64)];
    bytemuck::cast_slice_mut(&mut lines)[..bytes.len()].copy_from_slice(bytes);
    lines
}

/// The engine of a case; every other one has its tables in layers.
fn engine(case: &Case, seed: u64) -> Engine {
    let make = if seed.is_multiple_of(2) { Engine::new } else { Engine::in_layers };
    make(case.cluster.clone(), case.policies.clone(), case.world.options)
}

#[test]
fn packets_are_decided_as_their_flows_are_one_by_one_in_batches_and_from_bytes_read_back() {
    let first = fresh_seed();
    let mut decided = 0;
    for seed in (0..CASES).map(|number| first.wrapping_add(number)) {
        let case = Case::from_seed(seed, Scope::Model, 100);
        let engine = engine(&case, seed);
        let copy = aligned(engine.image().as_bytes());
        let image = Image::open(bytemuck::cast_slice(&copy)).expect("the compiler's image is valid");
        let pairs: Vec<(Packet, Decision)> = case
            .flows
            .iter()
            .filter_map(|flow| Some((engine.packet(flow)?, engine.decide(flow).as_packets_see_it())))
            .collect();
        let packets: Vec<Packet> = pairs.iter().map(|(packet, _)| *packet).collect();
        let mut batch = vec![PacketDecision::default(); packets.len()];
        image.decide_batch(&packets, &mut batch);
        for ((packet, expected), in_batch) in pairs.iter().zip(batch) {
            let alone = engine.image().decide(packet);
            assert_eq!(image.decision(&alone), *expected, "seed {seed}, {packet:?}");
            assert_eq!(alone.verdict == 1, expected.verdict().is_allow(), "seed {seed}, {packet:?}");
            assert_eq!(in_batch, alone, "seed {seed}, {packet:?}");
            assert!(by_numbers(&image, packet).is_none_or(|found| found == alone), "seed {seed}, {packet:?}");
            decided += 1;
        }
    }
    assert!(decided > CASES * 50, "only {decided} packets");
}

/// The decision on a packet whose addresses are of IPv4, asked for without the packet.
fn by_numbers(image: &Image<'_>, packet: &Packet) -> Option<PacketDecision> {
    let [source, destination] = [packet.source, packet.destination].map(Ipv6Addr::from);
    let rest: [u8; 8] = *bytemuck::bytes_of(packet).last_chunk()?;
    let (source, destination) = (source.to_ipv4_mapped()?, destination.to_ipv4_mapped()?);
    Some(image.decide_v4(source, destination, u64::from_le_bytes(rest)))
}

#[test]
fn a_changed_byte_is_found_out() {
    let case = Case::from_seed(7, Scope::V1Valid, 1);
    let engine = engine(&case, 7);
    let bytes = engine.image().as_bytes().to_vec();
    assert!(Image::open(bytemuck::cast_slice(&aligned(&bytes))).is_ok());
    let mut copy = aligned(&bytes);
    // Beyond the header every byte counts for the checksum.
    for at in (256..bytes.len()).step_by(61) {
        bytemuck::cast_slice_mut::<_, u8>(&mut copy)[at] ^= 0x40;
        assert_eq!(Image::open(bytemuck::cast_slice(&copy)).err(), Some(ImageError::Checksum), "byte {at}");
        bytemuck::cast_slice_mut::<_, u8>(&mut copy)[at] ^= 0x40;
    }
    for length in [0, 1, 63, 64, 255, 256, bytes.len() - 64, bytes.len() - 1] {
        assert!(Image::open(&bytemuck::cast_slice(&copy)[..length]).is_err(), "cut to {length} bytes");
    }
    assert_eq!(Image::open(&bytemuck::cast_slice::<_, u8>(&copy)[4..]).err(), Some(ImageError::Layout));
}

#[test]
fn a_hostile_image_is_an_error_or_decides_within_its_bounds() {
    let first = fresh_seed();
    let (mut refused, mut taken) = (0, 0);
    for seed in (0..400).map(|number| first.wrapping_add(number)) {
        let case = Case::from_seed(seed, Scope::Model, 20);
        let engine = engine(&case, seed);
        let packets: Vec<Packet> = case.flows.iter().filter_map(|flow| engine.packet(flow)).collect();
        let bytes = expand(seed, 4096);
        let mut bytes = Bytes::new(&bytes);
        for _ in 0..20 {
            let mut copy = aligned(engine.image().as_bytes());
            let words: &mut [u32] = bytemuck::cast_slice_mut(&mut copy);
            for _ in 0..bytes.below(4) + 1 {
                // The words that lead somewhere are few: aim at small places and at small values as often as at others.
                let at =
                    if bytes.chance(50) { bytes.below(48) } else { usize::from(bytes.word()) % words.len() };
                words[at] = match bytes.below(4) {
                    0 => u32::from(bytes.word()),
                    1 => u32::MAX,
                    2 => words[at].wrapping_add(1),
                    _ => u32::from(bytes.word()) << 16 | u32::from(bytes.word()),
                };
            }
            portcullis::reseal(&mut copy);
            match Image::open(bytemuck::cast_slice(&copy)) {
                Err(_) => refused += 1,
                Ok(image) => {
                    taken += 1;
                    let mut decisions = vec![PacketDecision::default(); packets.len()];
                    image.decide_batch(&packets, &mut decisions);
                    assert!(
                        packets.iter().zip(decisions).all(|(packet, found)| image.decide(packet) == found)
                    );
                }
            }
        }
    }
    assert!(refused > 500 && taken > 500, "{refused} refused, {taken} taken");
}
