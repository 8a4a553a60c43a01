//! What a cell records of the noise around it, and from when on it is noisy.

use serde::{Deserialize, Serialize};

/// Steal above this makes a cell noisy: a tick is 10 ms, 2.5 % of a cell of 0.4 s on one CPU, so that less
/// cannot be told from rounding.
pub const STEAL_ABOVE: f64 = 0.05;
/// The share of their time that threads may wait for a CPU: what a single round may, too.
pub const WAITED_ABOVE: f64 = crate::round::PREEMPTED_ABOVE;
/// Other load above this makes a cell noisy: the system itself takes a few percent, and the kernel's
/// ticks are no finer.
pub const OTHER_LOAD_ABOVE: f64 = 0.1;
/// CPUs that change their speed by more than this around more than a fifth of the rounds make a cell noisy: half of the 10 % from which an interval is too
/// wide.
pub const DRIFT_ABOVE: f64 = 0.05;

/// What else went on while a cell was measured; absent is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Share of the time that the host took from the threads' CPUs, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal: Option<f64>,
    /// Share of their time that threads stood on a run queue, in `[0, 1]`, over all rounds, retried ones
    /// included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<f64>,
    /// Share of the time of all allowed CPUs that other processes used, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_load: Option<f64>,
    /// How much slower the threads' CPUs were at their slowest than at their fastest around four fifths of the
    /// rounds, the steadiest ones; 0 for not at all; of the thread that saw most. Earlier versions took all rounds, and of
    /// cells measured in turn those of all of them: what they wrote is never less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<f64>,
}

/// A kind of noise, and how much of it there was.
pub type Kind = (&'static str, f64);

impl Noise {
    /// What is too much, by name. Where threads `queue` for CPUs anyway, waiting is no noise.
    pub fn too_much(&self, queue: bool) -> Vec<Kind> {
        [
            ("steal", self.steal, STEAL_ABOVE),
            ("waits for a CPU", self.waited.filter(|_| !queue), WAITED_ABOVE),
            ("other load", self.other_load, OTHER_LOAD_ABOVE),
            ("drift", self.drift, DRIFT_ABOVE),
        ]
        .into_iter()
        .filter_map(|(kind, share, above)| Some((kind, share?)).filter(|(_, share)| *share > above))
        .collect()
    }

    /// Whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Noise::default()
    }

    /// Says what makes it impossible, if anything does.
    pub fn fault(&self) -> Option<String> {
        let shares = [self.steal, self.waited, self.other_load].into_iter().flatten();
        let bad = shares.filter(|x| !(0.0..=1.0).contains(x)).chain(self.drift.filter(|x| !(0.0..1e18).contains(x)));
        bad.into_iter().next().map(|bad| format!("a noise of {bad} cannot be"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Cell;
    use crate::round::Verdict;

    #[test]
    fn each_kind_has_a_threshold_and_what_is_unknown_is_no_noise() {
        let at = Noise {
            steal: Some(STEAL_ABOVE),
            waited: Some(WAITED_ABOVE),
            other_load: Some(OTHER_LOAD_ABOVE),
            drift: Some(DRIFT_ABOVE),
        };
        assert_eq!(at.too_much(false), []);
        assert_eq!(Noise::default().too_much(false), []);
        let above = |noise: Noise| noise.too_much(false);
        assert_eq!(above(Noise { steal: Some(0.06), ..at }), [("steal", 0.06)]);
        assert_eq!(above(Noise { waited: Some(0.04), ..at }), [("waits for a CPU", 0.04)]);
        assert_eq!(Noise { waited: Some(0.9), ..at }.too_much(true), [], "threads beyond the CPUs wait");
        assert_eq!(above(Noise { other_load: Some(0.11), ..at }), [("other load", 0.11)]);
        assert_eq!(above(Noise { drift: Some(0.3), steal: Some(1.0), ..at }), [("steal", 1.0), ("drift", 0.3)]);
    }

    #[test]
    fn a_cell_takes_its_noise_into_account_and_old_cells_have_none() {
        let text = r#"{"bench":"b","subject":"s","label":"","family":"f","grade":"exact","threads":2,"level":"l",
            "placement":"spread","verdict":"valid","run":"r","recorded":""}"#;
        let old: Cell = serde_json::from_str(text).unwrap();
        assert!(old.figures.noise.is_none() && !old.is_noisy());
        let with = |noise| old.clone().with(|c| c.figures.noise = Some(noise));
        assert!(with(Noise { steal: Some(0.5), ..Noise::default() }).is_noisy());
        assert_eq!(with(Noise { steal: Some(0.5), ..Noise::default() }).fault(), None);
        assert!(with(Noise { steal: Some(1.5), ..Noise::default() }).fault().is_some());
        let mut waited = with(Noise { waited: Some(0.5), ..Noise::default() });
        assert!(waited.is_noisy());
        for verdict in [Verdict::Oversubscribed, Verdict::Unpinned] {
            waited.facts.verdict = verdict;
            assert!(!waited.is_noisy(), "threads that share CPUs wait");
        }
    }

    #[test]
    fn what_cannot_be_is_a_fault() {
        assert_eq!(Noise::default().fault(), None);
        assert!(Noise::default().is_unknown() && !Noise { steal: Some(0.0), ..Noise::default() }.is_unknown());
        assert_eq!(Noise { drift: Some(7.0), ..Noise::default() }.fault(), None, "eight times slower can be");
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            for noise in [
                Noise { steal: Some(bad), ..Noise::default() },
                Noise { waited: Some(bad), ..Noise::default() },
                Noise { other_load: Some(bad), ..Noise::default() },
            ] {
                assert!(noise.fault().is_some(), "{noise:?}");
            }
        }
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(Noise { drift: Some(bad), ..Noise::default() }.fault().is_some());
        }
    }
}
