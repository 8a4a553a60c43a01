//! One cell while it is measured: its rounds so far, and where its CPUs were meanwhile.

use std::collections::BTreeSet;

use super::{After, Row};
use crate::noise::Rounds as Seen;
use crate::results::rounds::rounded;
use crate::results::{Distance, Rounds};
use crate::round::summary::Series;
use crate::round::{Round, share};
use crate::stats;
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
    pub(super) row: &'a Row,
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
        self.taken.iter().find(|taken| taken.pass == pass)
    }

    /// Its rounds, and which of them belong together.
    pub(super) fn series(&self, places: &Places) -> Series<'_> {
        let rounds = self.taken.iter().map(|taken| &taken.round).collect();
        Series { clusters: self.rounds(places).clusters(), rounds }
    }

    /// What is kept of each round.
    pub(super) fn rounds(&self, places: &Places) -> Rounds {
        let all = |figure: &dyn Fn(&Taken) -> Option<f64>| self.taken.iter().map(figure).collect::<Option<Vec<f64>>>();
        Rounds {
            passes: self.taken.iter().map(|taken| taken.pass).collect(),
            ns: self.taken.iter().map(|taken| rounded(taken.round.ns_per_op_per_thread())).collect(),
            transfer_ns: all(&|taken| taken.transfer_ns.map(rounded)).unwrap_or_default(),
            stays: self
                .taken
                .iter()
                .map(|t| Some(places.of(t.number)?.stay))
                .collect::<Option<Vec<usize>>>()
                .unwrap_or_default(),
        }
    }

    /// The figures by distance, from near to far: empty where the CPUs stayed where they were, and while it has no round
    /// at more than one. `net` is the net cost of each round.
    pub(super) fn distances(&self, places: &Places, net: &[Option<f64>]) -> Vec<Distance> {
        let series = self.series(places);
        let group = |taken: &Taken| Some(places.of(taken.number)?.group);
        let groups: BTreeSet<usize> = self.taken.iter().filter_map(group).collect();
        let at = |here: usize| {
            let there: Vec<&Taken> = self.taken.iter().filter(|taken| group(taken) == Some(here)).collect();
            let among = |figures: Vec<Option<f64>>| {
                let here = self.taken.iter().map(|taken| group(taken) == Some(here));
                series.interval(&figures.into_iter().zip(here).map(|(x, here)| x.filter(|_| here)).collect::<Vec<_>>())
            };
            let attempted: u64 = there.iter().map(|taken| taken.round.attempted()).sum();
            let lost = there.iter().map(|taken| taken.round.lost()).sum::<Option<u64>>();
            Some(Distance {
                transfer_ns: stats::median(&there.iter().map(|taken| taken.transfer_ns).collect::<Option<Vec<f64>>>()?),
                rounds: there.len(),
                ns_per_op_per_thread: among(series.each(Round::ns_per_op_per_thread).into_iter().map(Some).collect())?,
                net_ns_per_op: among(net.to_vec()),
                loss_rate: lost.map(|lost| share(lost, attempted)),
            })
        };
        if groups.len() > 1 { groups.into_iter().filter_map(at).collect() } else { Vec::new() }
    }
}
