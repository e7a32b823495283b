#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| codesphere_release::fuzzing::run("dotenv", data));
