//! The cost of an access without any check.

use super::{COMMON, Lazy};
use crate::counter::{Counter, Grade, Info};
use crate::counters::control::NoCounter;

/// The control: a value that was always there. Net costs subtract it.
pub struct Private(u64);

impl Lazy for Private {
    const INFO: Info = Info {
        // Net costs are measured against this id.
        id: <NoCounter as Counter>::INFO.id,
        family: "control",
        grade: Grade::Control,
        summary: "reads a value that was there all along",
        source: "the floor of the others",
        ..COMMON
    };

    fn new(_make: fn() -> u64) -> Self {
        Private(1)
    }

    #[inline]
    fn get(&self) -> u64 {
        self.0
    }
}
