//! The map.

use alloc::vec::{IntoIter, Vec};
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::walk::{Iter, IterMut};

/// How many entries a chunk has before it becomes two.
pub(super) const CHUNK: usize = 128;

/// Where an entry is, or would be: its chunk and its place in that.
type Place = (usize, usize);

/// A map in the order of its keys.
///
/// ```
/// use portcullis::sorted::SortedMap;
///
/// let mut map: SortedMap<&str, u32> = [("b", 2), ("a", 1)].into_iter().collect();
/// *map.entry("c").or_default() += 3;
/// assert_eq!(map.iter().collect::<Vec<_>>(), [(&"a", &1), (&"b", &2), (&"c", &3)]);
/// assert_eq!(map.get("b"), Some(&2));
/// ```
///
/// # Complexity
/// Looking up is logarithmic. Putting in and taking out also move the entries of one chunk, and seldom the list of
/// chunks, which has a hundredth of the map's length.
#[derive(Clone)]
pub struct SortedMap<K, V> {
    /// None is empty.
    chunks: Vec<Vec<(K, V)>>,
}

/// Where an entry of a map is, or is to be.
pub struct Entry<'a, K, V> {
    map: &'a mut SortedMap<K, V>,
    key: K,
    found: Result<Place, Place>,
}

/// Halves towards what compares equal, among so many; else to where it would be.
///
/// One piece of code for all types: they differ in how they compare.
fn halve(length: usize, compare: &mut dyn FnMut(usize) -> Ordering) -> Result<usize, usize> {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = usize::midpoint(low, high);
        match compare(middle) {
            Ordering::Less => low = middle.saturating_add(1),
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => high = middle,
        }
    }
    Err(low)
}

impl<K, V> SortedMap<K, V> {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All entries, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.chunks, &[])
    }

    /// All entries, in order, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new(&mut self.chunks)
    }

    /// All keys, in order.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// All values, in the order of their keys.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// All values, in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// All values, in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    /// All keys, in order.
    pub fn into_keys(self) -> impl Iterator<Item = K> {
        self.into_iter().map(|(key, _)| key)
    }

    fn at(&self, (chunk, place): Place) -> Option<&(K, V)> {
        self.chunks.get(chunk)?.get(place)
    }

    #[expect(clippy::indexing_slicing, reason = "called with a place that was found, or made, just before")]
    fn at_mut(&mut self, (chunk, place): Place) -> &mut (K, V) {
        &mut self.chunks[chunk][place]
    }

    /// Puts an entry where it was not found; gives where it is.
    fn put(&mut self, (number, place): Place, entry: (K, V)) -> Place {
        let count = self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(number) else {
            self.chunks.push(alloc::vec![entry]);
            return (count, 0);
        };
        if chunk.len() < CHUNK {
            chunk.insert(place, entry);
            return (number, place);
        }
        let next = number.saturating_add(1);
        // What comes in order leaves full chunks behind.
        if place == chunk.len() && next == count {
            self.chunks.push(alloc::vec![entry]);
            return (next, 0);
        }
        let mut upper = chunk.split_off(CHUNK / 2);
        let at = if let Some(above) = place.checked_sub(chunk.len()) {
            upper.insert(above, entry);
            (next, above)
        } else {
            chunk.insert(place, entry);
            (number, place)
        };
        self.chunks.insert(next, upper);
        at
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Place, Place>
    where
        K: Borrow<Q>,
    {
        let compare = |entry: Option<&(K, V)>| match entry {
            Some((own, _)) => Borrow::<Q>::borrow(own).cmp(key),
            None => Ordering::Less,
        };
        let last = |number| self.chunks.get(number).and_then(|chunk: &Vec<(K, V)>| chunk.last());
        let number = halve(self.chunks.len(), &mut |number| compare(last(number)));
        // What is above all is so in the last chunk.
        let number = number.unwrap_or_else(|number| number.min(self.chunks.len().saturating_sub(1)));
        let Some(chunk) = self.chunks.get(number) else { return Err((0, 0)) };
        match halve(chunk.len(), &mut |place| compare(chunk.get(place))) {
            Ok(place) => Ok((number, place)),
            Err(place) => Err((number, place)),
        }
    }

    /// What a key has.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().and_then(|place| self.at(place)).map(|(_, value)| value)
    }

    /// What a key has, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|place| &mut self.at_mut(place).1)
    }

    /// Whether a key is there.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// The entries whose keys are no less than one, in order.
    pub fn at_least<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (Ok((chunk, place)) | Err((chunk, place))) = self.find(key);
        let (first, rest) = match self.chunks.get(chunk..).and_then(<[_]>::split_first) {
            Some((first, rest)) => (first.get(place..).unwrap_or_default(), rest),
            None => (&[][..], &[][..]),
        };
        Iter::new(rest, first)
    }

    /// The entry with the greatest key that is no more than one.
    pub fn last_at_most<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let place = match self.find(key) {
            Ok(place) => place,
            // Below all of a chunk, so that the last of the one before is the nearest.
            Err((chunk, 0)) => {
                let before = chunk.checked_sub(1)?;
                (before, self.chunks.get(before)?.len().saturating_sub(1))
            }
            Err((chunk, place)) => (chunk, place.saturating_sub(1)),
        };
        self.at(place).map(|(key, value)| (key, value))
    }

    /// Gives a key a value; gives what it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => Some(core::mem::replace(&mut self.at_mut(place).1, value)),
            Err(place) => {
                self.put(place, (key, value));
                None
            }
        }
    }

    /// Takes a key out; gives what it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (number, place) = self.find(key).ok()?;
        let chunk = self.chunks.get_mut(number)?;
        let (_, value) = chunk.remove(place);
        if chunk.is_empty() {
            self.chunks.remove(number);
        }
        Some(value)
    }

    /// The entry of a key.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let found = self.find(&key);
        Entry { map: self, key, found }
    }
}

impl<'a, K, V> Entry<'a, K, V> {
    /// The value; a given one if there is none yet.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value; if there is none yet, what is made.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        self.or_insert_with_key(|_| make())
    }

    /// The value; if there is none yet, what is made of the key.
    pub fn or_insert_with_key(self, make: impl FnOnce(&K) -> V) -> &'a mut V {
        let place = match self.found {
            Ok(place) => place,
            Err(place) => {
                let value = make(&self.key);
                self.map.put(place, (self.key, value))
            }
        };
        &mut self.map.at_mut(place).1
    }

    /// The value; its type's default if there is none yet.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SortedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other)
    }
}

impl<K: Eq, V: Eq> Eq for SortedMap<K, V> {}

impl<K: PartialOrd, V: PartialOrd> PartialOrd for SortedMap<K, V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.iter().partial_cmp(other)
    }
}

impl<K: Ord, V: Ord> Ord for SortedMap<K, V> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl<K: Hash, V: Hash> Hash for SortedMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| drop(self.insert(key, value)));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for SortedMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        let mut chunks = self.chunks.into_iter();
        let mut all = chunks.next().unwrap_or_default();
        chunks.for_each(|mut chunk: Vec<(K, V)>| all.append(&mut chunk));
        all.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut SortedMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
