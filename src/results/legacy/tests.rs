use super::*;
use crate::counter::Grade;
use crate::hazard::Anomalies;
use crate::results::{Holding, Interval, read_folder};

const CARD: &str = r#"{"id": "m", "cpu": "c", "cpus": 2, "usable_cpus": 2, "arch": "a"}"#;

fn run(started: &str) -> String {
    format!(
        r#"{{"started": "{started}", "rustc": "r", "flags": "f", "kernel": "k", "version": "0.1.0", "pinned": true}}"#
    )
}

fn cell(subject: &str, run: &str, ns: f64) -> String {
    format!(
        r#"{{"bench":"counters","subject":"{subject}","label":"words","family":"atomic","grade":"exact","threads":2,"level":"saturated","placement":"spread","verdict":"valid","attempted":1000,"ns_per_op_per_thread":{{"low":{ns:?},"median":{ns:?},"high":{ns:?}}},"run":"{run}","recorded":"t","hue":7}}"#
    )
}

fn line(subject: &str, ns: f64) -> String {
    format!(
        r#"{{"key":["counters","{subject}","",2,"saturated","spread"],"family":"atomic","grade":"exact","verdict":"valid","ns":[{ns:?},{ns:?},{ns:?}]}}"#
    )
}

/// What version 0.1 left of two runs: the second measured one of two counters again.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"].map(run);
    let put = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
    let noted = second.replace(
        "\"pinned\"",
        "\"notes\": [\"at its end\", \"CPython 3.9.18: b; global lock, switch interval 5ms\"], \"pinned\"",
    );
    put("machine.json", format!(r#"{{"schema": 1, "card": {CARD}, "runs": {{"r1": {first}, "r2": {noted}}}}}"#));
    put(
        "cells.json",
        format!("{{\"schema\": 1, \"cells\": [\n{},\n{}\n]}}\n", cell("a", "r2", 2.0), cell("b", "r1", 1.0)),
    );
    put(".lock", String::new());
    fs::create_dir(dir.path().join("history")).unwrap();
    let history = |id: &str, run: &str, lines: &[String]| {
        format!("{{\"schema\": 1, \"id\": \"{id}\", \"run\": {run}, \"cells\": [\n{}\n]}}\n", lines.join(",\n"))
    };
    put("history/r1.json", history("r1", &first, &[line("a", 1.0), line("b", 1.0)]));
    put("history/r2.json", history("r2", &second, &[line("a", 2.0)]));
    dir
}

/// Run, subject, median and increments of every cell of every run.
fn all(machine: &Path) -> Vec<String> {
    let (found, errors) = read_folder(machine).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    let one = |cell: &Cell| {
        let median = cell.figures.ns_per_op_per_thread.unwrap().median;
        format!("{} {} {median} {:?}", cell.facts.run, cell.key.subject, cell.figures.attempted)
    };
    found.history.iter().flat_map(|past| past.cells.iter().map(one)).collect()
}

#[test]
fn a_folder_of_an_earlier_version_is_read_as_runs() {
    let dir = folder();
    // Of a cell that a newer run replaced there are only the figures that were compared.
    let expected = ["r2 a 2 Some(1000)", "r1 a 1 None", "r1 b 1 Some(1000)"];
    assert_eq!(all(dir.path()), expected);
    let (machine, _) = read_folder(dir.path()).unwrap();
    assert_eq!(machine.runs.keys().collect::<Vec<_>>(), ["r1", "r2"]);
    assert_eq!(machine.runs["r2"].notes, ["at its end"]);
    assert_eq!(machine.runs["r2"].facts, ["CPython 3.9.18: b; global lock, switch interval 5ms"]);
    assert_eq!(machine.cells.iter().map(|cell| cell.facts.run.as_str()).collect::<Vec<_>>(), ["r2", "r1"]);
    // A version without a history.
    fs::remove_dir_all(dir.path().join("history")).unwrap();
    assert_eq!(all(dir.path()), [expected[0], expected[2]]);
    // A file of its own is a run without a machine.
    let dir = folder();
    let path = dir.path().join("history/r1.json");
    let past = runs::parse(&path, &bytes(&path).unwrap()).unwrap();
    assert_eq!((past.id.as_str(), past.card, past.cells.len()), ("r1", None, 2));
}

#[test]
fn it_is_converted_to_runs_and_nothing_is_lost() {
    let dir = folder();
    let before = all(dir.path());
    assert_eq!(convert(dir.path()).unwrap(), 2);
    assert_eq!(all(dir.path()), before);
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(dir.path()), ["runs"], "the old files are gone");
    assert_eq!(names(&dir.path().join("runs")), ["r1.json", "r2.json"]);
    let text = fs::read_to_string(dir.path().join("runs/r2.json")).unwrap();
    assert!(text.contains("\"hue\":7"), "a field of a later version: {text}");
    assert!(text.contains("\"facts\":[\"CPython 3.9.18: ") && text.contains("\"notes\":[\"at its end\"]"), "{text}");
    assert_eq!(convert(dir.path()).unwrap(), 0, "there is nothing left");
}

#[test]
fn an_interrupted_conversion_is_taken_up_again() {
    let (dir, other) = (folder(), folder());
    let before = all(dir.path());
    convert(other.path()).unwrap();
    fs::create_dir(dir.path().join("runs")).unwrap();
    fs::copy(other.path().join("runs/r1.json"), dir.path().join("runs/r1.json")).unwrap();
    assert_eq!(all(dir.path()), before, "both are read as one");
    assert_eq!(convert(dir.path()).unwrap(), 2);
    assert_eq!(all(dir.path()), before);
}

#[test]
fn what_cannot_be_read_is_not_converted() {
    for (name, text) in [("history/r1.json", "garbage"), ("cells.json", "garbage"), ("machine.json", "{}")] {
        let dir = folder();
        fs::write(dir.path().join(name), text).unwrap();
        let error = convert(dir.path()).unwrap_err().to_string();
        assert!(error.contains(name.rsplit('/').next().unwrap()), "{error}");
        assert!(!dir.path().join("runs").exists());
        assert_eq!(left(dir.path()).len(), 3);
    }
    let dir = folder();
    let cells = fs::read_to_string(dir.path().join("cells.json")).unwrap();
    fs::write(dir.path().join("cells.json"), cells.replace("\"r2\"", "\"../r2\"")).unwrap();
    assert!(convert(dir.path()).unwrap_err().to_string().contains("is no run id"));
    // What is not ours stays.
    let dir = folder();
    fs::write(dir.path().join("history/notes.txt"), "mine").unwrap();
    convert(dir.path()).unwrap();
    assert!(dir.path().join("history/notes.txt").exists());
}

#[test]
fn lines_of_every_kind_are_read() {
    let text = format!(
        "{{\"schema\": 1, \"id\": \"r\", \"run\": {}, \"cells\": [\n{}\n]}}",
        run("t"),
        [
            r#"{"key":["locks","mcs","",2,"c100_p900","spread"],"family":"spinning","grade":"exact","verdict":"valid","ns":[1029.0,1030.0,1031.0],"held":[[99.5,901.0,0.25],[30.0,31.5,33.0]]}"#,
            r#"{"key":["reads","mcs","",2,"r90","spread"],"family":"spinning","grade":"exact","verdict":"valid","mix":[0.9,[1.0,2.0,3.0],null]}"#,
            r#"{"key":["counters","torn","",2,"high","spread"],"family":"racy","grade":"racy","verdict":"valid","net":[-1.0,0.5,1.0],"loss":[0.0,0.25,0.5,0.25],"anomalies":{"kind":"torn","seen":1,"of":2},"quick":true}"#,
        ]
        .join(",\n")
    );
    let past = runs::parse(Path::new("r.json"), text.as_bytes()).unwrap();
    let [torn, lock, mix] = &past.cells[..] else { panic!("{past:?}") };
    let three = |low, median, high| Some(Interval { low, median, high });
    let held =
        Holding { critical_ns: 99.5, parallel_ns: 901.0, overhead_ns: three(30.0, 31.5, 33.0), hand_off_rate: 0.25 };
    assert_eq!((lock.figures.holding, lock.figures.ns_per_op_per_thread), (Some(held), three(1029.0, 1030.0, 1031.0)));
    assert_eq!(mix.figures.reading.map(|r| (r.share, r.read_ns, r.write_ns)), Some((0.9, three(1.0, 2.0, 3.0), None)));
    assert_eq!(
        (torn.figures.net_ns_per_op, torn.facts.grade, torn.facts.quick),
        (three(-1.0, 0.5, 1.0), Grade::Racy, true)
    );
    assert_eq!(torn.figures.loss_rate.map(|l| (l.median, l.max)), Some((0.25, 0.5)));
    assert_eq!(torn.figures.anomalies, Some(Anomalies { kind: "torn".into(), seen: 1, of: 2 }));
    assert_eq!((torn.facts.run.as_str(), torn.facts.recorded.as_str()), ("r", "t"));
}
