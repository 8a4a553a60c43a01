//! Tables of the locks bench: what a lock costs, and who waits for it.

use super::figure::{interval, ns, percent, plain};
use super::matrix::letter;
use super::sheet::{Sheet, at, by_subject, threads};
use crate::counter::Grade;
use crate::results::{Cell, Interval};
use crate::round::collapse;

/// A cost that may be none: what cannot be told from 0 says so.
fn cost(i: Interval) -> String {
    let sign = if i.low <= 0.0 && i.high >= 0.0 { "≈ 0: " } else { "" };
    format!("{sign}{}", interval(i, ns))
}

/// With its verdict's letter, where it is neither valid nor oversubscribed.
fn judged(text: String, cell: &Cell) -> String {
    match letter(cell.verdict).filter(|&letter| letter != 'o') {
        Some(letter) => format!("{text} [{letter}]"),
        None => text,
    }
}

/// The tables of one level.
pub(super) fn sheets(cells: &[&Cell], usable: usize) -> Vec<Sheet> {
    let locks: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.grade != Grade::Control).collect();
    let (mut rows, counts) = by_subject(&locks);
    let alone = |row: &[&Cell]| at(row, 1).and_then(|cell| cell.holding?.overhead_ns).map_or(f64::MAX, |i| i.median);
    rows.sort_by(|a, b| alone(&a.1).total_cmp(&alone(&b.1)));
    let (own, over): (Vec<usize>, Vec<usize>) = counts.iter().partition(|&&n| n <= usable);
    vec![costs(&rows, &own, &over, usable), waits(&rows, &counts, usable)]
}

fn costs(rows: &[(String, Vec<&Cell>)], own: &[usize], over: &[usize], usable: usize) -> Sheet {
    let contended: Vec<usize> = own.iter().copied().filter(|&n| n > 1).collect();
    let mut head = vec!["lock".to_owned(), "uncontended, ns".to_owned()];
    head.extend(contended.iter().map(|n| format!("overhead at {n}, ns")));
    head.extend(over.iter().map(|&n| format!("collapse at {}", threads(n, usable))));
    head.extend(contended.iter().map(|n| format!("hand-offs at {n}")));
    let burnt: Vec<usize> = contended.iter().chain(over).copied().collect();
    head.extend(burnt.iter().map(|&n| format!("CPU at {}, ns/op", threads(n, usable))));
    let row = |(name, row): &(String, Vec<&Cell>)| {
        let overhead = |n: usize| {
            let cell = at(row, n);
            cell.and_then(|c| Some(judged(cost(c.holding?.overhead_ns?), c))).unwrap_or_default()
        };
        let gross = |n: usize| Some(at(row, n)?.ns_per_op_per_thread?.median);
        let collapsed = |n: usize| {
            let most = own.iter().rev().find_map(|&n| gross(n))?;
            Some(format!("× {}", ns(collapse(gross(n)?, most))))
        };
        let mut fields = vec![name.clone(), overhead(1)];
        fields.extend(contended.iter().map(|&n| overhead(n)));
        fields.extend(over.iter().map(|&n| collapsed(n).unwrap_or_default()));
        fields.extend(
            contended
                .iter()
                .map(|&n| at(row, n).and_then(|c| c.holding).map(|h| percent(h.hand_off_rate)).unwrap_or_default()),
        );
        fields.extend(burnt.iter().map(|&n| at(row, n).and_then(|c| c.cpu_ns_per_op).map(ns).unwrap_or_default()));
        fields
    };
    let work = rows.iter().flat_map(|(_, cells)| cells.iter()).find_map(|cell| cell.holding);
    let work = work.map_or(String::new(), |holding| {
        format!(
            "Critical section {} ns, parallel section {} ns as achieved. ",
            ns(holding.critical_ns),
            ns(holding.parallel_ns)
        )
    });
    Sheet {
        title: "What a lock costs".into(),
        note: format!(
            "{work}Overhead: ns/op per thread less what no lock could save, with its 95 % interval; “≈ 0” where that holds 0; \
             none with more threads than CPUs (*): there, collapse is ns/op per thread by that of the most threads that fit. \
             Hand-offs: acquisitions by another thread than the one before."
        ),
        head,
        rows: rows.iter().map(row).collect(),
        shades: Vec::new(),
    }
}

fn waits(rows: &[(String, Vec<&Cell>)], counts: &[usize], usable: usize) -> Sheet {
    let heads =
        ["lock", "threads", "Jain", "least share", "p50", "p90", "p99", "p99.9", "max", "longest", "still open"];
    let mut lines = Vec::new();
    for &n in counts.iter().filter(|&&n| n > 1) {
        for (name, row) in rows {
            let Some(cell) = at(row, n) else { continue };
            let (Some(jain), Some(shares)) = (cell.jain, cell.shares) else { continue };
            let mut fields = vec![name.clone(), threads(n, usable), plain(jain), percent(shares.min)];
            match cell.waits {
                Some(w) => {
                    let least = if w.open > 0 { "≥ " } else { "" };
                    fields.extend([w.p50, w.p90, w.p99, w.p999].map(ns));
                    fields.extend([w.max, w.longest].map(|x| format!("{least}{}", ns(x))));
                    fields.push(w.open.to_string());
                }
                None => fields.extend(std::iter::repeat_n(String::new(), 7)),
            }
            lines.push(fields);
        }
    }
    Sheet {
        title: "Who waits, and for how long".into(),
        note: "Waits in ns, from a pass of one second a row; “longest” is an upper bound that holds time off the CPU as well. \
               Jain's index is 1 when all threads get the same; the least share is then 100 % / threads."
            .into(),
        head: heads.map(str::to_owned).into(),
        rows: lines,
        shades: Vec::new(),
    }
}
