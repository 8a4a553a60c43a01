//! What a locked add costs on a machine, in words: what its family takes, and what was measured.

use std::ops::RangeInclusive;

use crate::figure;
use crate::machine::Card;
use crate::results::Machine;
use crate::units::fetch_add_ns;
use crate::units::locked_add::{family, named, ns_per_cycle};

/// The name of the card's row.
pub const TITLE: &str = "locked add";

/// On which instruction set the table says something.
const ARCH: &str = "x86_64";

/// What the family of a machine takes for one uncontended locked add, beside what its `fetch_add` was measured to take; `None` on
/// other instruction sets.
pub fn row(machine: &Machine) -> Option<String> {
    let card = &machine.card;
    let measured = fetch_add_ns(machine);
    let Some(family) = family(card) else {
        return (card.arch == ARCH).then(|| "unknown: its family is not in the table".to_owned());
    };
    let expected = format!("{} cycles on {}", family.cycles, family.name);
    let measured = measured.map(|ns| (ns, format!("; measured {} ns with the loop", figure::ns(ns))));
    Some(match (ns_per_cycle(card), measured) {
        (Some(cycle), measured) => {
            let [ns, ghz] = [family.cycles.middle * cycle, 1.0 / cycle].map(figure::ns);
            let measured = measured.map(|(_, text)| text).unwrap_or_default();
            format!("{expected}, so {ns} ns at {ghz} GHz, its highest clock{measured}")
        }
        // The other way round: a clock that cannot be tells that something else was measured.
        (None, Some((ns, measured))) => {
            let ghz = figure::ns(family.cycles.middle / ns);
            format!("{expected}{measured}, as at {ghz} GHz (the clock is unknown)")
        }
        (None, None) => format!("{expected}; the clock is unknown"),
    })
}

/// Whether what ranks on this machine does so on other CPUs, in a sentence; `None` where its family is not known.
pub fn ranks(card: &Card) -> Option<String> {
    let family = family(card)?;
    let own = family.cycles.middle;
    let others = if MOST_TAKE.contains(&own) {
        let few = ["Zen 3", "Zen 4"].map(|name| cycles(name).to_string()).join(" and ");
        format!("as on most x86 CPUs, and {few} on Zen 3 and 4")
    } else {
        let latest = cycles(LATEST);
        format!("and 18 to 23 on most other x86 CPUs ({latest} on {LATEST}, {:.1} times as many)", latest / own)
    };
    let name = family.name;
    Some(format!(
        "A locked add takes {own} cycles on this CPU ({name}), {others}: ranks of locks and atomic counters do not carry over to those."
    ))
}

/// Cycles that most families take.
const MOST_TAKE: RangeInclusive<f64> = 15.0..=24.0;
/// A family of now that takes as many as most.
const LATEST: &str = "Zen 5";

fn cycles(name: &str) -> f64 {
    named(name).map_or(f64::NAN, |family| family.cycles.middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{cell, costing, machine};

    fn on(microarchitecture: Option<&str>, max_mhz: Option<u64>, ns: Option<f64>) -> Machine {
        let cells = ns.map(|ns| costing(ns, cell("counters", "fetch_add", 1, "saturated")));
        let mut machine = machine(cells.into_iter().collect());
        machine.card.arch = ARCH.into();
        machine.card.microarchitecture = microarchitecture.map(str::to_owned);
        machine.card.max_mhz = max_mhz;
        machine
    }

    #[test]
    fn what_is_expected_stands_beside_what_was_measured() {
        let row = |machine: &Machine| row(machine).unwrap();
        assert_eq!(
            row(&on(Some("Zen 4"), Some(3_750), Some(1.875))),
            "7.5 cycles on Zen 4, so 2.00 ns at 3.75 GHz, its highest clock; measured 1.88 ns with the loop"
        );
        assert_eq!(
            row(&on(Some("Zen 4"), None, Some(1.875))),
            "7.5 cycles on Zen 4; measured 1.88 ns with the loop, as at 4.00 GHz (the clock is unknown)"
        );
        assert_eq!(row(&on(Some("Zen 2"), None, None)), "17.7 cycles on Zen 2; the clock is unknown");
        assert_eq!(
            row(&on(Some("Nehalem"), Some(1_900), None)),
            "19 cycles on Nehalem, Westmere, so 10.0 ns at 1.90 GHz, its highest clock"
        );
        assert_eq!(row(&on(None, Some(3_000), Some(5.0))), "unknown: its family is not in the table");
        assert_eq!(row(&on(Some("Zen 9"), None, None)), "unknown: its family is not in the table");
    }

    #[test]
    fn nothing_is_said_of_other_instruction_sets() {
        let mut arm = on(Some("Neoverse N1"), Some(3_000), Some(5.0));
        arm.card.arch = "aarch64".into();
        assert_eq!((row(&arm), ranks(&arm.card)), (None, None));
    }

    #[test]
    fn ranks_do_not_carry_over_where_it_costs_otherwise() {
        let of = |name: &str| ranks(&on(Some(name), None, None).card).unwrap();
        let end = ": ranks of locks and atomic counters do not carry over to those.";
        let zen = "A locked add takes 7.5 cycles on this CPU (Zen 4), and 18 to 23 on most other x86 CPUs (19.7 on Zen 5, 2.6 times as many)";
        assert_eq!(of("Zen 4"), format!("{zen}{end}"));
        let haswell = "A locked add takes 19 cycles on this CPU (Haswell, Broadwell), as on most x86 CPUs, and 6.5 and 7.5 on Zen 3 and 4";
        assert_eq!(of("Haswell"), format!("{haswell}{end}"));
        assert!(
            of("Piledriver")
                .contains("takes 41.3 cycles on this CPU (Bulldozer to Excavator), and 18 to 23 on most other")
        );
    }
}
