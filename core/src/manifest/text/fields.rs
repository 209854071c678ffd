//! The fields of a mapping under construction: each key once, found fast however many there are.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::manifest::tree::{Field, Position};

/// Mappings up to this many fields are searched one by one; greater ones have an index.
const SEARCHED: usize = 16;

/// A mapping under construction: each key once.
#[derive(Debug, Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    /// Where each key is in `list`; empty while the list is short.
    index: BTreeMap<String, usize>,
    /// Which fields a merge key brought.
    merged: BTreeSet<usize>,
}

impl Fields {
    fn find(&self, key: &str) -> Option<usize> {
        if self.index.is_empty() {
            self.list.iter().position(|field| field.key == key)
        } else {
            self.index.get(key).copied()
        }
    }

    /// Puts a field in its place or replaces the one of its key; tells where that one was, and
    /// whether a merge key had brought it.
    pub(super) fn put(&mut self, field: Field, from_merge: bool) -> Option<(Position, bool)> {
        if let Some(place) = self.find(&field.key) {
            let was_merged = self.merged.contains(&place);
            if from_merge {
                self.merged.insert(place);
            } else {
                self.merged.remove(&place);
            }
            let old = self.list.get_mut(place)?;
            let at = old.at;
            *old = field;
            return Some((at, was_merged));
        }
        let place = self.list.len();
        if from_merge {
            self.merged.insert(place);
        }
        if !self.index.is_empty() {
            self.index.insert(field.key.clone(), place);
        }
        self.list.push(field);
        if self.index.is_empty() && self.list.len() > SEARCHED {
            let keys = self.list.iter().enumerate();
            self.index = keys.map(|(place, field)| (field.key.clone(), place)).collect();
        }
        None
    }

    /// The fields in the order in which their keys came first.
    pub(super) fn into_list(self) -> Vec<Field> {
        self.list
    }
}
