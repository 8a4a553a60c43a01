//! A one-byte mutex that parks waiting threads in a global table. *Source:* `parking_lot` 0.13, after
//! WebKit's `WTF::Lock`.

use parking_lot::Mutex;

use crate::counter::{Grade, Info, Plain};

/// Adds under the lock.
#[derive(Default)]
pub struct ParkingLotMutex(Mutex<u64>);

impl Plain for ParkingLotMutex {
    const INFO: Info = Info {
        id: "parking_lot_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.13",
        source: "parking_lot 0.13; WebKit, Locking in WebKit (2016)",
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
    crate::counters::assert_wraps(ParkingLotMutex(Mutex::new(u64::MAX - 1)));
}
