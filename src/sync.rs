//! What counters are built of: the standard library's atomics, mutex and condition variable, or those of a model
//! checker in their place.
//!
//! A counter that is home-made (no lock or channel of another crate does its work) takes its
//! primitives from here, and nothing else has to be said: `tests/loom.rs` and `tests/shuttle.rs` find
//! it in the catalogue and try its interleavings. Without a flag this is the standard library, name
//! by name; `RUSTFLAGS="--cfg miscount_loom"` or `"--cfg shuttle"` puts the checker's twins here.
//! [`docs::proof`](crate::docs::proof) has the commands.
//!
//! Threads, `Arc` and orderings are the standard library's in each case: a counter starts no
//! threads that a checker could follow, and counts no references that it must.

#[cfg(miscount_loom)]
pub use loom::sync::{Condvar, Mutex, MutexGuard, atomic};
#[cfg(all(shuttle, not(miscount_loom)))]
pub use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic};
#[cfg(not(any(miscount_loom, shuttle)))]
pub use std::sync::{Condvar, Mutex, MutexGuard, atomic};

/// Waits a moment in a spin loop. Each turn of every loop that waits for another thread must call
/// it: a model checker takes it as "somebody else now", and without it never leaves the loop.
#[inline]
pub fn relax() {
    #[cfg(miscount_loom)]
    loom::thread::yield_now();
    #[cfg(all(shuttle, not(miscount_loom)))]
    shuttle::thread::yield_now();
    #[cfg(not(any(miscount_loom, shuttle)))]
    std::hint::spin_loop();
}
