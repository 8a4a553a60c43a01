//! A value behind a lock that puts waiting threads to sleep: the locks, and the counter of each.

mod crossbeam_sharded_lock;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod futex_mutex;
mod parking_lot_0_12_mutex;
mod parking_lot_fair_mutex;
mod parking_lot_mutex;
mod parking_lot_reentrant_mutex;
mod parking_lot_rwlock;
mod semaphore;
mod seqlock;
mod std_mutex;
mod std_rwlock;

pub use crossbeam_sharded_lock::{CrossbeamShardedLock, ShardedWriteLock};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use futex_mutex::{FutexLock, FutexMutex};
pub use parking_lot_0_12_mutex::{ParkingLot012Lock, ParkingLot012Mutex};
pub use parking_lot_fair_mutex::{FairLock, ParkingLotFairMutex};
pub use parking_lot_mutex::{ParkingLotLock, ParkingLotMutex};
pub use parking_lot_reentrant_mutex::{ParkingLotReentrantMutex, ReentrantLock};
pub use parking_lot_rwlock::{ParkingLotRwLock, ParkingLotWriteLock};
pub use semaphore::{BinarySemaphore, Semaphore};
pub use seqlock::{SeqLock, SequenceLock};
pub use std_mutex::{StdMutex, StdMutexLock};
pub use std_rwlock::{StdRwLock, StdWriteLock};

#[test]
fn readers_of_a_lock_with_a_read_side_meet() {
    super::assert_readers_meet::<StdWriteLock<()>>();
    super::assert_readers_meet::<ParkingLotWriteLock<()>>();
    super::assert_readers_meet::<ShardedWriteLock<()>>();
    super::assert_readers_meet::<SequenceLock<()>>();
}
