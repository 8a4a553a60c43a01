//! The write side of a read-write spin lock in one word. A reader adds itself and takes itself off again if a writer is inside; a
//! writer gets in when the word is 0 at the moment it looks. *Source:* `spin::RwLock`.
//!
//! Nothing keeps readers out while a writer waits: three that never pause can keep it waiting for as long as they read.

use spin::RwLock;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type SpinWriteLock<T> = RwLock<T>;

/// The counter.
pub type SpinRwLock = Locked<SpinWriteLock<u64>>;

impl<T: Send + Sync + 'static> Lock<T> for SpinWriteLock<T> {
    const INFO: Info = Info {
        id: "spin_rwlock",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of `spin::RwLock`",
        source: "the spin crate, RwLock",
    };

    type Node = ();

    fn new(value: T) -> Self {
        RwLock::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.write())
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        reading(&self.read())
    }
}
