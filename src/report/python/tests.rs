use super::*;
use crate::python::record::tests::{judged, labelled, quick, record};
use crate::results::Noise;
use crate::samples::{cell, costing, losing, machine, python};

#[test]
fn without_interpreters_there_is_nothing_to_show() {
    let other = cell("counters", "fetch_add", 1, "saturated");
    let nobody = python("py_global", "", 2, "switch_5ms").with(|c| c.facts.family = "python".into());
    let machine = machine(vec![other, nobody]);
    assert!(Record::of(&machine).is_none() && sheets(&machine).is_empty());
    assert_eq!((document(&machine).terminal(), document(&machine).markdown()), (String::new(), String::new()));
    let alone = |subject, variant| vec![python(subject, variant, 2, "switch_5ms")];
    assert!(record(alone("gil_3_9_int", ""), |f| f.interpreters.is_empty()), "a model alone is shown");
    assert!(record(alone("py_plain", "cpython_3_9"), |f| f.models.is_empty()), "or an interpreter");
}

fn noisy(cell: Cell) -> Cell {
    cell.with(|c| c.figures.noise = Some(Noise { steal: Some(0.5), ..Noise::default() }))
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
    let text = document(&machine).terminal();
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
    let text = document(&machine).markdown();
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
    let text = document(&machine).markdown();
    assert!(text.contains("measures both.\n\n| what articles say"), "no list of disagreements: {text}");
}
