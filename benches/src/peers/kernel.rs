//! eBPF as network plugins use it: an address's identity by longest prefix, and policies in a map of longest prefixes,
//! asked once for the peer and once for all peers, on both sides.
//!
//! Like the other peers it holds all subjects of the cluster; an agent holds those of its node.

use std::net::IpAddr;

use portcullis::Packet;
use portcullis::net::Protocol;

use super::BulkPeer;
use super::bpf::{Instruction, Map, MapKind, Program};
use super::maps::{FREE, Maps};
use super::rows::{NOTHING, Row, key};
use crate::workload::{address, transport};

/// Flows that the program goes round over.
const FLOWS: usize = 1 << 16;
/// Peers that stand for all pods, and for everything outside.
const ALL_PODS: u32 = 0xffff_fff0;
const ALL_OUTSIDE: u32 = 0xffff_fff1;
/// The helper that looks a key up.
const LOOK_UP: i32 = 1;

/// Maps and a program in the kernel.
pub struct KernelMaps {
    flows: Map,
    count: Map,
    whole: Program,
    frame: Program,
    // Programs hold their maps, but these are what they are about.
    _address: Map,
    _ends: Map,
    _policy: Map,
}

impl KernelMaps {
    /// Loads maps and programs.
    ///
    /// # Errors
    /// When the kernel refuses: without the right, without memory, or where a pod has an IPv6 address.
    pub fn new(maps: &Maps<'_>) -> Result<Self, String> {
        let flows = Map::new(MapKind::Array, 4, 16, FLOWS)?;
        let count = Map::new(MapKind::Array, 4, 8, 1)?;
        let addresses = addresses(maps)?;
        let ends = ends(maps)?;
        let policy = policy(maps)?;
        let whole = Program::load(&program(&count, &flows, Some([&addresses, &ends, &policy])))?;
        let frame = Program::load(&program(&count, &flows, None))?;
        Ok(Self { flows, count, whole, frame, _address: addresses, _ends: ends, _policy: policy })
    }
}

impl BulkPeer for KernelMaps {
    fn name(&self) -> &'static str {
        "eBPF, LPM maps"
    }

    fn decide(&mut self, packets: &[Packet]) -> Result<(Vec<bool>, f64), String> {
        assert!(packets.len() <= FLOWS, "the map of flows is as large");
        let mut values = Vec::with_capacity(packets.len() * 16);
        for packet in packets {
            let (IpAddr::V4(from), IpAddr::V4(to)) = (address(packet.source), address(packet.destination))
            else {
                return Err("the eBPF peer knows IPv4 alone".to_string());
            };
            values.extend(from.octets());
            values.extend(to.octets());
            values.extend(port_key(packet).to_be_bytes());
            values.extend([0; 4]);
        }
        let keys: Vec<u8> = (0..packets.len() as u32).flat_map(u32::to_ne_bytes).collect();
        self.flows.put(&keys, &values)?;
        let run = |program: &Program| {
            self.count.put(&[0; 4], &[0; 8])?;
            program.run(packets.len())
        };
        // What counting, and fetching the flow, take is none of the decision's.
        let frame = run(&self.frame)?;
        // The first run finds the caches full of others' lines.
        run(&self.whole)?;
        let whole = run(&self.whole)?;
        let values = self.flows.values(FLOWS)?;
        let verdicts = values.chunks(16).take(packets.len()).map(|flow| flow[12] == 1).collect();
        Ok((verdicts, whole - frame))
    }
}

fn port_key(packet: &Packet) -> u32 {
    match transport(packet) {
        (Protocol::L4(protocol), port) => key(protocol, port),
        (Protocol::Other(_), _) => 0x3_0000,
    }
}

fn addresses(maps: &Maps<'_>) -> Result<Map, String> {
    let mut entries: Vec<([u8; 4], u32, u32)> = vec![([0; 4], 0, maps.elsewhere())];
    entries.extend(
        maps.prefixes().map(|(prefix, atom)| (prefix.addr().octets(), prefix.prefix_len().into(), atom)),
    );
    for (address, atom) in maps.addresses() {
        let IpAddr::V4(address) = address else { return Err("the eBPF peer knows IPv4 alone".to_string()) };
        entries.push((address.octets(), 32, atom));
    }
    let map = Map::new(MapKind::LongestPrefix, 8, 4, entries.len())?;
    let keys: Vec<u8> = entries
        .iter()
        .flat_map(|(address, length, _)| length.to_ne_bytes().into_iter().chain(*address))
        .collect();
    let values: Vec<u8> = entries.iter().flat_map(|(_, _, atom)| atom.to_ne_bytes()).collect();
    map.put(&keys, &values)?;
    Ok(map)
}

/// For each atom its subjects, counted from 1, what stands for all of its like, and whether it is a pod.
fn ends(maps: &Maps<'_>) -> Result<Map, String> {
    let number = |subject: u32| if subject == FREE { 0 } else { subject + 1 };
    let values: Vec<u32> = maps
        .ends()
        .flat_map(|subjects| match subjects {
            Some([egress, ingress]) => [number(egress), number(ingress), ALL_PODS, 1],
            None => [0, 0, ALL_OUTSIDE, 0],
        })
        .collect();
    let count = values.len() / 4;
    let map = Map::new(MapKind::Array, 4, 16, count)?;
    let keys: Vec<u8> = (0..count as u32).flat_map(u32::to_ne_bytes).collect();
    map.put(&keys, bytemuck::cast_slice(&values))?;
    Ok(map)
}

fn policy(maps: &Maps<'_>) -> Result<Map, String> {
    let mut keys: Vec<u8> = Vec::new();
    let mut values: Vec<u32> = Vec::new();
    for (subject, peer, row) in maps.slots() {
        let peer = peer.unwrap_or_else(|pods| if pods { ALL_PODS } else { ALL_OUTSIDE });
        let mut put = |start: u32, length: u32, allowed: bool| {
            for word in [(64 + length).to_ne_bytes(), (subject + 1).to_ne_bytes(), peer.to_ne_bytes()] {
                keys.extend(word);
            }
            keys.extend(start.to_be_bytes());
            values.push(allowed.into());
        };
        put(0, 0, false);
        for (first, last) in allowed(row) {
            for (start, length) in prefixes(first, last) {
                put(start, length, true);
            }
        }
    }
    // A row that allows everything writes its first entry twice: the later one holds.
    let map = Map::new(MapKind::LongestPrefix, 16, 4, values.len())?;
    map.put(&keys, bytemuck::cast_slice(&values))?;
    Ok(map)
}

/// The keys that a row allows, from each first to its last one.
fn allowed(row: &Row) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    let ends = row.iter().skip(1).map(|(start, _)| *start - 1).chain([u32::MAX]);
    for ((start, value), end) in row.iter().zip(ends) {
        match found.last_mut() {
            _ if *value == NOTHING => {}
            Some((_, last)) if last.checked_add(1) == Some(*start) => *last = end,
            _ => found.push((*start, end)),
        }
    }
    found
}

/// The fewest prefixes that hold the numbers from one to another.
fn prefixes(first: u32, last: u32) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let (mut at, last) = (u64::from(first), u64::from(last));
    while at <= last {
        let mut bits = if at == 0 { 32 } else { at.trailing_zeros() };
        while at + (1 << bits) - 1 > last {
            bits -= 1;
        }
        found.push((at as u32, 32 - bits));
        at += 1 << bits;
    }
    found
}

/// Where the stack keeps what: counted from its top.
mod stack {
    pub(super) const INDEX: i16 = -4;
    pub(super) const ADDRESS: i16 = -16;
    pub(super) const SOURCE: i16 = -20;
    pub(super) const DESTINATION: i16 = -24;
    pub(super) const POLICY: i16 = -40;
}

/// Instructions, with jumps to places that come later.
#[derive(Default)]
struct Code {
    instructions: Vec<Instruction>,
    /// Jumps to the end, with whether the packet is allowed there.
    to_end: [Vec<usize>; 2],
}

/// The program: take the next flow, decide it, write the verdict beside it.
fn program(count: &Map, flows: &Map, tables: Option<[&Map; 3]>) -> Vec<Instruction> {
    let mut code = Code::default();
    // The number of the run, and the flow of that number.
    code.store_value(stack::INDEX, 0);
    code.look_up(count, stack::INDEX);
    code.out_if_missing();
    code.push(0x79, 6, 0, 0, 0);
    code.push(0xbf, 1, 6, 0, 0);
    code.push(0x07, 1, 0, 0, 1);
    code.push(0x7b, 0, 1, 0, 0);
    code.push(0x57, 6, 0, 0, (FLOWS - 1) as i32);
    code.push(0x63, 10, 6, stack::INDEX, 0);
    code.look_up(flows, stack::INDEX);
    code.out_if_missing();
    code.push(0xbf, 7, 0, 0, 0);
    if let Some([addresses, ends, policy]) = tables {
        for (field, register, atom) in [(0, 8, stack::SOURCE), (4, 9, stack::DESTINATION)] {
            code.store_value(stack::ADDRESS, 32);
            code.push(0x61, 1, 7, field, 0);
            code.push(0x63, 10, 1, stack::ADDRESS + 4, 0);
            code.look_up(addresses, stack::ADDRESS);
            code.out_if_missing();
            code.push(0x61, 1, 0, 0, 0);
            code.push(0x63, 10, 1, atom, 0);
            code.look_up(ends, atom);
            code.out_if_missing();
            code.push(0xbf, register, 0, 0, 0);
        }
        // A pod reaches itself.
        code.push(0x61, 1, 7, 0, 0);
        code.push(0x61, 2, 7, 4, 0);
        code.push(0x5d, 1, 2, 2, 0);
        code.push(0x61, 1, 8, 12, 0);
        code.jump(0x55, 1, 0, true);
        code.side(policy, (8, 0), (9, stack::DESTINATION));
        code.side(policy, (9, 4), (8, stack::SOURCE));
    }
    code.finish()
}

impl Code {
    fn push(&mut self, code: u8, target: u8, source: u8, offset: i16, value: i32) {
        self.instructions.push(Instruction { code, registers: target | source << 4, offset, value });
    }

    /// Writes a number into the stack.
    fn store_value(&mut self, place: i16, value: i32) {
        self.push(0x62, 10, 0, place, value);
    }

    /// Looks the key at a place of the stack up.
    fn look_up(&mut self, map: &Map, place: i16) {
        self.instructions.extend(map.load_into(1));
        self.push(0xbf, 2, 10, 0, 0);
        self.push(0x07, 2, 0, 0, place.into());
        self.push(0x85, 0, 0, 0, LOOK_UP);
    }

    /// Ends the program, without a verdict, where nothing was found.
    fn out_if_missing(&mut self) {
        self.push(0x55, 0, 0, 2, 0);
        self.push(0xb7, 0, 0, 0, 1);
        self.push(0x95, 0, 0, 0, 0);
    }

    /// Jumps to a verdict if a register compares so with a number.
    fn jump(&mut self, code: u8, register: u8, value: i32, allowed: bool) {
        self.to_end[usize::from(allowed)].push(self.instructions.len());
        self.push(code, register, 0, 0, value);
    }

    /// One side: the subject's number at a place of its end, the peer's atom on the stack and its like in its end.
    fn side(&mut self, policy: &Map, subject: (u8, i16), peer: (u8, i16)) {
        self.push(0x61, 1, subject.0, subject.1, 0);
        let free = self.instructions.len();
        self.push(0x15, 1, 0, 0, 0);
        self.store_value(stack::POLICY, 96);
        self.push(0x63, 10, 1, stack::POLICY + 4, 0);
        self.push(0x61, 1, 10, peer.1, 0);
        self.push(0x63, 10, 1, stack::POLICY + 8, 0);
        self.push(0x61, 1, 7, 8, 0);
        self.push(0x63, 10, 1, stack::POLICY + 12, 0);
        self.look_up(policy, stack::POLICY);
        let found = self.instructions.len();
        self.push(0x55, 0, 0, 0, 0);
        self.push(0x61, 1, peer.0, 8, 0);
        self.push(0x63, 10, 1, stack::POLICY + 8, 0);
        self.look_up(policy, stack::POLICY);
        self.jump(0x15, 0, 0, false);
        self.land(found);
        self.push(0x61, 1, 0, 0, 0);
        self.jump(0x15, 1, 0, false);
        self.land(free);
    }

    /// Lets a jump lead here.
    fn land(&mut self, jump: usize) {
        self.instructions[jump].offset = (self.instructions.len() - jump - 1) as i16;
    }

    fn finish(mut self) -> Vec<Instruction> {
        for allowed in [true, false] {
            let jumps = std::mem::take(&mut self.to_end[usize::from(allowed)]);
            // The kernel refuses what is never reached.
            if !allowed && jumps.is_empty() {
                continue;
            }
            for jump in jumps {
                self.land(jump);
            }
            self.push(0xb7, 1, 0, 0, allowed.into());
            self.push(0x63, 7, 1, 12, 0);
            self.push(0xb7, 0, 0, 0, 2);
            self.push(0x95, 0, 0, 0, 0);
        }
        self.instructions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_hold_what_they_should_and_nothing_else() {
        assert_eq!(prefixes(0, u32::MAX), [(0, 0)]);
        assert_eq!(prefixes(80, 80), [(80, 32)]);
        assert_eq!(prefixes(5, 8), [(5, 32), (6, 31), (8, 32)]);
        assert_eq!(prefixes(u32::MAX, u32::MAX), [(u32::MAX, 32)]);
    }

    #[test]
    fn neighbouring_rules_of_a_row_are_allowed_together() {
        let row = vec![(0, NOTHING), (80, 0), (81, 3), (82, NOTHING), (443, 1), (444, NOTHING)];
        assert_eq!(allowed(&row), [(80, 81), (443, 443)]);
        assert_eq!(allowed(&vec![(0, 7)]), [(0, u32::MAX)]);
    }
}
