//! Shrinks a schedule that loses updates to one with the fewest switches that still loses.

use std::collections::{HashMap, VecDeque};

use super::race::{Machine, Shared, Thread};
use super::{Error, Grain, Race, Schedule, draw};

/// The goal of a shrunk schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// Lose at least one update.
    Loses,
    /// End with this value.
    Ends(u64),
}

impl Goal {
    fn is_met(self, kept: u64, attempted: u64) -> bool {
        match self {
            Goal::Loses => kept < attempted,
            Goal::Ends(value) => kept == value,
        }
    }
}

/// A schedule with fewer switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// The schedule.
    pub schedule: Schedule,
    /// Whether it is known that no schedule of the race reaches the goal with fewer switches. Else switches were
    /// removed one by one for as long as that helped, and a very different schedule may have fewer.
    pub fewest: bool,
}

/// States that the search for the fewest switches may take: about a second.
const STATES: usize = 500_000;

/// Shrinks a schedule to the fewest switches that still lose an update, or (with `keep_value`) that
/// still end with the same value. First it removes switches one by one. Then, if fewer may be possible
/// and there are not too many states, it searches all schedules.
///
/// # Errors
/// [`Error::NothingLost`] when the schedule keeps every update.
pub fn shrink(schedule: &Schedule, keep_value: bool) -> Result<Shrunk, Error> {
    shrink_within(schedule, keep_value, STATES)
}

fn shrink_within(schedule: &Schedule, keep_value: bool, states: usize) -> Result<Shrunk, Error> {
    let run = schedule.run();
    if run.lost() == 0 {
        return Err(Error::NothingLost);
    }
    let goal = if keep_value { Goal::Ends(run.kept()) } else { Goal::Loses };
    let local = fewer(schedule, goal);
    // With fewer switches than threads each thread runs in one piece, and nothing is lost.
    if local.switches() == schedule.race().threads() {
        return Ok(Shrunk { schedule: local, fewest: true });
    }
    Ok(match fewest(schedule.race(), goal, states) {
        Some(schedule) => Shrunk { schedule, fewest: true },
        None => Shrunk { schedule: local, fewest: false },
    })
}

/// A state of the search: the shared state, the thread that had the last turn, the others in order.
/// Threads in the same place are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    value: u16,
    taken: bool,
    /// None before the first turn.
    last: Option<(u16, u16)>,
    others: Vec<(u16, u16)>,
}

impl State {
    fn of(shared: Shared, last: Option<Thread>, others: impl Iterator<Item = Thread>) -> State {
        let pair = |thread: Thread| (thread.turn, thread.register);
        let mut others: Vec<_> = others.map(pair).collect();
        others.sort_unstable();
        State { value: shared.value, taken: shared.taken, last: last.map(pair), others }
    }
}

/// A schedule with the fewest switches that reaches the goal, by breadth-first search: first all states
/// without a switch, then those with one, and so on. `None` if that takes too many states.
///
/// Switches around steps that no other thread sees save nothing, so they are not tried: such a step can
/// always be moved to the step before it, which adds no switch and changes no value.
fn fewest(race: &Race, goal: Goal, limit: usize) -> Option<Schedule> {
    let (steps, turns) = (race.steps(), race.turns(Grain::Shared));
    let start = State::of(Shared::default(), None, std::iter::repeat_n(Thread::default(), race.threads()));
    // The state before each state, and its number of switches.
    let mut seen: HashMap<State, (Option<State>, usize)> = HashMap::from([(start.clone(), (None, 0))]);
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((state, switches)) = queue.pop_front() {
        if seen[&state].1 < switches {
            continue;
        }
        let shared = Shared { value: state.value, taken: state.taken };
        let threads: Vec<Thread> =
            state.last.iter().chain(&state.others).map(|&(turn, register)| Thread { turn, register }).collect();
        if threads.iter().all(|thread| thread.is_done(turns)) {
            if goal.is_met(u64::from(state.value), race.attempted()) {
                return Some(written(race, state, &seen));
            }
            continue;
        }
        for at in 0..threads.len() {
            let alike = at > usize::from(state.last.is_some()) && threads[at] == threads[at - 1];
            if alike || !threads[at].can_run(steps, turns, shared) {
                continue;
            }
            let (mut now, mut thread) = (shared, threads[at]);
            thread.take_turn(steps, turns, &mut now, |_, _, _, _| {});
            let others = threads.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, thread)| *thread);
            let next = State::of(now, Some(thread), others);
            let stays = at == 0 && state.last.is_some();
            let cost = switches + usize::from(!stays && state.last.is_some());
            if seen.get(&next).is_some_and(|(_, known)| *known <= cost) {
                continue;
            }
            seen.insert(next.clone(), (Some(state.clone()), cost));
            if seen.len() > limit {
                return None;
            }
            if stays { queue.push_front((next, cost)) } else { queue.push_back((next, cost)) }
        }
    }
    None
}

/// The schedule that leads to a state: the states on the way, with named threads again.
fn written(race: &Race, end: State, seen: &HashMap<State, (Option<State>, usize)>) -> Schedule {
    let mut way = vec![end];
    while let Some((Some(before), _)) = way.last().and_then(|state| seen.get(state)) {
        way.push(before.clone());
    }
    let mut machine = Machine::new(race, Grain::Shared);
    let mut turns = Vec::new();
    let mut last: Option<usize> = None;
    for wanted in way.iter().rev().skip(1) {
        // The last thread first, to avoid needless switches.
        let mut candidates = last.into_iter().chain(0..race.threads());
        let leads = |thread: &usize| {
            machine.can_run(*thread) && {
                let mut tried = machine.clone();
                tried.run(*thread, |_, _, _, _| {});
                let others = tried.threads.iter().enumerate().filter(|(at, _)| at != thread).map(|(_, other)| *other);
                State::of(tried.shared, Some(tried.threads[*thread]), others) == *wanted
            }
        };
        let thread = candidates.find(leads).expect("some thread leads there");
        turns.push(thread);
        machine.run(thread, |_, _, _, _| {});
        last = Some(thread);
    }
    draw::follow(race, turns.into_iter(), Grain::Shared)
}

/// Removes switches one by one, for as long as that helps: two stretches of one thread become one, in the place of
/// the first or of the second.
fn fewer(schedule: &Schedule, goal: Goal) -> Schedule {
    let mut best = schedule.clone();
    loop {
        let stretches = stretches(&best);
        let tries = (0..stretches.len()).flat_map(|from| {
            let thread = stretches[from].0;
            let same = |to: usize| stretches.get(to).is_some_and(|stretch| stretch.0 == thread);
            let later = (from + 1..stretches.len()).find(|to| same(*to));
            let earlier = (0..from).rev().find(|to| same(*to));
            later.into_iter().chain(earlier).map(move |to| (from, to))
        });
        let tried = |(from, to): (usize, usize)| {
            let mut order = stretches.clone();
            order[to].1 += order[from].1;
            order[from].1 = 0;
            let wishes = order.iter().flat_map(|(thread, turns)| std::iter::repeat_n(*thread, *turns));
            draw::follow(schedule.race(), wishes, Grain::Every)
        };
        let good = |tried: &Schedule| {
            let run = tried.run();
            tried.switches() < best.switches() && goal.is_met(run.kept(), run.attempted())
        };
        match tries.map(tried).find(good) {
            Some(found) => best = found,
            None => return best,
        }
    }
}

/// The turns of a schedule as (thread, how many in a row).
fn stretches(schedule: &Schedule) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for thread in schedule.turns() {
        match stretches.last_mut() {
            Some((last, turns)) if *last == thread => *turns += 1,
            _ => stretches.push((thread, 1)),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::super::programs;
    use super::*;

    /// Every schedule of a race, with its switches and its value; no memory of states.
    fn all(machine: &Machine<'_>, turns: &mut Vec<usize>, see: &mut impl FnMut(usize, u64)) {
        let runnable: Vec<usize> = machine.runnable().collect();
        if runnable.is_empty() {
            let switches = turns.windows(2).filter(|pair| pair[0] != pair[1]).count();
            return see(switches, u64::from(machine.shared.value));
        }
        for thread in runnable {
            let mut next = machine.clone();
            next.run(thread, |_, _, _, _| {});
            turns.push(thread);
            all(&next, turns, see);
            turns.pop();
        }
    }

    #[test]
    fn the_fewest_switches_are_the_fewest_of_all_schedules() {
        for (id, threads, increments, grain) in [
            ("load_store", 2, 1, Grain::Every),
            ("load_store", 2, 2, Grain::Every),
            ("load_store", 3, 1, Grain::Every),
            ("load_store", 3, 2, Grain::Shared),
            ("busted_lock", 2, 1, Grain::Every),
            ("gil_3_9_plain", 2, 1, Grain::Every),
        ] {
            let race = Race::new(id, threads, increments).unwrap();
            // The fewest by brute force, for each value, over schedules that switch wherever they can.
            let mut brute: HashMap<u64, usize> = HashMap::new();
            all(&Machine::new(&race, grain), &mut Vec::new(), &mut |switches, value| {
                brute.entry(value).and_modify(|known| *known = switches.min(*known)).or_insert(switches);
            });
            for (value, least) in &brute {
                let found = fewest(&race, Goal::Ends(*value), STATES).expect("there are few states");
                assert_eq!((found.run().kept(), found.switches()), (*value, *least), "{id}: {found}");
            }
            let least = brute.iter().filter(|(value, _)| **value < race.attempted()).map(|(_, n)| *n).min().unwrap();
            assert_eq!(fewest(&race, Goal::Loses, STATES).map(|found| found.switches()), Some(least));
            for seed in 0..40 {
                let schedule = draw(&race, seed, Grain::Every);
                let Ok(shrunk) = shrink(&schedule, false) else { continue };
                assert!(shrunk.fewest && shrunk.schedule.run().lost() > 0);
                assert_eq!(shrunk.schedule.switches(), least, "{id}: {}", shrunk.schedule);
                let kept = shrink(&schedule, true).unwrap();
                let value = schedule.run().kept();
                assert_eq!((kept.schedule.run().kept(), kept.schedule.switches()), (value, brute[&value]));
            }
        }
    }

    #[test]
    fn a_search_takes_no_more_states_than_it_may() {
        let race = Race::new("load_store", 2, 1).unwrap();
        let enough = (0..).find(|limit| fewest(&race, Goal::Loses, *limit).is_some());
        assert_eq!(enough, Some(8));
    }

    #[test]
    fn few_switches_are_tried_first() {
        // There are hundreds of thousands of states; with two switches few of them are reached.
        let race = Race::new("load_store", 2, 20).unwrap();
        let found = fewest(&race, Goal::Loses, 50_000).expect("there is room for that");
        assert_eq!(found.switches(), 2);
    }

    #[test]
    fn without_room_to_search_switches_are_taken_out_while_that_helps() {
        for program in programs() {
            let race = Race::new(program.id, 3, 5).unwrap();
            for seed in 0..5 {
                let schedule = draw(&race, seed, Grain::Every);
                for keep_value in [false, true] {
                    let Ok(shrunk) = shrink_within(&schedule, keep_value, 10) else { continue };
                    let (before, after) = (schedule.run(), shrunk.schedule.run());
                    assert!(after.lost() > 0);
                    assert_eq!(shrunk.fewest, shrunk.schedule.switches() == 3);
                    assert!(!keep_value || after.kept() == before.kept());
                    assert!(shrunk.schedule.switches() <= schedule.switches());
                    assert_eq!(Schedule::parse(&shrunk.schedule.to_string()), Ok(shrunk.schedule));
                }
            }
        }
    }

    /// The schedule with one stretch joined to another one of its thread, and the rest unchanged.
    fn joined(schedule: &Schedule, from: usize, to: usize) -> Schedule {
        let all = stretches(schedule);
        let turns = |at: usize| match at {
            _ if at == from => 0,
            _ if at == to => all[to].1 + all[from].1,
            _ => all[at].1,
        };
        let wishes = (0..all.len()).flat_map(|at| std::iter::repeat_n(all[at].0, turns(at)));
        draw::follow(schedule.race(), wishes, Grain::Every)
    }

    #[test]
    fn nothing_more_can_be_taken_out_alone() {
        for (id, threads, increments) in [("load_store", 2, 6), ("load_store", 3, 4), ("busted_lock", 3, 2)] {
            let race = Race::new(id, threads, increments).unwrap();
            for seed in 0..30 {
                let schedule = draw(&race, seed, Grain::Every);
                let Ok(shrunk) = shrink_within(&schedule, true, 10) else { continue };
                let (schedule, kept) = (shrunk.schedule, schedule.run().kept());
                let all = stretches(&schedule);
                for from in 0..all.len() {
                    let same = |to: &usize| all[*to].0 == all[from].0;
                    let [earlier, later] = [(0..from).rfind(same), (from + 1..all.len()).find(same)];
                    for to in earlier.into_iter().chain(later) {
                        let tried = joined(&schedule, from, to);
                        let better = tried.switches() < schedule.switches() && tried.run().kept() == kept;
                        assert!(!better, "{schedule}: {tried} does as much");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_taken_out_one_by_one_comes_near_the_fewest() {
        let race = Race::new("load_store", 2, 6).unwrap();
        let mut reached = 0;
        for seed in 0..50 {
            let schedule = draw(&race, seed, Grain::Every);
            let (exact, local) = (shrink(&schedule, false).unwrap(), shrink_within(&schedule, false, 10).unwrap());
            assert_eq!(exact.schedule.switches(), 2);
            assert!(local.schedule.switches() >= 2);
            reached += usize::from(local.schedule.switches() == 2);
        }
        assert!(reached >= 40, "{reached} of 50");
    }

    #[test]
    fn what_loses_nothing_is_refused() {
        let schedule = Race::new("load_store", 2, 2).unwrap().in_order();
        assert_eq!(shrink(&schedule, false), Err(Error::NothingLost));
    }
}
