use super::*;
use crate::samples::{machine, python};
use crate::workload::Placement;

pub(crate) fn record<T>(cells: Vec<Cell>, look: impl FnOnce(&Record) -> T) -> T {
    look(&Record::of(&machine(cells)).expect("interpreters or a model"))
}

pub(crate) fn labelled(label: &str, cell: Cell) -> Cell {
    cell.with(|c| c.facts.label = label.into())
}

#[test]
fn interpreters_stand_in_the_order_of_time_and_models_by_number() {
    let cells = vec![
        labelled("three ten", python("py_plain", "cpython_3_10_1", 2, "switch_5us")),
        labelled("not this", python("py_plain", "cpython_3_10_1", 1, "switch_5ms")),
        labelled("other", python("py_plain", "pypy_3_9", 4, "switch_5us")),
        labelled("three nine", python("py_plain", "cpython_3_9_1", 2, "switch_5us")),
        python("gil_3_10_int", "", 2, "switch_5us"),
        python("gil_3_9_int", "", 8, "alone"),
        // Neither an interpreter nor a model of one.
        python("py_global", "", 3, "switch_50us").with(|c| c.facts.family = "python".into()),
        python("py_plain", "cpython_2_7", 16, "switch_500us"),
    ];
    let elsewhere = python("py_plain", "cpython_1_5", 32, "low").with(|c| c.key.bench = "counters".into());
    record(cells.into_iter().chain([elsewhere]).collect(), |record| {
        let labels: Vec<&str> = record.interpreters.iter().map(|i| i.label.as_str()).collect();
        assert_eq!(labels, ["py_plain", "three nine", "three ten", "other"]);
        assert_eq!(record.interpreters[1].variant, "cpython_3_9_1");
        assert_eq!(record.models, ["gil_3_9_int", "gil_3_10_int"]);
        assert_eq!(record.threads(), [1, 2, 3, 4, 8, 16]);
        assert_eq!(record.levels(), ["switch_5ms", "switch_500us", "switch_50us", "switch_5us", "alone"]);
        assert_eq!(record.level_of("py_plain", "cpython_3_10_1"), Some("switch_5ms"));
        assert_eq!(record.level_of("py_plain", "cpython_3_9_1"), Some("switch_5us"));
        assert_eq!([record.level_of("py_lock", "cpython_3_9_1"), record.level_of("py_plain", "")], [None, None]);
        let at =
            |threads, level| record.at("py_plain", "cpython_3_10_1", threads, level).map(|c| c.facts.label.as_str());
        assert_eq!(
            [at(2, "switch_5us"), at(1, "switch_5us"), at(1, "switch_5ms")],
            [Some("three ten"), None, Some("not this")]
        );
        let [none, plain, int, _] = WAYS;
        let [_, old, new, other] = &record.interpreters[..] else { panic!("four") };
        let models =
            [(old, int), (new, int), (new, plain), (new, none), (other, int)].map(|(i, way)| record.model(i, &way));
        assert_eq!(models, [Some("gil_3_9_int"), Some("gil_3_10_int"), None, None, None]);
    });
}

#[test]
fn of_several_placements_the_first_counts() {
    let at = |placement, run: &str| {
        python("py_plain", "cpython_3_9", 2, "switch_5ms").with(|c| {
            c.key.placement = placement;
            c.facts.run = run.into();
        })
    };
    let [spread, siblings, unpinned, ..] = Placement::ALL;
    let run = |cells: [Cell; 3]| {
        record(cells.into(), |record| {
            record.at("py_plain", "cpython_3_9", 2, "switch_5ms").map(|c| c.facts.run.clone())
        })
    };
    assert_eq!(run([at(siblings, "b"), at(spread, "a"), at(unpinned, "c")]).as_deref(), Some("a"));
    assert_eq!(run([at(spread, "a"), at(siblings, "b"), at(spread, "again")]).as_deref(), Some("a"));
    assert_eq!(run([at(unpinned, "c"), at(siblings, "b"), at(siblings, "again")]).as_deref(), Some("b"));
}

#[test]
fn long_labels_are_cut_and_switch_intervals_are_words() {
    assert_eq!(short(&"é".repeat(48)), "é".repeat(48));
    assert_eq!(short(&"é".repeat(49)), format!("{}…", "é".repeat(48)));
    assert_eq!(short("a\nb"), "a b");
    assert_eq!(["switch_5ms", "switch_50us", "alone"].map(interval), ["5 ms", "50 µs", "alone"]);
}

pub(crate) fn judged(verdict: Verdict, threads: usize) -> Cell {
    python("py_plain", "cpython_3_9", threads, "switch_5ms").with(|c| c.facts.verdict = verdict)
}

pub(crate) fn quick(cell: Cell) -> Cell {
    cell.with(|c| c.facts.quick = true)
}

#[test]
fn only_long_rounds_that_met_show_that_nothing_is_lost() {
    use Verdict::{Oversubscribed, Preempted, Serialised, Short, Unpinned, Valid};
    let shown =
        [Valid, Unpinned, Oversubscribed, Preempted, Short, Serialised].map(|verdict| decisive(&judged(verdict, 2)));
    assert_eq!(shown, [true, true, true, true, false, false]);
    assert!(!decisive(&quick(judged(Valid, 2))) && !decisive(&quick(judged(Short, 2))));
}

#[test]
fn a_loss_has_a_range_where_rounds_differ() {
    let rate = |[pooled, min, max]: [f64; 3]| LossRate { min, median: pooled, max, pooled };
    assert_eq!(loss(rate([0.25, 0.2, 0.3])), "25.0 % (20.0 % to 30.0 %)");
    assert_eq!(loss(rate([0.25; 3])), "25.0 %");
    // Alike as they are written.
    assert_eq!(loss(rate([0.5, 0.49999, 0.50001])), "50.0 %");
}
