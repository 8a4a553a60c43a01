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

fn placements(machine: &Machine) -> String {
    listed(machine.cells.iter().map(|c| c.placement.id().to_owned()).collect())
}

fn rounds(machine: &Machine) -> String {
    let quick = machine.cells.iter().filter(|c| c.quick).count();
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
        runs.entry(&cell.bench).or_default().insert(&cell.run);
    }
    let several = runs.iter().filter(|(_, ids)| ids.len() > 1);
    let each: Vec<String> = several.map(|(bench, ids)| format!("{bench} of {}", ids.len())).collect();
    (!each.is_empty()).then(|| format!("cells of several runs: {}", each.join(", ")))
}
