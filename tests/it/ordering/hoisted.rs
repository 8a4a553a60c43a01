//! Loops over a plain variable and over an atomic one, for `tests/it/ordering.rs` to look at what the optimiser makes of
//! them. Compiled by it, and never run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Waits for a plain flag. That it is borrowed says that nobody changes it meanwhile.
#[inline(never)]
pub fn wait_plain(flag: &bool) {
    while !*flag {}
}

/// Waits for an atomic flag.
#[inline(never)]
pub fn wait_relaxed(flag: &AtomicBool) {
    while !flag.load(Relaxed) {}
}

/// Counts in a plain variable.
#[inline(never)]
pub fn count_plain(counter: &mut u64, n: u64) {
    for _ in 0..n {
        *counter = counter.wrapping_add(1);
    }
}

/// Counts in an atomic variable as the counter `load_store` does.
#[inline(never)]
pub fn count_relaxed(counter: &AtomicU64, n: u64) {
    for _ in 0..n {
        counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
    }
}
