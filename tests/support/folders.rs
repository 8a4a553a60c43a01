//! Results folders for several tests of the whole.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use miscount::results::{Error, Machine, PastRun, read_all, runs};

/// The machines in `results/` and what was left out of them, read once for all tests.
pub(crate) fn committed() -> (&'static [Machine], &'static [Error]) {
    static READ: OnceLock<(Vec<Machine>, Vec<Error>)> = OnceLock::new();
    let (machines, errors) = READ.get_or_init(|| read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results")));
    (machines, errors)
}

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
