//! Looks without the lock, and again with it: only the first accesses wait.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

use super::{COMMON, Lazy};
use crate::counter::Info;

/// Double-checked locking as it must be: who sees the flag with `Acquire` sees the value stored before it
/// was set with `Release`.
pub struct DoubleChecked {
    ready: AtomicBool,
    /// Nothing by itself says when it is there: the flag does.
    value: AtomicU64,
    making: Mutex<()>,
    make: fn() -> u64,
}

impl DoubleChecked {
    #[cold]
    fn make_once(&self) {
        let _making = self.making.lock().expect("the mutex is poisoned");
        // Whoever had the lock before may have made it.
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
