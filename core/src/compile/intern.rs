//! Interning: equal values share one number.

use alloc::vec::Vec;
use core::hash::Hash;

use hashbrown::HashMap;

/// Values numbered from 0 in the order in which they first came.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }

    /// The number of a value, a new one when it has none.
    ///
    /// The model's own limits keep counts below `u32::MAX`; were one reached, the last number would stand for "none"
    /// everywhere, and nothing is allowed by it.
    pub(crate) fn intern(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// The number of a value that has one.
    pub(crate) fn get(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// The values, by number.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The values, by number, without the way back.
    pub(crate) fn into_values(self) -> Vec<T> {
        self.values
    }
}
