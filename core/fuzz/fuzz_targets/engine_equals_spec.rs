//! Fuzzes [`portcullis_fuzz::engine_equals_spec`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::engine_equals_spec(data));
