//! The articles' example: one thread sets `a`, then `b`; the other reads both. To see the new `b` and the
//! old `a` looks like a reordering, and is none when `a` is read first.

use std::marker::PhantomData;

use super::Kind::{Interleaved, Sequential, Weak};
use super::{Litmus, LitmusOutcome, Location, MemoryOrder, Test, Variant, clear, register};

/// `a` is read first: the old `a` and the new `b` is plain interleaving.
const A_THEN_B: Test = Test {
    id: "ab_a_first",
    name: "two stores, a read before b",
    program: &["a = 1; b = 2", "r0 = a; r1 = b"],
    asked: &[0, 2],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Sequential),
        LitmusOutcome::new(&[0, 2], Interleaved),
        LitmusOutcome::new(&[1, 0], Interleaved),
        LitmusOutcome::new(&[1, 2], Sequential),
    ],
    weak_allowed: &[],
    weak_on_x86: false,
    event: &[],
    loom: Some(&[]),
    source: "the articles on what other threads see",
};

/// `b` is read first: the new `b` and the old `a` takes a reordering.
const B_THEN_A: Test = Test {
    id: "ab_b_first",
    name: "two stores, b read before a",
    program: &["a = 1; b = 2", "r0 = b; r1 = a"],
    asked: &[2, 0],
    outcomes: &[
        LitmusOutcome::new(&[0, 0], Sequential),
        LitmusOutcome::new(&[0, 1], Interleaved),
        LitmusOutcome::new(&[2, 0], Weak),
        LitmusOutcome::new(&[2, 1], Sequential),
    ],
    weak_allowed: &[Variant::Relaxed],
    weak_on_x86: false,
    event: &[],
    loom: Some(&[Variant::Relaxed]),
    source: "the articles on what other threads see",
};

/// The two locations.
#[derive(Default)]
struct Two {
    a: Location,
    b: Location,
}

impl Two {
    #[inline(always)]
    fn write<O: MemoryOrder>(&self) -> u16 {
        O::store(&self.a, 1);
        O::between();
        O::store(&self.b, 2);
        0
    }

    #[inline(always)]
    fn read<O: MemoryOrder>(first: &Location, second: &Location) -> u16 {
        let seen = O::load(first);
        O::between();
        register(0, seen) | register(1, O::load(second))
    }

    fn clear(&self, thread: usize) {
        clear(if thread == 0 { &self.b } else { &self.a });
    }
}

/// What one instance shares; `a` is read first.
#[derive(Default)]
pub struct FirstThenSecond<O>(Two, PhantomData<O>);

impl<O: MemoryOrder> Litmus for FirstThenSecond<O> {
    const TEST: &'static Test = &A_THEN_B;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        let Two { a, b } = &self.0;
        if thread == 0 { self.0.write::<O>() } else { Two::read::<O>(a, b) }
    }

    fn clear(&self, thread: usize) {
        self.0.clear(thread);
    }
}

/// What one instance shares; `b` is read first.
#[derive(Default)]
pub struct SecondThenFirst<O>(Two, PhantomData<O>);

impl<O: MemoryOrder> Litmus for SecondThenFirst<O> {
    const TEST: &'static Test = &B_THEN_A;
    const VARIANT: Variant = O::VARIANT;

    #[inline(always)]
    fn step(&self, thread: usize) -> u16 {
        let Two { a, b } = &self.0;
        if thread == 0 { self.0.write::<O>() } else { Two::read::<O>(b, a) }
    }

    fn clear(&self, thread: usize) {
        self.0.clear(thread);
    }
}
