//! What a turn of waiting costs: `std::hint::spin_loop`, which spinning locks call between two looks.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::time::Instant;

/// Turns of a batch: ten in a row, so that the loop's own work does not show.
const ROUNDS: u32 = 100;
/// Batches, of which the fastest counts: the others were interrupted, or ran before the clock had risen.
const BATCHES: usize = 40;

/// The cost of one `spin_loop()` in ns, to one decimal; measured once, in less than 3 ms.
pub(super) fn ns() -> f64 {
    static MEASURED: OnceLock<f64> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let each = (0..BATCHES).map(|_| batch()).fold(f64::INFINITY, f64::min);
        (each * 10.0).round() / 10.0
    })
}

fn batch() -> f64 {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
        spin_loop();
    }
    began.elapsed().as_nanos() as f64 / f64::from(10 * ROUNDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_costs_something_and_is_measured_once() {
        let found = ns();
        assert!((0.0..10_000.0).contains(&found), "{found}");
        assert_eq!(ns(), found);
    }
}
