//! The orderings of atomic accesses, as types: each makes its own machine code.

use std::sync::atomic::compiler_fence;

use super::Variant;
use crate::sync::atomic::{
    AtomicU32,
    Ordering::{self, Acquire, Release},
    fence,
};

/// How a thread loads and stores.
///
/// Between two accesses of a thread stands [`between`](Order::between). There the compiler may not move anything,
/// so that what is seen out of order is the CPU's doing.
pub trait Order: Default + Send + Sync + 'static {
    /// Its variant.
    const VARIANT: Variant;

    /// Stores `value`.
    fn store(at: &AtomicU32, value: u32);

    /// Loads.
    fn load(at: &AtomicU32) -> u32;

    /// Stands between two accesses.
    #[inline(always)]
    fn between() {
        compiler_fence(Ordering::SeqCst);
    }
}

/// [`Variant::Relaxed`].
#[derive(Default)]
pub struct Relaxed;

impl Order for Relaxed {
    const VARIANT: Variant = Variant::Relaxed;

    #[inline(always)]
    fn store(at: &AtomicU32, value: u32) {
        at.store(value, Ordering::Relaxed);
    }

    #[inline(always)]
    fn load(at: &AtomicU32) -> u32 {
        at.load(Ordering::Relaxed)
    }
}

/// [`Variant::AcqRel`].
#[derive(Default)]
pub struct AcqRel;

impl Order for AcqRel {
    const VARIANT: Variant = Variant::AcqRel;

    #[inline(always)]
    fn store(at: &AtomicU32, value: u32) {
        at.store(value, Release);
    }

    #[inline(always)]
    fn load(at: &AtomicU32) -> u32 {
        at.load(Acquire)
    }
}

/// [`Variant::SeqCst`].
#[derive(Default)]
pub struct SeqCst;

impl Order for SeqCst {
    const VARIANT: Variant = Variant::SeqCst;

    #[inline(always)]
    fn store(at: &AtomicU32, value: u32) {
        at.store(value, Ordering::SeqCst);
    }

    #[inline(always)]
    fn load(at: &AtomicU32) -> u32 {
        at.load(Ordering::SeqCst)
    }
}

/// [`Variant::Fence`].
#[derive(Default)]
pub struct Fenced;

impl Order for Fenced {
    const VARIANT: Variant = Variant::Fence;

    #[inline(always)]
    fn store(at: &AtomicU32, value: u32) {
        at.store(value, Ordering::Relaxed);
    }

    #[inline(always)]
    fn load(at: &AtomicU32) -> u32 {
        at.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn between() {
        fence(Ordering::SeqCst);
    }
}
