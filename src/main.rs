//! The `miscount` command: its sub-commands, one file each.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

mod commands {
    pub(crate) mod articles;
    pub(crate) mod check;
    pub(crate) mod choose;
    pub(crate) mod compare;
    pub(crate) mod convert;
    pub(crate) mod gather;
    pub(crate) mod import;
    pub(crate) mod list;
    pub(crate) mod machine;
    pub(crate) mod output;
    pub(crate) mod race;
    pub(crate) mod report;
}

/// What it costs to count correctly, and how wrong the count is when you don't.
///
/// `cargo bench` measures. This command shows the counters, the machine and the results.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 done, 1 `check` found the machine not fit or `compare --fail-on-regression` a regression, 2 bad input (one line on standard error says what to do)."
)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    List(commands::list::Args),
    Machine(commands::machine::Args),
    Report(commands::report::Args),
    Compare(commands::compare::Args),
    Convert(commands::convert::Args),
    Gather(commands::gather::Args),
    Import(commands::import::Args),
    Choose(commands::choose::Args),
    Race(commands::race::Args),
    Articles(commands::articles::Args),
    Check(commands::check::Args),
}

fn main() -> ExitCode {
    let task = match Command::try_parse() {
        Ok(command) => command.task,
        // Help and the version.
        Err(said) if !said.use_stderr() || said.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            said.exit()
        }
        Err(error) => {
            commands::output::complain(&one_line(&error.to_string()));
            return ExitCode::from(2);
        }
    };
    let done = match task {
        Task::List(args) => commands::list::run(&args),
        Task::Machine(args) => commands::machine::run(&args),
        Task::Report(args) => commands::report::run(&args),
        Task::Compare(args) => commands::compare::run(&args),
        Task::Convert(args) => commands::convert::run(&args),
        Task::Gather(args) => match commands::gather::run(&args) {
            Ok(false) => return ExitCode::from(2),
            done => done.map(|_| ()),
        },
        Task::Import(args) => commands::import::run(&args),
        Task::Choose(args) => commands::choose::run(&args),
        Task::Race(args) => commands::race::run(&args),
        Task::Articles(args) => commands::articles::run(&args),
        Task::Check(args) => match commands::check::run(&args) {
            Ok(false) => return ExitCode::from(1),
            done => done.map(|_| ()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::output::complain(&error);
            ExitCode::from(error.status())
        }
    }
}

/// What is wrong with the arguments, in one line: clap writes paragraphs.
fn one_line(said: &str) -> String {
    let said = said.trim_start_matches("error: ");
    let paragraphs = said.split("\n\n").filter(|paragraph| !paragraph.trim_start().starts_with("Usage: "));
    let paragraphs: Vec<String> = paragraphs.map(|of| of.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    paragraphs.join("; ").trim_end_matches('.').replacen("; For more", "; for more", 1)
}
