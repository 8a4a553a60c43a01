//! A queue lock that newcomers may overtake: a thread that finds it free takes it, and only the
//! first in the queue competes with newcomers. *Source:* `mcslock::barging`; the idea comes from Linux's
//! qspinlock.

use mcslock::barging::spins::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. A thread that has to queue up makes its node on its own stack.
pub type McsBargingLock<T> = Mutex<T>;

/// The counter.
pub type McsBarging = Locked<McsBargingLock<u64>>;

impl<T: Send + 'static> Lock<T> for McsBargingLock<T> {
    const INFO: Info = Info {
        id: "mcs_barging",
        family: "spinning",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under a queue lock that newcomers may overtake",
        source: "the mcslock crate, barging; Linux's qspinlock",
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
    crate::counters::assert_wraps(McsBarging::at(u64::MAX - 1));
}
