//! Where packets go in, decisions come out, and the descriptor that says so.

use crate::abi::{DECISION_BYTES, ERROR_BYTES, IoDescriptor, MAX_IO_STRIDE};
use crate::blocks::Block;
use crate::failure::Failure;

/// The I/O block: its descriptor, packets and decisions, one after another, so that memory grows once and few pages are
/// touched.
#[derive(Debug)]
pub(crate) struct Io {
    block: Block,
    max_flows: u32,
}

/// The bytes that the descriptor takes, so that what comes after it begins with a line.
const DESCRIPTOR_BYTES: u32 = 64;

impl Io {
    /// A block for so many packets; `err_ptr` is where errors are told.
    pub(crate) fn new(max_flows: u32, err_ptr: u32) -> Result<Self, Failure> {
        let (in_cap, out_cap) =
            (max_flows.saturating_mul(MAX_IO_STRIDE), max_flows.saturating_mul(DECISION_BYTES));
        let len = DESCRIPTOR_BYTES.saturating_add(in_cap).saturating_add(out_cap);
        // Nobody reads decisions, or packets, that were not written before.
        let mut io = Self { block: Block::unset(len)?, max_flows };
        let in_ptr = io.address().saturating_add(DESCRIPTOR_BYTES);
        let descriptor = IoDescriptor {
            in_ptr,
            in_cap,
            out_ptr: in_ptr.saturating_add(in_cap),
            out_cap: io.block.len().saturating_sub(DESCRIPTOR_BYTES).saturating_sub(in_cap),
            err_ptr,
            err_cap: u32::try_from(ERROR_BYTES).unwrap_or(0),
            max_flows,
            reserved: 0,
        };
        if let Some(place) = io.block.bytes_mut().get_mut(..size_of::<IoDescriptor>()) {
            place.copy_from_slice(bytemuck::bytes_of(&descriptor));
        }
        Ok(io)
    }

    /// Where the host finds the descriptor.
    pub(crate) fn address(&self) -> u32 {
        self.block.address()
    }

    /// The most packets of a call.
    pub(crate) const fn max_flows(&self) -> u32 {
        self.max_flows
    }

    /// The bytes of all of it.
    pub(crate) fn len(&self) -> u32 {
        self.block.len()
    }

    /// Where decisions begin in the block.
    fn decisions_from(&self) -> u32 {
        DESCRIPTOR_BYTES.saturating_add(self.max_flows.saturating_mul(MAX_IO_STRIDE))
    }

    /// Packets at an address.
    pub(crate) fn packets(&self, address: u32, len: u32) -> Option<&[u8]> {
        let from = address.checked_sub(self.address())?;
        let ends = from.checked_add(len)?;
        let are_packets = from >= DESCRIPTOR_BYTES && ends <= self.decisions_from();
        self.block.at(address, len).filter(|_| are_packets)
    }

    /// Decisions at an address, to be written.
    pub(crate) fn decisions_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        let from = address.checked_sub(self.address())?;
        let are_decisions = from >= self.decisions_from();
        self.block.at_mut(address, len).filter(|_| are_decisions)
    }

    /// Packets at an address, and the place of their decisions at another.
    pub(crate) fn both(&mut self, input: (u32, u32), output: (u32, u32)) -> Option<(&[u8], &mut [u8])> {
        self.packets(input.0, input.1)?;
        self.decisions_mut(output.0, output.1)?;
        let place = |(address, len): (u32, u32), from: u32| {
            let start = address.checked_sub(self.address())?.checked_sub(from)?;
            let end = start.checked_add(len)?;
            Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
        };
        let middle = self.decisions_from();
        let (packets, decisions) = (place(input, 0)?, place(output, middle)?);
        let (before, after) = self.block.bytes_mut().split_at_mut_checked(usize::try_from(middle).ok()?)?;
        Some((before.get(packets)?, after.get_mut(decisions)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_among_packets_and_decisions_written_among_decisions() {
        let mut io = Io::new(4, 0).unwrap();
        let from = io.address();
        let (packets, decisions) = (from + DESCRIPTOR_BYTES, from + DESCRIPTOR_BYTES + 4 * MAX_IO_STRIDE);
        assert_eq!((from % 64, io.len()), (0, 64 + 4 * 64 + 4 * 16));
        let inputs = [
            (packets, 256, true),
            (packets + 216, 40, true),
            (packets + 217, 40, false),
            (from, 40, false),
            (decisions, 40, false),
            (packets - 1, 40, false),
            (packets, u32::MAX, false),
            (0, 0, false),
        ];
        for (at, len, is_right) in inputs {
            assert_eq!(io.packets(at, len).is_some(), is_right, "{at} {len}");
            assert_eq!(io.both((at, len), (decisions, 64)).is_some(), is_right, "{at} {len}");
        }
        let outputs = [
            (decisions, 64, true),
            (decisions + 48, 16, true),
            (decisions + 52, 16, false),
            (packets, 16, false),
            (from, 16, false),
            (decisions - 4, 16, false),
            (decisions, u32::MAX, false),
        ];
        for (at, len, is_right) in outputs {
            assert_eq!(io.decisions_mut(at, len).is_some(), is_right, "{at} {len}");
            assert_eq!(io.both((packets, 40), (at, len)).is_some(), is_right, "{at} {len}");
        }
    }

    #[test]
    fn both_are_where_they_were_asked_for() {
        let mut io = Io::new(2, 0).unwrap();
        let (packets, decisions) = (io.address() + DESCRIPTOR_BYTES, io.address() + DESCRIPTOR_BYTES + 128);
        let start = io.block.bytes().as_ptr().addr();
        let (input, output) = io.both((packets + 40, 40), (decisions + 16, 16)).unwrap();
        assert_eq!((input.len(), output.len()), (40, 16));
        assert_eq!((input.as_ptr().addr() - start, output.as_ptr().addr() - start), (104, 64 + 128 + 16));
    }
}
