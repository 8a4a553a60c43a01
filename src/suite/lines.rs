//! Lines about a whole run, and how times are written.

use std::time::Duration;

use crate::figure::ns;
use crate::machine::cpu_list;
use crate::report::warnings;
use crate::results::Cell;

/// A time as minutes and seconds.
pub(super) fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A line that says that the run's usable CPUs changed from `before` to `now`; `None` when they did not.
pub(super) fn changed(before: &[usize], now: &[usize]) -> Option<String> {
    let [was, is] = [before, now].map(cpu_list);
    (was != is).then(|| {
        format!(
            "the CPUs of this run changed while it went on, from {was} to {is}: cells measured on CPUs it had lost are marked unpinned"
        )
    })
}

/// A line that says how often the host moved the CPUs; `None` when it did not.
pub(super) fn moved(cells: &[Cell], moves: usize) -> Option<String> {
    let split = cells.iter().find(|cell| !cell.figures.distances.is_empty())?;
    let each: Vec<String> = split.figures.distances.iter().map(|distance| ns(distance.transfer_ns)).collect();
    let times = if moves == 1 { "once".to_owned() } else { format!("{moves} times") };
    Some(format!(
        "the host moved the CPUs of this machine between near and distant cores, {times} (line transfer {} ns): figures are kept by distance, too",
        each.join(" and ")
    ))
}

/// Most cells named at the end of a noisy run.
const NAMED: usize = 5;

/// A line with the number of noisy cells, the largest share of each kind of noise, and a few names; `None` when no cell
/// is noisy.
pub(super) fn noisy(cells: &[Cell]) -> Option<String> {
    let noisy: Vec<&Cell> = cells.iter().filter(|cell| cell.is_noisy()).collect();
    if noisy.is_empty() {
        return None;
    }
    let name = |cell: &&Cell| {
        let variant = if cell.key.variant.is_empty() { String::new() } else { format!(" {}", cell.key.variant) };
        format!("{}/{}{variant}/{}", cell.key.level, cell.key.subject, cell.key.threads)
    };
    let names: Vec<String> = noisy.iter().take(NAMED).map(name).collect();
    let more = if noisy.len() > NAMED { format!(" and {} more", noisy.len() - NAMED) } else { String::new() };
    let were = if noisy.len() == 1 { "was" } else { "were" };
    Some(format!(
        "{} of {} cells {were} noisy ({}): {}{more}; `miscount check` says what disturbs this machine",
        noisy.len(),
        cells.len(),
        warnings::kinds(&noisy),
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Distance, Noise};
    use crate::samples::{self, around};

    fn cell(subject: &str, noise: Noise) -> Cell {
        samples::cell("counters", subject, 2, "saturated").with(|c| c.figures.noise = Some(noise))
    }

    #[test]
    fn a_noisy_run_says_how_much_and_names_a_few() {
        let quiet = || cell("quiet", Noise::default());
        assert_eq!(noisy(&[quiet()]), None);
        let stolen = |name: &str, steal| cell(name, Noise { steal: Some(steal), ..Noise::default() });
        let line = noisy(&[stolen("a", 0.25), quiet(), stolen("b", 0.5)]).unwrap();
        assert!(line.starts_with("2 of 3 cells were noisy (steal up to 50"), "{line}");
        assert!(line.contains(": saturated/a/2, saturated/b/2; "), "{line}");
        let many: Vec<Cell> = (0..8).map(|n| stolen(&format!("c{n}"), 0.5)).collect();
        let line = noisy(&many).unwrap();
        assert!(line.contains("saturated/c4/2 and 3 more"), "{line}");
    }

    #[test]
    fn the_report_knows_the_lines_that_cells_tell_too() {
        let stolen = cell("a", Noise { steal: Some(0.5), ..Noise::default() });
        let at = |transfer_ns| Distance {
            transfer_ns,
            rounds: 2,
            ns_per_op_per_thread: around(9.0, 1.0),
            net_ns_per_op: None,
            loss_rate: None,
        };
        let split = stolen.clone().with(|c| c.figures.distances = vec![at(40.0), at(160.0)]);
        for line in [noisy(std::slice::from_ref(&stolen)), noisy(&[stolen.clone(), stolen]), moved(&[split], 2)] {
            assert!(warnings::is_told_by_cells(line.as_ref().unwrap()), "{line:?}");
        }
        assert!(!warnings::is_told_by_cells(&changed(&[0, 1], &[0]).unwrap()));
    }
}
