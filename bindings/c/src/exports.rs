//! The functions that callers see, one for each declaration of the header.
#![expect(unsafe_code, reason = "exported names, and pointers of callers")]

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use portcullis::{Packet, PacketDecision, Reason};

use crate::engine::{self, SharedEngine};
use crate::handle::Handle;
use crate::image::{ImageInfo, SharedImage};
use crate::input::{
    self, RawObject, RawSource, items, objects, optional_text, place, places, reference, text,
};
use crate::output::RawBytes;
use crate::status::{Failure, Status, call, message};

/// The major version in the upper half, the minor one in the lower.
const ABI_VERSION: u32 = 0x0001_0000;

#[unsafe(no_mangle)]
extern "C" fn portcullis_abi_version() -> u32 {
    ABI_VERSION
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_error_message() -> *const c_char {
    message()
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_status_name(status: i32) -> *const c_char {
    let known = Status::ALL.into_iter().find(|known| known.number() == status);
    known.map_or(c"unknown", Status::name).as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_reason_name(reason: u8) -> *const c_char {
    name_of(Reason::from_number(reason)).as_ptr()
}

const fn name_of(reason: Reason) -> &'static CStr {
    match reason {
        Reason::Isolated => c"isolated",
        Reason::ProtocolDenied => c"protocol-denied",
        Reason::DenyRule => c"deny-rule",
        Reason::Rule => c"rule",
        Reason::NoPolicy => c"no-policy",
        Reason::NotAPod => c"not-a-pod",
        Reason::HostNetwork => c"host-network",
        Reason::FinishedPod => c"finished-pod",
        Reason::Loopback => c"loopback",
        Reason::OwnNode => c"own-node",
        Reason::ProtocolExempt => c"protocol-exempt",
        Reason::Reply => c"reply",
        Reason::Established => c"established",
        Reason::Skipped => c"skipped",
        _ => c"not-evaluated",
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_bytes_free(bytes: *mut RawBytes) {
    // SAFETY: the header asks for bytes that this library gave, or that are zero.
    unsafe {
        if let Ok(bytes) = place(bytes, "bytes") {
            bytes.take();
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_open(
    bytes: *const c_void,
    len: usize,
    image: *mut *mut SharedImage,
) -> i32 {
    // SAFETY: the header asks for `len` bytes and for a place.
    unsafe { open(image, || SharedImage::open(items(bytes.cast::<u8>(), len, "bytes")?)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_close(image: *mut SharedImage) {
    // SAFETY: the header asks for a handle that nobody uses any more.
    unsafe { close(image) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_describe(image: *const SharedImage, info: *mut ImageInfo) -> i32 {
    // SAFETY: the header asks for a handle and a place.
    unsafe {
        with(image, |image| {
            *place(info, "info")? = image.info();
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_apply(
    image: *const SharedImage,
    delta: *const c_void,
    len: usize,
) -> i32 {
    // SAFETY: the header asks for a handle and `len` bytes.
    unsafe { with(image, |image| image.apply(items(delta.cast::<u8>(), len, "delta")?)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_decide(
    image: *const SharedImage,
    packet: *const Packet,
    decision: *mut PacketDecision,
) -> i32 {
    // SAFETY: the header asks for a handle, a packet and a place.
    unsafe { decide(image, packet, decision) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_image_decide_batch(
    image: *const SharedImage,
    packets: *const c_void,
    count: usize,
    stride: usize,
    decisions: *mut PacketDecision,
) -> i32 {
    // SAFETY: the header asks for a handle, packets and places.
    unsafe { decide_batch(image, packets, count, stride, decisions) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_open(
    sources: *const RawSource,
    count: usize,
    options: *const c_char,
    engine: *mut *mut SharedEngine,
    report: *mut RawBytes,
) -> i32 {
    // SAFETY: the header asks for sources, a text and two places, of which the one for the report may be missing.
    unsafe {
        hand_over(report, Vec::new());
        open(engine, || {
            let sources = input::sources(sources, count)?;
            let options = engine::options(optional_text(options, "options")?)?;
            let read = engine::read(&sources);
            hand_over(report, read.report.into_bytes());
            Ok(SharedEngine::new(read.loaded?, options))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_close(engine: *mut SharedEngine) {
    // SAFETY: the header asks for a handle that nobody uses any more.
    unsafe { close(engine) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_update(
    engine: *const SharedEngine,
    put: *const RawSource,
    put_count: usize,
    removed: *const RawObject,
    removed_count: usize,
    delta: *mut RawBytes,
    report: *mut RawBytes,
) -> i32 {
    // SAFETY: the header asks for a handle, sources, objects and two places, which may be missing.
    unsafe {
        hand_over(delta, Vec::new());
        hand_over(report, Vec::new());
        with(engine, |engine| {
            let (put, removed) = (input::sources(put, put_count)?, objects(removed, removed_count)?);
            let read = engine::read(&put);
            hand_over(report, read.report.into_bytes());
            hand_over(delta, engine.update(&read.loaded?, &removed)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_replace(
    engine: *const SharedEngine,
    sources: *const RawSource,
    count: usize,
    delta: *mut RawBytes,
    report: *mut RawBytes,
) -> i32 {
    // SAFETY: the header asks for a handle, sources and two places, which may be missing.
    unsafe {
        hand_over(delta, Vec::new());
        hand_over(report, Vec::new());
        with(engine, |engine| {
            let read = engine::read(&input::sources(sources, count)?);
            hand_over(report, read.report.into_bytes());
            hand_over(delta, engine.replace(read.loaded?)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_resolve(
    engine: *const SharedEngine,
    name: *const c_char,
    addresses: *const c_void,
    count: usize,
    delta: *mut RawBytes,
) -> i32 {
    // SAFETY: the header asks for a handle, a text, `count` addresses and a place, which may be missing.
    unsafe {
        hand_over(delta, Vec::new());
        with(engine, |engine| {
            let addresses = input::addresses(addresses, count)?;
            hand_over(delta, engine.resolve(text(name, "name")?, addresses)?);
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_image(engine: *const SharedEngine, image: *mut RawBytes) -> i32 {
    // SAFETY: the header asks for a handle and a place.
    unsafe {
        with(engine, |engine| {
            hand_over(place(image, "image")?, engine.image());
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_decide(
    engine: *const SharedEngine,
    packet: *const Packet,
    decision: *mut PacketDecision,
) -> i32 {
    // SAFETY: the header asks for a handle, a packet and a place.
    unsafe { decide(engine, packet, decision) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_decide_batch(
    engine: *const SharedEngine,
    packets: *const c_void,
    count: usize,
    stride: usize,
    decisions: *mut PacketDecision,
) -> i32 {
    // SAFETY: the header asks for a handle, packets and places.
    unsafe { decide_batch(engine, packets, count, stride, decisions) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn portcullis_engine_explain(
    engine: *const SharedEngine,
    packet: *const Packet,
    trace: *mut RawBytes,
) -> i32 {
    // SAFETY: the header asks for a handle, a packet and a place.
    unsafe {
        hand_over(trace, Vec::new());
        with(engine, |engine| {
            let text = engine.explain(reference(packet, "packet")?)?;
            hand_over(place(trace, "trace")?, text.into_bytes());
            Ok(())
        })
    }
}

/// Makes a handle and gives it to the caller; null where there is none.
///
/// # Safety
/// The pointer is null or good.
unsafe fn open<T>(handle: *mut *mut T, make: impl FnOnce() -> Result<T, Failure>) -> i32 {
    call(None, || {
        // SAFETY: the caller's promise.
        let handle = unsafe { place(handle, "the place for the handle")? };
        *handle = ptr::null_mut();
        *handle = Box::into_raw(Box::new(make()?));
        Ok(())
    })
}

/// Ends a handle.
///
/// # Safety
/// It is null, or from `open`, and nobody uses it any more.
unsafe fn close<T>(handle: *mut T) {
    if !handle.is_null() {
        call(None, || {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(handle) });
            Ok(())
        });
    }
}

/// Calls with what a handle stands for.
///
/// # Safety
/// It is null, or from `open` and not closed.
unsafe fn with<T: Handle>(handle: *const T, body: impl FnOnce(&T) -> Result<(), Failure>) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { reference(handle, "the handle") } {
        Ok(handle) => call(Some(handle.poison()), || body(handle)),
        Err(failure) => call(None, || Err(failure)),
    }
}

/// Decides one packet; the answer reads "denied" whatever goes wrong.
///
/// # Safety
/// As [`with`], and the other pointers are null or good.
unsafe fn decide<T: Handle>(handle: *const T, packet: *const Packet, decision: *mut PacketDecision) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let decision = cleared(decision, 1);
        with(handle, |handle| {
            let packet = reference(packet, "packet")?;
            decision?.fill(handle.decide(packet));
            Ok(())
        })
    }
}

/// Decides packets; the answers read "denied" whatever goes wrong.
///
/// # Safety
/// As [`with`], and the other pointers are null or good for the lengths that go with them.
unsafe fn decide_batch<T: Handle>(
    handle: *const T,
    packets: *const c_void,
    count: usize,
    stride: usize,
    decisions: *mut PacketDecision,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let decisions = cleared(decisions, count);
        with(handle, |handle| {
            handle.decide_batch(input::packets(packets, count, stride)?, decisions?);
            Ok(())
        })
    }
}

/// Places for decisions, all of which read "denied".
///
/// # Safety
/// The pointer is null, or there are so many places.
unsafe fn cleared<'a>(
    decisions: *mut PacketDecision,
    count: usize,
) -> Result<&'a mut [PacketDecision], Failure> {
    // SAFETY: the caller's promise. Zeros are written before there is a reference, as the memory may hold anything; a
    // count that no memory has is refused below and written nowhere.
    unsafe {
        if !decisions.is_null() && count <= isize::MAX.unsigned_abs() / size_of::<PacketDecision>() {
            decisions.write_bytes(0, count);
        }
        places(decisions, count, "decisions")
    }
}

/// Gives bytes to a caller who has a place for them.
///
/// # Safety
/// The pointer is null or good.
unsafe fn hand_over(to: *mut RawBytes, bytes: Vec<u8>) {
    if !to.is_null() {
        // SAFETY: the caller's promise; what was there is not freed, as it may be anything.
        unsafe { to.write(RawBytes::new(bytes)) };
    }
}
