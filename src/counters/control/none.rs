//! The empty loop: the cost of the harness itself. *Source:* the null loop of perfbook's
//! `CodeSamples/count`.

use crate::counter::{Counter, Grade, Handle, Info};

/// Does nothing, so a round times only the loop around it.
pub struct NoCounter;

/// The handle of [`NoCounter`].
pub struct NoHandle;

impl Handle for NoHandle {
    #[inline]
    fn increment(&mut self) {}
}

impl Counter for NoCounter {
    const INFO: Info = Info {
        id: "none",
        family: "control",
        grade: Grade::Control,
        helpers: 0,
        summary: "the empty loop: what the harness costs",
        source: "the null loop of perfbook's CodeSamples/count",
    };

    type Handle<'a> = NoHandle;

    fn new(_threads: usize) -> Self {
        NoCounter
    }

    fn handle(&self) -> NoHandle {
        NoHandle
    }

    fn total(&self) -> u64 {
        0
    }
}
