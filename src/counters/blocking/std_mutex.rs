//! The standard library's mutex. *Source:* `std::sync::Mutex` (a futex on Linux).

use std::sync::Mutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock. Panics if another thread panicked while holding it.
#[derive(Default)]
pub struct StdMutex(Mutex<u64>);

impl Plain for StdMutex {
    const INFO: Info = Info {
        id: "std_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `std::sync::Mutex`",
        source: "std::sync::Mutex; with lock: in the articles on Python threads",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.lock().expect("the mutex is poisoned");
        *value = value.wrapping_add(1);
    }

    fn total(&self) -> u64 {
        *self.0.lock().expect("the mutex is poisoned")
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(StdMutex(Mutex::new(u64::MAX - 1)));
}
