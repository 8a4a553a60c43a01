//! A mutex that every unlock hands straight to a waiting thread, if there is one: nobody starves, and
//! each handover may cost two context switches. *Source:* `parking_lot::FairMutex` 0.13.

use parking_lot::FairMutex;

use crate::counter::{Grade, Info};
use crate::lock::{Locked, guard_lock};

/// The lock.
pub type FairLock<T> = FairMutex<T>;

/// The counter.
pub type ParkingLotFairMutex = Locked<FairLock<u64>>;

guard_lock!(
    FairLock,
    Info {
        id: "parking_lot_fair_mutex",
        family: "blocking",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a value under `parking_lot::FairMutex` 0.13: unlocking hands over",
        source: "parking_lot 0.13",
    },
    |lock| lock.lock()
);
