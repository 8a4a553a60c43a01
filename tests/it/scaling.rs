//! The Universal Scalability Law on published machines, and on the page.

use crate::folders::committed;
use crate::page;

use miscount::report::{page as web, scaling as shown};
use miscount::results::{Machine, Origin};
use miscount::scaling::{Fit, Refusal, of_row};
use miscount::workload::Placement;

fn published(id: &str) -> Machine {
    let mut machines = committed().0.iter().filter(|m| m.origin != Origin::Measured);
    machines.find(|m| m.card.id == id).expect("a published machine").clone()
}

fn fit(machine: &Machine, subject: &str) -> Result<Fit, Refusal> {
    let cells = machine.cells.iter().filter(|cell| cell.key.subject == subject);
    of_row(cells, machine.card.usable_cpus, true)
}

/// The page's text on a machine's scaling.
fn section(machine: Machine) -> serde_json::Value {
    let data = page::opened(&web::render(&[machine], &[]));
    let [notes, rows] = [0, 1].map(|n| data["machines"][0]["views"][0]["scaling"][n].clone());
    serde_json::json!({"notes": notes, "rows": rows})
}

#[test]
fn a_shared_counter_is_never_faster_together() {
    let machine = published("epyc-milan-2024");
    let shared = fit(&machine, "fetch_add").unwrap();
    assert!(shared.contention.low > 1.0, "{shared:?}");
    assert_eq!(shared.peak.map(|peak| (peak.low, peak.high)), Some((1.0, 1.0)), "{shared:?}");
    assert!(shared.points == 42 && shared.most_threads <= 166, "{shared:?}");
    // One thread alone took 2.529 ns.
    assert!((shared.lambda - 1e9 / 2.529).abs() < 0.1e9 / 2.529, "{shared:?}");

    let apart = fit(&machine, "per_thread").unwrap();
    assert!(apart.contention.high < 0.01, "{apart:?}");
    assert!(apart.peak.is_none_or(|peak| peak.median > 100.0), "{apart:?}");
}

#[test]
fn a_peak_between_the_points_is_found() {
    // Its plain load and store is fastest with 4 threads: 4 / 6.5 ns, against 5 / 7.7 and 3 / 5.4.
    let fit = fit(&published("graviton2-16c"), "load_store").unwrap();
    let peak = fit.peak.unwrap();
    assert!(peak.low > 2.0 && peak.high < 8.0 && (3.0..=6.0).contains(&peak.median), "{fit:?}");
}

#[test]
fn a_row_that_does_not_follow_the_law_is_refused() {
    let refusal = fit(&published("xeon-platinum-8176-8s"), "fetch_add").unwrap_err();
    // Over eight sockets: from 4.8 ns alone to 64 ns in pairs, which no such curve does.
    assert!(matches!(refusal, Refusal::Poor { threads: 2, off } if off > 0.4), "{refusal:?}");
}

#[test]
fn four_cpus_are_too_few() {
    for id in ["icelake-4c", "skylake-4c"] {
        let machine = published(id);
        assert_eq!(
            fit(&machine, "fetch_add"),
            Err(Refusal::TooFew { points: 4, cpus: 4 }),
            "five and six do not count"
        );
        let section = section(machine);
        assert_eq!(section["rows"].as_array().map(Vec::len), Some(0), "one line instead of a table of refusals");
        let lines = section["notes"].as_array().unwrap();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].as_str().unwrap().contains("4 of the 6 thread counts"), "{lines:?}");
    }
}

#[test]
fn unpinned_cells_count_for_published_machines_only() {
    let machine = published("epyc-milan-2024");
    assert!(machine.cells.iter().all(|cell| cell.key.placement == Placement::Unpinned));
    let cells = machine.cells.iter().filter(|cell| cell.key.subject == "per_thread");
    assert_eq!(of_row(cells, 166, false), Err(Refusal::TooFew { points: 0, cpus: 166 }));
    let notes = section(machine)["notes"].to_string();
    assert!(notes.contains("unpinned"), "{notes}");
}

#[test]
fn the_page_shows_fits_and_refusals_side_by_side() {
    let section = section(published("graviton2-16c"));
    let rows = section["rows"].as_array().unwrap();
    // Name, mark, and five figures or one refusal.
    let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(rows.len(), 9);
    assert_eq!(rows.iter().filter(|row| row[3].is_null()).count(), 1, "{rows:?}");
    assert!(row("std_mutex")[2].as_str().unwrap().starts_with("not fitted: the law does not describe it"));
    let flat = row("per_thread");
    assert_eq!((&flat[2], &flat[4]), (&"0 (0 to 0)".into(), &"none seen up to 16".into()));
    assert_eq!(row("fetch_add")[4], "1: more threads make it slower");
    assert_eq!(row("load_store")[1], "racy");
}

#[test]
fn the_terminal_counts_them() {
    let line = shown::summary(&published("graviton2-16c"));
    assert!(line.contains("8 rows fitted, 0 with fewer") && line.contains("1 that do not follow the law"), "{line}");
    assert!(!line.contains('\n'), "{line}");
}
