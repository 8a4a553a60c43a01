//! `Once` beside the value that it guards.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{COMMON, Lazy};
use crate::counter::Info;

/// `Once::call_once`, then a look at the value. The call happens before it returns to any thread, so
/// the value itself needs no ordering.
pub struct StdOnce {
    once: Once,
    value: AtomicU64,
    make: fn() -> u64,
}

impl Lazy for StdOnce {
    const INFO: Info = Info {
        id: "std_once",
        summary: "Once::call_once, then a look at the value",
        source: "std::sync::Once; pthread_once",
        ..COMMON
    };

    fn new(make: fn() -> u64) -> Self {
        StdOnce { once: Once::new(), value: AtomicU64::new(0), make }
    }

    #[inline]
    fn get(&self) -> u64 {
        self.once.call_once(|| self.value.store((self.make)(), Relaxed));
        self.value.load(Relaxed)
    }
}
