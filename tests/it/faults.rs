//! Faults around a run: no measured cell is lost, every file is whole, and
//! one line says what happened. Runs the bench in `tests/it/faulty/bench.rs`; `src/docs/proof.md` has the table.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use miscount::results::Cell;
use rustix::process::{Pid, Signal, kill_process};

use crate::place;

#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/limits.rs"]
mod limits;
#[path = "faults/signals.rs"]
mod signals;
#[path = "faults/streams.rs"]
mod streams;

use crate::under;
use place::{Place, line, run, wait_for_cell};
use under::under;

/// Four cells: two subjects at one and two threads.
const FOUR: &str = "/(none|fetch_add)/";

/// Measures a few rounds for each cell; only the work around them matters here.
fn quick(place: &Place, filter: &str) -> Command {
    place.measure(filter)
}

/// The same, with time to do something to the run.
fn slow(place: &Place, filter: &str) -> Command {
    place.measure_slowly(filter)
}

/// Subject and threads of cells.
fn names(cells: &[Cell]) -> BTreeSet<String> {
    cells.iter().map(|cell| format!("{}/{}", cell.key.subject, cell.key.threads)).collect()
}

/// The names of [`FOUR`].
fn four() -> BTreeSet<String> {
    ["none/1", "none/2", "fetch_add/1", "fetch_add/2"].map(String::from).into()
}

/// Every file of a results folder can be read, each cell's run is known, and nothing is left half written.
fn assert_whole(place: &Place) {
    let machine = place.machine();
    assert!(machine.cells.iter().all(|cell| machine.runs.contains_key(&cell.facts.run)), "{:?}", machine.runs.keys());
    assert_eq!(unfinished(place), 0);
}

/// Files below the results that are not there yet under their own name.
fn half_written(place: &Place) -> Vec<PathBuf> {
    let folders = [place.results(), place.results().join("test"), place.results().join("test/runs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).map(|entry| entry.path()).collect()
}

fn unfinished(place: &Place) -> usize {
    half_written(place).len()
}

/// Makes files that are not there yet under their own name as old as if their writer were long gone.
fn age(place: &Place) {
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    for path in half_written(place) {
        fs::File::options().write(true).open(path).unwrap().set_modified(yesterday).unwrap();
    }
}

/// Runs a tool on a running process, which is stopped meanwhile, since on a busy machine a tool may take long.
fn on(child: &Child, tool: &str, args: &[&str]) {
    send(child, Signal::STOP);
    let output = Command::new(tool).args(args).arg(child.id().to_string()).output().expect(tool);
    assert!(output.status.success(), "{tool} {args:?}: {output:?}");
    send(child, Signal::CONT);
}

/// Sends a running process a signal.
fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_deadlock_is_named_and_what_was_measured_is_kept() {
    let place = Place::new();
    let (status, _, err) =
        run(quick(&place, "/(none|deadlocks)/").env("MISCOUNT_THREADS", "2").env("FAULTY_PATIENCE", "2"));
    assert_eq!(status, Some(3), "{err}");
    // Where one had no CPU until the round was over for the other, it waits alone.
    let line = line(&err, "deadlocks/2: worker");
    assert!(line.contains("made no progress for 2 s while counting"), "{line}");
    assert_eq!(
        names(&place.cells()),
        ["none/2", "deadlocks/2"].map(String::from).into(),
        "as the first pass left them"
    );
    assert_whole(&place);
}

/// A clock that is set back or forward must not change any figure: dates are for people.
#[test]
fn only_dates_are_taken_from_the_clock_on_the_wall() {
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let with = |word: &str| -> BTreeSet<String> {
        let all = sources(&root).into_iter();
        let having = all.filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(word)));
        having.map(|path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned()).collect()
    };
    // When a run and a cell were made; the last is a test.
    let dates = ["machine/run.rs", "suite/recorder.rs", "results/store.rs"].map(String::from);
    assert_eq!(with("SystemTime"), dates.into());
    assert!(with("Instant").contains("team/board.rs"));
}

#[test]
fn two_runs_at_once_into_one_folder_lose_no_cell() {
    let place = Place::new();
    let start = |filter| slow(&place, filter).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let both = [start(FOUR), start("/(fetch_add|turns_[ab])/")];
    for mut child in both {
        assert!(child.wait().unwrap().success());
    }
    let turns = ["turns_a/1", "turns_a/2", "turns_b/1", "turns_b/2"].map(String::from);
    assert_eq!(names(&place.cells()), four().into_iter().chain(turns).collect());
    assert_whole(&place);
    let mut lengths: Vec<usize> = place.machine().history.iter().map(|past| past.cells.len()).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [4, 6], "what each of them measured");
    assert!(place.results().join("index.html").is_file());
}
