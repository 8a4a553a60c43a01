//! Makes the cases of line transfers.

use super::{Case, Controls};
use crate::counter::Info;
use crate::results::{Cell, Transfer};
use crate::round::Series;
use crate::transfer::{LINE_TRANSFER, Pair, ping_pong};
use crate::workload::{GridPoint, Level, Placement};

impl Case {
    /// The case of line transfers between the CPUs of `pair`; `pairs` of the machine's `of` pairs are measured.
    pub fn transfer(pair: &Pair, level: &'static Level, pairs: usize, of: usize) -> Case {
        let Pair { cpus, kind } = *pair;
        let at = GridPoint { level, threads: cpus.len(), placement: Placement::Spread };
        let info = Info { family: kind.id(), ..LINE_TRANSFER };
        let derive = move |_: &Series<'_>, _: &Controls<'_>, cell: &mut Cell| {
            cell.facts.label = format!("a cache line between CPU {} and CPU {}: {kind}", cpus[0], cpus[1]);
            cell.figures.transfer = Some(Transfer { cpus, pairs, of });
        };
        Case {
            variant: pair.id(),
            cpus: Some(cpus.to_vec()),
            // It is its own control: there is no transfer without a line.
            control: LINE_TRANSFER.id,
            derive: Some(Box::new(derive)),
            ..Case::new(info, at, ping_pong::round)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::single;
    use super::*;
    use crate::counters::atomic::FetchAdd;
    use crate::topology;
    use crate::transfer::Kind;
    use crate::workload::{LEVELS, level};

    #[test]
    fn a_row_with_cpus_runs_on_them() {
        // The placement would take the first CPU.
        let Some(last) = topology::usable_cpus().last().copied() else { return };
        let at = GridPoint { level: &LEVELS[0], threads: 1, placement: Placement::Spread };
        let case = Case { cpus: Some(vec![last]), ..Case::counter::<FetchAdd>(at) };
        let tally = &single(&case, 1_000).0.tallies[0];
        assert!(!tally.pinned || tally.cpus.iter().all(|&cpu| cpu == last), "{tally:?}, not on {last}");
    }

    #[test]
    fn a_row_names_its_cpus_and_its_pair() {
        let pair = Pair { cpus: [3, 17], kind: Kind::SameL3 };
        let case = Case::transfer(&pair, level("ping_pong").unwrap(), 1, 1);
        assert_eq!((case.threads, case.cpus.as_deref()), (2, Some(&[3, 17][..])));
        assert_eq!(case.function(), "line_transfer:cpu3_cpu17");
        assert_eq!(case.group("core_to_core"), "core_to_core/ping_pong/same_l3");
    }
}
