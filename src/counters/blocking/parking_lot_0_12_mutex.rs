//! parking_lot's mutex as it was before 0.13: about every 0.5 ms an unlock hands the lock straight to
//! a waiting thread, so that nobody starves. 0.13 dropped that. *Source:* `parking_lot` 0.12,
//! "eventual fairness".

use parking_lot_0_12::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Lock, Locked};

/// The lock.
pub type ParkingLot012Lock<T> = Mutex<T>;

/// The counter.
pub type ParkingLot012Mutex = Locked<ParkingLot012Lock<u64>>;

impl<T: Send + 'static> Lock<T> for ParkingLot012Lock<T> {
    const INFO: Info = Info {
        id: "parking_lot_0_12_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.12, eventually fair",
        source: "parking_lot 0.12",
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
    crate::counters::assert_wraps(ParkingLot012Mutex::at(u64::MAX - 1));
}
