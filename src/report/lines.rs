//! One line about one cell, for the terminal.

use super::{locks, ordering};
use crate::figure::{self, ABSENT, count, net, ns, percent};
use crate::rank::{self, Basis, resolution};
use crate::results::{Cell, Interval, Key, Machine};
use crate::workload::Placement;

/// The line of a cell: what it is, its cost, what it lost or what was seen, its verdict, noise.
pub(crate) fn of(cell: &Cell, machine: &Machine) -> String {
    let Key { bench, subject, variant, threads, level, placement } = &cell.key;
    let mut name: Vec<&str> = vec![bench, level, subject];
    name.extend(Some(variant.as_str()).filter(|variant| !variant.is_empty()));
    let threads = threads.to_string();
    name.push(&threads);
    name.extend(Some(placement.id()).filter(|_| *placement != Placement::Spread));
    let mut parts = vec![name.join(" "), cost(cell, machine)];
    if let Some(reading) = cell.figures.reading {
        let side = |what: &str, i: Interval| format!("{what} {} ns", ns(i.median));
        parts.extend(reading.read_ns.map(|i| side("read", i)));
        parts.extend(reading.write_ns.map(|i| side("write", i)));
    }
    parts.extend(cell.figures.loss_rate.map(|loss| format!("lost {}", percent(loss.pooled))));
    if let Some(anomalies) = &cell.figures.anomalies {
        parts.push(format!("{} {} of {}", count(anomalies.seen), anomalies.kind, count(anomalies.of)));
    }
    parts.extend(cell.figures.outcomes.as_ref().map(ordering::list));
    parts.push(cell.facts.verdict.id().to_owned());
    let noise = cell.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", percent(share)));
    let noise: Vec<String> = noise.collect();
    parts.extend((!noise.is_empty()).then(|| noise.join(", ")));
    parts.extend(cell.facts.quick.then(|| "quick".to_owned()));
    parts.join("  ")
}

/// The cost with its interval and unit.
fn cost(cell: &Cell, machine: &Machine) -> String {
    match rank::cost(cell) {
        None => waited(cell).unwrap_or_else(|| ABSENT.into()),
        Some((Basis::Gross, cost)) => format!("{} ns gross", figure::interval(cost, ns)),
        Some((Basis::Net, cost)) => {
            let least = resolution::of(machine, &cell.key.level, cell.key.threads);
            match resolution::is_below(cost.median, least) {
                true => format!("{} ns", net(cost.median, least)),
                false => format!("{} ns", figure::interval(cost, |ns| net(ns, least))),
            }
        }
    }
}

/// The longest wait for a lock that is held long, and the shares of the threads.
fn waited(cell: &Cell) -> Option<String> {
    let (longest, shares) = (locks::longest(cell)?, locks::shares(cell)?);
    Some(format!("longest wait {longest} ms  shares {shares}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Noise, Reading};
    use crate::round::Verdict;
    use crate::samples::{self, around, losing, machine};

    fn cell() -> Cell {
        let cell = losing([0.0; 3], samples::cell("counters", "std_mutex", 2, "saturated"));
        cell.with(|c| c.figures.net_ns_per_op = Some(around(59.0, 2.0)))
    }

    fn line(cell: Cell) -> String {
        of(&cell, &machine(Vec::new()))
    }

    #[test]
    fn a_cell_is_told_in_one_line() {
        assert_eq!(line(cell()), "counters saturated std_mutex 2  59 (57 to 61) ns  lost 0 %  valid");
        let below = cell().with(|c| c.figures.net_ns_per_op = Some(around(0.2, 0.1)));
        assert_eq!(line(below), "counters saturated std_mutex 2  < 1 ns  lost 0 %  valid");
        let gross = cell().with(|c| {
            (c.figures.net_ns_per_op, c.figures.ns_per_op_per_thread) = (None, Some(around(60.0, 1.0)));
            (c.key.variant, c.key.placement) = ("again".into(), Placement::Siblings);
        });
        let expected = "counters saturated std_mutex again 2 siblings  60.0 (59.0 to 61.0) ns gross  lost 0 %  valid";
        assert_eq!(line(gross), expected);
        let [read_ns, write_ns] = [1.5, 9.5].map(|ns| Some(around(ns, 0.1)));
        let reading = Reading { share: 0.5, read_ns, write_ns, longest_write_ns: None, error: None };
        let mixed = line(cell().with(|c| (c.figures.reading, c.figures.net_ns_per_op) = (Some(reading), None)));
        assert!(mixed.contains("  read 1.50 ns  write 9.50 ns  lost 0 %"), "{mixed}");
    }

    #[test]
    fn a_lock_that_is_held_long_is_told_by_its_waits() {
        let held = samples::held_long("std_mutex", 2, "c500000_p0", 670.0);
        let expected = "locks c500000_p0 std_mutex 2  longest wait 670 ms  shares 75.0 %, 25.0 %  valid";
        assert_eq!(line(held.clone()), expected);
        assert!(line(held.with(|c| c.figures.waits = None)).contains("  not measured  "));
    }

    #[test]
    fn what_disturbed_a_cell_stands_at_its_end() {
        let noise = Noise { steal: Some(0.073), drift: Some(0.02), ..Noise::default() };
        let noisy = cell().with(|c| c.figures.noise = Some(noise));
        assert!(line(noisy.clone()).ends_with("  lost 0 %  valid  steal 7.3 %"), "{}", line(noisy));
        let ends = |change: fn(&mut Cell)| line(cell().with(change));
        assert!(ends(|c| c.facts.verdict = Verdict::Preempted).ends_with("  lost 0 %  preempted"));
        assert!(ends(|c| c.facts.quick = true).ends_with("  valid  quick"));
        let over = ends(|c| (c.facts.verdict, c.key.threads) = (Verdict::Oversubscribed, 4));
        assert!(over.ends_with("  lost 0 %  oversubscribed"), "{over}");
    }
}
