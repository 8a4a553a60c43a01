//! Looks whether the value is there and makes it if not: two threads that look at the same time both
//! make one.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{COMMON, Lazy};
use crate::counter::{Grade, Info};

/// Does the same as `if self.x is None: self.x = make()`, without undefined behaviour: each step is atomic, but
/// the two together are not.
pub struct CheckThenCreate {
    /// 0 for none yet.
    value: AtomicU64,
    make: fn() -> u64,
}

impl Lazy for CheckThenCreate {
    const INFO: Info = Info {
        id: "check_then_create",
        grade: Grade::Racy,
        summary: "looks whether it is there, makes it if not",
        source: "lazy singletons without a lock, of any language",
        ..COMMON
    };

    fn new(make: fn() -> u64) -> Self {
        CheckThenCreate { value: AtomicU64::new(0), make }
    }

    #[inline]
    fn get(&self) -> u64 {
        match self.value.load(Relaxed) {
            0 => {
                let value = (self.make)();
                self.value.store(value, Relaxed);
                value
            }
            value => value,
        }
    }
}
