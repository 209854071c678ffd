//! Deciding: packets copied in, the guest called, its answers checked and copied out.

use portcullis::{Packet, PacketDecision, Reason};
use portcullis_wasm::abi::{DECISION_BYTES, IoDescriptor, PACKET_BYTES};

use super::{Allowed, Instance, OUTSIDE};
use crate::fault::Fault;

impl Instance {
    /// How many packets it decides at a time.
    #[must_use]
    pub fn max_batch(&self) -> usize {
        usize::try_from(self.io.max_flows).unwrap_or(1)
    }

    /// Decides at most as many packets as the I/O block holds; the guest's decisions are only written where all of
    /// them are right.
    ///
    /// # Errors
    /// When the guest traps, refuses, or answers what cannot be.
    pub fn decide(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) -> Result<(), Fault> {
        let count = u32::try_from(packets.len().min(decisions.len())).unwrap_or(u32::MAX);
        if count > self.io.max_flows {
            return Err(Fault::Garbage("a batch that is longer than the I/O block"));
        }
        let IoDescriptor { in_ptr, out_ptr, .. } = self.io;
        let (in_len, out_len) = (count.saturating_mul(PACKET_BYTES), count.saturating_mul(DECISION_BYTES));
        let packets: &[u8] = bytemuck::cast_slice(packets);
        let place = self.slice_mut(in_ptr, in_len)?;
        place.copy_from_slice(packets.get(..place.len()).ok_or(OUTSIDE)?);
        // A guest that writes nothing has denied.
        self.slice_mut(out_ptr, out_len)?.fill(0);
        self.allow(Allowed::Decide);
        let arguments = (in_ptr, count, PACKET_BYTES, out_ptr);
        let done = self.functions.decide_batch.call(&mut self.store, arguments);
        let done = done.map_err(|error| self.trapped(&error))?;
        self.checked(done)?;
        if done.cast_unsigned() != count {
            return Err(Fault::Garbage("another number of decisions than of packets"));
        }
        let answers = self.slice(out_ptr, out_len)?;
        if !are_sane(answers, self.generation) {
            // Whoever does not look at the fault reads that nothing was evaluated.
            decisions.fill(PacketDecision::default());
            return Err(Fault::Garbage("a decision that contradicts itself or is of another generation"));
        }
        let decided: &mut [u8] = bytemuck::cast_slice_mut(decisions);
        decided.get_mut(..answers.len()).ok_or(OUTSIDE)?.copy_from_slice(answers);
        Ok(())
    }

    /// Decides one packet; the answer is that of `portcullis_wasm::abi::packed`.
    ///
    /// # Errors
    /// When the guest traps.
    pub fn decide_one(&mut self, packet: &Packet) -> Result<i64, Fault> {
        if let Some([source, destination, ports, rest]) = numbers_of(packet) {
            // A third cheaper than by way of the guest's memory.
            return self.decide_v4(source, destination, ports, rest);
        }
        let at = self.io.in_ptr;
        self.slice_mut(at, PACKET_BYTES)?.copy_from_slice(bytemuck::bytes_of(packet));
        self.allow(Allowed::Decide);
        self.functions.decide.call(&mut self.store, at).map_err(|error| self.trapped(&error))
    }

    /// Decides one packet of IPv4 without touching the guest's memory: addresses as numbers, then the words at 32 and 36
    /// of the packet.
    ///
    /// # Errors
    /// When the guest traps.
    #[inline(always)]
    pub fn decide_v4(&mut self, source: u32, destination: u32, ports: u32, rest: u32) -> Result<i64, Fault> {
        self.allow(Allowed::Decide);
        let arguments = (source, destination, ports, rest);
        self.functions.decide_v4.call(&mut self.store, arguments).map_err(|error| self.trapped(&error))
    }
}

/// A packet of IPv4 as numbers, as [`Instance::decide_v4`] takes them.
#[inline(always)]
fn numbers_of(packet: &Packet) -> Option<[u32; 4]> {
    let bytes: [[u8; 4]; 10] = bytemuck::cast(*packet);
    let [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0xff, 0xff], source, rest @ ..] = bytes else { return None };
    let [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0xff, 0xff], destination, ports, last] = rest else {
        return None;
    };
    let [source, destination] = [source, destination].map(u32::from_be_bytes);
    Some([source, destination, u32::from_le_bytes(ports), u32::from_le_bytes(last)])
}

/// The bit of reasons that allow, and of no others.
const ALLOWING: u32 = Reason::Rule.number() as u32;
const _: () = assert!(ALLOWING.is_power_of_two());

/// Whether a guest of ours can have given these decisions, as the bytes of [`PacketDecision`]s: the verdict is allow where
/// both reasons are, and the generation is the image's. What is wrong is gathered as bits, with no branch for each, so
/// that many are looked at at once.
fn are_sane(answers: &[u8], generation: u32) -> bool {
    let (records, rest) = answers.as_chunks::<4>().0.as_chunks::<4>();
    let mut wrong = 0;
    for [reasons, _, _, of] in records {
        let reasons = u32::from_le_bytes(*reasons);
        let [verdict, egress, ingress] = [0, 8, 16].map(|shift| reasons >> shift);
        let both = ((egress & ingress) / ALLOWING) & 1;
        wrong |= ((verdict & 0xff) ^ both) | (u32::from_le_bytes(*of) ^ generation);
    }
    wrong == 0 && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_of_reasons_that_allow_is_theirs_alone() {
        for reason in Reason::ALL {
            assert_eq!(u32::from(reason.number()) & ALLOWING != 0, reason.verdict().is_allow(), "{reason}");
        }
    }

    #[test]
    fn decisions_that_no_guest_of_ours_gives_are_found_wherever_they_stand() {
        let (denies, allows) = (Reason::Isolated.number(), Reason::Rule.number());
        let right = |verdict, egress_reason, ingress_reason| PacketDecision {
            verdict,
            egress_reason,
            ingress_reason,
            generation: 7,
            ..PacketDecision::default()
        };
        let all = [
            right(1, allows, allows),
            right(0, denies, allows),
            right(0, allows, denies),
            right(0, denies, 0),
        ];
        let all = all.repeat(9);
        assert!(are_sane(bytemuck::cast_slice(&all), 7));
        assert!(are_sane(&[], 7));
        assert!(!are_sane(bytemuck::cast_slice(&all), 8));
        assert!(!are_sane(&bytemuck::cast_slice::<_, u8>(&all)[..575], 7));
        let wrong = [
            right(1, denies, allows),
            right(1, allows, denies),
            right(0, allows, allows),
            right(2, allows, allows),
            right(3, allows, allows),
            right(0x80, denies, denies),
            PacketDecision { generation: 6, ..right(0, denies, denies) },
            PacketDecision { generation: 0x8000_0007, ..right(1, allows, allows) },
        ];
        for (wrong, place) in wrong.into_iter().zip([0, 1, 7, 8, 17, 31, 34, 35]) {
            let mut all = all.clone();
            all[place] = wrong;
            assert!(!are_sane(bytemuck::cast_slice(&all), 7), "{wrong:?}");
        }
    }
}
