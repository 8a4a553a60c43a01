use super::*;
use crate::claims::Finding;
use crate::counter::Grade;
use crate::report::across::Goodputs;
use crate::report::columns::Patterns;
use crate::results::{Cell, Noise};
use crate::round::Verdict;
use crate::samples::{self, around, cell, costing, published};
use crate::workload::Placement;

/// The page's data of a machine without its columns.
fn shown(m: &Machine) -> Value {
    let (mut rows, mut patterns) = (RowNames::default(), Patterns::default());
    machine(m, &mut rows, &mut Packer::new(&mut patterns))
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
fn a_legend_has_each_verdict_once_and_noise_last() {
    let judged = |verdict, cell: Cell| cell.with(|c| c.facts.verdict = verdict);
    let noise = Some(Noise { steal: Some(0.5), ..Noise::default() });
    let m = measured(vec![
        judged(Verdict::Preempted, counter("a", 1, 5.0)),
        judged(Verdict::Unpinned, counter("b", 1, 5.0)),
        judged(Verdict::Preempted, counter("c", 1, 5.0)),
        counter("d", 1, 5.0).with(|c| c.figures.noise = noise),
    ]);
    let [unpinned, preempted] = [Verdict::Unpinned, Verdict::Preempted].map(matrix::explain);
    let legend =
        json!([["u", "unpinned", unpinned], ["p", "preempted", preempted], ["n", "noisy", matrix::NOISY_MEANS]]);
    assert_eq!(shown(&m)["views"][0]["legend"], legend);
    assert_eq!(shown(&measured(vec![counter("a", 1, 5.0)]))["views"][0]["legend"], json!([]));
}

#[test]
fn views_share_their_columns_and_rows_their_names() {
    let hazard = crate::hazard::Anomalies { kind: "torn".into(), seen: 1, of: 4 };
    let cells = vec![
        counter("b", 2, 50.0),
        counter("b", 4, 200.0).with(|c| c.facts.verdict = Verdict::Oversubscribed),
        counter("a", 2, 5.0),
        counter("none", 2, 5.0).with(|c| c.facts.grade = Grade::Control),
        counter("r", 2, 5.0).with(|c| c.facts.grade = Grade::Racy),
        counter("h", 2, 5.0).with(|c| c.figures.anomalies = Some(hazard)),
        counter("b", 2, 5.0).with(|c| c.key.placement = Placement::Siblings),
        counter("b", 2, 5.0).with(|c| c.key.level = "high".into()),
        counter("b", 1, 5.0).with(|c| {
            c.key.level = "c0_p0".into();
            c.key.bench = "between".into();
        }),
    ];
    let m = measured(cells);
    let (mut rows, mut patterns) = (RowNames::default(), Patterns::default());
    let found = machine(&m, &mut rows, &mut Packer::new(&mut patterns));
    let names: Vec<&str> = rows.all.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(names, ["none", "a", "b", "r", "h"]);
    assert_eq!(rows.all[0], ("none".into(), "none", "atomic", "control"));
    let columns = json!([
        {"threads": 2, "over": false, "resolution": 1.0, "expected": "50.0 %"},
        {"threads": 4, "over": true, "resolution": 3.0, "expected": "50.0 %"},
        {"threads": 2, "over": false, "resolution": 11.0, "expected": "50.0 %"},
        {"threads": 1, "over": false, "resolution": 0.1, "expected": "0 %"},
    ]);
    assert_eq!(found["columns"], columns);
    let view = |n: usize| &found["views"][n];
    let heads: Vec<Value> = (0..4)
        .map(|n| {
            json!([view(n)["bench"], view(n)["level"], view(n)["placement"], view(n)["think"], view(n)["columns"]])
        })
        .collect();
    let expected = [
        json!(["counters", "saturated", "spread", "no think time", [0, 1]]),
        json!(["counters", "saturated", "siblings", "no think time", [0]]),
        json!(["counters", "high", "spread", "100 ns think time", [2]]),
        json!(["between", "c0_p0", "spread", null, [3]]),
    ];
    assert_eq!(heads, expected);
    let row =
        |row: usize, entries: &[u8], collapse: Value| json!({"row": row, "entries": entries, "collapse": collapse});
    let sections = json!([
        {"part": "floor", "title": Part::Floor.title(), "rows": [row(0, &[1, 0], Value::Null)]},
        // 201 by 51 ns.
        {"part": "ranked", "title": Part::Ranked.title(), "rows": [row(1, &[1, 0], Value::Null), row(2, &[1, 1], json!([2, 4, "× 3.94"]))]},
        {"part": "wrong", "title": Part::Wrong.title(), "rows": [row(3, &[1, 0], Value::Null)]},
        {"part": "hazard", "title": Part::Hazard.title(), "rows": [row(4, &[1, 0], Value::Null)]},
    ]);
    assert_eq!(view(0)["sections"], sections);
    assert_eq!(view(3)["sections"][0]["rows"], json!([row(2, &[1], Value::Null)]), "a name that is known");
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
    let goodputs = ["2.00 G/s", "3.00 M/s"];
    let expected = json!({"level": "high", "placement": "siblings", "threads": 2, "text": "from 2 threads", "points": [[1, goodputs], [2, goodputs]]});
    assert_eq!(found, expected);
    assert_eq!(text(Some(1), &[1])["text"], "from 1 thread");
    assert_eq!(
        [text(None, &[1, 8])["text"].clone(), text(None, &[])["text"].clone()],
        ["none up to 8 threads", "none up to 0 threads"]
    );
}

#[test]
fn claims_and_sheets_are_rows_of_one_table() {
    let mut tables = Tables::default();
    let figure = |says| crate::claims::Figure { what: "what".into(), measured: "much".into(), says };
    let figures = [Says::Yes, Says::No, Says::Partly, Says::Unclear].map(figure).to_vec();
    let claim =
        claim(Claim { text: "", check: "", finding: Finding::Mixed, verdict: "mixed".into(), figures }, &mut tables);
    assert_eq!(claim, json!({"finding": "mixed", "verdict": "mixed", "figures": [0, 4]}));
    let [head, row] = [["name", "ns"], ["a", "1.00"]].map(|row| row.map(str::to_owned).to_vec());
    let shades = vec![vec![Some(0.0), Some(0.504), Some(0.506), Some(1.0), None]];
    let sheet = sheet(Sheet { title: "t".into(), note: "n".into(), head, rows: vec![row], shades }, &mut tables);
    assert_eq!(sheet, json!({"rows": [4, 2], "shades": [[0, 50, 51, 100, null]]}));
    let (mut patterns, mut texts) = (Patterns::default(), Vec::new());
    for column in tables.pack(&mut Packer::new(&mut patterns)) {
        texts.push(serde_json::to_value(column).unwrap()["texts"].clone());
    }
    assert_eq!(texts, [6; 4], "as many columns as the longest row, each as long");
}
