//! The functions of `wit/portcullis.wit`, as the canonical ABI of components has them, for the component that `cargo
//! xtask wasm` makes of the full module.
//!
//! Whoever uses the module as it is has no use for them; one instance is used by one of the two interfaces.
#![expect(unsafe_code, reason = "exported names")]

use core::cell::UnsafeCell;

use super::exports::full;
use super::{Full, Refusal};
use crate::exports::Only;

/// Where a request is put; each function takes one at most.
static REQUEST: Only<Vec<u8>> = Only(UnsafeCell::new(Vec::new()));
/// `result<list<u8>, refusal>`: the case, then address and length of the list, or code, address and length.
static RESULT: Only<[u32; 4]> = Only(UnsafeCell::new([0; 4]));

/// Gives room for a request. Lists of bytes are all that ever comes in, so that alignment is none and nothing is resized.
#[unsafe(no_mangle)]
extern "C" fn cabi_realloc(old: u32, _old_len: u32, align: u32, len: u32) -> u32 {
    if old != 0 || align != 1 {
        core::arch::wasm32::unreachable();
    }
    // SAFETY: there is one thread, and what is below calls nobody who uses it: this is the only reference.
    let request = unsafe { &mut *REQUEST.0.get() };
    // The former request is gone by now: its room need not stay either.
    *request = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
    address(request)
}

/// Answers the request that was put there; address and length are those of the room that was given.
fn call(answer: impl FnOnce(&mut Full, &[u8]) -> Result<i32, Refusal>) -> u32 {
    // SAFETY: as above; the engine knows nothing of it.
    let request = core::mem::take(unsafe { &mut *REQUEST.0.get() });
    full(|full| {
        let (is_refused, code) = match answer(full, &request) {
            Ok(_) => (0, 0),
            Err(Refusal { code, message }) => {
                full.keep(message.into_bytes());
                (1, code)
            }
        };
        let kept = full.answer();
        let len = u32::try_from(kept.len()).unwrap_or(0);
        // SAFETY: as above; the host has read the former one.
        let result = unsafe { &mut *RESULT.0.get() };
        *result = match is_refused {
            0 => [0, address(kept), len, 0],
            _ => [is_refused, code.cast_unsigned(), address(kept), len],
        };
        address(bytemuck::cast_slice(result))
    })
}

fn address(bytes: &[u8]) -> u32 {
    let [a, b, c, d, ..] = bytes.as_ptr().expose_provenance().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#load")]
extern "C" fn load(_: u32, _: u32) -> u32 {
    call(|full, request| full.load(request).map(|(len, _)| len))
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#apply")]
extern "C" fn apply(_: u32, _: u32) -> u32 {
    call(|full, request| full.apply(request).map(|(len, _)| len))
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#validate")]
extern "C" fn validate(_: u32, _: u32) -> u32 {
    call(Full::validate)
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#eval")]
extern "C" fn eval(_: u32, _: u32) -> u32 {
    call(|full, question| full.eval(question, false))
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#explain")]
extern "C" fn explain(_: u32, _: u32) -> u32 {
    call(|full, question| full.eval(question, true))
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#list")]
extern "C" fn list(_: u32, _: u32) -> u32 {
    call(Full::list)
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#diff")]
extern "C" fn diff(_: u32, _: u32) -> u32 {
    call(Full::diff)
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#decide")]
extern "C" fn decide(_: u32, _: u32) -> u32 {
    call(Full::decide)
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#decide-flow")]
extern "C" fn decide_flow(_: u32, _: u32) -> u32 {
    call(Full::decide_flow)
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#rule")]
extern "C" fn rule(place: u32) -> u32 {
    call(|full, _| full.rule(place))
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#image")]
extern "C" fn image() -> u32 {
    call(|full, _| full.image())
}

#[unsafe(export_name = "portcullis:engine/control@0.1.0#patch")]
extern "C" fn patch() -> u32 {
    call(|full, _| full.patch())
}
