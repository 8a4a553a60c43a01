//! Load buffering: both threads read what the other stores afterwards.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Litmus, LitmusOutcome, Location, MemoryOrder, Test, Variant, clear, register};

/// Both read 1: each saw a store that comes after the other's load.
const TEST: Test = Test {
    id: "lb",
    name: "load buffering",
    program: &["r0 = x; y = 1", "r1 = y; x = 1"],
    asked: &[1, 1],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Interleaved),
        LitmusOutcome::new(&[0, 1], Sequential),
        LitmusOutcome::new(&[1, 0], Sequential),
        LitmusOutcome::new(&[1, 1], Weak),
    ],
    weak_allowed: &[Variant::Relaxed],
    weak_on_x86: false,
    event: &[],
    // A load there never returns what is stored later.
    loom: None,
    source: "Alglave et al. 2011",
};

/// What one instance shares.
#[derive(Default)]
pub struct LoadBuffering<O> {
    x: Location,
    y: Location,
    order: PhantomData<O>,
}

impl<O: MemoryOrder> Litmus for LoadBuffering<O> {
    const TEST: &'static Test = &TEST;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        let (own, others) = if thread == 0 { (&self.y, &self.x) } else { (&self.x, &self.y) };
        let seen = O::load(others);
        O::between();
        O::store(own, 1);
        register(thread as u32, seen)
    }

    fn clear(&self, thread: usize) {
        clear(if thread == 0 { &self.y } else { &self.x });
    }
}
