//! How every sub-command prints, and what can go wrong in one.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use comfy_table::Table;
use comfy_table::presets;
use miscount::figure;
use miscount::machine::Card;
use miscount::report::sheet::plain;
use miscount::results::published::core_to_core::{self, Others};
use miscount::results::text::tame;
use miscount::results::{self, Machine};

/// What ends a sub-command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The machine cannot be described.
    #[error(transparent)]
    Machine(#[from] miscount::machine::Error),
    /// The results cannot be read or the report not be written.
    #[error(transparent)]
    Results(#[from] miscount::results::Error),
    /// A question that the results cannot answer.
    #[error(transparent)]
    Choose(#[from] miscount::choose::Error),
    /// Nothing can be measured here.
    #[error(transparent)]
    Measuring(#[from] miscount::team::Failure),
    /// A race or schedule that cannot be run.
    #[error(transparent)]
    Race(#[from] miscount::interleaving::Error),
    /// A variable that cannot be used.
    #[error(transparent)]
    Variable(#[from] miscount::workload::Error),
    /// An unknown experiment.
    #[error(transparent)]
    Scenario(#[from] miscount::python::experiments::UnknownScenario),
    /// None of the named interpreters can be used.
    #[error("--python: {0}")]
    Python(String),
    /// Two sides that cannot be compared.
    #[error(transparent)]
    Compare(#[from] miscount::compare::Error),
    /// A regression, with `--fail-on-regression`.
    #[error("{0} cells are slower in B or lost updates there")]
    Regression(usize),
    /// An export of an unknown machine.
    #[error(transparent)]
    Export(#[from] miscount::report::export::Error),
    /// One name for several files.
    #[error("--name names one machine, and there are {0} files: give one file, or leave it out and name the files")]
    Name(usize),
    /// A name without a word.
    #[error("--name \"{0}\" names no CPU: write the words of its name, with letters a to z or digits; `by` ends it")]
    NoName(String),
    /// A text that has no words.
    #[error("{0} has no words: write some, or leave it out")]
    Empty(&'static str),
    /// There is no results folder.
    #[error("{}: no such folder; run `cargo bench` first, or name another with --results or MISCOUNT_RESULTS", .0.display())]
    NoFolder(PathBuf),
    /// The results folder is something else than a folder.
    #[error("{}: not a folder; name the results folder with --results or MISCOUNT_RESULTS", .0.display())]
    NotAFolder(PathBuf),
    /// Figures that cannot be put into JSON.
    #[error("cannot write as JSON: {0}; this is a defect of miscount, please report it")]
    Json(#[from] serde_json::Error),
    /// Standard output took no more.
    #[error("standard output: {0}; make room or write elsewhere")]
    Output(io::Error),
}

impl Error {
    /// The exit status of the command: 1 for a regression, else 2.
    pub(crate) fn status(&self) -> u8 {
        if matches!(self, Error::Regression(_)) { 1 } else { 2 }
    }
}

/// How long a command works without a word.
const PATIENCE: Duration = Duration::from_secs(3);

/// Does `work`; while it takes long, tells whoever watches the terminal what is done.
pub(crate) fn slowly<T>(doing: impl Fn() -> String + Send, work: impl FnOnce() -> T) -> T {
    let (done, working) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let says = move || {
            while working.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                complain(&format_args!("{} ...", doing()));
            }
        };
        if io::stderr().is_terminal() {
            // Where the system refuses a thread, nothing is said.
            let _ = thread::Builder::new().spawn_scoped(scope, says);
        }
        let result = work();
        drop(done);
        result
    })
}

/// The id of this machine; empty without a card: then it has no results, which is no error.
pub(crate) fn here() -> String {
    Card::detect().map(|card| card.id).unwrap_or_default()
}

/// Every machine of a results folder, and what was left out, which is said.
pub(crate) fn read_all(folder: &Path) -> (Vec<Machine>, Vec<results::Error>) {
    let (read, of) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let doing = || format!("reading {}: {} of {} machines", folder.display(), read.load(Relaxed), of.load(Relaxed));
    let found = slowly(doing, || {
        results::read::read_newest(folder, |n, all| {
            of.store(all, Relaxed);
            read.fetch_max(n, Relaxed);
        })
    });
    for left_out in &found.1 {
        complain(&format_args!("left out: {left_out}"));
    }
    found
}

/// What others measured of the line transfer; if its file cannot be read, it is left out, which is said.
pub(crate) fn others(folder: &Path, left_out: &mut Vec<results::Error>) -> Others {
    core_to_core::read(folder).unwrap_or_else(|error| {
        complain(&format_args!("left out: {error}"));
        left_out.push(error);
        Others::default()
    })
}

/// Whether the folder of results is there.
pub(crate) fn check_folder(folder: &Path) -> Result<(), Error> {
    match (folder.is_dir(), folder.exists()) {
        (true, _) => Ok(()),
        (false, true) => Err(Error::NotAFolder(folder.to_owned())),
        (false, false) => Err(Error::NoFolder(folder.to_owned())),
    }
}

/// Writes to standard output. A reader that stops early (`miscount list | head -1`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// Writes JSON for programs: indented, a line break at the end.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print(&text)
}

/// A count and its noun, with an `s` unless it is one.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{} {what}{}", figure::count(count as u64), if count == 1 { "" } else { "s" })
}

/// Writes one line about an error to standard error; if that is closed, it is dropped.
pub(crate) fn complain(what: &impl Display) {
    let line = what.to_string().replace(['\n', '\r'], " ");
    // Arguments and names of files may hold control characters.
    let _ = writeln!(io::stderr(), "miscount: {}", tame(&line));
}

/// A table of rows without rules, so that `grep` and `awk` can read it; without a header where that is empty.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !header.is_empty() {
        table.set_header(header);
    }
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A Markdown table of plain text; `numbers` says which columns are right-aligned.
pub(crate) fn markdown<const N: usize>(
    header: [&str; N],
    numbers: [bool; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let mut out = line(header.map(plain));
    out.push_str(&format!("|{}|\n", numbers.map(|number| if number { "---:" } else { "---" }).join("|")));
    rows.into_iter().for_each(|row| out.push_str(&line(row.map(|cell| plain(&cell)))));
    out
}
