use super::*;
use crate::round::Verdict;
use crate::samples::{cell, costing, losing, machine, python};
use crate::workload::Placement;

fn of(record: Vec<Cell>) -> Sheet {
    let machine = machine(record);
    sheet(&Record::of(&machine).expect("an interpreter"))
}

fn interpreter(subject: &str, threads: usize, level: &str, ns: f64, lost: f64) -> Cell {
    let verdict = if threads > 2 { Verdict::Oversubscribed } else { Verdict::Valid };
    let cell = losing([lost; 3], costing(ns, python(subject, "cpython_3_9", threads, level)));
    cell.with(|c| {
        c.facts.label = "CPython 3.9".into();
        c.facts.verdict = verdict;
    })
}

fn native(subject: &str, threads: usize, ns: f64, lost: f64) -> Cell {
    losing([lost; 3], costing(ns, cell("counters", subject, threads, "saturated")))
}

#[test]
fn the_same_increment_stands_everywhere_beside_an_atomic_add() {
    let control = |cell: Cell| {
        cell.with(|c| {
            c.facts.grade = Grade::Control;
            c.figures.loss_rate = None;
        })
    };
    let model = losing([0.5; 3], costing(20.0, python("gil_3_9_plain", "", 2, "switch_5ms")));
    let sheet = of(vec![
        control(interpreter("py_none", 1, "switch_5us", 10.0, 0.0)),
        interpreter("py_plain", 1, "switch_5ms", 50.0, 0.0),
        interpreter("py_plain", 2, "switch_5ms", 100.0, 0.25),
        // Not the longest interval, so not shown.
        interpreter("py_plain", 1, "switch_5us", 1.0, 0.0),
        interpreter("py_plain", 4, "switch_5ms", 300.0, 0.5),
        interpreter("py_lock", 1, "switch_50us", 200.0, 0.0).with(|c| c.figures.loss_rate = None),
        model.clone().with(|c| {
            c.facts.label = "at jumps and calls".into();
            c.key.subject = "gil_3_10_plain".into();
        }),
        model.with(|c| c.facts.label = "bytecode by bytecode".into()),
        native("fetch_add", 1, 5.0, 0.0),
        native("fetch_add", 2, 40.0, 0.0),
        native("fetch_add", 4, 60.0, 0.0),
        // Not the first placement, another level, another bench, a variant, no thread count of the interpreters.
        native("fetch_add", 1, 7.0, 0.0).with(|c| c.key.placement = Placement::Unpinned),
        native("std_mutex", 1, 7.0, 0.0).with(|c| c.key.level = "high".into()),
        native("std_mutex", 1, 7.0, 0.0).with(|c| c.key.bench = "reads".into()),
        native("std_mutex", 1, 7.0, 0.0).with(|c| c.key.variant = "v".into()),
        native("std_mutex", 3, 7.0, 0.0),
        native("load_store", 2, 20.0, 0.5).with(|c| {
            c.facts.label = "a load, then a store".into();
            c.facts.verdict = Verdict::Preempted;
        }),
        control(native("none", 1, 0.5, 0.0)),
        native("not_a_rung", 1, 1.0, 0.0),
    ]);
    assert_eq!(
        sheet.head,
        ["where", "increment", "load", "1 thread", "2 threads", "4* threads", "× fetch_add, 1", "× fetch_add, 2"]
    );
    let expected = [
        ["CPython 3.9", "the loop alone", "5 µs", "10.0", "", "", "× 2.00", ""],
        [
            "CPython 3.9",
            "self.val += 1",
            "5 ms",
            "50.0, lost 0 %",
            "100, lost 25.0 %",
            "300, lost 50.0 %",
            "× 10.0",
            "× 2.50",
        ],
        ["CPython 3.9", "with lock: self.val += 1", "50 µs", "200, lost ?", "", "", "× 40.0", ""],
        ["model gil_3_9_plain", "bytecode by bytecode", "5 ms", "", "20.0, lost 50.0 %", "", "", "× 0.50"],
        ["model gil_3_10_plain", "at jumps and calls", "5 ms", "", "20.0, lost 50.0 %", "", "", "× 0.50"],
        ["native none", "", "saturated", "0.50", "", "", "× 0.10", ""],
        ["native load_store", "a load, then a store", "saturated", "", "20.0, lost 50.0 % [p]", "", "", "× 0.50"],
        ["native fetch_add", "", "saturated", "5.00, lost 0 %", "40.0, lost 0 %", "60.0, lost 0 %", "× 1.00", "× 1.00"],
    ];
    assert_eq!(sheet.rows, expected);
    assert!(
        sheet.note.ends_with("of the bench counters. * = more threads than the 2 usable CPUs; [p] = preempted."),
        "{}",
        sheet.note
    );
    assert!(sheet.title.starts_with("From Python to here: one increment"));
}

#[test]
fn what_has_no_cost_says_so() {
    let sheet = of(vec![
        interpreter("py_plain", 1, "switch_5ms", 0.0, 0.5).with(|c| c.figures.ns_per_op_per_thread = None),
        native("fetch_add", 1, 5.0, 0.0),
    ]);
    assert_eq!(sheet.rows[0], ["CPython 3.9", "self.val += 1", "5 ms", "-, lost 50.0 %", ""]);
    // Without an atomic add there is nothing to hold others against.
    assert_eq!(
        of(vec![interpreter("py_plain", 2, "switch_5ms", 1.0, 0.0)]).head,
        ["where", "increment", "load", "2 threads"]
    );
}
