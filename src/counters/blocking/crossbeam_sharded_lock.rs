//! The write side of a read-write lock that is cut into shards to make reading cheap: a writer takes
//! all eight of them, so this is the price of that. *Source:* `crossbeam_utils::sync::ShardedLock`,
//! after the kernel's "big-reader" locks.

use crossbeam_utils::sync::ShardedLock;

use crate::counter::{Grade, Info, Plain};

/// Adds under the write lock. Panics if another thread panicked while holding it.
#[derive(Default)]
pub struct CrossbeamShardedLock(ShardedLock<u64>);

impl Plain for CrossbeamShardedLock {
    const INFO: Info = Info {
        id: "crossbeam_sharded_lock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of crossbeam's `ShardedLock`",
        source: "crossbeam-utils, ShardedLock",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.write().expect("the lock is poisoned");
        *value = value.wrapping_add(1);
    }

    fn bytes(_threads: usize) -> usize {
        // Eight shards, each a lock on a cache line of its own.
        size_of::<Self>() + 8 * size_of::<crossbeam_utils::CachePadded<std::sync::RwLock<()>>>()
    }

    fn total(&self) -> u64 {
        *self.0.read().expect("the lock is poisoned")
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(CrossbeamShardedLock(ShardedLock::new(u64::MAX - 1)));
}
