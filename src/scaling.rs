//! How a row scales with threads: a fit of the Universal Scalability Law, or the reason why there is none.
//!
//! By this law, `N` threads have the throughput `X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))`. `sigma` is
//! *contention*, the share of an operation for which threads queue. `kappa` is *crosstalk*, the cost of each pair of
//! threads to agree (Gunther 1993, "A Simple Capacity Model of Massively Parallel Transaction Systems"; 2007,
//! "Guerrilla Capacity Planning"). The measured ns/op per thread is `N / X(N)`, which is linear in `1/lambda`,
//! `sigma/lambda` and `kappa/lambda`: least squares of three terms finds the best fit without iterating. These forty
//! lines stand here because crates of linear algebra bring more dependencies.

use crate::figure;
use crate::results::{Cell, Interval};
use crate::round::Verdict;
use crate::stats::quantile;
use crate::topology::Placement;

/// Fewest thread counts for a fit: three parameters, and three more points to judge them.
pub const LEAST_POINTS: usize = 6;

/// Largest accepted distance of a fit from one of its points, as a share of the measured value. Of the published rows
/// some are within 23 %, and the others are off by 38 % or more.
pub const WORST_RESIDUAL: f64 = 0.25;

/// Number of curves redrawn for each interval.
const RESAMPLES: usize = 1_000;

/// Standard deviations in a 95 % interval.
const WIDTH_95: f64 = 2.0 * 1.96;

/// One measured thread count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Threads.
    pub threads: usize,
    /// ns/op per thread: `threads / throughput`.
    pub ns: Interval,
}

/// A fitted row. Intervals are 95 %; their middle is the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Operations per second of one thread.
    pub lambda: f64,
    /// `sigma`, at least 0. From 1 on, all threads together are no faster than one.
    pub contention: Interval,
    /// `kappa`, at least 0. At 0, more threads never reduce the throughput by themselves.
    pub crosstalk: Interval,
    /// Number of threads with the most throughput, `sqrt((1 - sigma) / kappa)`, at least 1. `None` where the points
    /// show no peak.
    pub peak: Option<Interval>,
    /// Number of thread counts fitted.
    pub points: usize,
    /// Highest of these thread counts.
    pub most_threads: usize,
    /// Largest distance of the fit from a point, as a share of the measured value.
    pub worst_residual: f64,
}

/// Why there is no fit.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Too few usable thread counts.
    #[error(
        "{points} of the {LEAST_POINTS} thread counts that a fit needs (valid cells with no more threads than the {cpus} usable CPUs)"
    )]
    TooFew {
        /// Number of usable thread counts.
        points: usize,
        /// Usable CPUs.
        cpus: usize,
    },
    /// The points do not follow the law.
    #[error(
        "the law does not describe it: at {threads} threads it is {} off, and {} is accepted",
        figure::percent(*off),
        figure::percent(WORST_RESIDUAL)
    )]
    Poor {
        /// Thread count where the best fit is worst.
        threads: usize,
        /// Its distance there, as a share of the measured value.
        off: f64,
    },
}

/// Whether a cell is a point of a fit on a machine with `cpus` usable CPUs. Published figures may be `unpinned`: nobody
/// can measure them again. Threads on unlike cores follow no law of one kind, so `spread@all` is never fitted.
pub fn is_point(cell: &Cell, cpus: usize, published: bool) -> bool {
    let trusted = cell.facts.verdict == Verdict::Valid || (published && cell.facts.verdict == Verdict::Unpinned);
    trusted && cell.key.threads <= cpus && cell.key.placement != Placement::SpreadAll
}

/// Fits the cells of one row on a machine with `cpus` usable CPUs; only those that pass [`is_point`].
///
/// # Errors
/// [`Refusal`] when there are too few points, or they do not follow the law.
pub fn of_row<'c>(cells: impl Iterator<Item = &'c Cell>, cpus: usize, published: bool) -> Result<Fit, Refusal> {
    let points = cells.filter(|cell| is_point(cell, cpus, published));
    let points =
        points.filter_map(|cell| Some(Point { threads: cell.key.threads, ns: cell.figures.ns_per_op_per_thread? }));
    fit(&points.collect::<Vec<_>>(), cpus)
}

/// Fits points on a machine with `cpus` usable CPUs; leaves out points with more threads.
///
/// # Errors
/// [`Refusal`] as in [`of_row`].
pub fn fit(points: &[Point], cpus: usize) -> Result<Fit, Refusal> {
    let usable = |p: &&Point| (1..=cpus).contains(&p.threads) && p.ns.median > 0.0 && p.ns.median.is_finite();
    let mut points: Vec<&Point> = points.iter().filter(usable).collect();
    points.sort_by_key(|point| point.threads);
    points.dedup_by_key(|point| point.threads);
    if points.len() < LEAST_POINTS {
        return Err(Refusal::TooFew { points: points.len(), cpus });
    }
    let measured: Vec<(f64, f64)> = points.iter().map(|p| (p.threads as f64, p.ns.median)).collect();
    let curve = Curve::through(&measured);
    let off = |&(threads, ns): &(f64, f64)| (curve.ns(threads) / ns - 1.0).abs();
    let (worst, worst_residual) = measured.iter().map(off).enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).expect("six");
    if worst_residual > WORST_RESIDUAL {
        return Err(Refusal::Poor { threads: points[worst].threads, off: worst_residual });
    }
    let redrawn = redraw(&curve, &points, &measured);
    let interval = |of: fn(&Curve) -> f64| {
        let (middle, all) = (of(&curve), redrawn.iter().map(of).collect::<Vec<f64>>());
        // The interval includes the fit, also where the fit lies at a limit.
        Interval { low: quantile(&all, 0.025).min(middle), median: middle, high: quantile(&all, 0.975).max(middle) }
    };
    // If one fortieth of the curves or more rise for ever, no peak can be distinguished from none.
    let endless = redrawn.iter().filter(|curve| curve.peak().is_infinite()).count();
    let peaks = curve.peak().is_finite() && endless * 40 < RESAMPLES;
    Ok(Fit {
        lambda: 1e9 / curve.terms[0],
        contention: interval(Curve::contention),
        crosstalk: interval(Curve::crosstalk),
        peak: peaks.then(|| interval(Curve::peak)),
        points: points.len(),
        most_threads: points.last().expect("six").threads,
        worst_residual,
    })
}

/// `ns(N) = terms[0] + terms[1] (N - 1) + terms[2] N (N - 1)`, no term negative.
#[derive(Clone, Debug)]
struct Curve {
    terms: [f64; 3],
    /// Number of terms that are not held at 0.
    free: usize,
}

impl Curve {
    fn ns(&self, threads: f64) -> f64 {
        basis(threads).iter().zip(self.terms).map(|(basis, term)| basis * term).sum()
    }

    fn contention(&self) -> f64 {
        self.terms[1] / self.terms[0]
    }

    fn crosstalk(&self) -> f64 {
        self.terms[2] / self.terms[0]
    }

    /// Number of threads with the most throughput; infinite where it rises for ever.
    fn peak(&self) -> f64 {
        match (self.contention(), self.crosstalk()) {
            (contention, _) if contention >= 1.0 => 1.0,
            (_, 0.0) => f64::INFINITY,
            (contention, crosstalk) => ((1.0 - contention) / crosstalk).sqrt().max(1.0),
        }
    }

    /// The curve with the least relative errors and no negative term. Two terms may be held at 0, so four candidates
    /// are tried. Of equally good ones, the simplest is taken.
    fn through(measured: &[(f64, f64)]) -> Curve {
        const CANDIDATES: [[bool; 3]; 4] =
            [[true, false, false], [true, true, false], [true, false, true], [true, true, true]];
        /// Gain in squared relative error that rounding alone can make.
        const NO_GAIN: f64 = 1e-20;
        let mut sums = [[0.0; 4]; 3];
        for &(threads, ns) in measured {
            let [one, queue, talk] = basis(threads).map(|basis| basis / ns);
            for (sums, factor) in sums.iter_mut().zip([one, queue, talk]) {
                sums.iter_mut().zip([one, queue, talk, 1.0]).for_each(|(sum, other)| *sum += factor * other);
            }
        }
        let mut best = (Curve { terms: [0.0; 3], free: 0 }, f64::INFINITY);
        for candidate in CANDIDATES {
            let terms = solve(sums, candidate);
            let curve = Curve { terms, free: candidate.iter().filter(|free| **free).count() };
            let error = squares(&curve, measured);
            let possible = terms[0] > 0.0 && terms.iter().all(|term| *term >= 0.0);
            if possible && error + NO_GAIN * measured.len() as f64 <= best.1 {
                best = (curve, error);
            }
        }
        best.0
    }
}

fn basis(threads: f64) -> [f64; 3] {
    [1.0, threads - 1.0, threads * (threads - 1.0)]
}

/// Sum of the squared relative errors.
fn squares(curve: &Curve, measured: &[(f64, f64)]) -> f64 {
    measured.iter().map(|&(threads, ns)| (curve.ns(threads) / ns - 1.0).powi(2)).sum()
}

/// Solves the normal equations with the terms that are not free held at 0. The equations are positive definite, so
/// elimination needs no pivots.
fn solve(mut sums: [[f64; 4]; 3], free: [bool; 3]) -> [f64; 3] {
    for held in (0..3).filter(|&term| !free[term]) {
        sums.iter_mut().for_each(|row| row[held] = 0.0);
        sums[held] = [0.0; 4];
        sums[held][held] = 1.0;
    }
    for term in 0..3 {
        let pivot = sums[term].map(|x| x / sums[term][term]);
        sums[term] = pivot;
        for (_, row) in sums.iter_mut().enumerate().filter(|(other, _)| *other != term) {
            let factor = row[term];
            row.iter_mut().zip(pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    sums.map(|row| row[3])
}

/// Curves fitted to points redrawn around `curve`; the same points give the same curves (a parametric bootstrap, Efron
/// 1979). A point moves by its own interval or by the distance of points from the curve, whichever is more. Few points
/// give that distance, so it is redrawn for each curve, as in Student's t.
fn redraw(curve: &Curve, points: &[&Point], measured: &[(f64, f64)]) -> Vec<Curve> {
    let mut rng = fastrand::Rng::with_seed(1);
    // Box and Muller 1958.
    let mut normal = move || (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos();
    let freedom = points.len() - curve.free;
    let error = squares(curve, measured);
    let own = points.iter().map(|p| ((p.ns.high - p.ns.low) / WIDTH_95 / p.ns.median).max(0.0)).collect::<Vec<_>>();
    let mut one = || {
        let chi_squared: f64 = (0..freedom).map(|_| normal().powi(2)).sum();
        let apart = (error / chi_squared.max(f64::MIN_POSITIVE)).sqrt();
        let around = measured.iter().zip(&own);
        let moved: Vec<_> = around
            .map(|(&(threads, _), &own)| (threads, curve.ns(threads) * (normal() * apart.max(own)).exp()))
            .collect();
        Curve::through(&moved)
    };
    (0..RESAMPLES).map(|_| one()).collect()
}

#[cfg(test)]
mod tests;
