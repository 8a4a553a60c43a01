//! A mutex that every unlock hands straight to a waiting thread, if there is one: nobody starves, and
//! each handover may cost two context switches. *Source:* `parking_lot::FairMutex` 0.13.

use parking_lot::FairMutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct ParkingLotFairMutex(FairMutex<u64>);

impl Plain for ParkingLotFairMutex {
    const INFO: Info = Info {
        id: "parking_lot_fair_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::FairMutex` 0.13: unlocking hands over",
        source: "parking_lot 0.13",
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
    crate::counters::assert_wraps(ParkingLotFairMutex(FairMutex::new(u64::MAX - 1)));
}
