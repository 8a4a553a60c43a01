use super::*;
use crate::round::Verdict;
use crate::samples::{losing, machine, python};

const NOTHING: [f64; 3] = [0.0; 3];

fn short(cell: &Cell) -> Cell {
    cell.clone().with(|c| c.facts.verdict = Verdict::Short)
}

#[test]
fn outcomes_follow_from_what_each_lost_and_could_have() {
    use Outcome::{Agree, Apart, OnlyModel, OnlyReal, Unknown};
    let cell = |lost: [f64; 3]| losing(lost, python("py_plain", "cpython_3_9", 2, "switch_5ms"));
    let (low, high, touching) = (cell([0.3, 0.2, 0.4]), cell([0.5, 0.41, 0.6]), cell([0.5, 0.4, 0.6]));
    let nothing = cell(NOTHING);
    // Both lose: the ranges meet, also where they only touch.
    assert_eq!([Outcome::of(&low, &touching), Outcome::of(&touching, &low), Outcome::of(&low, &low)], [Agree; 3]);
    assert_eq!(Outcome::of(&short(&low), &touching), Agree, "who loses does so whatever the verdict");
    assert_eq!([Outcome::of(&low, &high), Outcome::of(&high, &low)], [Apart; 2]);
    assert_eq!([Outcome::of(&short(&low), &high), Outcome::of(&low, &short(&high))], [Unknown; 2]);
    // Neither loses.
    assert_eq!(Outcome::of(&nothing, &nothing), Agree);
    assert_eq!([Outcome::of(&short(&nothing), &nothing), Outcome::of(&nothing, &short(&nothing))], [Unknown; 2]);
    // One loses: the other must have had the chance.
    assert_eq!([Outcome::of(&low, &nothing), Outcome::of(&short(&low), &nothing)], [OnlyReal; 2]);
    assert_eq!([Outcome::of(&nothing, &low), Outcome::of(&nothing, &short(&low))], [OnlyModel; 2]);
    assert_eq!([Outcome::of(&low, &short(&nothing)), Outcome::of(&short(&nothing), &low)], [Unknown; 2]);
    // One in a hundred counts as none, more does not.
    let (least, more) = (cell([LEAST_LOSS; 3]), cell([LEAST_LOSS * 1.001; 3]));
    assert_eq!([Outcome::of(&least, &nothing), Outcome::of(&more, &nothing)], [Agree, OnlyReal]);
    assert_eq!([Outcome::of(&nothing, &least), Outcome::of(&nothing, &more)], [Agree, OnlyModel]);
    let unknown = low.clone().with(|c| c.figures.loss_rate = None);
    assert_eq!([Outcome::of(&unknown, &low), Outcome::of(&low, &unknown)], [Unknown; 2]);

    let all = [Agree, OnlyReal, OnlyModel, Apart, Unknown];
    assert_eq!(all.map(Outcome::disagrees), [false, true, true, true, false]);
    let texts = [
        "both agree",
        "only the interpreter loses",
        "only the model loses",
        "both lose, but not alike",
        "cannot be told",
    ];
    assert_eq!(all.map(Outcome::text), texts);
}

/// Two interpreters and two models at 1, 2 and 4 threads on 2 CPUs, at 5 ms and 5 µs. The first loses as its model
/// does; the second does with `int(1)`, and without loses nothing where its model loses a fifth, more at 5 µs.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (level, more) in [("switch_5ms", 0.0), ("switch_5us", 0.1)] {
        for threads in [1, 2, 4] {
            let verdict = if threads > 2 { Verdict::Oversubscribed } else { Verdict::Valid };
            let mut put = |subject: &str, variant: &str, label: &str, lost: f64| {
                let cell = losing([lost; 3], python(subject, variant, threads, level));
                cells.push(cell.with(|c| {
                    c.facts.label = label.into();
                    c.facts.verdict = verdict;
                }));
            };
            put("py_plain", "cpython_3_9", "old", 0.2 + more);
            put("py_plain", "cpython_3_10", "new", 0.0);
            put("py_int_conversion", "cpython_3_10", "new", 0.5);
            put("py_lock", "cpython_3_10", "new", 0.0);
            put("gil_3_9_plain", "", "", 0.2 + more);
            put("gil_3_10_plain", "", "", 0.2 + more);
            put("gil_3_10_int", "", "", 0.5);
        }
    }
    cells
}

#[test]
fn threads_are_compared_that_can_race() {
    let machine = machine(cells());
    let compared = comparisons(&machine);
    let shown = |c: &Comparison| {
        (c.interpreter.variant.to_owned(), c.way.subject, c.model.to_owned(), c.level.to_owned(), c.threads)
    };
    let mut expected = Vec::new();
    for (variant, subject, model) in [
        ("cpython_3_9", "py_plain", "gil_3_9_plain"),
        ("cpython_3_10", "py_plain", "gil_3_10_plain"),
        ("cpython_3_10", "py_int_conversion", "gil_3_10_int"),
    ] {
        for level in ["switch_5ms", "switch_5us"] {
            expected.extend([2, 4].map(|n| (variant.to_owned(), subject, model.to_owned(), level.to_owned(), n)));
        }
    }
    assert_eq!(compared.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(
        compared
            .iter()
            .all(|c| (c.real.key.subject.as_str(), c.modelled.key.subject.as_str()) == (c.way.subject, c.model))
    );
    let of = |n: usize| compared[4 * n..][..4].iter().map(|c| c.outcome).collect::<Vec<_>>();
    assert_eq!([of(0), of(1), of(2)], [[Outcome::Agree; 4], [Outcome::OnlyModel; 4], [Outcome::Agree; 4]]);
    assert!(comparisons(&crate::samples::machine(Vec::new())).is_empty());
}

#[test]
fn the_summary_counts_what_came_out() {
    let mut cells = cells();
    let text = |cells: &[Cell]| summary(&comparisons(&machine(cells.to_vec())));
    let begin = "Model and interpreter agree in 8 of 12 comparisons (the same increment, threads and switch interval), disagree in 4, and in 0 it cannot be told.";
    assert!(text(&cells).starts_with(begin), "{}", text(&cells));
    assert!(text(&cells).contains("loses more than 1.0 % of all its increments"), "{}", text(&cells));
    let short = cells
        .iter_mut()
        .find(|c| c.key.subject == "py_plain" && c.key.variant == "cpython_3_10" && c.key.threads == 4)
        .unwrap();
    short.facts.verdict = Verdict::Short;
    assert!(text(&cells).contains("disagree in 3, and in 1 it cannot be told."), "{}", text(&cells));
    assert!(summary(&[]).starts_with("The model is held against no interpreter"));
}

#[test]
fn disagreements_of_a_kind_share_a_line() {
    let lines = |cells: Vec<Cell>| disagreements(&comparisons(&machine(cells)));
    let mut cells = cells();
    let all = "new, self.val += 1, gil_3_10_plain: only the model loses at 4 of 4 points (5 ms at 2, 4 threads; 5 µs at 2, 4 threads): 0 % lost, model 20.0 % to 30.0 %";
    assert_eq!(lines(cells.clone()), [all]);
    let which = |c: &&mut Cell| c.key.variant == "cpython_3_10" && c.key.level == "switch_5us" && c.key.threads == 2;
    cells.iter_mut().filter(which).find(|c| c.key.subject == "py_plain").unwrap().figures.loss_rate =
        losing([0.9, 0.8, 1.0], python("", "", 2, "")).figures.loss_rate;
    cells.iter_mut().filter(which).find(|c| c.key.subject == "py_int_conversion").unwrap().figures.loss_rate =
        losing([0.9; 3], python("", "", 2, "")).figures.loss_rate;
    let expected = [
        "new, self.val += 1, gil_3_10_plain: only the model loses at 3 of 4 points (5 ms at 2, 4 threads; 5 µs at 4 threads): 0 % lost, model 20.0 % to 30.0 %",
        "new, self.val += 1, gil_3_10_plain: both lose, but not alike at 1 of 4 points (5 µs at 2 threads): 90.0 % (80.0 % to 100 %) lost, model 30.0 %",
        "new, self.val += int(1), gil_3_10_int: both lose, but not alike at 1 of 4 points (5 µs at 2 threads): 90.0 % lost, model 50.0 %",
    ];
    assert_eq!(lines(cells), expected);
}

#[test]
fn a_row_says_whether_it_agrees() {
    let machine = machine(cells());
    let compared = comparisons(&machine);
    let text = |outcomes: &[Outcome]| {
        let all: Vec<Comparison> =
            outcomes.iter().zip(&compared).map(|(outcome, c)| Comparison { outcome: *outcome, ..c.clone() }).collect();
        verdict(&all.iter().collect::<Vec<_>>(), |c| format!("{} {}", c.level, c.threads))
    };
    use Outcome::{Agree, Apart, OnlyReal, Unknown};
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

fn sheets(cells: Vec<Cell>) -> [Sheet; 2] {
    let machine = machine(cells);
    let found = Found::of(&machine).unwrap();
    [by_version(&found), by_interval(&found)]
}

#[test]
fn losses_stand_over_threads_and_over_intervals() {
    let [version, interval] = sheets(cells());
    assert_eq!(version.title, "The model beside the interpreters: loss by version, switch interval 5 ms");
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
    let [version, _] = sheets(cells);
    assert_eq!(version.rows[3], ["new", "with lock: self.val += 1", "gil_3_10_lock", "0 % / 0 %", "0 % / -", "yes"]);
}

#[test]
fn one_interval_is_nothing_to_draw_a_line_through() {
    let mut few = cells();
    few.retain(|c| c.key.level == "switch_5us");
    let [version, interval] = sheets(few.clone());
    assert!(version.title.ends_with("switch interval 5 µs") && interval.rows.is_empty() && interval.head.is_empty());
    few.retain(|c| c.key.threads == 1);
    assert!(sheets(few)[0].head.len() == 4, "alone nobody races");
    let mut alone = cells();
    alone.retain(|c| c.key.threads == 1);
    assert!(sheets(alone)[1].head.is_empty());
    // Models alone have no row.
    let mut models = cells();
    models.retain(|c| c.facts.family == "gil");
    assert!(sheets(models).iter().all(|sheet| sheet.rows.is_empty()));
}
