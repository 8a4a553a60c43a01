//! Tables of the bench `core_to_core`: what passing a cache line takes, by kind of pair and pair by pair.

use std::collections::BTreeSet;

use serde::Serialize;

use super::figure::{count, interval, ns};
use super::matrix::letter;
use super::sheet::Sheet;
use crate::results::{Cell, Interval, Transfer};
use crate::round::Verdict;
use crate::stats;
use crate::transfer::Kind;

/// The most CPUs whose pairs are shown one by one as text.
pub const MOST_CPUS: usize = 16;

/// The most CPUs a heat map is made of, whatever a results file says.
pub const MOST_DRAWN: usize = 1_024;

/// Transfers between CPUs as a heat map draws them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatMap {
    /// The CPUs' numbers, ascending: rows and columns.
    pub cpus: Vec<usize>,
    /// ns per transfer, the median round, by row and column; the same both ways. `None` on the diagonal and
    /// where nothing was measured.
    pub ns: Vec<Vec<Option<f64>>>,
    /// The letter of each verdict that is not `valid`.
    pub letters: Vec<Vec<Option<char>>>,
}

/// The heat map of the cells of line transfers among `cells`; `None` when there are none, or more than
/// [`MOST_DRAWN`] CPUs.
pub fn heat_map(cells: &[&Cell]) -> Option<HeatMap> {
    let found: Vec<(&Cell, Transfer, Interval)> =
        cells.iter().filter_map(|&cell| Some((cell, cell.transfer?, cell.ns_per_op_per_thread?))).collect();
    let cpus: BTreeSet<usize> = found.iter().flat_map(|(_, transfer, _)| transfer.cpus).collect();
    let cpus: Vec<usize> = cpus.into_iter().collect();
    if cpus.is_empty() || cpus.len() > MOST_DRAWN {
        return None;
    }
    let mut map = HeatMap {
        ns: vec![vec![None; cpus.len()]; cpus.len()],
        letters: vec![vec![None; cpus.len()]; cpus.len()],
        cpus,
    };
    for (cell, transfer, cost) in found {
        let at = transfer.cpus.map(|cpu| map.cpus.partition_point(|&known| known < cpu));
        for [row, column] in [at, [at[1], at[0]]] {
            map.ns[row][column] = Some(cost.median);
            map.letters[row][column] = letter(cell.verdict);
        }
    }
    Some(map)
}

impl HeatMap {
    /// From 0 (nearest) to 1 (farthest), by logarithm.
    fn shades(&self) -> Vec<Vec<Option<f64>>> {
        let logs = || self.ns.iter().flatten().flatten().map(|ns| ns.max(0.01).ln());
        let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
        let shade =
            |ns: &Option<f64>| ns.map(|ns| if high > low { (ns.max(0.01).ln() - low) / (high - low) } else { 0.0 });
        self.ns.iter().map(|row| row.iter().map(shade).collect()).collect()
    }
}

/// The tables: by kind of pair, and pair by pair where the CPUs are few.
pub(super) fn sheets(cells: &[&Cell]) -> Vec<Sheet> {
    let transfers: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.transfer.is_some()).collect();
    if transfers.is_empty() {
        return Vec::new();
    }
    let mut sheets = vec![by_kind(&transfers)];
    sheets.extend(heat_map(&transfers).filter(|map| map.cpus.len() <= MOST_CPUS).as_ref().map(pair_by_pair));
    sheets
}

/// How much of a machine was measured, in a sentence.
fn extent(cells: &[&Cell]) -> String {
    let measured = cells.len();
    let of = cells.iter().filter_map(|cell| cell.transfer).map(|transfer| transfer.of).max().unwrap_or(0);
    let [shown, all] = [measured, of].map(|n| count(n as u64));
    if measured < of {
        format!("A sample: {shown} of the {all} pairs of CPUs were measured, some of each kind.")
    } else if of == 1 {
        "The only pair of CPUs was measured.".to_owned()
    } else {
        format!("All {all} pairs of CPUs were measured.")
    }
}

fn by_kind(cells: &[&Cell]) -> Sheet {
    let cost = |cell: &&Cell| cell.ns_per_op_per_thread.filter(|_| cell.verdict == Verdict::Valid);
    let row = |name: String, cells: &[&Cell]| {
        let costs: Vec<Interval> = cells.iter().filter_map(cost).collect();
        let medians: Vec<f64> = costs.iter().map(|i| i.median).collect();
        let middle = match costs[..] {
            [] => None,
            [only] => Some(only),
            _ => Some(stats::interval(&medians)),
        };
        let ends = middle
            .map(|_| [f64::min, f64::max].map(|end| medians.iter().copied().reduce(end).map_or(String::new(), ns)));
        let [least, most] = ends.unwrap_or_default();
        let doubtful = cells.len() - costs.len();
        vec![
            name,
            count(cells.len() as u64),
            middle.map_or(String::new(), |i| interval(i, ns)),
            least,
            most,
            if doubtful > 0 { count(doubtful as u64) } else { String::new() },
        ]
    };
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.family == kind.id()).collect();
        if !of_kind.is_empty() {
            rows.push(row(kind.to_string(), &of_kind));
        }
    }
    if rows.len() != 1 {
        rows.push(row("all pairs".to_owned(), cells));
    }
    Sheet {
        title: "Line transfer".into(),
        note: format!(
            "ns from one CPU's store to the other's answer, 2 threads, one pinned to each; the median pair with its 95 % \
             interval (of a single pair, the median round), and the nearest and the farthest pair. {} Pairs whose rounds were \
             disturbed are left out of the figures.",
            extent(cells)
        ),
        head: ["CPUs have in common", "pairs", "ns", "least", "most", "left out"].map(str::to_owned).into(),
        rows,
        shades: Vec::new(),
    }
}

fn pair_by_pair(map: &HeatMap) -> Sheet {
    let mut head = vec!["CPU".to_owned()];
    head.extend(map.cpus.iter().map(usize::to_string));
    let row = |n: usize| {
        let figure = |(figure, letter): (&Option<f64>, &Option<char>)| match (figure, letter) {
            (Some(figure), Some(letter)) => format!("{} [{letter}]", ns(*figure)),
            (Some(figure), None) => ns(*figure),
            (None, _) => String::new(),
        };
        let mut fields = vec![map.cpus[n].to_string()];
        fields.extend(map.ns[n].iter().zip(&map.letters[n]).map(figure));
        fields
    };
    Sheet {
        title: "Line transfer, CPU by CPU".into(),
        note: "ns per transfer, the median round; the same both ways. A letter marks rounds that were disturbed ([p]: \
               preempted, [u]: unpinned, [z]: serialised, [s]: short)."
            .into(),
        head,
        rows: (0..map.cpus.len()).map(row).collect(),
        shades: map.shades(),
    }
}
