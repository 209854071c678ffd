//! Looking up the slow way: peers that their own bucket does not list.

use super::Image;
use super::format::{HalfRecord, NONE, REGIONS, is_pod, place, region_of};
use super::look_up::{at8, equal8, of_kind, own_line};

impl Image<'_> {
    /// The slot of a peer, wherever it is: in its own bucket, in those after it, or in what holds for who is not listed.
    #[cold]
    #[inline(never)]
    pub(super) fn sought(&self, half: &[u32; 8], peer: u32) -> u32 {
        self.listed(half, peer).unwrap_or_else(|| self.default_of(half, peer))
    }

    /// The slot of a peer that a table does not list.
    pub(super) fn default_of(&self, half: &[u32; 8], peer: u32) -> u32 {
        let [.., flags] = *half;
        let default = of_kind(half, peer);
        if flags & HalfRecord::beneath(peer) == 0 {
            return self.in_region(flags, default, peer);
        }
        let Some(beneath) = self.beneath.get(place(default)) else { return NONE };
        // What lies beneath lies on nothing: an image in which it does is refused.
        self.listed(beneath, peer).unwrap_or_else(|| {
            let [.., flags] = *beneath;
            self.in_region(flags, of_kind(beneath, peer), peer)
        })
    }

    /// The slots of a kind's regions in a block.
    pub(super) fn block(&self, number: u32) -> Option<&[u32]> {
        let first = place(number).checked_mul(REGIONS)?;
        self.defaults.get(first..first.checked_add(REGIONS)?)
    }

    /// What holds for a peer's region, where a table tells regions apart.
    fn in_region(&self, flags: u32, default: u32, peer: u32) -> u32 {
        if flags & HalfRecord::BY_REGION == 0 || !is_pod(peer) {
            return default;
        }
        let block = self.block(default).unwrap_or(&[]);
        block.get(place(region_of(peer))).copied().unwrap_or(NONE)
    }

    /// The slot of a peer in a table's own buckets: a full one may have sent it on to the next.
    fn listed(&self, half: &[u32; 8], peer: u32) -> Option<u32> {
        let [table, buckets, .., flags] = *half;
        let mut number = own_line(half, peer).wrapping_sub(table);
        for _ in 0..buckets {
            let line = self.buckets.get(place(table.wrapping_add(number)))?;
            let found = equal8(&line.low, peer);
            if found != 0 {
                return Some(at8(&line.high, found.trailing_zeros()));
            }
            if flags & HalfRecord::CROWDED == 0 || at8(&line.low, 7) == NONE {
                return None;
            }
            number = next(number, buckets);
        }
        None
    }
}

/// The place after one among so many, and the first after the last.
pub(super) fn next(number: u32, count: u32) -> u32 {
    let next = number.wrapping_add(1);
    if next < count { next } else { 0 }
}
