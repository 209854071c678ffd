//! Objects by number and by name: numbers stay while an object lives, names are found by hash, and walks are in the
//! order of names.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::image::place;

/// Something with a name that is unique among its like.
pub(crate) trait Named {
    /// The order of names.
    fn compare(&self, other: &Self) -> Ordering;
    /// The hash of the name.
    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64;
}

/// How many places share a chunk.
const CHUNK: usize = 16;

/// How far around a free place its neighbours are looked for.
const NEAR: usize = 16;

/// Numbered places, in chunks that copies share until one of them changes something there.
#[derive(Clone, Debug)]
struct Places<T> {
    chunks: Vec<Arc<[Option<T>; CHUNK]>>,
    bound: usize,
}

impl<T: Clone> Places<T> {
    const fn new() -> Self {
        Self { chunks: Vec::new(), bound: 0 }
    }

    fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)?.as_ref()
    }

    fn get_mut(&mut self, at: usize) -> Option<&mut Option<T>> {
        Arc::make_mut(self.chunks.get_mut(at / CHUNK)?).get_mut(at % CHUNK)
    }

    /// Adds a free place, and gives its number.
    fn add(&mut self) -> usize {
        let at = self.bound;
        if at.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(core::array::from_fn(|_| None)));
        }
        self.bound = at.saturating_add(1);
        at
    }

    /// The objects in the order of their numbers.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, &T)> {
        let chunks = self.chunks.iter().enumerate();
        chunks.flat_map(|(chunk, places)| {
            let number = move |at: usize| u32::try_from(chunk.saturating_mul(CHUNK).saturating_add(at));
            let places = places.iter().enumerate();
            places.filter_map(move |(at, object)| Some((number(at).ok()?, object.as_ref()?)))
        })
    }
}

/// Objects in numbered places, some of which may be free. Copies are cheap.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    places: Places<T>,
    free: Vec<u32>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Whether the numbers follow the names, as they do in whatever was made at once.
    sorted: bool,
}

impl<T: Clone> Default for Slab<T> {
    fn default() -> Self {
        Self {
            places: Places::new(),
            free: Vec::new(),
            by_name: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            sorted: true,
        }
    }
}

impl<T: Named + Clone> Slab<T> {
    /// Numbers objects that are sorted by name, each name once.
    pub(crate) fn of_sorted(objects: Vec<T>) -> Self {
        let mut slab = Self::default();
        let hasher = slab.hasher.clone();
        slab.by_name.reserve(objects.len(), |_| 0);
        for (object, number) in objects.iter().zip(0_u32..) {
            let places = &objects;
            let rehash =
                |number: &u32| places.get(place(*number)).map_or(0, |object| object.hash_name(&hasher));
            slab.by_name.insert_unique(object.hash_name(&hasher), number, rehash);
        }
        for object in objects {
            let at = slab.places.add();
            if let Some(place) = slab.places.get_mut(at) {
                *place = Some(object);
            }
        }
        slab
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// One more than the highest number in use.
    pub(crate) fn bound(&self) -> usize {
        self.places.bound
    }

    /// The object of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.places.get(place(number))
    }

    /// Changes every object in anything but its name.
    pub(crate) fn for_each_mut(&mut self, mut change: impl FnMut(&mut T)) {
        for chunk in &mut self.places.chunks {
            Arc::make_mut(chunk).iter_mut().flatten().for_each(&mut change);
        }
    }

    /// The number of the object whose name, hashed as its own is, satisfies a test.
    pub(crate) fn find(&self, name: impl Hash, mut is_it: impl FnMut(&T) -> bool) -> Option<u32> {
        let hash = self.hasher.hash_one(name);
        let same = |number: &u32| self.get(*number).is_some_and(&mut is_it);
        self.by_name.find(hash, same).copied()
    }

    /// Puts an object in the place of the one of its name, or in a new one; gives its number and what was there.
    pub(crate) fn put(&mut self, object: T) -> (u32, Option<T>) {
        let hash = object.hash_name(&self.hasher);
        let same = |number: &u32| self.get(*number).is_some_and(|other| other.compare(&object).is_eq());
        if let Some(number) = self.by_name.find(hash, same).copied() {
            let before = self.places.get_mut(place(number)).and_then(|place| place.replace(object));
            return (number, before);
        }
        let number = match self.free.pop() {
            Some(number) => number,
            None => u32::try_from(self.places.add()).unwrap_or(u32::MAX),
        };
        self.sorted = self.sorted && self.is_in_order(place(number), &object);
        if let Some(place) = self.places.get_mut(place(number)) {
            *place = Some(object);
        }
        let (places, hasher) = (&self.places, &self.hasher);
        let rehash = |number: &u32| places.get(place(*number)).map_or(0, |object| object.hash_name(hasher));
        self.by_name.insert_unique(hash, number, rehash);
        (number, None)
    }

    /// Whether an object would lie in the order of names in a free place; what is not found near it counts as out of order.
    fn is_in_order(&self, at: usize, object: &T) -> bool {
        let below = at.saturating_sub(NEAR)..at;
        let above = at.saturating_add(1)..self.places.bound.min(at.saturating_add(NEAR));
        let is_all = (below.start == 0, above.end == self.places.bound);
        let before = below.rev().find_map(|at| self.places.get(at));
        let after = above.clone().find_map(|at| self.places.get(at));
        before.map_or(is_all.0, |before| before.compare(object).is_lt())
            && after.map_or(is_all.1, |after| object.compare(after).is_lt())
    }

    /// Takes an object out; its number is free for another from then on.
    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let hash = self.get(number)?.hash_name(&self.hasher);
        if let Ok(entry) = self.by_name.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
        self.free.push(number);
        self.places.get_mut(place(number))?.take()
    }

    /// How two objects compare by name, by their numbers.
    pub(crate) fn compare(&self, a: u32, b: u32) -> Ordering {
        if self.sorted {
            return a.cmp(&b);
        }
        match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => a.compare(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// The objects in the order of their names, with their numbers.
    ///
    /// # Complexity
    /// Linear where numbers follow names; else the names are sorted first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let mut order: Vec<(u32, &T)> = Vec::new();
        let in_place = if self.sorted { self.places.bound } else { 0 };
        if !self.sorted {
            order = self.unordered().collect();
            order.sort_by(|(_, a), (_, b)| a.compare(b));
        }
        self.unordered().take(in_place).chain(order)
    }

    /// The objects in the order of their numbers.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (u32, &T)> {
        self.places.iter()
    }
}

impl<T: Named + Clone + PartialEq> PartialEq for Slab<T> {
    /// Whether the objects are the same, whatever their numbers.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().map(|(_, a)| a).eq(other.iter().map(|(_, b)| b))
    }
}

impl<T: Named + Clone + Eq> Eq for Slab<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    impl Named for &str {
        fn compare(&self, other: &Self) -> Ordering {
            self.cmp(other)
        }

        fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
            hasher.hash_one(*self)
        }
    }

    #[test]
    fn numbers_stay_and_walks_are_in_the_order_of_names() {
        let mut slab = Slab::of_sorted(alloc::vec!["b", "d", "f"]);
        assert_eq!(slab.put("e"), (3, None));
        assert_eq!(slab.put("d"), (1, Some("d")));
        assert_eq!(slab.remove(0), Some("b"));
        assert_eq!(slab.remove(0), None);
        assert_eq!(slab.put("a"), (0, None));
        assert_eq!(slab.iter().collect::<Vec<_>>(), [(0, &"a"), (1, &"d"), (3, &"e"), (2, &"f")]);
        assert_eq!(slab.find("f", |name| *name == "f"), Some(2));
        assert_eq!(slab.find("b", |name| *name == "b"), None);
        assert_eq!((slab.len(), slab.bound()), (4, 4));
        assert_eq!(slab, Slab::of_sorted(alloc::vec!["a", "d", "e", "f"]));
    }

    #[test]
    fn numbers_follow_names_as_long_as_each_object_is_put_between_its_neighbours() {
        let put_back = |slab: &mut Slab<&'static str>, number, object| {
            slab.remove(number);
            assert_eq!(slab.put(object), (number, None));
        };
        let mut slab = Slab::of_sorted(alloc::vec!["b", "d", "f"]);
        for (number, object) in [(0, "a"), (2, "g"), (1, "e")] {
            put_back(&mut slab, number, object);
            assert!(slab.sorted, "{object}");
        }
        slab.put("h");
        assert!(slab.sorted);
        for (number, object) in [(1, "h2"), (1, "0"), (3, "c")] {
            let mut other = slab.clone();
            put_back(&mut other, number, object);
            assert!(!other.sorted, "{object}");
        }
        let mut slab = Slab::default();
        slab.put("a");
        for _ in 0..NEAR {
            slab.places.add();
        }
        slab.put("b");
        assert!(!slab.sorted, "nobody is near");
    }
}
