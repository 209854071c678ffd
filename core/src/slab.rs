//! Objects by number and by name: numbers stay while an object lives, names are found by hash, and walks are in the
//! order of names.

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

/// Objects in numbered places, some of which may be free.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Whether the numbers follow the names, as they do in whatever was made at once.
    sorted: bool,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            by_name: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            sorted: true,
        }
    }
}

impl<T: Named> Slab<T> {
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
        slab.places = objects.into_iter().map(Some).collect();
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
        self.places.len()
    }

    /// The object of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.places.get(place(number))?.as_ref()
    }

    /// The object of a number, to be changed in anything but its name.
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.places.get_mut(place(number))?.as_mut()
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
            None => {
                self.places.push(None);
                u32::try_from(self.places.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        let is_last = place(number).saturating_add(1) == self.places.len();
        let previous = self.places.iter().rev().flatten().next();
        self.sorted &= is_last && previous.is_none_or(|previous| previous.compare(&object).is_lt());
        if let Some(place) = self.places.get_mut(place(number)) {
            *place = Some(object);
        }
        let (places, hasher) = (&self.places, &self.hasher);
        let rehash = |number: &u32| {
            let object = places.get(place(*number)).and_then(Option::as_ref);
            object.map_or(0, |object| object.hash_name(hasher))
        };
        self.by_name.insert_unique(hash, number, rehash);
        (number, None)
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
        let in_place = if self.sorted { self.places.len() } else { 0 };
        if !self.sorted {
            order = self.unordered().collect();
            order.sort_by(|(_, a), (_, b)| a.compare(b));
        }
        self.unordered().take(in_place).chain(order)
    }

    /// The objects in the order of their numbers.
    pub(crate) fn unordered(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.places).filter_map(|(number, object)| Some((number, object.as_ref()?)))
    }
}

impl<T: Named + PartialEq> PartialEq for Slab<T> {
    /// Whether the objects are the same, whatever their numbers.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().map(|(_, a)| a).eq(other.iter().map(|(_, b)| b))
    }
}

impl<T: Named + Eq> Eq for Slab<T> {}

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
}
