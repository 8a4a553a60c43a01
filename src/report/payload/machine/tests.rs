use super::*;
use crate::claims::Finding;
use crate::counter::Grade;
use crate::matrix;
use crate::report::across::Goodputs;
use crate::results::published::core_to_core::Others;
use crate::results::{Cell, Noise};
use crate::round::Verdict;
use crate::samples::{self, around, cell, costing, published};
use crate::workload::Placement;

/// What the page says of a machine, without its cells.
fn shown(m: &Machine) -> Value {
    let views = [matrix::views(m, |_| true)];
    machine(m, &Others::default(), &views[0], &row_names(&views)).facts
}

fn counter(subject: &str, threads: usize, ns: f64) -> Cell {
    let net_ns_per_op = Some(around(ns, 0.1));
    costing(ns + 1.0, cell("counters", subject, threads, "saturated")).with(|c| c.figures.net_ns_per_op = net_ns_per_op)
}

fn measured(cells: Vec<Cell>) -> Machine {
    let mut machine = samples::machine(cells);
    let described = Run { started: "then".into(), version: "1.2".into(), pinned: true, ..Run::default() };
    machine.runs.insert("r".into(), described);
    machine
}

/// The notes of the only view.
fn notes(m: &Machine) -> Vec<String> {
    serde_json::from_value(shown(m)["views"][0]["notes"].clone()).unwrap()
}

#[test]
fn a_machine_is_shown_with_the_runs_behind_its_cells() {
    let mut m = measured(vec![counter("a", 1, 5.0), counter("a", 2, 5.0)]);
    let found = shown(&m);
    assert_eq!((&found["published"], &found["warnings"]), (&Value::Null, &json!([])));
    assert_eq!(found["card"][0], json!(["CPU", "unknown"]), "the id is the heading");
    let rows = |n: usize| shown(&m)["runs"][n].as_array().unwrap().clone();
    assert_eq!(
        rows(0)[..4],
        [json!(["run", "r"]), json!(["began", "then"]), json!(["cells", "2"]), json!(["miscount", "1.2"])]
    );
    assert_eq!(
        (rows(0).len(), rows(0).last()),
        (4 + run_rows(&m.runs["r"]).len() + 1, Some(&json!(["notes", "none"])))
    );

    // A run that nothing comes from is listed, and warns of nothing.
    m.runs.insert("unused".into(), Run { notes: vec!["a canary died".into()], ..Run::default() });
    assert_eq!(shown(&m)["warnings"], json!([]));
    let run = m.runs.get_mut("r").unwrap();
    (run.facts, run.notes) = (vec!["a version".into()], vec!["one.".into(), "two.".into()]);
    assert_eq!(shown(&m)["warnings"], json!(["run r: one.", "run r: two."]));
    assert_eq!(shown(&m)["facts"], json!(["a version"]));
    let notes = shown(&m)["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rows| rows.as_array().unwrap().last().unwrap()[1].clone())
        .collect::<Vec<_>>();
    assert_eq!(notes, ["one. two.", "a canary died"]);
    m = published(m);
    assert_eq!(shown(&m)["published"], json!([["source", "a paper"], ["method", "by hand"], ["figures", "means"]]));
}

#[test]
fn a_view_says_where_its_cells_come_from() {
    let mut m = measured(vec![counter("a", 2, 50.0)]);
    assert_eq!(notes(&m), [""; 0]);
    m.cells[0].facts.run = "lost".into();
    let undescribed = "1 of the runs of these cells are not described.";
    assert_eq!(notes(&m), [undescribed]);
    m.cells.push(counter("b", 2, 5.0));
    assert_eq!(notes(&m), ["These cells come from 2 runs: compare across them with care.", undescribed]);
    m.runs.insert("lost".into(), Run::default());
    assert_eq!(notes(&m).len(), 1);
    m.runs.clear();
    assert_eq!(notes(&m)[1], "2 of the runs of these cells are not described.");
    m = published(m);
    assert_eq!(notes(&m).len(), 1, "nobody describes the runs of others");
}

#[test]
fn a_view_says_what_is_below_the_resolution_and_whose_that_is() {
    let mut m = measured(vec![counter("a", 2, 0.5)]);
    let text = |whose: &str| format!("“< r” is below the resolution of r ns, {whose}: it cannot be told from 0.");
    assert_eq!(notes(&m), [text("assumed for this level (this machine has no null study)")]);
    let level = "saturated".to_owned();
    m.resolution.push(crate::results::read::Resolution {
        level,
        threads: 2,
        ns: 0.6,
        between_ns: 0.7,
        between_log: None,
    });
    assert_eq!(notes(&m), [text("this machine's null study found")]);
    m.resolution[0].ns = 0.4;
    assert_eq!(notes(&m), [""; 0]);
}

#[test]
fn a_view_says_when_nothing_is_ranked() {
    let none = "Nothing is ranked here: no thread count has two cells that can be ranked.";
    let of = |cells: Vec<Cell>| notes(&measured(cells));
    assert_eq!(of(vec![counter("a", 1, 5.0), counter("b", 2, 5.0)]), [none]);
    assert_eq!(of(vec![counter("a", 2, 5.0), counter("b", 2, 50.0), counter("c", 1, 5.0)]), [""; 0]);
    assert_eq!(of(vec![counter("a", 1, 5.0)]), [""; 0], "one row is never ranked");
    let racy = |cell: Cell| cell.with(|c| c.facts.grade = Grade::Racy);
    assert_eq!(of(vec![racy(counter("a", 1, 5.0)), racy(counter("b", 1, 5.0))]), [""; 0], "nor is what loses");
    assert_eq!(of(vec![counter("a", 1, 5.0), racy(counter("b", 1, 5.0))]), [""; 0]);
}

#[test]
fn each_cell_says_where_it_stands() {
    let hazard = crate::hazard::Anomalies { kind: "torn".into(), seen: 1, of: 4 };
    let cells = vec![
        counter("b", 2, 50.0),
        counter("b", 4, 200.0).with(|c| c.facts.verdict = Verdict::Oversubscribed),
        counter("a", 2, 5.0).with(|c| c.figures.noise = Some(Noise { steal: Some(0.5), ..Noise::default() })),
        counter("none", 2, 5.0).with(|c| c.facts.grade = Grade::Control),
        counter("r", 2, 5.0).with(|c| c.facts.grade = Grade::Racy),
        counter("h", 2, 5.0).with(|c| c.figures.anomalies = Some(hazard)),
        counter("b", 2, 0.5).with(|c| c.key.placement = Placement::Siblings),
        counter("b", 2, 5.0).with(|c| c.key.level = "high".into()),
    ];
    let m = measured(cells);
    let views = [matrix::views(&m, |_| true)];
    let names = row_names(&views);
    let found: Vec<&str> = names.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(found, ["a", "b", "h", "none", "r"]);
    assert_eq!(names[3], ("none".into(), "none".into(), "atomic".into(), "control"));
    let Parts { facts, cells, numbers } = machine(&m, &Others::default(), &views[0], &names);
    let heads: Vec<Value> = (0..3)
        .map(|n| facts["views"][n].clone())
        .map(|view| json!([view["bench"], view["level"], view["placement"], view["columns"].as_array().unwrap().len()]))
        .collect();
    assert_eq!(
        heads,
        [
            json!(["counters", "saturated", "spread", 2]),
            json!(["counters", "saturated", "siblings", 1]),
            json!(["counters", "high", "spread", 1])
        ]
    );
    let column = json!({"threads": 4, "over": true, "resolution": 3.0, "expected": "50.0 %"});
    assert_eq!(facts["views"][0]["columns"][1], column);
    // The control, two ranked ones of which one has two thread counts, the wrong one, the hazard; then the other views.
    assert_eq!(cells["view"], json!([0, 0, 0, 0, 0, 0, 1, 2]));
    assert_eq!(cells["row"], json!([3, 0, 1, 1, 4, 2, 1, 1]));
    assert_eq!(cells["column"], json!([0, 0, 0, 1, 0, 0, 0, 0]));
    assert_eq!(cells["part"], json!(["floor", "ranked", "ranked", "ranked", "wrong", "hazard", "ranked", "ranked"]));
    assert_eq!([&cells["cost"][0], &cells["cost"][1], &cells["cost"][6]], ["gross", "net", "below"]);
    assert_eq!(
        [&cells["noisy"], &cells["quick"]],
        [&json!([0, 1, 0, 0, 0, 0, 0, 0]), &json!([0, 0, 0, 0, 0, 0, 0, 0])]
    );
    assert_eq!(cells["verdict"][3], "oversubscribed");
    // A figure that no cell has takes nothing, one that some have a byte for each that has none.
    assert!(cells["details"].get("overhead").is_none() && !numbers.is_empty());
    assert_eq!(cells["details"]["judged"]["at"][0], 0);
    assert_eq!(
        cells["details"]["anomaly"],
        json!({"words": ["torn"], "at": [null, null, null, null, null, 0, null, null]})
    );
}

#[test]
fn a_resolution_has_four_digits_at_most() {
    let m = measured(Vec::new());
    let column = column(&m, Column { threads: 1, oversubscribed: false, resolution: 0.123_456 });
    assert_eq!(column["resolution"], 0.1235);
}

#[test]
fn a_crossover_is_said_in_words() {
    let text = |threads: Option<usize>, measured: &[usize]| {
        let points = measured.iter().map(|&threads| Goodputs { threads, racy: 2e9, exact: 3e6 }).collect();
        let found = Crossover { level: "high".into(), placement: Placement::Siblings, threads, points };
        crossover(found)
    };
    let found = text(Some(2), &[1, 2]);
    let points = json!([[1, 2e9, 3e6], [2, 2e9, 3e6]]);
    let expected =
        json!({"level": "high", "placement": "siblings", "threads": 2, "text": "from 2 threads", "points": points});
    assert_eq!(found, expected);
    assert_eq!(text(Some(1), &[1])["text"], "from 1 thread");
    assert_eq!(
        [text(None, &[1, 8])["text"].clone(), text(None, &[])["text"].clone()],
        ["none up to 8 threads", "none up to 0 threads"]
    );
}

#[test]
fn a_claim_has_its_figures() {
    let figure = |says| crate::claims::Figure { what: "what".into(), measured: "much".into(), says };
    let figures = [Says::Yes, Says::No, Says::Partly, Says::Unclear].map(figure).to_vec();
    let claim = claim(Claim { text: "", check: "", finding: Finding::Mixed, verdict: "mixed".into(), figures });
    let says = ["yes", "no", "partly", "unclear"].map(|says| ["what", "much", says]);
    assert_eq!(claim, json!({"finding": "mixed", "verdict": "mixed", "figures": says}));
}

#[test]
fn the_answers_are_those_of_choose() {
    let cells = vec![
        counter("a", 2, 5.0),
        counter("b", 2, 50.0),
        counter("a", 2, 5.0).with(|c| c.key.level = "of mine".into()),
    ];
    let m = measured(cells);
    let question = Question { threads: 2, load: LEVELS[0].load, placement: None, now: None };
    let expected = choose::answer(&m, &question).unwrap().answer;
    assert_eq!(answers(&m), [("saturated", 2, expected)]);
}
