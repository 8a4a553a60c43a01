//! Tables of the locks bench: the cost of a lock, and waits for it.

use super::matrix::{judged, marks};
use super::sheet::{Sheet, at, by_subject, threads};
use crate::counter::Grade;
use crate::figure::{count, interval, ns, percent, plain};
use crate::headline::doubt;
use crate::rank::waiting::Waiting;
use crate::results::{Cell, Interval};
use crate::round::{collapse, share};
use crate::workload::Load;

/// A cost that may be 0: one that cannot be told from 0 is shown as such.
fn cost(i: Interval) -> String {
    let sign = if i.low <= 0.0 && i.high >= 0.0 { "≈ 0: " } else { "" };
    format!("{sign}{}", interval(i, ns))
}

/// The tables of one level.
pub(super) fn sheets(cells: &[&Cell], usable: usize) -> Vec<Sheet> {
    let locks: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.facts.grade != Grade::Control).collect();
    let (mut rows, counts) = by_subject(&locks);
    if locks.first().is_some_and(|cell| is_held_long(&cell.key.level)) {
        return vec![held_long(&rows, &counts, usable)];
    }
    let alone =
        |row: &[&Cell]| at(row, 1).and_then(|cell| cell.figures.holding?.overhead_ns).map_or(f64::MAX, |i| i.median);
    rows.sort_by(|a, b| alone(&a.1).total_cmp(&alone(&b.1)));
    let (own, over): (Vec<usize>, Vec<usize>) = counts.iter().partition(|&&n| n <= usable);
    // One thread waits for nobody.
    let many: Vec<usize> = counts.iter().copied().filter(|&n| n > 1).collect();
    vec![costs(&rows, &own, &over, usable), waits(&rows, &many, usable)]
}

/// Whether a lock is held long at a level: its cells have no cost.
pub(super) fn is_held_long(level: &str) -> bool {
    Load::of(level).is_some_and(Load::is_held_long)
}

/// The share of each thread; of many the least and the greatest.
pub(super) fn shares(cell: &Cell) -> Option<String> {
    const MANY: usize = 4;
    let shares = cell.figures.shares?;
    match &cell.figures.turns {
        Some(turns) if turns.sections.len() <= MANY => {
            let all = turns.sections.iter().sum();
            let each: Vec<String> = turns.sections.iter().map(|&one| percent(share(one, all))).collect();
            Some(each.join(", "))
        }
        _ => Some(format!("{} to {}", percent(shares.min), percent(shares.max))),
    }
}

/// The longest wait in ms, with a sign where it is a lower bound.
pub(super) fn longest(cell: &Cell) -> Option<String> {
    let waits = cell.figures.waits?;
    let least = if waits.is_lower_bound() { "≥ " } else { "" };
    Some(format!("{least}{}", ns(waits.longest / 1e6)))
}

fn held_long(rows: &[(String, Vec<&Cell>)], counts: &[usize], usable: usize) -> Sheet {
    let heads =
        ["lock", "threads", "a wait", "longest, ms", "p99.9, ms", "shares", "sections", "hand-offs", "longest turn"];
    let mut lines = Vec::new();
    for &n in counts {
        let mut here: Vec<(&str, &Cell)> =
            rows.iter().filter_map(|(name, row)| Some((name.as_str(), at(row, n)?))).collect();
        let by = |cell: &Cell| cell.figures.waits.map_or(f64::INFINITY, |waits| waits.longest);
        here.sort_by(|a, b| by(a.1).total_cmp(&by(b.1)));
        for (name, cell) in here {
            let (Some(shares), Some(longest), Some(waits)) = (shares(cell), longest(cell), cell.figures.waits) else {
                continue;
            };
            let word = Waiting::of(cell).filter(|_| doubt(cell, usable).is_none()).map_or("", Waiting::text);
            let turns = cell.figures.turns.as_ref();
            let mut fields = vec![name.to_owned(), threads(n, usable), format!("{word}{}", marks(cell, usable))];
            fields.extend([longest, ns(waits.p999 / 1e6), shares]);
            fields.push(turns.map_or(String::new(), |turns| count(turns.sections.iter().sum())));
            fields
                .extend([turns.map(|t| t.hand_offs), turns.map(|t| t.longest)].map(|n| n.map_or(String::new(), count)));
            lines.push(fields);
        }
    }
    Sheet {
        title: "Who waits for a lock that is held long".into(),
        note: "One second in which each thread takes the lock again as soon as it has released it. A wait is bounded where the \
               longest was at most a tenth of the second; a thread starves where it was a fifth and more. Shares are those \
               of the threads, in sections. A turn is what one thread does before another gets in. ≥: the longest wait was \
               still open."
            .into(),
        head: heads.map(str::to_owned).into(),
        rows: lines,
    }
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
            cell.and_then(|c| Some(judged(cost(c.figures.holding?.overhead_ns?), c))).unwrap_or_default()
        };
        let gross = |n: usize| Some(at(row, n)?.figures.ns_per_op_per_thread?.median);
        let collapsed = |n: usize| {
            let most = own.iter().rev().find_map(|&n| gross(n))?;
            Some(format!("× {}", ns(collapse(gross(n)?, most))))
        };
        let mut fields = vec![name.clone(), overhead(1)];
        fields.extend(contended.iter().map(|&n| overhead(n)));
        fields.extend(over.iter().map(|&n| collapsed(n).unwrap_or_default()));
        fields.extend(contended.iter().map(|&n| {
            at(row, n).and_then(|c| c.figures.holding).map(|h| percent(h.hand_off_rate)).unwrap_or_default()
        }));
        fields.extend(
            burnt.iter().map(|&n| at(row, n).and_then(|c| c.figures.cpu_ns_per_op).map(ns).unwrap_or_default()),
        );
        fields
    };
    let work = rows.iter().flat_map(|(_, cells)| cells.iter()).find_map(|cell| cell.figures.holding);
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
            "{work}Overhead: ns/op per thread minus the time that no lock can avoid, with its 95 % interval; “≈ 0” if the interval \
             holds 0. There is none with more threads than CPUs (*). There, collapse is ns/op per thread / that with the most \
             threads that fit. Hand-offs: acquisitions by another thread than the last one."
        ),
        head,
        rows: rows.iter().map(row).collect(),
    }
}

/// The rows that were passed through once, by thread count: shares and waits.
pub(super) fn waits(rows: &[(String, Vec<&Cell>)], counts: &[usize], usable: usize) -> Sheet {
    let heads =
        ["lock", "threads", "Jain", "least share", "p50", "p90", "p99", "p99.9", "max", "longest", "still open"];
    let mut lines = Vec::new();
    for &n in counts {
        for (name, row) in rows {
            let Some(cell) = at(row, n) else { continue };
            let (Some(jain), Some(shares)) = (cell.figures.jain, cell.figures.shares) else { continue };
            let mut fields = vec![name.clone(), threads(n, usable), plain(jain), percent(shares.min)];
            match cell.figures.waits {
                Some(w) => {
                    let least = if w.is_lower_bound() { "≥ " } else { "" };
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
        note: "Waits in ns, from a pass of one second for each row. “Longest” is an upper bound that includes time off the CPU. \
               Jain's index is 1 when all threads get the same share, which is then 100 % / threads."
            .into(),
        head: heads.map(str::to_owned).into(),
        rows: lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Holding, Shares, Waits};
    use crate::round::Verdict;
    use crate::samples::{self, around, costing};

    fn cell(subject: &str, threads: usize, overhead: Option<f64>, gross: f64) -> Cell {
        let holding = Holding {
            critical_ns: 99.0,
            parallel_ns: 901.0,
            overhead_ns: overhead.map(|ns| around(ns, 1.0)),
            hand_off_rate: 0.25,
        };
        costing(gross, samples::cell("locks", subject, threads, "c100_p900")).with(|c| {
            c.figures.holding = Some(holding);
            c.figures.cpu_ns_per_op = Some(gross / 2.0);
        })
    }

    #[test]
    fn who_starves_is_shown_where_a_lock_is_held_long() {
        let cell = |subject, threads, ms| samples::held_long(subject, threads, "c500000_p0", ms);
        let mut cells =
            [cell("barging", 2, 712.0), cell("fair", 2, 3.5), cell("fair", 4, 30.0), cell("busy", 2, 800.0)];
        cells[3].facts.verdict = Verdict::Preempted;
        cells[2].facts.verdict = Verdict::Oversubscribed;
        cells[0].figures.waits.as_mut().unwrap().longest_open = Some(712e6);
        let [sheet] = sheets(&cells.iter().collect::<Vec<_>>(), 2).try_into().unwrap();
        let row = |fields: [&str; 9]| fields.map(str::to_owned).to_vec();
        let expected = [
            row(["fair", "2", "bounded", "3.50", "1.75", "75.0 %, 25.0 %", "2,000", "40", "900"]),
            row(["barging", "2", "starves", "≥ 712", "356", "75.0 %, 25.0 %", "2,000", "40", "900"]),
            row(["busy", "2", " [p]", "800", "400", "75.0 %, 25.0 %", "2,000", "40", "900"]),
            row(["fair", "4*", "bounded", "30.0", "15.0", "75.0 %, 25.0 %", "2,000", "40", "900"]),
        ];
        assert_eq!(sheet.rows, expected, "nothing is said of a cell that cannot be trusted");
        let many = cell("a", 8, 1.0).with(|c| c.figures.turns.as_mut().unwrap().sections = vec![1; 8]);
        assert_eq!(shares(&many).as_deref(), Some("25.0 % to 75.0 %"));
        assert_eq!(
            (shares(&many.clone().with(|c| c.figures.shares = None)), longest(&many)),
            (None, Some("1.00".into()))
        );
    }

    fn rows(cells: &[Cell]) -> [Sheet; 2] {
        sheets(&cells.iter().collect::<Vec<_>>(), 2).try_into().unwrap()
    }

    #[test]
    fn what_locks_cost_is_shown_by_what_they_cost_alone() {
        let mut cells = vec![
            cell("dear", 1, Some(20.0), 1020.0),
            cell("dear", 2, Some(0.5), 1000.5),
            cell("dear", 4, None, 4002.0),
            cell("cheap", 1, Some(10.0), 1010.0),
            cell("cheap", 2, Some(-3.0), 998.0),
            cell("unknown", 2, Some(1.0), 1001.0),
            cell("loop", 1, None, 1000.0),
        ];
        cells[0].facts.verdict = Verdict::Preempted;
        cells[2].facts.verdict = Verdict::Oversubscribed;
        cells[6].facts.grade = Grade::Control;
        let [costs, _] = rows(&cells);
        let head = [
            "lock",
            "uncontended, ns",
            "overhead at 2, ns",
            "collapse at 4*",
            "hand-offs at 2",
            "CPU at 2, ns/op",
            "CPU at 4*, ns/op",
        ];
        assert_eq!(costs.head, head);
        assert_eq!(costs.rows[0], ["cheap", "10.0 (9.00 to 11.0)", "-3.00 (-4.00 to -2.00)", "", "25.0 %", "499", ""]);
        let dear = ["dear", "20.0 (19.0 to 21.0) [p]", "≈ 0: 0.50 (-0.50 to 1.50)", "× 4.00", "25.0 %", "500", "2,001"];
        assert_eq!(costs.rows[1], dear);
        assert_eq!(costs.rows[2][..3], ["unknown", "", "≈ 0: 1.00 (0.00 to 2.00)"], "not measured alone: last");
        assert_eq!(costs.rows.len(), 3, "the loop without a lock is none");
        assert!(costs.note.starts_with("Critical section 99.0 ns, parallel section 901 ns"), "{}", costs.note);
    }

    #[test]
    fn who_waits_is_shown_for_threads_that_meet() {
        let mut cells = vec![cell("a", 1, Some(1.0), 1.0), cell("a", 2, Some(1.0), 1.0), cell("b", 4, None, 1.0)];
        for cell in &mut cells {
            cell.figures.jain = Some(0.9);
            cell.figures.shares = Some(Shares { min: 0.2, max: 0.8, pass_ms: 1000.0 });
        }
        let waits = Waits {
            p50: 1.0,
            p90: 2.0,
            p99: 3.0,
            p999: 4.0,
            max: 5.0,
            longest: 6.0,
            open: 0,
            longest_open: None,
            sampled: 9,
            one_in: 1,
            clock_ns: 0.0,
        };
        cells[1].figures.waits = Some(waits);
        let [_, shown] = rows(&cells);
        assert_eq!(shown.rows[0], ["a", "2", "0.90", "20.0 %", "1.00", "2.00", "3.00", "4.00", "5.00", "6.00", "0"]);
        assert_eq!(shown.rows[1], ["b", "4*", "0.90", "20.0 %", "", "", "", "", "", "", ""]);
        assert_eq!(shown.rows.len(), 2);
        cells[1].figures.waits = Some(Waits { open: 2, ..waits });
        assert_eq!(rows(&cells)[1].rows[0][8..], ["≥ 5.00", "≥ 6.00", "2"], "who still waits will wait longer");
        cells[1].figures.shares = None;
        assert_eq!(rows(&cells)[1].rows.len(), 1);
    }
}
