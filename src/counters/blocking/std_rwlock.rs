//! The write side of the standard library's read-write lock. *Source:* `std::sync::RwLock`.

use std::sync::RwLock;

use crate::counter::{Grade, Info, Plain};

/// Adds under the write lock. Panics if another thread panicked while holding it.
#[derive(Default)]
pub struct StdRwLock(RwLock<u64>);

impl Plain for StdRwLock {
    const INFO: Info = Info {
        id: "std_rwlock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of `std::sync::RwLock`",
        source: "std::sync::RwLock",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.write().expect("the lock is poisoned");
        *value = value.wrapping_add(1);
    }

    fn total(&self) -> u64 {
        *self.0.read().expect("the lock is poisoned")
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(StdRwLock(RwLock::new(u64::MAX - 1)));
}
