//! A one-byte mutex that parks waiting threads in a global table. *Source:* `parking_lot` 0.13, after
//! WebKit's `WTF::Lock`.

use parking_lot::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type ParkingLotLock<T> = Mutex<T>;

/// The counter.
pub type ParkingLotMutex = Locked<ParkingLotLock<u64>>;

impl<T: Send + 'static> Lock<T> for ParkingLotLock<T> {
    const INFO: Info = Info {
        id: "parking_lot_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.13",
        source: "parking_lot 0.13; WebKit, Locking in WebKit (2016)",
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
    crate::counters::assert_wraps(ParkingLotMutex::at(u64::MAX - 1));
}
