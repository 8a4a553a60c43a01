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
fn the_page_is_given_points_and_where_they_belong() {
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
    assert_eq!(view["levels"], json!([["switch_5ms", "5 ms", 5e6], ["elsewhere", "elsewhere", null]]));
    let ways = json!([
        ["py_plain", "self.val += 1"],
        ["py_int_conversion", "self.val += int(1)"],
        ["py_lock", "with lock: self.val += 1"]
    ]);
    assert_eq!(view["ways"], ways);
    assert_eq!(view["models"], json!(["gil_3_9_int", "gil_3_9_plain"]));
    let interpreters = json!([
        {"label": "label of cpython_3_9", "short": "3.9", "models": [1, 0, null]},
        {"label": "label of pypy_3_10", "short": "label of pypy_3_10", "models": [null, null, null]},
    ]);
    assert_eq!(view["interpreters"], interpreters);
    let lost = ["25.0 %", "20.0 %", "50.0 %"];
    let point = |who: usize, way: Option<usize>, threads: usize, level: usize, verdict: &str| json!({"who": who, "way": way, "threads": threads, "level": level, "lost": lost, "verdict": verdict});
    let points = [
        point(0, Some(0), 2, 0, "valid"),
        point(1, Some(2), 2, 0, "valid"),
        point(0, None, 2, 0, "valid"),
        point(1, None, 2, 0, "valid"),
        point(0, Some(1), 4, 1, "preempted"),
    ];
    assert_eq!(view["points"], json!(points));
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
