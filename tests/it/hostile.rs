//! Malicious results folders: the bad file is named and left out, the rest is shown, and
//! its bytes reach the terminal only as text.

use crate::page;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// No folder may take the command longer than this, even in a build without optimisation.
const LONGEST: Duration = Duration::from_secs(60);

/// A card that is in order, of the machine `good`.
const CARD: &str = r#"{"id": "good", "cpu": "Good CPU", "cpus": 2, "usable_cpus": 2, "arch": "x86_64"}"#;
const RUN: &str = r#"{"started": "2026-11-21T00:00:00Z", "rustc": "r", "flags": "f", "kernel": "k", "version": "0.1.0",
    "pinned": true}"#;
/// A cell that is in order.
const CELL: &str = r#"{"bench": "counters", "subject": "load_store", "label": "words", "family": "racy", "grade": "racy", "threads": 2,
    "level": "saturated", "placement": "spread", "verdict": "valid", "attempted": 1000, "kept": 517, "lost": 483,
    "loss_rate": {"min": 0.1, "median": 0.483, "max": 0.5, "pooled": 0.483},
    "ns_per_op_per_thread": {"low": 2.0, "median": 2.5, "high": 3.0}, "throughput": 8e8, "run": "r1", "recorded": "t"}"#;

fn machine_text(card: &str) -> String {
    format!(r#"{{"schema": 1, "card": {card}, "runs": {{"r1": {RUN}}}}}"#)
}

fn cells_text(cells: &[&str]) -> String {
    let lines: Vec<String> = cells.iter().map(|cell| cell.replace('\n', " ")).collect();
    format!("{{\"schema\": 1, \"cells\": [\n{}\n]}}\n", lines.join(",\n"))
}

/// Puts a machine's folder under `results`.
fn put(results: &Path, name: &str, machine: &str, cells: impl AsRef<[u8]>) {
    let dir = results.join(name);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("machine.json"), machine).unwrap();
    fs::write(dir.join("cells.json"), cells).unwrap();
}

/// A results folder with one good machine.
fn folder() -> tempfile::TempDir {
    let results = tempfile::tempdir().unwrap();
    put(results.path(), "good", &machine_text(CARD), cells_text(&[CELL]));
    results
}

fn miscount(results: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    command.args(args).args(["--results".as_ref(), results]).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (send, done) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    match done.recv_timeout(LONGEST) {
        Ok(output) => output.unwrap(),
        Err(_) => panic!("{args:?} hangs on {}: process {id} is still running", results.display()),
    }
}

/// The output: no panic, and no control character.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert!(!text.contains("panicked"), "{text}");
    let odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.chars().find(|c| odd(*c)), None, "{text:?}");
    text
}

/// Reports on a folder: the good machine and its figures are shown, whatever else lies there; each
/// line of standard error is about something left out.
fn report(results: &Path) -> (String, String) {
    let output = miscount(results, &["report", "--tables", "--overview"]);
    let (out, err) = (plain(&output.stdout), plain(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.contains("good: counters, saturated") && out.contains("lost 48.3 %"), "{out}");
    assert!(err.lines().all(|line| line.starts_with("miscount: left out: ") && line.chars().count() < 1200), "{err}");
    let page = fs::read_to_string(results.join("index.html")).unwrap();
    assert!(page.contains("Good CPU"), "the good machine is on the page");
    let readme = fs::read_to_string(results.join("README.md")).unwrap();
    assert!(readme.contains("| good |") && readme.contains("48.3 %"), "{readme}");
    (out, err)
}

/// Asserts that only the bad file of a folder is left out, and why.
fn left_out(results: &Path, file: &str, why: &str) {
    let (out, err) = report(results);
    assert_eq!(err.lines().count(), 1, "{file}: {err}");
    assert!(err.contains(file) && err.contains(why), "{file}: no {why:?} in {err}");
    assert!(out.contains("index.html: 1 machine, 1 cell\n"), "{file}: {out}");
}

#[test]
fn the_good_folder_is_good() {
    let results = folder();
    let (out, err) = report(results.path());
    assert!(err.is_empty() && out.contains("index.html: 1 machine, 1 cell\n"), "{err}{out}");
}

#[test]
fn bad_cells_are_named_and_left_out() {
    let long = "x".repeat(20_000);
    let with = |from: &str, to: &str| {
        assert!(CELL.contains(from), "{from}");
        cells_text(&[&CELL.replace(from, to)])
    };
    let deep = |n: usize| format!("{{\"schema\": 1, \"cells\": {}{}}}", "[".repeat(n), "]".repeat(n));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (with("\"median\": 2.5", "\"median\": NaN").into(), "line 2"),
        (with("\"median\": 2.5", "\"median\": -2.5").into(), "line 2"),
        (with("\"median\": 2.5", "\"median\": 1e300").into(), "line 2"),
        (with("\"median\": 2.5", "\"median\": 1e999").into(), "line 2"),
        (with("\"median\": 2.5", "\"median\": 3.5").into(), "3.5 is not between 2 and 3"),
        (with("\"pooled\": 0.483", "\"pooled\": 0.2").into(), "is not lost 483 of attempted 1000"),
        (with("\"pooled\": 0.483", "\"pooled\": 0.7").into(), "pooled loss rate of 0.7"),
        (with("\"kept\": 517", "\"kept\": 518").into(), "kept 518 + lost 483"),
        (with("\"kept\": 517", "\"kept\": 18446744073709551615").into(), "is not attempted"),
        (with("\"threads\": 2", "\"threads\": 0").into(), "0 threads cannot be"),
        (with("\"threads\": 2", "\"threads\": 99999999").into(), "threads cannot be"),
        (with("load_store", "<script>alert(1)</script>").into(), "is not an id"),
        (with("load_store", "=cmd|' /C calc'!A0").into(), "is not an id"),
        (with("words", "\\u001b]0;title\\u0007").into(), "control character \\u{1b}"),
        (with("words", "\\u009b2J").into(), "control character"),
        (with("words", "\u{202e}sdrow").into(), "control character \\u{202e}"),
        (with("words", &long).into(), "a text of 20000 bytes"),
        (with("\"verdict\": \"valid\"", &format!("\"verdict\": \"\u{1b}[31m{long}\"")).into(), "cells.json: "),
        (with("\"run\": \"r1\"", "\"run\": \"r1\", \"later\": {\"a\": 1, \"a\": 2}").into(), "stands twice"),
        (with("\"run\": \"r1\"", "\"run\": \"r1\", \"attempted\": 7").into(), "line 2"),
        (cells_text(&[CELL, CELL]).into(), "line 3: counters load_store at 2 threads, saturated: a second cell"),
        (b"{\"schema\": 1, \"cells\": [\n\xff\xfe]}".into(), "not UTF-8 at line 2"),
        (b"\0\0\0\0".into(), "line 1"),
        (b"".into(), "EOF"),
        (b"[]".into(), "line 1"),
        (b"{\"schema\": 3, \"cells\": []}".into(), "schema 3 is newer"),
        (b"{\"schema\": -1, \"cells\": []}".into(), "line 1"),
        (deep(100_000).into(), "recursion limit"),
        ("[".repeat(1 << 20).into(), "line 1"),
    ];
    for (bytes, why) in cases {
        let results = folder();
        put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), bytes);
        left_out(results.path(), "cells.json", why);
    }
}

#[test]
fn bad_cards_are_named_and_left_out() {
    let card = |from: &str, to: &str| {
        let text = machine_text(&CARD.replace("good", "bad"));
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    for (text, why) in [
        (card("\"bad\"", "\"../../etc\""), "is no machine id"),
        (card("\"bad\"", "\"<img src=x onerror=alert(1)>\""), "is no machine id"),
        (card("Good CPU", "\\u001b[2J"), "control character"),
        (card("\"cpus\": 2", "\"cpus\": 0"), "cannot be"),
        (card("\"usable_cpus\": 2", "\"usable_cpus\": 18446744073709551615"), "cannot be"),
        (card("\"usable_cpus\": 2", "\"usable_cpus\": -2"), "line 1"),
        (card("\"arch\"", "\"memory_gib\": -1, \"arch\""), "a memory of -1 GiB"),
        (card("\"pinned\"", "\"load\": -3, \"pinned\""), "a load of -3"),
        (card("\"r1\":", &format!("\"r1\": {RUN}, \"r1\":")), "\"r1\" stands twice"),
        (card("\"schema\": 1", "\"schema\": 7"), "schema 7 is newer"),
        ("{}".into(), "no schema number"),
    ] {
        let results = folder();
        put(results.path(), "bad", &text, cells_text(&[]));
        left_out(results.path(), "machine.json", why);
    }
}

#[test]
fn markup_in_a_name_is_only_text() {
    let results = folder();
    let script = "</script><script>alert(1)</script>";
    let picture = "![x](https://example.com/x.png) | <b> *a* `b`";
    let card = CARD.replace("good", "other").replace("Good CPU", &format!("{script} {picture}"));
    put(results.path(), "other", &machine_text(&card), cells_text(&[&CELL.replace("words", script)]));
    let (out, err) = report(results.path());
    assert!(err.is_empty() && out.contains("2 machines, 2 cells"), "{err}");
    for file in ["index.html", "README.md"] {
        let text = fs::read_to_string(results.path().join(file)).unwrap();
        assert!(!text.contains("<script>alert"), "{file} has the script as it is");
        assert!(file != "README.md" || (!text.contains("![x](") && text.contains("&lt;b&gt;")), "{text}");
    }
}

#[test]
fn cells_of_an_unknown_run_are_marked() {
    let results = folder();
    let card = CARD.replace("good", "other");
    put(results.path(), "other", &machine_text(&card), cells_text(&[&CELL.replace("r1", "nobody")]));
    let (_, err) = report(results.path());
    assert!(err.is_empty(), "{err}");
    let page = fs::read_to_string(results.path().join("index.html")).unwrap();
    assert!(page::opened(&page).to_string().contains("1 of the runs of these cells are not described"));
}

#[test]
fn a_gibibyte_is_refused_unread() {
    for file in ["machine.json", "cells.json", "null_study.json"] {
        let results = folder();
        put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&[]));
        fs::File::create(results.path().join("bad").join(file)).unwrap().set_len(1 << 30).unwrap();
        if file == "null_study.json" {
            // The machine's own figures need no null study.
            let (out, err) = report(results.path());
            assert!(out.contains("2 machines") && err.contains("null_study.json: larger than the 64 MiB"), "{err}");
        } else {
            left_out(results.path(), file, "larger than the 64 MiB");
        }
    }
    let results = folder();
    fs::create_dir(results.path().join("published")).unwrap();
    fs::File::create(results.path().join("published/big.json")).unwrap().set_len(1 << 30).unwrap();
    left_out(results.path(), "big.json", "larger than the 64 MiB");
}

#[test]
fn tables_too_large_to_draw_are_refused() {
    let results = folder();
    // A thousand counters at one thread count, another at two thousand: two million fields.
    let cell = |subject: &str, threads: usize| {
        CELL.replace("load_store", subject)
            .replace("\"threads\": 2", &format!("\"threads\": {threads}"))
            .replace('\n', " ")
    };
    let mut cells: Vec<String> = (0..1000).map(|n| cell(&format!("c{n}"), 1)).collect();
    cells.extend((1..=2000).map(|threads| cell("many", threads)));
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&cells));
    left_out(results.path(), "cells.json", "its tables would have 2002000 fields");
}

#[test]
fn bad_published_files_are_named_and_left_out() {
    let good = r#"{"machine": "theirs", "cpu": "C", "logical_cpus": 4, "year": 2020, "source": "S", "method": "threads pinned", "cells": [
        {"counter": "fetch_add", "threads": 1, "runs": 3, "ns_per_op_per_thread": {"mean": 5.0, "min": 4.0, "max": 6.0},
         "loss_rate": {"mean": 0.0, "min": 0.0, "max": 0.0}}]}"#;
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for (text, why) in [
        (with("\"S\"", "\" \""), "its source is empty"),
        (with("\"method\": \"threads pinned\", ", ""), "missing field `method`"),
        (with("threads pinned", "by hand"), "neither \"threads pinned\" nor \"not pinned\""),
        (with("\"year\": 2020", "\"year\": 20"), "year 20 cannot be"),
        (with("\"mean\": 5.0", "\"mean\": 7.0"), "7 ns is not between 4 and 6 ns"),
        (with("\"mean\": 0.0", "\"mean\": 0.5"), "loss rate of 0.5 is not between 0 and 0"),
        (
            with("\"mean\": 0.0, \"min\": 0.0, \"max\": 0.0", "\"mean\": 2.0, \"min\": 2.0, \"max\": 2.0"),
            "loss rate of 2",
        ),
        (with("fetch_add", "mystery"), "no counter this version has a family for"),
        (with("theirs", "\\u001b[1m"), "control character"),
        (with("\"logical_cpus\": 4", "\"logical_cpus\": 0"), "cannot be"),
        (with("theirs", "good"), "\"good\" is that of"),
    ] {
        let results = folder();
        fs::create_dir(results.path().join("published")).unwrap();
        fs::write(results.path().join("published/bad.json"), text).unwrap();
        left_out(results.path(), "bad.json", why);
    }
    let results = folder();
    fs::create_dir(results.path().join("published")).unwrap();
    fs::write(
        results.path().join("published/theirs.json"),
        with("\"counter\"", "\"published_as\": \"their add\", \"counter\""),
    )
    .unwrap();
    let (out, err) = report(results.path());
    assert!(err.is_empty(), "{err}");
    assert!(
        out.contains("theirs: published by others, not measured by this suite. Source: S. Method: threads pinned."),
        "{out}"
    );
    let page = fs::read_to_string(results.path().join("index.html")).unwrap();
    let page = page::opened(&page);
    let theirs = page["machines"].as_array().unwrap().iter().find(|m| m["id"] == "theirs").unwrap();
    assert!(theirs["published"][0][0] == "source" && page["rows"].to_string().contains("their add (mean)"));
    let readme = fs::read_to_string(results.path().join("README.md")).unwrap();
    assert!(readme.contains("**theirs**: S. Method: threads pinned."), "{readme}");
    assert!(readme.contains("`fetch_add` was published as “their add”"), "{readme}");
}

#[test]
fn other_commands_take_a_hostile_folder() {
    let results = folder();
    put(results.path(), "bad", "{\"schema\": 1, \"card\": \"\\u001b[31m\"}", b"\xff");
    let output = miscount(results.path(), &["choose", "--threads", "2", "--think", "1us"]);
    let (out, err) = (plain(&output.stdout), plain(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 2)), "{out}{err}");
    assert!(err.contains("bad"), "{err}");
    let output = Command::new(env!("CARGO_BIN_EXE_miscount"))
        .arg("list")
        .env("MISCOUNT_RESULTS", results.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && plain(&output.stdout).contains("load_store"));
}

#[test]
fn a_folder_in_place_of_a_file_is_named() {
    for file in ["machine.json", "cells.json"] {
        let results = folder();
        put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&[]));
        fs::remove_file(results.path().join("bad").join(file)).unwrap();
        fs::create_dir(results.path().join("bad").join(file)).unwrap();
        left_out(results.path(), file, "not a regular file");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_in_a_circle_are_named() {
        let results = folder();
        put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&[]));
        fs::remove_file(results.path().join("bad/cells.json")).unwrap();
        symlink("cells.json", results.path().join("bad/cells.json")).unwrap();
        // To the folder it lies in: harmless, for no folder is looked into twice.
        symlink(results.path(), results.path().join("circle")).unwrap();
        symlink(results.path().join("good"), results.path().join("good_again")).unwrap();
        left_out(results.path(), "cells.json", "cells.json: ");

        for (name, to) in [("a", "b"), ("nowhere", "gone"), ("published", "published")] {
            let results = folder();
            symlink(to, results.path().join(name)).unwrap();
            if name == "a" {
                symlink("a", results.path().join("b")).unwrap();
                let (_, err) = report(results.path());
                assert_eq!(err.lines().count(), 2, "both ends of the circle: {err}");
            } else if name == "published" {
                assert!(report(results.path()).1.contains("published: "));
            } else {
                left_out(results.path(), name, "nowhere: ");
            }
        }
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        for file in ["machine.json", "cells.json", "null_study.json"] {
            let results = folder();
            put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&[]));
            let path = results.path().join("bad").join(file);
            let _ = fs::remove_file(&path);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let (_, err) = report(results.path());
            assert!(err.contains(file) && err.contains("not a regular file"), "{err}");
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_in_names_of_folders() {
        let results = folder();
        put(results.path(), "bad\u{1b}[31m\u{202e}\n", "{", "");
        left_out(results.path(), "bad\\u{1b}[31m\\u{202e} ", "machine.json");
    }

    #[test]
    fn what_may_not_be_read_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let results = folder();
        put(results.path(), "bad", &machine_text(&CARD.replace("good", "bad")), cells_text(&[]));
        let path = results.path().join("bad/cells.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        // Root reads all the same.
        if fs::read(&path).is_err() {
            left_out(results.path(), "cells.json", "check that it exists and may be read");
        }
    }
}
