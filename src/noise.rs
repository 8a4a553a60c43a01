//! What else went on while a cell was measured: CPU time that the host took away, other programs, CPUs
//! that changed their speed.
//!
//! A [`Look`] is taken before the first measured round and after each, never inside one. What lies
//! between the first and the last is the cell's [`Noise`]. What the system does not tell is absent.

mod speed;
mod stat;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::kernel::process_cpu;
use crate::results::Noise;
use crate::round::{Round, share_of};
use crate::team::{Failure, Team};
use stat::Stat;

/// The machine at one moment.
#[derive(Clone, Debug)]
pub struct Look {
    at: Instant,
    stat: Option<Stat>,
    /// CPU time of this process so far.
    own: Option<Duration>,
    /// ns that a fixed piece of work takes each worker; empty where nobody can say.
    speeds: Vec<f64>,
}

impl Look {
    /// Looks at the whole machine, from the calling thread.
    pub fn now() -> Look {
        Look { at: Instant::now(), stat: Stat::read(Path::new("/")), own: process_cpu(), speeds: Vec::new() }
    }

    /// Looks at the machine and has each worker of `team` do a fixed piece of work, all at once. Takes some
    /// 0.1 ms.
    ///
    /// # Errors
    /// [`Failure`] when a worker cannot be reached.
    pub fn with(team: &mut Team) -> Result<Look, Failure> {
        let speeds = speed::of_workers(team)?;
        Ok(Look { speeds, ..Look::now() })
    }
}

/// Follows one cell, or the cells of a set, while they are measured.
#[derive(Clone, Debug)]
pub struct Watch {
    first: Look,
    last: Look,
    /// The shortest and the longest time that each worker took for the fixed piece of work.
    speeds: Vec<(f64, f64)>,
    waited: Option<Duration>,
    span: Duration,
}

impl Watch {
    /// Begins with the first look.
    pub fn begin(first: Look) -> Watch {
        let speeds = first.speeds.iter().map(|&ns| (ns, ns)).collect();
        Watch { last: first.clone(), first, speeds, waited: Some(Duration::ZERO), span: Duration::ZERO }
    }

    /// Adds a round that was run meanwhile, kept or not.
    pub fn add(&mut self, round: &Round) {
        for tally in &round.tallies {
            // Unknown once is unknown for all: half of the waits would be no figure.
            self.waited = self.waited.zip(tally.waited).map(|(all, this)| all + this);
            self.span += tally.span();
        }
    }

    /// Goes on to the next look.
    pub fn look(&mut self, next: Look) {
        // Another team has other CPUs, or none to time: what is no longer seen is not known.
        self.speeds.truncate(next.speeds.len());
        for ((fastest, slowest), &ns) in self.speeds.iter_mut().zip(&next.speeds) {
            *fastest = fastest.min(ns);
            *slowest = slowest.max(ns);
        }
        self.last = next;
    }

    /// What went on from the first look to the last. `workers` are the CPUs that the threads are tied to (empty
    /// when they are not), `allowed` those of the affinity mask.
    pub fn noise(&self, workers: &[usize], allowed: &[usize]) -> Noise {
        let wall = self.last.at.saturating_duration_since(self.first.at);
        let stats = self.first.stat.as_ref().zip(self.last.stat.as_ref());
        let since = |cpus: &[usize]| stats.and_then(|(first, last)| last.since(first, cpus));
        let own = self.last.own.zip(self.first.own).map(|(last, first)| last.saturating_sub(first));
        let drift = self.speeds.iter().map(|(fastest, slowest)| slowest / fastest - 1.0).reduce(f64::max);
        Noise {
            steal: since(if workers.is_empty() { allowed } else { workers }).map(|ticks| ticks.steal),
            waited: self.waited.filter(|_| !self.span.is_zero()).map(|waited| share_of(waited, self.span).min(1.0)),
            other_load: since(allowed).zip(own).filter(|_| !wall.is_zero()).map(|(ticks, own)| {
                let own = share_of(own, wall) / allowed.len() as f64;
                (ticks.busy - own).max(0.0)
            }),
            drift: drift.filter(|drift| drift.is_finite()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::{Setting, Tally};

    const MS: Duration = Duration::from_millis(1);

    fn look(after_ms: u32, stat: &str, own_ms: u32, speeds: &[f64]) -> Look {
        // One beginning for all looks.
        static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let at = *BEGAN.get_or_init(Instant::now) + MS * after_ms;
        Look { at, stat: Some(Stat::parse(stat)), own: Some(MS * own_ms), speeds: speeds.to_vec() }
    }

    fn round(waited: [Option<u32>; 2]) -> Round {
        let tally = |waited: Option<u32>| Tally {
            attempted: 1,
            end: MS * 50,
            waited: waited.map(|waited| MS * waited),
            pinned: true,
            ..Tally::default()
        };
        Round::of(1, waited.map(tally).to_vec(), Setting { usable_cpus: 2, helpers: 0 })
    }

    fn near(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() < 1e-9)
    }

    /// 1 s on three CPUs: CPU 0 ours, 10 % of it stolen; CPU 1 half busy with others; CPU 2 not allowed.
    fn watch() -> Watch {
        let mut watch =
            Watch::begin(look(0, "cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\ncpu2 9 0 0 9", 100, &[10.0, 20.0]));
        watch.look(look(500, "cpu0 1", 400, &[11.0, 20.0]));
        let last = "cpu0 90 0 0 0 0 0 0 10\ncpu1 30 10 5 45 5 3 2 0\ncpu2 109 0 0 9";
        watch.look(look(1000, last, 1000, &[10.5, 20.2]));
        watch
    }

    #[test]
    fn steal_is_that_of_the_workers_cpus_and_load_that_of_the_allowed_ones() {
        let noise = watch().noise(&[0], &[0, 1]);
        assert!(near(noise.steal, 0.1), "{noise:?}");
        // 0.9 + 0.5 CPUs busy, 0.9 of them with us, of two.
        assert!(near(noise.other_load, 0.25), "{noise:?}");
        assert!(near(watch().noise(&[], &[0, 1]).steal, 0.05), "unpinned threads may be anywhere");
        assert_eq!(watch().noise(&[0, 7], &[0, 1]).steal, None, "nothing is told of CPU 7");
    }

    #[test]
    fn drift_is_the_worst_worker_between_its_fastest_and_slowest() {
        assert!(near(watch().noise(&[0], &[0]).drift, 0.1));
        let mut blind = watch();
        blind.look(look(1100, "", 1000, &[]));
        assert_eq!(blind.noise(&[0], &[0]).drift, None);
    }

    #[test]
    fn waits_are_pooled_over_threads_and_rounds_or_unknown() {
        let mut watch = watch();
        assert_eq!(watch.noise(&[0], &[0]).waited, None, "no round, no share");
        watch.add(&round([Some(0), Some(4)]));
        watch.add(&round([Some(6), Some(0)]));
        assert!(near(watch.noise(&[0], &[0]).waited, 0.05));
        watch.add(&round([Some(6), None]));
        assert_eq!(watch.noise(&[0], &[0]).waited, None);
    }

    #[test]
    fn a_real_look_knows_what_the_system_tells() {
        let mut team = Team::start(&[crate::topology::usable_cpus().first().copied()], Default::default()).unwrap();
        let mut watch = Watch::begin(Look::with(&mut team).unwrap());
        let began = Instant::now();
        while began.elapsed() < MS * 60 {
            std::hint::spin_loop();
        }
        watch.look(Look::with(&mut team).unwrap());
        let noise = watch.noise(&[], &crate::topology::usable_cpus());
        assert_eq!(noise.fault(), None, "{noise:?}");
        assert!(noise.drift.is_some());
        #[cfg(target_os = "linux")]
        assert!(noise.other_load.is_some(), "{noise:?}");
    }
}
