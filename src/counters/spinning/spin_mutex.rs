//! A test-and-test-and-set lock: waiting threads burn their CPU. *Source:* `spin::mutex::SpinMutex`.

use spin::mutex::SpinMutex as Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type SpinLock<T> = Mutex<T>;

/// The counter.
pub type SpinMutex = Locked<SpinLock<u64>>;

impl<T: Send + 'static> Lock<T> for SpinLock<T> {
    const INFO: Info = Info {
        id: "spin_mutex",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a test-and-test-and-set spin lock",
        source: "the spin crate, SpinMutex",
    };

    type Node = ();

    fn new(value: T) -> Self {
        Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.lock())
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(SpinMutex::at(u64::MAX - 1));
}
