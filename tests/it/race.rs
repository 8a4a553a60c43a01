//! `miscount race` as people and scripts use it.

use std::path::Path;
use std::process::{Command, Output};

use miscount::interleaving::programs;

fn race_in(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    command.arg("race").args(args).current_dir(dir).output().unwrap()
}

fn race(args: &[&str]) -> Output {
    race_in(tempfile::tempdir().unwrap().path(), args)
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(&race(&[args, &["--json"]].concat()))).unwrap()
}

/// Status 2, nothing on standard output, one line on standard error.
fn refused(args: &[&str]) -> String {
    let output = race(args);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {line}");
    assert!(output.stdout.is_empty());
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn without_options_it_is_the_six_steps_that_lose_one() {
    let text = stdout(&race(&[]));
    assert!(text.starts_with("load_store: 2 threads, 1 increment each\nload_store.1:2x1:010101\n"), "{text}");
    assert!(text.contains("LOST: step 6 stores over it"), "{text}");
    assert!(text.ends_with("again: miscount race --replay load_store.1:2x1:010101\n"), "{text}");
    assert!(!text.contains('\x1b'), "colour in a pipe");
}

#[test]
fn a_seed_is_the_same_run_each_time_and_so_is_its_schedule() {
    let args = ["--counter", "load_store", "--threads", "2", "--increments", "3", "--seed", "7"];
    let text = stdout(&race(&args));
    assert_eq!(text, stdout(&race(&args)));
    let (first, timeline) = text.split_once('\n').unwrap();
    assert_eq!(first, "seed 7");
    let again = text.lines().last().unwrap().strip_prefix("again: miscount race --replay ").unwrap();
    assert_eq!(stdout(&race(&["--replay", again])), timeline);
}

#[test]
fn without_a_seed_one_is_tried_after_another_until_one_loses() {
    for _ in 0..5 {
        let shown = json(&["--threads", "3"]);
        assert!(shown["lost"].as_u64() > Some(0));
        let seed = shown["seed"].to_string();
        assert_eq!(json(&["--threads", "3", "--seed", &seed]), shown);
    }
    let text = stdout(&race(&["--counter", "std_mutex"]));
    assert!(text.contains("; no schedule of this and the next 999 seeds lost an update\n"), "{text}");
}

#[test]
fn json_has_every_step() {
    let shown = json(&["--replay", "load_store.1:2x1:010101"]);
    assert_eq!((&shown["attempted"], &shown["kept"], &shown["lost"]), (&2.into(), &1.into(), &1.into()));
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 6);
    assert_eq!(
        steps[4],
        serde_json::json!({"step": 5, "thread": 0, "does": "store", "value": 1, "adds": 1, "lost_to_step": 6})
    );
    assert_eq!(steps[0], serde_json::json!({"step": 1, "thread": 0, "does": "load", "register": 0, "value": 0}));
}

#[test]
fn it_shrinks_to_the_fewest_switches() {
    let args = ["--threads", "3", "--increments", "4", "--seed", "1", "--shrink"];
    let text = stdout(&race(&args));
    assert!(text.contains(" switches to 3 that lose an update; no schedule has fewer and does\n"), "{text}");
    let shown = json(&args);
    assert_eq!((&shown["switches"], &shown["shrunk_from"]["fewest"]), (&3.into(), &true.into()));
    let kept = json(&[&args[..], &["--keep-value"]].concat());
    let whole = json(&args[..6]);
    assert_eq!((&kept["kept"], &kept["shrunk_from"]["schedule"]), (&whole["kept"], &whole["schedule"]));
    assert!(refused(&["--replay", "load_store.1:2x1:000111", "--shrink"]).contains("loses nothing"));
}

#[test]
fn the_distribution_names_both_senses() {
    let args = ["--threads", "2", "--increments", "1", "--distribution"];
    let text = stdout(&race(&args));
    for words in ["random scheduler", "uniform over schedules", "50.0 % = 1/2", "33.3 % = 1/3", "there are 6\n"] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    let shown = json(&args);
    let exact = &shown["outcomes"][1]["exact"];
    assert_eq!(exact, &serde_json::json!({"random_scheduler": "1/2", "uniform_over_schedules": "1/3"}));
    let every = json(&[&args[..], &["--every-step"]].concat());
    assert_eq!(every["outcomes"][1]["exact"]["uniform_over_schedules"], "1/10");
}

#[test]
fn too_many_states_are_refused_before_they_are_worked_out() {
    let line = refused(&["--threads", "3", "--increments", "20", "--distribution"]);
    for words in ["3 threads x 20 increments of load_store: about ", "million states", "6000000", "--force"] {
        assert!(line.contains(words), "no {words:?} in {line}");
    }
}

#[test]
fn the_picture_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(&race_in(dir.path(), &["--svg", "lost.svg"]));
    assert!(text.ends_with("lost.svg: the timeline as a picture\n"), "{text}");
    let picture = std::fs::read_to_string(dir.path().join("lost.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("lost to 6"), "{picture}");
    assert!(refused(&["--svg", "no/such/folder.svg"]).contains("folder.svg"));
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    for (args, words) in [
        (&["--replay", "load_store.1:2x1:01"][..], "character 20: it ends before thread 0 has done all its steps; add"),
        (&["--replay", "nonsense"], "character 9: no '.' after the counter; write it as load_store.1:2x1:010101"),
        (&["--replay", "load_store.1:2x1:0101\x1b[31m"], "character 22: '\\u{1b}' is no thread; threads are 0 to 1"),
        (&["--counter", "mcs"], "no steps are known of the counter \"mcs\"; there are load_store, "),
        (&["--threads", "37"], "37 threads; ask for 1 to 36"),
        (&["--increments", "0", "--distribution"], "0 increments; ask for 1 to 100"),
    ] {
        let line = refused(args);
        assert!(line.starts_with("miscount: ") && line.contains(words), "{args:?}: {line}");
    }
    for args in [
        &["--replay", "load_store.1:2x1:010101", "--seed", "1"][..],
        &["--distribution", "--svg", "x.svg"],
        &["--force"],
        &["--keep-value"],
        &["--threads", "two"],
    ] {
        let output = race(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_names_every_counter() {
    let help = stdout(&race(&["--help"]));
    for program in programs() {
        assert!(help.contains(program.id), "no {} in\n{help}", program.id);
    }
}

#[test]
fn the_pages_show_what_it_prints() {
    let printed = format!("```text\n$ miscount race\n{}```\n", stdout(&race(&[])));
    for page in ["README.md", "src/docs/interleaving.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        assert!(text.contains(&printed), "{page}: put in what `miscount race` prints:\n{printed}");
    }
}
