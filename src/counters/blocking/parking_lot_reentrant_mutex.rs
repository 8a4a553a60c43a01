//! A mutex that its owner may lock again: it keeps the owner's id and a depth. *Source:* Python's
//! `threading.RLock`; `parking_lot::ReentrantMutex` 0.13.

use std::cell::Cell;

use parking_lot::ReentrantMutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock. The lock gives shared access only, since its owner may hold it twice, so
/// the value is in a [`Cell`].
#[derive(Default)]
pub struct ParkingLotReentrantMutex(ReentrantMutex<Cell<u64>>);

impl Plain for ParkingLotReentrantMutex {
    const INFO: Info = Info {
        id: "parking_lot_reentrant_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::ReentrantMutex` 0.13: Python's RLock",
        source: "parking_lot 0.13; threading.RLock in the articles on Python threads",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let value = self.0.lock();
        value.set(value.get().wrapping_add(1));
    }

    fn total(&self) -> u64 {
        self.0.lock().get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_owner_may_count_while_holding_it() {
        let counter = ParkingLotReentrantMutex::default();
        let held = counter.0.lock();
        counter.increment();
        assert!(std::thread::scope(|s| s.spawn(|| counter.0.try_lock().is_none()).join().unwrap()));
        drop(held);
        assert_eq!(Plain::total(&counter), 1);
    }

    #[test]
    fn it_wraps() {
        crate::counters::assert_wraps(ParkingLotReentrantMutex(ReentrantMutex::new(Cell::new(u64::MAX - 1))));
    }
}
