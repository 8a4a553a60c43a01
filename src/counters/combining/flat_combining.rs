//! A waiting thread leaves its critical section in a list; whoever holds the lock runs what is in the list, and its
//! owner gets the result. *Source:* Hendler, Incze, Shavit and Tzafrir, *Flat Combining and the
//! Synchronization-Parallelism Tradeoff* (2010); the list is that of Oyama, Taura and Yonezawa, *Executing Parallel Programs with
//! Synchronization Bottlenecks Efficiently* (1999).
//!
//! A section may run on another thread: it sees that thread's thread-local storage. A panic in it reaches its owner. Nobody
//! sleeps: a waiter spins a little, then lets others have its CPU, and takes the lock itself when it finds it free.
//!
//! A thread that finds the lock free takes it past those who wait, and looks at the list only once in [`SERVE_EVERY`] times.
//! That bounds how often waiters are overtaken by threads that run. One in [`YIELD_EVERY`] times it lets others have its CPU
//! if somebody waited: a served thread that shares the CPU could not go on before the end of a time slice.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::thread;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};
use crate::sync::atomic::{
    AtomicBool, AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::{UnsafeCell, relax};

/// Times that a thread takes the lock between two looks at the list.
const SERVE_EVERY: u32 = 1024;
/// Times that a thread takes the lock before it lets others have its CPU, if it has served somebody.
const YIELD_EVERY: u32 = 4096;
/// Turns that a waiter spins before it lets others have its CPU.
const SPINS: u32 = if cfg!(any(miscount_loom, shuttle)) { 1 } else { 64 };

/// The lock. A thread counts in its node how often it took it.
pub struct FlatCombiningLock<T> {
    held: AtomicBool,
    /// The last request that was left here; each has a pointer to the one before it.
    waiting: AtomicPtr<Request<T>>,
    value: UnsafeCell<T>,
}

/// The counter.
pub type FlatCombining = Locked<FlatCombiningLock<u64>>;

// SAFETY: only the holder reaches the value, and sections may run on any thread: `Lock` asks that they and their results are `Send`.
#[allow(unsafe_code, reason = "who holds the lock has the value to itself, which the compiler cannot see")]
unsafe impl<T: Send> Sync for FlatCombiningLock<T> {}

/// What a waiting thread asks for. It lies on that thread's stack, and the thread stays until it is done.
struct Request<T> {
    /// Runs the section at `section`, a [`Section`] of types that only this function knows.
    run: unsafe fn(*const (), &mut T),
    section: *const (),
    before: AtomicPtr<Request<T>>,
    done: AtomicBool,
}

/// A critical section, before and after it ran.
enum Section<F, R> {
    Asked(F),
    Running,
    Ran(thread::Result<R>),
}

/// Runs a section that another thread asked for.
///
/// # Safety
/// `section` must point to an `UnsafeCell<Section<F, R>>` that lives, and that nobody else reaches meanwhile.
#[allow(unsafe_code, reason = "requests with sections of different types are in one list")]
unsafe fn run<T, F: FnOnce(&mut T) -> R, R>(section: *const (), value: &mut T) {
    // SAFETY: the caller promises that it lives and is of this type.
    let section = unsafe { &*section.cast::<UnsafeCell<Section<F, R>>>() };
    section.with_mut(|section| {
        // SAFETY: the caller promises that nobody else reaches it.
        let section = unsafe { &mut *section };
        let Section::Asked(critical) = mem::replace(section, Section::Running) else {
            unreachable!("a request is taken from the list once");
        };
        *section = Section::Ran(catch_unwind(AssertUnwindSafe(|| critical(value))));
    });
}

/// The lock while it is held; dropping it frees the lock.
struct Held<'a, T>(&'a FlatCombiningLock<T>);

impl<T> Held<'_, T> {
    #[inline]
    fn with<R>(&mut self, critical: impl FnOnce(&mut T) -> R) -> R {
        self.0.value.with_mut(|value| {
            // SAFETY: there is one `Held` at a time, and it is borrowed.
            #[allow(unsafe_code, reason = "the lock is held")]
            let value = unsafe { &mut *value };
            critical(value)
        })
    }

    /// Runs the sections that wait, and says whether there were any.
    fn serve(&mut self) -> bool {
        if self.0.waiting.load(Relaxed).is_null() {
            return false;
        }
        let mut next = self.0.waiting.swap(ptr::null_mut(), Acquire);
        while !next.is_null() {
            // SAFETY: who left it here waits until it is done, and only the holder takes requests out.
            #[allow(unsafe_code, reason = "requests lie on the stacks of those who wait")]
            let request = unsafe { &*next };
            next = request.before.load(Relaxed);
            // SAFETY: `ask` put a section there for which it made `run`, and stays away from it until it is done.
            #[allow(unsafe_code, reason = "requests with sections of different types are in one list")]
            self.with(|value| unsafe { (request.run)(request.section, value) });
            // From here on its owner may go, and the request with it.
            request.done.store(true, Release);
        }
        true
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Release);
    }
}

impl<T: Send> FlatCombiningLock<T> {
    #[inline]
    fn take(&self) -> Option<Held<'_, T>> {
        let free = !self.held.load(Relaxed) && self.held.compare_exchange(false, true, Acquire, Relaxed).is_ok();
        free.then(|| Held(self))
    }

    /// Leaves the section in the list, and waits until somebody has run it. Nothing in here may panic before: the list points to
    /// this call's stack.
    #[cold]
    fn ask<F: FnOnce(&mut T) -> R + Send, R: Send>(&self, critical: F) -> R {
        let section = UnsafeCell::new(Section::Asked(critical));
        let request = Request {
            run: run::<T, F, R>,
            section: (&raw const section).cast(),
            before: AtomicPtr::new(self.waiting.load(Relaxed)),
            done: AtomicBool::new(false),
        };
        let this = (&raw const request).cast_mut();
        let mut before = request.before.load(Relaxed);
        while let Err(now) = self.waiting.compare_exchange_weak(before, this, Release, Relaxed) {
            before = now;
            request.before.store(before, Relaxed);
        }
        while !request.done.load(Acquire) {
            if let Some(mut held) = self.take() {
                held.serve();
                continue;
            }
            // Whoever holds the lock needs the line that says so: it is looked at once in a while.
            if (0..SPINS).all(|_| {
                relax();
                !request.done.load(Relaxed)
            }) {
                thread::yield_now();
            }
        }
        // SAFETY: it is done, so nobody else knows of the section any more.
        #[allow(unsafe_code, reason = "the holder reached it through a pointer")]
        let ran = section.with_mut(|section| mem::replace(unsafe { &mut *section }, Section::Running));
        match ran {
            Section::Ran(Ok(result)) => result,
            Section::Ran(Err(panic)) => resume_unwind(panic),
            Section::Asked(_) | Section::Running => unreachable!("it is done"),
        }
    }
}

impl<T: Send + 'static> Lock<T> for FlatCombiningLock<T> {
    const INFO: Info = Info {
        id: "flat_combining",
        family: "combining",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a lock whose holder runs the sections of those who wait",
        source: "Hendler, Incze, Shavit and Tzafrir 2010; Oyama, Taura and Yonezawa 1999",
    };

    type Node = u32;

    fn new(value: T) -> Self {
        FlatCombiningLock {
            held: AtomicBool::new(false),
            waiting: AtomicPtr::new(ptr::null_mut()),
            value: UnsafeCell::new(value),
        }
    }

    #[inline]
    fn with<R: Send>(&self, taken: &mut u32, critical: impl FnOnce(&mut T) -> R + Send) -> R {
        let Some(mut held) = self.take() else { return self.ask(critical) };
        let result = held.with(critical);
        // A thread that is new here looks the first time.
        let served = taken.is_multiple_of(SERVE_EVERY) && held.serve();
        drop(held);
        if served && taken.is_multiple_of(YIELD_EVERY) {
            thread::yield_now();
        }
        *taken = taken.wrapping_add(1);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::{Scope, ScopedJoinHandle, ThreadId};

    use super::*;

    /// Starts a thread that asks for `critical` while the lock is held, and returns when the request is in the list.
    fn asked<'s, R: Send + 's>(
        scope: &'s Scope<'s, '_>,
        lock: &'s FlatCombiningLock<u64>,
        critical: impl FnOnce(&mut u64) -> R + Send + 's,
    ) -> ScopedJoinHandle<'s, R> {
        let before = lock.waiting.load(Relaxed);
        let other = scope.spawn(move || lock.with(&mut 0, critical));
        while lock.waiting.load(Relaxed) == before {
            thread::yield_now();
        }
        other
    }

    #[test]
    fn the_holder_runs_the_sections_of_those_who_wait() {
        let lock = FlatCombiningLock::new(0);
        let section = |value: &mut u64| -> (u64, ThreadId) {
            *value += 1;
            (*value, thread::current().id())
        };
        thread::scope(|scope| {
            let mut held = lock.take().expect("nobody else is here");
            let others = [asked(scope, &lock, section), asked(scope, &lock, section)];
            assert!(held.serve() && !held.serve());
            drop(held);
            let me = thread::current().id();
            let mut seen = others.map(|other| other.join().unwrap());
            seen.sort_by_key(|(value, _)| *value);
            assert_eq!(seen, [(1, me), (2, me)]);
        });
        assert_eq!(lock.with(&mut 0, section), (3, thread::current().id()));
    }

    #[test]
    fn who_waits_takes_the_lock_when_it_is_free() {
        let lock = FlatCombiningLock::new(0);
        thread::scope(|scope| {
            let held = lock.take().expect("nobody else is here");
            let other = asked(scope, &lock, |_| thread::current().id());
            let it = other.thread().id();
            drop(held);
            assert_eq!(other.join().unwrap(), it);
        });
    }

    #[test]
    fn a_panic_reaches_the_thread_that_asked() {
        let lock = FlatCombiningLock::new(7);
        let (say, hear) = mpsc::channel();
        thread::scope(|scope| {
            let mut held = lock.take().expect("nobody else is here");
            let fails = asked(scope, &lock, |value| {
                *value = 8;
                panic!("on purpose");
            });
            let other = asked(scope, &lock, move |value| say.send(*value).unwrap());
            held.serve();
            drop(held);
            assert!(fails.join().is_err() && other.join().is_ok());
        });
        // Requests are run from the last to the first.
        assert_eq!(hear.recv(), Ok(7));
        let caught = catch_unwind(AssertUnwindSafe(|| lock.with(&mut 0, |_| panic!("on purpose"))));
        assert!(caught.is_err());
        assert_eq!(lock.look(&mut 0, |value| *value), 8, "it is free, and as the panic left it");
    }
}
