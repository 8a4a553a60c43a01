//! A queue lock that lets newcomers in before the queue: whoever finds it free takes it, and only the
//! first in the queue competes with them. *Source:* `mcslock::barging`; the idea is that of Linux's
//! qspinlock.

use mcslock::barging::spins::Mutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock. A thread that has to queue up makes its node on its own stack.
#[derive(Default)]
pub struct McsBarging(Mutex<u64>);

impl Plain for McsBarging {
    const INFO: Info = Info {
        id: "mcs_barging",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock that newcomers may overtake",
        source: "the mcslock crate, barging; Linux's qspinlock",
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
    crate::counters::assert_wraps(McsBarging(Mutex::new(u64::MAX - 1)));
}
