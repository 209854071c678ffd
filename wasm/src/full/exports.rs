//! The functions of the full module.
#![expect(unsafe_code, reason = "exported names")]

use core::cell::UnsafeCell;

use super::{Change, Full, Refusal};
use crate::exports::{Only, code, guest, tell};
use crate::guest::Failure;

static FULL: Only<Full> = Only(UnsafeCell::new(Full::new()));

pub(super) fn full<R>(call: impl FnOnce(&mut Full) -> R) -> R {
    // SAFETY: there is one thread, the guest calls nobody who could call it, and no call below is made within another:
    // this is the only reference.
    call(unsafe { &mut *FULL.0.get() })
}

fn refused(refusal: &Refusal) -> i32 {
    tell(&refusal.message);
    refusal.code
}

/// The bytes of a request, copied out: what follows may move the host's blocks.
fn request(ptr: u32, len: u32) -> Result<Vec<u8>, i32> {
    let bytes = guest(|guest| guest.bytes_at(ptr, len).map(<[u8]>::to_vec));
    bytes
        .ok_or_else(|| code(Err(Failure::Argument("the request does not lie in a block that the host owns"))))
}

fn call(ptr: u32, len: u32, answer: impl FnOnce(&mut Full, &[u8]) -> Result<i32, Refusal>) -> i32 {
    match request(ptr, len) {
        Ok(bytes) => full(|full| answer(full, &bytes)).unwrap_or_else(|refusal| refused(&refusal)),
        Err(code) => code,
    }
}

/// Has the decider follow what the engine did.
fn follow(
    ptr: u32,
    len: u32,
    change: impl FnOnce(&mut Full, &[u8]) -> Result<(i32, Change), Refusal>,
) -> i32 {
    call(ptr, len, |full, bytes| {
        let (answer, change) = change(full, bytes)?;
        let engine = full.engine();
        let followed = match (engine, change) {
            (Err(_), _) | (_, Change::None) => Ok(()),
            (Ok(engine), Change::Whole) => guest(|guest| guest.image_replace(engine.image().as_bytes())),
            (Ok(engine), Change::Patch) => guest(|guest| match engine.patch() {
                Some(patch) if !patch.is_whole() => guest.image_patch(&patch),
                _ => guest.image_replace(engine.image().as_bytes()),
            }),
        };
        match followed {
            Ok(()) => Ok(answer),
            Err(failure) => Ok(code(Err(failure))),
        }
    })
}

/// Forgets the engine.
pub(crate) fn forget() {
    full(|full| *full = Full::new());
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_load(ptr: u32, len: u32) -> i32 {
    follow(ptr, len, Full::load)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_apply(ptr: u32, len: u32) -> i32 {
    follow(ptr, len, Full::apply)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_validate(ptr: u32, len: u32) -> i32 {
    call(ptr, len, Full::validate)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_eval(ptr: u32, len: u32) -> i32 {
    call(ptr, len, |full, question| full.eval(question, false))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_explain(ptr: u32, len: u32) -> i32 {
    call(ptr, len, |full, question| full.eval(question, true))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_list(ptr: u32, len: u32) -> i32 {
    call(ptr, len, Full::list)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_diff(ptr: u32, len: u32) -> i32 {
    call(ptr, len, Full::diff)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_decide_flow(ptr: u32) -> i32 {
    call(ptr, 64, Full::decide_flow)
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_rule(place: u32) -> i32 {
    full(|full| full.rule(place)).unwrap_or_else(|refusal| refused(&refusal))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_image() -> i32 {
    full(Full::image).unwrap_or_else(|refusal| refused(&refusal))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_patch() -> i32 {
    full(Full::patch).unwrap_or_else(|refusal| refused(&refusal))
}

#[unsafe(no_mangle)]
extern "C" fn portcullis_result() -> u32 {
    full(|full| {
        let [a, b, c, d, ..] = full.answer().as_ptr().expose_provenance().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    })
}
