//! A quick look at the line transfer between the CPUs of a team, beside a round: under a millisecond.
//!
//! Virtual CPUs are moved between near and distant cores by their host, and contended figures follow. Nothing in the
//! guest shows it but the transfer itself.

use std::sync::{
    Arc,
    atomic::{
        AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::ping_pong::{follow, lead};
use crate::stats;
use crate::team::{Failure, Job, Seat, Team};

/// Slices of a probe, each on a line of its own: the median of them is the probe.
const SLICES: usize = 5;
/// Transfers of a slice, between all pairs together.
const TRANSFERS: u64 = 400;
/// The most pairs that are probed.
const MOST_PAIRS: usize = 8;
/// How long a side waits for the other when time is up.
const PATIENCE: Duration = Duration::from_millis(200);

/// Which pairs of workers a probe looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Pairs of workers on different CPUs.
    workers: Vec<[usize; 2]>,
    /// Their CPUs, the lower first.
    pub cpus: Vec<[usize; 2]>,
}

/// What the threads of a probe share.
struct Lines {
    /// A line a slice, pair by pair.
    lines: Vec<[CachePadded<AtomicU64>; SLICES]>,
    /// What each slice took the side that leads, in ns; 0 before.
    took: Vec<[AtomicU64; SLICES]>,
    /// The pair that passes its lines now.
    current: CachePadded<AtomicUsize>,
}

impl Probe {
    /// The probe of a team whose workers are on `cpus`; `None` where no two of them are known to be on different ones.
    /// Of many pairs it takes some: neighbours in the order of workers, and the first worker with others.
    pub fn of(cpus: &[Option<usize>]) -> Option<Probe> {
        let mut first: Vec<(usize, usize)> = Vec::new();
        for (worker, cpu) in cpus.iter().enumerate() {
            let cpu = (*cpu)?;
            if first.iter().all(|(_, known)| *known != cpu) {
                first.push((worker, cpu));
            }
        }
        let last = first.len().checked_sub(1).filter(|last| *last > 0)?;
        let spread = (1..=last).map(|n| (0, n)).chain((1..last).map(|n| (n, n + 1)));
        let all: Vec<(usize, usize)> = spread.collect();
        let step = all.len().div_ceil(MOST_PAIRS);
        let (mut workers, mut pairs) = (Vec::new(), Vec::new());
        for &(a, b) in all.iter().step_by(step) {
            workers.push([first[a].0, first[b].0]);
            pairs.push([first[a].1.min(first[b].1), first[a].1.max(first[b].1)]);
        }
        Some(Probe { workers, cpus: pairs })
    }

    /// One line transfer, in ns: the median over the pairs, one after the other. `None` when a side did not answer in
    /// time, or is not on its CPU.
    ///
    /// # Errors
    /// [`Failure`] when the team cannot be used any more.
    pub fn look(&self, team: &mut Team) -> Result<Option<f64>, Failure> {
        let pairs = self.workers.clone();
        let transfers = (TRANSFERS / pairs.len() as u64).max(40);
        let mut workers: Vec<usize> = pairs.iter().flatten().copied().collect();
        workers.sort_unstable();
        workers.dedup();
        let shared = Arc::new(Lines {
            lines: pairs.iter().map(|_| Default::default()).collect(),
            took: pairs.iter().map(|_| Default::default()).collect(),
            current: CachePadded::default(),
        });
        let job: Job = {
            let shared = Arc::clone(&shared);
            Arc::new(move |seat: &mut Seat| {
                if !workers.contains(&seat.worker()) {
                    return seat.stay_out();
                }
                let worker = seat.worker();
                seat.line_up_of(workers.len());
                for (n, pair) in pairs.iter().enumerate().filter(|(_, pair)| pair.contains(&worker)) {
                    if pass_lines(&shared, n, *pair, transfers, seat).is_none() {
                        break;
                    }
                }
                seat.finish(0);
            })
        };
        let tallies = team.within(PATIENCE, |team| team.round(SLICES as u64 * transfers, &job))?;
        // Two that were put on one CPU pass the line by taking turns at it.
        if self.workers.iter().flatten().any(|worker| !tallies[*worker].pinned) {
            return Ok(None);
        }
        let of_pair = |took: &[AtomicU64; SLICES]| {
            let each = took.iter().map(|took| Some(took.load(Relaxed)).filter(|ns| *ns > 0));
            let each: Option<Vec<f64>> = each.map(|ns| Some(ns? as f64 / transfers as f64)).collect();
            Some(stats::median(&each?))
        };
        let found: Option<Vec<f64>> = shared.took.iter().map(of_pair).collect();
        Ok(found.map(|found| stats::median(&found)))
    }
}

/// The part of a worker in one pair, when the pairs before are done. `None` when time was up before.
fn pass_lines(shared: &Lines, pair: usize, [leader, _]: [usize; 2], transfers: u64, seat: &mut Seat) -> Option<()> {
    let leads = seat.worker() == leader;
    while shared.current.load(Acquire) < pair {
        if seat.stopped() {
            return None;
        }
        thread::yield_now();
    }
    for (line, took) in shared.lines[pair].iter().zip(&shared.took[pair]) {
        let began = Instant::now();
        let play = if leads { lead } else { follow };
        play(line, transfers, seat, PATIENCE)?;
        if seat.stopped() {
            return None;
        }
        if leads {
            took.store(began.elapsed().as_nanos().max(1) as u64, Relaxed);
        }
    }
    if leads {
        shared.current.store(pair + 1, Release);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::atomic::FetchAdd;
    use crate::kernel;
    use crate::team::{Limits, Plan};
    use crate::topology::usable_cpus;

    #[test]
    fn pairs_are_of_workers_on_different_cpus() {
        let of = |cpus: &[Option<usize>]| Probe::of(cpus).map(|probe| (probe.workers, probe.cpus));
        assert_eq!(of(&[Some(0)]), None);
        assert_eq!(of(&[Some(3), Some(3)]), None, "one CPU");
        assert_eq!(of(&[Some(0), None]), None, "one is anywhere");
        assert_eq!(of(&[Some(7), Some(2)]), Some((vec![[0, 1]], vec![[2, 7]])));
        assert_eq!(of(&[Some(0), Some(1), Some(0), Some(1)]), Some((vec![[0, 1]], vec![[0, 1]])));
        let (workers, cpus) = of(&(0..64).map(Some).collect::<Vec<_>>()).unwrap();
        assert!((4..=MOST_PAIRS).contains(&workers.len()), "{workers:?}");
        assert!(cpus.iter().all(|[a, b]| a < b));
    }

    #[test]
    fn a_look_tells_the_transfer_and_leaves_the_team_as_it_was() {
        let cpus = usable_cpus();
        let [a, b, ..] = cpus[..] else { return };
        let alternating = |threads: usize| (0..threads).map(|n| Some([a, b][n % 2])).collect::<Vec<_>>();
        // Three pairs of workers, though on two CPUs.
        let three = Probe { workers: vec![[0, 1], [0, 3], [1, 2]], cpus: vec![[a, b]; 3] };
        for (pins, probe) in [
            (alternating(2), Probe::of(&alternating(2)).unwrap()),
            (alternating(4), Probe::of(&alternating(4)).unwrap()),
            (alternating(4), three),
        ] {
            let mut team = Team::start(&pins, Limits::default()).unwrap();
            // On a busy machine a side may not come to run in time.
            let ns = (0..20).find_map(|_| probe.look(&mut team).unwrap()).expect("one look of twenty");
            assert!((1.0..1e6).contains(&ns), "{ns} ns");
            let round = kernel::round::<FetchAdd>(&mut team, &Plan::plain(1_000)).unwrap();
            assert_eq!(round.lost(), Some(0));
        }
    }
}
