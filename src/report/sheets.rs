//! Which tables a bench has beside the matrix, or in its place.

use super::sheet::Sheet;
use super::{distances, locks, ordering, peers, reads, tasks, transfers};
use crate::ordering::BENCH as ORDERING;
use crate::results::{Cell, Machine};
use crate::transfer::BENCH;
use crate::workload::Placement;

/// The tables of one bench, level and placement on one machine, of the cells that `keep` accepts; none
/// where the matrix shows all.
pub fn sheets(
    machine: &Machine,
    bench: &str,
    level: &str,
    placement: Placement,
    keep: impl Fn(&Cell) -> bool,
) -> Vec<Sheet> {
    let here = |c: &&Cell| c.key.bench == bench && c.key.level == level && c.key.placement == placement && keep(c);
    let cells: Vec<&Cell> = machine.cells.iter().filter(here).collect();
    let mut sheets = match bench {
        "locks" => locks::sheets(&cells, machine.card.usable_cpus),
        "reads" => reads::sheets(&cells, machine.card.usable_cpus),
        "async" => tasks::sheets(&cells, machine.card.usable_cpus),
        "peers" => vec![peers::sheet(&cells, machine.card.usable_cpus)],
        BENCH => transfers::sheets(&cells),
        ORDERING => ordering::sheets(&cells, machine),
        _ => Vec::new(),
    };
    sheets.extend(distances::sheet(&cells, machine));
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

/// Whether the sheets of a bench show all that its matrix would at a level, and better.
pub(super) fn replace_matrix(bench: &str, level: &str) -> bool {
    bench == BENCH || bench == ORDERING || bench == "locks" && locks::is_held_long(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::Grade;
    use crate::results::{Holding, Transfer};
    use crate::samples::{around, cell, costing, machine};

    fn pair() -> Cell {
        let transfer = Some(Transfer { cpus: [0, 1], pairs: 1, of: 1 });
        costing(5.0, cell(BENCH, "same_l3", 2, "ping_pong")).with(|c| {
            c.facts.family = "same_l3".into();
            c.figures.transfer = transfer;
        })
    }

    #[test]
    fn only_the_cells_of_one_view_are_in_its_tables() {
        let others = [
            pair().with(|c| c.key.bench = "counters".into()),
            pair().with(|c| c.key.level = "saturated".into()),
            pair().with(|c| c.key.placement = Placement::Unpinned),
            pair().with(|c| c.facts.run = "other".into()),
        ];
        let machine = machine(others.into_iter().chain([pair()]).collect());
        let kept = |c: &Cell| c.facts.run == "r";
        let all = sheets(&machine, BENCH, "ping_pong", Placement::Spread, kept);
        assert_eq!(
            all.iter().map(|sheet| sheet.title.as_str()).collect::<Vec<_>>(),
            ["Line transfer", "Line transfer, CPU by CPU"]
        );
        assert_eq!(all[0].rows[0][1], "1", "pairs");
        assert!(sheets(&machine, "counters", "ping_pong", Placement::Spread, kept).is_empty(), "the matrix shows all");
        assert!(sheets(&machine, BENCH, "ping_pong", Placement::Siblings, kept).is_empty());
    }

    #[test]
    fn a_table_without_rows_is_none() {
        let around = around(5.0, 1.0);
        let holding = Holding { critical_ns: 0.0, parallel_ns: 0.0, overhead_ns: Some(around), hand_off_rate: 0.0 };
        let lock = costing(5.0, cell("locks", "a", 1, "c0_p0")).with(|c| c.figures.holding = Some(holding));
        let found = |cell: &Cell| -> Vec<String> {
            let all =
                sheets(&machine(vec![cell.clone()]), &cell.key.bench, &cell.key.level, cell.key.placement, |_| true);
            all.into_iter().map(|sheet| sheet.rows[0][0].clone()).collect()
        };
        assert_eq!(found(&lock), ["a"], "what it costs, and nothing of who waits");
        assert!(found(&lock.with(|c| c.facts.grade = Grade::Control)).is_empty());
        let reading = crate::results::Reading {
            share: 0.9,
            read_ns: Some(around),
            write_ns: None,
            longest_write_ns: None,
            error: None,
        };
        assert_eq!(
            found(&costing(5.0, cell("reads", "b", 1, "r90")).with(|c| c.figures.reading = Some(reading))),
            ["b"]
        );
    }

    #[test]
    fn transfers_and_litmus_tests_need_no_matrix() {
        let levels = [
            (BENCH, "ping_pong"),
            (ORDERING, "litmus"),
            ("counters", "high"),
            ("locks", "c0_p0"),
            ("locks", "c500000_p0"),
        ];
        assert_eq!(levels.map(|(bench, level)| replace_matrix(bench, level)), [true, true, false, false, true]);
    }
}
