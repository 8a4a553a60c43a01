use super::*;
use crate::results::Noise;
use crate::samples::{cell, costing, losing, machine, python};
use crate::workload::Placement;

fn found<T>(cells: Vec<Cell>, look: impl FnOnce(&Found) -> T) -> T {
    look(&Found::of(&machine(cells)).expect("interpreters or a model"))
}

fn labelled(label: &str, cell: Cell) -> Cell {
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
    found(cells.into_iter().chain([elsewhere]).collect(), |found| {
        let labels: Vec<&str> = found.interpreters.iter().map(|i| i.label.as_str()).collect();
        assert_eq!(labels, ["py_plain", "three nine", "three ten", "other"]);
        assert_eq!(found.interpreters[1].variant, "cpython_3_9_1");
        assert_eq!(found.models, ["gil_3_9_int", "gil_3_10_int"]);
        assert_eq!(found.threads(), [1, 2, 3, 4, 8, 16]);
        assert_eq!(found.levels(), ["switch_5ms", "switch_500us", "switch_50us", "switch_5us", "alone"]);
        assert_eq!(found.level_of("py_plain", "cpython_3_10_1"), Some("switch_5ms"));
        assert_eq!(found.level_of("py_plain", "cpython_3_9_1"), Some("switch_5us"));
        assert_eq!([found.level_of("py_lock", "cpython_3_9_1"), found.level_of("py_plain", "")], [None, None]);
        let at =
            |threads, level| found.at("py_plain", "cpython_3_10_1", threads, level).map(|c| c.facts.label.as_str());
        assert_eq!(
            [at(2, "switch_5us"), at(1, "switch_5us"), at(1, "switch_5ms")],
            [Some("three ten"), None, Some("not this")]
        );
        let [none, plain, int, _] = WAYS;
        let [_, old, new, other] = &found.interpreters[..] else { panic!("four") };
        let models =
            [(old, int), (new, int), (new, plain), (new, none), (other, int)].map(|(i, way)| found.model(i, &way));
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
    let [spread, siblings, unpinned] = Placement::ALL;
    let run = |cells: [Cell; 3]| {
        found(cells.into(), |found| found.at("py_plain", "cpython_3_9", 2, "switch_5ms").map(|c| c.facts.run.clone()))
    };
    assert_eq!(run([at(siblings, "b"), at(spread, "a"), at(unpinned, "c")]).as_deref(), Some("a"));
    assert_eq!(run([at(spread, "a"), at(siblings, "b"), at(spread, "again")]).as_deref(), Some("a"));
    assert_eq!(run([at(unpinned, "c"), at(siblings, "b"), at(siblings, "again")]).as_deref(), Some("b"));
}

#[test]
fn without_interpreters_there_is_nothing_to_show() {
    let other = cell("counters", "fetch_add", 1, "saturated");
    let nobody = python("py_global", "", 2, "switch_5ms").with(|c| c.facts.family = "python".into());
    let machine = machine(vec![other, nobody]);
    assert!(Found::of(&machine).is_none() && sheets(&machine).is_empty());
    assert_eq!((terminal(&machine), markdown(&machine)), (String::new(), String::new()));
    assert!(
        found(vec![python("gil_3_9_int", "", 2, "switch_5ms")], |f| f.interpreters.is_empty()),
        "a model alone is shown"
    );
    assert!(
        found(vec![python("py_plain", "cpython_3_9", 2, "switch_5ms")], |f| f.models.is_empty()),
        "or an interpreter"
    );
}

#[test]
fn long_labels_are_cut_and_switch_intervals_are_words() {
    assert_eq!(short(&"é".repeat(48)), "é".repeat(48));
    assert_eq!(short(&"é".repeat(49)), format!("{}…", "é".repeat(48)));
    assert_eq!(short("a\nb"), "a b");
    assert_eq!(["switch_5ms", "switch_50us", "alone"].map(interval), ["5 ms", "50 µs", "alone"]);
}

fn judged(verdict: Verdict, threads: usize) -> Cell {
    python("py_plain", "cpython_3_9", threads, "switch_5ms").with(|c| c.facts.verdict = verdict)
}

fn noisy(cell: Cell) -> Cell {
    cell.with(|c| c.figures.noise = Some(Noise { steal: Some(0.5), ..Noise::default() }))
}

fn quick(cell: Cell) -> Cell {
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

#[test]
fn a_mark_says_what_the_head_does_not() {
    use Verdict::{Oversubscribed, Preempted, Valid};
    let text = |cell: Cell| marked("x".into(), &cell, 2);
    assert_eq!([text(judged(Valid, 2)), text(judged(Valid, 3)), text(judged(Oversubscribed, 3))], ["x"; 3]);
    assert_eq!(
        [text(judged(Oversubscribed, 2)), text(judged(Preempted, 2)), text(judged(Preempted, 3))],
        ["x [o]", "x [p]", "x [p]"]
    );
    assert_eq!([text(noisy(judged(Valid, 2))), text(noisy(judged(Preempted, 2)))], ["x [n]", "x [pn]"]);
    assert_eq!([text(quick(judged(Valid, 2))), text(quick(judged(Preempted, 2)))], ["x quick", "x [p] quick"]);
}

#[test]
fn a_legend_explains_each_mark_once() {
    use Verdict::{Oversubscribed, Preempted, Valid};
    let text = |cells: &[Cell]| legend(cells.iter(), 2);
    assert_eq!([text(&[]), text(&[judged(Valid, 1), judged(Valid, 2)])], ["", ""]);
    assert_eq!(
        text(&[judged(Oversubscribed, 3), judged(Oversubscribed, 4)]),
        " * = more threads than the 2 usable CPUs."
    );
    assert_eq!(text(&[judged(Oversubscribed, 2)]), " [o] = oversubscribed.");
    assert_eq!(text(&[judged(Preempted, 2), judged(Preempted, 1)]), " [p] = preempted.");
    assert_eq!(text(&[judged(Preempted, 3)]), " * = more threads than the 2 usable CPUs; [p] = preempted.");
    assert_eq!(text(&[noisy(judged(Valid, 2)), noisy(judged(Preempted, 1))]), " [n] = noisy; [p] = preempted.");
}

/// At 2 threads and 5 ms: one that keeps all, one that loses, one that cannot tell, and a model that loses half as much
/// as the second.
fn three_interpreters() -> Vec<Cell> {
    let plain = |variant: &str, lost: f64| {
        let cell = costing(50.0, python("py_plain", variant, 2, "switch_5ms"));
        labelled(variant, losing([lost; 3], cell))
    };
    vec![
        plain("cpython_3_9_1", 0.0),
        plain("cpython_3_9_2", 0.5),
        plain("cpython_3_9_3", 0.0).with(|c| c.facts.verdict = Verdict::Short),
        losing([0.25; 3], python("gil_3_9_plain", "", 2, "switch_5ms")),
    ]
}

const FIRST_CLAIM: &str = "With the GIL an unlocked increment loses nothing in practice";

#[test]
fn the_terminal_has_tables_disagreements_and_claims() {
    let machine = machine(three_interpreters());
    assert_eq!(sheets(&machine).len(), 2, "the ladder, and loss by version");
    let text = terminal(&machine);
    let (summary, lines) = agreement(&machine);
    assert!(summary.starts_with("Model and interpreter agree in 0 of 3 comparisons"), "{summary}");
    let expected = [
        "cpython_3_9_1, self.val += 1, gil_3_9_plain: only the model loses at 1 of 1 points (5 ms at 2 threads): 0 % lost, model 25.0 %",
        "cpython_3_9_2, self.val += 1, gil_3_9_plain: both lose, but not alike at 1 of 1 points (5 ms at 2 threads): 50.0 % lost, model 25.0 %",
    ];
    assert_eq!(lines, expected);
    assert!(text.starts_with("m: from Python to here\n\nFrom Python to here: one increment, from"), "{text}");
    assert!(
        text.contains(&format!("\n\n{summary}\n  {}\n  {}\n\nWhat articles say of Python\n", lines[0], lines[1])),
        "{text}"
    );
    assert!(text.contains(&format!("  {FIRST_CLAIM}: mixed (1 of 3 figures agree)\n")), "{text}");
    assert!(text.ends_with("  Python 3.13 has a threading.RWLock: not measured here: no cell can tell; `miscount articles` asks each interpreter\n"), "{text}");
}

#[test]
fn markdown_has_the_same() {
    let mut machine = machine(three_interpreters());
    let text = markdown(&machine);
    assert!(text.starts_with("m: from Python to here\n\nFrom Python to here: one increment"), "{text}");
    assert!(
        text.contains("nothing is lost.\n\n- cpython\\_3\\_9\\_1, self.val += 1, gil\\_3\\_9\\_plain: only"),
        "{text}"
    );
    assert!(
        text.contains("model 25.0 %\n\n| what articles say of Python | here | figures that agree |\n|---|---|---:|\n"),
        "{text}"
    );
    assert!(text.contains(&format!("| {FIRST_CLAIM} | mixed | 1 of 3 |\n")), "{text}");
    assert!(
        text.contains(
            "| not measured here: no cell can tell; \\`miscount articles\\` asks each interpreter | 0 of 0 |\n"
        )
    );
    machine.cells.remove(3);
    let text = markdown(&machine);
    assert!(text.contains("measures both.\n\n| what articles say"), "no list of disagreements: {text}");
}
