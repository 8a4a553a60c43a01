//! Takes the lock for each access, first or not.

use std::sync::Mutex;

use super::{COMMON, Lazy};
use crate::counter::Info;

/// Correct, but every access costs as much as the first.
pub struct LockEveryAccess {
    value: Mutex<Option<u64>>,
    make: fn() -> u64,
}

impl Lazy for LockEveryAccess {
    const INFO: Info = Info {
        id: "lock_every_access",
        summary: "a mutex around looking and making",
        source: "what double-checked locking was invented to avoid",
        ..COMMON
    };

    fn new(make: fn() -> u64) -> Self {
        LockEveryAccess { value: Mutex::new(None), make }
    }

    #[inline]
    fn get(&self) -> u64 {
        *self.value.lock().expect("the mutex is poisoned").get_or_insert_with(self.make)
    }
}
