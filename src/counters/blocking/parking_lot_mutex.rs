//! A one-byte mutex that parks waiting threads in a global table. Since 0.13 an unlock never hands the lock over by itself:
//! a thread that holds it long and takes it again at once can starve the others. *Source:* `parking_lot` 0.13, after WebKit's
//! `WTF::Lock`.

use parking_lot::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type ParkingLotLock<T> = Mutex<T>;

/// The counter.
pub type ParkingLotMutex = Locked<ParkingLotLock<u64>>;

guard_lock!(
    ParkingLotLock,
    Info {
        id: "parking_lot_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.13",
        source: "parking_lot 0.13; WebKit, Locking in WebKit (2016)",
    },
    |lock| lock.lock()
);
