//! The noise that the suite records and reports.
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use super::{Place, line, run};

/// Keeps every CPU busy while `what` runs.
fn beside_others<T>(what: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _set = SetOnDrop(&done);
        what()
    })
}

/// Also when its thread panics: the others would go on for ever.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn cells_of_a_busy_machine_are_marked_and_the_run_says_so() {
    let place = Place::new();
    let (status, out, err) = beside_others(|| run(&mut place.measure_slowly("/fetch_add/1")));
    assert_eq!(status, Some(0), "{err}");
    assert!(line(&out, "faulty saturated fetch_add 1").contains("other load "), "{out}");
    let said = line(&err, "1 of 1 cells was noisy (");
    let cell = &place.cells()[0];
    assert!(cell.is_noisy(), "{cell:?}");
    let noise = cell.figures.noise.unwrap();
    assert!(noise.other_load.unwrap() > 0.1 && noise.waited.is_some() && noise.drift.is_some(), "{noise:?}");
    let machine = place.machine();
    let notes: Vec<&String> = machine.runs.values().flat_map(|run| &run.notes).collect();
    assert!(notes.iter().any(|note| said.ends_with(note.as_str())), "{notes:?}");
}

#[test]
fn cells_of_a_block_share_what_ticks_tell() {
    let place = Place::new();
    let (status, _, err) = run(&mut place.measure_slowly("/turns_[ab]/2"));
    assert_eq!(status, Some(0), "{err}");
    let cells = place.cells();
    assert_eq!(cells.len(), 2);
    assert!(
        cells[0].figures.noise.is_some_and(|noise| noise.waited.is_some() && noise.other_load.is_some()),
        "{cells:?}"
    );
    let [a, b] = [0, 1].map(|n: usize| cells[n].figures.noise.unwrap());
    assert_eq!((a.steal, a.other_load), (b.steal, b.other_load));
    assert_ne!((a.waited, a.drift), (b.waited, b.drift), "each has rounds of its own");
}

#[test]
fn drift_is_known_of_threads_with_a_cpu_of_their_own_only() {
    let place = Place::new();
    let (status, _, err) = run(place.measure_slowly("/fetch_add/1").env("MISCOUNT_PLACEMENT", "spread,unpinned"));
    assert_eq!(status, Some(0), "{err}");
    for cell in place.cells() {
        let pinned = cell.key.placement == miscount::workload::Placement::Spread;
        assert_eq!(cell.figures.noise.unwrap().drift.is_some(), pinned, "{cell:?}");
    }
}
