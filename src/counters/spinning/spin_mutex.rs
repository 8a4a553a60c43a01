//! A test-and-test-and-set lock: waiting threads burn their CPU. *Source:* `spin::mutex::SpinMutex`.

use spin::mutex::SpinMutex as Lock;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct SpinMutex(Lock<u64>);

impl Plain for SpinMutex {
    const INFO: Info = Info {
        id: "spin_mutex",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a test-and-test-and-set spin lock",
        source: "the spin crate, SpinMutex",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.lock();
        *value = value.wrapping_add(1);
    }

    fn total(&self) -> u64 {
        *self.0.lock()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(SpinMutex(Lock::new(u64::MAX - 1)));
}
