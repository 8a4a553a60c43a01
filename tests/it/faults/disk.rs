//! Results that cannot be written any more: the disk is full, the folder is gone. A limit on the size of files
//! simulates a full disk; `tests/it/faults/full_disk.sh` fills a real one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use super::place::PASSES;
use super::{FOUR, Place, assert_whole, four, line, names, on, quick, run, slow, under, wait_for_cell};

fn start(place: &Place) -> Child {
    let mut command = slow(place, FOUR);
    let mut child = command.env("TMPDIR", place.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_cell(place, &mut child);
    child
}

#[test]
fn a_full_disk_is_found_before_anything_is_measured() {
    let place = Place::new();
    let (status, out, err) = run(&mut under("prlimit", &["--fsize=16384"], &quick(&place, FOUR)));
    assert_eq!(status, Some(2), "{err}");
    assert!(line(&err, "miscount: ").contains("MISCOUNT_RESULTS"), "{err}");
    assert!(!out.contains("time:") && !err.contains("pass 1 of"), "{out}{err}");
}

#[test]
fn cells_that_find_no_room_anywhere_are_printed() {
    let place = Place::new();
    let child = start(&place);
    on(&child, "prlimit", &["--fsize=100:", "--pid"]);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    line(&err, "(kept in memory meanwhile)");
    line(&err, "miscount: no report: ");
    let (_, printed) = err.split_once("could not be written anywhere; here they are:\n").expect("they are printed");
    let mut cells = std::collections::BTreeSet::new();
    for name in four() {
        let (subject, threads) = name.split_once('/').unwrap();
        let marks = [format!("\"subject\":\"{subject}\""), format!("\"threads\":{threads},")];
        if printed.lines().any(|line| marks.iter().all(|mark| line.contains(mark))) {
            cells.insert(name);
        }
    }
    assert_eq!(cells, four(), "{err}");
    assert_eq!(names(&place.cells()), four(), "as the first pass left them");
    assert!(place.cells().iter().all(|cell| cell.figures.rounds_kept < Some(PASSES)), "nothing was full");
    assert_whole(&place);
}

#[test]
fn cells_are_written_as_soon_as_there_is_room_again() {
    let place = Place::new();
    let mut child = start(&place);
    on(&child, "prlimit", &["--fsize=100:", "--pid"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("(kept in memory meanwhile)") {
        assert!(lines.read_line(&mut said).unwrap() > 0, "nothing was full: {said}");
    }
    on(&child, "prlimit", &["--fsize=unlimited:", "--pid"]);
    lines.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(names(&place.cells()), four(), "{said}");
    assert!(place.cells().iter().all(|cell| cell.figures.rounds_kept == Some(PASSES)));
    assert!(place.results().join("index.html").is_file());
    assert_whole(&place);
}

#[test]
fn a_folder_that_is_removed_comes_back_with_all_that_was_measured() {
    let place = Place::new();
    let child = start(&place);
    // While it is being written to, what is in it may come back before it has gone.
    while fs::remove_dir_all(place.results()).is_err() {}
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert_eq!(names(&place.cells()), four(), "{err}");
    assert_eq!(place.machine().history.iter().map(|past| past.cells.len()).collect::<Vec<_>>(), [4]);
    assert!(place.results().join("index.html").is_file());
    assert_whole(&place);
}

#[test]
fn criterions_own_folder_is_not_needed() {
    let place = Place::new();
    // With its plots.
    let mut command = place.command("--bench /(none|fetch_add)/");
    command.env("MISCOUNT_PASSES", "2");
    let (status, _, err) = run(command.env("CRITERION_HOME", "/dev/null/criterion"));
    assert_eq!(status, Some(0), "{err}");
    assert_eq!(names(&place.cells()), four(), "{err}");
}
