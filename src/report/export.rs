//! Results for other programs: CSV, Bencher Metric Format, github-action-benchmark.
//!
//! A figure that was not measured is absent in each of them. [`docs::format`](crate::docs::format) has the fields.

mod bmf;
mod csv;
mod github;

use crate::rank;
use crate::results::{Cell, Machine, Origin};

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values: every cell of every machine, a line each.
    Csv,
    /// Bencher Metric Format: time, throughput, goodput and loss of the cells that can be trusted.
    Bmf,
    /// github-action-benchmark, `customBiggerIsBetter`: goodput.
    GithubBigger,
    /// github-action-benchmark, `customSmallerIsBetter`: ns/op per thread.
    GithubSmaller,
}

/// Why there is nothing to export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such machine.
    #[error("no results of a machine {wanted:?}; there are: {}", .known.join(", "))]
    NoMachine {
        /// The id asked for.
        wanted: String,
        /// The ids of all machines.
        known: Vec<String>,
    },
}

/// The text of an export of `machines`, or of the machine with this id.
///
/// # Errors
/// [`Error`] when there is no machine of this id.
pub fn text(format: Format, machines: &[Machine], id: Option<&str>) -> Result<String, Error> {
    let chosen: Vec<&Machine> = machines.iter().filter(|m| id.is_none_or(|id| m.card.id == id)).collect();
    if let Some(wanted) = id.filter(|_| chosen.is_empty()) {
        let known = machines.iter().map(|m| m.card.id.clone()).collect();
        return Err(Error::NoMachine { wanted: wanted.to_owned(), known });
    }
    Ok(match format {
        Format::Csv => csv::text_of(&chosen),
        Format::Bmf => bmf::text(&chosen),
        Format::GithubBigger => github::bigger(&chosen),
        Format::GithubSmaller => github::smaller(&chosen),
    })
}

/// The cells that a program may use without a look at the verdict, each with its machine. They were measured by this
/// suite and are valid, or oversubscribed with more threads than CPUs.
fn watched<'m>(machines: &[&'m Machine]) -> impl Iterator<Item = (&'m Machine, &'m Cell)> {
    let measured = machines.iter().filter(|m| m.origin == Origin::Measured);
    let all = measured.flat_map(|m| m.cells.iter().map(|cell| (*m, cell)));
    all.filter(|(machine, cell)| rank::is_usable(machine, cell))
}

/// The name of a cell there: machine, bench, level, subject with its variant, threads, and the placement.
/// It never changes once published, because programs keep their history under it.
fn name(machine: &Machine, cell: &Cell) -> String {
    format!("{}/{}/{}", machine.card.id, crate::compare::name(cell), cell.key.placement.id())
}

/// JSON for programs: indented, a line break at the end.
fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::Verdict;
    use crate::samples::{cell, costing, machine, published};

    fn named(id: &str) -> Machine {
        let mut machine = machine(vec![costing(3.0, cell("counters", "fetch_add", 1, "saturated"))]);
        machine.card.id = id.into();
        machine
    }

    #[test]
    fn one_machine_or_all_are_exported() {
        let machines = [named("a"), named("b")];
        let names = |id| -> Vec<String> {
            let text = text(Format::GithubSmaller, &machines, id).unwrap();
            let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        let [a, b] = ["a", "b"].map(|id| format!("{id}/counters/saturated/fetch_add/1/spread"));
        assert_eq!(names(None), [a, b.clone()]);
        assert_eq!(names(Some("b")), [b]);
        let error = text(Format::Csv, &machines, Some("c")).unwrap_err();
        assert_eq!(error.to_string(), "no results of a machine \"c\"; there are: a, b");
    }

    #[test]
    fn a_cell_is_watched_where_its_verdict_is_what_its_threads_make_it() {
        let mut machine = named("a");
        let watched = |machine: &Machine| super::watched(&[machine]).count();
        assert_eq!(watched(&machine), 1);
        machine.cells[0].key.threads = 3;
        assert_eq!(watched(&machine), 0);
        machine.cells[0].facts.verdict = Verdict::Oversubscribed;
        assert_eq!(watched(&machine), 1);
        machine = published(machine);
        assert_eq!(watched(&machine), 0);
    }
}
