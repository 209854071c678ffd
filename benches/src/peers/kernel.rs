//! eBPF as network plugins use it: an address's identity by longest prefix, and policies in a map of longest prefixes,
//! asked once for the peer and once for all peers, on both sides; and the same with hash maps, as far as hashes go.
//!
//! Like the other peers it holds all subjects of the cluster; an agent holds those of its node.

use std::net::IpAddr;

use portcullis::Packet;
use portcullis::net::Protocol;

use super::bpf::{Instruction, Map, MapKind, Program};
use super::kernel_fill as fill;
use super::maps::Maps;
use super::rows::key;
use super::{BulkPeer, Form};
use crate::workload::{address, transport};

/// Flows that the program goes round over.
const FLOWS: usize = 1 << 16;
/// The helper that looks a key up.
const LOOK_UP: i32 = 1;

/// Maps and a program in the kernel.
pub struct KernelMaps {
    form: Form,
    flows: Map,
    count: Map,
    whole: Program,
    frame: Program,
    // Programs hold their maps, but these are what they are about.
    _tables: Vec<Map>,
}

impl KernelMaps {
    /// Loads maps and programs.
    ///
    /// # Errors
    /// When the kernel refuses: without the right, without memory, or where a pod has an IPv6 address.
    pub fn new(maps: &Maps<'_>, form: Form) -> Result<Self, String> {
        let flows = Map::new(MapKind::Array, 4, 16, FLOWS)?;
        let count = Map::new(MapKind::Array, 4, 8, 1)?;
        let ends = fill::ends(maps)?;
        let tables = match form {
            Form::LongestPrefix => vec![ends, fill::addresses(maps)?, fill::policy(maps)?],
            Form::Hash => {
                vec![ends, fill::outside(maps)?, fill::pods(maps)?, fill::slots(maps)?, fill::ports(maps)?]
            }
        };
        let whole = Program::load(&program(&count, &flows, &tables))?;
        let frame = Program::load(&program(&count, &flows, &[]))?;
        Ok(Self { form, flows, count, whole, frame, _tables: tables })
    }
}

impl BulkPeer for KernelMaps {
    fn name(&self) -> &'static str {
        match self.form {
            Form::LongestPrefix => "eBPF, LPM maps",
            Form::Hash => "eBPF, hash maps",
        }
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
fn program(count: &Map, flows: &Map, tables: &[Map]) -> Vec<Instruction> {
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
    if let [ends, outside, rest @ ..] = tables {
        for (field, register, atom) in [(0, 8, stack::SOURCE), (4, 9, stack::DESTINATION)] {
            code.store_value(stack::ADDRESS, 32);
            code.push(0x61, 1, 7, field, 0);
            code.push(0x63, 10, 1, stack::ADDRESS + 4, 0);
            let mut found = None;
            if let [pods, _, _] = rest {
                code.look_up(pods, stack::ADDRESS + 4);
                found = Some(code.instructions.len());
                code.push(0x55, 0, 0, 0, 0);
            }
            code.look_up(outside, stack::ADDRESS);
            code.out_if_missing();
            if let Some(found) = found {
                code.land(found);
            }
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
        for (subject, peer) in [((8, 0), (9, stack::DESTINATION)), ((9, 4), (8, stack::SOURCE))] {
            match rest {
                [_, slots, ports] => code.hash_side(slots, ports, subject, peer),
                [policy] => code.side(policy, subject, peer),
                _ => {}
            }
        }
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

    /// The same by hash: the row of subject and peer, or of all peers of its kind, and the port in the row.
    fn hash_side(&mut self, slots: &Map, ports: &Map, subject: (u8, i16), peer: (u8, i16)) {
        self.push(0x61, 1, subject.0, subject.1, 0);
        let free = self.instructions.len();
        self.push(0x15, 1, 0, 0, 0);
        self.push(0x63, 10, 1, stack::POLICY, 0);
        self.push(0x61, 1, 10, peer.1, 0);
        self.push(0x63, 10, 1, stack::POLICY + 4, 0);
        self.look_up(slots, stack::POLICY);
        let found = self.instructions.len();
        self.push(0x55, 0, 0, 0, 0);
        self.push(0x61, 1, peer.0, 8, 0);
        self.push(0x63, 10, 1, stack::POLICY + 4, 0);
        self.look_up(slots, stack::POLICY);
        self.jump(0x15, 0, 0, false);
        self.land(found);
        self.push(0x61, 3, 0, 0, 0);
        // A bit for each protocol says whether all of its ports are allowed.
        self.push(0xbf, 2, 3, 0, 0);
        self.push(0x71, 1, 7, 9, 0);
        self.push(0x57, 1, 0, 0, 3);
        self.push(0x7f, 2, 1, 0, 0);
        self.push(0x57, 2, 0, 0, 1);
        let all = self.instructions.len();
        self.push(0x55, 2, 0, 0, 0);
        self.push(0x77, 3, 0, 0, fill::PROTOCOLS as i32);
        self.push(0x63, 10, 3, stack::POLICY, 0);
        self.push(0x61, 1, 7, 8, 0);
        self.push(0x63, 10, 1, stack::POLICY + 4, 0);
        self.look_up(ports, stack::POLICY);
        self.jump(0x15, 0, 0, false);
        self.land(all);
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
