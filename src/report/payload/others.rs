//! What others measured, in the data of the page's script: line transfers, and what a locked add costs.

use serde_json::{Value, json};

use crate::figure::shown;
use crate::results::published::core_to_core::{Others, Summary};
use crate::units::locked_add::FAMILIES;

/// Sources with their licences, and machines.
pub(super) fn view(others: &Others) -> Value {
    let sources = others.sources.iter().map(|of| json!([of.source, of.licence]));
    let each = others.sources.iter().enumerate();
    let machines = each.flat_map(|(n, of)| of.machines.iter().map(move |machine| line(machine, n)));
    json!({"sources": sources.collect::<Vec<_>>(), "machines": machines.collect::<Vec<_>>()})
}

/// Name, CPUs, pairs, [least, quartiles, most] in ns, clusters as [CPUs, how many, ns], what speaks against it, the place of
/// its source.
fn line(machine: &Summary, source: usize) -> Value {
    let clusters = machine.clusters.iter().map(|of| json!([of.cpus, of.count, shown(of.ns)]));
    json!([
        machine.name,
        machine.cpus,
        machine.pairs,
        machine.ns.map(shown),
        clusters.collect::<Vec<_>>(),
        machine.doubts().join("; "),
        source,
    ])
}

/// Families of CPUs: names, cycles as text, how many files tell them, and one of those.
pub(super) fn locked_adds() -> Vec<(&'static str, String, String, &'static str)> {
    FAMILIES.iter().map(|of| (of.name, of.cycles.to_string(), of.files.to_string(), of.file)).collect()
}
