//! Does the page work in a browser? Its figures are those of the record, each view shows what it should, and nothing is
//! broken or too wide. Needs Chromium. Without it the tests are skipped with a line, or fail under
//! `MISCOUNT_REQUIRE_BROWSER=1`.

#[path = "browser/benches.rs"]
mod benches;
#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/cpus.rs"]
mod cpus;
#[path = "browser/drop.rs"]
mod drop;
#[path = "browser/figures.rs"]
mod figures;
#[path = "support/folders.rs"]
mod folders;
#[path = "browser/here.rs"]
mod here;
#[path = "support/many.rs"]
mod many;
#[path = "support/page.rs"]
mod page;
#[path = "support/pythons.rs"]
mod pythons;
#[path = "support/synthetic.rs"]
mod synthetic;
#[path = "browser/views.rs"]
mod views;
#[path = "browser/whole.rs"]
mod whole;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use miscount::report::page::{render, write_to};
use miscount::results::published::core_to_core::{self, Others};
use miscount::results::{Cell, Distance, Interval, Machine, read_all};

/// Writes a page of these machines.
fn written(dir: &Path, name: &str, machines: &[Machine]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, render(machines, &[])).expect("the page is written");
    path
}

/// The committed results.
fn committed() -> Vec<Machine> {
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results")).0
}

/// The line transfers of others that are committed.
fn others() -> Others {
    core_to_core::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results")).expect("a file of others")
}

/// The committed results; a made-up machine with interpreters, a cell that was measured between near and distant CPUs, and locks
/// that are held long; and one whose counter nobody else has.
fn machines() -> &'static [Machine] {
    static MACHINES: OnceLock<Vec<Machine>> = OnceLock::new();
    MACHINES.get_or_init(made)
}

fn made() -> Vec<Machine> {
    let mut all = committed();
    let mut made_up = pythons::machine("made_up_2");
    let around = |ns: f64| Interval { low: ns - 0.5, median: ns, high: ns + 0.5 };
    let at = |transfer_ns, ns, loss_rate| Distance {
        transfer_ns,
        rounds: 10,
        ns_per_op_per_thread: around(ns + 100.0),
        net_ns_per_op: Some(around(ns)),
        loss_rate: Some(loss_rate),
    };
    let split = |cell: &&mut Cell| {
        let key = &cell.key;
        (key.subject.as_str(), key.level.as_str(), key.threads) == ("load_store", "high", 2)
    };
    for cell in made_up.cells.iter_mut().filter(split) {
        cell.figures.distances = vec![at(27.0, 33.25, 0.125), at(158.0, 77.75, 0.375)];
    }
    let waits = [("std_mutex", 670.0), ("parking_lot_mutex", 712.0), ("parking_lot_fair_mutex", 3.2)];
    made_up.cells.extend(waits.map(|(name, ms)| synthetic::held_long(name, "blocking", ms, 2, 500_000)));
    made_up.cells.sort_by(|a, b| a.key.cmp(&b.key));
    all.extend([made_up, synthetic::machine("loner", &[("alone", "atomic", 3.0)])]);
    all
}

/// The page that most tests read, rendered once.
fn shared() -> &'static Path {
    static PAGE: OnceLock<PathBuf> = OnceLock::new();
    PAGE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser.html");
        write_to(&path, machines(), &others(), &[]).expect("the page is written");
        path
    })
}
