//! Random numbers that are the same on every machine, for ever: a workload is named by its seed.

/// A `SplitMix64` generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * end as u128;
        (wide >> 64) as usize
    }

    /// A number from `first` to `last`.
    pub fn between(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last - first + 1)
    }

    /// True so many times of a hundred.
    pub fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A number from 0 up to, but not including, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Puts things into a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for end in (1..things.len()).rev() {
            things.swap(end, self.below(end + 1));
        }
    }
}

/// Zipf's distribution: the thing of rank k is drawn in proportion to 1 / k^exponent.
#[derive(Clone, Debug)]
pub struct Zipf {
    cumulative: Vec<f64>,
}

impl Zipf {
    /// The distribution over so many things.
    #[must_use]
    pub fn new(things: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let weigh = |rank: usize| {
            sum += (rank as f64).powf(-exponent);
            sum
        };
        Self { cumulative: (1..=things).map(weigh).collect() }
    }

    /// Draws the place of a thing, from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.fraction() * self.cumulative.last().copied().unwrap_or(0.0);
        self.cumulative.partition_point(|sum| *sum <= at)
    }

    /// Shares a total out by rank, with every share at least `least`. What rounding leaves goes to the first ranks, one
    /// each; where the least is more than a rank's part, the larger shares pay for it.
    #[must_use]
    pub fn shares(&self, total: usize, least: usize) -> Vec<usize> {
        let sum = self.cumulative.last().copied().unwrap_or(1.0);
        let mut before = 0.0;
        let mut shares: Vec<usize> = Vec::new();
        for up_to in &self.cumulative {
            shares.push((((up_to - before) / sum * total as f64) as usize).max(least));
            before = *up_to;
        }
        let given: usize = shares.iter().sum();
        for share in shares.iter_mut().take(total.saturating_sub(given)) {
            *share += 1;
        }
        // In turn, so that no rank falls behind a later one by more than one.
        let mut owed = given.saturating_sub(total);
        while owed > 0 {
            let largest = shares.iter().max().copied().unwrap_or(0);
            if largest <= least {
                break;
            }
            for share in shares.iter_mut().rev().filter(|share| **share == largest).take(owed) {
                *share -= 1;
                owed -= 1;
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::new(7);
        let found: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(found, [7_191_089_600_892_374_487, 309_689_372_594_955_804, 16_616_101_746_815_609_346]);
    }

    #[test]
    fn shares_add_up_and_fall_with_the_rank() {
        let shares = Zipf::new(10, 1.0).shares(1000, 1);
        assert_eq!(shares.iter().sum::<usize>(), 1000);
        assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
        assert!((330..360).contains(&shares[0]), "{shares:?}");
    }

    #[test]
    fn what_rounding_leaves_is_spread() {
        // A thousand shares of nearly ten each: rounded down, hundreds are left.
        let shares = Zipf::new(1_000, 0.05).shares(10_000, 1);
        assert_eq!(shares.iter().sum::<usize>(), 10_000);
        assert!(shares.is_sorted_by(|a, b| a >= b) && shares[0] <= 15, "{:?}", &shares[..5]);
        // Many ranks with a part below the least.
        let shares = Zipf::new(100, 2.0).shares(200, 1);
        assert_eq!((shares.iter().sum::<usize>(), shares.iter().min()), (200, Some(&1)));
        assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
    }

    #[test]
    fn low_ranks_are_drawn_more_often() {
        let (zipf, mut random) = (Zipf::new(100, 1.1), Random::new(1));
        let mut counts = [0; 100];
        for _ in 0..10_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        assert!(counts[0] > counts[9] && counts[9] > counts[80], "{counts:?}");
    }
}
