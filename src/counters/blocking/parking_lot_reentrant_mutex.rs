//! A mutex that its owner may lock again: it keeps the owner's id and a depth. *Source:* Python's
//! `threading.RLock`; `parking_lot::ReentrantMutex` 0.13.

use std::cell::RefCell;

use parking_lot::ReentrantMutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock. Its owner may hold it twice, so it gives shared access only, and the value is in a
/// [`RefCell`]. A thread that takes it again within its own critical section panics.
pub type ReentrantLock<T> = ReentrantMutex<RefCell<T>>;

/// The counter.
pub type ParkingLotReentrantMutex = Locked<ReentrantLock<u64>>;

impl<T: Send + 'static> Lock<T> for ReentrantLock<T> {
    const INFO: Info = Info {
        id: "parking_lot_reentrant_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::ReentrantMutex` 0.13: Python's RLock",
        source: "parking_lot 0.13; threading.RLock in the articles on Python threads",
    };

    type Node = ();

    fn new(value: T) -> Self {
        ReentrantMutex::new(RefCell::new(value))
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.lock().borrow_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_owner_may_count_while_holding_it() {
        let lock: ReentrantLock<u64> = Lock::new(0);
        let held = lock.lock();
        lock.with(&mut (), |value| *value += 1);
        assert!(std::thread::scope(|s| s.spawn(|| lock.try_lock().is_none()).join().unwrap()));
        drop(held);
        assert_eq!(lock.look(&mut (), |value| *value), 1);
    }
}
