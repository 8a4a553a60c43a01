//! The line transfer over the runs of a machine: where the host had its CPUs.

use serde::Serialize;

use super::runs::PastRun;
use crate::round::Verdict;
use crate::stats::{Interval, median, quantile};
use crate::transfer::BENCH;

/// The line transfer of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Yardstick {
    /// When the run began: UTC, RFC 3339.
    pub started: String,
    /// The middle of its looks at the line transfer, and the ends of the middle four fifths of them, in ns.
    pub ns: Interval,
}

/// The line transfer of each run that looked at it, the oldest first: beside its rounds, or as the bench `core_to_core`
/// measured it.
pub(super) fn of(history: &[PastRun]) -> Vec<Yardstick> {
    history.iter().rev().filter_map(yardstick).collect()
}

fn yardstick(past: &PastRun) -> Option<Yardstick> {
    let beside = past.cells.iter().filter_map(|cell| cell.figures.rounds.as_ref());
    let mut looks: Vec<f64> = beside.flat_map(|rounds| rounds.transfer_ns.iter().flatten().copied()).collect();
    if looks.is_empty() {
        let pairs = past.cells.iter().filter(|cell| cell.key.bench == BENCH && cell.facts.verdict == Verdict::Valid);
        looks.extend(pairs.filter_map(|cell| Some(cell.figures.ns_per_op_per_thread?.median)));
    }
    looks.retain(|ns| *ns > 0.0);
    (!looks.is_empty() && !past.run.started.is_empty()).then(|| {
        let [low, high] = [0.1, 0.9].map(|share| quantile(&looks, share));
        Yardstick { started: past.run.started.clone(), ns: Interval { low, median: median(&looks), high } }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Run;
    use crate::results::{Cell, Rounds};
    use crate::samples;

    fn run(started: &str, cells: Vec<Cell>) -> PastRun {
        PastRun { cells, run: Run { started: started.into(), ..Run::default() }, ..PastRun::default() }
    }

    #[test]
    fn each_run_has_the_middle_of_its_looks() {
        let beside = |transfer_ns: &[Option<f64>]| {
            let rounds = Rounds { transfer_ns: transfer_ns.to_vec(), ..Rounds::default() };
            samples::cell("counters", "a", 2, "saturated").with(|c| c.figures.rounds = Some(rounds))
        };
        let pair = |ns| samples::costing(ns, samples::cell(BENCH, "line_transfer", 2, "ping_pong"));
        let newest_first = [
            run("2026-01-03", vec![pair(40.0), pair(50.0), pair(900.0).with(|c| c.facts.verdict = Verdict::Preempted)]),
            run("2026-01-02", vec![beside(&[Some(27.0), None, Some(160.0)]), beside(&[Some(28.0)])]),
            run("2026-01-01", vec![samples::cell("counters", "a", 2, "saturated")]),
        ];
        let found = of(&newest_first);
        let told: Vec<(&str, f64)> = found.iter().map(|run| (run.started.as_str(), run.ns.median)).collect();
        assert_eq!(told, [("2026-01-02", 28.0), ("2026-01-03", 45.0)]);
        assert!(found[0].ns.low < 28.0 && found[0].ns.high > 100.0, "{found:?}");
    }
}
