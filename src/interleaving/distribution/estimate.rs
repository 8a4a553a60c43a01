//! Estimates the states of a distribution from fewer threads.

use std::fmt::{self, Display, Formatter};
use std::time::Instant;

use super::super::{Grain, Race};
use super::search;

/// Searches of fewer threads go on up to this many states: less than a second.
const PROBE: u64 = 1_000_000;

/// The estimated cost of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) states: f64,
    seconds: f64,
    bytes: f64,
}

/// The cost of a race, from a search of it or estimated from smaller ones.
#[derive(Debug, Clone, Copy)]
struct Probe {
    states: f64,
    /// The share of the states that were held at once, times the number of levels.
    held: f64,
    /// Bytes of a state.
    bytes: f64,
    /// Seconds for each state and thread.
    seconds: f64,
}

impl Probe {
    /// Searches a race, if it has few states.
    fn of(race: &Race, grain: Grain, threads: usize, increments: usize) -> Option<Probe> {
        let smaller = Race::of(race.program(), threads, increments);
        let began = Instant::now();
        let found = search::search(&smaller, grain, PROBE).ok()?;
        let states = found.states as f64;
        let seconds = began.elapsed().as_secs_f64() / states / threads as f64;
        let held = found.held as f64 / states * found.levels as f64;
        Some(Probe { states, held, bytes: found.bytes as f64, seconds })
    }

    /// Two threads, estimated from fewer increments: states grow as a power of them.
    fn of_two(race: &Race, grain: Grain) -> Option<Probe> {
        let halves = std::iter::successors(Some(race.increments() / 2), |half| Some(half / 2));
        let halves = halves.take_while(|half| *half >= 2);
        let (increments, probe) = halves.filter_map(|half| Some((half, Probe::of(race, grain, 2, half)?))).next()?;
        let half = Probe::of(race, grain, 2, increments / 2)?;
        let [whole, increments, before] = [race.increments(), increments, increments / 2].map(|n| n as f64);
        let power = (probe.states / half.states).ln() / (increments / before).ln();
        Some(Probe { states: probe.states * (whole / increments).powf(power), ..probe })
    }
}

/// The costs for 1, 2, and so on threads, but for fewer than the race has, because that would be the search
/// itself. The cost for 2 threads may be estimated from smaller races.
fn probes(race: &Race, grain: Grain) -> Vec<Probe> {
    let exact = |threads| Probe::of(race, grain, threads, race.increments());
    let mut probes: Vec<Probe> = (1..race.threads()).map_while(exact).collect();
    if probes.len() == 1 {
        probes.extend(Probe::of_two(race, grain));
    }
    probes
}

/// The estimated cost of the race; `None` if no smaller race gives one.
///
/// States are multisets of threads. If a thread has some number of states (`ways`), n threads have
/// (n + ways - 1 over n) of them. `ways` is estimated from the last two known thread counts.
pub(super) fn cost(race: &Race, grain: Grain) -> Option<Cost> {
    let probes = probes(race, grain);
    let [.., before, last] = &probes[..] else { return None };
    let (known, threads) = (probes.len(), race.threads());
    let ways = last.states / before.states * known as f64 - (known - 1) as f64;
    let one_more = |states, n| states * (ways + n as f64) / (n + 1) as f64;
    let states = (known..threads).fold(last.states, one_more);
    let levels = (threads * race.turns(grain).len()) as f64;
    Some(Cost {
        states,
        seconds: states * threads as f64 * last.seconds,
        bytes: states * last.held / levels * last.bytes,
    })
}

impl Display for Cost {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (states, unit) = match self.states {
            states if states >= 1e15 => return write!(out, "about {states:.0e} states, more than can be computed"),
            states if states >= 1e9 => (states / 1e9, "billion"),
            states => (states / 1e6, "million"),
        };
        let (bytes, memory) = if self.bytes >= 1e9 { (self.bytes / 1e9, "GB") } else { (self.bytes / 1e6, "MB") };
        let [states, seconds, bytes] = [states, self.seconds, bytes].map(two_digits);
        write!(out, "about {states} {unit} states, {seconds} s and {bytes} {memory}")
    }
}

/// No more digits than an estimate deserves.
fn two_digits(x: f64) -> String {
    let places = (1 - x.max(1e-3).log10().floor() as i32).clamp(0, 3) as usize;
    let step = 10f64.powi(x.max(1e-3).log10().floor() as i32 - 1);
    format!("{:.places$}", (x / step).round() * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_within_a_factor_of_one_and_a_half() {
        for (id, threads, increments, grain) in [
            ("load_store", 4, 3, Grain::Shared),
            ("load_store", 3, 5, Grain::Every),
            ("load_store", 2, 16, Grain::Shared),
            ("load_store", 7, 1, Grain::Shared),
            ("busted_lock", 3, 2, Grain::Shared),
            ("cas_loop", 4, 2, Grain::Shared),
            ("std_mutex", 3, 8, Grain::Shared),
            ("fetch_add", 5, 10, Grain::Shared),
            ("gil_3_9_int", 3, 3, Grain::Every),
        ] {
            let race = Race::new(id, threads, increments).unwrap();
            let Ok(found) = search::search(&race, grain, u64::MAX) else { panic!("there is no limit") };
            let cost = cost(&race, grain).expect("smaller ones tell");
            let ratio = cost.states / found.states as f64;
            assert!((2.0 / 3.0..1.5).contains(&ratio), "{id} {threads}x{increments}: {cost}, not {}", found.states);
        }
        assert!(cost(&Race::new("load_store", 1, 100).unwrap(), Grain::Shared).is_none());
    }

    #[test]
    fn time_and_memory_are_those_of_as_many_states() {
        for (id, threads, increments) in [("load_store", 4, 3), ("load_store", 7, 1), ("cas_loop", 4, 2)] {
            let race = Race::new(id, threads, increments).unwrap();
            let Ok(found) = search::search(&race, Grain::Shared, u64::MAX) else { panic!("there is no limit") };
            let cost = cost(&race, Grain::Shared).expect("smaller ones tell");
            let ratio = cost.bytes / (found.held as f64 * found.bytes as f64);
            assert!((0.45..2.2).contains(&ratio), "{id} {threads}x{increments}: {cost}, {ratio} times as much memory");
            // The speed of this machine is not known, but it is between these limits.
            let each = cost.seconds / cost.states / threads as f64;
            assert!((1e-9..1e-3).contains(&each), "{id} {threads}x{increments}: {each} s for a state and thread");
        }
    }

    #[test]
    fn estimates_are_written_with_two_digits() {
        for (x, text) in [(0.0123, "0.012"), (0.57, "0.57"), (1.26, "1.3"), (63.0, "63"), (1234.0, "1200")] {
            assert_eq!(two_digits(x), text);
        }
        let cost = Cost { states: 6.4e7, seconds: 112.0, bytes: 4.2e9 };
        assert_eq!(cost.to_string(), "about 64 million states, 110 s and 4.2 GB");
        let cost = Cost { states: 1.5e9, seconds: 4321.0, bytes: 9.9e8 };
        assert_eq!(cost.to_string(), "about 1.5 billion states, 4300 s and 990 MB");
        let cost = Cost { states: 3e33, ..cost };
        assert_eq!(cost.to_string(), "about 3e33 states, more than can be computed");
    }
}
