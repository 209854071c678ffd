//! Interning: equal values share one number.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, Equivalent, HashTable};

use crate::image::place;

/// Values numbered from 0 in the order in which they first came; each is held once.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T: Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), numbers: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    /// The number of a value, a new one when it has none.
    ///
    /// The model's own limits keep counts below `u32::MAX`; were one reached, the last number would stand for "none"
    /// everywhere, and nothing is allowed by it.
    pub(crate) fn intern(&mut self, value: T) -> u32 {
        self.get(&value).unwrap_or_else(|| self.add(value))
    }

    /// As `intern`, for a value that is copied only when it is new.
    pub(crate) fn intern_ref(&mut self, value: &T) -> u32
    where
        T: Clone,
    {
        self.get(value).unwrap_or_else(|| self.add(value.clone()))
    }

    fn add(&mut self, value: T) -> u32 {
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let hash = self.hasher.hash_one(&value);
        self.values.push(value);
        let (values, hasher) = (&self.values, &self.hasher);
        let rehash = |number: &u32| values.get(place(*number)).map_or(0, |value| hasher.hash_one(value));
        self.numbers.insert_unique(hash, number, rehash);
        number
    }

    /// The number of a value that has one.
    pub(crate) fn get<Q: Hash + Equivalent<T> + ?Sized>(&self, value: &Q) -> Option<u32> {
        let is_it = |number: &u32| self.values.get(place(*number)).is_some_and(|own| value.equivalent(own));
        self.numbers.find(self.hasher.hash_one(value), is_it).copied()
    }

    /// The values, by number.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, by number, for themselves.
    pub(crate) fn into_values(self) -> Vec<T> {
        self.values
    }
}
