//! The guest itself: its image, the regions that images come in, and the calls, with addresses checked.

use alloc::vec::Vec;
use core::net::Ipv4Addr;

use portcullis::{Image, ImagePatch, Line, Packet, PacketDecision};

use crate::abi::{DECISION_BYTES, ImageInfo, MAX_FLOWS, PACKET_BYTES, Stats, flag};
use crate::blocks::{Blocks, address_of, lines_for, unset};
pub use crate::failure::Failure;
use crate::io::Io;

/// Packets that are moved at a time, where they do not lie one after another in the I/O block.
const CHUNK: usize = 64;

/// One instance of the guest: all that it remembers between calls.
#[derive(Debug, Default)]
pub struct Guest {
    io: Option<Io>,
    blocks: Blocks,
    current: Option<Loaded>,
    /// Where the next image comes in, and where the last one was.
    spare: Vec<Line>,
    /// Bytes of `spare` that the host was promised; 0 for none.
    reserved: u32,
    stats: Stats,
}

/// An image and the lines that it reads.
#[derive(Debug)]
struct Loaded {
    image: Image<'static>,
    lines: Vec<Line>,
}

impl Loaded {
    /// The image that lies in lines, or the lines and why it is none.
    fn new(lines: Vec<Line>, verified: bool) -> Result<Self, (Vec<Line>, Failure)> {
        let open = if verified { Image::open_verified } else { Image::open };
        match open(for_ever(&lines)) {
            Ok(image) => Ok(Self { image, lines }),
            Err(error) => Err((lines, Failure::Image(error))),
        }
    }
}

/// The bytes of lines, for as long as the lines are neither moved off the heap nor written to.
#[expect(unsafe_code, reason = "an image and the lines that it reads are kept side by side")]
fn for_ever(lines: &[Line]) -> &'static [u8] {
    let bytes: &[u8] = bytemuck::cast_slice(lines);
    // SAFETY: `Loaded` alone makes images of this. It owns the lines: moving it leaves them where they are on the heap,
    // and nothing writes to them, or drops them, without taking the `Loaded` apart first.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) }
}

impl Guest {
    /// A guest that has done nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            io: None,
            blocks: Blocks::new(),
            current: None,
            spare: Vec::new(),
            reserved: 0,
            stats: Stats {
                decisions: 0,
                calls: 0,
                errors: 0,
                commits: 0,
                deltas: 0,
                memory_bytes: 0,
                last_error: 0,
                reserved: 0,
            },
        }
    }

    /// Makes the I/O block, or gives the one that there is.
    ///
    /// # Errors
    /// When it is for fewer packets, more than 4,096 are wanted, or there is no memory.
    pub fn io(&mut self, max_flows: u32, err_ptr: u32) -> Result<u32, Failure> {
        if let Some(io) = &self.io {
            let fits = max_flows <= io.max_flows();
            return if fits { Ok(io.address()) } else { Err(Failure::Limit(FEWER)) };
        }
        if max_flows == 0 || max_flows > MAX_FLOWS {
            return Err(Failure::Limit("a call takes 1 to 4096 packets"));
        }
        let io = Io::new(max_flows, err_ptr)?;
        let address = io.address();
        self.io = Some(io);
        Ok(address)
    }

    /// A block of zeros that the host owns.
    ///
    /// # Errors
    /// When the arguments make no sense, the host owns 64 blocks, or there is no memory.
    pub fn alloc(&mut self, len: u32, align: u32) -> Result<u32, Failure> {
        self.blocks.alloc(len, align)
    }

    /// Takes a block back, which must be named as it was made.
    ///
    /// # Errors
    /// When the host owns no such block.
    pub fn free(&mut self, address: u32, len: u32, align: u32) -> Result<(), Failure> {
        self.blocks.free(address, len, align)
    }

    /// A region for an image, of bytes that mean nothing yet.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn image_reserve(&mut self, len: u32) -> Result<u32, Failure> {
        let lines = lines_for(len)?;
        self.reserved = 0;
        let capacity = self.spare.capacity();
        if capacity < lines || capacity / 4 > lines {
            // Gone before the new one comes, so that only two are there at a time.
            self.spare = Vec::new();
            self.spare = unset(lines)?;
        } else {
            self.spare.resize(lines, Line::default());
        }
        self.reserved = len;
        Ok(address_of(&self.spare))
    }

    /// Decides by the image that the host wrote into the region; the image before it stays where this fails.
    ///
    /// # Errors
    /// When the region is another one, or what lies there is no image.
    pub fn image_commit(&mut self, address: u32, len: u32, flags: u32) -> Result<(), Failure> {
        let verified = verified(flags)?;
        if self.reserved == 0 || address != address_of(&self.spare) || len > self.reserved {
            return Err(Failure::Argument("no such region is reserved"));
        }
        self.reserved = 0;
        let mut lines = core::mem::take(&mut self.spare);
        if usize::try_from(len).is_ok_and(|len| len.is_multiple_of(size_of::<Line>())) {
            lines.truncate(lines_for(len).unwrap_or(0));
        } else {
            lines.clear();
        }
        self.install(lines, verified)?;
        self.stats.commits = self.stats.commits.wrapping_add(1);
        Ok(())
    }

    /// Applies a patch: all of it, or nothing.
    ///
    /// # Errors
    /// When the bytes are no patch, or one for another image, or there is no memory.
    pub fn delta_apply(&mut self, address: u32, len: u32, flags: u32) -> Result<(), Failure> {
        let verified = verified(flags)?;
        let bytes = self.bytes_at(address, len).ok_or(Failure::Argument(NOT_THE_HOSTS))?;
        // Reading a patch copies it, in pieces; without the memory for that the allocator would give up.
        Vec::<u8>::new().try_reserve_exact(bytes.len().saturating_mul(4)).map_err(|_| Failure::Memory)?;
        let patch = ImagePatch::from_bytes(bytes).map_err(Failure::Patch)?;
        self.reserved = 0;
        if verified { self.patch_in_place(&patch) } else { self.patch_a_copy(&patch) }?;
        self.stats.deltas = self.stats.deltas.wrapping_add(1);
        Ok(())
    }

    /// Decides by a copy of an image that was made in this instance.
    ///
    /// # Errors
    /// When there is no memory for it.
    #[cfg(feature = "manifest")]
    pub fn image_replace(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.reserved = 0;
        let mut lines = unset(lines_for(u32::try_from(bytes.len()).unwrap_or(u32::MAX))?)?;
        write_prefix(bytemuck::cast_slice_mut(&mut lines), bytes);
        self.install(lines, true)
    }

    /// Applies a patch that was made in this instance.
    ///
    /// # Errors
    /// When it is for another image.
    #[cfg(feature = "manifest")]
    pub fn image_patch(&mut self, patch: &ImagePatch) -> Result<(), Failure> {
        self.patch_in_place(patch)
    }

    fn patch_in_place(&mut self, patch: &ImagePatch) -> Result<(), Failure> {
        let Loaded { mut lines, .. } = self.current.take().ok_or(Failure::NoImage)?;
        let outcome = patch.apply(&mut lines).map_err(Failure::Patch);
        // What was an image before is one now, whether the patch was applied or not.
        match Loaded::new(lines, true) {
            Ok(loaded) => self.current = Some(loaded),
            Err((_, failure)) => return outcome.and(Err(failure)),
        }
        outcome
    }

    fn patch_a_copy(&mut self, patch: &ImagePatch) -> Result<(), Failure> {
        let current = &self.current.as_ref().ok_or(Failure::NoImage)?.lines;
        self.spare.clear();
        self.spare.try_reserve_exact(current.len()).map_err(|_| Failure::Memory)?;
        self.spare.extend_from_slice(current);
        patch.apply(&mut self.spare).map_err(Failure::Patch)?;
        let lines = core::mem::take(&mut self.spare);
        self.install(lines, false)
    }

    fn install(&mut self, lines: Vec<Line>, verified: bool) -> Result<(), Failure> {
        match Loaded::new(lines, verified) {
            Ok(loaded) => {
                self.spare = self.current.replace(loaded).map(|old| old.lines).unwrap_or_default();
                Ok(())
            }
            Err((lines, failure)) => {
                self.spare = lines;
                Err(failure)
            }
        }
    }

    /// What is known of the image.
    ///
    /// # Errors
    /// When there is none, or the place is not the host's.
    pub fn image_info(&mut self, out: u32, cap: u32) -> Result<u32, Failure> {
        let image = &self.current.as_ref().ok_or(Failure::NoImage)?.image;
        let mut head = [0; 6];
        for (word, bytes) in head.iter_mut().zip(image.as_bytes().as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [_, format, semantics, _, low, high] = head;
        let sizes = image.sizes();
        let count = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let info = ImageInfo {
            generation: image.generation(),
            bytes: count(sizes.bytes),
            checksum: [low, high],
            format,
            semantics,
            atoms: count(sizes.atoms),
            buckets: count(sizes.buckets),
            slots: count(sizes.slots),
            rows: count(sizes.rows),
            address_bytes: count(sizes.address_bytes),
            reserved: 0,
        };
        self.write(out, cap, bytemuck::bytes_of(&info))
    }

    /// What the guest has done.
    ///
    /// # Errors
    /// When the place is not the host's.
    pub fn stats(&mut self, out: u32, cap: u32) -> Result<u32, Failure> {
        let region = |lines: &Vec<Line>| {
            u64::try_from(lines.capacity().saturating_mul(size_of::<Line>())).unwrap_or(u64::MAX)
        };
        let io = self.io.as_ref().map_or(0, |io| u64::from(io.len()));
        let image = self.current.as_ref().map_or(0, |loaded| region(&loaded.lines));
        let memory_bytes = self.blocks.len() + region(&self.spare) + image + io;
        let stats = Stats { memory_bytes, ..self.stats };
        self.write(out, cap, bytemuck::bytes_of(&stats))
    }

    /// Forgets everything but the I/O block.
    pub fn reset(&mut self) {
        self.blocks.clear();
        self.current = None;
        self.spare = Vec::new();
        self.reserved = 0;
        self.stats = Stats::default();
    }

    /// Counts a failure.
    pub fn count(&mut self, failure: Failure) {
        self.stats.errors = self.stats.errors.wrapping_add(1);
        self.stats.last_error = i64::from(failure.code());
    }

    /// Decides one packet.
    ///
    /// # Errors
    /// When the packet does not lie in the host's memory, or there is no image.
    #[inline(always)]
    pub fn decide(&mut self, packet: u32) -> Result<PacketDecision, Failure> {
        let bytes = self.bytes_at(packet, PACKET_BYTES).ok_or(Failure::Argument(NOT_THE_HOSTS))?;
        let packets = [bytemuck::pod_read_unaligned::<Packet>(bytes)];
        // As a batch of one: that much code less is compiled and loaded, and IPv4 has `decide_v4`.
        self.decide_one(|image| {
            let mut decisions = [PacketDecision::default()];
            image.decide_batch(&packets, &mut decisions);
            let [decision] = decisions;
            decision
        })
    }

    /// Decides one packet of IPv4 that is not in memory, as [`Image::decide_v4`] has it.
    ///
    /// # Errors
    /// When there is no image.
    #[inline(always)]
    pub fn decide_v4(
        &mut self,
        source: Ipv4Addr,
        destination: Ipv4Addr,
        rest: u64,
    ) -> Result<PacketDecision, Failure> {
        self.decide_one(|image| image.decide_v4(source, destination, rest))
    }

    #[inline(always)]
    fn decide_one(
        &mut self,
        decide: impl FnOnce(&Image<'_>) -> PacketDecision,
    ) -> Result<PacketDecision, Failure> {
        let image = &self.current.as_ref().ok_or(Failure::NoImage)?.image;
        self.stats.calls = self.stats.calls.wrapping_add(1);
        self.stats.decisions = self.stats.decisions.wrapping_add(1);
        Ok(decide(image))
    }

    /// Decides packets that lie at equal distances.
    ///
    /// # Errors
    /// When they, or the decisions' place, are not the host's, lie in each other, are too many, or there is no image.
    pub fn decide_batch(&mut self, input: u32, count: u32, stride: u32, output: u32) -> Result<u32, Failure> {
        let (in_len, out_len) = lengths(count, stride)?;
        if count == 0 {
            return Ok(0);
        }
        if !output.is_multiple_of(4) {
            return Err(Failure::Argument("decisions have to lie at a multiple of 4"));
        }
        if self.bytes_at(input, in_len).is_none() || self.bytes_at_mut(output, out_len).is_none() {
            return Err(Failure::Argument(NOT_THE_HOSTS));
        }
        if input < output.saturating_add(out_len) && output < input.saturating_add(in_len) {
            return Err(Failure::Argument("packets and decisions lie in each other"));
        }
        let Some(Loaded { image, .. }) = &self.current else {
            if let Some(bytes) = self.bytes_at_mut(output, out_len) {
                bytes.fill(0);
            }
            return Err(Failure::NoImage);
        };
        let image = *image;
        if let Some(io) = self.io.as_mut().filter(|_| stride == PACKET_BYTES)
            && let Some((packets, decisions)) = io.both((input, in_len), (output, out_len))
        {
            image.decide_batch(bytemuck::cast_slice(packets), bytemuck::cast_slice_mut(decisions));
        } else {
            self.decide_chunks(&image, input, count, stride, output);
        }
        self.stats.calls = self.stats.calls.wrapping_add(1);
        self.stats.decisions = self.stats.decisions.wrapping_add(u64::from(count));
        Ok(count)
    }

    /// Packets from anywhere to anywhere, by way of the stack.
    fn decide_chunks(&mut self, image: &Image<'_>, input: u32, count: u32, stride: u32, output: u32) {
        let (mut packets, mut decisions) = ([Packet::default(); CHUNK], [PacketDecision::default(); CHUNK]);
        let step = u32::try_from(CHUNK).unwrap_or(u32::MAX);
        let mut done = 0_u32;
        while done < count {
            let now = count.saturating_sub(done).min(step);
            for (packet, at) in packets.iter_mut().zip(done..done.saturating_add(now)) {
                let address = input.wrapping_add(at.wrapping_mul(stride));
                if let Some(bytes) = self.bytes_at(address, PACKET_BYTES) {
                    *packet = bytemuck::pod_read_unaligned(bytes);
                }
            }
            let now_len = usize::try_from(now).unwrap_or(0);
            let packets = packets.get(..now_len).unwrap_or(&[]);
            image.decide_batch(packets, &mut decisions);
            let address = output.wrapping_add(done.wrapping_mul(DECISION_BYTES));
            if let Some(bytes) = self.bytes_at_mut(address, now.saturating_mul(DECISION_BYTES)) {
                write_prefix(bytes, bytemuck::cast_slice(&decisions));
            }
            done = done.saturating_add(now);
        }
    }

    /// The host's memory at an address.
    pub(crate) fn bytes_at(&self, address: u32, len: u32) -> Option<&[u8]> {
        let io = self.io.as_ref().and_then(|io| io.packets(address, len));
        io.or_else(|| self.blocks.at(address, len))
    }

    fn bytes_at_mut(&mut self, address: u32, len: u32) -> Option<&mut [u8]> {
        let io = self.io.as_mut().and_then(|io| io.decisions_mut(address, len));
        io.or_else(|| self.blocks.at_mut(address, len))
    }

    fn write(&mut self, out: u32, cap: u32, bytes: &[u8]) -> Result<u32, Failure> {
        if cap > 0 {
            let target = self.bytes_at_mut(out, cap).ok_or(Failure::Argument(NOT_THE_HOSTS))?;
            write_prefix(target, bytes);
        }
        u32::try_from(bytes.len()).map_err(|_| Failure::Limit("the answer is too long"))
    }
}

const FEWER: &str = "the I/O block was made for fewer packets";
const NOT_THE_HOSTS: &str =
    "the address and length lie in neither the I/O block nor a block that the host owns";

/// The bytes that packets and decisions span.
fn lengths(count: u32, stride: u32) -> Result<(u32, u32), Failure> {
    if count > MAX_FLOWS {
        return Err(Failure::Limit("a call takes at most 4096 packets"));
    }
    if stride < PACKET_BYTES {
        return Err(Failure::Argument("the stride is less than the 40 bytes of a packet"));
    }
    let span = stride.checked_mul(count.saturating_sub(1)).and_then(|span| span.checked_add(PACKET_BYTES));
    let span = span.ok_or(Failure::Argument("the packets reach beyond the address space"))?;
    Ok((span, count.saturating_mul(DECISION_BYTES)))
}

fn verified(flags: u32) -> Result<bool, Failure> {
    match flags {
        0 => Ok(false),
        flag::VERIFIED => Ok(true),
        _ => Err(Failure::Argument("a flag is set that this version does not know")),
    }
}

/// Writes as much of `bytes` as there is room for.
fn write_prefix(target: &mut [u8], bytes: &[u8]) {
    let len = target.len().min(bytes.len());
    if let (Some(to), Some(from)) = (target.get_mut(..len), bytes.get(..len)) {
        to.copy_from_slice(from);
    }
}
