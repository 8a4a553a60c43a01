//! Tables of the bench `core_to_core`: the time of a line transfer, by kind of pair and pair by pair; and where a machine
//! stands among those of others.

use std::collections::{BTreeMap, BTreeSet};

use super::matrix::letter;
use super::sheet::Sheet;
use crate::figure::{count, interval, ns};
use crate::results::published::core_to_core::Others;
use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::stats;
use crate::transfer::Kind;
use crate::units::line_transfer_ns;

/// The most CPUs whose pairs are shown one by one as text.
pub const MOST_CPUS: usize = 16;

/// The tables: by kind of pair, and pair by pair where the CPUs are few.
pub(super) fn sheets(cells: &[&Cell]) -> Vec<Sheet> {
    let transfers: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.figures.transfer.is_some()).collect();
    if transfers.is_empty() {
        return Vec::new();
    }
    let mut sheets = vec![by_kind(&transfers)];
    sheets.extend(pair_by_pair(&transfers));
    sheets
}

/// How many pairs of a machine were measured, in a sentence.
fn extent(cells: &[&Cell]) -> String {
    let measured = cells.len();
    let of = cells.iter().filter_map(|cell| cell.figures.transfer).map(|transfer| transfer.of).max().unwrap_or(0);
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
    let cost = |cell: &&Cell| cell.figures.ns_per_op_per_thread.filter(|_| cell.facts.verdict == Verdict::Valid);
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
        let of_kind: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.facts.family == kind.id()).collect();
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
            "ns from one CPU's store to the other's answer, with one thread pinned to each. The median pair has its 95 % \
             interval (a single pair: that of the median round). Least and most are the nearest and the farthest pair. {} Pairs \
             with disturbed rounds are left out of the figures.",
            extent(cells)
        ),
        head: ["CPUs have in common", "pairs", "ns", "least", "most", "left out"].map(str::to_owned).into(),
        rows,
    }
}

/// Every pair where its CPUs meet, the same both ways; `None` without a figure, or of more than [`MOST_CPUS`].
fn pair_by_pair(cells: &[&Cell]) -> Option<Sheet> {
    let mut found = BTreeMap::new();
    for cell in cells {
        let (Some(transfer), Some(cost)) = (cell.figures.transfer, cell.figures.ns_per_op_per_thread) else { continue };
        let [a, b] = transfer.cpus;
        found.extend([(a, b), (b, a)].map(|pair| (pair, (cost.median, letter(cell.facts.verdict)))));
    }
    let cpus: BTreeSet<usize> = found.keys().map(|(cpu, _)| *cpu).collect();
    if cpus.is_empty() || cpus.len() > MOST_CPUS {
        return None;
    }
    let text = |pair| match found.get(&pair) {
        Some((figure, Some(letter))) => format!("{} [{letter}]", ns(*figure)),
        Some((figure, None)) => ns(*figure),
        None => String::new(),
    };
    let row = |&a: &usize| [a.to_string()].into_iter().chain(cpus.iter().map(|&b| text((a, b)))).collect();
    Some(Sheet {
        title: "Line transfer, CPU by CPU".into(),
        note: "ns per transfer, the median round, in both directions together. A letter marks disturbed rounds ([p]: \
               preempted, [u]: unpinned, [z]: serialised, [s]: short)."
            .into(),
        head: ["CPU".to_owned()].into_iter().chain(cpus.iter().map(usize::to_string)).collect(),
        rows: cpus.iter().map(row).collect(),
    })
}

/// Where the line transfer of a machine stands among those of others, such as `median 58.0 ns: 31st of 108 machines, from near to
/// far`; `None` where it was not measured, or there are no others.
pub fn among(machine: &Machine, others: &Others) -> Option<String> {
    let own = line_transfer_ns(machine)?;
    let medians: Vec<f64> = others.machines().map(|other| other.median()).collect();
    let rank = 1 + medians.iter().filter(|ns| **ns < own).count();
    let all = count(1 + medians.len() as u64);
    (!medians.is_empty())
        .then(|| format!("median {} ns: {} of {all} machines, from near to far", ns(own), ordinal(rank)))
}

/// A place in a row, in words: `1st`.
fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", count(n as u64))
}

/// The same with whose the others are.
pub fn among_whose(machine: &Machine, others: &Others) -> Option<String> {
    let text = among(machine, others)?;
    let count = count(others.machines().count() as u64);
    Some(format!("{text} ({count} of others, by core-to-core-latency)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Transfer;
    use crate::results::published::core_to_core::{Source, Summary};
    use crate::samples;
    use crate::samples::{around, cell};
    use crate::transfer::{BENCH, LINE_TRANSFER};

    fn pair(kind: Kind, cpus: [usize; 2], ns: f64) -> Cell {
        cell(BENCH, kind.id(), 2, "ping_pong").with(|c| {
            c.facts.family = kind.id().into();
            c.figures.transfer = Some(Transfer { cpus, pairs: 3, of: 3 });
            c.figures.ns_per_op_per_thread = Some(around(ns, 1.0));
        })
    }

    fn preempted(cell: Cell) -> Cell {
        cell.with(|c| c.facts.verdict = Verdict::Preempted)
    }

    fn refs(cells: &[Cell]) -> Vec<&Cell> {
        cells.iter().collect()
    }

    /// Three CPUs, one of them far from one of the others.
    fn three() -> Vec<Cell> {
        vec![
            pair(Kind::Siblings, [0, 5], 10.0),
            pair(Kind::SameL3, [0, 1], 100.0),
            preempted(pair(Kind::SameL3, [1, 5], 1000.0)),
        ]
    }

    #[test]
    fn a_machine_has_its_place_among_others() {
        let others = |medians: &[f64]| {
            let machine = |ns: &f64| Summary { ns: [*ns; 5], ..Summary::default() };
            let machines = medians.iter().map(machine).collect();
            Others { sources: vec![Source { machines, ..Source::default() }] }
        };
        let line = |cells: Vec<Cell>, of: &[f64]| among(&samples::machine(cells), &others(of));
        let here = || vec![pair(Kind::SameL3, [0, 1], 58.0).with(|c| c.key.subject = LINE_TRANSFER.id.into())];
        assert_eq!(line(here(), &[90.0, 10.0, 20.0]).unwrap(), "median 58.0 ns: 3rd of 4 machines, from near to far");
        assert_eq!(line(here(), &[58.0]).unwrap(), "median 58.0 ns: 1st of 2 machines, from near to far");
        assert_eq!((line(here(), &[]), line(Vec::new(), &[58.0])), (None, None));
        let places = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31, 100, 101, 111, 1_000].map(ordinal);
        let expected = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st", "100th", "101st",
            "111th", "1,000th",
        ];
        assert_eq!(places, expected);
        let whole = among_whose(&samples::machine(here()), &others(&[90.0])).unwrap();
        assert_eq!(whole, "median 58.0 ns: 1st of 2 machines, from near to far (1 of others, by core-to-core-latency)");
    }

    #[test]
    fn too_many_cpus_are_not_written_pair_by_pair() {
        let star = |cpus: usize| -> Vec<Cell> { (1..cpus).map(|n| pair(Kind::SameL3, [0, n], 9.0)).collect() };
        let written = |cpus: usize| sheets(&refs(&star(cpus))).len();
        assert_eq!([2, MOST_CPUS, MOST_CPUS + 1, MOST_CPUS + 9].map(written), [2, 2, 1, 1]);
        assert!(sheets(&[]).is_empty() && sheets(&[&cell(BENCH, "none", 2, "ping_pong")]).is_empty());
    }

    #[test]
    fn a_sample_is_called_one() {
        let text = |measured: usize, of: usize| {
            let transfer = Some(Transfer { cpus: [0, 1], pairs: measured, of });
            let cells = vec![pair(Kind::SameL3, [0, 1], 1.0).with(|c| c.figures.transfer = transfer); measured];
            extent(&refs(&cells))
        };
        assert_eq!(text(2, 1234), "A sample: 2 of the 1,234 pairs of CPUs were measured, some of each kind.");
        assert_eq!(text(2, 3), "A sample: 2 of the 3 pairs of CPUs were measured, some of each kind.");
        assert_eq!(text(1, 1), "The only pair of CPUs was measured.");
        assert_eq!([text(3, 3), text(4, 3)], ["All 3 pairs of CPUs were measured."; 2]);
        assert_eq!(extent(&[]), "All 0 pairs of CPUs were measured.");
    }

    #[test]
    fn kinds_stand_from_near_to_far_and_disturbed_pairs_are_left_out() {
        let mut cells = three();
        cells.push(pair(Kind::SameL3, [1, 7], 300.0));
        let [kinds, _] = sheets(&refs(&cells)).try_into().unwrap();
        let of = |ns: &[f64]| interval(stats::interval(ns), super::ns);
        assert_eq!(kinds.title, "Line transfer");
        assert!(kinds.note.contains("All 3 pairs of CPUs were measured. Pairs with"), "{}", kinds.note);
        assert_eq!(kinds.head, ["CPUs have in common", "pairs", "ns", "least", "most", "left out"]);
        // Of a single pair the round's own interval, of more that of their medians.
        let siblings = ["SMT siblings of one core", "1", "10.0 (9.00 to 11.0)", "10.0", "10.0", ""];
        let cores = ["two cores under one L3 cache", "3", &of(&[100.0, 300.0]), "100", "300", "1"];
        let all = ["all pairs", "4", &of(&[10.0, 100.0, 300.0]), "10.0", "300", "1"];
        assert_eq!(kinds.rows, [siblings, cores, all]);
        // One kind is all there is; of pairs that were all disturbed no figure is left.
        let cells =
            [preempted(pair(Kind::OtherPackage, [0, 1], 5.0)), preempted(pair(Kind::OtherPackage, [0, 2], 6.0))];
        assert_eq!(by_kind(&refs(&cells)).rows, [["two packages", "2", "", "", "", "2"]]);
        // A kind that this version does not know is among all.
        let cells = [pair(Kind::SameL3, [0, 1], 5.0).with(|c| c.facts.family = "tunnel".into())];
        assert_eq!(by_kind(&refs(&cells)).rows, [["all pairs", "1", "5.00 (4.00 to 6.00)", "5.00", "5.00", ""]]);
    }

    #[test]
    fn each_pair_stands_where_its_cpus_meet_both_ways() {
        let mut cells = three();
        cells.push(cell(BENCH, "none", 2, "ping_pong"));
        cells.push(pair(Kind::SameL3, [0, 7], 1.0).with(|c| c.figures.ns_per_op_per_thread = None));
        let pairs = pair_by_pair(&refs(&cells)).unwrap();
        assert_eq!(pairs.head, ["CPU", "0", "1", "5"]);
        assert_eq!(
            pairs.rows,
            [["0", "", "100", "10.0"], ["1", "100", "", "1,000 [p]"], ["5", "10.0", "1,000 [p]", ""]]
        );
        assert_eq!((pairs.title.as_str(), pairs.rows.len()), ("Line transfer, CPU by CPU", 3));
        assert_eq!(pair_by_pair(&[]), None);
        assert_eq!(pair_by_pair(&refs(&cells[3..])), None, "no pair, or no figure");
    }
}
