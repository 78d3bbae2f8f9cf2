//! Fuzzes [`fuzz::cards`].
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::cards(bytes));
