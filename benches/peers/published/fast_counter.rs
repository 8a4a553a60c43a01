//! `fast-counter` 1.0.0, `ConcurrentCounter`: as many padded atomics as its maker says, rounded up to a power of two; a
//! thread adds to that of its number by `fetch_add`. Here it gets one for each CPU.
//!
//! - Bytes: 24, and 128 for each atomic, whatever the threads.
//! - First add: allocates nothing. A thread gets its number with its first add to any counter.
//! - Past its cells: numbers are never given back, and threads whose numbers differ by a multiple of the cells share one: of two
//!   threads and two cells, those with two even numbers. Nothing is lost then; the two wait for each other.

use std::mem::size_of;

use ::fast_counter::ConcurrentCounter;
use miscount::topology::usable_count;

peer!(
    FastCounter(ConcurrentCounter) = ConcurrentCounter::new(usable_count()),
    "fast_counter",
    "fast-counter 1.0.0",
    |_threads| size_of::<ConcurrentCounter>() + usable_count().next_power_of_two() * 128,
    |c| c.add(1),
    c.sum() as u64
);
