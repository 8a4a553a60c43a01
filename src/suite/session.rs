//! Measures one cell: starts its team when the first sample is asked for, retries rounds that say
//! little, and stops everything when the thing under test fails.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::measurement::{Kept, Sample, TimeAndLoss};
use super::mode::Mode;
use super::recorder::Recorder;
use super::turns::{Sets, Turns};
use super::{After, Row, SAMPLES, WARM_UP};
use crate::counters::control::NoCounter;
use crate::kernel::{self, Pace};
use crate::noise::{Look, Rounds, Watch};
use crate::results::Noise;
use crate::round::{Round, Verdict, nanos};
use crate::team::{Failure, Limits, Team};
use crate::think::Gauge;
use crate::topology::{self, Topology};
use crate::workload::Placement;

/// Times a round is retried for one sample, at most.
const RETRIES_PER_SAMPLE: usize = 3;
/// Times rounds are retried in one cell, at most; fewer where rounds are long.
const RETRIES_PER_CELL: usize = 20;
/// Times they may be retried however long they are.
const RETRIES_OF_LONG_ROUNDS: usize = 5;
/// About how long retries may take in one cell, where that is more than those.
const RETRY_TIME: Duration = Duration::from_millis(500);
/// Length of an empty-loop round, in percent of the round it stands beside.
const NONE_PERCENT: u64 = 40;
/// The most that rounds are stretched by.
const MOST_STRETCH: f64 = 1e6;
/// Rounds that take so many times as long as the shortest that is kept are cut, where that is more than the usual.
const LIMIT: u32 = 3;
/// Wall time of rounds whose length is ours to choose, in ns.
const OWN_ROUND_NS: f64 = 30e6;
/// The same where a row needs longer rounds, in units of the shortest that it keeps: they differ by some percent.
pub(super) const ABOVE_LEAST: f64 = 1.2;

/// A team, how much it thinks, and who watches the machine while it measures.
pub(super) struct Running {
    team: Team,
    pace: Option<Pace>,
    watch: Option<Watch>,
}

/// One cell while it is measured.
pub(super) struct Session<'a> {
    row: &'a Row,
    id: String,
    topology: &'a Topology,
    recorder: Rc<RefCell<Recorder>>,
    measurement: &'a TimeAndLoss,
    running: Option<Running>,
    /// What was seen of its rounds.
    rounds: Rounds,
    /// The set it is measured with, if it is not measured alone.
    turns: Option<Rc<RefCell<Turns<'a>>>>,
    retries_left: usize,
    /// Whether rounds that are too short are stretched: Criterion's, measured in full.
    measuring: bool,
    /// Iterations of the sample before.
    before: u64,
    /// Times as many iterations as Criterion asks for that make rounds long enough.
    stretch: f64,
    /// Whether the cell was given up.
    gone: bool,
    /// What the cell's rounds lost, once it has ended.
    losses: Vec<f64>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        row: &'a Row,
        id: String,
        topology: &'a Topology,
        recorder: Rc<RefCell<Recorder>>,
        measurement: &'a TimeAndLoss,
    ) -> Session<'a> {
        let affordable = RETRY_TIME.as_nanos() / row.least.as_nanos().max(1);
        let retries_left = (affordable as usize).clamp(RETRIES_OF_LONG_ROUNDS, RETRIES_PER_CELL);
        let measuring = recorder.borrow().measuring();
        Session {
            row,
            id,
            topology,
            recorder,
            measurement,
            running: None,
            rounds: Rounds::default(),
            turns: None,
            retries_left,
            measuring,
            before: 0,
            stretch: 1.0,
            gone: false,
            losses: Vec::new(),
        }
    }

    /// Has its samples taken by the set it belongs to, if there is one among `sets`.
    pub(super) fn join(&mut self, sets: &Sets<'a>) {
        self.turns = self.row.set.as_deref().and_then(|set| sets.get(set)).cloned();
    }

    /// Whether its samples are replayed.
    pub(super) fn takes_turns(&self) -> bool {
        self.turns.is_some()
    }

    /// Does something with the team that `running` holds, if any, and leaves it there.
    pub(super) fn lend(&mut self, running: &mut Option<Running>, what: impl FnOnce(&mut Self)) {
        self.running = running.take();
        what(self);
        *running = self.running.take();
    }

    pub(super) fn row(&self) -> &'a Row {
        self.row
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Has what runs elsewhere started, which takes longer than a round and would count as one.
    pub(super) fn prepare(&mut self) {
        if self.row.elsewhere && self.turns.is_none() {
            self.sample(1);
            self.before = 0;
        }
    }

    /// One sample of `iters` iterations for Criterion.
    pub(super) fn sample(&mut self, iters: u64) -> Sample {
        if let Some(turns) = &self.turns {
            return turns.borrow_mut().sample(self.row, iters);
        }
        // Criterion doubles the iterations while it warms up. Retries there would only make it
        // believe that iterations take longer, and the samples too short.
        let warming_up = self.before == 0 || iters == self.before.wrapping_mul(2);
        self.before = iters;
        if self.gone {
            return self.nothing(warming_up);
        }
        let watched = self.measuring && !warming_up;
        if watched && self.running.as_ref().is_none_or(|running| running.watch.is_none()) {
            self.look();
        }
        // The rows of a set have their control among them.
        let alone = self.row.set.is_none();
        let none_ns = if warming_up || !alone { None } else { self.try_none(iters) };
        let mut tries = 1;
        loop {
            let stretched = if warming_up { iters } else { (iters as f64 * self.stretch) as u64 };
            let mut round = match self.try_round(stretched) {
                Ok(round) => round,
                Err(Failure::Gone { what, said }) => {
                    self.gone = true;
                    self.recorder.borrow_mut().give_up(&self.id, &what, &said);
                    return self.nothing(warming_up);
                }
                Err(failure) => self.recorder.borrow_mut().abort(&self.id, &failure),
            };
            // Criterion is given the time of the iterations it asked for.
            round.iters = iters;
            self.recorder.borrow_mut().check(&self.id, self.row, &round);
            if watched {
                self.rounds.add(&round);
                let watch = self.running.as_mut().and_then(|running| running.watch.as_mut());
                if let Some(watch) = watch.filter(|_| self.row.elsewhere) {
                    watch.add_elsewhere(round.cpu);
                }
            }
            let too_short = self.measuring && !warming_up && round.wall() < self.row.least && !round.was_cut(stretched);
            if too_short {
                // Locks that collapse when threads overlap do not while a round is short, as in the warm-up.
                let longer = self.own_round_ns() / nanos(round.wall()).max(1.0);
                self.stretch = (self.stretch * longer).min(MOST_STRETCH);
            }
            let useless = !warming_up && matches!(round.verdict(), Verdict::Preempted | Verdict::Serialised);
            let again = useless || too_short || round.attempted() == 0;
            if !again || tries > RETRIES_PER_SAMPLE || self.retries_left == 0 {
                if watched {
                    self.look();
                }
                return Sample::of(round, tries, none_ns);
            }
            self.retries_left -= 1;
            tries += 1;
        }
    }

    /// A sample of a cell that was given up: Criterion drops a benchmark that took no time.
    fn nothing(&self, warming_up: bool) -> Sample {
        if warming_up {
            // Criterion asks again and again until it has warmed up.
            std::thread::sleep(WARM_UP);
        }
        Sample::replayed(0.0)
    }

    /// Wall time of rounds whose length is ours to choose, in ns.
    fn own_round_ns(&self) -> f64 {
        OWN_ROUND_NS.max(ABOVE_LEAST * nanos(self.row.least))
    }

    /// Has a look at the machine, between rounds: the first begins the watch.
    fn look(&mut self) {
        let (row, topology) = (self.row, self.topology);
        // Threads without a CPU of their own would time each other.
        let own = row.threads <= topology::usable_count() && row.placement != Placement::Unpinned;
        let own = own && !topology.cpus.is_empty();
        let Some(Running { team, watch, .. }) = &mut self.running else { return };
        let look = if own { Look::with(team) } else { Ok(Look::now()) };
        match (look, watch) {
            (Ok(look), Some(watch)) => watch.look(look, &mut self.rounds),
            (Ok(look), none) => *none = Some(Watch::begin(look)),
            (Err(failure), _) => self.recorder.borrow_mut().abort(&self.id, &failure),
        }
    }

    /// What else went on while its rounds were run by the team that `running` holds; `None` when nobody watched.
    pub(super) fn noise(&self, running: &Option<Running>) -> Option<Noise> {
        let mut workers: Vec<usize> =
            self.topology.assign(self.row.placement, self.row.threads).into_iter().flatten().collect();
        workers.sort_unstable();
        workers.dedup();
        let noise = running.as_ref()?.watch.as_ref()?.noise(&self.rounds, &workers, &topology::usable_cpus());
        Some(noise).filter(|noise| !noise.is_unknown())
    }

    fn try_round(&mut self, iters: u64) -> Result<Round, Failure> {
        let usable = topology::usable_count();
        let row = self.row;
        let (team, pace) = self.running(usable)?;
        (row.round)(team, iters, pace, usable)
    }

    /// ns/op per thread of the empty loop, right before a sample with think time: the speed of the
    /// machine drifts by more than most counters cost then, and so does what they are net of.
    fn try_none(&mut self, iters: u64) -> Option<f64> {
        let usable = topology::usable_count();
        let (team, pace) = self.running(usable).ok()?;
        let (pace, iters) = (Some(pace?), (iters * NONE_PERCENT / 100).max(1));
        let round = kernel::round::<NoCounter>(team, iters, pace, usable).ok()?;
        Some(round.ns_per_op_per_thread())
    }

    /// The team and its pace, started when they are first needed.
    fn running(&mut self, usable: usize) -> Result<(&mut Team, Option<Pace>), Failure> {
        let Running { team, pace, .. } = match &mut self.running {
            Some(running) => running,
            not_yet => not_yet.insert(start(self.row, self.topology, &self.recorder, usable)?),
        };
        Ok((team, *pace))
    }

    /// Ends the cell: its team is let go, and what was measured is recorded.
    pub(super) fn end(&mut self) {
        let kept = self.measurement.kept.take();
        if self.gone {
            // What it measured before is no whole cell.
            self.running = None;
            return;
        }
        let noise = match &self.turns {
            Some(turns) => turns.borrow().noise(self.row),
            None => self.noise(&self.running),
        };
        let after = self.after(&kept);
        self.running = None;
        // Loss as attempts per kept update, 1 when nothing was lost.
        self.losses = kept.iter().map(|taken| attempts_per_kept(&taken.round)).collect();
        self.recorder.borrow_mut().cell_done(&self.id, self.row, kept, noise, after);
    }

    /// What is run after the rounds, if anything is, and only where it can be published.
    fn after(&mut self, kept: &Kept) -> Option<After> {
        let (_, run) = self.row.after.as_ref()?;
        if kept.is_empty() || !self.recorder.borrow().measuring() {
            return None;
        }
        let usable = topology::usable_count();
        let rounds: Vec<&Round> = kept.iter().map(|taken| &*taken.round).collect();
        let ran = self.running(usable).and_then(|(team, pace)| run(team, pace, &rounds));
        Some(ran.unwrap_or_else(|failure| self.recorder.borrow_mut().abort(&self.id, &failure)))
    }

    /// The cell's losses for a replay; measured now if Criterion did not ask for the cell itself.
    pub(super) fn losses(&mut self, mode: Mode) -> Losses<'_, 'a> {
        Losses { session: self, mode, calls: 0 }
    }

    /// Iterations of a round whose length is ours to choose, found by doubling them from 1.
    pub(super) fn find_iters(&mut self) -> u64 {
        // Short rounds are the way there, and none of them is to be stretched.
        self.measuring = false;
        let iters = self.double_iters();
        self.measuring = self.recorder.borrow().measuring();
        iters
    }

    fn double_iters(&mut self) -> u64 {
        let mut iters = 1;
        loop {
            let sample = self.sample(iters);
            if sample.was_cut() || self.gone {
                // What collapses that far does so now and then only, and would be searched for long.
                return iters;
            }
            let (ns, own) = (sample.ns(), self.own_round_ns());
            if ns > own / 4.0 {
                let enough = |iters: u64, ns: f64| (iters as f64 * own / ns).ceil() as u64;
                iters = enough(iters, ns);
                // That round may have been held up by something else: the faster of two tells.
                let ns = self.sample(iters).ns().min(self.sample(iters).ns());
                if ns > own / 4.0 {
                    return enough(iters, ns);
                }
            }
            iters *= 2;
        }
    }

    /// Measures the cell without Criterion.
    fn measure(&mut self, mode: Mode) {
        let (iters, rounds) = if mode.publishes() { (self.find_iters(), SAMPLES) } else { (1, 1) };
        for _ in 0..rounds {
            let sample = self.sample(iters);
            self.measurement.keep(&sample);
        }
        self.end();
    }
}

/// Starts the row's team and finds its pace. Teams of equal size share one gauge, so that rows
/// compared with each other think the same.
fn start(row: &Row, topology: &Topology, recorder: &RefCell<Recorder>, usable: usize) -> Result<Running, Failure> {
    let limits = Limits::default();
    let limits = Limits { round: limits.round.max(row.least * LIMIT), ..limits };
    let team = |threads: usize| {
        let cpus = match &row.cpus {
            Some(cpus) => cpus.iter().copied().map(Some).collect(),
            None => topology.assign(row.placement, threads),
        };
        Team::start(&cpus, limits)
    };
    let pace = if row.think.is_zero() && row.inside.is_zero() {
        None
    } else {
        // Oversubscribed threads would measure how they share CPUs, not what a step costs.
        let running = row.threads.min(usable);
        let known = recorder.borrow().gauges.get(&(running, row.placement)).copied();
        let gauge: Gauge = match known {
            Some(gauge) => gauge,
            None => {
                let gauge = kernel::gauge(&mut team(running)?, usable)?;
                recorder.borrow_mut().gauges.insert((running, row.placement), gauge);
                gauge
            }
        };
        let mean_steps = if row.think.is_zero() { 0 } else { gauge.steps_for(nanos(row.think)) };
        Some(Pace { mean_steps, gauge })
    };
    Ok(Running { team: team(row.threads)?, pace, watch: None })
}

fn attempts_per_kept(round: &Round) -> f64 {
    // Nothing kept cannot be drawn; one kept is the most lost that can.
    let loss = round.loss_rate().unwrap_or(0.0);
    crate::round::ns_per_kept(1.0, loss).min(round.attempted() as f64)
}

/// Hands a cell's losses to Criterion as if they were being measured.
pub(super) struct Losses<'s, 'a> {
    session: &'s mut Session<'a>,
    mode: Mode,
    calls: usize,
}

impl Losses<'_, '_> {
    pub(super) fn next(&mut self, iters: u64) -> Sample {
        if self.session.losses.is_empty() {
            self.session.measure(self.mode);
        }
        if self.session.gone {
            return self.session.nothing(false);
        }
        let losses = &self.session.losses;
        self.calls += 1;
        // Samples that are all equal have no density to draw: they are set apart by a part in 10^9.
        let apart = 1.0 + self.calls as f64 * 1e-9;
        let loss = losses.get(self.calls % losses.len().max(1)).copied().unwrap_or(1.0);
        Sample::replayed(iters as f64 * loss * apart)
    }
}
