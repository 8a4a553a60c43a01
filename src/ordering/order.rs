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
/// Between two accesses of a thread stands [`between`](MemoryOrder::between). There the compiler may not move anything,
/// so that what is seen out of order is the CPU's doing.
pub trait MemoryOrder: Default + Send + Sync + 'static {
    /// Its variant.
    const VARIANT: Variant;

    /// Stores `value`.
    fn store(at: &AtomicU32, value: u32);

    /// Loads.
    fn load(at: &AtomicU32) -> u32;

    /// Stands between two accesses.
    fn between();
}

/// A type of one variant: how it stores and loads, and the fence between two accesses.
macro_rules! memory_order {
    ($Order:ident = $variant:expr, $store:expr, $load:expr, $fence:ident) => {
        #[doc = concat!("[`", stringify!($variant), "`].")]
        #[derive(Default)]
        pub struct $Order;

        impl MemoryOrder for $Order {
            const VARIANT: Variant = $variant;

            #[inline(always)]
            fn store(at: &AtomicU32, value: u32) {
                at.store(value, $store);
            }

            #[inline(always)]
            fn load(at: &AtomicU32) -> u32 {
                at.load($load)
            }

            #[inline(always)]
            fn between() {
                $fence(Ordering::SeqCst);
            }
        }
    };
}

memory_order!(Relaxed = Variant::Relaxed, Ordering::Relaxed, Ordering::Relaxed, compiler_fence);
memory_order!(AcqRel = Variant::AcqRel, Release, Acquire, compiler_fence);
memory_order!(SeqCst = Variant::SeqCst, Ordering::SeqCst, Ordering::SeqCst, compiler_fence);
memory_order!(Fenced = Variant::Fence, Ordering::Relaxed, Ordering::Relaxed, fence);
