//! A lock that does not lock: it looks whether it is free, and then takes it in a second step. It is a positive
//! control: a harness that does not catch it catches nothing. *Source:* check-then-act, the first
//! wrong lock of every textbook (Herlihy and Shavit, *The Art of Multiprocessor Programming*, 2.3).

use crate::counter::{Grade, Info, Plain};
use crate::sync::{
    atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    relax,
};

/// Guards a load and a store with a flag that two threads can both find down.
#[derive(Default)]
pub struct BustedLock {
    taken: AtomicBool,
    value: AtomicU64,
}

impl Plain for BustedLock {
    const INFO: Info = Info {
        id: "busted_lock",
        family: "racy",
        grade: Grade::Racy,
        helpers: 0,
        summary: "a lock that checks, then takes: it does not lock",
        source: "check-then-act; Herlihy and Shavit, The Art of Multiprocessor Programming, ch. 2",
    };

    #[inline]
    fn increment(&self) {
        while self.taken.load(Acquire) {
            relax();
        }
        self.taken.store(true, Relaxed);
        self.value.store(self.value.load(Relaxed).wrapping_add(1), Relaxed);
        self.taken.store(false, Release);
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(BustedLock { value: AtomicU64::new(u64::MAX - 1), ..BustedLock::default() });
}
