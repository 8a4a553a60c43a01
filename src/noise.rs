//! The noise while a cell was measured: CPU time that the host took away, other programs, CPUs
//! that changed their speed.
//!
//! A [`Look`] is taken before the first round of a block and after each round, never inside one. A [`NoiseMeter`] follows a
//! block through all of its visits. [`Rounds`] holds the waits of a cell's rounds and the speeds around them. The two
//! together make its [`Noise`]. A figure is absent where the system does not give it.

mod record;
mod speed;
mod stat;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::round::{Round, VALID_FROM, share_of};
use crate::team::{Failure, Team, process_cpu};
pub use record::{DRIFT_ABOVE, Kind, Noise, OTHER_LOAD_ABOVE, STEAL_ABOVE, WAITED_ABOVE};
use stat::{Stat, Ticks};

/// The machine at one moment.
#[derive(Clone, Debug)]
pub struct Look {
    at: Instant,
    stat: Option<Stat>,
    /// CPU time of this process so far.
    own: Option<Duration>,
    /// ns that each worker needs for a fixed piece of work; empty where unknown.
    speeds: Vec<f64>,
}

impl Look {
    /// Looks at the whole machine, from the calling thread.
    pub fn now() -> Look {
        Look { at: Instant::now(), stat: Stat::read(Path::new("/")), own: process_cpu(), speeds: Vec::new() }
    }

    /// Looks at the machine while all workers of `team` do a fixed piece of work. Takes some 0.1 ms.
    ///
    /// # Errors
    /// [`Failure`] when a worker cannot be reached.
    pub fn with(team: &mut Team) -> Result<Look, Failure> {
        let speeds = speed::of_workers(team)?;
        Ok(Look { speeds, ..Look::now() })
    }
}

/// Follows the cells of a block while they are measured, visit by visit.
#[derive(Clone, Debug)]
pub struct NoiseMeter {
    /// The first and the last look of each visit.
    visits: Vec<(Look, Look)>,
    /// CPU time of processes that measured for this one.
    elsewhere: Option<Duration>,
}

impl Default for NoiseMeter {
    fn default() -> Self {
        NoiseMeter { visits: Vec::new(), elsewhere: Some(Duration::ZERO) }
    }
}

impl NoiseMeter {
    /// Begins a visit with its first look.
    pub fn begin(&mut self, first: Look) {
        self.visits.push((first.clone(), first));
    }

    /// Adds the CPU time of a round that another process ran for this one; `None` where unknown.
    pub fn add_elsewhere(&mut self, cpu: Option<Duration>) {
        self.elsewhere = self.elsewhere.zip(cpu).map(|(all, this)| all + this);
    }

    /// Goes on to the next look. The round since the last look belongs to `rounds`.
    pub fn look(&mut self, next: Look, rounds: &mut Rounds) {
        let Some((_, last)) = self.visits.last_mut() else { return self.begin(next) };
        let both = |(&a, &b): (&f64, &f64)| (a.min(b), a.max(b));
        rounds.speeds.push(last.speeds.iter().zip(&next.speeds).map(both).collect());
        *last = next;
    }

    /// The noise of a cell. Steal and other load come from all visits together, as ticks are too coarse for less. Waits
    /// and drift come from `rounds`. `workers` are the CPUs of the threads (empty when they are unpinned), `allowed`
    /// those of the affinity mask.
    pub fn noise(&self, rounds: &Rounds, workers: &[usize], allowed: &[usize]) -> Noise {
        let wall: Duration = self.visits.iter().map(|(first, last)| last.at.saturating_duration_since(first.at)).sum();
        let own = self.visits.iter().map(|(first, last)| Some(last.own?.saturating_sub(first.own?)));
        let own = own.sum::<Option<Duration>>().zip(self.elsewhere).map(|(own, elsewhere)| own + elsewhere);
        let shares = |cpus: &[usize]| {
            let since = |(first, last): &(Look, Look)| last.stat.as_ref()?.since(first.stat.as_ref()?, cpus);
            let ticks = self.visits.iter().map(since).reduce(|all, more| Some(all?.and(more?)));
            ticks.flatten().and_then(Ticks::shares)
        };
        Noise {
            steal: shares(if workers.is_empty() { allowed } else { workers }).map(|(_, steal)| steal),
            waited: rounds.waited(),
            other_load: shares(allowed).zip(own).filter(|_| !wall.is_zero()).map(|((busy, _), own)| {
                let own = share_of(own, wall) / allowed.len() as f64;
                (busy - own).max(0.0)
            }),
            drift: rounds.drift().filter(|drift| drift.is_finite()),
        }
    }
}

/// How much slower a CPU was at its slowest than at its fastest, in the steadiest four fifths of the rounds (a cell needs
/// as many valid rounds to be valid). Takes the shortest and the longest time around each round.
fn drift(rounds: &[(f64, f64)]) -> Option<f64> {
    let enough = (VALID_FROM * rounds.len() as f64).ceil() as usize;
    let from = |&(fastest, _): &(f64, f64)| {
        let mut slowest: Vec<f64> = rounds.iter().filter(|round| round.0 >= fastest).map(|round| round.1).collect();
        slowest.sort_by(f64::total_cmp);
        Some(slowest.get(enough - 1)? / fastest - 1.0)
    };
    rounds.iter().filter_map(from).reduce(f64::min)
}

/// Waits and speeds of the rounds of one cell.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    /// For each thread of each round: how long it waited for a CPU, and its span.
    waits: Vec<(Option<Duration>, Duration)>,
    /// For each round: the shortest and the longest time of each worker for the fixed piece of work, in the looks
    /// around the round.
    speeds: Vec<Vec<(f64, f64)>>,
}

impl Rounds {
    /// Adds a round, also one that is run again later.
    pub fn add(&mut self, round: &Round) {
        self.waits.extend(round.tallies.iter().map(|tally| (tally.waited, tally.span())));
    }

    /// The highest drift of the workers.
    fn drift(&self) -> Option<f64> {
        // Another team may have other or fewer CPUs: a worker without a time in each round has no known drift.
        let workers = self.speeds.iter().map(Vec::len).min().unwrap_or(0);
        let of = |worker: usize| self.speeds.iter().map(|round| round[worker]).collect::<Vec<(f64, f64)>>();
        (0..workers).filter_map(|worker| drift(&of(worker))).reduce(f64::max)
    }

    /// The share of their time that threads waited.
    fn waited(&self) -> Option<f64> {
        // If one wait is unknown the share is unknown: a part of the waits would be no figure.
        let waited: Duration = self.waits.iter().map(|(waited, _)| *waited).sum::<Option<Duration>>()?;
        let span: Duration = self.waits.iter().map(|(_, span)| *span).sum();
        (!span.is_zero()).then(|| share_of(waited, span).min(1.0))
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
    fn meter() -> (NoiseMeter, Rounds) {
        let mut rounds = Rounds::default();
        let mut meter = NoiseMeter::default();
        meter.begin(look(0, "cpu0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\ncpu2 9 0 0 9", 100, &[10.0, 20.0]));
        meter.look(look(500, "cpu0 1", 400, &[11.0, 20.0]), &mut rounds);
        let last = "cpu0 90 0 0 0 0 0 0 10\ncpu1 30 10 5 45 5 3 2 0\ncpu2 109 0 0 9";
        meter.look(look(1000, last, 1000, &[10.5, 20.2]), &mut rounds);
        (meter, rounds)
    }

    #[test]
    fn steal_is_that_of_the_workers_cpus_and_load_that_of_the_allowed_ones() {
        let (meter, rounds) = meter();
        let noise = meter.noise(&rounds, &[0], &[0, 1]);
        assert!(near(noise.steal, 0.1), "{noise:?}");
        // 0.9 + 0.5 CPUs busy, 0.9 of them with us, of two.
        assert!(near(noise.other_load, 0.25), "{noise:?}");
        assert!(near(meter.noise(&rounds, &[], &[0, 1]).steal, 0.05), "unpinned threads may be anywhere");
        assert_eq!(meter.noise(&rounds, &[0, 7], &[0, 1]).steal, None, "nothing is told of CPU 7");
    }

    #[test]
    fn drift_is_that_of_the_worst_worker_around_the_rounds() {
        let (mut meter, mut rounds) = meter();
        assert!(near(rounds.drift(), 0.1));
        let mut later = Rounds::default();
        assert_eq!(later.drift(), None);
        meter.look(look(1100, "", 1000, &[10.5, 20.4]), &mut later);
        assert!(near(later.drift(), 20.4 / 20.2 - 1.0), "what was before is another cell's");
        meter.look(look(1200, "", 1000, &[]), &mut rounds);
        assert_eq!(rounds.drift(), None);
    }

    /// The drift of each of `cells`, ten rounds each in turn, where a round's look afterwards is `speed`.
    fn in_turn(cells: usize, speed: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut meter = NoiseMeter::default();
        meter.begin(look(0, "", 0, &[speed(0)]));
        let mut rounds = vec![Rounds::default(); cells];
        for n in 0..10 * cells {
            meter.look(look(0, "", 0, &[speed(n + 1)]), &mut rounds[n % cells]);
        }
        rounds.iter().map(|rounds| rounds.drift().unwrap()).collect()
    }

    #[test]
    fn a_slow_moment_marks_only_cells_with_many_rounds_in_it() {
        let noisy = |drifts: Vec<f64>| drifts.iter().filter(|drift| **drift > DRIFT_ABOVE).count();
        assert_eq!(noisy(in_turn(18, |n| if n % 40 == 7 { 13.0 } else { 10.0 })), 0, "five moments of 180");
        assert_eq!(noisy(in_turn(1, |n| if n == 4 { 13.0 } else { 10.0 })), 0, "two rounds of ten");
        assert_eq!(noisy(in_turn(1, |n| if n == 4 || n == 8 { 13.0 } else { 10.0 })), 1, "four of ten");
        // Rounds of every other cell, again and again.
        let some = in_turn(18, |n| if n % 6 == 3 { 13.0 } else { 10.0 });
        assert_eq!(
            some.iter().map(|drift| *drift > DRIFT_ABOVE).collect::<Vec<_>>()[..6],
            [false, false, true, true, false, false]
        );
        for cells in [1, 18] {
            let last = 10 * cells;
            assert_eq!(
                noisy(in_turn(cells, |n| 10.0 + n as f64 / last as f64)),
                cells,
                "ever slower, by a tenth in all"
            );
            assert_eq!(
                noisy(in_turn(cells, |n| if n > last / 2 { 10.6 } else { 10.0 })),
                cells,
                "slower from half way on"
            );
            assert_eq!(noisy(in_turn(cells, |n| if n > last / 3 { 10.6 } else { 10.0 })), cells, "faster for a third");
            assert_eq!(noisy(in_turn(cells, |n| 10.0 + (n % 3) as f64 / 10.0)), 0, "never far off");
        }
    }

    #[test]
    fn what_runs_elsewhere_for_us_is_no_other_load() {
        let (mut meter, rounds) = meter();
        let load = |meter: &NoiseMeter| meter.noise(&rounds, &[0], &[0, 1]).other_load;
        meter.add_elsewhere(Some(MS * 100));
        meter.add_elsewhere(Some(MS * 100));
        assert!(near(load(&meter), 0.15), "{:?}", load(&meter));
        meter.add_elsewhere(None);
        assert_eq!(load(&meter), None, "half of it would be no figure");
    }

    #[test]
    fn visits_add_up_and_what_is_between_them_is_nobodys() {
        let (mut meter, rounds) = meter();
        // Between the visits CPU 0 was stolen altogether, and CPU 1 busy with others.
        meter.begin(look(5_000, "cpu0 90 0 0 0 0 0 0 410\ncpu1 430 10 5 45 5 3 2 0\ncpu2 1 0 0 1", 1_000, &[]));
        let mut more = Rounds::default();
        meter.look(
            look(6_000, "cpu0 190 0 0 0 0 0 0 410\ncpu1 430 10 5 145 5 3 2 0\ncpu2 1 0 0 1", 2_000, &[]),
            &mut more,
        );
        let noise = meter.noise(&rounds, &[0], &[0, 1]);
        assert!(near(noise.steal, 0.05), "{noise:?}");
        assert!(near(noise.other_load, 0.125), "{noise:?}");
    }

    #[test]
    fn waits_are_pooled_over_threads_and_rounds_or_unknown() {
        let mut rounds = Rounds::default();
        assert_eq!(rounds.waited(), None, "no round, no share");
        rounds.add(&round([Some(0), Some(4)]));
        rounds.add(&round([Some(6), Some(0)]));
        assert!(near(rounds.waited(), 0.05));
        rounds.add(&round([Some(6), None]));
        assert_eq!(rounds.waited(), None);
    }

    #[test]
    fn a_real_look_knows_what_the_system_tells() {
        let mut team = Team::start(&[crate::topology::usable_cpus().first().copied()], Default::default()).unwrap();
        let mut meter = NoiseMeter::default();
        meter.begin(Look::with(&mut team).unwrap());
        let began = Instant::now();
        while began.elapsed() < MS * 60 {
            std::hint::spin_loop();
        }
        let mut rounds = Rounds::default();
        meter.look(Look::with(&mut team).unwrap(), &mut rounds);
        let noise = meter.noise(&rounds, &[], &crate::topology::usable_cpus());
        assert_eq!(noise.fault(), None, "{noise:?}");
        assert!(noise.drift.is_some());
        #[cfg(target_os = "linux")]
        assert!(noise.other_load.is_some(), "{noise:?}");
    }
}
