//! A queue of waiting threads, each watching a word of its own that the one before it sets. *Source:*
//! Mellor-Crummey and Scott, *Algorithms for Scalable Synchronization on Shared-Memory
//! Multiprocessors* (1991); `mcslock::raw`.
//!
//! First come, first served, so it suffers like the ticket lock when threads outnumber CPUs.

use mcslock::raw::{MutexNode, spins::Mutex};

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. A thread brings its node for the queue.
pub type McsLock<T> = Mutex<T>;

/// The counter.
pub type Mcs = Locked<McsLock<u64>>;

impl<T: Send + 'static> Lock<T> for McsLock<T> {
    const INFO: Info = Info {
        id: "mcs",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock: each waiter watches its own word",
        source: "Mellor-Crummey and Scott 1991; the mcslock crate",
    };

    type Node = MutexNode;

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, node: &mut MutexNode, critical: impl FnOnce(&mut T) -> R) -> R {
        self.lock_with_then(node, critical)
    }
}
