//! Does a file make sense as a whole? What no single figure shows: figures of one cell that
//! contradict each other, a card that cannot be, tables too large to be drawn.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cell, Interval};
use crate::machine::{self, Card, Run};

/// The most fields that the tables of one machine may have, rows by thread counts: a table has a field for
/// each of them, measured or not. Fifty counters at a hundred thread counts, with four levels and three
/// placements, have 60,000.
const FIELDS: usize = 500_000;

/// The most CPUs, cores and the like that a machine may have.
const CPUS: usize = 1_000_000;

/// Says which figures of a cell contradict each other, if any do.
pub(super) fn contradiction(cell: &Cell) -> Option<String> {
    // A rate is written with fewer digits than it has.
    const NEAR: f64 = 1e-6;
    // A figure that all resamples agree on may differ from its ends in its last digit.
    let slack = |i: &Interval| NEAR * (1.0 + i.median.abs());
    let out_of_order = |i: &&Interval| !(i.low <= i.median + slack(i) && i.median <= i.high + slack(i));
    if let Some(i) =
        [&cell.figures.ns_per_op_per_thread, &cell.figures.net_ns_per_op].into_iter().flatten().find(out_of_order)
    {
        return Some(format!("{} is not between {} and {}", i.median, i.low, i.high));
    }
    let rate = cell.figures.loss_rate?;
    for (what, x) in [("median", rate.median), ("pooled", rate.pooled)] {
        if !(rate.min - NEAR <= x && x <= rate.max + NEAR) {
            return Some(format!("a {what} loss rate of {x} is not between {} and {}", rate.min, rate.max));
        }
    }
    let (lost, attempted) = (cell.figures.lost?, cell.figures.attempted?);
    let counted = if attempted == 0 { 0.0 } else { lost as f64 / attempted as f64 };
    let differs = (counted - rate.pooled).abs() > NEAR;
    differs.then(|| format!("a pooled loss rate of {} is not lost {lost} of attempted {attempted}", rate.pooled))
}

/// Says so when the tables of these cells would be too large.
pub(super) fn too_many(cells: &[Cell]) -> Option<String> {
    let mut tables = BTreeMap::<_, (BTreeSet<_>, BTreeSet<usize>)>::new();
    for cell in cells {
        let table = tables.entry((&cell.key.bench, &cell.key.level, cell.key.placement.id())).or_default();
        table.0.insert((&cell.key.subject, &cell.key.variant));
        table.1.insert(cell.key.threads);
    }
    let fields: usize = tables.values().map(|(rows, columns)| rows.len() * columns.len()).sum();
    (fields > FIELDS).then(|| format!("its tables would have {fields} fields, more than the {FIELDS} they may have"))
}

/// Says what makes a card impossible, if anything does.
pub(super) fn card_fault(card: &Card) -> Option<String> {
    if !machine::is_id(&card.id) {
        return Some(format!("{:?} is no machine id (1 to 64 of a-z, 0-9, '.', '_' and '-')", card.id));
    }
    let counts = [card.cpus, card.usable_cpus].into_iter().chain(card.cores).chain(card.packages);
    let counts = counts.chain(card.usable_at.values().copied());
    if let Some(bad) = counts.into_iter().find(|n| !(1..=CPUS).contains(n)) {
        return Some(format!("a machine with {bad} CPUs, cores or packages cannot be"));
    }
    let memory = card.memory_gib.filter(|gib| !(0.0..1e9).contains(gib));
    let pause = card.pause_ns.filter(|ns| !(0.0..1e9).contains(ns));
    let memory = memory.map(|gib| format!("a memory of {gib} GiB cannot be"));
    memory.or_else(|| pause.map(|ns| format!("a pause of {ns} ns cannot be")))
}

/// Says what makes the description of a run impossible, if anything does.
pub(super) fn run_fault(run: &Run) -> Option<String> {
    let load = run.load.filter(|load| !(0.0..1e9).contains(load));
    load.map(|load| format!("a load of {load} cannot be"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LossRate;

    fn cell() -> Cell {
        let text = r#"{"bench":"b","subject":"s","label":"","family":"f","grade":"racy","threads":2,"level":"l",
            "placement":"spread","verdict":"valid","attempted":1000,"kept":750,"lost":250,"run":"r","recorded":"",
            "loss_rate":{"min":0.1,"median":0.2,"max":0.3,"pooled":0.25}}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_middle_lies_between_its_ends_but_for_the_last_digits() {
        let of = |low, median, high| {
            let i = Some(Interval { low, median, high });
            let [gross, net] =
                [cell().with(|c| c.figures.ns_per_op_per_thread = i), cell().with(|c| c.figures.net_ns_per_op = i)];
            assert_eq!(contradiction(&gross), contradiction(&net));
            contradiction(&gross).is_some()
        };
        assert!(!of(1.0, 2.0, 3.0) && !of(-3.0, -2.0, -1.0) && !of(2.0, 2.0, 2.0) && !of(0.0, 0.0, 0.0));
        assert!(of(2.1, 2.0, 3.0) && of(1.0, 2.0, 1.9) && of(f64::NAN, 2.0, 3.0));
        // A millionth of 101 is as much as may be missing around 100, and of 1 around 0.
        assert!(!of(100.0001, 100.0, 100.0) && !of(100.0, 100.0, 99.9999));
        assert!(of(100.000_2, 100.0, 101.0) && of(99.0, 100.0, 99.999_8));
        assert!(!of(9e-7, 0.0, 1.0) && !of(-1.0, 0.0, -9e-7) && of(2e-6, 0.0, 1.0) && of(-1.0, 0.0, -2e-6));
    }

    #[test]
    fn a_loss_rate_is_that_of_its_counts() {
        let with = |change: fn(&mut LossRate)| {
            let mut cell = cell();
            change(cell.figures.loss_rate.as_mut().unwrap());
            contradiction(&cell)
        };
        assert_eq!(contradiction(&cell()), None);
        assert!(with(|l| l.median = 0.09).unwrap().starts_with("a median loss rate of 0.09"));
        assert!(with(|l| l.median = 0.31).unwrap().starts_with("a median loss rate of 0.31"));
        assert!(with(|l| l.min = 0.26).unwrap().contains("loss rate of"));
        assert!(with(|l| (l.max, l.median) = (0.24, 0.2)).unwrap().starts_with("a pooled loss rate of 0.25"));
        assert!(with(|l| l.pooled = 0.251).unwrap().ends_with("is not lost 250 of attempted 1000"));
        assert_eq!(with(|l| l.pooled = 0.250_000_9), None, "written with fewer digits");
        assert_eq!(with(|l| (l.min, l.median) = (0.200_000_9, 0.2)), None);
        assert_eq!(with(|l| (l.max, l.median) = (0.25, 0.250_000_9)), None);
        let nothing = LossRate { min: 0.0, median: 0.0, max: 0.0, pooled: 0.0 };
        let idle = cell().with(|c| {
            c.figures.attempted = Some(0);
            c.figures.kept = Some(0);
            c.figures.lost = Some(0);
            c.figures.loss_rate = Some(nothing);
        });
        assert_eq!(contradiction(&idle), None);
        assert_eq!(contradiction(&cell().with(|c| c.figures.loss_rate = None)), None);
        assert_eq!(
            contradiction(&cell().with(|c| {
                c.figures.lost = None;
                c.figures.kept = None;
            })),
            None
        );
    }

    #[test]
    fn tables_may_have_as_many_fields_as_can_be_drawn() {
        // 707 rows at 707 thread counts, and 151 more fields in a table of its own.
        let cells = |rows: usize, columns: usize, level: &str| -> Vec<Cell> {
            let one = |n: usize| {
                cell().with(|c| {
                    c.key.subject = format!("s{}", n.min(rows - 1));
                    c.key.threads = n.min(columns - 1) + 1;
                    c.key.level = level.into();
                })
            };
            (0..rows.max(columns)).map(one).collect()
        };
        let all = [cells(707, 707, "l"), cells(1, 151, "m")].concat();
        assert_eq!(707 * 707 + 151, FIELDS);
        assert_eq!(too_many(&all), None);
        let mut more = [all, cells(1, 1, "k")].concat();
        assert!(too_many(&more).unwrap().contains("500001 fields, more than the 500000"));
        more.pop();
        more[0].key.variant = "a_row_of_its_own".into();
        assert_eq!(too_many(&more), None, "in place of another");
    }

    #[test]
    fn cards_and_runs_that_cannot_be_are_named() {
        let card = Card { id: "m".into(), cpus: CPUS, usable_cpus: 1, memory_gib: Some(0.0), ..Card::default() };
        assert_eq!(card_fault(&card), None);
        let fault = |card: Card| card_fault(&card).expect("a fault");
        assert!(fault(Card { id: "../m".into(), ..card.clone() }).contains("no machine id"));
        for bad in [0, CPUS + 1] {
            let says = format!("a machine with {bad} CPUs, cores or packages");
            assert!(fault(Card { cpus: bad, ..card.clone() }).contains(&says));
            assert!(fault(Card { usable_cpus: bad, ..card.clone() }).contains(&says));
            assert!(fault(Card { cores: Some(bad), ..card.clone() }).contains(&says));
            assert!(fault(Card { packages: Some(bad), ..card.clone() }).contains(&says));
        }
        for bad in [-1.0, 1e9, f64::NAN] {
            assert!(fault(Card { memory_gib: Some(bad), ..card.clone() }).contains(&format!("a memory of {bad} GiB")));
            let run = |load| Run { load, ..Run::default() };
            assert!(run_fault(&run(Some(bad))).unwrap().contains(&format!("a load of {bad}")));
            assert_eq!((run_fault(&run(Some(0.5))), run_fault(&run(None))), (None, None));
        }
    }
}
