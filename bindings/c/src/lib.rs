//! The C interface: `include/portcullis.h` says what each function does, and this crate holds them.
//!
//! Every function goes through `status::call`, so that a failure becomes a status and no panic leaves the crate. What
//! callers hand over by pointer is turned into references in `input`, at once; the rest is ordinary Rust. Build it with
//! the profile `embed`: in the profile `release` a panic ends the process before it can be caught.

mod engine;
mod exports;
mod handle;
mod image;
mod input;
mod output;
mod status;
