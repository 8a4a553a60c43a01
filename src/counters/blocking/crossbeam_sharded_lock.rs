//! The write side of a read-write lock that is split into shards to make reading cheap. A writer must take
//! all eight shards. *Source:* `crossbeam_utils::sync::ShardedLock`,
//! after the kernel's "big-reader" locks.

use crossbeam_utils::sync::ShardedLock;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. Taking it panics if another thread panicked while writing.
pub type ShardedWriteLock<T> = ShardedLock<T>;

/// The counter.
pub type CrossbeamShardedLock = Locked<ShardedWriteLock<u64>>;

impl<T: Send + Sync + 'static> Lock<T> for ShardedWriteLock<T> {
    const INFO: Info = Info {
        id: "crossbeam_sharded_lock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of crossbeam's `ShardedLock`",
        source: "crossbeam-utils, ShardedLock",
    };

    type Node = ();

    fn new(value: T) -> Self {
        ShardedLock::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.write().expect("the lock is poisoned"))
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        reading(&self.read().expect("the lock is poisoned"))
    }

    fn bytes(_threads: usize) -> usize {
        // Eight shards, each a lock on a cache line of its own.
        size_of::<Self>() + 8 * size_of::<crossbeam_utils::CachePadded<std::sync::RwLock<()>>>()
    }
}
