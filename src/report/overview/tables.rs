//! The tables of a measured machine, each to be opened by its title.

use super::{LEVEL, view};
use crate::ordering::BENCH as ORDERING;
use crate::report::sheet::Sheet;
use crate::report::{level, matrix, python, sheets};
use crate::results::{Cell, Machine};

/// The tables of a machine, with what each answers.
pub(super) fn all(machine: &Machine) -> Vec<(&'static str, Sheet)> {
    let view = view(machine);
    let most = view.as_ref().and_then(|view| view.most(machine.card.usable_cpus));
    let counters = view.map(|view| level::table(machine, &view, format!("counters, {LEVEL}, {}", view.placement)));
    let first = |bench: &str, level: &str, keep: &dyn Fn(&Cell) -> bool| {
        let kept = |cell: &Cell| cell.key.bench == bench && cell.key.level == level && keep(cell);
        let placement = matrix::views(machine, kept).first()?.placement;
        sheets::sheets(machine, bench, level, placement, keep).into_iter().next()
    };
    let any = |_: &Cell| true;
    let by_version = |sheet: &Sheet| sheet.title.starts_with("Loss by version");
    [
        ("Every counter without think time: net ns/op per thread, and lost updates", counters),
        ("Every lock around nothing: overhead and collapse", first("locks", "c0_p0", &any)),
        ("Nine reads to one write", first("reads", "r90", &|cell| Some(cell.key.threads) == most)),
        ("Python: loss by version", python::sheets(machine).into_iter().find(by_version)),
        ("Memory orders", first(ORDERING, "litmus", &any)),
    ]
    .into_iter()
    .filter_map(|(title, sheet)| Some((title, sheet?)))
    .collect()
}
