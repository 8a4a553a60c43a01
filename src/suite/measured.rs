//! One cell while it is measured: its rounds so far, and where its CPUs were meanwhile.

use super::{After, Case};
use crate::noise::Rounds as Seen;
use crate::results::rounds::rounded;
use crate::results::{Distance, Rounds};
use crate::round::Round;
use crate::round::summary::Series;
use crate::transfer::distance::Places;

/// A round that counts, and what belongs to it.
pub(super) struct Taken {
    pub(super) round: Round,
    /// The pass it is of, from 1.
    pub(super) pass: usize,
    /// Its number among all rounds of the run.
    pub(super) number: usize,
    /// Rounds run for it, itself included.
    pub(super) tries: usize,
    /// The line transfer around it, in ns, where it was looked at.
    pub(super) transfer_ns: Option<f64>,
}

/// One cell while it is measured.
pub(super) struct Measured<'a> {
    pub(super) case: &'a Case,
    pub(super) id: String,
    /// Whether it was asked for. A control that was not is measured with its block all the same, and not recorded.
    pub(super) wanted: bool,
    /// The block it is measured in.
    pub(super) block: usize,
    pub(super) taken: Vec<Taken>,
    /// What was seen around its rounds.
    pub(super) seen: Seen,
    pub(super) retries_left: usize,
    /// Whether it was given up.
    pub(super) gone: bool,
    /// What was run after its rounds.
    pub(super) after: Option<After>,
}

impl Measured<'_> {
    /// The round of a pass, if it has one.
    pub(super) fn of_pass(&self, pass: usize) -> Option<&Taken> {
        self.taken.binary_search_by_key(&pass, |taken| taken.pass).ok().map(|at| &self.taken[at])
    }

    /// Its rounds, and which of them belong together.
    pub(super) fn series(&self, places: &Places) -> Series<'_> {
        let rounds = self.taken.iter().map(|taken| &taken.round).collect();
        Series { clusters: self.rounds(places).clusters(), rounds }
    }

    /// What is kept of each round.
    pub(super) fn rounds(&self, places: &Places) -> Rounds {
        let transfers = self.taken.iter().map(|taken| taken.transfer_ns.map(rounded)).collect::<Vec<_>>();
        // Where nobody could look, the CPUs are taken to be where they were.
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

    /// The figures of its `series` by distance, from near to far. `net` is the net cost of each round.
    pub(super) fn distances(&self, series: &Series<'_>, places: &Places, net: &[Option<f64>]) -> Vec<Distance> {
        let groups: Vec<Option<usize>> = self.taken.iter().map(|taken| Some(places.of(taken.number)?.group)).collect();
        let transfers: Vec<Option<f64>> = self.taken.iter().map(|taken| taken.transfer_ns).collect();
        Distance::all(series, &groups, &transfers, net)
    }
}
