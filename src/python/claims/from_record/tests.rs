use super::*;
use crate::claims::Finding;
use crate::hazard::Anomalies;
use crate::python::claims::claims;
use crate::samples::{around, cell, costing, losing, machine, python};

const OLD: &str = "cpython_3_9";
const FREE: &str = "cpython_3_13_5t";
const NOTHING: [f64; 3] = [0.0; 3];

/// A cell at 2 threads and 5 ms.
fn plain(variant: &str, lost: [f64; 3]) -> Cell {
    at("py_plain", variant, 2, "switch_5ms", lost)
}

fn at(subject: &str, variant: &str, threads: usize, level: &str, lost: [f64; 3]) -> Cell {
    losing(lost, python(subject, variant, threads, level)).with(|c| c.facts.label = variant.into())
}

fn judged(verdict: Verdict, cell: Cell) -> Cell {
    cell.with(|c| c.facts.verdict = verdict)
}

/// What the figures of one claim are of, what they say, and whether that agrees.
fn figures(claim: fn(&Record) -> Vec<Figure>, cells: Vec<Cell>) -> Vec<(String, String, Says)> {
    let machine = machine(cells);
    let record = Record::of(&machine).expect("an interpreter");
    claim(&record).into_iter().map(|f| (f.what, f.measured, f.says)).collect()
}

fn says(claim: fn(&Record) -> Vec<Figure>, cells: Vec<Cell>) -> Vec<Says> {
    figures(claim, cells).into_iter().map(|(.., says)| says).collect()
}

#[test]
fn what_was_not_measured_says_what_to_run() {
    let verdicts: Vec<String> =
        claims(&machine(vec![cell("counters", "a", 1, "saturated")])).into_iter().map(|c| c.verdict).collect();
    let full = "not measured here: run `MISCOUNT_FULL=1 cargo bench --bench interpreters`";
    let expected = [
        "not measured here: run `cargo bench --bench interpreters`",
        "not measured here: every round gave each thread more than 5 ms; `miscount articles` runs the articles' own, shorter ones",
        full,
        full,
        full,
        full,
        "not measured here: no cell can tell; `miscount articles` asks each interpreter",
    ];
    assert_eq!(verdicts, expected);
    let found = claims(&machine(vec![plain(OLD, NOTHING)])).swap_remove(0);
    assert_eq!((found.finding, found.verdict.as_str(), found.figures.len()), (Finding::Holds, "holds", 1));
}

#[test]
fn the_uncontended_claim_is_of_one_thread_and_the_contended_one_of_two() {
    let cost = |threads: usize, ns: f64| {
        at("py_lock", OLD, threads, "switch_5ms", NOTHING).with(|c| c.figures.net_ns_per_op = Some(around(ns, 1.0)))
    };
    let findings = |one: f64, two: f64| {
        let all = claims(&machine(vec![cost(1, one), cost(2, two)]));
        ["uncontended", "µs contended"].map(|end| all.iter().find(|c| c.text.ends_with(end)).unwrap().finding)
    };
    assert_eq!(findings(300.0, 5_000.0), [Finding::Holds; 2]);
    assert_eq!(findings(600.0, 300.0), [Finding::DoesNotHold; 2]);
    assert_eq!(findings(500.5, 10_000.5), [Finding::Unclear; 2], "across the edge");
    assert_eq!(findings(99.5, 999.5), [Finding::Unclear; 2]);
}

#[test]
fn a_loss_is_written_with_what_speaks_against_it() {
    let of = |attempted| plain(OLD, [0.25; 3]).with(|c| c.figures.attempted = attempted);
    let unknown = python("py_plain", OLD, 1, "switch_5ms").with(|c| c.figures.loss_rate = None);
    let text = losses(&[&of(None), &judged(Verdict::Preempted, of(Some(4_000))), &unknown]);
    assert_eq!(text, "lost at 2 threads: 25.0 %; 2 threads: 25.0 % of 4,000, preempted; 1 thread: ?");
}

#[test]
fn one_lost_update_is_enough_and_none_only_where_rounds_could_lose() {
    let lost = plain(OLD, NOTHING).with(|c| c.figures.lost = Some(1));
    assert_eq!(says(never_races, vec![lost]), [Says::No]);
    assert_eq!(says(never_races, vec![plain(OLD, NOTHING)]), [Says::Yes]);
    let four = |cell: Cell| cell.with(|c| c.key.threads = 4);
    assert_eq!(says(never_races, vec![plain(OLD, NOTHING), four(plain(OLD, [0.5; 3]))]), [Says::No]);
    assert_eq!(
        says(never_races, vec![judged(Verdict::Short, plain(OLD, NOTHING)), four(plain(OLD, NOTHING))]),
        [Says::Unclear]
    );
    assert_eq!(says(never_races, vec![plain("pypy_7_3_19_py311", NOTHING)]), [Says::Yes]);
    let what = &figures(never_races, vec![plain(OLD, NOTHING)])[0];
    assert_eq!((what.0.as_str(), what.1.as_str()), ("cpython_3_9, self.val += 1, 5 ms", "lost at 2 threads: 0 %"));
    // Alone nobody races; without a lock to wait for, or at another interval, it is another question.
    let other = vec![
        plain(FREE, [0.5; 3]),
        plain("jython_2_7_3", [0.5; 3]),
        at("py_plain", OLD, 1, "switch_5ms", [0.5; 3]),
        at("py_plain", OLD, 2, "switch_5us", [0.5; 3]),
        at("py_lock", OLD, 2, "switch_5ms", NOTHING),
        at("py_global", OLD, 2, "switch_5ms", NOTHING).with(|c| c.figures.loss_rate = None),
    ];
    assert!(figures(never_races, other).is_empty());
    let ways =
        ["py_plain", "py_global", "py_explicit", "py_int_conversion"].map(|way| at(way, OLD, 2, "switch_5ms", NOTHING));
    assert_eq!(says(never_races, ways.into()).len(), 4);
}

#[test]
fn a_turn_shorter_than_the_interval_should_lose_nothing() {
    let of = |sample_ms, lost: f64| vec![plain(OLD, [lost; 3]).with(|c| c.figures.sample_ms = sample_ms)];
    let found = figures(outlasts, of(Some(9.0), 0.0));
    assert_eq!(
        found,
        [(
            "cpython_3_9, self.val += 1, 5 ms".to_owned(),
            "4.50 ms a thread; lost at 2 threads: 0 %".to_owned(),
            Says::Yes
        )]
    );
    assert_eq!(says(outlasts, of(Some(9.0), 0.1)), [Says::No]);
    // Two threads take turns for 5 ms each, or longer.
    assert!(says(outlasts, of(Some(10.0), 0.0)).is_empty() && says(outlasts, of(Some(11.0), 0.0)).is_empty());
    assert!(says(outlasts, of(None, 0.0)).is_empty());
}

#[test]
fn the_shortest_interval_is_held_against_the_longest() {
    let between = |long: Cell, short: Cell| {
        let short = short.with(|c| c.key.level = "switch_5us".into());
        // What lies between is shown and decides nothing.
        vec![long, at("py_plain", OLD, 2, "switch_50us", [0.9; 3]), short]
    };
    let exposed = |long: [f64; 3], short: [f64; 3]| says(exposes, between(plain(OLD, long), plain(OLD, short)));
    // The middle round of the one against the worst of the other.
    assert_eq!(exposed([0.1, 0.1, 0.2], [0.3, 0.2, 0.4]), [Says::Yes]);
    assert_eq!(exposed([0.3, 0.2, 0.4], [0.1, 0.1, 0.2]), [Says::No]);
    assert_eq!(
        exposed([0.25, 0.25, 0.375], [0.375, 0.25, 0.5]),
        [Says::Unclear],
        "the middle is no more than the worst"
    );
    assert_eq!(exposed([0.375, 0.25, 0.5], [0.25, 0.25, 0.375]), [Says::Unclear]);
    // Up to a hundredth counts as nothing.
    assert_eq!(exposed([0.0, 0.0, 0.0], [LEAST_LOSS, 0.005, 0.02]), [Says::No], "nothing at either");
    assert_eq!(exposed([0.0, 0.0, 0.0], [0.0101, 0.005, 0.02]), [Says::Yes]);
    assert_eq!(exposed([0.0101, 0.005, 0.02], NOTHING), [Says::No]);
    assert_eq!(exposed([0.2; 3], [0.2; 3]), [Says::Unclear], "both lose alike");
    assert_eq!(exposed([0.2; 3], [0.01, 0.0, 0.4]), [Says::Unclear], "one loses, and no more than the other");
    assert_eq!(exposed([0.01, 0.0, 0.4], [0.2; 3]), [Says::Unclear]);
    let short = |cell| judged(Verdict::Short, cell);
    let (kept, other) = (plain(OLD, NOTHING), plain(OLD, NOTHING));
    assert_eq!(says(exposes, between(short(kept.clone()), other.clone())), [Says::Unclear]);
    assert_eq!(says(exposes, between(kept.clone(), short(other))), [Says::Unclear]);

    let found = &figures(exposes, between(plain(OLD, [0.1, 0.1, 0.2]), plain(OLD, [0.3; 3])))[0];
    assert_eq!(found.0, "cpython_3_9, self.val += 1, 2 threads");
    assert_eq!(found.1, "lost 10.0 % (10.0 % to 20.0 %) at 5 ms, 90.0 % at 50 µs, 30.0 % at 5 µs");
    // At one interval there is nothing to compare, and alone nobody loses.
    assert!(figures(exposes, vec![kept]).is_empty());
    let alone = ["switch_5ms", "switch_5us"].map(|level| at("py_plain", OLD, 1, level, [0.2; 3]));
    assert!(figures(exposes, alone.into()).is_empty());
}

#[test]
fn a_check_and_an_act_are_two_steps() {
    let replaced = |lost: f64| at("py_replace_under_lock", OLD, 2, "switch_5ms", [lost; 3]);
    let seen = |seen: u64, cell: Cell| {
        cell.with(|c| {
            c.figures.anomalies = Some(Anomalies { kind: "torn".into(), seen, of: 5_000 });
            c.figures.loss_rate = None;
        })
    };
    let checked = |n: u64| seen(n, at("py_check_then_append", OLD, 2, "switch_5ms", NOTHING));
    assert_eq!(says(check_then_act, vec![replaced(0.0), checked(3)]), [Says::Yes; 2]);
    assert_eq!(
        says(check_then_act, vec![replaced(0.5), checked(0)]),
        [Says::No, Says::Unclear],
        "what was not seen may be possible"
    );
    assert_eq!(says(check_then_act, vec![judged(Verdict::Short, replaced(0.0))]), [Says::Unclear]);
    assert_eq!(says(check_then_act, vec![seen(1, replaced(0.0))]), [Says::No], "nothing lost, and torn");
    assert_eq!(says(check_then_act, vec![seen(0, replaced(0.0))]), [Says::Yes]);
    let more = judged(Verdict::Preempted, replaced(0.25)).with(|c| c.key.threads = 4);
    let found = figures(check_then_act, vec![replaced(0.0), more, checked(1_234)]);
    assert_eq!(found[0].0, "cpython_3_9, a tuple replaced under a lock, 5 ms");
    assert_eq!(found[0].1, "lost at 2 threads: 0 %; lost at 4 threads: 25.0 %, preempted");
    assert_eq!(
        (found[1].0.as_str(), found[1].1.as_str()),
        ("cpython_3_9, check, then append, 5 ms", "2 threads: 1,234 torn of 5,000")
    );
    // One thread acts on what it checked; a cell that says neither is none.
    let alone = checked(3).with(|c| c.key.threads = 1);
    assert!(figures(check_then_act, vec![alone, replaced(0.0).with(|c| c.figures.loss_rate = None)]).is_empty());
}

#[test]
fn a_lock_costs_what_it_adds_to_the_loop() {
    let lock = |ns: f64| costing(ns, at("py_lock", OLD, 1, "switch_5ms", NOTHING));
    let none =
        at("py_none", OLD, 1, "switch_5ms", NOTHING).with(|c| c.figures.ns_per_op_per_thread = Some(around(10.0, 2.0)));
    let cost = |cells: Vec<Cell>| figures(|record| lock_cost(record, 1, [100.0, 500.0]), cells);
    let found = cost(vec![lock(210.0), none.clone()]);
    let what = "cpython_3_9, with lock, 1 thread, 5 ms";
    assert_eq!(
        found,
        [(
            what.to_owned(),
            "200.0 (197.9 to 202.1) ns net".replace(".0 (", " (").replace("197.9", "198").replace("202.1", "202"),
            Says::Yes
        )]
    );
    assert!(cost(vec![lock(210.0)]).is_empty(), "nothing to take off");
    assert!(cost(vec![none.clone()]).is_empty(), "no lock");
    // A net cost of its own needs no loop.
    let net = lock(210.0).with(|c| c.figures.net_ns_per_op = Some(around(600.0, 1.0)));
    assert_eq!(cost(vec![net, none.clone()])[0].2, Says::No);
    let shown = |verdict| cost(vec![judged(verdict, lock(210.0)), none.clone()]).remove(0);
    assert_eq!(
        (shown(Verdict::Unpinned).1.as_str(), shown(Verdict::Unpinned).2),
        ("200 (198 to 202) ns net, unpinned", Says::Yes)
    );
    assert_eq!(
        (shown(Verdict::Preempted).1.as_str(), shown(Verdict::Preempted).2),
        ("200 (198 to 202) ns net, preempted", Says::Unclear)
    );
    // More threads than CPUs are another regime.
    let machine = machine(vec![lock(210.0), none]);
    let record = Record::of(&machine).unwrap();
    assert!(lock_cost(&record, 3, [100.0, 500.0]).is_empty());
    let many = |threads: usize| {
        lock(1.0).with(|c| {
            c.key.threads = threads;
            c.figures.net_ns_per_op = Some(around(300.0, 1.0));
        })
    };
    assert_eq!([2, 3].map(|n| figures(|f| lock_cost(f, f.threads()[0], [1.0, 2.0]), vec![many(n)]).len()), [1, 0]);
}

#[test]
fn a_difference_reaches_as_far_as_the_intervals_allow() {
    let of = |median: f64, half: f64| {
        cell("", "", 1, "").with(|c| c.figures.ns_per_op_per_thread = Some(around(median, half)))
    };
    assert_eq!(less(&of(210.0, 4.0), &of(10.0, 2.0)), Some(around(200.0, 6.0)));
    assert_eq!([less(&of(1.0, 0.0), &cell("", "", 1, "")), less(&cell("", "", 1, ""), &of(1.0, 0.0))], [None, None]);
}
