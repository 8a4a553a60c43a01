//! The same spin lock, but a waiting thread offers its CPU to others: made for more threads than
//! CPUs, where the one that spins may keep the lock's owner from running. *Source:*
//! `spin::mutex::SpinMutex` with its `Yield` strategy.

use spin::{Yield, mutex::SpinMutex as Lock};

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct SpinMutexYield(Lock<u64, Yield>);

impl Plain for SpinMutexYield {
    const INFO: Info = Info {
        id: "spin_mutex_yield",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a spin lock that yields its CPU while it waits",
        source: "the spin crate, SpinMutex with Yield",
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
    crate::counters::assert_wraps(SpinMutexYield(Lock::new(u64::MAX - 1)));
}
