//! The suite as a program: its output, files and status, with working and with faulty counters.
//! Runs the bench in `tests/it/faulty/bench.rs`.

use std::fs;
use std::process::Stdio;

use miscount::results::{Cell, read_folder};
use miscount::round::Verdict;

use crate::place;
use crate::under;
use place::{PASSES, Place, line, run, wait_for_cell};
use under::under;

#[path = "suite/noise.rs"]
mod noise;

#[test]
fn a_good_run_records_reports_and_ends_with_0() {
    let place = Place::new();
    let (status, out, err) = run(&mut place.measure("/(none|fetch_add)/"));
    assert_eq!(status, Some(0), "{err}");
    line(&out, "faulty: 4 of 36 cells match");
    line(&err, "faulty: pass 4 of 4 done");
    assert_eq!(out.lines().filter(|line| line.starts_with("faulty saturated ")).count(), 4, "{out}");
    assert_eq!(out.matches("  lost 0 %  ").count(), 2, "a control counts nothing: {out}");
    line(&out, "Quiet: ");
    line(&out, "results/index.html");
    assert!(!out.contains("time:") && !err.contains("Benchmarking"), "Criterion's own: {out}{err}");
    assert!(out.lines().chain(err.lines()).count() <= 4 + 16, "a line a cell and a few more: {out}{err}");
    let cells = place.cells();
    assert_eq!(cells.len(), 4);
    for cell in &cells {
        assert_eq!(cell.figures.rounds_kept, Some(PASSES));
        assert!(cell.figures.rounds_tried >= cell.figures.rounds_kept);
        let rounds = cell.figures.rounds.as_ref().unwrap();
        assert_eq!(rounds.passes, [1, 2, 3, 4], "one round in each pass");
        // One thread passes no line.
        assert!(cell.key.threads > 1 || rounds.transfer_ns.is_empty(), "{cell:?}");
        // Rounds end by time.
        assert!((10.0..200.0).contains(&cell.figures.sample_ms.unwrap()), "{cell:?}");
        assert!(place.machine().runs.contains_key(&cell.facts.run));
        let exact = cell.key.subject == "fetch_add";
        assert_eq!(cell.figures.kept, cell.figures.attempted.filter(|_| exact));
        assert_eq!(cell.figures.net_ns_per_op.is_some(), exact, "net of none itself is no figure");
    }
    assert!(place.results().join("index.html").is_file());
}

#[test]
fn criterion_speaks_where_it_is_asked_to_and_of_its_errors() {
    let place = Place::new();
    let (status, out, err) = run(&mut place.measure("--verbose fetch_add/1"));
    assert_eq!(status, Some(0), "{err}");
    line(&out, "time:");
    line(&out, "faulty saturated fetch_add 1  ");
    fs::write(place.path().join("file"), "no folder").unwrap();
    let (_, out, err) = run(place.measure("fetch_add/1").env("CRITERION_HOME", place.path().join("file")));
    assert_eq!(err.matches("Criterion.rs ERROR").count(), 1, "{err}");
    assert!(!out.contains("time:"), "{out}");
}

#[test]
fn a_lost_update_in_an_exact_counter_fails_the_run_after_publishing() {
    let place = Place::new();
    let (status, _, err) = run(&mut place.measure("/(fetch_add|loses_one)/2"));
    assert_eq!(status, Some(1));
    line(&err, "gate: faulty/saturated/faulty/loses_one/2 lost ");
    assert!(!err.contains("fetch_add/2 lost"), "{err}");
    let lost: Vec<_> = place.cells().into_iter().filter(|cell| cell.figures.lost > Some(0)).collect();
    assert_eq!(lost.len(), 1);
    assert!((0.005..0.02).contains(&lost[0].figures.loss_rate.unwrap().pooled));
    assert!(place.results().join("index.html").is_file());
}

#[test]
fn the_gate_holds_in_test_mode_too_and_writes_nothing() {
    let place = Place::new();
    let (status, _, _) = run(&mut place.command("--bench --test fetch_add"));
    assert_eq!(status, Some(0));
    let (status, _, err) = run(&mut place.command("invents/1"));
    assert_eq!(status, Some(0), "one increment a thread is no fault yet: {err}");
    assert!(!place.results().exists());
}

#[test]
fn more_kept_than_attempted_stops_the_run() {
    let place = Place::new();
    let (status, _, err) = run(&mut place.measure("/(fetch_add|invents)/"));
    assert_eq!(status, Some(1));
    let line = line(&err, "invents/1: kept ");
    assert!(line.contains("invents counts"), "{line}");
    let cells = place.cells();
    assert_eq!(
        (cells.len(), cells[0].figures.rounds_kept),
        (1, Some(1)),
        "what was measured before is kept: fetch_add/1"
    );
}

#[test]
fn a_panic_is_named_and_what_was_measured_is_kept() {
    let place = Place::new();
    let (status, _, err) = run(&mut place.measure("/(fetch_add|panics)/"));
    assert_eq!(status, Some(3));
    line(&err, "panics/1: worker 0 panicked while counting: five hundred ");
    assert!(!err.contains('\u{1b}'), "a terminal obeys it: {err}");
    assert_eq!(place.cells().len(), 1, "fetch_add/1 comes before panics/1");
    // A machine that is busy meanwhile makes a note of its own.
    let machine = place.machine();
    let notes = machine.runs.values().flat_map(|run| &run.notes);
    assert_eq!(notes.filter(|note| note.contains("panicked while counting")).count(), 1);
}

#[test]
fn a_hang_is_named_and_what_was_measured_is_kept() {
    let place = Place::new();
    let (status, _, err) = run(place.measure("/(fetch_add|hangs)/2").env("FAULTY_PATIENCE", "2"));
    assert_eq!(status, Some(3));
    let line = line(&err, "hangs/2: worker ");
    assert!(line.contains("made no progress for 2 s while counting"), "{line}");
    assert_eq!(place.cells().len(), 1);
}

#[test]
fn bad_input_gets_one_line_and_2_before_anything_is_measured() {
    for (variable, value, part) in [
        ("MISCOUNT_THREADS", "0", "MISCOUNT_THREADS=\"0\""),
        ("MISCOUNT_THREADS", "10000", "10000"),
        ("MISCOUNT_THREADS", "1;2", "1;2"),
        ("MISCOUNT_LEVELS", "saturatd", "saturatd"),
        ("MISCOUNT_PLACEMENT", "here", "here"),
        ("MISCOUNT_FULL", "maybe", "maybe"),
        ("MISCOUNT_MACHINE", "../escape", "../escape"),
        ("MISCOUNT_PASSES", "0", "MISCOUNT_PASSES=\"0\": give a number of passes from 2 to 1000"),
        ("MISCOUNT_PASSES", "1", "MISCOUNT_PASSES=\"1\""),
        ("MISCOUNT_PASSES", "10000", "MISCOUNT_PASSES=\"10000\""),
        ("MISCOUNT_PASSES", "x", "MISCOUNT_PASSES=\"x\""),
        ("MISCOUNT_TIME", "1s", "set one of them, unset the other"),
    ] {
        let place = Place::new();
        let (status, _, err) = run(place.measure("fetch_add").env(variable, value));
        assert_eq!(status, Some(2), "{variable}={value}: {err}");
        assert!(line(&err, "miscount: ").contains(part), "{err}");
        assert!(!err.contains("panicked"), "{err}");
        assert!(!place.is_begun());
    }
}

#[test]
fn a_time_that_cannot_be_used_gets_one_line_and_2_before_anything_is_measured() {
    for (time, part) in [
        ("0", "MISCOUNT_TIME=\"0\": give a time for each bench"),
        ("5 parsecs", "MISCOUNT_TIME=\"5 parsecs\""),
        ("100ms", "MISCOUNT_TIME=100ms: two passes over 2 cells take about 0:01; give more, or select fewer cells"),
    ] {
        let place = Place::new();
        let mut command = place.command("--bench --noplot /fetch_add/");
        let (status, out, err) = run(command.env("MISCOUNT_TIME", time));
        assert_eq!(status, Some(2), "{time}: {err}");
        assert!(line(&err, "miscount: ").contains(part), "{err}");
        assert!(!out.contains("time:") && !err.contains("pass 1"), "{out}{err}");
    }
}

#[test]
fn passes_go_on_until_the_time_is_up() {
    let place = Place::new();
    let mut command = place.command("--bench --noplot /fetch_add/1");
    let began = std::time::Instant::now();
    let (status, _, err) = run(command.env("MISCOUNT_TIME", "2s"));
    assert_eq!(status, Some(0), "{err}");
    let rounds = place.cells()[0].figures.rounds_kept.unwrap();
    assert!((2..=7).contains(&rounds), "{rounds} rounds: one in 350 ms at most");
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn arguments_criterion_refuses_get_one_line_and_2() {
    for args in ["--bench --no-such-flag", "--bench (", "--bench --sample-size many"] {
        let (status, _, err) = run(&mut Place::new().command(args));
        assert_eq!(status, Some(2), "{args}: {err}");
        assert!(!err.contains("panicked") && err.contains("miscount: these arguments cannot be used: "), "{err}");
    }
}

#[test]
fn when_criterion_gives_up_what_was_measured_is_kept() {
    let place = Place::new();
    assert_eq!(run(&mut place.measure("--save-baseline old /none/")).0, Some(0));
    let (status, _, err) = run(&mut place.measure("--baseline old /(none|fetch_add)/1"));
    assert_eq!(status, Some(2), "{err}");
    line(&err, "miscount: Criterion gave up");
    assert!(place.cells().iter().any(|cell| cell.key.subject == "none"));
}

#[test]
fn a_filter_without_a_match_is_no_error() {
    let place = Place::new();
    let (status, out, _) = run(&mut place.measure("no_such_counter"));
    assert_eq!(status, Some(0));
    line(&out, "0 of 36 cells match");
    assert!(!place.results().exists());
}

#[test]
fn listing_names_each_cell_and_starts_nothing() {
    let place = Place::new();
    let (status, out, _) = run(&mut place.command("--list --format terse"));
    assert_eq!(status, Some(0));
    let ids: Vec<&str> = out.lines().filter_map(|line| line.strip_suffix(": benchmark")).collect();
    assert_eq!(ids.len(), 24 + 12 + 1, "twelve subjects at two thread counts, two on three run-times, and one replay");
    assert!(ids.contains(&"faulty/saturated/racy/attempts_per_kept/load_store/2"));
    assert!(!place.results().exists());
    // What is listed can be asked for.
    for id in [ids[0], "faulty/saturated/racy/attempts_per_kept/load_store/2"] {
        let (status, out, _) = run(&mut place.command(&format!("--list --exact {id}")));
        assert_eq!((status, out.as_str()), (Some(0), format!("{id}: benchmark\n").as_str()));
    }
    let (_, out, _) = run(&mut place.command("--list ^saturated"));
    assert_eq!(out, "");
    let (status, out, _) = run(&mut place.command("--bench ^saturated"));
    assert_eq!(status, Some(0));
    line(&out, "names begin with the bench, such as faulty/saturated/");
}

#[test]
fn what_criterion_refuses_is_said_in_its_words() {
    let place = Place::new();
    for (args, words) in [
        ("--bench --sample-size 5", ">= 10"),
        ("--bench --warm-up-time 0", "assertion failed: "),
        ("--bench --load-baseline a", "--baseline <baseline>"),
        ("--bench --no-such-flag", "--no-such-flag"),
        ("--bench (", "unclosed group"),
    ] {
        let (status, _, err) = run(&mut place.command(args));
        assert_eq!(status, Some(2), "{args}: {err}");
        let line = line(&err, "miscount: these arguments cannot be used: ");
        // The last line is the bench's own.
        assert!(line.contains(words) && err.lines().count() <= 2, "{args}: {err}");
    }
    assert!(!place.results().exists());
}

#[test]
fn a_baseline_that_is_not_there_is_said_before_anything_is_measured() {
    let place = Place::new();
    let (status, out, err) = run(&mut place.command("--bench --noplot --baseline nope fetch_add/1"));
    assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
    assert!(line(&err, "miscount: --baseline nope").contains("--save-baseline nope"), "{err}");
    let save = run(&mut place.measure("--save-baseline yes fetch_add/1"));
    assert_eq!(save.0, Some(0), "{}", save.2);
    let (status, _, err) = run(&mut place.measure("--baseline yes fetch_add/1"));
    assert_eq!(status, Some(0), "{err}");
    // Some cells have it and others do not: Criterion's words, and no backtrace.
    let (status, _, err) = run(&mut place.measure("--baseline yes /(fetch_add|load_store)/1"));
    assert_eq!(status, Some(2), "{err}");
    assert!(line(&err, "miscount: Criterion gave up: ").contains("yes") && !err.contains("stack backtrace"), "{err}");
}

#[test]
fn loss_is_replayed_into_criterions_own_tree_also_when_asked_for_alone() {
    for filter in ["load_store/2", "attempts_per_kept/load_store/2"] {
        let place = Place::new();
        let (status, _, err) = run(&mut place.measure(filter));
        assert_eq!(status, Some(0), "{err}");
        let cells = place.cells();
        assert_eq!(cells.len(), 1);
        let recorded = cells[0].figures.loss_rate.unwrap();
        let tree = place.path().join("criterion/faulty_saturated_racy_attempts_per_kept/load_store/2/new");
        let sample: serde_json::Value = serde_json::from_slice(&fs::read(tree.join("sample.json")).unwrap()).unwrap();
        let floats = |name: &str| -> Vec<f64> { serde_json::from_value(sample[name].clone()).unwrap() };
        let ratios: Vec<f64> = floats("times").iter().zip(floats("iters")).map(|(time, iters)| time / iters).collect();
        assert_eq!(ratios.len(), 10);
        let losses = ratios.iter().map(|ratio| 1.0 - 1.0 / ratio);
        let (least, most) = losses.fold((1.0f64, 0.0f64), |(least, most), loss| (least.min(loss), most.max(loss)));
        let is_same = |a: f64, b: f64| (a - b).abs() < 1e-4;
        assert!(is_same(least, recorded.min) && is_same(most, recorded.max), "{least}, {most}: {recorded:?}");
    }
}

#[test]
fn results_that_cannot_be_read_are_left_alone_and_stop_no_run() {
    let place = Place::new();
    let runs = place.results().join("test").join("runs");
    fs::create_dir_all(&runs).unwrap();
    let bad = [("a", "{ not json"), ("b", r#"{"schema": 99, "cells": []}"#), ("c", "\u{0}\u{1}\u{2}")];
    let path = |name: &str| runs.join(format!("{name}.json"));
    bad.iter().for_each(|(name, text)| fs::write(path(name), text).unwrap());
    let (status, _, err) = run(&mut place.measure("fetch_add/1"));
    assert_eq!(status, Some(0), "{err}");
    bad.iter().for_each(|(name, text)| assert_eq!(fs::read_to_string(path(name)).unwrap(), *text));
    let (machine, left_out) = read_folder(&place.results().join("test")).unwrap();
    assert_eq!((machine.cells.len(), left_out.len()), (1, 3), "{left_out:?}");
    // Where nothing can be written, nothing is measured.
    let place = Place::new();
    fs::create_dir_all(place.results()).unwrap();
    fs::write(place.results().join("test"), "a file").unwrap();
    let (status, _, err) = run(&mut place.measure("fetch_add"));
    assert_eq!(status, Some(2), "{err}");
    assert!(line(&err, "miscount: ").contains("test"), "{err}");
}

#[test]
fn a_results_folder_that_cannot_be_written_is_found_before_measuring() {
    let place = Place::new();
    fs::write(place.results(), "a file, not a folder").unwrap();
    let (status, out, err) = run(&mut place.measure("fetch_add"));
    assert_eq!(status, Some(2));
    assert!(line(&err, "miscount: ").contains("MISCOUNT_RESULTS"), "{err}");
    assert!(!out.contains("time:"), "{out}");
}

#[test]
fn cells_are_rescued_when_results_become_unwritable_midway() {
    let place = Place::new();
    let mut command = place.measure_slowly("/(none|fetch_add)/");
    command.env("TMPDIR", place.path()).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for_cell(&place, &mut child);
    // From here on the machine's folder is a file.
    let folder = place.results().join("test");
    let gone = place.path().join("gone");
    fs::rename(&folder, &gone).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    let rescued = line(&err, "could not be written to results; they are in ");
    let path = rescued.rsplit(' ').next().unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("\"subject\":\"fetch_add\""), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_mask_of_one_cpu_two_threads_are_oversubscribed() {
    let place = Place::new();
    let mut command = under("taskset", &["-c", "0"], &place.measure("/fetch_add/"));
    let Ok(output) = command.output() else { return println!("skipped: no taskset") };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts: Vec<(usize, Verdict)> =
        place.cells().iter().map(|cell| (cell.key.threads, cell.facts.verdict)).collect();
    assert!(verdicts.contains(&(2, Verdict::Oversubscribed)), "{verdicts:?}");
    assert!(!verdicts.contains(&(1, Verdict::Oversubscribed)), "{verdicts:?}");
}

#[test]
fn unpinned_threads_are_marked() {
    let place = Place::new();
    let (status, _, _) = run(place.measure("/fetch_add/").env("MISCOUNT_PLACEMENT", "unpinned"));
    assert_eq!(status, Some(0));
    assert!(place.cells().iter().all(|cell| cell.facts.verdict == Verdict::Unpinned));
}

/// Which counters were made, in order.
fn made(err: &str) -> Vec<char> {
    line(err, "made: ").trim_start_matches("made: ").chars().collect()
}

#[test]
fn rows_of_one_block_are_measured_beside_each_other() {
    let place = Place::new();
    let (status, out, err) = run(&mut place.measure("/turns_[ab]/"));
    assert_eq!(status, Some(0), "{err}");
    let made = made(&err);
    if made.len() == 4 * PASSES {
        // Nothing was run again.
        assert_eq!(made[..4], ['a', 'b', 'a', 'b'], "the first pass goes in the order of the rows, block by block");
        assert!(made.chunks(2).all(|visit| visit[0] != visit[1]), "{made:?}");
    }
    assert_eq!(out.matches("  lost 0 %  ").count(), 4, "{out}");
    let cells = place.cells();
    assert_eq!(cells.len(), 4);
    for cell in &cells {
        assert_eq!(cell.figures.rounds_kept, Some(PASSES), "{cell:?}");
        assert!(cell.figures.net_ns_per_op.is_some(), "the control is measured with them: {cell:?}");
    }
}

#[test]
fn a_filter_leaves_the_rest_of_a_block_alone() {
    let place = Place::new();
    let (status, _, err) = run(&mut place.measure("/turns_b/1"));
    assert_eq!(status, Some(0), "{err}");
    assert!(made(&err).iter().all(|letter| *letter == 'b'));
    assert_eq!(place.cells().len(), 1, "nor is a control recorded that nobody asked for");
}

/// Marked, and of two rounds.
fn is_quick(cell: &Cell) -> bool {
    cell.facts.quick && cell.figures.rounds_kept == Some(2)
}

#[test]
fn quick_runs_make_two_passes_and_tests_one_round_a_cell() {
    let place = Place::new();
    let (status, _, err) = run(place.command("--bench --noplot --quick turns_").env("FAULTY_PASS", "0"));
    assert_eq!(status, Some(0), "{err}");
    assert!(place.cells().iter().all(is_quick), "{:?}", place.cells());
    // Of several in a row, as retries make them, the first.
    let mut made = made(&err);
    made.dedup();
    assert_eq!(made[..2], ['a', 'b']);
    let (status, _, err) = run(&mut place.command("--bench --test turns_"));
    assert_eq!(status, Some(0));
    assert_eq!(line(&err, "made: "), "made: aabb");
}

#[test]
fn a_sample_size_is_a_number_of_passes_and_a_measurement_time_that_of_all_rounds() {
    let place = Place::new();
    let args = "--bench --noplot turns_a/1 --sample-size 11 --measurement-time 0.55";
    let (status, _, err) = run(place.command(args).env("FAULTY_PASS", "0"));
    assert_eq!(status, Some(0), "{err}");
    for cell in place.cells() {
        assert_eq!(cell.figures.rounds_kept, Some(11));
        assert!(cell.figures.sample_ms.unwrap() >= 50.0, "{cell:?}");
    }
}

#[test]
fn quick_cells_are_marked() {
    let place = Place::new();
    let (status, out, err) = run(place.command("--bench --noplot --quick fetch_add/1").env("FAULTY_PASS", "0"));
    assert!(line(&out, "faulty saturated fetch_add 1").ends_with("  quick"), "{out}");
    assert_eq!(status, Some(0), "{err}");
    let cells = place.cells();
    assert!(is_quick(&cells[0]), "{cells:?}");
}
