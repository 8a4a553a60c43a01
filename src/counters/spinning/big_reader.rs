//! A big-reader lock: each reading thread has a flag on a cache line of its own, which it sets to read, and a writer takes the
//! flags of all threads. Readers never write what another reader reads, so they cost each other nothing; a writer pays for every
//! thread that has read. *Source:* Hsieh and Weihl, *Scalable Reader-Writer Locks for Parallel Systems* (1992); Linux 2.4's
//! `brlock.h`.
//!
//! A writer first marks every flag and then waits for the readers inside, so it waits for one look of each reader. Nothing bounds
//! how many writers a reader may have to let pass. A flag that its thread no longer needs is handed to the next thread, and none
//! is freed before the lock.

use std::sync::{Arc, TryLockError};

use crossbeam_utils::CachePadded;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};
use crate::sync::{
    Mutex, MutexGuard, UnsafeCell,
    atomic::{
        AtomicU8,
        Ordering::{Acquire, Relaxed, Release},
    },
    relax,
};

/// The lock.
pub struct BigReaderLock<T> {
    /// Every reader's flag. Whoever has this mutex is the only writer; it is tried and never slept on.
    flags: Flags,
    value: UnsafeCell<T>,
}

/// The counter.
pub type BigReader = Locked<BigReaderLock<u64>>;

type Flags = Arc<Mutex<Vec<Arc<Flag>>>>;
type Flag = CachePadded<AtomicU8>;

/// Its thread is inside.
const READER: u8 = 1;
/// A writer waits or is inside.
const WRITER: u8 = 2;

/// One thread's flag, registered by its first look.
#[derive(Default)]
pub struct Reader(Option<Registered>);

struct Registered {
    flag: Arc<Flag>,
    /// The lock that it was registered with.
    with: Flags,
}

// SAFETY: `with` and `look` give out the value as a mutex and a reader-writer lock do, and nothing else does.
#[allow(unsafe_code, reason = "the lock is what makes sharing sound")]
unsafe impl<T: Send + Sync> Sync for BigReaderLock<T> {}

/// A reader inside. Dropping it leaves, also after a panic.
struct Reading<'a>(&'a Flag);

/// The writer inside, with all flags.
struct Writing<'a>(MutexGuard<'a, Vec<Arc<Flag>>>);

impl<T> BigReaderLock<T> {
    #[inline]
    fn read<'n>(&self, node: &'n mut Reader) -> Reading<'n> {
        // A node of another lock would let a writer of this one in.
        if !node.0.as_ref().is_some_and(|known| Arc::ptr_eq(&known.with, &self.flags)) {
            node.0 = Some(self.register());
        }
        let flag: &Flag = &node.0.as_ref().expect("registered").flag;
        while flag.compare_exchange(0, READER, Acquire, Relaxed).is_err() {
            relax();
        }
        Reading(flag)
    }

    /// A flag that no thread has any more, else a new one.
    #[cold]
    fn register(&self) -> Registered {
        let mut flags = self.exclude_writers();
        let free = flags.iter().find(|flag| Arc::strong_count(flag) == 1).map(Arc::clone);
        let flag = free.unwrap_or_else(|| {
            let new = Arc::default();
            flags.push(Arc::clone(&new));
            new
        });
        Registered { flag, with: Arc::clone(&self.flags) }
    }

    #[inline]
    fn exclude_writers(&self) -> MutexGuard<'_, Vec<Arc<Flag>>> {
        loop {
            match self.flags.try_lock() {
                Ok(flags) => return flags,
                // The list is whole: nothing panics while it is changed.
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => relax(),
            }
        }
    }

    #[inline]
    fn write(&self) -> Writing<'_> {
        let writing = Writing(self.exclude_writers());
        for flag in &*writing.0 {
            flag.fetch_or(WRITER, Relaxed);
        }
        for flag in &*writing.0 {
            while flag.load(Acquire) & READER != 0 {
                relax();
            }
        }
        writing
    }
}

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        // A writer may have marked it meanwhile.
        self.0.fetch_and(!READER, Release);
    }
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        for flag in &*self.0 {
            flag.store(0, Release);
        }
    }
}

impl<T: Send + Sync + 'static> Lock<T> for BigReaderLock<T> {
    const INFO: Info = Info {
        id: "big_reader",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a spin lock with a flag for each reader, all of which a writer takes",
        source: "Hsieh and Weihl 1992; Linux 2.4, brlock.h",
    };

    type Node = Reader;

    fn new(value: T) -> Self {
        BigReaderLock { flags: Flags::default(), value: UnsafeCell::new(value) }
    }

    #[inline]
    fn with<R>(&self, _: &mut Reader, critical: impl FnOnce(&mut T) -> R) -> R {
        let _writing = self.write();
        self.value.with_mut(|value| {
            // SAFETY: no other writer is inside, since this one has the mutex, and no reader: none had its flag when it was
            // looked at, and none can set it until `_writing` is dropped.
            #[allow(unsafe_code, reason = "the lock guards a plain value")]
            let value = unsafe { &mut *value };
            critical(value)
        })
    }

    #[inline]
    fn look<R>(&self, node: &mut Reader, reading: impl FnOnce(&T) -> R) -> R {
        let _reading = self.read(node);
        self.value.with(|value| {
            // SAFETY: the flag is in this lock's list and set, so every writer waits until `_reading` is dropped.
            #[allow(unsafe_code, reason = "the lock guards a plain value")]
            let value = unsafe { &*value };
            reading(value)
        })
    }

    /// Once all threads have read.
    fn bytes(threads: usize) -> usize {
        // Each `Arc` has two counts before what it points to.
        let list = 2 * size_of::<usize>() + size_of::<Mutex<Vec<Arc<Flag>>>>();
        size_of::<Self>() + list + threads * (2 * size_of::<Flag>() + size_of::<Arc<Flag>>())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn flags<T>(lock: &BigReaderLock<T>) -> usize {
        lock.exclude_writers().len()
    }

    /// A reader that left while a writer waits cannot come back before it: so the writer waits for one look of each.
    #[test]
    fn a_writer_gets_in_while_readers_keep_coming() {
        let lock = BigReaderLock::new(0);
        let (mut inside, mut coming) = (Reader::default(), Reader::default());
        lock.look(&mut coming, |_| {});
        let seen = thread::scope(|scope| {
            let seen = lock.look(&mut inside, |_| {
                scope.spawn(|| lock.with(&mut Reader::default(), |value| *value = 1));
                let flag = &coming.0.as_ref().unwrap().flag;
                while flag.load(Relaxed) != WRITER {
                    thread::yield_now();
                }
                scope.spawn(|| lock.look(&mut coming, |value| *value))
            });
            seen.join().unwrap()
        });
        assert_eq!(seen, 1, "the reader came while the writer waited");
    }

    #[test]
    fn a_flag_is_of_one_thread_and_one_lock() {
        let (lock, other) = (BigReaderLock::new(1), BigReaderLock::new(2));
        let [mut one, mut two] = [Reader::default(), Reader::default()];
        assert_eq!((lock.look(&mut one, |v| *v), lock.look(&mut two, |v| *v), flags(&lock)), (1, 1, 2));
        assert!(!Arc::ptr_eq(&one.0.as_ref().unwrap().flag, &two.0.as_ref().unwrap().flag));
        // With another lock the node gets another flag, and gives the first one back.
        assert_eq!((other.look(&mut one, |v| *v), flags(&other)), (2, 1));
        assert_eq!((lock.look(&mut Reader::default(), |v| *v), flags(&lock)), (1, 2));
    }

    #[test]
    fn a_panic_releases_it() {
        let lock = Arc::new(BigReaderLock::new(0));
        let mut node = Reader::default();
        assert!(catch_unwind(AssertUnwindSafe(|| lock.look(&mut node, |_| panic!("on purpose")))).is_err());
        let fails = || lock.with(&mut Reader::default(), |_| panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(fails)).is_err());
        let (say, hear) = mpsc::channel();
        let shared = Arc::clone(&lock);
        thread::spawn(move || {
            shared.with(&mut Reader::default(), |value| *value += 1);
            _ = say.send(shared.look(&mut Reader::default(), |value| *value));
        });
        assert_eq!(hear.recv_timeout(Duration::from_secs(5)), Ok(1));
    }
}
