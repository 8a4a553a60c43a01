//! Think time: what a thread does between two increments, so that it does not always contend.
//!
//! Uniform on `[0, 2t]` with a seed per worker: a constant would make the threads beat in step.
//! At `saturated` there is no think code at all: [`NoThink`] compiles to nothing.

use std::hint::black_box;

/// Work between two increments.
pub trait Think {
    /// Thinks once.
    fn think(&mut self);

    /// Steps thought so far.
    fn steps(&self) -> u64;
}

/// No think time: compiled out.
pub struct NoThink;

impl Think for NoThink {
    #[inline]
    fn think(&mut self) {}

    fn steps(&self) -> u64 {
        0
    }
}

/// A random number of steps, uniform on `[0, 2 x mean]`; a step is a multiplication and an
/// addition that wait for the step before.
pub struct Jitter {
    rng: fastrand::Rng,
    most: u64,
    steps: u64,
    chain: u64,
}

impl Jitter {
    /// Thinks `mean_steps` on average, in the way of `seed`.
    pub fn new(mean_steps: u64, seed: u64) -> Jitter {
        Jitter { rng: fastrand::Rng::with_seed(seed), most: mean_steps.saturating_mul(2), steps: 0, chain: seed }
    }
}

impl Think for Jitter {
    #[inline]
    fn think(&mut self) {
        let steps = self.rng.u64(0..=self.most);
        self.steps += steps;
        let mut chain = self.chain;
        for _ in 0..steps {
            // Knuth's MMIX generator: not a value anybody needs, but none the optimiser can skip.
            chain = chain.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        self.chain = black_box(chain);
    }

    fn steps(&self) -> u64 {
        self.steps
    }
}

/// What think steps cost on this machine with a given number of threads running.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// One step, in ns.
    pub ns_per_step: f64,
    /// Drawing a number and leaving the loop, in ns.
    pub overhead_ns: f64,
}

impl Gauge {
    /// The straight line through two measured points `(mean steps, ns)`.
    pub fn through(few: (f64, f64), many: (f64, f64)) -> Gauge {
        let ns_per_step = ((many.1 - few.1) / (many.0 - few.0)).max(1e-3);
        Gauge { ns_per_step, overhead_ns: few.1 - few.0 * ns_per_step }
    }

    /// Mean steps that take `ns` in all; 0 when the overhead alone takes longer.
    pub fn steps_for(&self, ns: f64) -> u64 {
        ((ns - self.overhead_ns) / self.ns_per_step).round().max(0.0) as u64
    }

    /// The time that `mean_steps` take, in ns.
    pub fn ns_of(&self, mean_steps: f64) -> f64 {
        self.overhead_ns + mean_steps * self.ns_per_step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_uniform_around_its_mean_and_repeats_by_seed() {
        let mut draws = Vec::new();
        let mut jitter = Jitter::new(50, 1);
        for _ in 0..20_000 {
            let before = jitter.steps();
            jitter.think();
            draws.push(jitter.steps() - before);
        }
        let mean = jitter.steps() as f64 / 20_000.0;
        assert!((49.0..51.0).contains(&mean), "{mean}");
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&0), Some(&100)));
        let (mut again, mut other) = (Jitter::new(50, 1), Jitter::new(50, 2));
        for _ in 0..20_000 {
            again.think();
            other.think();
        }
        assert_eq!(again.steps(), jitter.steps());
        assert_ne!(other.steps(), jitter.steps());
    }

    #[test]
    fn a_gauge_goes_both_ways() {
        let gauge = Gauge::through((100.0, 130.0), (1000.0, 1210.0));
        assert!((gauge.ns_per_step - 1.2).abs() < 1e-9 && (gauge.overhead_ns - 10.0).abs() < 1e-9);
        assert_eq!(gauge.steps_for(130.0), 100);
        assert!((gauge.ns_of(100.0) - 130.0).abs() < 1e-9);
        assert_eq!(gauge.steps_for(3.0), 0);
    }
}
