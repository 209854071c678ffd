//! Sets of small numbers.

use alloc::vec::Vec;

const WIDTH: usize = 64;

/// A set of numbers below a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The set without a number, below no bound.
    pub(super) const EMPTY: Self = Self(Vec::new());

    pub(super) fn none(bound: usize) -> Self {
        Self(alloc::vec![0; bound.div_ceil(WIDTH)])
    }

    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number.wrapping_div(WIDTH)) {
            *word |= 1 << number.wrapping_rem(WIDTH);
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        let word = self.0.get(number.wrapping_div(WIDTH)).copied().unwrap_or(0);
        word & (1 << number.wrapping_rem(WIDTH)) != 0
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// The part that is in another set, and the part that is not; those of them that are not empty.
    pub(super) fn cut(self, other: &Self) -> Vec<Self> {
        let words = || self.0.iter().zip(other.0.iter().copied().chain(core::iter::repeat(0)));
        let inside = Self(words().map(|(word, other)| word & other).collect());
        let outside = Self(words().map(|(word, other)| word & !other).collect());
        [inside, outside].into_iter().filter(|set| set.0.iter().any(|word| *word != 0)).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let numbers = |(at, word): (usize, &u64)| {
            let (word, first) = (*word, at.wrapping_mul(WIDTH));
            (0..WIDTH).filter(move |bit| word & (1 << bit) != 0).map(move |bit| first.wrapping_add(bit))
        };
        self.0.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_out_in_order_and_those_beyond_the_bound_are_not_kept() {
        let mut bits = Bits::none(130);
        for number in [129, 0, 63, 64, 1000] {
            bits.insert(number);
        }
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(bits.contains(129) && !bits.contains(1) && !bits.contains(1000));
        let mut other = Bits::none(130);
        other.insert(64);
        let parts: Vec<Vec<usize>> =
            bits.clone().cut(&other).iter().map(|set| set.iter().collect()).collect();
        assert_eq!(parts, [alloc::vec![64], alloc::vec![0, 63, 129]]);
        other.add(&bits);
        assert_eq!(other.iter().count(), 4);
        assert_eq!(bits.cut(&other).len(), 1);
    }
}
