//! The write side of parking_lot's read-write lock. *Source:* `parking_lot` 0.13.

use parking_lot::RwLock;

use crate::counter::{Grade, Info, Plain};

/// Adds under the write lock.
#[derive(Default)]
pub struct ParkingLotRwLock(RwLock<u64>);

impl Plain for ParkingLotRwLock {
    const INFO: Info = Info {
        id: "parking_lot_rwlock",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under the write side of `parking_lot::RwLock` 0.13",
        source: "parking_lot 0.13",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut value = self.0.write();
        *value = value.wrapping_add(1);
    }

    fn total(&self) -> u64 {
        *self.0.read()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(ParkingLotRwLock(RwLock::new(u64::MAX - 1)));
}
