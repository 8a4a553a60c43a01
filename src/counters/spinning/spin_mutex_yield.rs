//! The same spin lock, but a waiting thread offers its CPU to others. It is for more threads than
//! CPUs, where a spinning thread may keep the lock's owner from running. *Source:*
//! `spin::mutex::SpinMutex` with its `Yield` strategy.

use spin::{Yield, mutex::SpinMutex as Mutex};

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type SpinYieldLock<T> = Mutex<T, Yield>;

/// The counter.
pub type SpinMutexYield = Locked<SpinYieldLock<u64>>;

impl<T: Send + 'static> Lock<T> for SpinYieldLock<T> {
    const INFO: Info = Info {
        id: "spin_mutex_yield",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a spin lock that yields its CPU while it waits",
        source: "the spin crate, SpinMutex with Yield",
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
    crate::counters::assert_wraps(SpinMutexYield::at(u64::MAX - 1));
}
