//! The write side of the standard library's read-write lock. *Source:* `std::sync::RwLock`.

use std::sync::RwLock;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. Taking it panics if another thread panicked while writing.
pub type StdWriteLock<T> = RwLock<T>;

/// The counter.
pub type StdRwLock = Locked<StdWriteLock<u64>>;

impl<T: Send + Sync + 'static> Lock<T> for StdWriteLock<T> {
    const INFO: Info = Info {
        id: "std_rwlock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of `std::sync::RwLock`",
        source: "std::sync::RwLock",
    };

    type Node = ();

    fn new(value: T) -> Self {
        RwLock::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.write().expect("the lock is poisoned"))
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        reading(&self.read().expect("the lock is poisoned"))
    }
}
