//! A sequence lock. A writer takes a mutex, makes a number odd before it writes, and even afterwards. A
//! reader copies the value and tries again if the number was odd or has changed. Readers write nothing,
//! so they cost each other nothing. *Source:* Lameter, *Effective Synchronization on Linux/NUMA
//! Systems* (2005); the `seqlock` crate, whose writers' mutex is `parking_lot` 0.12.
//!
//! A reader may copy while a writer writes. It throws such a copy away, but for Rust it is still a data
//! race: the crate copies with a volatile read, as Linux does. Boehm, *Can Seqlocks Get
//! Along with Programming Language Memory Models?* (2012), explains what a language would need instead.

use seqlock::SeqLock as Lower;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. [`look`](Lock::look) gives a whole copy of the value, which may be old already.
pub type SequenceLock<T> = Lower<T>;

/// The counter.
pub type SeqLock = Locked<SequenceLock<u64>>;

impl<T: Copy + Send + 'static> Lock<T> for SequenceLock<T> {
    const INFO: Info = Info {
        id: "seqlock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a sequence lock: readers copy it, and again if a writer was there",
        source: "Lameter 2005; Boehm 2012; the seqlock crate",
    };

    type Node = ();

    fn new(value: T) -> Self {
        Lower::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.lock_write())
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        reading(&self.read())
    }
}
