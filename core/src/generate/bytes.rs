//! The source of choices: bytes, which a fuzzer mutates and a seed expands to.

use alloc::vec::Vec;

/// Choices read from bytes, one or two at a time.
///
/// Total: when the bytes are used up, every further one is zero, and zero always means the plainest choice, so that
/// short inputs make small things.
///
/// ```
/// use portcullis::generate::Bytes;
///
/// let mut bytes = Bytes::new(&[255]);
/// assert!(bytes.chance(50));
/// assert!(!bytes.chance(50));
/// assert_eq!(bytes.one_of("plain", &["odd", "odder"]), "plain");
/// ```
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// Choices from these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next byte.
    #[must_use]
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        *first
    }

    /// The next two bytes.
    #[must_use]
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// A number below `count`, or 0 when there is none; one byte is read if it can tell all of them apart.
    #[must_use]
    pub fn below(&mut self, count: usize) -> usize {
        let roll = if count <= 256 { usize::from(self.byte()) } else { usize::from(self.word()) };
        roll.checked_rem(count).unwrap_or(0)
    }

    /// True in `percent` of all cases.
    #[must_use]
    pub fn chance(&mut self, percent: u8) -> bool {
        self.percentile() < percent
    }

    /// One of several, all alike in weight.
    #[must_use]
    pub fn one_of<T: Copy>(&mut self, plainest: T, others: &[T]) -> T {
        let roll = self.below(others.len().saturating_add(1));
        roll.checked_sub(1).and_then(|index| others.get(index)).copied().unwrap_or(plainest)
    }

    /// One of several: each of `others` in so many percent of all cases, `plainest` in the rest.
    #[must_use]
    pub fn weighted<T: Copy>(&mut self, plainest: T, others: &[(u8, T)]) -> T {
        let mut roll = self.percentile();
        for (percent, value) in others {
            match roll.checked_sub(*percent) {
                Some(left) => roll = left,
                None => return *value,
            }
        }
        plainest
    }

    /// An item of a list, unless it is empty.
    #[must_use]
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    /// 0 to 99, where the byte 0 gives 99.
    fn percentile(&mut self) -> u8 {
        let roll = u16::from(u8::MAX.saturating_sub(self.byte())).saturating_mul(100);
        roll.to_be_bytes().first().copied().unwrap_or(99)
    }
}

/// Expands a seed to as many bytes as asked for (`SplitMix64`).
///
/// ```
/// let bytes = portcullis::generate::expand(7, 20);
/// assert_eq!(bytes.len(), 20);
/// assert_eq!(bytes, portcullis::generate::expand(7, 20));
/// assert_ne!(bytes, portcullis::generate::expand(8, 20));
/// ```
#[must_use]
pub fn expand(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(count.saturating_add(8));
    while bytes.len() < count {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((mixed ^ (mixed >> 31)).to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_up_bytes_are_zeros_and_zeros_are_plain() {
        let mut bytes = Bytes::new(&[]);
        assert_eq!((bytes.byte(), bytes.word(), bytes.below(7), bytes.below(0)), (0, 0, 0, 0));
        assert!(!bytes.chance(99) && bytes.chance(100));
        assert_eq!(bytes.weighted('a', &[(60, 'b'), (39, 'c')]), 'a');
        assert_eq!(bytes.pick::<u8>(&[]), None);
        assert_eq!(bytes.pick(&[1, 2]), Some(&1));
    }

    #[test]
    fn weights_are_met_within_a_percent() {
        let all: Vec<u8> = (0..=255).collect();
        let mut bytes = Bytes::new(&all);
        let mut counts = [0_u32; 3];
        for _ in 0..256 {
            counts[bytes.weighted(0, &[(25, 1), (10, 2)])] += 1;
        }
        assert_eq!(counts, [166, 64, 26]);
    }

    #[test]
    fn below_reaches_every_number() {
        let all: Vec<u8> = (0..=255).collect();
        let mut bytes = Bytes::new(&all);
        let mut seen = [false; 10];
        for _ in 0..20 {
            seen[bytes.below(10)] = true;
        }
        assert_eq!(seen, [true; 10]);
        assert!((0..50).map(|_| bytes.below(1000)).any(|number| number > 255));
    }
}
