//! Lines about a whole run, and how times are written.

use std::time::Duration;

use crate::compare::{CellPair, Comparison, ELSEWHERE_ONLY, Standing};
use crate::counter::Grade;
use crate::figure::{ns, number};
use crate::machine::cpu_list;
use crate::report::warnings;
use crate::results::{Cell, Interval};

/// A time as minutes and seconds.
pub(super) fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A line that says that the run's usable CPUs changed from `before` to `now`; `None` when they did not.
pub(super) fn changed(before: &[usize], now: &[usize]) -> Option<String> {
    let [was, is] = [before, now].map(cpu_list);
    (was != is).then(|| {
        format!(
            "the CPUs of this run changed while it went on, from {was} to {is}: cells measured on CPUs it had lost are marked unpinned"
        )
    })
}

/// A line that says how often the host moved the CPUs; `None` when it did not.
pub(super) fn moved(cells: &[Cell], moves: usize) -> Option<String> {
    let split = cells.iter().find(|cell| !cell.figures.distances.is_empty())?;
    let each: Vec<String> = split.figures.distances.iter().map(|distance| ns(distance.transfer_ns)).collect();
    let times = if moves == 1 { "once".to_owned() } else { format!("{moves} times") };
    Some(format!(
        "the host moved the CPUs of this machine between near and distant cores, {times} (line transfer {} ns): figures are kept by distance, too",
        each.join(" and ")
    ))
}

/// Most cells of which a run says that they changed.
const CHANGED: usize = 8;

/// Lines on what differs from an earlier run, by the rules of `miscount compare`. Where controls changed, which count
/// nothing, or the CPUs were moved, the machine did.
pub(super) fn changes(found: &Comparison) -> Vec<String> {
    let told = || found.rows.iter().filter(|row| matches!(row.standing, Standing::Slower | Standing::Faster));
    if let Some(control) = told().find(|row| row.grade == Grade::Control) {
        return vec![format!("change: machine changed, not compared: {} counts nothing, and changed", control.name)];
    }
    let line = |row: &CellPair| {
        let times = row.ratio.map_or(String::new(), |ratio| {
            let Interval { low, median, high } = ratio;
            let [low, median, high] = if row.standing == Standing::Faster {
                [high, median, low].map(|x| 1.0 / x)
            } else {
                [low, median, high]
            };
            format!(", {}x ({} to {})", number(median), number(low), number(high))
        });
        format!("change: {} {}{times} than when it was measured last", row.name, row.standing.text())
    };
    let mut lines: Vec<String> = told().take(CHANGED).map(line).collect();
    let more = told().count().saturating_sub(CHANGED);
    if more > 0 {
        lines.push(format!("change: {more} more; `miscount compare @previous @latest` names them"));
    }
    let moved = found.rows.iter().filter(|row| row.reason.as_deref() == Some(ELSEWHERE_ONLY)).count();
    if moved > 0 {
        lines.push(format!("change: machine changed, not compared: {moved} cells, whose CPUs the host moved"));
    }
    lines
}

/// Most cells named at the end of a noisy run.
const NAMED: usize = 5;

/// A line with the number of noisy cells, the largest share of each kind of noise, and a few names; `None` when no cell
/// is noisy.
pub(super) fn noisy(cells: &[Cell]) -> Option<String> {
    let noisy: Vec<&Cell> = cells.iter().filter(|cell| cell.is_noisy()).collect();
    if noisy.is_empty() {
        return None;
    }
    let name = |cell: &&Cell| {
        let variant = if cell.key.variant.is_empty() { String::new() } else { format!(" {}", cell.key.variant) };
        format!("{}/{}{variant}/{}", cell.key.level, cell.key.subject, cell.key.threads)
    };
    let names: Vec<String> = noisy.iter().take(NAMED).map(name).collect();
    let more = if noisy.len() > NAMED { format!(" and {} more", noisy.len() - NAMED) } else { String::new() };
    let were = if noisy.len() == 1 { "was" } else { "were" };
    Some(format!(
        "{} of {} cells {were} noisy ({}): {}{more}; `miscount check` says what disturbs this machine",
        noisy.len(),
        cells.len(),
        warnings::kinds(&noisy),
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::with_earlier;
    use crate::results::{Distance, Machine, Noise, PastRun, Rounds};
    use crate::samples::{self, around};

    fn cell(subject: &str, noise: Noise) -> Cell {
        samples::cell("counters", subject, 2, "saturated").with(|c| c.figures.noise = Some(noise))
    }

    #[test]
    fn a_noisy_run_says_how_much_and_names_a_few() {
        let quiet = || cell("quiet", Noise::default());
        assert_eq!(noisy(&[quiet()]), None);
        let stolen = |name: &str, steal| cell(name, Noise { steal: Some(steal), ..Noise::default() });
        let line = noisy(&[stolen("a", 0.25), quiet(), stolen("b", 0.5)]).unwrap();
        assert!(line.starts_with("2 of 3 cells were noisy (steal up to 50"), "{line}");
        assert!(line.contains(": saturated/a/2, saturated/b/2; "), "{line}");
        let many: Vec<Cell> = (0..8).map(|n| stolen(&format!("c{n}"), 0.5)).collect();
        let line = noisy(&many).unwrap();
        assert!(line.contains("saturated/c4/2 and 3 more"), "{line}");
    }

    /// What a run says of its cells, of these names and costs, after a run in which each took 10 ns.
    fn changed(cells: &[(&str, f64)], change: impl Fn(&mut Cell)) -> Vec<String> {
        let timed = |run: &str, ns: &dyn Fn(f64) -> f64| -> PastRun {
            let one = |(subject, now): &(&str, f64)| {
                let level = if *subject == "none" { "low" } else { "saturated" };
                samples::costing(ns(*now), samples::cell("counters", subject, 1, level)).with(|c| {
                    c.facts.run = run.into();
                    if *subject == "none" {
                        c.facts.grade = Grade::Control;
                    }
                    change(c);
                })
            };
            PastRun { id: run.into(), cells: cells.iter().map(one).collect(), ..PastRun::default() }
        };
        let history = vec![timed("r2", &|now| now), timed("r1", &|_| 10.0)];
        let machine = Machine { history, ..samples::machine(Vec::new()) };
        with_earlier(&machine, "r2").map(|found| changes(&found)).unwrap_or_default()
    }

    #[test]
    fn a_run_says_which_cells_differ_from_the_run_before() {
        let found = changed(&[("a", 10.0), ("b", 10.3), ("c", 40.0), ("d", 2.5)], |_| ());
        let expected = [
            "change: counters/saturated/c/1 slower, 4.00x (3.36 to 4.75) than when it was measured last",
            "change: counters/saturated/d/1 faster, 4.00x (3.29 to 4.86) than when it was measured last",
        ];
        assert_eq!(found, expected);
        assert_eq!(changed(&[("a", 10.0), ("b", 10.1)], |_| ()), [""; 0]);
        let two = changed(&[("c", 40.0)], |c| c.facts.quick = true);
        assert_eq!(two, [""; 0], "two rounds say little");
        let many: Vec<(String, f64)> = (0..30).map(|n| (format!("c{n}"), 40.0)).collect();
        let many: Vec<(&str, f64)> = many.iter().map(|(name, ns)| (name.as_str(), *ns)).collect();
        let lines = changed(&many, |_| ());
        assert_eq!(
            (lines.len(), lines[8].as_str()),
            (9, "change: 22 more; `miscount compare @previous @latest` names them")
        );
    }

    #[test]
    fn a_machine_that_changed_is_not_compared() {
        let lines = changed(&[("c", 40.0), ("none", 30.0)], |_| ());
        let line = "change: machine changed, not compared: counters/low/none/1 counts nothing, and changed";
        assert_eq!(lines, [line]);
        // Its CPUs were 27 ns apart in one run, and 160 ns in the other.
        let moved = |c: &mut Cell| {
            let ns = if c.facts.run == "r1" { 27.0 } else { 160.0 };
            let rounds =
                Rounds { passes: vec![1, 2], ns: vec![10.0; 2], transfer_ns: vec![Some(ns); 2], stays: Vec::new() };
            c.figures.rounds = Some(rounds);
        };
        let lines = changed(&[("c", 40.0), ("d", 40.0)], moved);
        assert_eq!(lines, ["change: machine changed, not compared: 2 cells, whose CPUs the host moved"]);
    }

    #[test]
    fn a_run_is_compared_with_the_last_full_figures_of_each_cell() {
        let past = |id: &str, cells: &[(&str, f64, bool)]| {
            let one = |(subject, ns, quick): &(&str, f64, bool)| {
                let cell = samples::costing(*ns, samples::cell("counters", subject, 1, "saturated"));
                cell.with(|c| (c.facts.run, c.facts.quick) = (id.into(), *quick))
            };
            PastRun { id: id.into(), cells: cells.iter().map(one).collect(), ..PastRun::default() }
        };
        let history = vec![
            past("r4", &[("a", 1.0, false)]),
            past("r3", &[("a", 10.0, false), ("b", 10.0, false), ("new", 1.0, false)]),
            past("r2", &[("a", 20.0, true), ("b", 30.0, false)]),
            past("r1", &[("a", 40.0, false), ("b", 50.0, false)]),
        ];
        let machine = Machine { history, ..samples::machine(Vec::new()) };
        let found = with_earlier(&machine, "r3").unwrap();
        let of = |name: &str| {
            let row = found.rows.iter().find(|row| row.name.contains(name)).unwrap();
            (row.a_ns.unwrap().median, row.b_ns.unwrap().median)
        };
        assert_eq!((found.rows.len(), of("/a/"), of("/b/")), (2, (40.0, 10.0), (30.0, 10.0)));
        assert!(with_earlier(&machine, "r1").is_none() && with_earlier(&machine, "r9").is_none());
    }

    #[test]
    fn the_report_knows_the_lines_that_cells_tell_too() {
        let stolen = cell("a", Noise { steal: Some(0.5), ..Noise::default() });
        let at = |transfer_ns| Distance {
            transfer_ns,
            rounds: 2,
            ns_per_op_per_thread: around(9.0, 1.0),
            net_ns_per_op: None,
            loss_rate: None,
        };
        let split = stolen.clone().with(|c| c.figures.distances = vec![at(40.0), at(160.0)]);
        for line in [noisy(std::slice::from_ref(&stolen)), noisy(&[stolen.clone(), stolen]), moved(&[split], 2)] {
            assert!(warnings::is_told_by_cells(line.as_ref().unwrap()), "{line:?}");
        }
        assert!(!warnings::is_told_by_cells(&super::changed(&[0, 1], &[0]).unwrap()));
    }
}
