use super::*;
use crate::round::Verdict;
use crate::samples::{costing, losing, machine, python};

fn cell(subject: &str, variant: &str, threads: usize, level: &str) -> Cell {
    let lost = [0.25, 0.2, 0.5];
    losing(lost, costing(5.0, python(subject, variant, threads, level)))
        .with(|c| c.facts.label = format!("label of {variant}"))
}

fn shown(cells: Vec<Cell>) -> Value {
    serde_json::to_value(view(&machine(cells))).unwrap()
}

#[test]
fn the_page_is_told_which_cells_belong_together() {
    let view = shown(vec![
        cell("py_plain", "cpython_3_9", 1, "switch_5ms"),
        cell("py_plain", "cpython_3_9", 2, "switch_5ms"),
        cell("py_int_conversion", "cpython_3_9", 4, "elsewhere").with(|c| c.facts.verdict = Verdict::Preempted),
        cell("py_lock", "cpython_3_9", 2, "switch_5ms").with(|c| c.figures.loss_rate = None),
        // The loop alone loses nothing that could be drawn.
        cell("py_none", "cpython_3_9", 2, "switch_5ms"),
        cell("py_lock", "pypy_3_10", 2, "switch_5ms"),
        cell("gil_3_9_int", "", 2, "switch_5ms"),
        cell("gil_3_9_plain", "", 2, "switch_5ms"),
    ]);
    assert_eq!(view["threads"], json!([2, 4]), "alone nobody loses");
    assert_eq!(view["levels"], json!([["switch_5ms", "5 ms"], ["elsewhere", "elsewhere"]]));
    let ways = json!([
        ["py_plain", "self.val += 1"],
        ["py_int_conversion", "self.val += int(1)"],
        ["py_lock", "with lock: self.val += 1"]
    ]);
    assert_eq!(view["ways"], ways);
    assert_eq!(view["models"], json!(["gil_3_9_int", "gil_3_9_plain"]));
    let interpreters = json!([
        {"variant": "cpython_3_9", "label": "label of cpython_3_9", "short": "3.9", "gil": true, "models": [1, 0, null]},
        {"variant": "pypy_3_10", "label": "label of pypy_3_10", "short": "label 3.10", "gil": false, "models": [null, null, null]},
    ]);
    assert_eq!(view["interpreters"], interpreters);
    assert_eq!((view["sheets"].as_array().unwrap().len(), view["claims"].as_array().unwrap().len()), (3, 7));
    assert!(
        view["agreement"].as_str().unwrap().starts_with("Model and interpreter agree in 1 of 1"),
        "{}",
        view["agreement"]
    );
    assert_eq!(view["disagreements"], json!([]));
}

#[test]
fn without_interpreters_there_is_no_view() {
    assert_eq!(shown(Vec::new()), Value::Null);
}

/// The sentence of the plain increment at 2 threads: what each interpreter lost, and its verdict.
fn sentence(interpreters: &[(&str, Option<f64>, Verdict)]) -> String {
    let cells = interpreters.iter().map(|(variant, lost, verdict)| {
        let cell = python("py_plain", variant, 2, "switch_5ms");
        let cell = lost.map_or(cell.clone(), |lost| costing(1000.0 * lost + 40.0, losing([lost; 3], cell)));
        cell.with(|c| (c.facts.label, c.facts.verdict) = (format!("label of {variant}"), *verdict))
    });
    let view = shown(cells.collect());
    assert_eq!(view["told"]["at"], "2 threads, switch interval 5 ms");
    let [[code, told], rest @ ..] =
        serde_json::from_value::<[[String; 2]; 3]>(view["told"]["sentences"].clone()).unwrap();
    assert_eq!(code, "self.val += 1");
    assert!(rest.iter().all(|[_, told]| told == "was not measured."), "{rest:?}");
    told
}

#[test]
fn the_answer_names_who_loses_from_old_to_new() {
    use Verdict::{Preempted, Short, Valid};
    let old = [("cpython_2_7", Some(0.125), Valid), ("cpython_3_9_1", Some(0.25), Valid)];
    let new = [("cpython_3_10_13", Some(0.0), Valid), ("cpython_3_14", Some(0.0), Valid)];
    let free = [("cpython_3_13_5t", Some(0.5), Valid)];
    // The build without a lock comes after those that have one, though its version lies between them.
    let expected = "loses 12.5 % to 25.0 % in CPython 2.7 to 3.9.1, nothing in CPython 3.10.13 to 3.14, \
                    50.0 % in label of cpython_3_13_5t.";
    assert_eq!(sentence(&[&old[..], &new, &free].concat()), expected);
    assert_eq!(sentence(&old), "loses 12.5 % to 25.0 % in each.");
    assert_eq!(sentence(&new), "loses nothing in any, at 40.0 ns an increment.");
    // What is kept in builds with and without a lock is kept in any; what is lost has a figure for each kind.
    let kept =
        [("cpython_3_9", Some(0.0), Valid), ("cpython_3_13t", Some(0.0), Valid), ("pypy_3_10", Some(0.0), Valid)];
    assert_eq!(sentence(&kept), "loses nothing in any, at 40.0 ns an increment.");
    assert_eq!(
        sentence(&[old[0], free[0]]),
        "loses 12.5 % in label of cpython_2_7, 50.0 % in label of cpython_3_13_5t."
    );
    let others = [("jython_2_7", Some(0.25), Preempted), ("micropython_1", Some(0.5), Valid)];
    assert_eq!(
        sentence(&others),
        "loses some, too noisy to say how much, in label of jython_2_7, 50.0 % in label of micropython_1."
    );
    // A loss counts under any verdict, its figure does not; no loss counts only in rounds that could lose.
    assert_eq!(sentence(&[("cpython_3_9", Some(0.25), Preempted)]), "loses some, too noisy to say how much, in each.");
    assert_eq!(sentence(&[("cpython_3_9", Some(0.0), Short)]), "is too noisy to say in any.");
    let mixed =
        [old[0], ("cpython_3_9", Some(0.0), Short), ("cpython_3_10", None, Valid), ("pypy_3_10", Some(0.0), Valid)];
    let expected = "loses 12.5 % in label of cpython_2_7, is too noisy to say in label of cpython_3_9, \
                    was not measured in label of cpython_3_10, loses nothing in label of pypy_3_10.";
    assert_eq!(sentence(&mixed), expected);
}

#[test]
fn one_thread_alone_tells_nothing() {
    assert_eq!(shown(vec![cell("py_plain", "cpython_3_9", 1, "switch_5ms")])["told"], Value::Null);
}
