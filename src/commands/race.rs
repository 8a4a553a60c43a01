//! `miscount race`: how an update is lost, step by step, and how likely it is.

use std::io::IsTerminal;
use std::path::PathBuf;

use miscount::figure;
use miscount::interleaving::distribution::Share;
use miscount::interleaving::{
    Distribution, Error as Wrong, Event, Fate, Grain, Race, Run, SIX_STEPS, Schedule, draw, shrink, timeline,
};
use miscount::results;
use serde::Serialize;

use super::output::{self, Error};

/// Show how an update is lost, step by step, in an order that can be replayed
///
/// Prints a timeline: a line for each step and a column for each thread, with the shared value and each thread's
/// register `r`. A lost store says which step stored over it. The last line has the schedule
/// that replays it anywhere. Without options: two threads, one increment each, in the six steps that lose one.
///
/// With --counter, --threads, --increments or --seed a schedule is drawn at random: at each turn, every
/// thread that can run is equally likely. Threads may switch around each step that
/// others can see (--every-step: around every step).
///
/// With --distribution it prints the exact probability of each final value in two senses: under that *random
/// scheduler*, and *uniform over schedules*, where every possible sequence of turns counts the same.
#[derive(clap::Args)]
#[command(after_help = "\
Counters: load_store, wide_window, hoisted, busted_lock, fetch_add, cas_loop, std_mutex; gil_3_9_plain, gil_3_9_int,
gil_3_10_plain, gil_3_10_int, gil_3_11_int, gil_3_13_int, gil_free_threaded (what CPython does for self.val += 1 and
self.val += int(1)).
A schedule is COUNTER.VERSION:THREADSxINCREMENTS:TURNS. Each character of TURNS is the thread whose turn it is.

Example: miscount race
Example: miscount race --counter load_store --threads 2 --increments 3 --seed 7
Example: miscount race --replay load_store.1:2x1:010101 --svg lost.svg
Example: miscount race --threads 3 --increments 4 --seed 1 --shrink
Example: miscount race --threads 2 --increments 10 --distribution")]
pub(crate) struct Args {
    /// The counter, by its id in `miscount list` [default: load_store]
    #[arg(long, value_name = "ID")]
    counter: Option<String>,
    /// Number of threads, 1 to 36 [default: 2]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Increments of each thread, 1 to 100 [default: 3]
    #[arg(long, value_name = "K")]
    increments: Option<usize>,
    /// Draw the schedule of this seed [default: a random seed, then the next ones until one loses an update]
    #[arg(long, value_name = "S", conflicts_with = "distribution")]
    seed: Option<u64>,
    /// Switch threads around every step, not only around steps that others can see
    #[arg(long)]
    every_step: bool,
    /// Run this schedule
    #[arg(
        long,
        value_name = "SCHEDULE",
        conflicts_with_all = ["counter", "threads", "increments", "seed", "every_step", "distribution"]
    )]
    replay: Option<String>,
    /// Show a schedule with the fewest switches that still loses an update
    #[arg(long, conflicts_with = "distribution")]
    shrink: bool,
    /// Shrink to the fewest switches that still end with the same value
    #[arg(long, requires = "shrink")]
    keep_value: bool,
    /// Print the exact probability of each final value
    #[arg(long)]
    distribution: bool,
    /// Compute a distribution of more than 6 million states
    #[arg(long, requires = "distribution")]
    force: bool,
    /// Draw the timeline into this file
    #[arg(long, value_name = "FILE", conflicts_with = "distribution")]
    svg: Option<PathBuf>,
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

/// Seeds that are tried for a schedule that loses.
const TRIES: u64 = 1_000;

impl Args {
    fn grain(&self) -> Grain {
        if self.every_step { Grain::Every } else { Grain::Shared }
    }

    fn race(&self) -> Result<Race, Wrong> {
        let id = self.counter.as_deref().unwrap_or("load_store");
        Race::new(id, self.threads.unwrap_or(2), self.increments.unwrap_or(3))
    }

    /// Whether any option asks for a drawn schedule.
    fn is_drawn(&self) -> bool {
        let sizes = self.threads.is_some() || self.increments.is_some();
        sizes || self.counter.is_some() || self.seed.is_some() || self.every_step || self.shrink
    }

    /// The schedule, and the seed it was drawn from.
    fn schedule(&self) -> Result<(Schedule, Option<u64>), Wrong> {
        if let Some(text) = &self.replay {
            return Ok((Schedule::parse(text)?, None));
        }
        if !self.is_drawn() {
            return Ok((Schedule::parse(SIX_STEPS)?, None));
        }
        let race = self.race()?;
        let drawn = |seed: u64| (draw(&race, seed, self.grain()), Some(seed));
        Ok(match self.seed {
            Some(seed) => drawn(seed),
            None => {
                let first = fastrand::u64(0..1_000_000);
                let loses = |(schedule, _): &(Schedule, _)| schedule.run().lost() > 0;
                (first..first + TRIES).map(drawn).find(loses).unwrap_or_else(|| drawn(first))
            }
        })
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    if args.distribution {
        let distribution = Distribution::of(&args.race()?, args.grain(), args.force)?;
        return if args.json {
            output::print_json(&shown_distribution(&distribution))
        } else {
            output::print(&table(&distribution))
        };
    }
    let (schedule, seed) = args.schedule()?;
    let shrunk = if args.shrink { Some(shrink(&schedule, args.keep_value)?) } else { None };
    let run = shrunk.as_ref().map_or(&schedule, |shrunk| &shrunk.schedule).run();
    if let Some(path) = &args.svg {
        results::write_whole(path, &timeline::svg(&run))?;
    }
    if args.json {
        let from = shrunk.as_ref().map(|shrunk| From {
            schedule: schedule.to_string(),
            switches: schedule.switches(),
            fewest: shrunk.fewest,
        });
        return output::print_json(&shown_run(&run, seed, from));
    }
    let mut text = String::new();
    if let Some(seed) = seed {
        text.push_str(&format!("seed {seed}"));
        if args.seed.is_none() && schedule.run().lost() == 0 {
            text.push_str(&format!("; no schedule of this and the next {} seeds lost an update", TRIES - 1));
        }
        text.push('\n');
    }
    if let Some(shrunk) = &shrunk {
        let (from, to) = (schedule.switches(), shrunk.schedule.switches());
        let end = if args.keep_value { format!("end with {}", run.kept()) } else { "lose an update".to_owned() };
        let how = if shrunk.fewest { "no schedule has fewer and does" } else { "fewer may do" };
        text.push_str(&format!("shrunk from {schedule}: from {from} switches to {to} that {end}; {how}\n"));
    }
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    text.push_str(&timeline::text(&run, colour));
    text.push_str(&format!("again: miscount race --replay {}\n", run.schedule));
    if let Some(path) = &args.svg {
        text.push_str(&format!("{}: the timeline as a picture\n", path.display()));
    }
    output::print(&text)
}

/// A run as `--json` prints it.
#[derive(Serialize)]
struct ShownRun {
    counter: &'static str,
    version: u32,
    threads: usize,
    increments: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    schedule: String,
    switches: usize,
    attempted: u64,
    kept: u64,
    lost: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    shrunk_from: Option<From>,
    steps: Vec<ShownStep>,
}

/// What a schedule was shrunk from.
#[derive(Serialize)]
struct From {
    schedule: String,
    switches: usize,
    /// Whether none has fewer.
    fewest: bool,
}

/// A step, without absent fields. Steps are counted from 1.
#[derive(Serialize)]
struct ShownStep {
    step: usize,
    thread: usize,
    does: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    register: Option<u64>,
    value: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    adds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_to_step: Option<usize>,
}

fn shown_run(run: &Run, seed: Option<u64>, shrunk_from: Option<From>) -> ShownRun {
    let race = run.schedule.race();
    let step = |(at, event): (usize, &Event)| ShownStep {
        step: at + 1,
        thread: event.thread,
        does: event.step.name,
        register: event.register,
        value: event.value,
        failed: event.failed,
        adds: (event.adds > 0).then_some(event.adds),
        lost_to_step: match event.fate {
            Some(Fate::Lost { by }) => Some(by + 1),
            _ => None,
        },
    };
    ShownRun {
        counter: race.program().id,
        version: race.program().version,
        threads: race.threads(),
        increments: race.increments(),
        seed,
        schedule: run.schedule.to_string(),
        switches: run.schedule.switches(),
        attempted: run.attempted(),
        kept: run.kept(),
        lost: run.lost(),
        shrunk_from,
        steps: run.events.iter().enumerate().map(step).collect(),
    }
}

/// A distribution as `--json` prints it. Schedules and exact shares are text, because they may have any number of digits.
#[derive(Serialize)]
struct ShownDistribution {
    counter: &'static str,
    threads: usize,
    increments: usize,
    every_step: bool,
    states: u64,
    schedules: String,
    mean_loss_rate: Both<f64>,
    outcomes: Vec<ShownOutcome>,
}

#[derive(Serialize)]
struct Both<T> {
    random_scheduler: T,
    uniform_over_schedules: T,
}

fn both<T>(random_scheduler: T, uniform_over_schedules: T) -> Both<T> {
    Both { random_scheduler, uniform_over_schedules }
}

#[derive(Serialize)]
struct ShownOutcome {
    kept: u64,
    probability: Both<f64>,
    exact: Both<String>,
}

fn shown_distribution(distribution: &Distribution) -> ShownDistribution {
    let race = &distribution.race;
    let (random, uniform) = distribution.mean_loss();
    let outcomes = distribution.outcomes.iter().map(|outcome| ShownOutcome {
        kept: outcome.value,
        probability: both(outcome.random.as_f64(), outcome.uniform.as_f64()),
        exact: both(outcome.random.to_string(), outcome.uniform.to_string()),
    });
    ShownDistribution {
        counter: race.program().id,
        threads: race.threads(),
        increments: race.increments(),
        every_step: distribution.grain == Grain::Every,
        states: distribution.states,
        schedules: distribution.schedules.to_string(),
        mean_loss_rate: both(random, uniform),
        outcomes: outcomes.collect(),
    }
}

/// A share for people: a percentage (with a power of ten if it would round to 0), and the fraction if it is short.
fn share(share: &Share) -> String {
    let (number, exact) = (share.as_f64(), share.to_string());
    let text = if number < 0.00001 { format!("{:.2e} %", number * 100.0) } else { figure::percent(number) };
    if exact.len() <= 11 && exact.contains('/') { format!("{text} = {exact}") } else { text }
}

/// A number that may have any number of digits.
fn large(digits: &str) -> String {
    if digits.len() <= 15 {
        return figure::count(digits.parse().unwrap_or(u64::MAX));
    }
    // Rounding turns 9.999... into 10.0 and changes the power of ten, so the formatting decides the power.
    let lead: f64 = digits[..15].parse().unwrap_or(f64::NAN);
    let text = format!("{lead:.2e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}e{}", power.parse::<usize>().unwrap_or(0) + digits.len() - 15)
}

fn table(distribution: &Distribution) -> String {
    let race = &distribution.race;
    let (threads, increments) = (race.threads(), race.increments());
    let grain = match distribution.grain {
        Grain::Shared => "around steps that others can see",
        Grain::Every => "around every step",
    };
    let rows = distribution.outcomes.iter().map(|outcome| {
        let lost = 1.0 - outcome.value as f64 / race.attempted() as f64;
        let [random, uniform] = [&outcome.random, &outcome.uniform].map(share);
        [outcome.value.to_string(), figure::percent(lost), random, uniform]
    });
    let table = output::table(&["kept", "lost", "random scheduler", "uniform over schedules"], rows);
    let (random, uniform) = distribution.mean_loss();
    let schedules = large(&distribution.schedules.to_string());
    format!(
        "{}: threads {threads}, increments of each {increments}; switches {grain}\n\n{table}\n\
         mean loss: {} (random scheduler), {} (uniform over schedules)\n\
         random scheduler: at each turn, every thread that can run is equally likely\n\
         uniform over schedules: every possible sequence of turns counts the same; there are {schedules}\n\
         {} states\n",
        race.program().id,
        figure::percent(random),
        figure::percent(uniform),
        figure::count(distribution.states),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_rounded() {
        assert_eq!(large("924"), "924");
        assert_eq!(large("137846528820"), "137,846,528,820");
        assert_eq!(large("577831214478475823831865900"), "5.78e26");
        assert_eq!(large(&"9".repeat(400)), "1.00e400");
    }
}
