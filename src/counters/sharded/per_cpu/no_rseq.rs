//! In the place of `rseq.rs` where it has no code.

use super::registry::Row;

/// What there is none of.
#[derive(Clone, Copy)]
pub(super) enum Rseq {}

impl Rseq {
    pub(super) fn find() -> Result<Rseq, &'static str> {
        Err("restartable sequences are used on Linux with glibc, on x86-64 and aarch64")
    }

    pub(super) fn sequence(self, _: &'static [Row], _: usize) -> Sequence {
        match self {}
    }
}

/// What there is none of, either.
#[derive(Clone, Copy)]
pub(super) enum Sequence {}

impl Sequence {
    pub(super) fn add_one(self) -> bool {
        match self {}
    }
}
