//! A reader-writer lock in which phases of reading and of writing take turns. While a writer waits or is inside, readers that
//! come wait for the end of that one writer; then all of them enter before the next writer does. Writers are served in the
//! order in which they came. So a writer waits for one phase of reading for each writer before it, and a reader for one
//! writer. *Source:* Brandenburg and Anderson, *Spin-Based Reader-Writer Synchronization for Multiprocessor Real-Time Systems*
//! (2010), the ticket form PF-T.
//!
//! All threads write the same two words, so readers cost each other line transfers. The bounds are counted in phases: with
//! more threads than CPUs the thread whose turn it is may not be running, as with the ticket lock.

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};
use crate::sync::{
    UnsafeCell,
    atomic::{
        AtomicU32,
        Ordering::{Acquire, Relaxed, Release},
    },
    relax,
};

/// The lock.
pub struct PhaseFairLock<T> {
    /// [`READER`] for each reader that came, and in its lowest bits the writer whose turn it is.
    readers_in: AtomicU32,
    /// [`READER`] for each reader that left.
    readers_out: AtomicU32,
    /// Tickets that writers drew.
    writers_in: AtomicU32,
    /// The ticket of the writer whose turn it is.
    writers_out: AtomicU32,
    value: UnsafeCell<T>,
}

/// The counter.
pub type PhaseFair = Locked<PhaseFairLock<u64>>;

const READER: u32 = 0x100;
/// A writer waits for the readers inside, or is inside.
const PRESENT: u32 = 0x2;
/// The lowest bit of its ticket: a reader that waits for the end of one writer does not take the next for it.
const PHASE: u32 = 0x1;

// SAFETY: `with` and `look` give out the value as a mutex and a reader-writer lock do, and nothing else does.
#[allow(unsafe_code, reason = "the lock is what makes sharing sound")]
unsafe impl<T: Send + Sync> Sync for PhaseFairLock<T> {}

/// A reader inside. Dropping it leaves, also after a panic.
struct Reading<'a, T>(&'a PhaseFairLock<T>);

/// The writer inside.
struct Writing<'a, T>(&'a PhaseFairLock<T>);

impl<T> PhaseFairLock<T> {
    #[inline]
    fn read(&self) -> Reading<'_, T> {
        let writer = self.readers_in.fetch_add(READER, Acquire) & (PRESENT | PHASE);
        if writer != 0 {
            // Until this writer has left; the next one waits for us.
            while self.readers_in.load(Acquire) & (PRESENT | PHASE) == writer {
                relax();
            }
        }
        Reading(self)
    }

    #[inline]
    fn write(&self) -> Writing<'_, T> {
        let ticket = self.writers_in.fetch_add(1, Relaxed);
        while self.writers_out.load(Acquire) != ticket {
            relax();
        }
        // From here on readers wait. Those that came before are let finish.
        let readers = self.readers_in.fetch_add(PRESENT | ticket & PHASE, Relaxed);
        while self.readers_out.load(Acquire) != readers {
            relax();
        }
        Writing(self)
    }
}

impl<T> Drop for Reading<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.readers_out.fetch_add(READER, Release);
    }
}

impl<T> Drop for Writing<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let PhaseFairLock { readers_in, writers_out, .. } = self.0;
        // Readers first: the next writer must find them inside.
        readers_in.fetch_and(!(PRESENT | PHASE), Release);
        // Only the writer inside writes this word.
        writers_out.store(writers_out.load(Relaxed).wrapping_add(1), Release);
    }
}

impl<T: Send + Sync + 'static> Lock<T> for PhaseFairLock<T> {
    const INFO: Info = Info {
        id: "phase_fair",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a spin lock whose readers and writers take turns",
        source: "Brandenburg and Anderson 2010, PF-T",
    };

    type Node = ();

    fn new(value: T) -> Self {
        let [readers_in, readers_out, writers_in, writers_out] = [0; 4].map(AtomicU32::new);
        PhaseFairLock { readers_in, readers_out, writers_in, writers_out, value: UnsafeCell::new(value) }
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        let _writing = self.write();
        self.value.with_mut(|value| {
            // SAFETY: no other writer is inside, since its ticket is another, and no reader: those that came before have
            // left, and those that come wait until `_writing` is dropped.
            #[allow(unsafe_code, reason = "the lock guards a plain value")]
            let value = unsafe { &mut *value };
            critical(value)
        })
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        let _reading = self.read();
        self.value.with(|value| {
            // SAFETY: no writer is inside, and the next one waits until `_reading` is dropped.
            #[allow(unsafe_code, reason = "the lock guards a plain value")]
            let value = unsafe { &*value };
            reading(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Mutex, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    type Log = Mutex<Vec<&'static str>>;

    fn log(log: &Log, who: &'static str) {
        log.lock().unwrap().push(who);
    }

    /// Waits until readers and writers that came are so many, inside or not.
    fn until_came<T>(lock: &PhaseFairLock<T>, readers: u32, writers: u32) {
        while lock.readers_in.load(Relaxed) / READER < readers || lock.writers_in.load(Relaxed) < writers {
            thread::yield_now();
        }
    }

    /// However many readers come while a writer waits, it is next.
    #[test]
    fn a_writer_gets_in_while_readers_keep_coming() {
        const LATER: u32 = 8;
        let (lock, order) = (PhaseFairLock::new(()), Log::default());
        thread::scope(|scope| {
            lock.look(&mut (), |()| {
                scope.spawn(|| lock.with(&mut (), |()| log(&order, "writer")));
                while lock.readers_in.load(Relaxed) & PRESENT == 0 {
                    thread::yield_now();
                }
                for _ in 0..LATER {
                    scope.spawn(|| lock.look(&mut (), |()| log(&order, "reader")));
                }
                until_came(&lock, 1 + LATER, 1);
                log(&order, "first");
            });
        });
        let order = order.into_inner().unwrap();
        assert_eq!((order.len() as u32, &order[..2]), (2 + LATER, &["first", "writer"][..]), "{order:?}");
    }

    /// However many writers wait, readers that came meanwhile are next, all of them.
    #[test]
    fn readers_get_in_between_writers() {
        const WRITERS: u32 = 5;
        const READERS: u32 = 3;
        let (lock, order) = (PhaseFairLock::new(()), Log::default());
        thread::scope(|scope| {
            lock.with(&mut (), |()| {
                for _ in 1..WRITERS {
                    scope.spawn(|| lock.with(&mut (), |()| log(&order, "writer")));
                }
                until_came(&lock, 0, WRITERS);
                for _ in 0..READERS {
                    scope.spawn(|| lock.look(&mut (), |()| log(&order, "reader")));
                }
                until_came(&lock, READERS, WRITERS);
            });
        });
        let order = order.into_inner().unwrap();
        let expected = [["reader"; READERS as usize].as_slice(), &["writer"; WRITERS as usize - 1]].concat();
        assert_eq!(order, expected);
    }

    #[test]
    fn a_panic_releases_it_and_tickets_wrap() {
        let lock = PhaseFairLock::new(0);
        for word in [&lock.readers_in, &lock.readers_out] {
            word.store(0_u32.wrapping_sub(READER), Relaxed);
        }
        for word in [&lock.writers_in, &lock.writers_out] {
            word.store(u32::MAX, Relaxed);
        }
        let fails = || lock.with(&mut (), |_| panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(fails)).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| lock.look(&mut (), |_| panic!("on purpose")))).is_err());
        let (say, hear) = mpsc::channel();
        thread::spawn(move || {
            lock.with(&mut (), |value| *value += 1);
            _ = say.send(lock.look(&mut (), |value| *value));
        });
        assert_eq!(hear.recv_timeout(Duration::from_secs(5)), Ok(1));
    }
}
