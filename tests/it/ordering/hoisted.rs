//! Loops over a plain variable and over an atomic one. `tests/it/ordering.rs` compiles them and looks at the optimised
//! code; they are never run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Waits for a plain flag. The borrow tells the compiler that nobody changes it meanwhile.
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
