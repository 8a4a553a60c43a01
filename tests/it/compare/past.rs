//! Runs whose cells were replaced by newer ones: they are compared like the newest cells.

use std::fs;
use std::path::Path;

use miscount::compare::{CellPair, Filter, Unit, compare, find, mismatches};
use miscount::rank::Basis;
use miscount::results::runs;

use super::Place;
use crate::cells::{around, machine, overhead, put, set};

/// Two machines below `results`. One has two runs: in the second a lock adds twice as much, and a write costs
/// three times as much.
fn two_machines(results: &Path) {
    put(results, &machine("there"));
    let mut here = machine("here");
    put(results, &here);
    let mut run = here.runs.remove("r1").expect("the only run");
    run.started = "2026-01-03T03:00:00Z".into();
    here.runs.insert("r2".into(), run);
    here.cells.iter_mut().for_each(|cell| cell.facts.run = "r2".into());
    let at = |level: &'static str, subject: &'static str| {
        move |c: &miscount::results::Cell| {
            (c.key.level.as_str(), c.key.subject.as_str(), c.key.threads) == (level, subject, 2)
        }
    };
    set(&mut here, at("c100_p900", "ticket"), overhead(around(60.0, 1.0)));
    let write =
        |c: &mut miscount::results::Cell| c.figures.reading.as_mut().unwrap().write_ns = Some(around(30.0, 0.3));
    set(&mut here, at("r50", "fetch_add"), write);
    put(results, &here);
}

/// What `name` of one machine is to the newest cells of the other.
fn row(results: &Path, name: &str, cell: &str) -> CellPair {
    let sides = [name, "there"].map(|name| find(name, results, "").unwrap());
    let found = compare(&sides[0], &sides[1], Unit::Ns, &Filter::default()).unwrap();
    assert!(!found.one_machine);
    found.rows.into_iter().find(|row| row.name == cell).unwrap()
}

fn near(row: &CellPair, a: f64, b: f64) -> bool {
    let is = |found: Option<miscount::results::Interval>, x: f64| (found.unwrap().median - x).abs() < 1e-6;
    is(row.a_ns, a) && is(row.b_ns, b)
}

#[test]
fn a_run_of_the_past_is_compared_by_overhead_and_by_reads_and_writes() {
    let place = tempfile::tempdir().unwrap();
    two_machines(place.path());
    let (lock, mix) = ("locks/c100_p900/ticket/2", "reads/r50/fetch_add/2");
    for (name, adds, costs) in [("here@previous", 30.0, 6.0), ("here@latest", 60.0, 16.0), ("here", 60.0, 16.0)] {
        let (lock, mix) = (row(place.path(), name, lock), row(place.path(), name, mix));
        assert!(lock.basis == Some(Basis::Net) && near(&lock, adds, 30.0), "{name}: {lock:?}");
        assert!(mix.basis == Some(Basis::Net) && near(&mix, costs, 6.0), "{name}: {mix:?}");
    }
}

#[test]
fn net_costs_that_an_earlier_version_kept_are_not_compared_with_overheads() {
    let place = tempfile::tempdir().unwrap();
    two_machines(place.path());
    let file = runs::path(&place.path().join("here"), "r1");
    let mut past = runs::parse(&file, &fs::read(&file).unwrap()).unwrap();
    for cell in past.cells.iter_mut().filter(|cell| cell.figures.holding.is_some()) {
        cell.figures.holding = None;
        cell.figures.net_ns_per_op = Some(around(530.0, 1.0));
    }
    fs::write(&file, past.text()).unwrap();
    let lock = row(place.path(), "here@previous", "locks/c100_p900/ticket/2");
    assert!(lock.basis == Some(Basis::Gross) && near(&lock, 1030.0, 1030.0), "{lock:?}");
}

#[test]
fn a_cell_that_only_an_older_run_has_is_its_latest() {
    let place = Place::new();
    let file = runs::path(&place.folder(), "r2");
    let mut past = runs::parse(&file, &fs::read(&file).unwrap()).unwrap();
    past.cells.retain(|cell| cell.key.subject == "mcs");
    fs::write(&file, past.text()).unwrap();
    let latest = find("@latest", place.0.path(), "").unwrap().machine;
    assert_eq!((latest.cells.len(), latest.runs.len()), (192, 2));
    assert_eq!(find("@previous", place.0.path(), "").unwrap().machine.cells.len(), 12);
    assert!(mismatches(&latest, &latest)[0].contains("counters of 2"), "and it is said");
}
