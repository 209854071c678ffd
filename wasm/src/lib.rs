//! Portcullis as a WebAssembly guest: a C-like interface over the engine, for hosts that want a sandbox around it.
//!
//! Two modules are made of this crate by `cargo xtask wasm`: one that decides and nothing else, without the standard
//! library and without imports (plain, and with SIMD), and with the feature `manifest` one that also loads manifests,
//! compiles, explains and validates. The functions, the layout of what passes through memory and the rules of memory are
//! in [`abi`]; how to embed a module is in the manual of the crate `portcullis`, `manual::embedding`.
//!
//! On machines that are no WebAssembly only [`abi`] and [`guest`] are there: what hosts share with the guest.
#![cfg_attr(all(target_family = "wasm", not(feature = "manifest")), no_std)]

extern crate alloc;

pub mod abi;
mod blocks;
#[cfg(target_family = "wasm")]
mod exports;
mod failure;
#[cfg(feature = "manifest")]
pub mod full;
pub mod guest;
mod io;
#[cfg(all(target_family = "wasm", not(feature = "manifest")))]
mod memory;
pub mod record;
#[cfg(target_family = "wasm")]
mod runtime;
