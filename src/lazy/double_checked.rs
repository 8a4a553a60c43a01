//! Looks without the lock, then again with the lock: only the first accesses wait.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

use super::{COMMON, Lazy};
use crate::counter::Info;

/// Correct double-checked locking: a thread that sees the flag with `Acquire` also sees the value that was stored before
/// the flag was set with `Release`.
pub struct DoubleChecked {
    ready: AtomicBool,
    /// Only the flag says whether it is there.
    value: AtomicU64,
    making: Mutex<()>,
    make: fn() -> u64,
}

impl DoubleChecked {
    #[cold]
    fn make_once(&self) {
        let _making = self.making.lock().expect("the mutex is poisoned");
        // The last owner of the lock may have made it.
        if !self.ready.load(Relaxed) {
            self.value.store((self.make)(), Relaxed);
            self.ready.store(true, Release);
        }
    }
}

impl Lazy for DoubleChecked {
    const INFO: Info = Info {
        id: "double_checked",
        summary: "an atomic look, then the lock and a second look",
        source: "Schmidt and Harrison 1996; \"The Double-Checked Locking is Broken\" declaration, 2000",
        ..COMMON
    };

    fn new(make: fn() -> u64) -> Self {
        DoubleChecked { ready: AtomicBool::new(false), value: AtomicU64::new(0), making: Mutex::new(()), make }
    }

    #[inline]
    fn get(&self) -> u64 {
        if !self.ready.load(Acquire) {
            self.make_once();
        }
        self.value.load(Relaxed)
    }
}
