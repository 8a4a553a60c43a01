//! The output of a run is not read, or cannot be written.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Output, Stdio};

use super::{FOUR, Place, assert_whole, four, line, names, quick, slow, under, wait_for_cell};

const LINE: &str = "miscount: standard output cannot be written";

/// The run goes on to its end: all is measured, written, reported, and nothing panicked.
fn assert_done(place: &Place, child: Child) -> String {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let err = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    assert_eq!(names(&place.cells()), four(), "{err}");
    assert!(place.results().join("index.html").is_file());
    assert_whole(place);
    err
}

#[test]
fn a_run_goes_on_when_nobody_reads_its_output_any_more() {
    let place = Place::new();
    let mut child = slow(&place, FOUR).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_cell(&place, &mut child);
    drop(child.stdout.take());
    let err = assert_done(&place, child);
    assert!(line(&err, LINE).contains("(Broken pipe"), "{err}");
    assert_eq!(err.matches(LINE).count(), 1, "{err}");
}

#[test]
fn a_run_goes_on_when_its_output_finds_no_room() {
    let place = Place::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let child = quick(&place, FOUR).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let err = assert_done(&place, child);
    assert!(line(&err, LINE).contains("(No space left"), "{err}");
    assert_eq!(err.matches(LINE).count(), 1, "{err}");
}

#[test]
fn a_run_goes_on_when_its_output_was_closed_before_it_began() {
    let place = Place::new();
    let mut command = under("sh", &["-c", r#"exec "$0" "$@" >&-"#], &quick(&place, FOUR));
    assert_done(&place, command.stderr(Stdio::piped()).spawn().unwrap());
}

/// `2>&1 | head -n`: what fails first is a line of ours or of Criterion's, before or after it has measured.
#[test]
fn a_run_goes_on_when_nobody_reads_its_lines_any_more() {
    for lines in [1, 4, 9] {
        let place = Place::new();
        let (reader, writer) = io::pipe().unwrap();
        let mut command = quick(&place, "/(none|fetch_add)/2");
        let mut child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        // The command holds the writing end too.
        drop(command);
        let read: Vec<String> = BufReader::new(reader).lines().map(Result::unwrap).take(lines).collect();
        assert_eq!(read.len(), lines);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "closed after {:?}", read.last());
        assert_eq!(names(&place.cells()), ["none/2", "fetch_add/2"].map(String::from).into(), "{:?}", read.last());
        assert!(place.results().join("index.html").is_file());
    }
}

#[test]
fn listing_cells_for_somebody_who_reads_only_a_few_is_no_error() {
    let place = Place::new();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let child = place.command("--list").stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !err.contains("panicked"), "{err}");
}
