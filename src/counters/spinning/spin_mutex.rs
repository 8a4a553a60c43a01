//! A test-and-test-and-set lock: waiting threads burn their CPU. *Source:* `spin::mutex::SpinMutex`.

use spin::mutex::SpinMutex as Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type SpinLock<T> = Mutex<T>;

/// The counter.
pub type SpinMutex = Locked<SpinLock<u64>>;

guard_lock!(
    SpinLock,
    Info {
        id: "spin_mutex",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a test-and-test-and-set spin lock",
        source: "the spin crate, SpinMutex",
    },
    |lock| lock.lock()
);
