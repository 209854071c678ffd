//! What callers hand over: pointers and lengths, turned into references.
#![expect(unsafe_code, reason = "references to what callers point at")]

use std::ffi::{CStr, c_char, c_void};
use std::net::{IpAddr, Ipv6Addr};
use std::slice;

use portcullis::Packet;

use crate::status::{Failure, Status};

/// A text to load, as callers have it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct RawSource {
    name: *const c_char,
    text: *const c_void,
    len: usize,
}

/// An object by its name, as callers have it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct RawObject {
    kind: *const c_char,
    namespace: *const c_char,
    name: *const c_char,
}

/// A text to load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceText<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// An object by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectName<'a> {
    pub(crate) kind: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

/// What lies at a pointer that a caller promises to be good.
///
/// # Safety
/// `pointer` is null, or points at a `T` that lives and that nobody writes while the reference is used.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, what: &str) -> Result<&'a T, Failure> {
    // SAFETY: the caller's promise; null gives nothing.
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::new(Status::Argument, format!("{what} is null")))
}

/// As [`reference`], to be written.
///
/// # Safety
/// `pointer` is null, or points at memory for a `T` that nobody else uses while the reference is used.
pub(crate) unsafe fn place<'a, T>(pointer: *mut T, what: &str) -> Result<&'a mut T, Failure> {
    // SAFETY: the caller's promise; null gives nothing.
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::new(Status::Argument, format!("{what} is null")))
}

/// `len` items from a pointer on; null is good for none.
///
/// # Safety
/// As [`reference`], for `len` items in a row.
pub(crate) unsafe fn items<'a, T>(pointer: *const T, len: usize, what: &str) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    fits::<T>(len, what)?;
    // SAFETY: the caller's promise, for what `reference` has found not to be null; the length fits an address space.
    unsafe { reference(pointer, what).map(|_| slice::from_raw_parts(pointer, len)) }
}

/// As [`items`], to be written.
///
/// # Safety
/// As [`place`], for `len` items in a row.
pub(crate) unsafe fn places<'a, T>(pointer: *mut T, len: usize, what: &str) -> Result<&'a mut [T], Failure> {
    if len == 0 {
        return Ok(&mut []);
    }
    fits::<T>(len, what)?;
    // SAFETY: the caller's promise, for what `place` has found not to be null; the length fits an address space.
    unsafe { place(pointer, what).map(|_| slice::from_raw_parts_mut(pointer, len)) }
}

fn fits<T>(len: usize, what: &str) -> Result<(), Failure> {
    let bytes = len.checked_mul(size_of::<T>()).and_then(|bytes| isize::try_from(bytes).ok());
    bytes.map(|_| ()).ok_or_else(|| Failure::new(Status::Argument, format!("{what} is too long")))
}

/// Packets, each `stride` bytes after the one before.
///
/// # Safety
/// As [`items`], for `count` times `stride` bytes; after the last packet the bytes up to the stride need not be there.
pub(crate) unsafe fn packets<'a>(
    pointer: *const c_void,
    count: usize,
    stride: usize,
) -> Result<Packets<'a>, Failure> {
    if stride < size_of::<Packet>() {
        return Err(Failure::argument("the stride is less than a packet's 40 bytes"));
    }
    let before_last = count.saturating_sub(1).checked_mul(stride);
    let len = before_last.and_then(|bytes| bytes.checked_add(size_of::<Packet>()));
    let len = len.ok_or_else(|| Failure::argument("count times stride is too long"))?;
    // SAFETY: the caller's promise.
    let bytes = unsafe { items(pointer.cast::<u8>(), if count == 0 { 0 } else { len }, "packets")? };
    Ok(Packets { bytes, stride })
}

/// Packets in a row, close or apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packets<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl<'a> Packets<'a> {
    /// The packets as they lie, where nothing is between them.
    pub(crate) fn in_a_row(self) -> Option<&'a [Packet]> {
        (self.stride == size_of::<Packet>()).then(|| bytemuck::try_cast_slice(self.bytes).ok()).flatten()
    }

    /// The packets one after another, copied.
    pub(crate) fn one_by_one(self) -> impl Iterator<Item = Packet> {
        let packet = |bytes: &[u8]| bytes.get(..size_of::<Packet>()).map(bytemuck::pod_read_unaligned);
        self.bytes.chunks(self.stride).filter_map(packet)
    }
}

/// Addresses of 16 bytes each, in network order.
///
/// # Safety
/// As [`items`], for 16 times `count` bytes.
pub(crate) unsafe fn addresses(pointer: *const c_void, count: usize) -> Result<Vec<IpAddr>, Failure> {
    // SAFETY: the caller's promise; arrays of bytes lie at any address.
    let raw = unsafe { items(pointer.cast::<[u8; 16]>(), count, "addresses")? };
    Ok(raw.iter().map(|bytes| Ipv6Addr::from(*bytes).to_canonical()).collect())
}

/// A text that ends with a zero.
///
/// # Safety
/// `pointer` is null, or points at a text with a zero at its end that nobody writes while the reference is used.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise, for what `reference` has found not to be null.
    let text = unsafe { reference(pointer, what).map(|_| CStr::from_ptr(pointer))? };
    text.to_str().map_err(|_| Failure::new(Status::Argument, format!("{what} is not UTF-8")))
}

/// A text that may be missing, which is an empty one.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(pointer: *const c_char, what: &str) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise.
    if pointer.is_null() { Ok("") } else { unsafe { text(pointer, what) } }
}

/// Texts to load.
///
/// # Safety
/// As [`items`], for the sources, their names and their texts.
pub(crate) unsafe fn sources<'a>(
    pointer: *const RawSource,
    count: usize,
) -> Result<Vec<SourceText<'a>>, Failure> {
    // SAFETY: the caller's promise, here and below.
    let raw = unsafe { items(pointer, count, "sources")? };
    let source = |source: &RawSource| unsafe {
        let name = text(source.name, "a source's name")?;
        Ok(SourceText { name, bytes: items(source.text.cast(), source.len, "a source's text")? })
    };
    raw.iter().map(source).collect()
}

/// Objects by name.
///
/// # Safety
/// As [`items`], for the objects and their texts.
pub(crate) unsafe fn objects<'a>(
    pointer: *const RawObject,
    count: usize,
) -> Result<Vec<ObjectName<'a>>, Failure> {
    // SAFETY: the caller's promise, here and below.
    let raw = unsafe { items(pointer, count, "removed")? };
    let object = |object: &RawObject| unsafe {
        let kind = text(object.kind, "an object's kind")?;
        let namespace = optional_text(object.namespace, "an object's namespace")?;
        Ok(ObjectName { kind, namespace, name: text(object.name, "an object's name")? })
    };
    raw.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_apart_are_those_in_a_row() {
        let packet = |port: u8| Packet { destination_port: [port, 0], ..Packet::default() };
        let close: Vec<u8> =
            [1, 2, 3].into_iter().flat_map(|port| bytemuck::bytes_of(&packet(port)).to_vec()).collect();
        let mut apart = Vec::new();
        for bytes in close.chunks(40) {
            apart.extend_from_slice(bytes);
            apart.extend_from_slice(&[0xaa; 9]);
        }
        // After the last packet nothing has to follow.
        apart.truncate(2 * 49 + 40);
        let expected = [packet(1), packet(2), packet(3)];
        // SAFETY: both are as long as said.
        let (row, far) = unsafe {
            let row = packets(close.as_ptr().cast(), 3, 40).unwrap();
            (row, packets(apart.as_ptr().cast(), 3, 49).unwrap())
        };
        assert_eq!(row.in_a_row(), Some(expected.as_slice()));
        assert_eq!(far.in_a_row(), None);
        assert_eq!(far.one_by_one().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn lengths_that_no_memory_has_are_refused_before_anything_is_read() {
        let byte = 0_u8;
        let at = std::ptr::from_ref(&byte);
        // SAFETY: nothing is read where the length is refused, or none.
        unsafe {
            for (count, stride) in [(2, usize::MAX), (usize::MAX, 40), (1, 39), (usize::MAX / 40, 48)] {
                assert_eq!(packets(at.cast(), count, stride).unwrap_err().status, Status::Argument);
            }
            assert!(packets(std::ptr::null(), 0, 40).unwrap().one_by_one().next().is_none());
            assert_eq!(packets(std::ptr::null(), 1, 40).unwrap_err().message, "packets is null");
            assert!(items::<u64>(at.cast(), usize::MAX, "x").is_err());
            assert!(items::<u64>(std::ptr::null(), 0, "x").unwrap().is_empty());
        }
    }
}
