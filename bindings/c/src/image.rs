//! Images: compiled clusters as bytes, which any number of threads decide by.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use portcullis::{Image, ImageError, ImagePatch, Line, Packet, PacketDecision};
use self_cell::self_cell;

use crate::handle::Handle;
use crate::input::Packets;
use crate::status::{Failure, Poison};

/// How many packets that lie apart are gathered for one batch.
const GATHERED: usize = 64;

self_cell!(
    /// An image with the lines that it lies in.
    struct Held {
        owner: Vec<Line>,
        #[covariant]
        dependent: Image,
    }
);

/// What is known of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ImageInfo {
    pub(crate) bytes: u64,
    pub(crate) atoms: u64,
    pub(crate) generation: u32,
    pub(crate) reserved: u32,
}

/// An image that deltas may change while others decide by it: those see it whole, before or after.
pub(crate) struct SharedImage {
    current: ArcSwap<Held>,
    writing: Mutex<()>,
    poison: Poison,
}

impl SharedImage {
    /// Copies an image out of bytes and checks all of it.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Failure> {
        if !bytes.len().is_multiple_of(size_of::<Line>()) {
            return Err(ImageError::Layout.into());
        }
        let mut lines = vec![Line::default(); bytes.len().div_ceil(size_of::<Line>())];
        bytemuck::cast_slice_mut(&mut lines).copy_from_slice(bytes);
        let current = ArcSwap::new(Arc::new(hold(lines)?));
        Ok(Self { current, writing: Mutex::default(), poison: Poison::default() })
    }

    /// Applies a patch to a copy, checks that, and shows it to all who decide from now on.
    pub(crate) fn apply(&self, patch: &[u8]) -> Result<(), Failure> {
        let patch = ImagePatch::from_bytes(patch)?;
        let _one_writer = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = self.current.load().borrow_owner().clone();
        patch.apply(&mut lines)?;
        self.current.store(Arc::new(hold(lines)?));
        Ok(())
    }

    pub(crate) fn info(&self) -> ImageInfo {
        let held = self.current.load();
        let (sizes, generation) = (held.borrow_dependent().sizes(), held.borrow_dependent().generation());
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        ImageInfo { bytes: number(sizes.bytes), atoms: number(sizes.atoms), generation, reserved: 0 }
    }
}

impl Handle for SharedImage {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn decide(&self, packet: &Packet) -> PacketDecision {
        self.current.load().borrow_dependent().decide(packet)
    }

    fn decide_batch(&self, packets: Packets<'_>, decisions: &mut [PacketDecision]) {
        decide_batch(self.current.load().borrow_dependent(), packets, decisions);
    }
}

fn hold(lines: Vec<Line>) -> Result<Held, ImageError> {
    Held::try_new(lines, |lines| Image::open(bytemuck::cast_slice(lines)))
}

/// Decides packets as they lie, or gathered where there is something between them.
pub(crate) fn decide_batch(image: &Image<'_>, packets: Packets<'_>, decisions: &mut [PacketDecision]) {
    if let Some(packets) = packets.in_a_row() {
        image.decide_batch(packets, decisions);
        return;
    }
    let mut rest = packets.one_by_one();
    for decisions in decisions.chunks_mut(GATHERED) {
        let mut gathered = [Packet::default(); GATHERED];
        for (place, packet) in gathered.iter_mut().zip(rest.by_ref().take(decisions.len())) {
            *place = packet;
        }
        let (gathered, _) = gathered.split_at(decisions.len().min(GATHERED));
        image.decide_batch(gathered, decisions);
    }
}
