//! Fuzzes [`portcullis_fuzz::cidrs`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::cidrs(data));
