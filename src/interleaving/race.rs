//! A race (a program, threads, increments), and the machine that runs its steps.

use std::ops::Range;

use super::program::{Does, Preempted, Program, Step};
use super::{Error, Schedule, draw};

/// The most threads of a race: a character of a schedule names one, `0` to `9` and `a` to `z`.
pub const MAX_THREADS: usize = 36;

/// The most increments of each thread.
pub const MAX_INCREMENTS: usize = 100;

/// Where a drawn schedule switches threads. A schedule that somebody writes may switch
/// wherever the program allows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grain {
    /// Only around steps that others can see. A step that only its own thread sees (`add`, a call) goes
    /// with the step before. Its time makes no difference to any value, but as a turn of its own it would make
    /// an interruption after the step before it likelier.
    #[default]
    Shared,
    /// Wherever the program allows a switch.
    Every,
}

/// Steps that a thread does without being interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    /// The thread's steps in it.
    pub(super) steps: Range<usize>,
    /// Its number of characters in a schedule.
    pub(super) characters: usize,
}

/// A program run by some threads, some increments each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Race {
    program: &'static Program,
    threads: usize,
    increments: usize,
    steps: Vec<Step>,
    every: Vec<Turn>,
    shared: Vec<Turn>,
}

impl Race {
    /// A race of the program with that id, of `threads` (1 to 36), each with `increments` (1 to 100).
    ///
    /// # Errors
    /// [`Error::Program`], [`Error::Threads`] or [`Error::Increments`], with the allowed values.
    pub fn new(id: &str, threads: usize, increments: usize) -> Result<Race, Error> {
        let program = Program::find(id).ok_or_else(|| Error::Program(shortened(id)))?;
        if !(1..=MAX_THREADS).contains(&threads) {
            return Err(Error::Threads(threads));
        }
        if !(1..=MAX_INCREMENTS).contains(&increments) {
            return Err(Error::Increments(increments));
        }
        Ok(Race::of(program, threads, increments))
    }

    pub(super) fn of(program: &'static Program, threads: usize, increments: usize) -> Race {
        let steps = program.steps(increments);
        let every = turns(&steps, program.preempted);
        let shared = joined(&steps, &every);
        Race { program, threads, increments, steps, every, shared }
    }

    /// The program.
    pub fn program(&self) -> &'static Program {
        self.program
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Increments of each thread.
    pub fn increments(&self) -> usize {
        self.increments
    }

    /// Increments of all threads together: the highest possible value.
    pub fn attempted(&self) -> u64 {
        (self.threads * self.increments) as u64
    }

    /// Each thread runs to its end before the next begins: nothing is lost.
    pub fn in_order(&self) -> Schedule {
        draw::follow(self, std::iter::empty(), Grain::Every)
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn turns(&self, grain: Grain) -> &[Turn] {
        match grain {
            Grain::Shared => &self.shared,
            Grain::Every => &self.every,
        }
    }
}

/// The beginning of a text that may be of any length.
pub(super) fn shortened(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}...") } else { start }
}

/// The turns of a thread, with a switch wherever the program allows it.
fn turns(steps: &[Step], preempted: Preempted) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut start = 0;
    for (at, step) in steps.iter().enumerate() {
        let ends = preempted == Preempted::Anywhere || step.does == Does::Check;
        if ends || at + 1 == steps.len() {
            turns.push(Turn { steps: start..at + 1, characters: 1 });
            start = at + 1;
        }
    }
    turns
}

/// The same, with turns that no other thread can see joined to the turn before (at the start, to the turn after).
fn joined(steps: &[Step], turns: &[Turn]) -> Vec<Turn> {
    let is_shared = |turn: &Turn| steps[turn.steps.clone()].iter().any(|step| step.does.is_shared());
    let mut joined: Vec<Turn> = Vec::new();
    for turn in turns {
        match joined.last_mut() {
            Some(last) if !is_shared(turn) || !is_shared(last) => {
                last.steps.end = turn.steps.end;
                last.characters += 1;
            }
            _ => joined.push(turn.clone()),
        }
    }
    joined
}

/// The shared state of the threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) value: u16,
    /// The flag of a lock, right or wrong.
    pub(super) taken: bool,
}

/// The state of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Thread {
    /// Its next turn; the number of turns when it is done.
    pub(super) turn: u16,
    /// 0 between a store and the next load, where it does not matter, so that these states are equal.
    pub(super) register: u16,
}

impl Thread {
    pub(super) fn is_done(self, turns: &[Turn]) -> bool {
        usize::from(self.turn) == turns.len()
    }

    /// Whether it could do its next turn now.
    pub(super) fn can_run(self, steps: &[Step], turns: &[Turn], shared: Shared) -> bool {
        let Some(turn) = turns.get(usize::from(self.turn)) else { return false };
        !(shared.taken && steps[turn.steps.clone()].iter().any(|step| step.does.waits()))
    }

    /// Does its next turn, and shows each step with its result: the thread, the shared state, whether
    /// a compare-and-swap failed.
    pub(super) fn take_turn(
        &mut self,
        steps: &[Step],
        turns: &[Turn],
        shared: &mut Shared,
        mut see: impl FnMut(usize, Thread, Shared, bool),
    ) {
        let turn = turns[usize::from(self.turn)].steps.clone();
        for at in turn {
            let succeeded = self.step(steps[at].does, shared);
            see(at, *self, *shared, !succeeded);
            if !succeeded {
                return;
            }
        }
        self.turn += 1;
    }

    /// Returns whether it is done, or to be done again.
    fn step(&mut self, does: Does, shared: &mut Shared) -> bool {
        match does {
            Does::Load => self.register = shared.value,
            Does::Add => self.register += 1,
            Does::Store => shared.value = std::mem::take(&mut self.register),
            Does::FetchAdd => shared.value += 1,
            Does::CompareAndSwap if self.register == shared.value => {
                shared.value += 1;
                self.register = 0;
            }
            Does::CompareAndSwap => {
                self.register = shared.value;
                return false;
            }
            Does::Lock | Does::Take => shared.taken = true,
            Does::Unlock => shared.taken = false,
            Does::AwaitFree | Does::Local | Does::Check => {}
        }
        true
    }
}

/// A race while it runs.
#[derive(Debug, Clone)]
pub(super) struct Machine<'a> {
    race: &'a Race,
    turns: &'a [Turn],
    pub(super) shared: Shared,
    pub(super) threads: Vec<Thread>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(race: &'a Race, grain: Grain) -> Machine<'a> {
        let threads = vec![Thread::default(); race.threads];
        Machine { race, turns: race.turns(grain), shared: Shared::default(), threads }
    }

    pub(super) fn can_run(&self, thread: usize) -> bool {
        self.threads[thread].can_run(&self.race.steps, self.turns, self.shared)
    }

    pub(super) fn is_done(&self, thread: usize) -> bool {
        self.threads[thread].is_done(self.turns)
    }

    /// Threads that can have the next turn, in order.
    pub(super) fn runnable(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.threads.len()).filter(|thread| self.can_run(*thread))
    }

    /// Gives a thread that can run its next turn; returns the number of characters of it in a schedule.
    pub(super) fn run(&mut self, thread: usize, see: impl FnMut(usize, Thread, Shared, bool)) -> usize {
        let turn = &self.turns[usize::from(self.threads[thread].turn)];
        self.threads[thread].take_turn(&self.race.steps, self.turns, &mut self.shared, see);
        turn.characters
    }
}

#[cfg(test)]
mod tests {
    use super::super::programs;
    use super::*;

    fn shape(id: &str, increments: usize, grain: Grain) -> Vec<String> {
        let race = Race::new(id, 2, increments).unwrap();
        let names = |turn: &Turn| race.steps[turn.steps.clone()].iter().map(|step| step.name).collect::<Vec<_>>();
        race.turns(grain).iter().map(|turn| names(turn).join("+")).collect()
    }

    #[test]
    fn a_turn_is_a_step_or_joins_what_nobody_else_sees() {
        assert_eq!(shape("load_store", 1, Grain::Every), ["load", "add", "store"]);
        assert_eq!(shape("load_store", 2, Grain::Shared), ["load+add", "store", "load+add", "store"]);
        assert_eq!(shape("wide_window", 1, Grain::Shared), ["load+call+add", "store"]);
        assert_eq!(shape("hoisted", 3, Grain::Shared), ["load+add+add+add", "store"]);
        assert_eq!(shape("std_mutex", 1, Grain::Shared), ["lock", "load+add", "store", "unlock"]);
    }

    #[test]
    fn an_interpreter_is_switched_at_checks_only() {
        let every = shape("gil_3_9_plain", 1, Grain::Every);
        assert_eq!(every[3], "LOAD_FAST+DUP_TOP+LOAD_ATTR+(check)");
        assert_eq!(shape("gil_3_9_plain", 2, Grain::Shared).len(), 4, "a load and a store an increment");
        assert_eq!(shape("gil_3_10_plain", 2, Grain::Every).len(), 6, "after two calls, and where the loop jumps back");
        assert_eq!(shape("gil_3_10_plain", 2, Grain::Shared).len(), 2, "load and store in one");
        assert_eq!(shape("gil_3_10_int", 1, Grain::Shared).len(), 2);
    }

    #[test]
    fn what_comes_after_the_last_check_is_a_turn_too() {
        let steps = [Does::Load, Does::Check, Does::Add, Does::Store].map(|does| Step::new("", does));
        let ranges = |preempted| turns(&steps, preempted).into_iter().map(|turn| turn.steps).collect::<Vec<_>>();
        assert_eq!(ranges(Preempted::AtChecks), [0..2, 2..4]);
        assert_eq!(ranges(Preempted::Anywhere), [0..1, 1..2, 2..3, 3..4]);
    }

    /// A turn that waits must do so before it has done anything, and one that tries again must do
    /// nothing else: [`Thread::take_turn`] relies on it.
    #[test]
    fn what_waits_or_tries_again_has_a_turn_of_its_own() {
        for program in programs() {
            let race = Race::of(program, 2, 17);
            for turn in [Grain::Shared, Grain::Every].into_iter().flat_map(|grain| race.turns(grain)) {
                let steps = &race.steps[turn.steps.clone()];
                let alone = |step: &Step| step.does.waits() || step.does == Does::CompareAndSwap;
                assert!(steps.len() == 1 || !steps.iter().any(alone), "{}: {steps:?}", program.id);
            }
        }
    }

    #[test]
    fn turns_cover_every_step_once() {
        for program in programs() {
            for increments in [1, 2, 16, 17] {
                let race = Race::of(program, 2, increments);
                for grain in [Grain::Shared, Grain::Every] {
                    let mut next = 0;
                    for turn in race.turns(grain) {
                        assert_eq!(turn.steps.start, next, "{}", program.id);
                        next = turn.steps.end;
                    }
                    assert_eq!(next, race.steps.len());
                    let characters: usize = race.turns(grain).iter().map(|turn| turn.characters).sum();
                    assert_eq!(characters, race.every.len());
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_raced_is_refused() {
        let refused = |id: &str, threads, increments| Race::new(id, threads, increments).unwrap_err().to_string();
        assert!(refused("mcs", 2, 1).contains("counter \"mcs\"; there are load_store, "), "{}", refused("mcs", 2, 1));
        assert_eq!(refused("load_store", 0, 1), "0 threads; ask for 1 to 36");
        assert_eq!(refused("load_store", 37, 1), "37 threads; ask for 1 to 36");
        assert_eq!(refused("load_store", 2, 0), "0 increments; ask for 1 to 100");
        assert_eq!(refused("load_store", 2, 101), "101 increments; ask for 1 to 100");
        assert!(refused(&"x".repeat(1000), 1, 1).contains(&format!("\"{}...\"", "x".repeat(40))));
        assert_eq!(shortened(&"é".repeat(40)), "é".repeat(40), "not a character too long");
    }
}
