//! Runs that get a signal: they end soon, in good order, and by the signal.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::place::PASSES;
use super::{FOUR, Place, assert_whole, four, line, names, send, slow, under, wait_for_cell};

/// A run that takes signals as one in a terminal does: a shell has what it starts in the background ignore some.
fn foreground(place: &Place, filter: &str) -> Command {
    under("env", &["--default-signal=INT,TERM,HUP"], &slow(place, filter))
}

fn start(place: &Place, filter: &str) -> Child {
    foreground(place, filter).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The signal that ended a run, its output, and how long it took.
fn ending(child: Child) -> (Option<i32>, String, Duration) {
    let began = Instant::now();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.signal(), String::from_utf8(stderr).unwrap(), began.elapsed())
}

#[test]
fn a_signal_ends_a_run_in_good_order() {
    for (name, signal) in [("INT", Signal::INT), ("TERM", Signal::TERM), ("HUP", Signal::HUP)] {
        let place = Place::new();
        let mut child = start(&place, "/(none|fetch_add|load_store|turns_[ab])/");
        wait_for_cell(&place, &mut child);
        send(&child, signal);
        let (by, err, _) = ending(child);
        assert_eq!(by, Some(signal.as_raw()), "{err}");
        let said = line(&err, &format!("miscount: ended by SIG{name} in pass "));
        let cells = place.cells();
        assert_eq!(cells.len(), 10, "all have a round: {said}");
        assert!(
            cells.iter().any(|cell| cell.figures.rounds_kept < Some(PASSES)),
            "and not all passes were made: {said}"
        );
        assert!(place.results().join("index.html").is_file(), "the report shows what was measured");
        let machine = place.machine();
        let mut notes = machine.runs.values().flat_map(|run| &run.notes);
        assert!(notes.any(|note| said.contains(note.as_str())), "{machine:?}");
        assert_whole(&place);
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let place = Place::new();
    let mut command = under("sh", &["-c", r#"trap "" HUP; exec "$0" "$@""#], &slow(&place, FOUR));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_cell(&place, &mut child);
    send(&child, Signal::HUP);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&place.cells()), four());
}

/// A run that stands still in a deadlock, and after a signal ends by itself within so many seconds.
fn stuck(place: &Place, ending: &str) -> Child {
    let mut command = foreground(place, "/(none|deadlocks)/");
    command.env("FAULTY_ENDING", ending);
    let mut child = command.env("MISCOUNT_THREADS", "2").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while !place.path().join("stuck").exists() {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "it was never stuck");
        thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_signal_ends_a_run_that_is_stuck() {
    let place = Place::new();
    let child = stuck(&place, "1");
    send(&child, Signal::TERM);
    // The watchdog would end it with status 3 after 10 s.
    let (signal, err, took) = ending(child);
    assert_eq!(signal, Some(15), "{err}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(
        names(&place.cells()),
        ["none/2", "deadlocks/2"].map(String::from).into(),
        "as the first pass left them"
    );
    assert_whole(&place);
}

#[test]
fn a_second_signal_ends_a_run_at_once() {
    let place = Place::new();
    let mut child = stuck(&place, "8");
    // Two that come before the first is seen are one.
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        send(&child, Signal::INT);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let (signal, err, _) = ending(child);
    assert_eq!(signal, Some(2), "{err}");
    assert_whole(&place);
}
