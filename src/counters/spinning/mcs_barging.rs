//! A queue lock that newcomers may overtake: a thread that finds it free takes it, and only the
//! first in the queue competes with newcomers. *Source:* `mcslock::barging`; the idea comes from Linux's
//! qspinlock.

use mcslock::barging::spins::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock. A thread that has to queue up makes its node on its own stack.
pub type McsBargingLock<T> = Mutex<T>;

/// The counter.
pub type McsBarging = Locked<McsBargingLock<u64>>;

guard_lock!(
    McsBargingLock,
    Info {
        id: "mcs_barging",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock that newcomers may overtake",
        source: "the mcslock crate, barging; Linux's qspinlock",
    },
    |lock| lock.lock()
);
