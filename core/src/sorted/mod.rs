//! Maps and sets in the order of their keys, of which a program can hold many without much code.
//!
//! They are used as [`BTreeMap`](alloc::collections::BTreeMap) and its set are, which bring a tree's code once for every
//! pair of types: it was a seventh of the browser's module, which is fetched over a network, and of these it is a twentieth.
//! They are chunks of vectors: what is looked for is halved towards, and what is put in or taken out moves its neighbours
//! in one chunk only.

mod map;
#[cfg(feature = "manifest")]
mod serial;
mod set;
mod walk;

pub use map::{Entry, SortedMap};
pub use set::SortedSet;
pub use walk::{Iter, IterMut, Members};

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]
mod tests;
