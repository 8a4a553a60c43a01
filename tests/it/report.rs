//! Compares the files on disk with the report.

use crate::many;
use crate::page;
#[path = "report/reading.rs"]
mod reading;
use crate::folders;
use crate::synthetic;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use miscount::counter::Grade;
use miscount::figure;
use miscount::report::matrix::{self, Cost, Mark, Part};
use miscount::report::{level, page as web};
use miscount::results::{Error, Interval, Machine, Origin};
use miscount::round::Verdict;

use folders::{committed, put};
use serde_json::json;

fn sample() -> Machine {
    synthetic::machine("made_up_2", &synthetic::COUNTERS)
}

fn published() -> Vec<Machine> {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let (machines, errors) = committed();
    let theirs = results.join("published").display().to_string();
    assert!(errors.iter().all(|e| !e.to_string().starts_with(&theirs)), "{errors:?}");
    machines.iter().filter(|m| m.origin != Origin::Measured).cloned().collect()
}

// ---- comparing --------------------------------------------------------------------------------

/// The marks of the ranked rows at one column.
fn marks(machine: &Machine, level: &str, column: usize) -> Vec<(String, Option<Mark>)> {
    let view = matrix::views(machine, |c| c.key.level == level).remove(0);
    let ranked = view.sections.iter().find(|s| s.part == Part::Ranked).expect("ranked rows");
    ranked.rows.iter().map(|r| (r.name(), r.entries[column].as_ref().and_then(|e| e.mark))).collect()
}

#[test]
fn wrong_counts_are_never_ranked() {
    let mut machine = sample();
    // An exact counter that lost at one level is wrong at all.
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "fetch_add" && c.key.level == "low") {
        cell.figures.loss_rate.as_mut().unwrap().max = 0.01;
    }
    for view in matrix::views(&machine, |_| true) {
        for section in &view.sections {
            let names: Vec<&str> = section.rows.iter().map(|r| r.subject).collect();
            let wrong = ["load_store", "load_store_padded", "fetch_add"];
            assert_eq!(section.part == Part::Wrong, wrong.iter().all(|w| names.contains(w)), "{names:?}");
            assert_eq!(section.part == Part::Wrong, wrong.iter().any(|w| names.contains(w)), "{names:?}");
            for entry in section.rows.iter().flat_map(|r| r.entries.iter().flatten()) {
                assert!(section.part == Part::Ranked || entry.mark.is_none());
                assert!(section.part != Part::Wrong || entry.loss.is_some(), "a loss not shown");
            }
        }
    }
    let racy = machine.cells.iter().filter(|c| c.facts.grade == Grade::Racy);
    assert!(racy.count() > 0);
}

#[test]
fn the_cheapest_stands_alone_or_ties() {
    let mut machine = sample();
    let cheapest = |machine: &Machine| -> Vec<(String, Mark)> {
        marks(machine, "saturated", 1).into_iter().filter_map(|(name, mark)| Some((name, mark?))).collect()
    };
    assert_eq!(cheapest(&machine), [("per_thread".to_string(), Mark::Cheapest)]);
    let mut set = |subject: &str, net: Interval, gross: Interval| {
        let mut cells = machine.cells.iter_mut().filter(|c| c.key.level == "saturated" && c.key.threads == 2);
        let cell = cells.find(|c| c.key.subject == subject).unwrap();
        (cell.figures.net_ns_per_op, cell.figures.ns_per_op_per_thread) = (Some(net), Some(gross));
    };
    let tight = |x: f64| Interval { low: x - 0.01, median: x, high: x + 0.01 };
    set("per_thread", tight(9.0), tight(9.3));
    set("striped", Interval { low: 9.005, median: 9.5, high: 9.9 }, Interval { low: 9.2, median: 9.8, high: 10.2 });
    set("mcs", Interval { low: 1.0, median: 9.6, high: 19.0 }, Interval { low: 1.3, median: 9.9, high: 19.3 });
    let all = cheapest(&machine);
    let mark = |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, m)| *m);
    assert_eq!(mark("per_thread"), Some(Mark::Tie));
    assert_eq!(mark("striped"), Some(Mark::Tie));
    assert_eq!(mark("mcs"), Some(Mark::Noisy));
    assert_eq!(all.len(), 3, "{all:?}");
    // Nobody knows whether a serialised cell's threads met: it is not ranked.
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "per_thread") {
        cell.facts.verdict = Verdict::Serialised;
    }
    assert!(cheapest(&machine).iter().all(|(name, _)| name != "per_thread"));
}

#[test]
fn nothing_below_the_resolution_is_shown_as_a_figure() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.key.level == "high" && c.key.subject == "per_thread") {
        cell.figures.net_ns_per_op = Some(Interval { low: 0.2345, median: -0.2222, high: 0.3456 });
    }
    let view = matrix::views(&machine, |c| c.key.level == "high").remove(0);
    let rows: Vec<_> = view.sections.iter().flat_map(|s| &s.rows).filter(|r| r.subject == "per_thread").collect();
    for entry in rows.iter().flat_map(|r| r.entries.iter().flatten()) {
        let least = ["< 1.4", "< 11", "< 55"][entry.cell.key.threads.min(3) - 1];
        assert_eq!((entry.cost, entry.text.as_str()), (Cost::Below, least));
    }
    let page = page::opened(&web::render(&[machine.clone()], &[]));
    let cells = page["machines"][0]["cells"].as_array().unwrap().iter();
    let below =
        cells.filter(|c| c["level"] == "high" && c["name"] == "per_thread" && c["net"] == json!([0.0, 0.0, 0.0]));
    assert!(below.count() > 0 && !page.to_string().contains("0.222"), "a figure slipped through");
    for table in
        [level::document(&machine, "high", None).terminal(), level::document(&machine, "high", None).markdown()]
    {
        assert!(table.contains("< 11") || table.contains("&lt; 11"), "{table}");
        assert!(!table.contains("0.2"), "{table}");
    }
}

// ---- the page ---------------------------------------------------------------------------------

#[test]
fn names_are_escaped_wherever_they_stand() {
    let hostile = ["</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<!--<script>\u{2028}"];
    for text in hostile {
        let mut machine = sample();
        machine.card.cpu = text.into();
        machine.card.id = text.into();
        machine.runs.get_mut("r1").unwrap().notes.push(text.into());
        for cell in &mut machine.cells {
            cell.facts.label = text.into();
            cell.key.subject = text.into();
        }
        let what = Error::Corrupt { path: text.into(), what: text.into() };
        let page = web::render(&[machine], &[what]);
        assert!(!page.contains(text), "{text} stands as it is");
        let parsed = page::opened(&page);
        assert_eq!(parsed["machines"][0]["id"], text, "and reads as it was");
        assert_eq!(parsed["machines"][0]["card"][0][1], text, "in its facts too");
    }
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let page = web::render(&published(), &[]);
    for attribute in ["src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "import("] {
        for (at, _) in page.match_indices(attribute) {
            let near: String = page[at..].chars().take(60).collect();
            assert!(!near.contains("http://") && !near.contains("https://") && !near.contains("=\"//"), "{near}");
        }
    }
    assert!(page.contains("default-src 'none'"), "nothing forbids requests");
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for part in ["<title>", "name=\"viewport\"", "rel=\"icon\" href=\"data:", "id=\"views\"", "How to read this"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn forty_counters_make_a_page() {
    let names: Vec<String> = (0..40).map(|n| format!("counter_{n}")).collect();
    let families = ["atomic", "blocking", "spinning", "sharded", "racy"];
    let counters: Vec<(&str, &str, f64)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), families[n % 5], 1.0 + n as f64)).collect();
    let page = web::render(&[synthetic::machine("forty", &counters)], &[]);
    let parsed = page::opened(&page);
    let cells = parsed["machines"][0]["cells"].as_array().unwrap();
    let names = |part: &str| {
        cells.iter().filter(|c| c["part"] == part).map(|c| c["name"].to_string()).collect::<BTreeSet<_>>().len()
    };
    let rows = [names("ranked"), names("wrong")];
    assert_eq!(rows, [32, 8], "exact ones, then those that lose");
}

#[test]
fn sixty_machines_stay_below_two_megabytes() {
    let real = committed().0.iter().find(|m| m.origin == Origin::Measured).expect("a measured machine");
    let page = |machines: usize, step: usize| {
        let made = many::machines(real, machines, 600, step);
        assert!(made.iter().all(|m| m.cells.len() == 600 && m.cells.iter().all(|c| c.fault().is_none())));
        web::render(&made, &[])
    };
    // Many rows at few thread counts, few at many: which of the two is larger depends on what benches say. Each machine
    // takes as much as the one before; a browser is given all sixty (`tests/browser.rs`).
    let (few, more) = (2, 5);
    for step in [1, 7] {
        let [small, large] = [few, more].map(|machines| page::data(&page(machines, step)).len());
        let sixty = large + (60 - more) * (large - small) / (more - few);
        assert!(sixty < 2_000_000, "every {step}th row: {sixty} bytes, {small} for {few}, {large} for {more}");
    }
    let all = page::opened(&page(more, 7));
    assert_eq!(all["machines"].as_array().unwrap().len(), more);
    assert_eq!(all["pairs"]["pairs"].as_array().unwrap().len(), more * (more - 1) / 2);
    for machine in all["machines"].as_array().unwrap() {
        assert_eq!(machine["cells"].as_array().unwrap().len(), 600, "a cell is missing");
        assert!(machine["cpu"].as_str().unwrap().starts_with("Synthetic"), "not marked as made up");
    }
}

#[test]
fn an_empty_page_says_so() {
    let page = web::render(&[], &[]);
    assert!(page.contains("Nothing measured yet") && page.contains("cargo bench"));
}

#[test]
fn the_page_is_written_beside_the_results() {
    let results = tempfile::tempdir().unwrap();
    let dir = results.path().join("new");
    let written = web::write(&dir).unwrap();
    assert_eq!((written.machines, written.cells), (0, 0));
    put(&dir, &sample());
    let written = web::write(&dir).unwrap();
    assert_eq!((written.machines, written.cells, written.left_out.len()), (1, 192, 0));
    assert!(fs::read_to_string(written.path).unwrap().contains("made_up_2"));
    let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no temporary file stays: {left:?}");
}

// ---- terminal and Markdown --------------------------------------------------------------------

#[test]
fn tables_keep_wrong_counts_apart() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "ticket") {
        cell.facts.verdict = Verdict::Preempted;
    }
    for table in [
        level::document(&machine, "saturated", None).terminal(),
        level::document(&machine, "saturated", None).markdown(),
    ] {
        let (above, below) = table.split_once("wrong counts").expect("a part for wrong counts");
        let plain = |text: &str| text.replace('\\', "");
        assert!(plain(above).contains("fetch_add") && !plain(above).contains("load_store"), "{table}");
        assert!(plain(below).contains("load_store") && below.contains("lost 48.5 %"), "{table}");
        assert!(plain(above).contains("4*") && plain(below).contains("* = oversubscribed"), "{table}");
        assert!(plain(above).contains("1.8 [p]") && plain(below).contains("[p] = preempted"), "{table}");
    }
}

#[test]
fn only_one_run_is_shown_when_asked() {
    let mut machine = sample();
    for cell in machine.cells.iter_mut().filter(|c| c.key.subject == "mcs") {
        cell.facts.run = "r2".into();
    }
    let table = level::document(&machine, "high", Some("r2")).terminal();
    assert!(table.contains("mcs") && !table.contains("ticket"), "{table}");
    assert!(level::document(&machine, "high", Some("r3")).terminal().contains("nothing measured"));
    assert!(level::document(&machine, "high", None).terminal().contains("cells of 2 runs"));
}

/// The page writes figures by a script of its own: `tests/browser.rs` gives it the same cases.
#[test]
fn figures_are_written_as_the_cases_say() {
    let cases: Vec<Vec<serde_json::Value>> = serde_json::from_str(include_str!("../support/figures.json")).unwrap();
    for case in &cases {
        let number = |n: usize| case[n].as_f64().unwrap();
        let written = match case[0].as_str().unwrap() {
            "ns" => figure::ns(number(1)),
            "net" => figure::net(number(1), number(2)),
            "threshold" => figure::threshold(number(1)),
            "percent" => figure::percent(number(1)),
            "rate" => figure::per_second(number(1)),
            "count" => figure::count(case[1].as_u64().unwrap()),
            "plain" => figure::plain(number(1)),
            other => panic!("no rule {other}"),
        };
        assert_eq!(case.last().unwrap(), &written, "{case:?}");
    }
    assert!(cases.len() > 300);
}
