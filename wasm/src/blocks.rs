//! Memory that the host may write to and read from: whole lines, so that every block lies at a multiple of 64.

use alloc::vec::Vec;

use portcullis::Line;

use crate::abi::MAX_ALIGN;
use crate::failure::Failure;

/// How many blocks a host may own at a time, so that finding one is bounded.
const MAX_BLOCKS: usize = 64;
/// The largest block or region.
const MAX_BYTES: u32 = 1 << 30;

const LINE_BYTES: usize = size_of::<Line>();

/// A run of bytes that is given to the host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    lines: Vec<Line>,
}

/// The blocks that a host owns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    owned: Vec<(u32, u32, Block)>,
}

/// The lines that so many bytes take.
pub(crate) fn lines_for(bytes: u32) -> Result<usize, Failure> {
    if bytes == 0 || bytes > MAX_BYTES {
        return Err(Failure::Limit("the length is 0 or above 2^30"));
    }
    usize::try_from(bytes).map(|bytes| bytes.div_ceil(LINE_BYTES)).map_err(|_| Failure::Memory)
}

/// Zeroed lines, or an error where there is no memory.
pub(crate) fn zeroed(lines: usize) -> Result<Vec<Line>, Failure> {
    bytemuck::allocation::try_zeroed_vec(lines).map_err(|()| Failure::Memory)
}

/// Lines that mean nothing yet, for what is written before it is read: pages that nobody has touched cost more to fill
/// with zeros than the whole of what comes after.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "memory that was not written to since it was taken")]
pub(crate) fn unset(lines: usize) -> Result<Vec<Line>, Failure> {
    let mut unset: Vec<Line> = Vec::new();
    unset.try_reserve_exact(lines).map_err(|_| Failure::Memory)?;
    // SAFETY: there is room for so many. A line may hold any bytes, every byte of a linear memory has a value, and the
    // address goes to the host, who may write there without our seeing it.
    unsafe {
        core::hint::black_box(unset.as_mut_ptr());
        unset.set_len(lines);
    }
    Ok(unset)
}

/// Elsewhere only tests ask.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn unset(lines: usize) -> Result<Vec<Line>, Failure> {
    zeroed(lines)
}

/// The address of lines, as the host knows it.
pub(crate) fn address_of(lines: &[Line]) -> u32 {
    // Elsewhere than in WebAssembly addresses are longer; there, only tests ask.
    let [a, b, c, d, ..] = lines.as_ptr().expose_provenance().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

impl Block {
    /// A block of zeros.
    pub(crate) fn new(bytes: u32) -> Result<Self, Failure> {
        Ok(Self { lines: zeroed(lines_for(bytes)?)? })
    }

    /// A block that is written to before it is read.
    pub(crate) fn unset(bytes: u32) -> Result<Self, Failure> {
        Ok(Self { lines: unset(lines_for(bytes)?)? })
    }

    /// Where the host finds it.
    pub(crate) fn address(&self) -> u32 {
        address_of(&self.lines)
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(size_of_val(self.lines.as_slice())).unwrap_or(0)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines)
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.lines)
    }

    /// The bytes from an address on, if all of them are in the block.
    pub(crate) fn at(&self, address: u32, len: u32) -> Option<&[u8]> {
        let (start, end) = self.range(address, len)?;
        self.bytes().get(start..end)
    }

    /// As `at`, to be written.
    pub(crate) fn at_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        let (start, end) = self.range(address, len)?;
        self.bytes_mut().get_mut(start..end)
    }

    fn range(&self, address: u32, len: u32) -> Option<(usize, usize)> {
        let start = address.checked_sub(self.address())?;
        let end = start.checked_add(len).filter(|end| *end <= self.len())?;
        Some((usize::try_from(start).ok()?, usize::try_from(end).ok()?))
    }
}

impl Blocks {
    pub(crate) const fn new() -> Self {
        Self { owned: Vec::new() }
    }

    /// A new block for the host.
    pub(crate) fn alloc(&mut self, len: u32, align: u32) -> Result<u32, Failure> {
        if !align.is_power_of_two() || align > MAX_ALIGN {
            return Err(Failure::Argument("the alignment is no power of two up to 64"));
        }
        if self.owned.len() >= MAX_BLOCKS {
            return Err(Failure::Limit("the host owns 64 blocks; it has to free one first"));
        }
        let block = Block::new(len)?;
        self.owned.try_reserve(1).map_err(|_| Failure::Memory)?;
        let address = block.address();
        self.owned.push((len, align, block));
        Ok(address)
    }

    /// Takes a block back.
    pub(crate) fn free(&mut self, address: u32, len: u32, align: u32) -> Result<(), Failure> {
        let is_meant = |(l, a, block): &(u32, u32, Block)| (*l, *a, block.address()) == (len, align, address);
        let at = self.owned.iter().position(is_meant);
        let at = at.ok_or(Failure::Argument("the host owns no such block"))?;
        self.owned.swap_remove(at);
        Ok(())
    }

    pub(crate) fn at(&self, address: u32, len: u32) -> Option<&[u8]> {
        self.owned.iter().find_map(|(_, _, block)| block.at(address, len))
    }

    pub(crate) fn at_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        self.owned.iter_mut().find_map(|(_, _, block)| block.at_mut(address, len))
    }

    /// Bytes of all blocks.
    pub(crate) fn len(&self) -> u64 {
        self.owned.iter().map(|(_, _, block)| u64::from(block.len())).sum()
    }

    /// Takes all blocks back.
    pub(crate) fn clear(&mut self) {
        self.owned.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_only_what_lies_in_it() {
        let block = Block::new(100).unwrap();
        let (from, len) = (block.address(), block.len());
        assert_eq!((len, from % 64), (128, 0));
        assert!(block.at(from, 128).is_some());
        let outside = [(from, 129), (from.wrapping_sub(1), 1), (from + 127, 2), (from + 1, u32::MAX), (0, 0)];
        for (address, len) in outside {
            assert!(block.at(address, len).is_none(), "{address} {len}");
        }
    }

    #[test]
    fn blocks_are_freed_as_they_were_made_and_once() {
        let mut blocks = Blocks::default();
        let address = blocks.alloc(10, 8).unwrap();
        for (a, len, align) in [(address + 64, 10, 8), (address, 11, 8), (address, 10, 4), (0, 0, 0)] {
            assert!(blocks.free(a, len, align).is_err(), "{a} {len} {align}");
        }
        assert_eq!(blocks.free(address, 10, 8), Ok(()));
        assert!(blocks.free(address, 10, 8).is_err());
        for (len, align) in [(0, 8), (u32::MAX, 8), (8, 0), (8, 3), (8, 128)] {
            assert!(blocks.alloc(len, align).is_err(), "{len} {align}");
        }
        for _ in 0..MAX_BLOCKS {
            blocks.alloc(1, 1).unwrap();
        }
        assert!(blocks.alloc(1, 1).is_err());
    }
}
