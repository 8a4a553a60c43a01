//! Does `miscount choose` rank only rows that may be ranked, call a tie a tie and noise noise, and say so when it
//! cannot answer? Also the articles' claims, which follow the same rules. All results are made up.

#[path = "choose/advice.rs"]
mod advice;
use crate::cells;
#[path = "choose/held.rs"]
mod held;
#[path = "choose/many.rs"]
mod many;
use crate::page;

use std::path::Path;
use std::process::{Command, Output};

use cells::{around, machine, overhead, put, set};
use miscount::claims::{Finding, claims};
use miscount::counter::Grade;
use miscount::report::page as web;
use miscount::results::{Cell, Machine};
use miscount::round::Verdict;
use serde_json::Value;

const LOCK: [&str; 6] = ["--threads", "2", "--critical", "100ns", "--parallel", "900ns"];

/// Runs the command on a results folder.
fn choose(results: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MISCOUNT_")) {
        command.env_remove(name);
    }
    command.env("MISCOUNT_MACHINE", "here").env("MISCOUNT_RESULTS", results);
    command.arg("choose").args(args).current_dir(results).output().expect("it runs")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Its answer on one machine.
fn asked(machine: &Machine, args: &[&str]) -> String {
    let results = tempfile::tempdir().expect("a folder");
    put(results.path(), machine);
    text(&choose(results.path(), args))
}

fn json(machine: &Machine, args: &[&str]) -> Value {
    serde_json::from_str(&asked(machine, &[args, &["--json"]].concat())).expect("JSON")
}

/// The one line with which it refuses.
fn refused(results: &Path, args: &[&str]) -> String {
    let output = choose(results, args);
    let line = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {line}");
    assert!(output.stdout.is_empty() && line.lines().count() == 1, "{args:?}: {line}");
    line
}

fn option<'v>(answer: &'v Value, name: &str) -> &'v Value {
    let found = answer["options"].as_array().expect("options").iter().find(|o| o["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {answer:#}"))
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|o| o["name"].as_str().expect("a name")).collect()
}

// ---- the three forms ---------------------------------------------------------------------------

#[test]
fn a_counter_is_ranked_by_net_cost() {
    let answer = json(&machine("here"), &["--threads", "2", "--think", "0", "--now", "std_mutex"]);
    assert_eq!((&answer["bench"], &answer["levels"]), (&"counters".into(), &serde_json::json!(["saturated"])));
    let best = names(&answer["options"])[0].to_owned();
    assert_eq!((best.as_str(), &option(&answer, &best)["mark"]), ("per_thread", &"cheapest".into()));
    let cost = |name: &str| option(&answer, name)["cost"]["median"].as_f64().unwrap();
    assert!((cost("fetch_add") - 15.7).abs() < 1e-6, "net, not the gross 16.0");
    let costs: Vec<f64> = names(&answer["options"]).iter().skip(1).map(|name| cost(name)).collect();
    assert!(costs.is_sorted(), "{costs:?}");
    assert_eq!(option(&answer, "std_mutex")["jain"], 0.98, "from the locks bench, c0_p0");
    assert!(option(&answer, "fetch_add")["jain"].is_null(), "no lock");
}

#[test]
fn a_lock_is_ranked_by_what_it_adds_with_fairness_and_tail() {
    let text = asked(&machine("here"), &LOCK);
    let line = |name: &str| text.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    for word in ["net ns/op", "Jain", "p99.9 wait, ns", "longest wait, ns", "95 % interval"] {
        assert!(line("option").contains(word), "{text}");
    }
    let ticket: Vec<&str> = line("ticket").split_whitespace().collect();
    assert_eq!(ticket[1..4], ["spinning", "exact", "30"]);
    assert!(line("ticket").contains("0.980") && line("ticket").contains("4,321") && line("ticket").contains("98,765"));
    assert!(!text.contains("no_lock") && text.contains("level c100_p900"), "{text}");

    let mut bare = machine("here");
    set(&mut bare, |c| c.key.bench == "locks", |c| (c.figures.jain, c.figures.waits) = (None, None));
    let text = asked(&bare, &LOCK);
    assert_eq!(text.lines().find(|l| l.starts_with("ticket")).unwrap().matches("not measured").count(), 3, "{text}");
}

#[test]
fn oversubscribed_locks_have_only_gross_costs_and_it_says_so() {
    let text = asked(&machine("here"), &["--threads", "4", "--critical", "100ns", "--parallel", "900ns"]);
    assert!(text.contains("gross ns/op") && text.contains("note: costs are gross"), "{text}");
    assert!(text.contains("oversubscribed: more threads than the 2 usable CPUs"), "{text}");
    assert!(text.contains(">= 98,765"), "waits were still open: {text}");
    assert!(text.contains("; 2: ") && text.contains("4*: "), "{text}");
}

#[test]
fn a_mix_is_the_sum_of_its_parts() {
    let machine = machine("here");
    let answer = json(&machine, &["--threads", "2", "--reads", "90%"]);
    let fetch_add = option(&answer, "fetch_add");
    assert!((fetch_add["cost"]["median"].as_f64().unwrap() - (0.9 * 2.0 + 0.1 * 10.0)).abs() < 1e-9);
    assert_eq!((&fetch_add["read_error_p99"], &fetch_add["longest_write_ns"]), (&3.0.into(), &777.0.into()));
    assert_eq!(json(&machine, &["--threads", "2", "--reads", "90%", "--think", "1us"])["levels"][0], "r90_moderate");
    let text = asked(&machine, &["--threads", "2", "--reads", "90%"]);
    assert!(text.contains("longest write, ns") && text.contains("p99 read error"), "{text}");
}

// ---- ranking -----------------------------------------------------------------------------------

#[test]
fn what_loses_is_never_ranked() {
    let mut machine = machine("here");
    // An exact one that lost in another bench is wrong everywhere.
    let lost = |c: &Cell| c.key.bench == "counters" && c.key.subject == "std_mutex" && c.key.level == "low";
    set(&mut machine, lost, |c| c.figures.loss_rate.as_mut().unwrap().max = 0.01);
    let questions: [&[&str]; 6] = [
        &["--think", "0"],
        &["--think", "300ns"],
        &["--reads", "90%"],
        &["--reads", "70%", "--think", "1us"],
        &["--critical", "0", "--parallel", "0"],
        &["--critical", "300ns", "--parallel", "700ns"],
    ];
    for question in questions {
        for threads in ["1", "2", "4"] {
            let answer = json(&machine, &[&["--threads", threads], question].concat());
            let wrong = |name: &&str| name.starts_with("load_store") || *name == "std_mutex";
            assert!(!names(&answer["options"]).iter().any(wrong), "{question:?}: {answer:#}");
            assert!(names(&answer["not_ranked"]).iter().any(wrong), "{question:?}: {answer:#}");
            let won = answer["winners"].to_string();
            assert!(!won.contains("load_store") && !won.contains("\"std_mutex\""), "{won}");
        }
    }
    let answer = asked(&machine, &["--threads", "2", "--think", "0", "--now", "load_store"]);
    assert!(answer.contains("now: load_store is wrong at any speed"), "{answer}");
    assert!(machine.cells.iter().any(|c| c.facts.grade == Grade::Racy));
}

#[test]
fn a_tie_is_called_one_and_noise_never_is() {
    let mut machine = machine("here");
    let at =
        |name: &'static str| move |c: &Cell| c.key.subject == name && c.key.level == "c100_p900" && c.key.threads == 2;
    let now = [&LOCK[..], &["--now", "ticket"]].concat();
    set(&mut machine, at("parking_lot_mutex"), overhead(around(31.0, 1.0)));
    let text = asked(&machine, &now);
    assert!(text.contains("which of `ticket` and `parking_lot_mutex` you take"), "{text}");
    assert!(text.contains("now: ticket against parking_lot_mutex: a tie"), "{text}");

    set(&mut machine, at("parking_lot_mutex"), overhead(around(50.0, 25.0)));
    let text = asked(&machine, &now);
    assert!(text.contains("nobody can tell which exact lock is the cheapest"), "{text}");
    assert!(text.contains("now: ticket against parking_lot_mutex: too noisy to tell"), "{text}");
    let marks =
        json(&machine, &LOCK)["options"].as_array().unwrap().iter().map(|o| o["mark"].clone()).collect::<Vec<_>>();
    assert_eq!(marks[..2], ["too_noisy", "too_noisy"]);

    set(&mut machine, at("parking_lot_mutex"), overhead(around(90.0, 1.0)));
    assert!(asked(&machine, &now).contains("outside, take `ticket`: it costs 30 ns"));
}

#[test]
fn the_same_lock_twice_is_a_null_pair_and_no_option() {
    let mut machine = machine("here");
    set(
        &mut machine,
        |c| c.key.bench == "locks" && c.key.subject != "std_mutex",
        |c| c.facts.verdict = Verdict::Preempted,
    );
    let answer = asked(&machine, &[&LOCK[..], &["--all"]].concat());
    assert!(answer.contains("only `std_mutex` can be ranked") && !answer.contains("\nstd_mutex again"), "{answer}");
    assert!(
        answer.contains("null pair: std_mutex and std_mutex again are the same thing measured twice: tie"),
        "{answer}"
    );
    assert!(answer.contains("ticket             preempted: a thread waited for a CPU"), "{answer}");

    set(&mut machine, |c| c.key.variant == "again", overhead(around(75.0, 30.0)));
    let answer = asked(&machine, &LOCK);
    assert!(answer.contains("measured twice: too noisy"), "{answer}");

    set(&mut machine, |c| c.key.variant == "again", overhead(around(160.0, 1.0)));
    assert!(asked(&machine, &LOCK).contains("measured twice: told apart, so differences of that size mean nothing"));
}

#[test]
fn what_is_below_the_resolution_is_no_figure() {
    let answer = asked(&machine("here"), &["--threads", "2", "--think", "10us"]);
    assert!(
        answer.contains("< 160") && answer.contains("all of it") && answer.contains("take `fetch_add`"),
        "{answer}"
    );
    let json = json(&machine("here"), &["--threads", "2", "--think", "10us"]);
    assert!(json["options"].as_array().unwrap().iter().all(|o| o["cost"].is_null() && o["mark"] == "tie"), "{json:#}");
}

#[test]
fn what_you_have_is_compared_with_the_best() {
    let answer = json(&machine("here"), &[&LOCK[..], &["--now", "std_mutex"]].concat());
    let now = &answer["now"];
    assert_eq!((&now["best"], &now["order"]), (&"ticket".into(), &"costlier".into()));
    assert!((now["difference_ns"]["median"].as_f64().unwrap() - 60.0).abs() < 1e-6);
    assert!((now["difference_ns"]["low"].as_f64().unwrap() - 57.6).abs() < 1e-6, "88.2 - 30.6");
    assert!((now["ratio"]["median"].as_f64().unwrap() - 3.0).abs() < 1e-6);
    let text = now["text"].as_str().unwrap();
    assert!(text.contains("costs 60 (58 to 62) ns more than ticket, 3.00 (2.88 to 3.12) times"), "{text}");
    let best = json(&machine("here"), &[&LOCK[..], &["--now", "ticket"]].concat());
    assert!(best["now"]["text"].as_str().unwrap().contains("30 (28 to 32) ns less than parking_lot_mutex"));
}

#[test]
fn a_change_of_order_lies_between_measured_points() {
    let mut machine = machine("here");
    set(&mut machine, |c| c.key.subject == "ticket" && c.key.level == "c500_p500", overhead(around(500.0, 5.0)));
    set(&mut machine, |c| c.key.subject == "ticket" && c.key.level == "c1000_p0", overhead(around(900.0, 5.0)));
    let answer = json(&machine, &LOCK);
    let change = &answer["crossover"]["changes"][0];
    assert_eq!((&change["from"], &change["to"]), (&100.0.into(), &500.0.into()), "{answer:#}");
    assert_eq!(change["cheaper_before"], "ticket");
    assert!(answer["winner_changes_at"].is_null(), "{answer:#}");
    set(
        &mut machine,
        |c| c.key.bench == "locks" && c.key.subject == "ticket" && c.key.threads == 1,
        overhead(around(99.0, 1.0)),
    );
    assert_eq!(json(&machine, &LOCK)["winner_changes_at"], 2);
}

#[test]
fn between_two_points_a_cost_lies_between_theirs() {
    let machine = machine("here");
    let cost = |args: &[&str], name: &str| option(&json(&machine, args), name)["cost"].clone();
    let between = |args: &[&str], name: &str, levels: [&str; 2], low: f64, high: f64| {
        let answer = json(&machine, args);
        assert_eq!(answer["levels"], serde_json::json!(levels));
        assert!(answer["notes"].to_string().contains("interpolated between"), "{answer:#}");
        let cost = &option(&answer, name)["cost"];
        let [a, m, b] = ["low", "median", "high"].map(|end| cost[end].as_f64().unwrap());
        assert!(low < a && a < m && m < b && b < high, "{args:?}: {cost}");
    };
    between(&["--threads", "2", "--think", "300ns"], "channel", ["high", "moderate"], 10.0, 120.0);
    between(&["--threads", "2", "--reads", "70%"], "std_mutex", ["r50", "r90"], 6.0, 27.0);
    let lock = ["--threads", "2", "--critical", "300ns", "--parallel", "700ns"];
    assert_eq!(cost(&lock, "ticket")["median"], 30.0, "the same at both ends");
    assert_eq!(json(&machine, &lock)["levels"], serde_json::json!(["c100_p900", "c500_p500"]));
}

#[test]
fn mixed_runs_and_quick_cells_are_flagged() {
    let mut machine = machine("here");
    set(&mut machine, |c| c.key.subject == "ticket", |c| (c.facts.run, c.facts.quick) = ("r0".into(), true));
    let answer = asked(&machine, &LOCK);
    assert!(answer.contains("mixed: the cells come from 2 runs (r0, r1)"), "{answer}");
    assert!(answer.contains("1 of 3 cells were taken with --quick"), "{answer}");
}

// ---- when it cannot answer ---------------------------------------------------------------------

#[test]
fn it_says_when_it_cannot_answer() {
    let results = tempfile::tempdir().expect("a folder");
    let mut machine = machine("here");
    machine.cells.retain(|c| c.key.level != "low");
    put(results.path(), &machine);
    let cases: [(&[&str], &[&str]); 15] = [
        (&["--think", "0"], &["--threads 2"]),
        (&["--threads", "3", "--think", "0"], &["1, 2, 4", "`MISCOUNT_THREADS=3 cargo bench --bench counters`"]),
        (&["--threads", "2", "--think", "50ns"], &["between none and the least nothing says"]),
        (&["--threads", "2", "--think", "5us"], &["MISCOUNT_LEVELS=moderate,low MISCOUNT_THREADS=2"]),
        (&["--threads", "2", "--think", "1s"], &["no level of the bench would answer it"]),
        (&["--threads", "2", "--think", "soon"], &["--think \"soon\": give a time"]),
        (&["--threads", "2", "--critical", "200ns", "--parallel", "900ns"], &["--critical 100ns --parallel 900ns"]),
        (&["--threads", "2", "--critical", "200ns"], &["both --critical and --parallel"]),
        (&["--threads", "2", "--reads", "0.9"], &["percent", "90%"]),
        (&["--threads", "2", "--reads", "90%", "--think", "2us"], &["not measured at 2 threads with that think time"]),
        (&["--threads", "2", "--think", "0", "--now", "mutex"], &["--now \"mutex\"", "std_mutex"]),
        (&["--threads", "2", "--think", "0", "--placement", "siblings"], &["MISCOUNT_PLACEMENT=siblings"]),
        (&["--threads", "2", "--think", "1us", "--critical", "1us"], &["--critical 1us --parallel 1us`\n"]),
        (
            &["--threads", "2", "--think", "1us", "--critical", "0"],
            &["--critical 0ns --parallel 1us` (cell c0_p1000 of"],
        ),
        (&["--threads", "2", "--reads", "90%", "--critical", "1us"], &["--reads", "bench locks", "r90"]),
    ];
    for (args, words) in cases {
        let line = refused(results.path(), args);
        for word in words {
            assert!(line.contains(word), "{args:?}: no {word:?} in {line}");
        }
    }
    set(&mut machine, |c| c.key.bench == "counters", |c| c.facts.verdict = Verdict::Serialised);
    put(results.path(), &machine);
    let line = refused(results.path(), &["--threads", "2", "--think", "0"]);
    assert!(line.contains("can be ranked") && line.contains("x serialised"), "{line}");
    set(&mut machine, |c| c.key.bench == "counters", |c| c.facts.verdict = Verdict::Oversubscribed);
    for (allowed, says) in [("5", "oversubscribed: its run had 1 of the CPUs"), ("0-1", "its own helper threads")] {
        machine.runs.values_mut().for_each(|run| run.allowed = Some(allowed.into()));
        put(results.path(), &machine);
        let line = refused(results.path(), &["--threads", "2", "--think", "0"]);
        assert!(line.contains(says), "{line}");
    }
}

#[test]
fn a_row_without_a_neighbour_is_not_made_up() {
    let mut machine = machine("here");
    machine.cells.retain(|c| c.key.subject != "ticket" || c.key.level != "c500_p500");
    let answer = json(&machine, &["--threads", "2", "--critical", "600ns", "--parallel", "400ns"]);
    assert_eq!(names(&answer["options"])[0], "parking_lot_mutex");
    // Between its own neighbours, further apart, it would be an answer to another question.
    assert_eq!(names(&answer["not_ranked"]), ["ticket"]);
    assert_eq!(answer["not_ranked"][0]["reason"], "not measured at c500_p500 and c1000_p0");
}

// ---- machines ----------------------------------------------------------------------------------

#[test]
fn any_machine_can_be_asked() {
    let results = tempfile::tempdir().expect("a folder");
    let ask = ["--threads", "4", "--think", "0"];

    fn on(id: &str) -> [&str; 6] {
        ["--threads", "4", "--think", "0", "--machine", id]
    }
    let line = refused(results.path(), &ask);
    assert!(line.contains("no results to choose from"), "{line}");
    put(results.path(), &machine("there"));
    assert!(text(&choose(results.path(), &ask)).contains("\nthere: 4 threads"), "the only one");
    put(results.path(), &machine("elsewhere"));
    let line = refused(results.path(), &ask);
    assert!(line.contains("elsewhere, there"), "{line}");
    assert!(text(&choose(results.path(), &on("there"))).contains("\nthere: "));
    assert!(
        refused(results.path(), &on("nowhere")).contains("\"nowhere\": no such machine; known are elsewhere, there")
    );
    put(results.path(), &machine("here"));
    assert!(text(&choose(results.path(), &ask)).contains("\nhere: "), "this machine before all others");

    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/published/icelake-4c.json");
    let by_path = text(&choose(results.path(), &on(published.to_str().expect("text"))));
    assert!(by_path.contains("\nicelake-4c (published by others): 4 threads"), "{by_path}");
    assert!(
        by_path.contains("gross ns/op") && by_path.contains("note: published by others, not measured"),
        "{by_path}"
    );
    std::fs::create_dir(results.path().join("published")).unwrap();
    std::fs::copy(&published, results.path().join("published/icelake-4c.json")).unwrap();
    assert_eq!(text(&choose(results.path(), &on("icelake-4c"))), by_path);
    assert!(
        refused(results.path(), &[&LOCK[..], &["--machine", "icelake-4c"]].concat()).contains("published by others")
    );
    let folder = results.path().join("there");
    assert!(text(&choose(results.path(), &on(folder.to_str().expect("text")))).contains("\nthere: "));
}

// ---- claims ------------------------------------------------------------------------------------

#[test]
fn claims_follow_the_cells() {
    let mut machine = machine("here");
    machine.cells.push(cells::reads("std_rwlock", "blocking", 50.0, 1, 90, ""));
    machine.cells.push(cells::reads("std_rwlock", "blocking", 90.0, 2, 90, ""));
    let found = |machine: &Machine| -> Vec<Finding> { claims(machine).iter().map(|c| c.finding).collect() };
    use Finding::{DoesNotHold, Holds, Mixed, NotMeasured};
    // A lock costs 3 to 90 ns; the mutex costs the same at both counts; 2,030 ns shrink to 1,030.
    assert_eq!(found(&machine), [DoesNotHold, DoesNotHold, DoesNotHold, Holds, Mixed]);
    set(&mut machine, |c| c.key.level == "c0_p0" && c.key.threads == 1, overhead(around(150.0, 2.0)));
    set(&mut machine, |c| c.key.level == "c0_p0" && c.key.threads == 2, overhead(around(2000.0, 2.0)));
    set(
        &mut machine,
        |c| c.key.bench == "locks" && c.key.level == "c0_p1000",
        |c| {
            c.figures.ns_per_op_per_thread = Some(around(5000.0, 1.0));
        },
    );
    set(
        &mut machine,
        |c| c.key.bench == "reads" && c.key.subject == "std_mutex" && c.key.threads == 2,
        |c| {
            c.figures.reading.as_mut().unwrap().write_ns = Some(around(500.0, 1.0));
        },
    );
    machine.cells.retain(|c| c.key.bench != "counters" || c.key.level == "saturated");
    set(
        &mut machine,
        |c| c.key.bench == "counters" && c.key.subject == "fetch_add",
        |c| {
            c.figures.net_ns_per_op = Some(around(1.5, 0.01));
        },
    );
    assert_eq!(found(&machine), [Holds, Holds, Holds, DoesNotHold, Holds]);
    let lock = &claims(&machine)[0].figures[0];
    assert_eq!(lock.what, "parking_lot_mutex, 1 thread, locks c0_p0, spread");
    assert_eq!(lock.measured, "150 (148 to 152) ns net");
    let shown = page::opened(&web::render(std::slice::from_ref(&machine), &[])).to_string();
    assert!(shown.contains("\"does_not_hold\"") && shown.contains("parking_lot_mutex, 1 thread, locks c0_p0"));

    machine.cells.retain(|c| c.key.bench == "peers");
    assert_eq!(found(&machine), [NotMeasured; 5]);
    assert!(claims(&machine)[2].verdict.contains("run `cargo bench --bench reads`"));
}
