//! Load, some work, store: the window in which another thread's store is overwritten is wide
//! open. *Source:* `self.val += int(1)` in the articles on Python threads, where the call between
//! load and store gives the interpreter a place to switch threads.

use std::hint::black_box;

use crate::counter::{Grade, Info, Plain};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Loads the value, converts a one to add (a call that takes a few ns), stores the sum.
#[derive(Default)]
pub struct WideWindow(AtomicU64);

/// Stands for `int(1)`: a conversion that changes nothing but takes time. It converts text to a number, so that
/// the optimiser cannot remove it.
#[inline(never)]
fn convert(one: &str) -> u64 {
    one.parse().expect("a digit")
}

impl Plain for WideWindow {
    const INFO: Info = Info {
        id: "wide_window",
        family: "racy",
        grade: Grade::Racy,
        helpers: 0,
        summary: "load, a call, store: `counter += int(1)`",
        source: "the articles on Python threads: self.val += int(1)",
    };

    #[inline]
    fn increment(&self) {
        let value = self.0.load(Relaxed);
        let one = convert(black_box("1"));
        self.0.store(value.wrapping_add(one), Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(WideWindow(AtomicU64::new(u64::MAX - 1)));
}
