use super::*;
use crate::round::Verdict;
use crate::samples::{losing, machine, python};

pub(crate) const NOTHING: [f64; 3] = [0.0; 3];

fn short(cell: &Cell) -> Cell {
    cell.clone().with(|c| c.facts.verdict = Verdict::Short)
}

#[test]
fn outcomes_follow_from_what_each_lost_and_could_have() {
    use Agreement::{Agree, Apart, OnlyModel, OnlyReal, Unknown};
    let cell = |lost: [f64; 3]| losing(lost, python("py_plain", "cpython_3_9", 2, "switch_5ms"));
    let (low, high, touching) = (cell([0.3, 0.2, 0.4]), cell([0.5, 0.41, 0.6]), cell([0.5, 0.4, 0.6]));
    let nothing = cell(NOTHING);
    // Both lose: the ranges meet, also where they only touch.
    assert_eq!([Agreement::of(&low, &touching), Agreement::of(&touching, &low), Agreement::of(&low, &low)], [Agree; 3]);
    assert_eq!(Agreement::of(&short(&low), &touching), Agree, "a loss counts under any verdict");
    assert_eq!([Agreement::of(&low, &high), Agreement::of(&high, &low)], [Apart; 2]);
    assert_eq!([Agreement::of(&short(&low), &high), Agreement::of(&low, &short(&high))], [Unknown; 2]);
    // Neither loses.
    assert_eq!(Agreement::of(&nothing, &nothing), Agree);
    assert_eq!([Agreement::of(&short(&nothing), &nothing), Agreement::of(&nothing, &short(&nothing))], [Unknown; 2]);
    // One loses: the other must have had the chance.
    assert_eq!([Agreement::of(&low, &nothing), Agreement::of(&short(&low), &nothing)], [OnlyReal; 2]);
    assert_eq!([Agreement::of(&nothing, &low), Agreement::of(&nothing, &short(&low))], [OnlyModel; 2]);
    assert_eq!([Agreement::of(&low, &short(&nothing)), Agreement::of(&short(&nothing), &low)], [Unknown; 2]);
    // One in a hundred counts as none, more does not.
    let (least, more) = (cell([LEAST_LOSS; 3]), cell([LEAST_LOSS * 1.001; 3]));
    assert_eq!([Agreement::of(&least, &nothing), Agreement::of(&more, &nothing)], [Agree, OnlyReal]);
    assert_eq!([Agreement::of(&nothing, &least), Agreement::of(&nothing, &more)], [Agree, OnlyModel]);
    let unknown = low.clone().with(|c| c.figures.loss_rate = None);
    assert_eq!([Agreement::of(&unknown, &low), Agreement::of(&low, &unknown)], [Unknown; 2]);

    let all = [Agree, OnlyReal, OnlyModel, Apart, Unknown];
    assert_eq!(all.map(Agreement::disagrees), [false, true, true, true, false]);
    let texts = [
        "both agree",
        "only the interpreter loses",
        "only the model loses",
        "both lose, but not alike",
        "cannot be told",
    ];
    assert_eq!(all.map(Agreement::text), texts);
}

/// Two interpreters and two models at 1, 2 and 4 threads on 2 CPUs, at 5 ms and 5 µs. The first loses as its model
/// does; the second does with `int(1)`, and without loses nothing where its model loses a fifth, more at 5 µs.
pub(crate) fn cells() -> Vec<Cell> {
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
    let shown = |c: &ModelComparison| {
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
    let of = |n: usize| compared[4 * n..][..4].iter().map(|c| c.agreement).collect::<Vec<_>>();
    assert_eq!([of(0), of(1), of(2)], [[Agreement::Agree; 4], [Agreement::OnlyModel; 4], [Agreement::Agree; 4]]);
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
    assert!(summary(&[]).starts_with("No interpreter is compared with its model"));
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
