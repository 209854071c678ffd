//! The functions that a host sees.
#![expect(unsafe_code, reason = "exported names, and state that lives between calls")]

use core::cell::UnsafeCell;
use core::fmt::{Display, Write};
use core::net::Ipv4Addr;

use crate::abi::{ERROR_BYTES, MINOR, caps, packed};
use crate::guest::{Failure, Guest};

/// Something of which a module without threads has one.
pub(crate) struct Only<T>(pub(crate) UnsafeCell<T>);

// SAFETY: the module is built without threads, so that nothing is ever shared with another one.
unsafe impl<T> Sync for Only<T> {}

static GUEST: Only<Guest> = Only(UnsafeCell::new(Guest::new()));
static ERROR: Only<[u8; ERROR_BYTES]> = Only(UnsafeCell::new([0; ERROR_BYTES]));

/// The state, for the time of one call.
#[inline(always)]
pub(crate) fn guest<R>(call: impl FnOnce(&mut Guest) -> R) -> R {
    // SAFETY: there is one thread, the guest calls nobody who could call it, and no call below is made within another:
    // this is the only reference.
    call(unsafe { &mut *GUEST.0.get() })
}

/// Leaves a text where the host finds it.
pub(crate) fn tell(what: &dyn Display) {
    /// Writes what fits.
    struct Rest<'a>(&'a mut [u8]);

    impl Write for Rest<'_> {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            let rest = core::mem::take(&mut self.0);
            let fits = text.len().min(rest.len());
            let (now, later) = rest.split_at_mut(fits);
            now.copy_from_slice(&text.as_bytes()[..fits]);
            self.0 = later;
            Ok(())
        }
    }

    // SAFETY: there is one thread, and formatting calls nothing that tells.
    let block = unsafe { &mut *ERROR.0.get() };
    block.fill(0);
    // One byte stays zero, and ends the text.
    let (_, room) = block.split_last_mut().unwrap_or((&mut 0, &mut []));
    let _ = write!(Rest(room), "{what}");
}

#[cold]
fn failed(failure: Failure) -> i32 {
    tell(&failure);
    guest(|guest| guest.count(failure));
    failure.code()
}

pub(crate) fn code(result: Result<u32, Failure>) -> i32 {
    match result {
        Ok(value) => i32::try_from(value).unwrap_or(i32::MAX),
        Err(failure) => failed(failure),
    }
}

fn pointer(result: Result<u32, Failure>) -> u32 {
    result.unwrap_or_else(|failure| {
        failed(failure);
        0
    })
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_abi_1() {}

#[unsafe(no_mangle)]
extern "C" fn portcullis_abi_minor() -> i32 {
    MINOR
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_caps() -> i64 {
    let simd = if cfg!(target_feature = "simd128") { caps::SIMD } else { 0 };
    let full = if cfg!(feature = "manifest") {
        caps::COMPILE | caps::EXPLAIN | caps::VALIDATE | caps::ANALYZE
    } else {
        0
    };
    caps::IPV6 | caps::SCTP | caps::DELTAS | caps::STRIDES | simd | full
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_io(max_flows: u32) -> u32 {
    #[cfg(feature = "manifest")]
    crate::runtime::tell_of_panics();
    let error = u32::try_from(ERROR.0.get().expose_provenance()).unwrap_or(0);
    pointer(guest(|guest| guest.io(max_flows, error)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_alloc(len: u32, align: u32) -> u32 {
    pointer(guest(|guest| guest.alloc(len, align)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_free(ptr: u32, len: u32, align: u32) -> i32 {
    code(guest(|guest| guest.free(ptr, len, align)).map(|()| 0))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_image_reserve(len: u32) -> u32 {
    pointer(guest(|guest| guest.image_reserve(len)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_image_commit(ptr: u32, len: u32, flags: u32) -> i32 {
    code(guest(|guest| guest.image_commit(ptr, len, flags)).map(|()| 0))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_image_info(out: u32, cap: u32) -> i32 {
    code(guest(|guest| guest.image_info(out, cap)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_delta_apply(ptr: u32, len: u32, flags: u32) -> i32 {
    code(guest(|guest| guest.delta_apply(ptr, len, flags)).map(|()| 0))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_decide(packet: u32) -> i64 {
    match guest(|guest| guest.decide(packet)) {
        Ok(decision) => packed(&decision),
        Err(failure) => {
            failed(failure);
            0
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_decide_v4(source: u32, destination: u32, ports: u32, rest: u32) -> i64 {
    // One by one: two in an array would be put in order, and back again, as one number.
    let (source, destination) = (Ipv4Addr::from_bits(source), Ipv4Addr::from_bits(destination));
    let rest = u64::from(ports) | u64::from(rest) << 32;
    match guest(|guest| guest.decide_v4(source, destination, rest)) {
        Ok(decision) => packed(&decision),
        Err(failure) => {
            failed(failure);
            0
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_decide_batch(input: u32, count: u32, stride: u32, output: u32) -> i32 {
    code(guest(|guest| guest.decide_batch(input, count, stride, output)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_stats(out: u32, cap: u32) -> i32 {
    code(guest(|guest| guest.stats(out, cap)))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_reset() -> i32 {
    guest(Guest::reset);
    #[cfg(feature = "manifest")]
    crate::full::forget();
    0
}
