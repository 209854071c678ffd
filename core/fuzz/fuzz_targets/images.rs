//! Fuzzes [`portcullis_fuzz::images`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::images(data));
