use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::map::CHUNK;
use super::{SortedMap, SortedSet};

/// Numbers that are the same every time.
fn numbers(count: usize, below: u64) -> Vec<u64> {
    let next = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    core::iter::successors(Some(7), next).map(|state| (state >> 33) % below).take(count).collect()
}

/// Whatever is done, the map holds what the standard library's holds.
#[test]
fn holds_what_a_tree_holds() {
    for (count, below) in [(0, 1), (1, 1), (50, 20), (CHUNK * 3, 100_000), (5_000, 700), (20_000, 100_000)] {
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        for (turn, number) in numbers(count, below).into_iter().enumerate() {
            match turn % 7 {
                0..=3 => assert_eq!(map.insert(number, turn), tree.insert(number, turn)),
                4 => assert_eq!(map.remove(&number), tree.remove(&number)),
                5 => {
                    *map.entry(number).or_insert(3) += 1;
                    *tree.entry(number).or_insert(3) += 1;
                }
                _ => assert_eq!(map.get_mut(&number), tree.get_mut(&number)),
            }
            assert_eq!(map.get(&(number / 2)), tree.get(&(number / 2)));
            assert_eq!(map.last_at_most(&number), tree.range(..=number).next_back());
            assert_eq!(
                map.at_least(&number).take(3).collect::<Vec<_>>(),
                tree.range(number..).take(3).collect::<Vec<_>>()
            );
        }
        assert_eq!(map.len(), tree.len());
        assert!(map.iter().eq(&tree) && map.iter().rev().eq(tree.iter().rev()));
        assert!(map.iter().size_hint().0 <= tree.len());
        assert!(map.values_mut().eq(tree.values_mut()));
        assert_eq!(alloc::format!("{map:?}"), alloc::format!("{tree:?}"));
        assert_eq!(map, tree.iter().map(|(key, value)| (*key, *value)).rev().collect());
        for key in tree.keys() {
            assert!(map.remove(key).is_some());
        }
        assert!(map.is_empty() && map.iter().next().is_none() && map.last_at_most(&u64::MAX).is_none());
    }
}

#[test]
fn is_walked_from_both_ends() {
    for count in [1, 2, CHUNK, CHUNK + 1, CHUNK * 4] {
        let set: SortedSet<usize> = (0..count).rev().collect();
        let mut walk = set.iter();
        let mut met = 0;
        while let Some(low) = walk.next() {
            let high = walk.next_back();
            assert_eq!((*low, high.copied()), (met, Some(count - 1 - met).filter(|high| *high > met)));
            met += 1;
        }
        assert_eq!(met, count.div_ceil(2));
        assert_eq!(set.into_iter().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn sets_are_compared_as_trees_are() {
    let cut = |from: u64| numbers(400, 300).into_iter().filter(move |number| *number >= from);
    let (a, b): (SortedSet<u64>, SortedSet<u64>) = (cut(0).collect(), cut(150).rev().collect());
    let (tree_a, tree_b): (BTreeSet<u64>, BTreeSet<u64>) = (cut(0).collect(), cut(150).collect());
    assert!(a.difference(&b).eq(tree_a.difference(&tree_b)));
    assert!(a.intersection(&b).eq(tree_a.intersection(&tree_b)));
    assert_eq!(a.cmp(&b), tree_a.cmp(&tree_b));
    assert_eq!((a.first(), b.last()), (tree_a.first(), tree_b.last()));
}
