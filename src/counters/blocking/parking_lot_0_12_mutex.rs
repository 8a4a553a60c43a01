//! parking_lot's mutex as it was before 0.13: about every 0.5 ms an unlock hands the lock straight to
//! a waiting thread, so that nobody starves. 0.13 removed that. *Source:* `parking_lot` 0.12,
//! "eventual fairness".

use parking_lot_0_12::Mutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type ParkingLot012Lock<T> = Mutex<T>;

/// The counter.
pub type ParkingLot012Mutex = Locked<ParkingLot012Lock<u64>>;

guard_lock!(
    ParkingLot012Lock,
    Info {
        id: "parking_lot_0_12_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::Mutex` 0.12, eventually fair",
        source: "parking_lot 0.12",
    },
    |lock| lock.lock()
);
