//! Figures by the distance of the CPUs, where a host moved them between near and distant cores.

use super::sheet::{Sheet, threads};
use crate::figure;
use crate::rank::resolution;
use crate::results::{Cell, Distance, Interval, Machine};
use crate::round::share;
use crate::stats::median;
use crate::transfer::distance::name;

/// The table's title.
pub(super) const TITLE: &str = "By distance of the CPUs";
/// Rounds from which something is known of how they scatter.
const ENOUGH: usize = 3;

/// The cost of a cell at one distance, for people: net if there is a control, then without digits below the resolution.
fn written(distance: &Distance, resolution: f64) -> String {
    let (cost, write): (Interval, &dyn Fn(f64) -> String) = match distance.net_ns_per_op {
        Some(net) => (net, &|ns| figure::net(ns, resolution)),
        None => (distance.ns_per_op_per_thread, &figure::ns),
    };
    if distance.rounds < ENOUGH { write(cost.median) } else { figure::interval(cost, write) }
}

/// The cells of a view that were measured at more than one distance, a row each.
pub(super) fn sheet(cells: &[&Cell], machine: &Machine) -> Option<Sheet> {
    let split: Vec<&&Cell> = cells.iter().filter(|cell| !cell.figures.distances.is_empty()).collect();
    let most = split.iter().map(|cell| cell.figures.distances.len()).max()?;
    let split: Vec<&&Cell> = split.into_iter().filter(|cell| cell.figures.distances.len() == most).collect();
    let names: Vec<String> = (0..most).map(|group| name(group, most)).collect();
    let mut head = vec!["row/threads".to_owned()];
    head.extend(names.iter().map(|name| format!("{name}, ns")));
    let loses =
        split.iter().any(|cell| cell.figures.distances.iter().any(|d| d.loss_rate.is_some_and(|rate| rate > 0.0)));
    head.extend(names.iter().filter(|_| loses).map(|name| format!("{name}, lost")));
    head.extend(names.iter().map(|name| format!("{name}, share of rounds")));
    let rows = split.iter().map(|cell| {
        let all: usize = cell.figures.distances.iter().map(|distance| distance.rounds).sum();
        let variant = if cell.key.variant.is_empty() { String::new() } else { format!(" {}", cell.key.variant) };
        let mut row = vec![format!(
            "{}{variant}/{}",
            cell.key.subject,
            threads(cell.key.threads, machine.card.usable(cell.key.placement))
        )];
        let least = resolution::of(machine, &cell.key.level, cell.key.threads);
        row.extend(cell.figures.distances.iter().map(|distance| written(distance, least)));
        let lost = |distance: &Distance| distance.loss_rate.map(figure::percent).unwrap_or_default();
        row.extend(cell.figures.distances.iter().filter(|_| loses).map(lost));
        row.extend(cell.figures.distances.iter().map(|d| figure::percent(share(d.rounds as u64, all as u64))));
        row
    });
    let rows = rows.collect();
    let transfer =
        |group: usize| median(&split.iter().map(|cell| cell.figures.distances[group].transfer_ns).collect::<Vec<_>>());
    let each: Vec<String> =
        (0..most).map(|group| format!("{} {} ns", names[group], figure::ns(transfer(group)))).collect();
    Some(Sheet {
        title: TITLE.into(),
        note: format!(
            "net where there is a control, else gross; ns per operation and thread, the median round with its 95 % interval. The host moved the CPUs: line transfer {}. Compare rows at one distance only",
            each.join(", ")
        ),
        head,
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{around, cell, costing, machine};

    fn at(transfer_ns: f64, ns: f64, rounds: usize, loss_rate: Option<f64>) -> Distance {
        Distance { transfer_ns, rounds, ns_per_op_per_thread: around(ns, 0.5), net_ns_per_op: None, loss_rate }
    }

    #[test]
    fn cells_at_two_distances_have_a_row_each() {
        let near_and_far = vec![at(27.0, 10.0, 15, Some(0.25)), at(158.0, 8.0, 5, Some(0.5))];
        let split =
            costing(9.0, cell("counters", "load_store", 2, "saturated")).with(|c| c.figures.distances = near_and_far);
        let whole = costing(9.0, cell("counters", "none", 1, "saturated"));
        assert_eq!(sheet(&[&whole], &machine(Vec::new())), None);
        let sheet = sheet(&[&whole, &split], &machine(Vec::new())).unwrap();
        assert_eq!(
            sheet.head[1..],
            ["near, ns", "far, ns", "near, lost", "far, lost", "near, share of rounds", "far, share of rounds"]
        );
        assert_eq!(
            sheet.rows,
            [["load_store/2", "10.0 (9.50 to 10.5)", "8.00 (7.50 to 8.50)", "25.0 %", "50.0 %", "75.0 %", "25.0 %"]
                .map(str::to_owned)]
        );
        assert!(sheet.note.contains("near 27.0 ns, far 158 ns"), "{}", sheet.note);
    }

    #[test]
    fn what_loses_nothing_has_no_column_of_losses_and_net_comes_before_gross() {
        let net = Distance { net_ns_per_op: Some(around(7.0, 0.5)), ..at(27.0, 10.0, 1, Some(0.0)) };
        let split = cell("counters", "a", 4, "saturated")
            .with(|c| c.figures.distances = vec![net, at(158.0, 8.0, 1, Some(0.0))]);
        let sheet = sheet(&[&split], &machine(Vec::new())).unwrap();
        assert_eq!(sheet.rows, [["a/4*", "7", "8.00", "50.0 %", "50.0 %"].map(str::to_owned)]);
    }
}
