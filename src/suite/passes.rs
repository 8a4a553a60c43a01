//! Passes: every cell gets one round, then every cell another, and so on.
//!
//! A pass visits one block after the other. The cases of a block have level, threads and placement in common. One team
//! measures them right after each other, controls included. Before the first round of a visit and after each round, the
//! machine is looked at, and the line transfer between the team's CPUs is probed. The first pass goes in the order of
//! the cases; each later pass shuffles the blocks, and the cells of each block.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use super::Case;
use super::measured::{Measured, Taken};
use super::recorder::Recorder;
use crate::counter::Counter;
use crate::counters::control::NoCounter;
use crate::kernel::{Calibration, UNTIL_TIME_IS_UP};
use crate::noise::{Look, NoiseMeter};
use crate::results::Noise;
use crate::round::{Round, Verdict, nanos};
use crate::signals;
use crate::team::{self, Failure, Limits, Pace, Team};
use crate::topology::{self, Topology};
use crate::transfer::distance::Places;
use crate::transfer::probe::Probe;
use crate::workload::{MOST_PASSES as MOST, Passes};

/// Default length of a round: long enough for threads to meet, short enough for many rounds. Where all CPUs count, the
/// thread that ends the round gets a CPU up to some ms later.
pub const ROUND: Duration = Duration::from_micros(10_500);
/// Rounds of this length and more are run only in every third pass.
const LONG: Duration = Duration::from_millis(50);
const EVERY: usize = 3;
/// With fewer passes than this, they are run in each pass.
const FEW: usize = 15;
/// Most times that a round is run again.
const RETRIES: usize = 3;
/// Most times that rounds of one cell are run again; fewer where rounds are long.
const RETRIES_OF_A_CELL: usize = 20;
const RETRIES_OF_LONG_ROUNDS: usize = 5;
/// A round is run again when the line transfer grew or shrank by this factor during it.
const MOVED: f64 = 1.5;
/// Most rounds of another process that are too short, one after the other, while their budget grows.
const GROWN: usize = 12;
/// Most threads that wait for the next visit to their block. Beyond that, each visit starts its team anew.
const PARKED: usize = 1_024;
/// Time that a round takes beside its own.
const BESIDE: Duration = Duration::from_millis(3);

/// The plan of a run.
pub(super) struct RunPlan {
    pub(super) passes: Passes,
    /// Least time of a pass.
    pub(super) pass: Duration,
    /// Length of a round, unless its case needs a longer one.
    pub(super) round: Duration,
    /// Seed of the random order.
    pub(super) seed: u64,
}

impl RunPlan {
    fn length(&self, case: &Case) -> Duration {
        self.round.max(case.least.mul_f64(1.1))
    }

    fn takes_part(&self, case: &Case, pass: usize) -> bool {
        if case.once {
            return pass == 1;
        }
        let in_each = match self.passes {
            Passes::Count(count) => count < FEW,
            // The number of passes is unknown, and one round has no interval.
            Passes::Time(_) => pass == 2,
        };
        case.least < LONG || pass % EVERY == 1 || in_each
    }

    /// Rounds of a case in this many passes.
    pub(super) fn rounds(&self, case: &Case, passes: usize) -> usize {
        (1..=passes).filter(|pass| self.takes_part(case, *pass)).count()
    }

    /// About how long this many passes over the cases take.
    pub(super) fn time<'r>(&self, passes: usize, cases: impl Iterator<Item = &'r Case>) -> Duration {
        let all: Duration = cases.map(|case| (self.length(case) + BESIDE) * self.rounds(case, passes) as u32).sum();
        all.max(self.pass * passes as u32)
    }

    /// How long all passes over the cases take.
    pub(super) fn whole<'r>(&self, cases: impl Iterator<Item = &'r Case>) -> Duration {
        match self.passes {
            Passes::Count(count) => self.time(count, cases),
            Passes::Time(time) => time,
        }
    }
}

/// Why measuring ended early.
pub(super) enum End {
    /// The thing under test failed, in the cell of this id.
    Failed(String, Failure),
    /// A cell's figures are impossible.
    Impossible(String),
    /// The run was asked to end, in this pass; 0 after the passes.
    Asked(usize),
}

/// Cases measured right after each other, on one team.
struct Block {
    cells: Vec<usize>,
    cpus: Vec<Option<usize>>,
    probe: Option<Probe>,
    meter: NoiseMeter,
}

/// All cells of a run while they are measured.
pub(super) struct Bench<'a> {
    pub(super) cells: Vec<Measured<'a>>,
    blocks: Vec<Block>,
    /// Cost of think steps, by the CPUs of the running threads.
    calibrations: HashMap<Vec<Option<usize>>, Calibration>,
    topology: &'a Topology,
    /// Parked teams, by the CPUs of their threads.
    teams: HashMap<Vec<Option<usize>>, Team>,
    /// Number of rounds run so far.
    rounds: usize,
}

impl<'a> Bench<'a> {
    /// The cells of these cases, each with its id and whether it is wanted. Unwanted cases are left out, unless they
    /// are controls of wanted ones.
    pub(super) fn new(cases: impl Iterator<Item = (&'a Case, String, bool)>, topology: &'a Topology) -> Bench<'a> {
        let cases: Vec<(&Case, String, bool)> = cases.collect();
        let is_control = |case: &Case| {
            let others = cases.iter().filter(|(other, _, wanted)| *wanted && other.block() == case.block());
            let mut others = others.map(|(other, ..)| other);
            // The controls of locks have variants of their own.
            let of_all = case.variant.is_empty() || case.info.family == NoCounter::INFO.family;
            others.any(|other| other.control == case.info.id && (of_all || other.variant == case.variant))
        };
        let (calibrations, teams) = (HashMap::new(), HashMap::new());
        let mut bench = Bench { cells: Vec::new(), blocks: Vec::new(), calibrations, topology, teams, rounds: 0 };
        for (case, id, wanted) in cases.iter().filter(|(case, _, wanted)| *wanted || is_control(case)) {
            let known = bench.blocks.iter().position(|block| bench.cells[block.cells[0]].case.block() == case.block());
            let block = known.unwrap_or(bench.blocks.len());
            if known.is_none() {
                bench.blocks.push(Block::of(case, topology));
            }
            bench.blocks[block].cells.push(bench.cells.len());
            let long = case.least >= LONG;
            bench.cells.push(Measured {
                case,
                id: id.clone(),
                wanted: *wanted,
                block,
                taken: Vec::new(),
                seen: Default::default(),
                retries_left: if long { RETRIES_OF_LONG_ROUNDS } else { RETRIES_OF_A_CELL },
                gone: false,
                after: None,
            });
        }
        bench
    }

    /// The cells of the block of a cell.
    pub(super) fn block(&self, of: &Measured) -> Vec<&Measured<'a>> {
        self.blocks[of.block].cells.iter().map(|&cell| &self.cells[cell]).collect()
    }

    /// Distance of the CPUs in each round.
    pub(super) fn places(&self) -> Places {
        let probed = self.cells.iter().filter_map(|cell| Some((cell, self.blocks[cell.block].probe.as_ref()?)));
        Places::find(probed.flat_map(|(cell, probe)| {
            let looks = cell.taken.iter().filter_map(|taken| Some((taken.number, taken.transfer_ns?)));
            looks.map(|(number, ns)| (number, &probe.cpus[..], ns))
        }))
    }

    /// Noise while a cell was measured.
    pub(super) fn noise(&self, cell: &Measured) -> Option<Noise> {
        let block = &self.blocks[cell.block];
        let mut workers: Vec<usize> = block.cpus.iter().copied().flatten().collect();
        workers.sort_unstable();
        workers.dedup();
        let noise = block.meter.noise(&cell.seen, &workers, &topology::usable_cpus());
        Some(noise).filter(|noise| !noise.is_unknown())
    }

    /// Runs all passes; `recorder` records the cells after each.
    pub(super) fn measure(&mut self, plan: &RunPlan, recorder: &mut Recorder) -> Result<(), End> {
        let began = Instant::now();
        let mut random = fastrand::Rng::with_seed(plan.seed);
        for pass in 1.. {
            let started = Instant::now();
            self.pass(pass, plan, &mut random, recorder)?;
            recorder.pass_done(self, pass);
            let over = match plan.passes {
                Passes::Count(count) => pass >= count,
                // One round has no interval.
                Passes::Time(time) => pass >= MOST || pass > 1 && began.elapsed() + started.elapsed() > time,
            };
            if over {
                break;
            }
            if recorder.measures_in_full() {
                thread::sleep(plan.pass.saturating_sub(started.elapsed()));
            }
        }
        if recorder.measures_in_full() {
            self.after(plan, recorder)?;
        }
        Ok(())
    }

    fn pass(
        &mut self,
        pass: usize,
        plan: &RunPlan,
        random: &mut fastrand::Rng,
        recorder: &mut Recorder,
    ) -> Result<(), End> {
        let mut blocks: Vec<usize> = (0..self.blocks.len()).collect();
        if pass > 1 {
            random.shuffle(&mut blocks);
        }
        for block in blocks {
            let mut cells = self.blocks[block].cells.clone();
            if pass > 1 {
                random.shuffle(&mut cells);
            }
            cells.retain(|&cell| !self.cells[cell].gone && plan.takes_part(self.cells[cell].case, pass));
            if let Some(&first) = cells.first() {
                let id = self.cells[first].id.clone();
                let mut visit = Visit::begin(self, block).map_err(|failure| End::Failed(id, failure))?;
                for cell in cells {
                    recorder.progress.at(Some(pass), &visit.bench.cells[cell].id);
                    visit.round(cell, pass, plan, recorder)?;
                    recorder.progress.round_done();
                    if signals::came().is_some() {
                        return Err(End::Asked(pass));
                    }
                }
                visit.end();
            }
        }
        Ok(())
    }

    /// Runs what cases run once after their rounds.
    fn after(&mut self, plan: &RunPlan, recorder: &Recorder) -> Result<(), End> {
        for block in 0..self.blocks.len() {
            let cells = self.blocks[block].cells.clone().into_iter();
            let is_due = |cell: &Measured| cell.case.after.is_some() && cell.wanted && !cell.taken.is_empty();
            let cells: Vec<usize> = cells.filter(|&cell| is_due(&self.cells[cell])).collect();
            let Some(&first) = cells.first() else { continue };
            let id = self.cells[first].id.clone();
            let mut visit = Visit::begin(self, block).map_err(|failure| End::Failed(id, failure))?;
            let places = visit.bench.places();
            for cell in cells {
                let round = visit.plan();
                let Visit { bench, team, .. } = &mut visit;
                let measured = &mut bench.cells[cell];
                recorder.progress.at(None, &measured.id);
                let Some((_, run)) = &measured.case.after else { continue };
                team.end_rounds_after(plan.length(measured.case));
                let found = run(team, &round, &measured.series(&places));
                let found = found.map_err(|failure| End::Failed(measured.id.clone(), failure))?;
                measured.after = Some(found);
                if signals::came().is_some() {
                    return Err(End::Asked(0));
                }
            }
            visit.end();
        }
        Ok(())
    }

    /// Pace of a case's threads; `None` without work beside the operation.
    fn pace(&mut self, case: &Case) -> Result<Option<Pace>, Failure> {
        if case.think.is_zero() && case.inside.is_zero() {
            return Ok(None);
        }
        // Oversubscribed threads would measure how they share CPUs, not the cost of a step.
        let running = case.threads.min(case.usable());
        let cpus = self.topology.assign(case.placement, running);
        let gauge = self.calibrations.entry(cpus.clone()).or_default().go_on(&cpus)?;
        let mean_steps = if case.think.is_zero() { 0 } else { gauge.steps_for(nanos(case.think)) };
        Ok(Some(Pace { mean_steps, gauge }))
    }

    /// The team of a block; starts one if none is parked.
    fn team(&mut self, block: usize) -> Result<Team, Failure> {
        let cpus = &self.blocks[block].cpus;
        if let Some(team) = self.teams.remove(cpus) {
            return Ok(team);
        }
        let mut team = Team::start(cpus, Limits::default()).or_else(|_| {
            // Parked threads may be what leaves no room for new ones.
            self.teams.clear();
            Team::start(cpus, Limits::default())
        })?;
        team.begin_at(self.rounds as u64);
        Ok(team)
    }

    /// Parks a team until the next visit, unless too many threads are parked.
    fn park(&mut self, block: usize, team: Team) {
        let parked: usize = self.teams.values().map(Team::threads).sum();
        if parked + team.threads() <= PARKED {
            self.teams.insert(self.blocks[block].cpus.clone(), team);
        }
    }

    /// Runs one round of a cell, with this many iterations, and records nothing.
    pub(super) fn single(&mut self, cell: usize, iters: u64, recorder: &mut Recorder) -> Result<Round, End> {
        let (case, id) = (self.cells[cell].case, self.cells[cell].id.clone());
        let failed = |failure| End::Failed(id.clone(), failure);
        let pace = self.pace(case).map_err(failed)?;
        let mut team = self.team(self.cells[cell].block).map_err(failed)?;
        let limit = Limits::default().round.max(case.least * 3);
        team.end_rounds_after(limit);
        let plan = team::Plan { iters, pace, usable_cpus: case.usable() };
        let round = (case.round)(&mut team, &plan).map_err(failed)?;
        recorder.check(&id, case, &round).map_err(End::Impossible)?;
        self.park(self.cells[cell].block, team);
        Ok(round)
    }
}

impl Block {
    fn of(case: &Case, topology: &Topology) -> Block {
        let cpus: Vec<Option<usize>> = match &case.cpus {
            Some(cpus) => cpus.iter().copied().map(Some).collect(),
            None => topology.assign(case.placement, case.threads),
        };
        let probe = if case.elsewhere { None } else { Probe::of(&cpus) };
        Block { cells: Vec::new(), probe, cpus, meter: NoiseMeter::default() }
    }
}

/// One visit to a block.
struct Visit<'b, 'a> {
    bench: &'b mut Bench<'a>,
    block: usize,
    team: Team,
    /// How much the threads think in each round.
    pace: Option<Pace>,
    transfer_ns: Option<f64>,
    /// Whether each thread has a CPU of its own, so that its speed can be measured.
    own: bool,
}

impl<'b, 'a> Visit<'b, 'a> {
    fn begin(bench: &'b mut Bench<'a>, block: usize) -> Result<Visit<'b, 'a>, Failure> {
        let case = bench.cells[bench.blocks[block].cells[0]].case;
        let pace = bench.pace(case)?;
        let team = bench.team(block)?;
        let cpus = &bench.blocks[block].cpus;
        // Threads that share a CPU would time each other.
        let own = case.threads <= case.usable() && cpus.iter().all(Option::is_some);
        let own = own && !bench.topology.cpus.is_empty();
        let mut visit = Visit { bench, block, team, pace, transfer_ns: None, own };
        let look = visit.look()?;
        visit.bench.blocks[block].meter.begin(look);
        visit.transfer_ns = visit.probe()?;
        Ok(visit)
    }

    /// The next round.
    fn plan(&self) -> team::Plan {
        let case = self.bench.cells[self.bench.blocks[self.block].cells[0]].case;
        team::Plan { iters: UNTIL_TIME_IS_UP, pace: self.pace, usable_cpus: case.usable() }
    }

    fn look(&mut self) -> Result<Look, Failure> {
        if self.own { Look::with(&mut self.team) } else { Ok(Look::now()) }
    }

    /// Probes the line transfer between the team's CPUs.
    fn probe(&mut self) -> Result<Option<f64>, Failure> {
        match &self.bench.blocks[self.block].probe {
            Some(probe) => probe.look(&mut self.team),
            None => Ok(None),
        }
    }

    /// Runs one round of a cell, again while the round is not valid and retries are left.
    fn round(&mut self, cell: usize, pass: usize, plan: &RunPlan, recorder: &mut Recorder) -> Result<(), End> {
        let case = self.bench.cells[cell].case;
        let id = self.bench.cells[cell].id.clone();
        let failed = |failure| End::Failed(id.clone(), failure);
        self.team.end_rounds_after(plan.length(case));
        let (mut tries, mut grown) = (1, 0);
        loop {
            let round = self.plan();
            let round = match (case.round)(&mut self.team, &round) {
                Ok(round) => round,
                Err(Failure::Gone { what, said }) => {
                    self.bench.cells[cell].gone = true;
                    recorder.give_up(&id, &what, &said);
                    return Ok(());
                }
                Err(failure) => return Err(failed(failure)),
            };
            recorder.check(&id, case, &round).map_err(End::Impossible)?;
            let look = self.look().map_err(failed)?;
            let before = self.transfer_ns;
            self.transfer_ns = self.probe().map_err(failed)?;
            if let (Some(probe), None) = (&self.bench.blocks[self.block].probe, self.transfer_ns) {
                let cpus: Vec<String> = probe.cpus.iter().map(|[a, b]| format!("{a} and {b}")).collect();
                let cpus = cpus.join(", ");
                recorder.say_and_note(format!("the line transfer between CPUs {cpus} could not always be looked at"));
            }
            let transfer = before.zip(self.transfer_ns);
            let moved = transfer.is_some_and(|(a, b)| a > MOVED * b || b > MOVED * a);
            let (Block { meter, .. }, measured) = (&mut self.bench.blocks[self.block], &mut self.bench.cells[cell]);
            measured.seen.add(&round);
            meter.look(look, &mut measured.seen);
            if case.elsewhere {
                meter.add_elsewhere(round.cpu);
            }
            let ended = signals::came().is_some();
            if case.elsewhere && round.wall() < case.least && grown < GROWN {
                if ended {
                    return Ok(());
                }
                // Its budget grows with each round.
                grown += 1;
                continue;
            }
            let useless = matches!(round.verdict(), Verdict::Preempted | Verdict::Serialised | Verdict::Short);
            let again = useless || moved || round.attempted() == 0;
            if again && !ended && tries <= RETRIES && measured.retries_left > 0 {
                measured.retries_left -= 1;
                tries += 1;
                continue;
            }
            self.bench.rounds += 1;
            if round.attempted() == 0 {
                return Ok(());
            }
            let transfer_ns = transfer.filter(|_| !moved).map(|(a, b)| (a * b).sqrt());
            measured.taken.push(Taken { round, pass, number: self.bench.rounds, tries, transfer_ns });
            return Ok(());
        }
    }

    fn end(self) {
        self.bench.park(self.block, self.team);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Counters;

    #[test]
    fn every_row_gets_two_rounds_and_more() {
        let mut case = crate::suite::tests::cases(&Counters::catalogue()).remove(0);
        let hour = Passes::Time(Duration::from_secs(3600));
        let rounds = |case: &Case, passes, made| {
            RunPlan { passes, pass: Duration::ZERO, round: ROUND, seed: 1 }.rounds(case, made)
        };
        assert_eq!([hour, Passes::Count(20)].map(|passes| rounds(&case, passes, 8)), [8, 8]);
        case.least = LONG;
        // The time may be up after two passes.
        assert_eq!([2, 8].map(|made| rounds(&case, hour, made)), [2, 4]);
        assert_eq!([FEW - 1, 20].map(|count| rounds(&case, Passes::Count(count), count)), [FEW - 1, 7]);
        case.once = true;
        assert_eq!([hour, Passes::Count(2), Passes::Count(20)].map(|passes| rounds(&case, passes, 8)), [1; 3]);
    }
}
