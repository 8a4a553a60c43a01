//! Probability of a difference by chance, and its correction for many comparisons.

/// 95 % of the values of a normal distribution are within this many standard deviations.
pub(crate) const Z95: f64 = 1.959_964;

/// The complementary error function of `x >= 0`, to 1.2e-7 of its value: a Chebyshev fit (Press et al.,
/// Numerical Recipes, section 6.2).
fn erfc(x: f64) -> f64 {
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    t * (-x * x + C.iter().rev().fold(0.0, |sum, c| sum * t + c)).exp()
}

/// Factor that takes Student's t to the equally unlikely normal deviate, and back (Wallace 1959).
fn wallace(freedom: f64) -> f64 {
    (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)
}

/// Probability that a normal deviate is at least as far from 0 as `z`, on either side.
pub(crate) fn p_normal(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2).min(1.0)
}

/// Probability that Student's t with this many degrees of freedom is at least as far from 0 as `t`, on either side.
pub(crate) fn p_value(t: f64, freedom: f64) -> f64 {
    let z = wallace(freedom) * (freedom * (t * t / freedom).ln_1p()).sqrt();
    p_normal(z)
}

/// The t within which 95 % of the values lie.
pub(crate) fn t95(freedom: f64) -> f64 {
    (freedom * ((Z95 / wallace(freedom)).powi(2) / freedom).exp_m1()).sqrt()
}

/// Correction for many comparisons (Benjamini and Hochberg 1995): each p value becomes the least false discovery rate
/// at which it is still a finding.
pub(crate) fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut least = 1.0f64;
    let mut found = vec![1.0; p.len()];
    for (above, at) in order.into_iter().enumerate() {
        let rank = p.len() - above;
        // The quotient comes first: it is at least 1, so that rounding makes no p value smaller.
        least = least.min(p[at] * (p.len() as f64 / rank as f64));
        found[at] = least;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_tables() {
        for (t, freedom, p) in [
            (2.262, 9.0, 0.05),
            (4.781, 9.0, 0.001),
            (3.250, 9.0, 0.01),
            (2.776, 4.0, 0.05),
            (1.96, 1e6, 0.05),
            (5.0, 1e9, 5.733e-7),
            (0.0, 9.0, 1.0),
        ] {
            let found = p_value(t, freedom);
            assert!((found / p - 1.0).abs() < 0.05, "t = {t}, {freedom} degrees: {found}, not {p}");
            assert_eq!(found, p_value(-t, freedom));
        }
        assert!((p_normal(-1.959_964) - 0.05).abs() < 1e-6 && p_normal(f64::INFINITY) == 0.0);
        for (freedom, t) in [(9.0, 2.262), (20.0, 2.086), (4.0, 2.776)] {
            assert!((t95(freedom) / t - 1.0).abs() < 0.01, "{freedom}: {}", t95(freedom));
        }
    }

    #[test]
    fn many_cells_raise_the_bar() {
        let close = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        };
        // The example of any textbook: rank times, and never less than one before it.
        close(adjusted(&[0.01, 0.04, 0.03, 0.005]), &[0.02, 0.04, 0.04, 0.02]);
        close(adjusted(&[0.9]), &[0.9]);
        assert!(adjusted(&[]).is_empty());
        let mut many = vec![0.5; 99];
        many.push(0.001);
        assert!(adjusted(&many)[99] > 0.05, "found alone, and not among a hundred");
    }

    #[test]
    fn the_last_digit_makes_nothing_more_certain() {
        let p = 0.9721491910300328;
        assert_eq!(adjusted(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, p, 0.0, 0.0, 0.0, 0.0])[6], p);
    }

    proptest::proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_finds_what_the_step_up_rule_finds(p in proptest::collection::vec(0.0..=1.0f64, 0..40)) {
            let found = adjusted(&p);
            for (a, x) in p.iter().zip(&found) {
                assert!(a <= x && *x <= 1.0, "{a} became {x}");
                assert!(p.iter().zip(&found).all(|(b, y)| a > b || x <= y), "{p:?} became {found:?}");
            }
            let reversed: Vec<f64> = p.iter().rev().copied().collect();
            assert!(adjusted(&reversed).iter().eq(found.iter().rev()), "whatever their places");
            // Benjamini and Hochberg's own words: all up to the greatest p(k) that is at most k q / n.
            let mut sorted = p.clone();
            sorted.sort_by(f64::total_cmp);
            for q in [0.01, 0.05, 0.2] {
                let within = (1..=p.len()).filter(|k| sorted[k - 1] * (p.len() as f64 / *k as f64) <= q);
                assert_eq!(found.iter().filter(|x| **x <= q).count(), within.max().unwrap_or(0), "at {q}: {p:?}");
            }
        }
    }
}
