//! What counters are built of: the standard library's atomics, mutex and condition variable, or those of a model
//! checker in their place. Likewise a cell for what a lock guards, statics of words, and Linux's futex.
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
        pub const fn new(value: T) -> Self {
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

/// A value that one thread at a time may reach: what a lock guards.
///
/// Under a model checker two threads that reach it at once end in a panic. So do, with loom, two threads of which the second does not
/// see what the first did.
pub struct LockCell<T> {
    value: UnsafeCell<T>,
    #[cfg(all(shuttle, not(miscount_loom)))]
    reached: std::sync::atomic::AtomicBool,
}

// SAFETY: all that a shared reference gives is `with`, whose callers keep all others out; so the value goes from thread to thread.
#[allow(unsafe_code, reason = "the one place where what a lock of our own guards is reached")]
unsafe impl<T: Send> Sync for LockCell<T> {}

impl<T> LockCell<T> {
    /// One around `value`.
    pub fn new(value: T) -> Self {
        LockCell {
            value: UnsafeCell::new(value),
            #[cfg(all(shuttle, not(miscount_loom)))]
            reached: false.into(),
        }
    }

    /// Does `critical` with the value.
    ///
    /// # Safety
    /// From when it is called until it returns or panics, nobody else may be in it, and what was done in it before must have
    /// happened before.
    #[inline]
    #[allow(unsafe_code, reason = "the one place where what a lock of our own guards is reached")]
    pub unsafe fn with<R>(&self, critical: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the caller keeps all others out.
        let critical = || self.value.with_mut(|value| critical(unsafe { &mut *value }));
        #[cfg(all(shuttle, not(miscount_loom)))]
        let critical = || {
            use std::sync::atomic::Ordering::Relaxed;
            assert!(!self.reached.swap(true, Relaxed), "two threads are inside one lock");
            relax();
            let result = critical();
            relax();
            self.reached.store(false, Relaxed);
            result
        };
        critical()
    }
}

/// Statics of words that are all 0 at first. Under a model checker each is one word, made anew for each execution.
macro_rules! process_wide_words {
    ($(#[$about:meta])* static $NAME:ident: [AtomicU64; $size:expr];) => {
        #[cfg(miscount_loom)]
        loom::lazy_static! {
            $(#[$about])*
            static ref $NAME: [$crate::sync::atomic::AtomicU64; 1] = [$crate::sync::atomic::AtomicU64::new(0)];
        }
        #[cfg(all(shuttle, not(miscount_loom)))]
        shuttle::lazy_static! {
            $(#[$about])*
            static ref $NAME: [$crate::sync::atomic::AtomicU64; 1] = [$crate::sync::atomic::AtomicU64::new(0)];
        }
        #[cfg(not(any(miscount_loom, shuttle)))]
        $(#[$about])*
        static $NAME: [$crate::sync::atomic::AtomicU64; $size] =
            [const { $crate::sync::atomic::AtomicU64::new(0) }; $size];
    };
}
pub(crate) use process_wide_words;

/// A word at which threads sleep, of Linux's.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub mod futex {
    use super::atomic::AtomicU32;

    /// A word, 0 at first, and the threads that sleep at it.
    #[derive(Default)]
    pub struct Futex {
        /// The word.
        pub word: AtomicU32,
        /// In the place of the kernel's list.
        #[cfg(any(miscount_loom, shuttle))]
        sleepers: (super::Mutex<()>, super::Condvar),
    }

    #[cfg(not(any(miscount_loom, shuttle)))]
    impl Futex {
        /// Sleeps if the word is `value`, until woken. May return early.
        pub fn sleep_while(&self, value: u32) {
            // Fails where the word has changed, or a signal came: both mean to look again.
            _ = rustix::thread::futex::wait(&self.word, rustix::thread::futex::Flags::PRIVATE, value, None);
        }

        /// Wakes one thread, if any sleeps.
        pub fn wake_one(&self) {
            _ = rustix::thread::futex::wake(&self.word, rustix::thread::futex::Flags::PRIVATE, 1);
        }
    }

    /// As the kernel does it: looking at the word and going to sleep are one step to those who wake.
    #[cfg(any(miscount_loom, shuttle))]
    impl Futex {
        /// Sleeps if the word is `value`, until woken.
        pub fn sleep_while(&self, value: u32) {
            let list = self.sleepers.0.lock().expect("nothing panics in here");
            if self.word.load(super::atomic::Ordering::Relaxed) == value {
                drop(self.sleepers.1.wait(list));
            }
        }

        /// Wakes one thread, if any sleeps.
        pub fn wake_one(&self) {
            let _list = self.sleepers.0.lock().expect("nothing panics in here");
            self.sleepers.1.notify_one();
        }
    }
}
