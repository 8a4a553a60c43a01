//! The write side of parking_lot's read-write lock. *Source:* `parking_lot` 0.13.

use parking_lot::RwLock;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type ParkingLotWriteLock<T> = RwLock<T>;

/// The counter.
pub type ParkingLotRwLock = Locked<ParkingLotWriteLock<u64>>;

impl<T: Send + Sync + 'static> Lock<T> for ParkingLotWriteLock<T> {
    const INFO: Info = Info {
        id: "parking_lot_rwlock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of `parking_lot::RwLock` 0.13",
        source: "parking_lot 0.13",
    };

    type Node = ();

    fn new(value: T) -> Self {
        RwLock::new(value)
    }

    #[inline]
    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut T) -> R) -> R {
        critical(&mut self.write())
    }

    #[inline]
    fn look<R>(&self, _: &mut (), reading: impl FnOnce(&T) -> R) -> R {
        reading(&self.read())
    }
}
