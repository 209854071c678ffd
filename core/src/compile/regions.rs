//! Regions: pods that the broad peers hold alike, the environments of a cluster say. Tables have a slot for all of a
//! region at once, so that a rule for half of the cluster costs no slot for each pod in it.

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::image::{REGIONS, place};

/// How many classes peers hold, and how many they do not, for pods to be told apart by them.
const BROAD: usize = 256;
/// How many broad peers are looked at, the broadest first.
const LOOKED_AT: usize = 256;

/// The broad pod matches, and the regions that they make.
#[derive(Clone, Debug, Default)]
pub(super) struct Regions {
    /// Sorted.
    broad: Vec<u32>,
    numbers: HashMap<Vec<u32>, u32>,
}

impl Regions {
    /// Finds the broad ones among the pod matches that are peers; `of_matches` are the classes that each selects.
    pub(super) fn new(of_matches: &[Vec<u32>], is_peer: impl Fn(u32) -> bool, classes: usize) -> Self {
        let gain = |selected: &Vec<u32>| selected.len().min(classes.saturating_sub(selected.len()));
        let mut candidates: Vec<(usize, u32, &[u32])> = (0_u32..)
            .zip(of_matches)
            .map(|(number, selected)| (gain(selected), number, selected.as_slice()))
            .filter(|(gain, number, _)| *gain >= BROAD && is_peer(*number))
            .collect();
        candidates.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        candidates.truncate(LOOKED_AT);
        let mut parts = Parts { of_classes: alloc::vec![0; classes], sizes: alloc::vec![classes] };
        let mut broad: Vec<u32> = candidates
            .into_iter()
            .filter(|(.., selected)| parts.split(selected))
            .map(|found| found.1)
            .collect();
        broad.sort_unstable();
        Self { broad, numbers: HashMap::new() }
    }

    /// The region of a class that these matches select. Any region is right; only what tables cost depends on it.
    pub(super) fn of(&mut self, matches: &[u32]) -> u32 {
        let key: Vec<u32> =
            matches.iter().copied().filter(|number| self.broad.binary_search(number).is_ok()).collect();
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        match self.numbers.get(&key) {
            Some(number) => *number,
            None if place(next) < REGIONS => *self.numbers.entry(key).or_insert(next),
            None => 0,
        }
    }
}

/// Classes in parts that are told apart so far.
struct Parts {
    of_classes: Vec<usize>,
    sizes: Vec<usize>,
}

impl Parts {
    /// Tells apart who is selected and who is not; whether the parts are still few enough.
    fn split(&mut self, selected: &[u32]) -> bool {
        let mut counts: Vec<usize> = alloc::vec![0; self.sizes.len()];
        for class in selected {
            let part = self.of_classes.get(place(*class)).copied();
            if let Some(count) = part.and_then(|part| counts.get_mut(part)) {
                *count = count.saturating_add(1);
            }
        }
        // A part that is selected in part becomes two.
        let mut split: Vec<Option<usize>> = alloc::vec![None; self.sizes.len()];
        let mut next = self.sizes.len();
        for ((new, count), size) in split.iter_mut().zip(&counts).zip(&self.sizes) {
            if *count > 0 && count < size {
                *new = Some(next);
                next = next.saturating_add(1);
            }
        }
        if next > REGIONS {
            return false;
        }
        for ((new, count), at) in split.iter().zip(counts).zip(0_usize..) {
            if new.is_some() {
                self.sizes.push(count);
                if let Some(size) = self.sizes.get_mut(at) {
                    *size = size.saturating_sub(count);
                }
            }
        }
        for class in selected {
            if let Some(part) = self.of_classes.get_mut(place(*class)) {
                *part = split.get(*part).copied().flatten().unwrap_or(*part);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broad_peers_make_regions_and_narrow_ones_do_not() {
        // Three environments, a team in all of them, and a match that only selects subjects.
        let classes = 3_000_u32;
        let every = |step: u32, from: u32| (0..classes).filter(|n| n % step == from).collect::<Vec<u32>>();
        let of_matches = [every(3, 0), every(3, 1), every(3, 2), every(100, 0), every(2, 0)];
        let mut regions = Regions::new(&of_matches, |number| number != 4, 3_000);
        assert_eq!(regions.broad, [0, 1, 2]);
        assert_eq!(
            [regions.of(&[0]), regions.of(&[1, 4]), regions.of(&[2]), regions.of(&[0, 3])],
            [0, 1, 2, 0]
        );
    }

    #[test]
    fn there_are_never_more_regions_than_numbers() {
        let classes = 1_u32 << 10;
        let of_matches: Vec<Vec<u32>> =
            (0..10).map(|bit| (0..classes).filter(|class| class >> bit & 1 == 1).collect()).collect();
        let mut regions = Regions::new(&of_matches, |_| true, 1 << 10);
        assert_eq!(regions.broad.len(), 6);
        for class in 0..classes {
            let matches: Vec<u32> = (0..10).filter(|bit| class >> bit & 1 == 1).collect();
            assert!(place(regions.of(&matches)) < REGIONS);
        }
    }
}
