//! The run of a schedule: the result of each step, and each lost store with the store that ended it.

use super::race::Machine;
use super::{Does, Grain, Schedule, Step};

/// The fate of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The final value was built on it.
    Kept,
    /// It is not in the final value.
    Lost {
        /// The event that stored over it, or over the last store that was built on it.
        by: usize,
    },
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its thread.
    pub thread: usize,
    /// The step.
    pub step: Step,
    /// The thread's register after it; `None` before its first load and after a store.
    pub register: Option<u64>,
    /// The shared value after it.
    pub value: u64,
    /// Whether the step failed and will be done again (compare-and-swap only).
    pub failed: bool,
    /// How many increments it puts into the value: at least 1 for every step that stores.
    pub adds: u64,
    /// The fate of these increments; `None` if there are none.
    pub fate: Option<Fate>,
}

/// A race, run by one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The schedule that made it.
    pub schedule: Schedule,
    /// Every step, in order.
    pub events: Vec<Event>,
}

/// A store: its event, and the store that it was built on.
struct Stored {
    event: usize,
    onto: Option<usize>,
}

impl Run {
    pub(super) fn of(schedule: Schedule) -> Run {
        let race = schedule.race();
        let mut machine = Machine::new(race, Grain::Every);
        let mut events: Vec<Event> = Vec::new();
        let mut stores: Vec<Stored> = Vec::new();
        // The register of each thread: the store that it loaded, and the increments added since.
        let mut loaded: Vec<Option<(Option<usize>, u64)>> = vec![None; race.threads()];
        for thread in schedule.turns() {
            machine.run(thread, |at, state, shared, failed| {
                let step = race.steps()[at];
                let newest = stores.len().checked_sub(1);
                let mut stored = None;
                let held = &mut loaded[thread];
                match step.does {
                    Does::Load => *held = Some((newest, 0)),
                    Does::CompareAndSwap if failed => *held = Some((newest, 0)),
                    Does::Add => *held = held.map(|(onto, added)| (onto, added + 1)),
                    Does::Store => stored = held.take(),
                    Does::FetchAdd | Does::CompareAndSwap => {
                        *held = None;
                        stored = Some((newest, 1));
                    }
                    _ => {}
                }
                if let Some((onto, _)) = stored {
                    stores.push(Stored { event: events.len(), onto });
                }
                events.push(Event {
                    thread,
                    step,
                    register: held.map(|_| u64::from(state.register)),
                    value: u64::from(shared.value),
                    failed,
                    adds: stored.map_or(0, |(_, added)| added),
                    fate: None,
                });
            });
        }
        for (store, fate) in fates(&stores).into_iter().enumerate() {
            events[stores[store].event].fate = Some(fate);
        }
        Run { schedule, events }
    }

    /// Increments made.
    pub fn attempted(&self) -> u64 {
        self.schedule.race().attempted()
    }

    /// The value at the end.
    pub fn kept(&self) -> u64 {
        self.events.last().map_or(0, |event| event.value)
    }

    /// Increments that are not in the value: the sum of those that [`Fate::Lost`] stores added.
    pub fn lost(&self) -> u64 {
        self.attempted() - self.kept()
    }
}

/// The fate of each store. A value is the number of increments in the chain of stores that it was
/// built on, so a store that is not in the chain of the last store is lost.
fn fates(stores: &[Stored]) -> Vec<Fate> {
    // For each store, the last one that was built on it, directly or not.
    let mut last: Vec<usize> = (0..stores.len()).collect();
    for newer in 0..stores.len() {
        let mut onto = stores[newer].onto;
        while let Some(older) = onto {
            last[older] = newer;
            onto = stores[older].onto;
        }
    }
    let end = stores.len().saturating_sub(1);
    let fate = |last: usize| if last == end { Fate::Kept } else { Fate::Lost { by: stores[last + 1].event } };
    last.into_iter().map(fate).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Race, draw, programs};
    use super::*;

    fn run(text: &str) -> Run {
        Schedule::parse(text).unwrap().run()
    }

    fn fates_of(run: &Run) -> Vec<(usize, Fate)> {
        let fate = |(at, event): (usize, &Event)| event.fate.map(|fate| (at, fate));
        run.events.iter().enumerate().filter_map(fate).collect()
    }

    #[test]
    fn six_steps_lose_an_update() {
        let run = run("load_store.1:2x1:010101");
        let seen: Vec<_> = run.events.iter().map(|e| (e.thread, e.step.name, e.register, e.value)).collect();
        assert_eq!(
            seen,
            [
                (0, "load", Some(0), 0),
                (1, "load", Some(0), 0),
                (0, "add", Some(1), 0),
                (1, "add", Some(1), 0),
                (0, "store", None, 1),
                (1, "store", None, 1),
            ]
        );
        assert_eq!((run.attempted(), run.kept(), run.lost()), (2, 1, 1));
        assert_eq!(fates_of(&run), [(4, Fate::Lost { by: 5 }), (5, Fate::Kept)]);
    }

    #[test]
    fn one_late_store_wipes_many() {
        // Thread 0 sleeps between its load and its store, while thread 1 counts three times.
        let run = run("load_store.1:2x4:001111111110111000000000".replace("0111000000000", "0000000000111").as_str());
        assert_eq!(run.lost(), 3);
        assert_eq!(fates_of(&run)[..3], [4, 7, 10].map(|at| (at, Fate::Lost { by: 11 })));
    }

    #[test]
    fn a_store_that_was_wiped_can_come_back() {
        // 0 stores 1 and 2 loads it; 1, which had loaded 0, wipes it; 2 stores 2: it is built on the first.
        let run = run("load_store.1:3x1:110002212");
        assert_eq!(run.kept(), 2);
        assert_eq!(fates_of(&run), [(4, Fate::Kept), (7, Fate::Lost { by: 8 }), (8, Fate::Kept)]);
    }

    #[test]
    fn a_failed_swap_is_done_again() {
        let run = run("cas_loop.1:2x1:01011");
        assert_eq!(run.lost(), 0);
        assert!(run.events[3].failed && run.events[3].register == Some(1));
        assert_eq!(fates_of(&run), [(2, Fate::Kept), (4, Fate::Kept)]);
    }

    #[test]
    fn lost_is_what_lost_stores_added() {
        for program in programs() {
            for (threads, increments) in [(1, 20), (2, 3), (2, 20), (3, 3), (5, 2)] {
                let race = Race::new(program.id, threads, increments).unwrap();
                for seed in 0..200 {
                    let run = draw(&race, seed, Grain::Every).run();
                    let sum = |lost: bool| {
                        let of = |e: &&Event| matches!(e.fate, Some(Fate::Lost { .. })) == lost;
                        run.events.iter().filter(of).map(|event| event.adds).sum::<u64>()
                    };
                    assert_eq!((sum(true), sum(false)), (run.lost(), run.kept()), "{}", run.schedule);
                    for (at, fate) in fates_of(&run) {
                        assert!(!matches!(fate, Fate::Lost { by } if by <= at || run.events[by].adds == 0));
                    }
                }
            }
        }
    }
}
