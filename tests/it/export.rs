//! Exports for other programs: their contents, without figures that were not measured.

#[allow(dead_code)]
use crate::synthetic;

use std::process::Command;

use miscount::report::export::{Format, text};
use miscount::results::{Machine, Origin, published};
use miscount::round::Verdict;
use serde_json::{Value, json};

const COUNTERS: [(&str, &str, f64); 3] =
    [("none", "control", 0.3), ("load_store", "racy", 0.6), ("fetch_add", "atomic", 2.0)];

/// One level of three counters; one cell cannot be trusted, one lacks figures.
fn sample() -> Machine {
    let mut machine = synthetic::machine("made_up_2", &COUNTERS);
    machine.cells.retain(|c| c.key.level == "saturated");
    for cell in &mut machine.cells {
        if cell.key.threads == 2 && cell.key.subject == "load_store" {
            cell.facts.verdict = Verdict::Preempted;
        }
        if cell.key.threads == 1 && cell.key.subject == "fetch_add" {
            cell.facts.label = "=cmd()".into();
            (cell.figures.goodput, cell.figures.throughput, cell.figures.loss_rate, cell.figures.net_ns_per_op) =
                (None, None, None, None);
        }
    }
    machine.card.cpu = "=HYPERLINK(\"x\"), \"y\"".into();
    machine
}

fn export(format: Format) -> String {
    text(format, &[sample()], None).unwrap()
}

fn parsed(format: Format) -> Value {
    serde_json::from_str(&export(format)).unwrap()
}

#[test]
fn csv_has_a_line_a_cell_and_no_formula() {
    let text = export(Format::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let first = "machine,origin,cpu,usable_cpus,bench,level,subject,variant,label,family,grade,threads,placement,verdict,ns_low,ns_median,ns_high,net_ns_low,net_ns_median,net_ns_high,throughput,goodput";
    assert!(text.starts_with(first), "columns may only be added at the end: {head:?}");
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 9);
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let bare = lines.iter().find(|l| &l[at("subject")] == "fetch_add" && &l[at("threads")] == "1").unwrap();
    assert_eq!(&bare[at("cpu")], "'=HYPERLINK(\"x\"), \"y\"");
    assert_eq!(&bare[at("label")], "'=cmd()");
    for absent in ["goodput", "throughput", "loss_pooled", "net_ns_low", "jain", "overhead_ns_median", "anomalies_seen"]
    {
        assert_eq!(&bare[at(absent)], "", "{absent}");
    }
    assert_eq!(&bare[at("ns_median")], "2");
    let full = lines.iter().find(|l| &l[at("subject")] == "fetch_add" && &l[at("threads")] == "2").unwrap();
    assert_eq!((&full[at("lost")], &full[at("attempted")]), ("0", "20000000"));
    assert!(lines.iter().any(|l| &l[at("verdict")] == "preempted"), "with its verdict, all is there");
    // A negative figure is a number, not a formula.
    let mut below = sample();
    below.cells[0].figures.net_ns_per_op = Some(miscount::results::Interval { low: -1.5, median: 0.0, high: 1.5 });
    assert!(miscount::report::export::text(Format::Csv, &[below], None).unwrap().contains(",-1.5,"));
}

#[test]
fn bencher_has_each_figure_that_was_measured() {
    let all = parsed(Format::Bmf);
    assert_eq!(
        all["made_up_2/counters/saturated/fetch_add/1/spread"],
        json!({"latency": {"value": 2.0, "lower_value": 1.98, "upper_value": 2.02}}),
        "nothing else was measured there"
    );
    let racy = &all["made_up_2/counters/saturated/load_store/4/spread"];
    let measures: Vec<&String> = racy.as_object().unwrap().keys().collect();
    assert_eq!(measures, ["goodput", "latency", "loss-rate", "net-latency", "throughput"]);
    let loss = &racy["loss-rate"];
    assert!(loss["lower_value"].as_f64() < loss["value"].as_f64(), "{loss}");
    assert!(loss["value"].as_f64() < loss["upper_value"].as_f64(), "{loss}");
    assert_eq!(all.as_object().unwrap().len(), 8, "not the preempted one");
}

#[test]
fn github_has_a_list_of_points() {
    let smaller = parsed(Format::GithubSmaller);
    assert_eq!(smaller.as_array().unwrap().len(), 8);
    let point = smaller.as_array().unwrap().iter().find(|p| p["name"].as_str().unwrap().contains("fetch_add/1"));
    assert_eq!(
        *point.unwrap(),
        json!({
            "name": "made_up_2/counters/saturated/fetch_add/1/spread",
            "unit": "ns/op per thread",
            "value": 2.0,
            "range": "1.98 to 2.02",
            "extra": "valid\n10 rounds\nrun r1",
        })
    );
    let bigger = parsed(Format::GithubBigger);
    let names: Vec<&str> = bigger.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    // Controls keep nothing, one exact cell has no goodput, one racy cell is preempted.
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(bigger.as_array().unwrap().iter().all(|p| p["unit"] == "kept updates/s" && p["value"].is_number()));
}

#[test]
fn what_others_published_is_in_the_csv_only() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results/published/icelake-4c.json");
    let machine = published::read(&path).unwrap();
    assert_ne!(machine.origin, Origin::Measured);
    let csv = text(Format::Csv, std::slice::from_ref(&machine), None).unwrap();
    assert!(csv.lines().skip(1).all(|line| line.starts_with("icelake-4c,published,")), "{csv}");
    assert_eq!(text(Format::Bmf, std::slice::from_ref(&machine), None).unwrap(), "{}\n");
    assert_eq!(text(Format::GithubSmaller, &[machine], None).unwrap(), "[]\n");
}

#[test]
fn the_command_writes_one_machine_into_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let results = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let run = |args: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miscount"));
        command.args(["report", "--results"]).arg(&results).args(args.split(' ')).current_dir(dir.path());
        command.output().unwrap()
    };
    let done = run("--export csv --machine icelake-4c --output cells.csv");
    assert_eq!((done.status.code(), done.stdout.len()), (Some(0), 0));
    let text = std::fs::read_to_string(dir.path().join("cells.csv")).unwrap();
    assert!(text.lines().count() > 10 && text.lines().skip(1).all(|line| line.starts_with("icelake-4c,")), "{text}");
    let refused = run("--export bmf --machine nobody");
    assert_eq!(refused.status.code(), Some(2));
    let line = String::from_utf8(refused.stderr).unwrap();
    assert!(line.contains("icelake-4c") && line.lines().count() == 1, "{line}");
    assert_eq!(run("--machine icelake-4c").status.code(), Some(2), "a machine is chosen for an export only");
}
