//! A value behind a lock that puts waiting threads to sleep.

mod crossbeam_sharded_lock;
mod parking_lot_0_12_mutex;
mod parking_lot_fair_mutex;
mod parking_lot_mutex;
mod parking_lot_reentrant_mutex;
mod parking_lot_rwlock;
mod std_mutex;
mod std_rwlock;

pub use crossbeam_sharded_lock::CrossbeamShardedLock;
pub use parking_lot_0_12_mutex::ParkingLot012Mutex;
pub use parking_lot_fair_mutex::ParkingLotFairMutex;
pub use parking_lot_mutex::ParkingLotMutex;
pub use parking_lot_reentrant_mutex::ParkingLotReentrantMutex;
pub use parking_lot_rwlock::ParkingLotRwLock;
pub use std_mutex::StdMutex;
pub use std_rwlock::StdRwLock;
