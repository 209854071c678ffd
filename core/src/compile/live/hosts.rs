//! The lines of pods' addresses, changed in place: an address is on its own line or, where that is full, on the first
//! after it that is not.

use core::net::IpAddr;

use super::arena::Arena;
use crate::image::{Line, NONE, Section, bucket, hash, hash6, place, words6};

/// How addresses of one family lie in lines.
#[derive(Clone, Copy)]
struct Family {
    section: Section,
    /// Entries in a line.
    width: usize,
}

/// An address as four words, of which IPv4 uses the last, and its atom.
type Entry = ([u32; 4], u32);

const V4: Family = Family { section: Section::Pods4, width: 8 };
const V6: Family = Family { section: Section::Pods6, width: 3 };

impl Family {
    fn of(address: IpAddr) -> (Self, [u32; 4]) {
        match address {
            IpAddr::V4(address) => (V4, [0, 0, 0, address.to_bits()]),
            IpAddr::V6(address) => (V6, words6(address.to_bits())),
        }
    }

    fn home(self, words: [u32; 4], count: u32) -> u32 {
        let [.., last] = words;
        bucket(if self.width == V4.width { hash(last) } else { hash6(words) }, count)
    }

    fn entry(self, line: &Line, at: usize) -> Entry {
        if self.width == V4.width {
            let word = |words: &[u32; 8]| words.get(at).copied().unwrap_or(NONE);
            return ([0, 0, 0, word(&line.low)], word(&line.high));
        }
        let all = line.low.iter().chain(&line.high).copied();
        let mut words = [0; 4];
        for (word, from) in words.iter_mut().zip(all.skip(at.saturating_mul(4))) {
            *word = from;
        }
        (words, line.high.get(at.saturating_add(4)).copied().unwrap_or(NONE))
    }

    fn set_entry(self, line: &mut Line, at: usize, (words, atom): Entry) {
        let [.., last] = words;
        let atom_at = if self.width == V4.width { at } else { at.saturating_add(4) };
        if self.width == V4.width {
            if let Some(word) = line.low.get_mut(at) {
                *word = last;
            }
        } else {
            let all = line.low.iter_mut().chain(&mut line.high);
            for (word, from) in all.skip(at.saturating_mul(4)).zip(words) {
                *word = from;
            }
        }
        if let Some(word) = line.high.get_mut(atom_at) {
            *word = atom;
        }
    }

    fn entries(self, line: &Line) -> impl Iterator<Item = (usize, Entry)> {
        let line = *line;
        let all = (0..self.width).map(move |at| (at, self.entry(&line, at)));
        all.take_while(|(_, (_, atom))| *atom != NONE)
    }
}

/// Gives an address to an atom.
///
/// Whether there was room for it.
pub(super) fn put(arena: &mut Arena, address: IpAddr, atom: u32) -> bool {
    let (family, words) = Family::of(address);
    let count = arena.used(family.section);
    let mut number = family.home(words, count);
    for _ in 0..count {
        let mut line = arena.line(family.section, number);
        let found = family.entries(&line).find(|(_, (known, _))| *known == words);
        let at = found.map_or_else(|| family.entries(&line).count(), |(at, _)| at);
        if at < family.width {
            family.set_entry(&mut line, at, (words, atom));
            arena.set_line(family.section, number, line);
            return true;
        }
        number = next(number, count);
    }
    false
}

/// Takes an address away.
pub(super) fn remove(arena: &mut Arena, address: IpAddr) {
    let (family, words) = Family::of(address);
    let count = arena.used(family.section);
    let mut number = family.home(words, count);
    for _ in 0..count {
        let line = arena.line(family.section, number);
        let used = family.entries(&line).count();
        let found = family.entries(&line).find(|(_, (known, _))| *known == words);
        if let Some((at, _)) = found {
            take(arena, family, number, at, count);
            return;
        }
        if used < family.width {
            return;
        }
        number = next(number, count);
    }
}

/// Takes an entry off a line; where the line was full, entries that went past it come back.
fn take(arena: &mut Arena, family: Family, mut number: u32, mut at: usize, count: u32) {
    for _ in 0..count {
        let mut line = arena.line(family.section, number);
        let last = family.entries(&line).count().saturating_sub(1);
        let was_full = last.saturating_add(1) == family.width;
        // The entries of a line have no gap between them: its last one fills the place.
        let moved = family.entry(&line, last);
        family.set_entry(&mut line, at, moved);
        family.set_entry(&mut line, last, ([0; 4], NONE));
        arena.set_line(family.section, number, line);
        if !was_full {
            return;
        }
        let Some((from, from_at, entry)) = past(arena, family, number, count) else { return };
        family.set_entry(&mut line, last, entry);
        arena.set_line(family.section, number, line);
        (number, at) = (from, from_at);
    }
}

/// The first entry after a line that would be on it, had it had room.
fn past(arena: &Arena, family: Family, number: u32, count: u32) -> Option<(u32, usize, Entry)> {
    let distance = |from: u32, to: u32| {
        if to >= from { to.wrapping_sub(from) } else { to.wrapping_add(count).wrapping_sub(from) }
    };
    let mut other = next(number, count);
    for _ in 1..count {
        let line = arena.line(family.section, other);
        let passed = |(_, (words, _)): &(usize, Entry)| {
            let home = family.home(*words, count);
            // From its home on, the entry came by the line before it came here.
            distance(home, number) < distance(home, other)
        };
        if let Some((at, entry)) = family.entries(&line).find(passed) {
            return Some((other, at, entry));
        }
        if family.entries(&line).count() < family.width {
            return None;
        }
        other = next(other, count);
    }
    None
}

/// Whether lines of a family can take one more address without many of them being full.
pub(super) fn has_room(arena: &Arena, address: IpAddr, owned: usize) -> bool {
    let (family, _) = Family::of(address);
    let places = place(arena.used(family.section)).saturating_mul(family.width);
    owned.saturating_mul(4) < places.saturating_mul(3)
}

fn next(number: u32, count: u32) -> u32 {
    let next = number.wrapping_add(1);
    if next < count { next } else { 0 }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use super::*;
    use crate::compile::random::random;
    use crate::image::{Image, UNKNOWN_ATOM};

    /// Lines of pods alone, nearly full.
    fn lines() -> Arena {
        let mut arena = Arena::new();
        let empty4 = Line { low: [0; 8], high: [NONE; 8] };
        let empty6 = Line { low: [0; 8], high: [0, 0, 0, 0, NONE, NONE, NONE, 0] };
        arena.push(Section::Pods4, &[empty4; 5]);
        arena.push(Section::Pods6, &[empty6; 13]);
        arena
    }

    #[test]
    fn addresses_come_and_go_and_are_found_as_long_as_they_are_there() {
        let mut random = random(1);
        for round in 0..40 {
            let mut arena = lines();
            let mut known: BTreeMap<IpAddr, u32> = BTreeMap::new();
            for _ in 0..600 {
                let number = random(200);
                let address = if random(2) == 0 {
                    IpAddr::from(number.wrapping_mul(0x9e37_79b1).to_be_bytes())
                } else {
                    IpAddr::from(u128::from(number).wrapping_mul(0x9e37_79b1_0000_0001).to_be_bytes())
                };
                let of_family = known.keys().filter(|other| other.is_ipv4() == address.is_ipv4()).count();
                if known.contains_key(&address) && random(3) > 0 || of_family >= 38 {
                    remove(&mut arena, address);
                    known.remove(&address);
                } else {
                    assert!(put(&mut arena, address, number), "there is room");
                    known.insert(address, number);
                }
            }
            let section = |section: Section| -> Vec<Line> {
                (0..arena.used(section)).map(|at| arena.line(section, at)).collect()
            };
            let (pods4, pods6) = (section(Section::Pods4), section(Section::Pods6));
            let image = Image::of_pods(&pods4, &pods6);
            for number in 0..200_u32 {
                let four = IpAddr::from(number.wrapping_mul(0x9e37_79b1).to_be_bytes());
                let six = IpAddr::from(u128::from(number).wrapping_mul(0x9e37_79b1_0000_0001).to_be_bytes());
                for address in [four, six] {
                    let found = match address {
                        IpAddr::V4(address) => image.atom4(address.to_bits()),
                        IpAddr::V6(address) => image.atom6(address.to_bits()),
                    };
                    let expected = known.get(&address).copied().unwrap_or(UNKNOWN_ATOM);
                    assert_eq!(found, expected, "round {round}, {address}");
                }
            }
        }
    }
}
