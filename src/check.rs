//! Can figures of this machine be published, and why not?
//!
//! [`Facts::gather`] measures for some seven seconds, and [`judge`] turns the facts into findings. One finding that is
//! [`Status::NotFit`] makes the machine unfit. Warnings are for readers of the figures.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::clock;
use crate::counter::Counter;
use crate::counters::{atomic::FetchAdd, racy::LoadStore};
use crate::kernel;
use crate::machine::{Card, Frequency, Quota, load};
use crate::noise::{Look, NoiseMeter, Rounds};
use crate::results::Noise;
use crate::round::{Round, nanos, share};
use crate::stats;
use crate::team::{Failure, Limits, Plan, Team};
use crate::topology::{self, Topology, sysfs_cpus};
use crate::transfer::probe::Probe;
use crate::workload::Placement;

mod judge;
mod scheduler;

pub use judge::judge;
pub use scheduler::Scheduler;

/// How long the machine is watched while it should idle.
const WATCHED: Duration = Duration::from_secs(1);
/// Rounds of the canary.
const CANARY_ROUNDS: usize = 5;
/// Rounds of each of the two rows of the null measurement.
const NULL_ROUNDS: usize = 9;
/// How long the line transfer is watched, and how often it is measured.
const TRANSFER_WATCHED: Duration = Duration::from_secs(5);
const TRANSFER_EVERY: Duration = Duration::from_millis(20);
/// Wall time of a round.
const ROUND: Duration = Duration::from_millis(25);

/// The state of the machine now; `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Whether a thread can be tied to a CPU.
    pub pinning: bool,
    /// CPUs of the affinity mask; 0 when unknown.
    pub allowed: usize,
    /// CPUs a run may use; of unlike cores those of the kind that `spread` takes.
    pub usable: usize,
    /// The lowest quota of the cgroup and those above it.
    pub quota: Quota,
    /// Whether the system says which CPUs are SMT siblings.
    pub siblings_known: bool,
    /// Frequencies and governor.
    pub frequency: Frequency,
    /// As on the card.
    pub hypervisor: Option<String>,
    /// As on the card.
    pub emulated: Option<String>,
    /// The scheduler whose job this is.
    pub scheduler: Option<Scheduler>,
    /// CPUs of the machine that are online.
    pub online: usize,
    /// The CPUs of each kind of core, the fastest first.
    pub kinds: Vec<usize>,
    /// One-minute load average.
    pub load: Option<f64>,
    /// The noise of one second of idling.
    pub noise: Noise,
    /// Cost of two readings of the clock, in ns.
    pub clock_ns: f64,
    /// The shortest step of the clock that was seen, in ns.
    pub clock_step_ns: f64,
    /// Line transfers between two CPUs over five seconds, in ns, in order of time; empty if they could not be measured.
    pub transfers: Vec<f64>,
    /// Pooled loss of `load_store` at 2 threads, `saturated`, in `[0, 1]`; `None` when it could not be run.
    pub canary: Option<f64>,
    /// Difference of two rows of one counter, measured in turn at 1 thread, as a share of the lower; 0 if they are equal.
    pub null: f64,
}

/// How serious a finding is, from the least serious on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Good.
    Ok,
    /// Not wrong, but readers of the figures should know.
    Note,
    /// Figures can be published, but are worse than they could be.
    Warning,
    /// Figures would mislead.
    NotFit,
}

impl Status {
    /// Its text for people.
    pub fn text(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Note => "note",
            Status::Warning => "warning",
            Status::NotFit => "not fit",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its id, such as `governor`.
    pub id: &'static str,
    /// How serious it is.
    pub status: Status,
    /// What was found, in words.
    pub found: String,
    /// What to do about it; absent when there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

/// Whether no finding makes figures mislead.
pub fn is_fit(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.status != Status::NotFit)
}

impl Facts {
    /// Looks at the machine of `card` and measures, for some seven seconds.
    ///
    /// # Errors
    /// [`Failure`] when threads cannot be started.
    pub fn gather(card: &Card) -> Result<Facts, Failure> {
        let (allowed, usable) = (topology::usable_cpus(), topology::usable_count());
        let load = load();
        // Idling comes first, else our own measuring would count as load.
        let (mut meter, mut rounds) = (NoiseMeter::default(), Rounds::default());
        meter.begin(Look::now());
        thread::sleep(WATCHED);
        meter.look(Look::now(), &mut rounds);
        let topology = Topology::detect();
        Ok(Facts {
            pinning: topology::pinning_works(),
            allowed: allowed.len(),
            usable,
            quota: Quota::detect(),
            siblings_known: Topology::described().is_some(),
            frequency: Frequency::read(&sysfs_cpus(std::path::Path::new("/")), &allowed),
            hypervisor: card.hypervisor.clone(),
            emulated: card.emulated.clone(),
            scheduler: Scheduler::detect(),
            online: card.cpus,
            kinds: topology.kinds(),
            load,
            noise: meter.noise(&rounds, &[], &allowed),
            clock_ns: clock::pair_ns(),
            clock_step_ns: clock_step_ns(),
            transfers: if usable >= 2 { transfers(&topology)? } else { Vec::new() },
            canary: if usable >= 2 { canary(&topology)? } else { None },
            null: null(&topology)?,
        })
    }
}

/// The shortest step of the clock seen in 1 ms.
fn clock_step_ns() -> f64 {
    let began = Instant::now();
    let mut shortest = Duration::MAX;
    let mut last = began;
    // If the clock steps more rarely than that, this waits for its next step.
    while last.duration_since(began) < Duration::from_millis(1) {
        let now = Instant::now();
        if now > last {
            shortest = shortest.min(now.duration_since(last));
        }
        last = now;
    }
    nanos(shortest)
}

/// Rounds of about [`ROUND`] each, after finding how many iterations that takes.
fn rounds_of<C: Counter>(team: &mut Team, rounds: usize) -> Result<Vec<Round>, Failure> {
    let mut plan = Plan { iters: 10_000, pace: None, usable_cpus: topology::usable_count() };
    while kernel::round::<C>(team, &plan)?.wall() < ROUND / 4 {
        plan.iters *= 2;
    }
    plan.iters *= 3;
    (0..rounds).map(|_| kernel::round::<C>(team, &plan)).collect()
}

/// The line transfer between the first two CPUs, measured again and again.
fn transfers(topology: &Topology) -> Result<Vec<f64>, Failure> {
    let cpus = topology.assign(Placement::Spread, 2);
    let Some(probe) = Probe::of(&cpus) else { return Ok(Vec::new()) };
    let mut team = Team::start(&cpus, Limits::default())?;
    let (began, mut found) = (Instant::now(), Vec::new());
    while began.elapsed() < TRANSFER_WATCHED {
        found.extend(probe.look(&mut team)?);
        thread::sleep(TRANSFER_EVERY);
    }
    Ok(found)
}

/// Pooled loss of the plain `counter += 1` at 2 threads.
fn canary(topology: &Topology) -> Result<Option<f64>, Failure> {
    let mut team = Team::start(&topology.assign(Placement::Spread, 2), Limits::default())?;
    let rounds = rounds_of::<LoadStore>(&mut team, CANARY_ROUNDS)?;
    let lost: Option<u64> = rounds.iter().map(Round::lost).sum();
    Ok(lost.map(|lost| share(lost, rounds.iter().map(Round::attempted).sum())))
}

/// How far the medians of two rows of `fetch_add` are apart, measured in turn at 1 thread.
fn null(topology: &Topology) -> Result<f64, Failure> {
    let mut team = Team::start(&topology.assign(Placement::Spread, 1), Limits::default())?;
    let rounds = rounds_of::<FetchAdd>(&mut team, 2 * NULL_ROUNDS)?;
    let row =
        |first: usize| -> Vec<f64> { rounds.iter().skip(first).step_by(2).map(Round::ns_per_op_per_thread).collect() };
    let (a, b) = (stats::median(&row(0)), stats::median(&row(1)));
    Ok((a / b).max(b / a) - 1.0)
}
