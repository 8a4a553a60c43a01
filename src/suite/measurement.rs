//! What Criterion is given of a cell: its rounds, once all of them have been run.

use std::cell::Cell;
use std::rc::Rc;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// Time in ns; while a loss is shown, attempts for each update that stayed.
#[derive(Clone, Default)]
pub(super) struct TimeOrLoss {
    pub(super) loss: Rc<Cell<bool>>,
}

impl Measurement for TimeOrLoss {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) {}

    fn end(&self, (): ()) -> f64 {
        unreachable!("every cell is timed by its team, through iter_custom")
    }

    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        if self.loss.get() { &AttemptsPerKept } else { WallTime.formatter() }
    }
}

/// The rounds of a cell as Criterion asks for them: each by what one iteration took.
pub(super) struct Replay {
    each: Vec<f64>,
    given: usize,
}

impl Replay {
    /// Of so much an iteration, one entry a round.
    pub(super) fn of(each: Vec<f64>) -> Replay {
        Replay { each, given: 0 }
    }

    /// Samples that show every round: Criterion takes ten and more.
    pub(super) fn samples(&self) -> usize {
        self.each.len().max(10)
    }

    /// The next round, as if it had had `iters` iterations. Where Criterion wants more than there are, it begins anew.
    pub(super) fn next(&mut self, iters: u64) -> f64 {
        let each = self.each[self.given % self.each.len()];
        self.given += 1;
        // Samples that are all equal have no density to draw: they are set apart by parts in 10^9.
        iters as f64 * each.clamp(1e-9, 1e15) * (1.0 + self.given as f64 * 1e-9)
    }

    /// Begins anew: the first was for a warm-up.
    pub(super) fn again(&mut self) {
        self.given = 0;
    }
}

/// Loss as Criterion can draw it: attempts for each update that stayed, 1 when all did.
struct AttemptsPerKept;

impl ValueFormatter for AttemptsPerKept {
    fn scale_values(&self, _typical: f64, _values: &mut [f64]) -> &'static str {
        "attempts/kept"
    }

    fn scale_throughputs(&self, _typical: f64, _throughput: &Throughput, values: &mut [f64]) -> &'static str {
        // Attempts per kept turned over: the share that stayed, in percent.
        values.iter_mut().for_each(|value| *value = 100.0 / *value);
        "% kept"
    }

    fn scale_for_machines(&self, _values: &mut [f64]) -> &'static str {
        "attempts/kept"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_comes_once_and_no_two_samples_are_equal() {
        let mut replay = Replay::of(vec![2.0, 3.0, 2.0]);
        assert_eq!(replay.samples(), 10);
        replay.next(1);
        replay.again();
        let given: Vec<f64> = (0..10).map(|_| replay.next(100)).collect();
        let rounds: Vec<f64> = given.iter().map(|value| value.round()).collect();
        assert_eq!(rounds, [200.0, 300.0, 200.0, 200.0, 300.0, 200.0, 200.0, 300.0, 200.0, 200.0]);
        assert!(given.iter().enumerate().all(|(n, a)| given[..n].iter().all(|b| a != b)), "{given:?}");
        assert!(Replay::of(vec![0.0]).next(5) > 0.0, "Criterion drops a benchmark that took no time");
        assert!(Replay::of(vec![f64::INFINITY]).next(1 << 40).is_finite());
    }
}
