//! Increment only below a limit: between the check and the act of a thread, others may act.
//! *Source:* check-then-act in the articles on Python threads; `count_lim.c` of perfbook.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Grade, Info};
use crate::hazard::Hazard;

/// At most this many at once.
const LIMIT: u64 = 1;

const INFO: Info = Info {
    id: "bounded",
    family: "hazard",
    grade: Grade::Racy,
    helpers: 0,
    summary: "take one of 1 if free, give it back: do two ever hold it?",
    source: "check-then-act in the articles on Python threads",
};

/// Looks whether one is free, then takes it.
#[derive(Default)]
pub struct CheckThenAct(AtomicU64);

impl Hazard for CheckThenAct {
    const INFO: Info = INFO;
    const KIND: &'static str = "overshoots of the limit";

    #[inline]
    fn attempt(&self) -> bool {
        if self.0.load(Relaxed) >= LIMIT {
            return false;
        }
        let held = self.0.fetch_add(1, Relaxed) + 1;
        self.0.fetch_sub(1, Relaxed);
        held > LIMIT
    }
}

/// Looks and takes in one step.
#[derive(Default)]
pub struct CheckAndAct(AtomicU64);

impl Hazard for CheckAndAct {
    const INFO: Info = Info { grade: Grade::Exact, ..INFO };
    const KIND: &'static str = CheckThenAct::KIND;

    #[inline]
    fn attempt(&self) -> bool {
        let below = |held: u64| (held < LIMIT).then_some(held + 1);
        match self.0.fetch_update(Relaxed, Relaxed, below) {
            Ok(held) => {
                self.0.fetch_sub(1, Relaxed);
                held + 1 > LIMIT
            }
            Err(_) => false,
        }
    }
}
