//! Runs killed with SIGKILL, at random moments of a sweep and in the middle of writing.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use miscount::machine::{Card, Run};
use miscount::results::{Cell, Store};

use super::{Place, age, assert_whole, line, names, quick, slow, unfinished};

/// The cells of a sweep after it has reported a pass: each has a round on disk by then.
fn finished(said: &str) -> BTreeSet<String> {
    let subjects = ["none", "fetch_add", "load_store", "turns_a", "turns_b"];
    let all = subjects.into_iter().flat_map(|subject| [1, 2].map(|threads| format!("{subject}/{threads}")));
    if passes(said) > 0 { all.collect() } else { BTreeSet::new() }
}

/// Passes that it has said are done.
fn passes(said: &str) -> usize {
    said.lines().filter(|line| line.starts_with("faulty: pass ") && line.contains(" done")).count()
}

/// Starts a sweep `times` times in one folder and kills it, at a random moment after none, one and so on to `most` of its passes.
fn kill_sweeps(times: usize, most: usize, longest: Duration, start: fn(&Place, &str) -> Command) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Place::new();
    let (mut known, mut cells_kept) = (BTreeSet::new(), 0);
    for n in 0..times {
        let mut sweep = start(&place, "/(none|fetch_add|load_store|turns_[ab])/");
        let mut child = sweep.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let (mut said, begun) = (String::new(), n % (most + 1));
        while passes(&said) < begun {
            assert!(lines.read_line(&mut said).unwrap() > 0, "kill {n}: it ended by itself: {said}");
        }
        thread::sleep(longest.mul_f64(random.f64()));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.read_to_string(&mut said).unwrap();
        let finished = finished(&said);
        if !place.is_begun() {
            assert!(finished.is_empty(), "kill {n}: {said}");
            continue;
        }
        let machine = place.machine();
        assert!(machine.cells.iter().all(|cell| machine.runs.contains_key(&cell.facts.run)), "kill {n}");
        let new: Vec<_> = machine.history.iter().filter(|past| known.insert(past.id.clone())).collect();
        assert!(new.len() <= 1, "kill {n}");
        let in_history = new.first().map(|past| names(&past.cells)).unwrap_or_default();
        assert!(finished.is_subset(&in_history), "kill {n}: {finished:?} in {in_history:?}: {said}");
        let of_it = |cell: &&Cell| new.first().is_some_and(|past| past.id == cell.facts.run);
        let current = names(&machine.cells.iter().filter(of_it).cloned().collect::<Vec<_>>());
        assert!(finished.is_subset(&current), "kill {n}: {finished:?} in {current:?}: {said}");
        cells_kept += finished.len();
    }
    println!("{times} sweeps killed, {cells_kept} cells, all there");
    assert!(cells_kept > 0, "each was killed before its first pass was done");
    // The next run clears up, later.
    age(&place);
    let (status, _, err) = super::run(&mut quick(&place, "/fetch_add/1"));
    assert_eq!(status, Some(0), "{err}");
    assert_whole(&place);
}

#[test]
fn sweeps_killed_at_random_moments_lose_no_finished_cell() {
    kill_sweeps(4, 2, Duration::from_millis(400), slow);
}

/// By hand: `tests/it/faults/kill.sh`.
#[test]
#[ignore = "takes minutes"]
fn a_hundred_sweeps_killed_at_random_moments_lose_no_finished_cell() {
    kill_sweeps(100, 3, Duration::from_millis(500), slow);
}

fn cell(subject: &str, run: &str) -> Cell {
    let text = format!(
        r#"{{"bench":"counters","subject":"{subject}","label":"","family":"atomic","grade":"exact","threads":2,
            "level":"saturated","placement":"spread","verdict":"valid","run":"{run}","recorded":""}}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// Where the writer below writes, and how the subjects of its cells begin.
const FOLDER: &str = "FAULTS_FOLDER";
const PREFIX: &str = "FAULTS_PREFIX";

/// Not a test: the process that the tests below kill.
#[test]
#[ignore = "a part of another test"]
fn writes_until_it_is_killed() {
    let (Some(folder), Ok(prefix)) = (std::env::var_os(FOLDER), std::env::var(PREFIX)) else { return };
    let card = Card { id: "test".into(), cpu: "Test".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
    let id = format!("r{:016x}", fastrand::u64(..));
    let mut store =
        Store::open(folder.as_ref(), card, id.clone(), Run { started: "t".into(), ..Run::default() }).unwrap();
    for n in 0_u64.. {
        let subject = format!("{prefix}{}", n % 200);
        store.add(&[cell(&subject, &id)]).unwrap();
        println!("wrote {subject} {id}");
    }
}

/// A process that writes cells until it is killed, and has written one.
struct Writer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    first: String,
}

impl Writer {
    fn start(place: &Place, prefix: &str) -> Writer {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "faults::kills::writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, place.results())
            .env(PREFIX, prefix)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.by_ref().map(Result::unwrap).find(|line| is_written(line)).expect("a cell is written");
        Writer { process, lines, first }
    }

    /// Kills it, and returns a line for each cell that it has reported as written.
    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let rest = self.lines.map_while(Result::ok).filter(|line| is_written(line));
        std::iter::once(self.first).chain(rest).collect()
    }
}

fn is_written(line: &str) -> bool {
    line.starts_with("wrote ")
}

/// Which of these lines name a cell that is not there.
fn missing(place: &Place, written: Vec<String>) -> Vec<String> {
    let cells: BTreeSet<String> =
        place.cells().iter().map(|cell| format!("wrote {} {}", cell.key.subject, cell.facts.run)).collect();
    written.into_iter().filter(|line| !cells.contains(line)).collect()
}

#[test]
fn killed_while_it_writes_files_are_whole() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Place::new();
    let mut half_written = 0;
    for n in 0..20 {
        let writer = Writer::start(&place, "c");
        thread::sleep(Duration::from_micros(random.u64(..20_000)));
        let written = writer.kill();
        half_written += unfinished(&place);
        assert_eq!(missing(&place, written), [""; 0], "kill {n}");
    }
    println!("{half_written} files half written in 20 kills");
    age(&place);
    let (status, out, err) = super::run(&mut quick(&place, "/fetch_add/1"));
    assert_eq!(status, Some(0), "{err}");
    line(&out, "index.html");
    assert_whole(&place);
}

#[test]
fn two_that_write_at_once_are_killed_and_no_cell_is_lost() {
    let place = Place::new();
    let [one, other] = ["a", "b"].map(|prefix| Writer::start(&place, prefix));
    thread::sleep(Duration::from_secs(1));
    let written: Vec<String> = [one, other].into_iter().flat_map(Writer::kill).collect();
    println!("{} cells written at once", written.len());
    assert_eq!(missing(&place, written), [""; 0]);
}
