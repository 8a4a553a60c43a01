//! Independent reads of independent writes: two threads store, two others read both, the one in the one order
//! and the other in the other.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Litmus, LitmusOutcome, Location, MemoryOrder, Test, Variant, clear, register};

/// The readers disagree on which store came first.
const TEST: Test = Test {
    id: "iriw",
    name: "independent reads of independent writes",
    program: &["x = 1", "y = 1", "r0 = x; r1 = y", "r2 = y; r3 = x"],
    asked: &[1, 0, 1, 0],
    outcomes: &[
        LitmusOutcome::new(&[0, 0, 0, 0], Sequential),
        LitmusOutcome::new(&[0, 0, 0, 1], Sequential),
        LitmusOutcome::new(&[0, 0, 1, 0], Sequential),
        LitmusOutcome::new(&[0, 0, 1, 1], Sequential),
        LitmusOutcome::new(&[0, 1, 0, 0], Sequential),
        LitmusOutcome::new(&[0, 1, 0, 1], Interleaved),
        LitmusOutcome::new(&[0, 1, 1, 0], Sequential),
        LitmusOutcome::new(&[0, 1, 1, 1], Sequential),
        LitmusOutcome::new(&[1, 0, 0, 0], Sequential),
        LitmusOutcome::new(&[1, 0, 0, 1], Sequential),
        LitmusOutcome::new(&[1, 0, 1, 0], Weak),
        LitmusOutcome::new(&[1, 0, 1, 1], Sequential),
        LitmusOutcome::new(&[1, 1, 0, 0], Sequential),
        LitmusOutcome::new(&[1, 1, 0, 1], Sequential),
        LitmusOutcome::new(&[1, 1, 1, 0], Sequential),
        LitmusOutcome::new(&[1, 1, 1, 1], Sequential),
    ],
    weak_allowed: &[Variant::Relaxed, Variant::AcqRel],
    weak_on_x86: false,
    event: &[],
    loom: Some(&[Variant::Relaxed, Variant::AcqRel]),
    source: "Boehm and Adve, Foundations of the C++ concurrency memory model, 2008; Alglave et al. 2011",
};

/// What one instance shares.
#[derive(Default)]
pub struct IndependentReads<O> {
    x: Location,
    y: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for IndependentReads<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        let (first, second) = if matches!(thread, 0 | 2) { (&self.x, &self.y) } else { (&self.y, &self.x) };
        if thread < 2 {
            O::store(first, 1);
            return 0;
        }
        let first_register = 2 * (thread as u32 - 2);
        let seen = O::load(first);
        O::between();
        register(first_register, seen) | register(first_register + 1, O::load(second))
    }

    fn clear(&self, thread: usize) {
        match thread {
            2 => clear(&self.y),
            3 => clear(&self.x),
            _ => {}
        }
    }
}
