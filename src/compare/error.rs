//! Why there is nothing to compare.

use crate::results;

/// Names listed in one line, at most.
const LISTED: usize = 20;

/// Why there is nothing to compare, and what to do. One line each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that is nobody's.
    #[error("{name:?} is no machine, folder or file; {}", machines_there(.machines))]
    Unknown {
        /// What was given.
        name: String,
        /// Ids of the machines there are.
        machines: Vec<String>,
    },
    /// A run that the machine does not have.
    #[error("{name:?}: {machine} has no such run; {}", runs_there(.runs))]
    NoRun {
        /// What was given.
        name: String,
        /// The machine's id.
        machine: String,
        /// What can be asked for: `latest`, `previous`, and the ids of its runs, the newest first.
        runs: Vec<String>,
    },
    /// The run before the newest, where there is only one.
    #[error("{machine}: no cell was measured in two runs yet, so nothing is compared; run `cargo bench` once more")]
    OneRun {
        /// The machine's id.
        machine: String,
    },
    /// A run of no machine in particular.
    #[error("{name:?}: say of which machine, such as MACHINE{name}; {}", machines_there(.machines))]
    WhichMachine {
        /// What was given.
        name: String,
        /// Ids of the machines there are.
        machines: Vec<String>,
    },
    /// No cell that both have.
    #[error("{a} and {b} have no cell in common{}; name others, or leave out --bench, --level and --filter", .why)]
    NothingInCommon {
        /// One.
        a: String,
        /// The other.
        b: String,
        /// What may be behind it, if anything is known.
        why: &'static str,
    },
    /// A machine without what its times are to be divided by.
    #[error("{machine}: {unit} was not measured there; run `{todo}`, or compare in --unit ns")]
    NoUnit {
        /// The machine's id.
        machine: String,
        /// The unit.
        unit: &'static str,
        /// What would measure it.
        todo: &'static str,
    },
    /// Results that cannot be read.
    #[error(transparent)]
    Results(#[from] results::Error),
}

fn machines_there(machines: &[String]) -> String {
    listed("there are the machines ", machines, "there is no machine below the results folder: run `cargo bench` first")
}

fn runs_there(runs: &[String]) -> String {
    listed("there are ", runs, "it has none at all: run `cargo bench` there")
}

fn listed(before: &str, names: &[String], none: &str) -> String {
    let more = names.len().saturating_sub(LISTED);
    match names {
        [] => none.to_owned(),
        _ if more == 0 => format!("{before}{}", names.join(", ")),
        _ => format!("{before}{} and {more} more", names[..LISTED].join(", ")),
    }
}
