//! One cell while it is measured: its rounds, and the distance of its CPUs in each.

use super::{After, Case};
use crate::noise::Rounds as Seen;
use crate::results::rounds::rounded;
use crate::results::{Distance, Rounds};
use crate::round::Round;
use crate::round::Series;
use crate::transfer::distance::Places;

/// A round that counts.
pub(super) struct Taken {
    pub(super) round: Round,
    /// Its pass, from 1.
    pub(super) pass: usize,
    /// Its number among all rounds of the run.
    pub(super) number: usize,
    /// Number of rounds run for it, including itself.
    pub(super) tries: usize,
    /// Line transfer around it, in ns, if it was probed.
    pub(super) transfer_ns: Option<f64>,
}

/// One cell while it is measured.
pub(super) struct Measured<'a> {
    pub(super) case: &'a Case,
    pub(super) id: String,
    /// Whether the command line selects it. Other controls are measured with their block, and not recorded.
    pub(super) wanted: bool,
    /// Index of its block.
    pub(super) block: usize,
    pub(super) taken: Vec<Taken>,
    /// Noise around its rounds.
    pub(super) seen: Seen,
    pub(super) retries_left: usize,
    /// Whether it was given up.
    pub(super) gone: bool,
    /// Result of what ran after its rounds.
    pub(super) after: Option<After>,
}

impl Measured<'_> {
    /// The cell's round of a pass, if any.
    pub(super) fn of_pass(&self, pass: usize) -> Option<&Taken> {
        self.taken.binary_search_by_key(&pass, |taken| taken.pass).ok().map(|at| &self.taken[at])
    }

    /// The cell's rounds, and the cluster of each.
    pub(super) fn series(&self, places: &Places) -> Series<'_> {
        let rounds = self.taken.iter().map(|taken| &taken.round).collect();
        Series { clusters: self.rounds(places).clusters(), rounds }
    }

    /// What is recorded of each round.
    pub(super) fn rounds(&self, places: &Places) -> Rounds {
        let transfers = self.taken.iter().map(|taken| taken.transfer_ns.map(rounded)).collect::<Vec<_>>();
        // Without a probe, the CPUs are assumed not to have moved.
        let mut last = self.taken.iter().find_map(|taken| places.of(taken.number)).map(|place| place.stay);
        let mut stay = |taken: &Taken| {
            last = places.of(taken.number).map(|place| place.stay).or(last);
            last
        };
        Rounds {
            passes: self.taken.iter().map(|taken| taken.pass).collect(),
            ns: self.taken.iter().map(|taken| rounded(taken.round.ns_per_op_per_thread())).collect(),
            transfer_ns: if transfers.iter().any(Option::is_some) { transfers } else { Vec::new() },
            stays: self.taken.iter().filter_map(&mut stay).collect(),
        }
    }

    /// Figures by distance, from near to far. `net` is the net cost of each round of the `series`.
    pub(super) fn distances(&self, series: &Series<'_>, places: &Places, net: &[Option<f64>]) -> Vec<Distance> {
        let groups: Vec<Option<usize>> = self.taken.iter().map(|taken| Some(places.of(taken.number)?.group)).collect();
        let transfers: Vec<Option<f64>> = self.taken.iter().map(|taken| taken.transfer_ns).collect();
        Distance::all(series, &groups, &transfers, net)
    }
}
