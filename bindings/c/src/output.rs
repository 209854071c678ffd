//! What callers get: bytes that are theirs until they give them back.
#![expect(unsafe_code, reason = "bytes go to callers and come back by pointer")]

use std::ffi::c_void;
use std::ptr;

/// Bytes that belong to the caller.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawBytes {
    data: *mut c_void,
    len: usize,
}

impl RawBytes {
    /// No bytes.
    pub(crate) const NONE: Self = Self { data: ptr::null_mut(), len: 0 };

    /// Hands bytes over.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() {
            return Self::NONE;
        }
        let bytes = bytes.into_boxed_slice();
        let len = bytes.len();
        Self { data: Box::into_raw(bytes).cast(), len }
    }

    /// Takes the bytes back, if there are any.
    ///
    /// # Safety
    /// They are [`RawBytes::NONE`], or as [`RawBytes::new`] gave them.
    pub(crate) unsafe fn take(&mut self) {
        let Self { data, len } = std::mem::replace(self, Self::NONE);
        if !data.is_null() {
            // SAFETY: `new` made them of a boxed slice of this length, by the caller's promise.
            drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(data.cast::<u8>(), len)) });
        }
    }
}
