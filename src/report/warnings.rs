//! What warns of a machine's figures, and what else is known of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::figure::{ns, percent};
use crate::machine::Run;
use crate::results::{Cell, Machine};

/// The runs that a machine's cells come from, by id.
fn runs(machine: &Machine) -> impl Iterator<Item = (&String, &Run)> {
    let used: BTreeSet<&str> = machine.cells.iter().map(|cell| cell.facts.run.as_str()).collect();
    machine.runs.iter().filter(move |(id, _)| used.contains(id.as_str()))
}

/// The facts of a machine's runs: of each thing what the last run says, in the order in which they were found.
pub(super) fn facts(machine: &Machine) -> Vec<&str> {
    // A fact begins with what it is of, such as `CPython 3.9.18: `.
    let of = |fact: &str| fact.split_once(": ").map_or(fact, |(of, _)| of).to_owned();
    let mut facts: Vec<&str> = Vec::new();
    for fact in runs(machine).flat_map(|(_, run)| &run.facts) {
        match facts.iter_mut().find(|known| of(known) == of(fact)) {
            Some(known) => *known = fact,
            None => facts.push(fact),
        }
    }
    facts
}

/// The warnings of a machine: that an emulator imitated it, a line on the noise of each bench, then what its runs found wrong.
pub(super) fn warnings(machine: &Machine) -> Vec<String> {
    let mut benches = BTreeMap::<&str, Vec<&Cell>>::new();
    for cell in &machine.cells {
        benches.entry(&cell.key.bench).or_default().push(cell);
    }
    let emulated = machine.card.emulated.as_ref().map(|by| {
        format!("measured under an emulator ({by}): costs are the emulator's, memory orders those of the host, and neither tells of a {}", machine.card.cpu)
    });
    let mut all: Vec<String> = emulated.into_iter().collect();
    all.extend(benches.into_iter().filter_map(|(bench, cells)| noise(bench, &cells)));
    for (id, run) in runs(machine) {
        let notes = run.notes.iter().filter(|note| !is_told_by_cells(note)).map(String::as_str);
        let unpinned = (!run.pinned).then_some("threads could not be pinned, so they may not have met");
        all.extend(notes.chain(unpinned).map(|note| format!("run {id}: {note}")));
    }
    all
}

/// A line on the noise of a bench's cells; `None` when they were quiet.
fn noise(bench: &str, cells: &[&Cell]) -> Option<String> {
    let noisy: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.is_noisy()).collect();
    let moved = cells.iter().filter(|cell| !cell.figures.distances.is_empty());
    let transfers = moved.clone().flat_map(|cell| &cell.figures.distances).map(|distance| distance.transfer_ns);
    let (near, far) = transfers.fold((f64::INFINITY, 0.0), |(low, high), x| (x.min(low), x.max(high)));
    let (all, moved) = (cells.len(), moved.count());
    let noisy = (!noisy.is_empty()).then(|| format!("{} of {all} cells are noisy ({})", noisy.len(), kinds(&noisy)));
    let moved = (moved > 0).then(|| {
        let (near, far) = (ns(near), ns(far));
        format!("the host moved the CPUs while {moved} of {all} cells were measured (line transfer {near} to {far} ns)")
    });
    let parts: Vec<String> = noisy.into_iter().chain(moved).collect();
    (!parts.is_empty()).then(|| format!("{bench}: {}", parts.join("; ")))
}

/// The largest share of each kind of noise in these cells, in words.
pub(crate) fn kinds(noisy: &[&Cell]) -> String {
    let mut most: BTreeMap<&str, f64> = BTreeMap::new();
    for (kind, share) in noisy.iter().flat_map(|cell| cell.too_noisy()) {
        let known = most.entry(kind).or_insert(share);
        *known = known.max(share);
    }
    let kinds: Vec<String> = most.into_iter().map(|(kind, share)| format!("{kind} up to {}", percent(share))).collect();
    kinds.join(", ")
}

/// Whether a run's note sums up the noise of its cells. The cells have it in figures, and some of them may have been measured
/// again since.
pub(crate) fn is_told_by_cells(note: &str) -> bool {
    [" cells were noisy (", " cells was noisy ("].iter().any(|words| note.contains(words))
        || note.starts_with("the host moved the CPUs of this machine between near and distant cores, ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Distance, Noise};
    use crate::samples::{self, around};

    fn run(facts: &[&str], notes: &[&str]) -> Run {
        let [facts, notes] = [facts, notes].map(|lines| lines.iter().map(|line| (*line).to_owned()).collect());
        Run { facts, notes, pinned: true, ..Run::default() }
    }

    fn machine(cells: Vec<Cell>, runs: Vec<(&str, Run)>) -> Machine {
        Machine { cells, runs: runs.into_iter().map(|(id, run)| (id.to_owned(), run)).collect(), ..Machine::default() }
    }

    fn cell(bench: &str, run: &str) -> Cell {
        samples::cell(bench, "a", 2, "saturated").with(|cell| cell.facts.run = run.to_owned())
    }

    #[test]
    fn an_emulated_machine_is_warned_of_first() {
        let mut machine = machine(vec![cell("counters", "r")], vec![("r", run(&[], &["late"]))]);
        machine.card.emulated = Some("aarch64 on x86".into());
        machine.card.cpu = "Neoverse-N1".into();
        let said = warnings(&machine);
        assert!(said[0].starts_with("measured under an emulator (aarch64 on x86)"), "{said:?}");
        assert_eq!((said.len(), said[1].as_str()), (2, "run r: late"));
    }

    #[test]
    fn each_fact_is_told_once_and_only_of_runs_with_cells() {
        let runs = vec![("r", run(&["b 2", "a 1"], &[])), ("s", run(&["a 1", "c 3"], &[])), ("t", run(&["d 4"], &[]))];
        let machine = machine(vec![cell("counters", "r"), cell("locks", "s")], runs);
        assert_eq!(facts(&machine), ["b 2", "a 1", "c 3"]);
        assert_eq!(warnings(&machine), [""; 0], "facts are no warnings");
    }

    #[test]
    fn a_bench_has_one_line_of_noise_and_a_run_one_of_each_other_fault() {
        let noisy = |waited: f64| {
            cell("counters", "r").with(|c| c.figures.noise = Some(Noise { waited: Some(waited), ..Noise::default() }))
        };
        let at = |transfer_ns: f64| Distance {
            transfer_ns,
            rounds: 3,
            ns_per_op_per_thread: around(1.0, 0.1),
            net_ns_per_op: None,
            loss_rate: None,
        };
        let moved = cell("locks", "s").with(|c| c.figures.distances = vec![at(40.0), at(160.0)]);
        let said = "2 of 9 cells were noisy (steal up to 9 %): x/y/2; `miscount check` says what disturbs this machine";
        let runs = vec![
            ("r", run(&[], &[said, "canary: died"])),
            ("s", Run { pinned: false, ..run(&[], &[]) }),
            ("t", run(&[], &["no cell of it is shown"])),
        ];
        let cells = vec![noisy(0.2), noisy(0.3), cell("counters", "r"), moved, cell("reads", "r")];
        assert_eq!(
            warnings(&machine(cells, runs)),
            [
                "counters: 2 of 3 cells are noisy (waits for a CPU up to 30.0 %)",
                "locks: the host moved the CPUs while 1 of 1 cells were measured (line transfer 40.0 to 160 ns)",
                "run r: canary: died",
                "run s: threads could not be pinned, so they may not have met",
            ]
        );
    }
}
