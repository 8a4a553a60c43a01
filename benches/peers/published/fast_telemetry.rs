//! `fast-telemetry` 0.10.0, `Counter`: made from `fast-counter`, and does the same: as many padded atomics as its maker
//! says, rounded up to a power of two; a thread adds to that of its number by `fetch_add`. Here it gets one for each CPU.
//!
//! - Bytes, first add, past its cells: as of `fast-counter`. Its threads have numbers of their own.

use std::mem::size_of;

use ::fast_telemetry::Counter;
use crossbeam_utils::CachePadded;
use miscount::topology::usable_count;

peer!(
    FastTelemetry(Counter) = Counter::new(usable_count()),
    "fast_telemetry",
    "fast-telemetry 0.10.0 Counter",
    |_threads| size_of::<Counter>() + usable_count().next_power_of_two() * size_of::<CachePadded<isize>>(),
    |c| c.inc(),
    c.sum() as u64
);
