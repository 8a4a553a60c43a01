//! What looking at the clock costs.

use std::hint::black_box;
use std::time::Instant;

use crate::round::nanos;
use crate::stats;

/// What a clocked span is too long by, in ns: the median difference of two looks at the clock, one
/// right after the other, on the calling thread.
pub fn pair_ns() -> f64 {
    let pair = || {
        let first = Instant::now();
        black_box(Instant::now()).duration_since(first)
    };
    stats::median(&(0..301).map(|_| nanos(pair())).collect::<Vec<f64>>())
}
