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

use std::time::Duration;

#[cfg(miscount_loom)]
pub use loom::sync::{Condvar, Mutex, MutexGuard, atomic};
#[cfg(all(shuttle, not(miscount_loom)))]
pub use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic};
#[cfg(not(any(miscount_loom, shuttle)))]
pub use std::sync::{Condvar, Mutex, MutexGuard, atomic};

#[cfg(not(miscount_loom))]
pub use cell::UnsafeCell;
#[cfg(miscount_loom)]
pub use loom::cell::UnsafeCell;

#[cfg(not(miscount_loom))]
mod cell {
    /// What a lock of our own guards: the standard library's cell, with the methods of loom's, which reports two accesses
    /// that no ordering keeps apart.
    pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// A cell with `value` in it.
        pub fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        /// Does `look` with a pointer to the value, which nobody may change meanwhile.
        #[inline]
        pub fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
            look(self.0.get())
        }

        /// Does `change` with a pointer to the value, which nobody else may use meanwhile.
        #[inline]
        pub fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
            change(self.0.get())
        }
    }
}

/// Waits on `condvar` with `guard`, which is of `mutex`, until it is told or `time` is over; says whether
/// that is what ended it.
///
/// A model checker knows no time. There it is over at once, each time, and nobody is ever woken: the mutex is
/// free for a moment, in which the others go on as far as their next [`tick`], or further.
///
/// # Panics
/// When another thread panicked while it held the mutex.
pub fn wait_timeout<'a, T>(
    condvar: &Condvar,
    mutex: &'a Mutex<T>,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> (MutexGuard<'a, T>, bool) {
    #[cfg(any(miscount_loom, shuttle))]
    let (guard, timed_out) = {
        let _ = (condvar, time);
        drop(guard);
        relax();
        (mutex.lock().expect("nothing panics with the mutex locked"), true)
    };
    #[cfg(not(any(miscount_loom, shuttle)))]
    let (guard, timed_out) = {
        let _ = mutex;
        let (guard, result) = condvar.wait_timeout(guard, time).expect("nothing panics with the mutex locked");
        (guard, result.timed_out())
    };
    (guard, timed_out)
}

/// Nothing, but to a model checker: time passes for those who wait by the clock ([`wait_timeout`]).
#[inline]
pub fn tick() {
    #[cfg(any(miscount_loom, shuttle))]
    relax();
}

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
