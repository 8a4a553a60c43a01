//! The first sentence of an answer: which row it names, for which reason, and when it names none.

use miscount::counter::Grade;
use miscount::results::{Cell, Machine, ReadError};
use serde_json::Value;

use super::{LOCK, asked, json, names, option};
use crate::cells::{around, lock, machine, overhead, reads, set};

const READS: [&str; 4] = ["--threads", "2", "--reads", "90%"];

/// The sentence.
fn says(answer: &Value) -> &str {
    answer["answer"].as_str().expect("a sentence")
}

/// Whether all of `words` are in the sentence, in this order.
fn in_order(answer: &Value, words: &[&str]) {
    let (said, mut at) = (says(answer), 0);
    for word in words {
        let found = said[at..].find(word).unwrap_or_else(|| panic!("no {word:?} after {:?} in {said}", &said[..at]));
        at += found + word.len();
    }
}

/// Locks with these overheads around 100 ns of work inside and 900 outside, with intervals of this width to both sides.
fn with_locks(locks: &[(&str, f64, f64)]) -> Machine {
    let mut machine = machine("here");
    machine.cells.retain(|cell| cell.key.bench != "locks");
    for (name, adds, half) in locks {
        let mut cell = lock(name, "blocking", *adds, 2, (100, 900));
        overhead(around(*adds, *half))(&mut cell);
        machine.cells.push(cell);
    }
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

/// Counters of the reads bench at 90 % reads whose writes cost so much: 1.8 ns and a tenth of it an operation.
fn with_reads(counters: &[(&str, f64, Grade)]) -> Machine {
    let mut machine = machine("here");
    machine.cells.retain(|cell| cell.key.bench != "reads");
    for (name, write, grade) in counters {
        machine.cells.push(reads(name, "atomic", *write, 2, 90, "").with(|c| c.facts.grade = *grade));
    }
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

/// How far its reads lag.
fn lag(median: f64, max: f64) -> impl Fn(&mut Cell) {
    move |cell| {
        let error = ReadError { median, p99: max - 1.0, max, moved: 0.0, checked: 100 };
        cell.figures.reading.as_mut().expect("reads").error = Some(error);
    }
}

#[test]
fn the_answer_begins_with_the_sentence() {
    let text = asked(&machine("here"), &LOCK);
    let answer = json(&machine("here"), &LOCK);
    assert_eq!(text.lines().next(), Some(says(&answer)));
    assert!(says(&answer).ends_with(").") && !says(&answer).contains('\n'));
}

#[test]
fn a_cheapest_one_is_named_with_the_next_and_the_simplest() {
    let answer = json(&machine("here"), &LOCK);
    in_order(
        &answer,
        &[
            "With 100 ns of work inside the lock and 900 ns outside, take `ticket`: it costs 30 ns (29 to 31)",
            "the next, `parking_lot_mutex`, costs 60 ns (59 to 61)",
            "the simplest, `std_mutex`, 90 ns (88 to 92)",
            "(level c100_p900, 2 threads, 10 rounds, 95 % intervals).",
        ],
    );
    assert_eq!((&answer["take"], says(&answer).matches("ticket").count()), (&"ticket".into(), 1));
}

#[test]
fn what_saves_little_of_an_operation_does_not_matter() {
    // Of 1,000 ns and more, 30 ns are no 5 %.
    let answer = json(&with_locks(&[("a", 10.0, 1.0), ("b", 30.0, 1.0), ("std_mutex", 40.0, 1.0)]), &LOCK);
    assert_eq!(option(&answer, "a")["mark"], "cheapest", "told apart, and yet");
    in_order(
        &answer,
        &[
            "it does not matter which exact lock you take, so take `std_mutex`, the simplest",
            "it costs 40 ns (39 to 41) of the 1,040 ns that a use of the lock takes",
            "no other saves more than 32 ns, 3.1 % of that",
        ],
    );
    assert_eq!(answer["take"], "std_mutex");
    // 80 of 1,090 ns are more than that.
    let answer = json(&with_locks(&[("a", 10.0, 1.0), ("b", 30.0, 1.0), ("std_mutex", 90.0, 1.0)]), &LOCK);
    assert_eq!(answer["take"], "a", "{answer:#}");
    assert!(!says(&answer).contains("does not matter"));
}

#[test]
fn a_saving_is_as_large_as_its_interval_allows() {
    let with = |half| json(&with_locks(&[("a", 60.0, half), ("b", 61.0, 1.0), ("std_mutex", 62.0, 1.0)]), &LOCK);
    assert_eq!(with(20.0)["take"], "std_mutex");
    assert!(says(&with(20.0)).contains("saves more than 23 ns"), "62 + 1 less 60 - 20: {}", says(&with(20.0)));
    let wide = with(59.0);
    assert!(says(&wide).contains("nobody can tell") && wide["take"].is_null(), "{wide:#}");
}

#[test]
fn what_may_cost_clearly_more_is_named() {
    let few = [("std_mutex", 20.0, 1.0), ("b", 21.0, 1.0), ("c", 22.0, 1.0), ("dear", 300.0, 1.0)];
    let answer = json(&with_locks(&few), &LOCK);
    in_order(&answer, &["does not matter", "apart from `dear`, which may cost clearly more"]);
    // Where most do, it does matter.
    let many = [&few[..], &[("e", 301.0, 1.0), ("f", 302.0, 1.0), ("g", 303.0, 1.0)]].concat();
    let answer = json(&with_locks(&many), &LOCK);
    in_order(&answer, &["outside, take `std_mutex`, the simplest", "apart from `g`, `f` and 2 more, which may cost"]);
    assert!(!says(&answer).contains("does not matter"));
    // One that looks costlier is not held against the simplest one, however noisy.
    let noisy = [("std_mutex", 20.0, 1.0), ("b", 21.0, 1.0), ("wild", 300.0, 390.0)];
    let answer = json(&with_locks(&noisy), &LOCK);
    assert_eq!(option(&answer, "wild")["mark"], "too_noisy");
    in_order(&answer, &["take `std_mutex`", "apart from `wild`, which may cost clearly more"]);
}

#[test]
fn of_those_that_tie_the_simplest_is_taken() {
    // Too dear against 1,000 ns of work for a small saving, were they told apart.
    let tied = [("a", 1000.0, 60.0), ("b", 1010.0, 60.0), ("std_mutex", 1020.0, 60.0)];
    let answer = json(&with_locks(&tied), &LOCK);
    in_order(
        &answer,
        &[
            "it does not matter which of `a`, `b` and `std_mutex` you take",
            "so take `std_mutex` at 1,020 ns (960 to 1,080), the simplest",
        ],
    );
    // The lowest where the simplest is told to cost more.
    let apart = [("a", 1000.0, 60.0), ("b", 1010.0, 60.0), ("std_mutex", 2000.0, 60.0)];
    let answer = json(&with_locks(&apart), &LOCK);
    in_order(
        &answer,
        &[
            "which of `a` and `b` you take",
            "so take `a` at 1,000 ns (940 to 1,060) (the simplest, `std_mutex`, costs 2,000",
        ],
    );
    assert_eq!(answer["take"], "a");
    // The simplest where it is only too noisy to be placed, and how much it may cost more.
    let noisy = [("a", 1000.0, 60.0), ("b", 1010.0, 60.0), ("std_mutex", 1020.0, 300.0)];
    let answer = json(&with_locks(&noisy), &LOCK);
    in_order(
        &answer,
        &["`std_mutex` is the simplest", "than the lowest, `a`", "at most 380 ns more", "`a` and `b` tie"],
    );
    assert_eq!(answer["take"], "std_mutex");
}

#[test]
fn nothing_is_taken_where_all_are_too_noisy() {
    let answer = json(&with_locks(&[("a", 500.0, 300.0), ("b", 510.0, 300.0), ("std_mutex", 520.0, 300.0)]), &LOCK);
    in_order(
        &answer,
        &[
            "nobody can tell which exact lock is the cheapest",
            "3 exact locks are too noisy (200 to 820 ns)",
            "measure again: run `MISCOUNT_LEVELS=c100_p900 MISCOUNT_THREADS=2 cargo bench --bench locks`",
        ],
    );
    assert!(answer["take"].is_null() && answer["named"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn quick_cells_name_nothing() {
    let mut machine = with_locks(&[("a", 100.0, 1.0), ("std_mutex", 300.0, 1.0)]);
    assert_eq!(json(&machine, &LOCK)["take"], "a");
    set(&mut machine, |c| c.key.subject == "a", |c| c.facts.quick = true);
    let answer = json(&machine, &LOCK);
    assert!(answer["take"].is_null());
    in_order(&answer, &["nobody can tell", "--quick", "measure again"]);
}

#[test]
fn what_lags_is_said_to_and_an_exact_one_stands_beside_it() {
    let mut machine = with_reads(&[
        ("late", 1.0, Grade::Eventual),
        ("fetch_add", 20.0, Grade::Exact),
        ("std_mutex", 90.0, Grade::Exact),
    ]);
    set(&mut machine, |c| c.key.bench == "reads" && c.key.subject == "late", lag(62.0, 1125.0));
    let answer = json(&machine, &READS);
    in_order(
        &answer,
        &[
            "At 90 % reads, `late` is the cheapest at 2 ns",
            "but its reads lag: half of them were 62 or more increments behind the count, the worst 1,125",
            "take `fetch_add`, the cheapest exact one, at 4 ns",
        ],
    );
    assert_eq!((&answer["take"], names(&answer["options"])[0]), (&"fetch_add".into(), "late"));
    let late = option(&answer, "late");
    assert_eq!((&late["read_error_median"], &late["read_error_most"]), (&62.0.into(), &1125.0.into()));

    set(&mut machine, |c| c.key.bench == "reads", |c| c.figures.reading.as_mut().unwrap().error = None);
    assert!(says(&json(&machine, &READS)).contains("by how much was not measured here"));

    // No winner where an exact one cannot be told from it.
    let tied = [("late", 10.0, Grade::Eventual), ("fetch_add", 10.01, Grade::Exact), ("std_mutex", 90.0, Grade::Exact)];
    let answer = json(&with_reads(&tied), &READS);
    assert_eq!(answer["take"], "fetch_add");
    assert!(!says(&answer).contains("late"), "{}", says(&answer));
}

#[test]
fn exact_ones_that_tie_beside_what_lags_are_counted() {
    let tied = [
        ("late", 1.0, Grade::Eventual),
        ("a", 40.0, Grade::Exact),
        ("fetch_add", 40.1, Grade::Exact),
        ("std_mutex", 90.0, Grade::Exact),
    ];
    let answer = json(&with_reads(&tied), &READS);
    in_order(
        &answer,
        &["`late` is the cheapest", "none in the middle", "take `fetch_add` at 6 ns", "one of 2 exact ones that tie"],
    );
}

#[test]
fn a_second_measurement_is_no_option() {
    let mut machine = machine("here");
    set(&mut machine, |c| c.key.variant == "again", overhead(around(1.0, 0.01)));
    let answer = json(&machine, &LOCK);
    let told: Vec<String> = [&answer["options"], &answer["not_ranked"], &answer["winners"], &answer["crossover"]]
        .iter()
        .map(|part| part.to_string())
        .filter(|part| part.contains("again"))
        .collect();
    assert!(told.is_empty() && !says(&answer).contains("std_mutex again"), "{told:?}");
    assert!(answer["notes"].to_string().contains("std_mutex again are the same thing measured twice: told apart"));
}

#[test]
fn a_difference_no_larger_than_that_of_one_thing_measured_twice_names_nothing() {
    let mut machine = machine("here");
    assert_eq!(json(&machine, &LOCK)["take"], "ticket", "30 ns before the next");
    set(&mut machine, |c| c.key.variant == "again", overhead(around(119.0, 1.0)));
    assert_eq!(json(&machine, &LOCK)["take"], "ticket", "29 ns apart");
    set(&mut machine, |c| c.key.variant == "again", overhead(around(121.0, 1.0)));
    let answer = json(&machine, &LOCK);
    assert!(answer["take"].is_null());
    in_order(&answer, &["nobody can tell", "one lock measured twice differed by 31 ns"]);
}

#[test]
fn a_cost_below_nothing_is_no_figure() {
    let answer = json(&with_locks(&[("a", 10.0, 1.0), ("std_mutex", -40.0, 80.0), ("b", 9.0, 1.0)]), &LOCK);
    assert!(!says(&answer).contains("-40"), "{}", says(&answer));
    let answer = json(&with_locks(&[("std_mutex", -40.0, 80.0)]), &LOCK);
    in_order(&answer, &["only `std_mutex` can be ranked: it costs up to 40 ns"]);
}

#[test]
fn what_is_not_shown_is_counted() {
    let names: Vec<String> = (0..12).map(|n| format!("lock_{n:02}")).collect();
    // Nine that tie, and then three, four with the simplest, that do not.
    let costs = names.iter().enumerate().map(|(n, name)| {
        let adds = if n < 9 { 1000.0 + n as f64 } else { 3000.0 + 300.0 * n as f64 };
        (name.as_str(), adds, 60.0)
    });
    let mut locks: Vec<(&str, f64, f64)> = costs.collect();
    locks.push(("std_mutex", 9000.0, 60.0));
    let machine = with_locks(&locks);
    let rows = |text: &str| text.lines().filter(|l| l.starts_with("lock_") || l.starts_with("std_mutex")).count();
    let short = asked(&machine, &LOCK);
    // Six of the nine, three of the four, and the simplest, which the sentence names.
    assert_eq!(rows(&short), 10, "{short}");
    assert!(short.contains("\n3 more with --all (3 of them cannot be told from the lowest either)\n"), "{short}");
    let own = asked(&machine, &[&LOCK[..], &["--now", "lock_08"]].concat());
    assert!(own.contains("\nlock_08 ") && own.contains("\n2 more with --all"), "what the asker has: {own}");
    let all = asked(&machine, &[&LOCK[..], &["--all"]].concat());
    assert_eq!(rows(&all), 13, "{all}");
    assert!(!all.contains("with --all"), "{all}");
    assert_eq!(json(&machine, &LOCK)["options"].as_array().map(Vec::len), Some(13), "all in JSON");
}

#[test]
fn what_is_not_ranked_is_counted_by_reason() {
    let ask = ["--threads", "2", "--think", "0"];
    let short = asked(&machine("here"), &ask);
    assert!(short.contains("\nnot ranked: 2 x loses updates (names with --all)\n"), "{short}");
    assert!(!short.contains("load_store"), "{short}");
    assert!(asked(&machine("here"), &[&ask[..], &["--all"]].concat()).contains("\n  load_store_padded  loses updates"));
}
