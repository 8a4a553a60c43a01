#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| miscount_fuzz::parsers::others(bytes));
