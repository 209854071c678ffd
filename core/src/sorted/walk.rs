//! Walks over the entries.

use alloc::vec::Vec;
use core::slice;

/// Entries in order.
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    chunks: slice::Iter<'a, Vec<(K, V)>>,
    front: slice::Iter<'a, (K, V)>,
    back: slice::Iter<'a, (K, V)>,
}

/// Entries in order, with values that can be changed.
#[derive(Debug)]
pub struct IterMut<'a, K, V> {
    chunks: slice::IterMut<'a, Vec<(K, V)>>,
    front: slice::IterMut<'a, (K, V)>,
}

/// The members of a set in order.
#[derive(Debug)]
pub struct Members<'a, T>(pub(super) Iter<'a, T, ()>);

impl<'a, K, V> Iter<'a, K, V> {
    /// Over some entries and then those of chunks.
    pub(super) fn new(chunks: &'a [Vec<(K, V)>], first: &'a [(K, V)]) -> Self {
        Self { chunks: chunks.iter(), front: first.iter(), back: [].iter() }
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), front: self.front.clone(), back: self.back.clone() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            match self.chunks.next() {
                Some(chunk) => self.front = chunk.iter(),
                None => return self.back.next().map(|(key, value)| (key, value)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Of one chunk it is exact: most maps are so small.
        let least = self.front.len().saturating_add(self.back.len());
        let first = self.chunks.as_slice().first().map_or(0, Vec::len);
        (least.saturating_add(first), None)
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.back.next_back() {
                return Some((key, value));
            }
            match self.chunks.next_back() {
                Some(chunk) => self.back = chunk.iter(),
                None => return self.front.next_back().map(|(key, value)| (key, value)),
            }
        }
    }
}

impl<'a, K, V> IterMut<'a, K, V> {
    pub(super) fn new(chunks: &'a mut [Vec<(K, V)>]) -> Self {
        Self { chunks: chunks.iter_mut(), front: [].iter_mut() }
    }
}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            self.front = self.chunks.next()?.iter_mut();
        }
    }
}

impl<T> Clone for Members<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, T> Iterator for Members<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(member, ())| member)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> DoubleEndedIterator for Members<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(member, ())| member)
    }
}
