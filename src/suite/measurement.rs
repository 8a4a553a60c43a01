//! The one Criterion measurement: a value that carries time and loss together.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

use crate::round::Round;

/// What one sample is: the time Criterion sees, and the round it comes from.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// In ns, or in attempts while loss is replayed.
    value: f64,
    /// What it comes from; none while loss is replayed.
    taken: Option<Taken>,
}

/// A round, and what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) round: Rc<Round>,
    /// Rounds run for it, itself included.
    pub(super) tries: usize,
    /// ns/op per thread of the empty loop right before it, where there was one.
    pub(super) none_ns: Option<f64>,
}

impl Sample {
    /// A round that was run at the `tries`th attempt.
    pub(super) fn of(round: Round, tries: usize, none_ns: Option<f64>) -> Sample {
        let value = round.criterion_ns();
        Sample { value, taken: Some(Taken { round: Rc::new(round), tries, none_ns }) }
    }

    /// The time Criterion sees, in ns.
    pub(super) fn ns(&self) -> f64 {
        self.value
    }

    /// Whether the round behind it was ended by the deadline.
    pub(super) fn was_cut(&self) -> bool {
        self.taken.as_ref().is_some_and(|taken| taken.round.was_cut(taken.round.iters))
    }

    /// The same round, with the time that `iters` iterations would have taken at its speed.
    pub(super) fn replayed_as(self, iters: u64) -> Sample {
        let value = self.taken.as_ref().map_or(self.value, |taken| taken.round.criterion_ns_for(iters));
        Sample { value, ..self }
    }

    /// A value with no round behind it.
    pub(super) fn replayed(value: f64) -> Sample {
        Sample { value, taken: None }
    }
}

/// What Criterion kept of the cell being measured.
pub(super) type Kept = Vec<Taken>;

/// Time in ns; rounds that Criterion keeps are noted on the way.
#[derive(Clone, Default)]
pub(super) struct TimeAndLoss {
    pub(super) kept: Rc<RefCell<Kept>>,
    pub(super) replaying: Rc<Cell<bool>>,
}

impl TimeAndLoss {
    /// Notes the round behind a sample, if there is one.
    pub(super) fn keep(&self, sample: &Sample) {
        self.kept.borrow_mut().extend(sample.taken.clone());
    }
}

impl Measurement for TimeAndLoss {
    type Intermediate = ();
    type Value = Sample;

    fn start(&self) {}

    fn end(&self, (): ()) -> Sample {
        unreachable!("every cell is timed by its team, through iter_custom")
    }

    fn add(&self, a: &Sample, b: &Sample) -> Sample {
        Sample::replayed(a.value + b.value)
    }

    fn zero(&self) -> Sample {
        Sample::default()
    }

    /// Called once for each sample that Criterion keeps, and never while it warms up.
    fn to_f64(&self, sample: &Sample) -> f64 {
        self.keep(sample);
        sample.value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        if self.replaying.get() { &AttemptsPerKept } else { WallTime.formatter() }
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
