use std::path::Path;

use super::*;
use crate::results::read_all;
use crate::round::Verdict;
use crate::samples;

fn machines() -> Vec<Machine> {
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("results")).0
}

fn machine(id: &str) -> Machine {
    machines().into_iter().find(|m| m.card.id == id).expect("a published machine")
}

#[test]
fn the_crossovers_of_published_figures_are_computed() {
    for (id, threads) in [("epyc-milan-2024", 5), ("xeon-platinum-8176-8s", 128)] {
        let [found] = crossovers(&machine(id)).try_into().expect("one level and placement");
        assert_eq!(found.threads, Some(threads), "{id}");
        assert_eq!((found.level.as_str(), found.placement), ("saturated", Placement::Unpinned));
    }
    assert!(crossovers(&machine("graviton2-16c")).is_empty(), "its losses were not recorded");
}

#[test]
fn a_crossover_lasts_to_the_most_threads_measured() {
    let mut m = machine("epyc-milan-2024");
    let most = m.cells.iter().filter(|c| c.key.threads <= 166).map(|c| c.key.threads).max().unwrap();
    let at = |threads: usize, subject: &str, m: &Machine| {
        m.cells.iter().position(|c| c.key.subject == subject && c.key.threads == threads).unwrap()
    };
    // One good count in the middle: only what comes after it is a crossover.
    let cell = at(16, RACY, &m);
    m.cells[cell].figures.goodput = Some(1e12);
    assert_eq!(crossovers(&m)[0].threads, Some(18));
    // A cell that cannot be trusted does not count.
    m.cells[cell].facts.verdict = Verdict::Serialised;
    assert_eq!(crossovers(&m)[0].threads, Some(5));
    // Still ahead at the most threads: there is none.
    let cell = at(most, RACY, &m);
    m.cells[cell].figures.goodput = Some(1e12);
    assert_eq!(crossovers(&m)[0].threads, None);
    // Beyond the CPUs is another regime.
    m.cells[cell].key.threads = 167;
    assert_eq!(crossovers(&m)[0].threads, Some(5));
    // Our own unpinned threads may never have met.
    m.origin = Origin::Measured;
    assert!(crossovers(&m).is_empty());
}

#[test]
fn a_crossover_needs_more_than_one_thread_and_a_counter_that_is_slower() {
    let found = |most: usize, racy: f64| {
        let goodputs = [(RACY, racy), (EXACT, 5.0)];
        let cell = |n, (subject, goodput)| {
            samples::cell("counters", subject, n, "saturated").with(|c| c.figures.goodput = Some(goodput))
        };
        let cells = (1..=most).flat_map(|n| goodputs.map(|row| cell(n, row))).collect();
        crossovers(&samples::machine(cells))
            .into_iter()
            .map(|found| (found.threads, found.points.len()))
            .collect::<Vec<_>>()
    };
    assert_eq!((found(1, 4.0), found(2, 4.0)), (vec![], vec![(Some(1), 2)]));
    assert_eq!(found(2, 5.0), [(None, 2)], "as fast is not slower");
}
