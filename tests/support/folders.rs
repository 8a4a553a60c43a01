//! Results folders for several tests of the whole.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::fs;
use std::path::{Path, PathBuf};

use miscount::results::{Machine, PastRun, runs};

/// The runs behind a machine's cells, as they are on disk.
pub(crate) fn past(machine: &Machine) -> Vec<PastRun> {
    let of = |(id, run): (&String, &miscount::machine::Run)| {
        let cells = machine.cells.iter().filter(|cell| cell.facts.run == *id).cloned().collect();
        PastRun { id: id.clone(), number: 0, card: Some(machine.card.clone()), run: run.clone(), cells }
    };
    machine.runs.iter().map(of).collect()
}

/// Puts a machine into its folder under `results`.
pub(crate) fn put(results: &Path, machine: &Machine) -> PathBuf {
    let dir = results.join(&machine.card.id);
    fs::create_dir_all(dir.join("runs")).unwrap();
    for past in past(machine) {
        fs::write(runs::path(&dir, &past.id), past.text()).unwrap();
    }
    dir
}
