//! An immutable value, replaced by a new one under a lock. *Source:* Java's
//! `CopyOnWriteArrayList`.

use std::sync::{Arc, Mutex};

use crate::counter::{Grade, Info, Plain};

/// Replaces the old value by a new one made from it, all under the lock. Panics if
/// another thread panicked while holding it.
#[derive(Default)]
pub struct CopyOnWrite(Mutex<Arc<u64>>);

impl Plain for CopyOnWrite {
    const INFO: Info = Info {
        id: "copy_on_write",
        family: "snapshot",
        grade: Grade::Exact,
        helpers: 0,
        summary: "an immutable value replaced under a mutex",
        source: "java.util.concurrent.CopyOnWriteArrayList",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let mut current = self.0.lock().expect("the mutex is poisoned");
        *current = Arc::new(current.wrapping_add(1));
    }

    fn total(&self) -> u64 {
        *self.snapshot()
    }

    fn take(&self) -> Option<u64> {
        Some(*std::mem::take(&mut *self.0.lock().expect("the mutex is poisoned")))
    }
}

impl CopyOnWrite {
    /// The value of this moment, which no later increment changes.
    pub fn snapshot(&self) -> Arc<u64> {
        Arc::clone(&self.0.lock().expect("the mutex is poisoned"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_stays_as_it_was() {
        let counter = CopyOnWrite::default();
        counter.increment();
        let before = counter.snapshot();
        counter.increment();
        assert_eq!((*before, *counter.snapshot()), (1, 2));
    }

    #[test]
    fn it_wraps() {
        crate::counters::assert_wraps(CopyOnWrite(Mutex::new(Arc::new(u64::MAX - 1))));
    }
}
