//! parking_lot's mutex as it was before 0.13: about every 0.5 ms an unlock hands the lock straight to
//! a waiting thread, so that nobody starves. 0.13 dropped that. *Source:* `parking_lot` 0.12,
//! "eventual fairness".

use parking_lot_0_12::Mutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct ParkingLot012Mutex(Mutex<u64>);

impl Plain for ParkingLot012Mutex {
    const INFO: Info = Info {
        id: "parking_lot_0_12_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.12, eventually fair",
        source: "parking_lot 0.12",
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
    crate::counters::assert_wraps(ParkingLot012Mutex(Mutex::new(u64::MAX - 1)));
}
