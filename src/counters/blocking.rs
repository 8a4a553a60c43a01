//! A value behind a lock that puts waiting threads to sleep.

mod parking_lot_mutex;
mod parking_lot_rwlock;
mod std_mutex;
mod std_rwlock;

pub use parking_lot_mutex::ParkingLotMutex;
pub use parking_lot_rwlock::ParkingLotRwLock;
pub use std_mutex::StdMutex;
pub use std_rwlock::StdRwLock;
