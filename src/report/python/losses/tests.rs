use super::*;
use crate::python::agreement::tests::{NOTHING, cells};
use crate::python::model::steps::lost_in;
use crate::python::real::Window;
use crate::round::Verdict;
use crate::samples::{losing, machine, python};

#[test]
fn a_row_says_whether_it_agrees() {
    let machine = machine(cells());
    let compared = comparisons(&machine);
    let text = |outcomes: &[Agreement]| {
        let all: Vec<ModelComparison> = outcomes
            .iter()
            .zip(&compared)
            .map(|(outcome, c)| ModelComparison { agreement: *outcome, ..c.clone() })
            .collect();
        verdict(&all.iter().collect::<Vec<_>>(), |c| format!("{} {}", c.level, c.threads))
    };
    use Agreement::{Agree, Apart, OnlyReal, Unknown};
    assert_eq!(
        [text(&[]), text(&[Agree]), text(&[Agree, Unknown]), text(&[Unknown])],
        ["not compared", "yes", "yes, where it can be told", "cannot be told"]
    );
    let bad = "no: only the interpreter loses at switch_5ms 2, switch_5us 2; both lose, but not alike at switch_5ms 4";
    assert_eq!(text(&[OnlyReal, Apart, OnlyReal, Agree]), bad);
}

#[test]
fn what_was_lost_stands_real_first() {
    let [real, model] = [0.25, 0.5].map(|lost| losing([lost; 3], python("py_plain", "cpython_3_9", 4, "switch_5ms")));
    let preempted = real.clone().with(|c| c.facts.verdict = Verdict::Preempted);
    let unknown = real.clone().with(|c| c.figures.loss_rate = None);
    assert_eq!([lost([None, None], 2), lost([Some(&unknown), None], 2)], ["", ""]);
    assert_eq!([lost([Some(&real), Some(&model)], 4), lost([Some(&real), None], 4)], ["25.0 % / 50.0 %", "25.0 % / -"]);
    assert_eq!(lost([Some(&unknown), Some(&model)], 4), "- / 50.0 %");
    assert_eq!(lost([Some(&preempted), Some(&model)], 4), "25.0 % [p] / 50.0 %");
}

#[test]
fn what_was_predicted_stands_beside_what_was_lost_and_is_judged() {
    let window = |inside| Window { looks: 1_000, inside, turn_ns: 80.0, window_ns: Some(40.0) };
    let at = |threads, inside, seen: f64| {
        let cell = losing([seen; 3], python("py_int_conversion", "cpython_3_11", threads, "switch_5ms"));
        cell.with(|c| (c.figures.window, c.figures.sample_ms) = (Some(window(inside)), Some(5_000.0)))
    };
    assert_eq!(lost([Some(&at(2, 500, 0.31)), None], 4), "31.0 % (33.3 % predicted) / -");
    assert_eq!(lost([Some(&at(2, 0, 0.0)), None], 4), "0 % (0 % predicted) / -");
    let prediction = Prediction::of(&at(4, 500, 0.6)).unwrap();
    assert_eq!((prediction.by_time, prediction.off()), (Some(prediction.by_looks), None));
    assert!((0.598..0.6).contains(&prediction.by_looks), "a thousand turns: {}", prediction.by_looks);
    let short = at(4, 500, 0.6).with(|c| c.figures.sample_ms = Some(100.0));
    assert_eq!(Prediction::of(&short).unwrap().by_looks, lost_in(0.5, 4, 20), "twenty turns");
    let [near, far, many] = [at(2, 500, 0.29), at(4, 500, 0.7), at(10, 500, 0.88)];
    let all = [near, far, many].map(|cell| (cell, "p"));
    let cells: Vec<(&Cell, String)> = all.iter().map(|(cell, point)| (cell, point.to_string())).collect();
    assert_eq!(wrong(&cells).as_deref(), Some("prediction off at p by 10 points"), "10 threads may be 7 points off");
    assert_eq!(wrong(&cells[..1]), None);
}

fn sheets(cells: Vec<Cell>) -> (Sheet, Option<Sheet>) {
    let machine = machine(cells);
    let record = Record::of(&machine).unwrap();
    (by_version(&record), by_interval(&record))
}

#[test]
fn losses_stand_over_threads_and_over_intervals() {
    let (version, interval) = sheets(cells());
    let interval = interval.expect("two intervals");
    assert_eq!(version.title, "Loss by version, interpreters and their models, switch interval 5 ms");
    assert_eq!(version.head, ["interpreter", "increment", "model", "2 threads", "4* threads", "agree"]);
    let old = ["old", "self.val += 1", "gil_3_9_plain", "20.0 % / 20.0 %", "20.0 % / 20.0 %", "yes"];
    let plain = [
        "new",
        "self.val += 1",
        "gil_3_10_plain",
        "0 % / 20.0 %",
        "0 % / 20.0 %",
        "no: only the model loses at 2 threads, 4* threads",
    ];
    let int = ["new", "self.val += int(1)", "gil_3_10_int", "50.0 % / 50.0 %", "50.0 % / 50.0 %", "yes"];
    assert_eq!(version.rows, [old, plain, int], "no row for a lock that has no model, nor for what was not measured");
    assert!(version.note.ends_with("bytecodes instead. * = more threads than the 2 usable CPUs."), "{}", version.note);
    assert_eq!(interval.title, "Loss against the switch interval, 2 threads");
    assert_eq!(interval.head, ["interpreter", "increment", "model", "5 ms", "5 µs", "agree"]);
    assert_eq!(interval.rows[1][3..], ["0 % / 20.0 %", "0 % / 30.0 %", "no: only the model loses at 5 ms, 5 µs"]);
    assert!(interval.note.ends_with("interpreter's lock."), "nothing to explain at 2 threads: {}", interval.note);
}

#[test]
fn a_lock_has_a_row_where_its_model_was_measured() {
    let mut cells = cells();
    cells.push(losing(NOTHING, python("gil_3_10_lock", "", 2, "switch_5ms")));
    let (version, _) = sheets(cells);
    assert_eq!(version.rows[3], ["new", "with lock: self.val += 1", "gil_3_10_lock", "0 % / 0 %", "0 % / -", "yes"]);
}

#[test]
fn one_interval_is_nothing_to_draw_a_line_through() {
    let mut few = cells();
    few.retain(|c| c.key.level == "switch_5us");
    let (version, interval) = sheets(few.clone());
    assert!(version.title.ends_with("switch interval 5 µs") && interval.is_none());
    few.retain(|c| c.key.threads == 1);
    assert!(sheets(few).0.head.len() == 4, "alone nobody races");
    let mut alone = cells();
    alone.retain(|c| c.key.threads == 1);
    assert!(sheets(alone).1.is_none());
    // Models alone have no row.
    let mut models = cells();
    models.retain(|c| c.facts.family == "gil");
    let (version, interval) = sheets(models);
    assert!(version.rows.is_empty() && interval.is_none_or(|sheet| sheet.rows.is_empty()));
}
