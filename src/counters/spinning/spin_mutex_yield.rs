//! The same spin lock, but a waiting thread offers its CPU to others. It is for more threads than
//! CPUs, where a spinning thread may keep the lock's owner from running. *Source:*
//! `spin::mutex::SpinMutex` with its `Yield` strategy.

use spin::{Yield, mutex::SpinMutex as Mutex};

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type SpinYieldLock<T> = Mutex<T, Yield>;

/// The counter.
pub type SpinMutexYield = Locked<SpinYieldLock<u64>>;

guard_lock!(
    SpinYieldLock,
    Info {
        id: "spin_mutex_yield",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a spin lock that yields its CPU while it waits",
        source: "the spin crate, SpinMutex with Yield",
    },
    |lock| lock.lock()
);
