//! What a test costs that does nothing.

use super::{Kind, Litmus, LitmusOutcome, Test, Variant};
use crate::counter::Counter;
use crate::counters::control::NoCounter;

const TEST: Test = Test {
    // Net costs are measured against this id.
    id: <NoCounter as Counter>::INFO.id,
    name: "the same batches of instances with nothing in them",
    program: &[],
    asked: &[],
    outcomes: &[LitmusOutcome::new(&[], Kind::Sequential)],
    weak_allowed: &[],
    weak_on_x86: false,
    event: &[],
    loom: None,
    source: "the floor of the others",
};

/// The control: costs of the others are net of it. Any number of threads can run it.
#[derive(Default)]
pub struct Nothing;

impl Litmus for Nothing {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = Variant::Relaxed;

    #[inline(always)]
    fn step(&self, _thread: usize) -> u16 {
        0
    }

    fn clear(&self, _thread: usize) {}
}
