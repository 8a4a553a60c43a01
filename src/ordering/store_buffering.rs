//! Store buffering: both threads store, then read what the other stores. *Source:* Dekker's algorithm for
//! mutual exclusion (Dijkstra, *Cooperating Sequential Processes*, 1965), which fails where `(0, 0)` can happen.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Litmus, LitmusOutcome, Location, MemoryOrder, Test, Variant, clear, register};

/// Both read 0: each store was still in its CPU's buffer when the other one read.
const TEST: Test = Test {
    id: "sb",
    name: "store buffering",
    program: &["x = 1; r0 = y", "y = 1; r1 = x"],
    asked: &[0, 0],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Weak),
        LitmusOutcome::new(&[0, 1], Sequential),
        LitmusOutcome::new(&[1, 0], Sequential),
        LitmusOutcome::new(&[1, 1], Interleaved),
    ],
    weak_allowed: &[Variant::Relaxed, Variant::AcqRel],
    weak_on_x86: true,
    event: &[],
    loom: Some(&[Variant::Relaxed, Variant::AcqRel]),
    source: "Dijkstra 1965 (Dekker's algorithm); Alglave et al. 2011",
};

/// What one instance shares.
#[derive(Default)]
pub struct StoreBuffering<O> {
    x: Location,
    y: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for StoreBuffering<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        let (own, others) = if thread == 0 { (&self.x, &self.y) } else { (&self.y, &self.x) };
        O::store(own, 1);
        O::between();
        register(thread as u32, O::load(others))
    }

    fn clear(&self, thread: usize) {
        clear(if thread == 0 { &self.y } else { &self.x });
    }
}
