//! What makes a comparison of two machines, or of two runs, unfair.

use std::collections::{BTreeMap, BTreeSet};

use super::{Machine, Origin};
use crate::machine::Run;

/// Something that differs between two machines, or two runs, besides what is compared.
pub struct Difference {
    /// What it is.
    pub what: &'static str,
    /// What it is in the one and in the other.
    pub of: [String; 2],
}

/// What differs between the two besides what is compared. A difference of CPUs is what is compared, and
/// not in it.
pub fn differences(a: &Machine, b: &Machine) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |what: &'static str, of: [String; 2]| {
        if of[0] != of[1] {
            found.push(Difference { what, of });
        }
    };
    differ("origin", [a, b].map(origin));
    // A file that lies alone has no card.
    if [a, b].iter().all(|m| m.card.cpus > 0) {
        differ("usable CPUs", [a, b].map(|m| m.card.usable_cpus.to_string()));
    }
    differ("placement", [a, b].map(placements));
    if a.origin == Origin::Measured && b.origin == Origin::Measured {
        differ("processor", [a, b].map(emulated));
        differ("hypervisor", [a, b].map(|m| m.card.hypervisor.clone().unwrap_or_else(|| "unknown".into())));
        let mut runs = |what: &'static str, field: fn(&Run) -> String| differ(what, [a, b].map(|m| each(m, field)));
        runs("compiler", |run| run.rustc.clone());
        runs("compiler flags", |run| run.flags.clone());
        runs("kernel", |run| run.kernel.clone());
        runs("version of miscount", |run| run.version.clone());
        runs("threads", |run| if run.pinned { "pinned" } else { "not pinned" }.into());
        runs("governor", |run| run.governor.clone().unwrap_or_default());
        runs("boost", |run| run.boost.map_or("", |on| if on { "on" } else { "off" }).into());
        differ("rounds", [a, b].map(rounds));
    }
    found
}

/// What differs between the two besides what is compared, a line each; nothing where they can be compared
/// as they are.
pub fn mismatches(a: &Machine, b: &Machine) -> Vec<String> {
    let names = names(a, b);
    let line = |Difference { what, of: [of_a, of_b] }| format!("{what}: {of_a} ({}), {of_b} ({})", names[0], names[1]);
    let mut found: Vec<String> = differences(a, b).into_iter().map(line).collect();
    for (machine, name) in [a, b].into_iter().zip(&names) {
        found.extend(mixed(machine).map(|what| format!("{what} ({name})")));
    }
    found
}

/// What to call the two.
fn names(a: &Machine, b: &Machine) -> [String; 2] {
    if a.card.id == b.card.id { ["A".into(), "B".into()] } else { [a, b].map(|m| m.card.id.clone()) }
}

fn listed(texts: BTreeSet<String>) -> String {
    let texts: Vec<String> = texts.into_iter().collect();
    if texts.is_empty() { "unknown".into() } else { texts.join(" and ") }
}

/// A field of every run behind the cells.
fn each(machine: &Machine, field: fn(&Run) -> String) -> String {
    let of = |text: String| if text.is_empty() { "unknown".to_owned() } else { text };
    listed(machine.runs.values().map(|run| of(field(run))).collect())
}

fn origin(machine: &Machine) -> String {
    match &machine.origin {
        Origin::Measured => "measured by miscount".into(),
        Origin::Published { .. } => "published by others, by another method".into(),
    }
}

/// What an emulator measured is no processor's.
fn emulated(machine: &Machine) -> String {
    machine.card.emulated.as_ref().map_or("a real one".into(), |by| format!("emulated ({by})"))
}

fn placements(machine: &Machine) -> String {
    listed(machine.cells.iter().map(|c| c.key.placement.id().to_owned()).collect())
}

fn rounds(machine: &Machine) -> String {
    let quick = machine.cells.iter().filter(|c| c.facts.quick).count();
    let all = machine.cells.len();
    match quick {
        0 => "all of full length".into(),
        _ if quick == all => "taken with --quick".into(),
        _ => "partly taken with --quick".into(),
    }
}

/// Says where cells of one bench come from several runs: each ran in a mood of its own.
fn mixed(machine: &Machine) -> Option<String> {
    let mut runs = BTreeMap::<&str, BTreeSet<&str>>::new();
    for cell in &machine.cells {
        runs.entry(&cell.key.bench).or_default().insert(&cell.facts.run);
    }
    let several = runs.iter().filter(|(_, ids)| ids.len() > 1);
    let each: Vec<String> = several.map(|(bench, ids)| format!("{bench} of {}", ids.len())).collect();
    (!each.is_empty()).then(|| format!("cells of several runs: {}", each.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Card;
    use crate::results::Cell;
    use crate::samples;
    use crate::workload::Placement;

    fn machine(id: &str) -> Machine {
        let run = Run {
            rustc: "rustc 1".into(),
            flags: "-O".into(),
            kernel: "6.1".into(),
            version: "0.1".into(),
            pinned: true,
            ..Run::default()
        };
        Machine {
            card: Card { id: id.into(), cpus: 4, usable_cpus: 4, ..Card::default() },
            runs: [("r".to_owned(), run)].into(),
            cells: ["a", "b"].map(|subject| samples::cell("counters", subject, 2, "saturated")).into(),
            ..Machine::default()
        }
    }

    fn run(machine: &mut Machine) -> &mut Run {
        machine.runs.get_mut("r").unwrap()
    }

    #[test]
    fn each_difference_is_named_with_both_sides() {
        type Change = fn(&mut Machine);
        let changes: [(Change, &str, &str, &str); 13] = [
            (
                |m| m.card.emulated = Some("aarch64 on x86".into()),
                "processor",
                "a real one",
                "emulated (aarch64 on x86)",
            ),
            (|m| m.card.usable_cpus = 2, "usable CPUs", "4", "2"),
            (|m| m.cells[0].key.placement = Placement::Unpinned, "placement", "spread", "spread and unpinned"),
            (|m| m.card.hypervisor = Some("kvm".into()), "hypervisor", "unknown", "kvm"),
            (|m| run(m).rustc = "rustc 2".into(), "compiler", "rustc 1", "rustc 2"),
            (|m| run(m).flags = String::new(), "compiler flags", "-O", "unknown"),
            (|m| run(m).kernel = "6.2".into(), "kernel", "6.1", "6.2"),
            (|m| run(m).version = "0.2".into(), "version of miscount", "0.1", "0.2"),
            (|m| run(m).pinned = false, "threads", "pinned", "not pinned"),
            (|m| run(m).governor = Some("powersave".into()), "governor", "unknown", "powersave"),
            (|m| run(m).boost = Some(true), "boost", "unknown", "on"),
            (|m| m.cells[0].facts.quick = true, "rounds", "all of full length", "partly taken with --quick"),
            (
                |m| m.cells.iter_mut().for_each(|c| c.facts.quick = true),
                "rounds",
                "all of full length",
                "taken with --quick",
            ),
        ];
        let a = machine("a");
        for (change, what, of_a, of_b) in changes {
            let mut b = machine("b");
            change(&mut b);
            let all = differences(&a, &b);
            let [found] = &all[..] else { panic!("{what}: {:?}", mismatches(&a, &b)) };
            assert_eq!((found.what, &found.of), (what, &[of_a.to_owned(), of_b.to_owned()]));
            assert_eq!(mismatches(&a, &b), [format!("{what}: {of_a} (a), {of_b} (b)")]);
        }
        let (mut on, mut off) = (machine("a"), machine("a"));
        (run(&mut on).boost, run(&mut off).boost) = (Some(true), Some(false));
        assert_eq!(mismatches(&on, &off), ["boost: on (A), off (B)"], "two runs of one machine");
        assert!(mismatches(&a, &machine("b")).is_empty(), "CPUs are what is compared");
    }

    #[test]
    fn only_what_is_known_of_both_is_compared() {
        let a = machine("a");
        // A file alone has no card.
        let mut alone = machine("b");
        (alone.card.cpus, alone.card.usable_cpus) = (0, 0);
        assert!(mismatches(&a, &alone).is_empty() && mismatches(&alone, &a).is_empty());
        // Nobody knows with which compiler others measured.
        let published = Origin::Published { source: "s".into(), method: "m".into(), figures: "f".into() };
        let mut others = machine("b");
        others.origin = published;
        others.runs.clear();
        let line = "origin: measured by miscount (a), published by others, by another method (b)";
        assert_eq!(mismatches(&a, &others), [line]);
        assert!(mismatches(&others, &others.clone()).is_empty());
    }

    #[test]
    fn cells_of_several_runs_are_told_bench_by_bench() {
        let (a, mut b) = (machine("a"), machine("b"));
        b.cells[1].facts.run = "r2".into();
        assert_eq!(mismatches(&a, &b), ["cells of several runs: counters of 2 (b)"]);
        b.cells[1].key.bench = "locks".into();
        assert!(mismatches(&a, &b).is_empty(), "a run each");
        let more: Vec<Cell> = b.cells.iter().map(|cell| cell.clone().with(|c| c.facts.run = "r3".into())).collect();
        b.cells.extend(more);
        assert_eq!(mismatches(&a, &b), ["cells of several runs: counters of 2, locks of 2 (b)"]);
    }
}
