//! Coherence of two reads: one location, read twice. Any memory keeps the stores to one location in one
//! order for everybody, so no ordering lets the second read go back.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Litmus, LitmusOutcome, Location, MemoryOrder, Test, Variant, clear, register};

/// The second read goes back.
const TEST: Test = Test {
    id: "corr",
    name: "coherence of two reads",
    program: &["x = 1", "r0 = x; r1 = x"],
    asked: &[1, 0],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Sequential),
        LitmusOutcome::new(&[0, 1], Interleaved),
        LitmusOutcome::new(&[1, 0], Weak),
        LitmusOutcome::new(&[1, 1], Sequential),
    ],
    weak_allowed: &[],
    weak_on_x86: false,
    event: &[],
    loom: Some(&[]),
    source: "Alglave et al. 2011",
};

/// What one instance shares.
#[derive(Default)]
pub struct Coherence<O> {
    x: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for Coherence<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        if thread == 0 {
            O::store(&self.x, 1);
            return 0;
        }
        let first = O::load(&self.x);
        O::between();
        register(0, first) | register(1, O::load(&self.x))
    }

    fn clear(&self, thread: usize) {
        if thread == 1 {
            clear(&self.x);
        }
    }
}
