//! The rows of the page's scaling table: fits and refusals as text.

use super::matrix::{self, Row, View};
use crate::counter::Grade;
use crate::figure;
use crate::results::{Machine, Origin};
use crate::round::Verdict;
use crate::scaling::{self, Fit, Refusal};

/// One view's rows, or one line that says why there are none.
pub(super) struct ScalingView {
    pub(super) notes: Vec<String>,
    /// The row's name, a mark if its throughput is not that of a correct counter, and a figure for
    /// each of the table's columns; or one field that says why it is refused.
    pub(super) rows: Vec<Vec<String>>,
}

/// The columns of the table, after the row's name.
pub(super) const COLUMNS: [&str; 5] =
    ["contention", "crosstalk", "peak threads", "thread counts fitted", "worst point off by"];

/// A row of a view, fitted.
type Fitted<'v, 'm> = (&'v Row<'m>, Result<Fit, Refusal>);

fn fitted<'v, 'm>(machine: &Machine, view: &'v View<'m>) -> Vec<Fitted<'v, 'm>> {
    let published = matches!(machine.origin, Origin::Published { .. });
    let rows = view.sections.iter().flat_map(|section| &section.rows);
    let fit = |row: &Row| {
        let cells = row.entries.iter().flatten().map(|entry| entry.cell);
        scaling::of_row(cells, machine.card.usable(view.placement), published)
    };
    rows.map(|row| (row, fit(row))).collect()
}

/// The refusal of the row with the most points, where every row has too few. Rows that do not follow the law differ in
/// how: each says so itself.
fn common(rows: &[Fitted]) -> Option<Refusal> {
    let few = rows.iter().map(|(_, fit)| match fit {
        Err(refusal @ Refusal::TooFew { points, .. }) => Some((*points, *refusal)),
        _ => None,
    });
    let few: Vec<(usize, Refusal)> = few.collect::<Option<_>>()?;
    few.into_iter().max_by_key(|(points, _)| *points).map(|(_, refusal)| refusal)
}

pub(super) fn view(machine: &Machine, view: &View<'_>) -> ScalingView {
    let rows = fitted(machine, view);
    if let Some(refusal) = common(&rows) {
        return ScalingView { notes: vec![format!("No row is fitted. The best of them has {refusal}.")], rows: vec![] };
    }
    let mut notes = vec![
        "The Universal Scalability Law fitted to each row's gross ns/op per thread, with 95 % intervals.".to_owned(),
    ];
    let cpus = machine.card.usable(view.placement);
    if view.entries().any(|e| e.cell.facts.verdict == Verdict::Unpinned && scaling::is_point(e.cell, cpus, true)) {
        notes.push(format!("These fits use unpinned cells: {}.", matrix::explain(Verdict::Unpinned)));
    }
    if rows.iter().any(|(row, _)| row.grade == Grade::Racy) {
        notes.push("For rows that lose updates, the fit is of their throughput, lost updates included.".into());
    }
    ScalingView { notes, rows: rows.into_iter().map(row).collect() }
}

fn row((row, fit): Fitted) -> Vec<String> {
    let mark = match row.grade {
        Grade::Racy => "racy",
        Grade::Control => "control",
        Grade::Exact | Grade::Eventual => "",
    };
    let mut fields = vec![row.name(), mark.to_owned()];
    match fit {
        Ok(fit) => fields.extend(figures(&fit)),
        Err(refusal) => fields.push(format!("not fitted: {refusal}")),
    }
    fields
}

fn figures(fit: &Fit) -> [String; 5] {
    [
        figure::interval(fit.contention, figure::number),
        figure::interval(fit.crosstalk, figure::number),
        peak(fit),
        fit.points.to_string(),
        figure::percent(fit.worst_residual),
    ]
}

fn peak(fit: &Fit) -> String {
    let most = fit.most_threads;
    match fit.peak {
        None => format!("none seen up to {most}"),
        Some(peak) if peak.high <= 1.0 => "1: more threads make it slower".into(),
        Some(peak) if peak.low > most as f64 => {
            format!("none seen up to {most}; by the fit {}", figure::interval(peak, figure::number))
        }
        Some(peak) => figure::interval(peak, figure::number),
    }
}

/// How many rows of a machine are fitted, and how many are not, in one line for the terminal.
pub fn summary(machine: &Machine) -> String {
    let views = matrix::views(machine, |_| true);
    let fits = views.iter().flat_map(|view| fitted(machine, view)).map(|(_, fit)| fit);
    let (mut done, mut few, mut poor) = (0, 0, 0);
    for fit in fits {
        match fit {
            Ok(_) => done += 1,
            Err(Refusal::TooFew { .. }) => few += 1,
            Err(Refusal::Poor { .. }) => poor += 1,
        }
    }
    format!(
        "{}: scaling: {done} rows fitted, {few} with fewer than {} valid thread counts within the {} usable CPUs, {poor} that do not follow the law",
        machine.card.id,
        scaling::LEAST_POINTS,
        machine.card.usable_cpus
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Cell, Interval};
    use crate::samples::{cell, costing, machine, published};

    fn fit(peak: Option<(f64, f64, f64)>) -> Fit {
        let interval = |(low, median, high)| Interval { low, median, high };
        Fit {
            lambda: 1e9,
            contention: interval((0.0, 0.1, 0.2)),
            crosstalk: interval((0.000_011, 0.000_012_7, 0.000_02)),
            peak: peak.map(interval),
            points: 8,
            most_threads: 16,
            worst_residual: 0.056,
        }
    }

    #[test]
    fn a_peak_beyond_the_points_is_not_said_to_be_seen() {
        assert_eq!(peak(&fit(None)), "none seen up to 16");
        assert_eq!(peak(&fit(Some((20.0, 30.0, 40.0)))), "none seen up to 16; by the fit 30.0 (20.0 to 40.0)");
        assert_eq!(peak(&fit(Some((12.0, 14.0, 18.0)))), "14.0 (12.0 to 18.0)");
        assert_eq!(
            peak(&fit(Some((16.0, 17.0, 18.0)))),
            "17.0 (16.0 to 18.0)",
            "the most threads are among the points"
        );
        assert_eq!(peak(&fit(Some((1.0, 1.0, 1.0)))), "1: more threads make it slower");
        assert_eq!(peak(&fit(Some((1.0, 1.0, 1.4)))), "1.00 (1.00 to 1.40)");
    }

    #[test]
    fn figures_are_written_as_everywhere() {
        let [contention, crosstalk, _, points, off] = figures(&fit(None));
        assert_eq!(contention, "0.10 (0 to 0.20)");
        assert_eq!(crosstalk, "1.27e-5 (1.10e-5 to 2.00e-5)");
        assert_eq!((points.as_str(), off.as_str()), ("8", "5.6 %"));
    }

    /// A row at so many thread counts that keeps to the law, or does not where it is `poor`.
    fn cells(subject: &str, points: usize, poor: bool) -> Vec<Cell> {
        let ns = |n: usize| if poor && n == 4 { 900.0 } else { 10.0 + 2.0 * n as f64 };
        (1..=points).map(|n| costing(ns(n), cell("counters", subject, n, "saturated"))).collect()
    }

    fn eight(rows: &[Vec<Cell>]) -> Machine {
        let mut machine = machine(rows.concat());
        machine.card.usable_cpus = 8;
        machine
    }

    fn shown(machine: &Machine) -> ScalingView {
        let [found] = matrix::views(machine, |_| true).try_into().expect("one view");
        view(machine, &found)
    }

    #[test]
    fn rows_that_are_all_too_short_say_so_once() {
        let found = shown(&eight(&[cells("a", 3, false), cells("b", 5, false), cells("c", 2, false)]));
        let note = "No row is fitted. The best of them has 5 of the 6 thread counts that a fit needs (valid cells with no more threads than the 8 usable CPUs).";
        assert_eq!(found.notes, [note]);
        assert!(found.rows.is_empty());
        // One that is fitted, or that follows no such law, lets each speak for itself.
        for other in [cells("b", 8, false), cells("b", 8, true)] {
            let found = shown(&eight(&[cells("a", 3, false), other]));
            assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
            assert!(found.rows[0][2].starts_with("not fitted: 3 of the 6 thread counts"), "{:?}", found.rows);
        }
        let poor = shown(&eight(&[cells("a", 8, true), cells("b", 8, true)]));
        assert_eq!(poor.rows.len(), 2);
        assert!(poor.rows[0][2].starts_with("not fitted: the law does not describe it: at "), "{:?}", poor.rows);
        assert!(common(&[]).is_none());
    }

    #[test]
    fn a_row_says_what_its_throughput_is() {
        let of = |grade: Grade, subject: &str| -> Vec<Cell> {
            cells(subject, 8, false).into_iter().map(|cell| cell.with(|c| c.facts.grade = grade)).collect()
        };
        let machine =
            eight(&[of(Grade::Exact, "a"), of(Grade::Eventual, "b"), of(Grade::Racy, "c"), of(Grade::Control, "d")]);
        let found = shown(&machine);
        let marks: Vec<_> = found.rows.iter().map(|row| (row[0].as_str(), row[1].as_str(), row.len())).collect();
        assert_eq!(marks, [("d", "control", 7), ("a", "", 7), ("b", "", 7), ("c", "racy", 7)]);
        assert_eq!((found.rows[1][5].as_str(), COLUMNS.len()), ("8", 5), "thread counts fitted");
        assert_eq!(found.notes.len(), 2);
        assert!(
            found.notes[0].starts_with("The Universal Scalability Law")
                && found.notes[1].contains("lost updates included")
        );
        let exact = eight(&[of(Grade::Exact, "a"), of(Grade::Control, "d")]);
        assert_eq!(shown(&exact).notes.len(), 1);
    }

    #[test]
    fn unpinned_cells_are_used_of_figures_of_others_and_it_is_said() {
        let mut machine = eight(&[cells("a", 8, false), cells("b", 8, false)]);
        machine
            .cells
            .iter_mut()
            .filter(|c| c.key.threads == 8 && c.key.subject == "a")
            .for_each(|c| c.facts.verdict = Verdict::Unpinned);
        let own = shown(&machine);
        assert_eq!((own.rows[0][5].as_str(), own.rows[1][5].as_str()), ("7", "8"), "threads may never have met");
        machine = published(machine);
        let theirs = shown(&machine);
        assert_eq!(theirs.rows[0][5], "8");
        assert_eq!(
            theirs.notes[1],
            "These fits use unpinned cells: threads were not tied to CPUs, so they may not have met."
        );
        // Beyond the CPUs no cell is used.
        machine.card.usable_cpus = 7;
        assert_eq!(shown(&machine).notes.len(), 1);
        machine.cells.iter_mut().for_each(|c| c.facts.verdict = Verdict::Valid);
        assert_eq!(shown(&machine).notes.len(), 1);
    }

    #[test]
    fn the_terminal_says_how_many_are_fitted_and_why_others_are_not() {
        let rows = [
            cells("a", 8, false),
            cells("b", 8, true),
            cells("c", 5, false),
            cells("d", 6, false),
            cells("e", 1, false),
            cells("f", 7, true),
            cells("g", 2, false),
        ];
        let text = "m: scaling: 2 rows fitted, 3 with fewer than 6 valid thread counts within the 8 usable CPUs, 2 that do not follow the law";
        assert_eq!(summary(&eight(&rows)), text);
    }
}
