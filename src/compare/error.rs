//! Why a comparison is impossible.

use crate::results;

/// Most names listed in one line.
const LISTED: usize = 20;

/// Why a comparison is impossible, and what to do. One line each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An unknown name.
    #[error("{name:?} is no machine, folder or file; {}", machines_there(.machines))]
    Unknown {
        /// The name given.
        name: String,
        /// Ids of the known machines.
        machines: Vec<String>,
    },
    /// A run that the machine does not have.
    #[error("{name:?}: {machine} has no such run; {}", runs_there(.runs))]
    NoRun {
        /// The run given.
        name: String,
        /// The machine's id.
        machine: String,
        /// What can be asked for: `latest`, `previous`, and the ids of its runs, newest first.
        runs: Vec<String>,
    },
    /// The run before the newest, where there is only one run.
    #[error("{machine}: no cell was measured in two runs yet, so nothing is compared; run `cargo bench` once more")]
    OneRun {
        /// The machine's id.
        machine: String,
    },
    /// A run without a machine.
    #[error("{name:?}: say of which machine, such as MACHINE{name}; {}", machines_there(.machines))]
    WhichMachine {
        /// The name given.
        name: String,
        /// Ids of the known machines.
        machines: Vec<String>,
    },
    /// The two sides have no cell in common.
    #[error("{a} and {b} have no cell in common{}; name others, or leave out --bench, --level and --filter", .why)]
    NothingInCommon {
        /// Name of side A.
        a: String,
        /// Name of side B.
        b: String,
        /// A possible reason.
        why: &'static str,
    },
    /// A machine has no figure for the unit.
    #[error("{machine}: {unit} was not measured there; run `{todo}`, or compare in --unit ns")]
    NoUnit {
        /// The machine's id.
        machine: String,
        /// The unit.
        unit: &'static str,
        /// The command that measures it.
        todo: &'static str,
    },
    /// Unreadable results.
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
