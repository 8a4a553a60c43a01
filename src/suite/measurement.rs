//! Replays the rounds of a cell to Criterion.

use std::cell::Cell;
use std::rc::Rc;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// The measured value: time in ns, or attempts for each kept update while `loss` is set.
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

/// Replays rounds; a round is its time per iteration.
pub(super) struct Replay {
    each: Vec<f64>,
    given: usize,
}

impl Replay {
    /// A replay of these values, one for each round.
    pub(super) fn of(each: Vec<f64>) -> Replay {
        Replay { each, given: 0 }
    }

    /// Number of samples in which every round appears. Criterion takes at least ten.
    pub(super) fn samples(&self) -> usize {
        self.each.len().max(10)
    }

    /// The next round, scaled to `iters` iterations. After the last round the first one follows.
    pub(super) fn next(&mut self, iters: u64) -> f64 {
        let each = self.each[self.given % self.each.len()];
        self.given += 1;
        // Criterion cannot draw the density of equal samples: they are set apart by parts in 10^9.
        iters as f64 * each.clamp(1e-9, 1e15) * (1.0 + self.given as f64 * 1e-9)
    }

    /// Begins with the first round again, after a warm-up.
    pub(super) fn again(&mut self) {
        self.given = 0;
    }
}

/// Loss as Criterion can draw it: attempts for each kept update, 1 without loss.
struct AttemptsPerKept;

impl ValueFormatter for AttemptsPerKept {
    fn scale_values(&self, _typical: f64, _values: &mut [f64]) -> &'static str {
        "attempts/kept"
    }

    fn scale_throughputs(&self, _typical: f64, _throughput: &Throughput, values: &mut [f64]) -> &'static str {
        // The inverse of attempts per kept update is the share that was kept.
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
