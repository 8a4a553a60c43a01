//! Curves whose parameters are known.

use super::*;

const THREADS: [usize; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/// ns/op per thread by the law, one thread alone taking 5 ns.
fn law(threads: usize, sigma: f64, kappa: f64) -> f64 {
    let n = threads as f64;
    5.0 * (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

fn exact(ns: f64) -> Interval {
    Interval { low: ns, median: ns, high: ns }
}

fn curve(sigma: f64, kappa: f64) -> Vec<Point> {
    THREADS.map(|threads| Point { threads, ns: exact(law(threads, sigma, kappa)) }).into()
}

fn noisy(sigma: f64, kappa: f64, seed: u64) -> Vec<Point> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut points = curve(sigma, kappa);
    for point in &mut points {
        // The sum of twelve is nearly normal; 3 % of it.
        let off: f64 = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        point.ns = exact(point.ns.median * (1.0 + 0.03 * off));
    }
    points
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + b.abs())
}

#[test]
fn threads_on_unlike_cores_are_no_points() {
    let cell = |placement| {
        crate::samples::cell("counters", "fetch_add", 2, "saturated").with(|c| {
            c.facts.verdict = Verdict::Valid;
            c.key.placement = placement;
        })
    };
    let is = |placement| is_point(&cell(placement), 4, false);
    assert!(is(Placement::Spread) && is(Placement::SpreadEfficiency) && !is(Placement::SpreadAll));
    assert!(!is_point(&cell(Placement::Spread), 1, false));
}

#[test]
fn known_curves_are_found() {
    for (sigma, kappa) in [(0.0, 0.0), (0.1, 0.0), (0.0, 0.001), (0.05, 0.002), (0.4, 0.03), (2.6, 0.016), (130.0, 0.0)]
    {
        let fit = fit(&curve(sigma, kappa), 32).unwrap();
        assert!(near(fit.contention.median, sigma) && near(fit.crosstalk.median, kappa), "{sigma} {kappa}: {fit:?}");
        assert!(near(fit.lambda, 2e8), "5 ns: {fit:?}");
        assert!(fit.worst_residual < 1e-9 && fit.points == 10 && fit.most_threads == 32, "{fit:?}");
    }
}

#[test]
fn the_peak_is_where_throughput_is_highest() {
    let peak = |sigma, kappa| fit(&curve(sigma, kappa), 32).unwrap().peak.map(|peak| peak.median);
    assert!(near(peak(0.05, 0.002).unwrap(), (0.95f64 / 0.002).sqrt()));
    // Retrograde from the second thread on.
    assert_eq!(peak(0.0, 1.5), Some(1.0));
    assert_eq!(peak(2.6, 0.016), Some(1.0));
    assert_eq!(peak(1.5, 0.0), Some(1.0));
    // Rising for ever.
    assert_eq!(peak(0.0, 0.0), None);
    assert_eq!(peak(0.3, 0.0), None);
}

#[test]
fn noise_leaves_the_truth_in_the_interval_as_often_as_it_says() {
    for (sigma, kappa) in [(0.3, 0.01), (0.05, 0.003)] {
        let (mut contention, mut crosstalk, mut peak) = (0, 0, 0);
        let holds = |i: Interval, truth: f64| u32::from(i.low <= truth && truth <= i.high);
        for seed in 0..50 {
            let fit = fit(&noisy(sigma, kappa, seed), 32).unwrap();
            assert!(fit.contention.low < fit.contention.high, "{fit:?}");
            contention += holds(fit.contention, sigma);
            crosstalk += holds(fit.crosstalk, kappa);
            peak += fit.peak.map_or(0, |peak| holds(peak, ((1.0 - sigma) / kappa).sqrt()));
        }
        for held in [contention, crosstalk, peak] {
            assert!((44..=50).contains(&held), "{contention}, {crosstalk}, {peak} of 50 at {sigma}, {kappa}");
        }
    }
}

#[test]
fn noise_alone_makes_no_peak() {
    let peaks = (0..50).filter(|&seed| fit(&noisy(0.2, 0.0, seed), 32).unwrap().peak.is_some()).count();
    assert!(peaks <= 4, "{peaks} of 50");
}

#[test]
fn no_coefficient_is_negative() {
    // Faster than linear: only negative coefficients would follow it.
    let points: Vec<Point> = THREADS.map(|n| Point { threads: n, ns: exact(5.0 - 0.02 * n as f64) }).into();
    let fit = fit(&points, 32).unwrap();
    assert_eq!((fit.contention.median, fit.crosstalk.median, fit.peak), (0.0, 0.0, None));
    assert!(fit.contention.low == 0.0 && fit.crosstalk.low == 0.0);
}

#[test]
fn wide_points_make_wide_intervals() {
    let mut points = curve(0.3, 0.01);
    let narrow = fit(&points, 32).unwrap().contention;
    points
        .iter_mut()
        .for_each(|p| p.ns = Interval { low: 0.8 * p.ns.median, median: p.ns.median, high: 1.2 * p.ns.median });
    let wide = fit(&points, 32).unwrap().contention;
    assert!(wide.high - wide.low > 0.05, "{wide:?}");
    assert!(narrow.high - narrow.low < 1e-6, "{narrow:?}");
}

#[test]
fn the_same_points_have_the_same_fit() {
    let mut turned = noisy(0.3, 0.01, 1);
    turned.reverse();
    assert_eq!(fit(&noisy(0.3, 0.01, 1), 32), fit(&turned, 32));
}

#[test]
fn too_few_thread_counts_are_refused() {
    // 1, 2, 3, 4, 6 are five; the others are more threads than CPUs.
    let refusal = fit(&curve(0.1, 0.01), 6).unwrap_err();
    assert_eq!(refusal, Refusal::TooFew { points: 5, cpus: 6 });
    assert!(refusal.to_string().contains("6 usable CPUs"), "{refusal}");
    assert!(fit(&curve(0.1, 0.01), 8).is_ok());
    let twice = curve(0.1, 0.01)[..3].repeat(4);
    assert_eq!(fit(&twice, 32), Err(Refusal::TooFew { points: 3, cpus: 32 }), "a thread count counts once");
    assert_eq!(fit(&[], 0), Err(Refusal::TooFew { points: 0, cpus: 0 }));
}

#[test]
fn points_that_follow_no_such_law_are_refused() {
    let mut points = curve(0.1, 0.001);
    points[4].ns = exact(2.0 * points[4].ns.median);
    let refusal = fit(&points, 32).unwrap_err();
    assert!(matches!(refusal, Refusal::Poor { threads: 6, off } if off > 0.25), "{refusal:?}");
    let line = refusal.to_string();
    assert!(line.contains("at 6 threads") && line.contains("25.0 %") && !line.contains('\n'), "{line}");
}
