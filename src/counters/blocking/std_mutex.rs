//! The standard library's mutex. *Source:* `std::sync::Mutex` (a futex on Linux).

use std::sync::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock. Taking it panics if another thread panicked while holding it.
pub type StdMutexLock<T> = Mutex<T>;

/// The counter.
pub type StdMutex = Locked<StdMutexLock<u64>>;

guard_lock!(
    StdMutexLock,
    Info {
        id: "std_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `std::sync::Mutex`",
        source: "std::sync::Mutex; with lock: in the articles on Python threads",
    },
    |lock| lock.lock().expect("the mutex is poisoned")
);
