//! What a canary is asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use portcullis::net::Protocol;
use portcullis::{Image, Packet, PacketDecision};

use crate::fault::{Fault, HostError};
use crate::instance::Instance;

/// How many packets a canary is asked at a time.
const BATCH: usize = 64;

/// Packets that any cluster may see: both families, private and public addresses, all protocols, few and many ports.
pub(crate) fn built_in() -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        u32::try_from(state >> 33).unwrap_or(0)
    };
    let protocols = [Protocol::TCP, Protocol::UDP, Protocol::SCTP, Protocol::from_number(1)];
    for number in 0..64_u32 {
        let mut address = || {
            let bits = next();
            let host = bits & 0xffff;
            match number & 7 {
                0..=3 => IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | host)),
                4 => IpAddr::V4(Ipv4Addr::from_bits(0xc0a8_0000 | host)),
                5 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
                6 => IpAddr::V6(Ipv6Addr::from_bits(0xfd00_u128 << 112 | u128::from(bits))),
                _ => IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(bits))),
            }
        };
        let (source, destination) = (address(), address());
        let [port, other, ..] = [80, 443, 53, 5432, 8080, 22, 0, 65535];
        let port = if number & 16 == 0 { port } else { other };
        let protocol = usize::try_from(number >> 3).ok().and_then(|at| protocols.get(at % 4)).copied();
        packets.push(Packet::new(source, destination, protocol.unwrap_or(Protocol::TCP), port));
    }
    packets
}

/// Asks an instance, and compares with the native engine.
pub(crate) fn compare(
    instance: &mut Instance,
    image: &Image<'_>,
    probes: &[Packet],
) -> Result<(), HostError> {
    let mut right = [PacketDecision::default(); BATCH];
    let mut found = [PacketDecision::default(); BATCH];
    let batch = BATCH.min(instance.max_batch());
    for packets in probes.chunks(batch) {
        instance.decide(packets, &mut found).map_err(|fault| match fault {
            Fault::Garbage(what) => HostError::Canary(what.to_string()),
            fault => fault.into(),
        })?;
        image.decide_batch(packets, &mut right);
        let answers = right.iter().zip(&found).zip(packets);
        if let Some(((right, found), packet)) = answers.into_iter().find(|((right, found), _)| right != found)
        {
            return Err(HostError::Canary(format!("{packet:?} is {found:?} instead of {right:?}")));
        }
    }
    Ok(())
}
