//! Locks that are held long: which of them bound a wait, and when nothing is said of one.

use miscount::results::{Cell, Machine, Noise};
use miscount::round::Verdict;

use super::{LOCK, asked, json, names, refused};
use crate::cells::{machine, put, set};
use crate::synthetic::held_long;

/// 500 us inside, nothing outside.
const LONG: [&str; 6] = ["--threads", "2", "--critical", "500us", "--parallel", "0"];

/// The longest waits, in ms, of the mutexes as they were seen.
const SEEN: [(&str, f64); 4] = [
    ("std_mutex", 670.0),
    ("parking_lot_mutex", 712.0),
    ("parking_lot_0_12_mutex", 3.5),
    ("parking_lot_fair_mutex", 3.2),
];

fn with(waits: &[(&str, f64)]) -> Machine {
    let mut machine = machine("here");
    machine.cells.extend(waits.iter().map(|(name, ms)| held_long(name, "blocking", *ms, 2, 500_000)));
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

const ALL: &str = "Held for 500 µs and taken again at once, `parking_lot_fair_mutex` and `parking_lot_0_12_mutex` bound a wait, at \
                   most 3.50 ms of a second; `std_mutex` and `parking_lot_mutex` let a thread starve, for 670 to 712 ms of a \
                   second (level c500000_p0, 2 threads).";

#[test]
fn it_says_which_mutex_bounds_a_wait() {
    let answer = json(&with(&SEEN), &LONG);
    assert_eq!((&answer["answer"], &answer["levels"]), (&ALL.into(), &serde_json::json!(["c500000_p0"])));
    assert!(answer["take"].is_null() && answer["waits"].is_null());
    let order = ["parking_lot_fair_mutex", "parking_lot_0_12_mutex", "std_mutex", "parking_lot_mutex"];
    assert_eq!(names(&answer["options"]), order, "the shortest wait first");
    let words: Vec<&str> =
        answer["options"].as_array().unwrap().iter().map(|o| o["waiting"].as_str().unwrap()).collect();
    assert_eq!(words, ["bounded", "bounded", "starved", "starved"]);
    assert!(answer["options"][0]["cost"].is_null());
    let text = asked(&with(&SEEN), &LONG);
    assert!(text.starts_with(ALL) && !text.contains("ns/op") && !text.contains("not measured"), "{text}");
    let line = text.lines().find(|line| line.starts_with("std_mutex")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[1..4], ["blocking", "exact", "starves"], "{text}");
    assert!(line.ends_with("670,000,000"), "the wait that was open was another: {line}");
    let one = json(&with(&[("a", 5.0), ("b", 400.0)]), &LONG);
    assert_eq!(one["take"], "a");
}

#[test]
fn the_answer_for_any_other_lock_has_it_in_a_line() {
    let text = asked(&with(&SEEN), &LOCK);
    assert!(text.contains(&format!("\nwaits: {ALL}\n")), "{text}");
    assert_eq!(json(&with(&SEEN), &LOCK)["waits"], ALL);
    for other in [&["--threads", "2", "--think", "0"][..], &["--threads", "2", "--reads", "90%"]] {
        assert!(json(&with(&SEEN), other)["waits"].is_null(), "no lock was asked for");
    }
    assert!(json(&machine("here"), &LOCK)["waits"].is_null(), "nothing was measured");
    let one = [&["--threads", "1"], &LOCK[2..]].concat();
    assert!(json(&with(&SEEN), &one)["waits"].is_null(), "one thread waits for nobody");
}

#[test]
fn of_several_lengths_the_worst_counts() {
    let mut machine = with(&SEEN);
    machine.cells.push(held_long("parking_lot_fair_mutex", "blocking", 150.0, 2, 20_000));
    machine.cells.push(held_long("std_mutex", "blocking", 20.0, 2, 20_000));
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    let expected = "Held for 20 µs or 500 µs and taken again at once, `parking_lot_0_12_mutex` bounds a wait, at most 3.50 ms of a \
                    second; `std_mutex` and `parking_lot_mutex` let a thread starve, for 670 to 712 ms of a second; \
                    `parking_lot_fair_mutex` is between the two, with 150 ms (levels c20000_p0, c500000_p0, 2 threads).";
    assert_eq!(json(&machine, &LOCK)["waits"], expected);
    assert_eq!(json(&machine, &LONG)["answer"], ALL, "asked for one length, only that one counts");
}

/// Why a cell says nothing, and what makes it so.
type Spoil = (&'static str, fn(&mut Cell));

#[test]
fn a_cell_that_cannot_be_trusted_says_nothing() {
    let spoil: [Spoil; 5] = [
        ("preempted: a thread waited for a CPU", |c| c.facts.verdict = Verdict::Preempted),
        ("noisy: steal 50.0 %", |c| c.figures.noise = Some(Noise { steal: Some(0.5), ..Noise::default() })),
        ("taken with --quick", |c| c.facts.quick = true),
        ("loses updates", |c| (c.figures.lost, c.figures.kept) = (Some(1), c.figures.attempted.map(|n| n - 1))),
        ("not measured", |c| c.figures.waits = None),
    ];
    for (reason, change) in spoil {
        let mut machine = with(&SEEN);
        let of = |c: &Cell| c.key.level == "c500000_p0" && c.key.subject == "parking_lot_0_12_mutex";
        set(&mut machine, of, change);
        let answer = json(&machine, &LONG);
        let said = answer["answer"].as_str().unwrap();
        assert!(
            !said.contains("0_12") && said.contains("`parking_lot_fair_mutex` bounds a wait, at most 3.20 ms"),
            "{said}"
        );
        let silent = answer["not_ranked"].as_array().unwrap();
        assert_eq!((silent.len(), &silent[0]["reason"]), (1, &reason.into()));
        assert!(!json(&machine, &LOCK)["waits"].as_str().unwrap().contains("0_12"));

        let results = tempfile::tempdir().expect("a folder");
        set(&mut machine, |c| c.key.level == "c500000_p0", change);
        put(results.path(), &machine);
        assert!(refused(results.path(), &LONG).contains(reason), "{reason}");
        assert!(json(&machine, &LOCK)["waits"].is_null());
    }
}

#[test]
fn what_you_have_is_told_too() {
    let now = |name: &str| json(&with(&SEEN), &[&LONG[..], &["--now", name]].concat())["now"]["text"].clone();
    assert_eq!(now("std_mutex"), "std_mutex lets a thread starve, for 670 ms of a second");
    assert_eq!(now("parking_lot_fair_mutex"), "parking_lot_fair_mutex bounds a wait, at most 3.20 ms of a second");
    let results = tempfile::tempdir().expect("a folder");
    put(results.path(), &with(&SEEN));
    assert!(refused(results.path(), &[&LONG[..], &["--now", "mutex"]].concat()).contains("std_mutex"));
}

#[test]
fn a_length_that_was_not_measured_is_named_with_what_to_run() {
    let results = tempfile::tempdir().expect("a folder");
    put(results.path(), &machine("here"));
    let line = refused(results.path(), &LONG);
    assert!(line.contains("MISCOUNT_LEVELS=c500000_p0 MISCOUNT_THREADS=2 cargo bench --bench locks"), "{line}");
}

#[test]
fn of_many_locks_those_that_block_are_named() {
    let mut machine = with(&SEEN);
    let spinning = (0..9).map(|n| held_long(&format!("spin_{n}"), "spinning", 1.0 + f64::from(n), 2, 500_000));
    machine.cells.extend(spinning);
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    let answer = json(&machine, &LONG);
    let said = answer["answer"].as_str().unwrap();
    let bounded =
        "`parking_lot_fair_mutex`, `parking_lot_0_12_mutex`, `spin_0` and 8 more bound a wait, at most 9.00 ms";
    assert!(said.contains(bounded), "{said}");
    let named = ["parking_lot_fair_mutex", "parking_lot_0_12_mutex", "spin_0", "std_mutex", "parking_lot_mutex"];
    assert_eq!(answer["named"], serde_json::json!(named));
    let text = asked(&machine, &LONG);
    assert!(text.contains("\nstd_mutex ") && text.contains("more with --all"), "{text}");
}
