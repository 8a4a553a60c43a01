//! The standard library's mutex. *Source:* `std::sync::Mutex` (a futex on Linux).

use std::sync::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. Taking it panics if another thread panicked while holding it.
pub type StdMutexLock<T> = Mutex<T>;

/// The counter.
pub type StdMutex = Locked<StdMutexLock<u64>>;

impl<T: Send + 'static> Lock<T> for StdMutexLock<T> {
    const INFO: Info = Info {
        id: "std_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `std::sync::Mutex`",
        source: "std::sync::Mutex; with lock: in the articles on Python threads",
    };

    type Node = ();

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.lock().expect("the mutex is poisoned"))
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(StdMutex::at(u64::MAX - 1));
}
