//! Schedules drawn from a seed, and schedules followed as far as possible.

use super::race::Machine;
use super::{Grain, Race, Schedule};

/// The generator SplitMix64: the same numbers for a seed on every platform and in every version.
/// *Source:* Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators* (OOPSLA 2014); Vigna's
/// `splitmix64.c`. (`fastrand`, which draws think times, promises no such thing.)
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Starts from a seed.
    pub fn new(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, all equally likely up to one part in 2^64 / `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }
}

/// Draws a schedule: at each turn, every thread that can run is equally likely. A seed always gives the same schedule.
pub fn draw(race: &Race, seed: u64, grain: Grain) -> Schedule {
    let mut random = SplitMix64::new(seed);
    let mut machine = Machine::new(race, grain);
    let mut turns = Vec::new();
    loop {
        let runnable: Vec<usize> = machine.runnable().collect();
        if runnable.is_empty() {
            return Schedule::of(race.clone(), turns);
        }
        let thread = runnable[random.below(runnable.len())];
        let characters = machine.run(thread, |_, _, _, _| {});
        turns.extend(std::iter::repeat_n(thread as u8, characters));
    }
}

/// Takes the possible turns of `wishes`, in that order, and then lets each thread run as long as it can. (The number of
/// turns of a thread may depend on the others.)
pub(super) fn follow(race: &Race, wishes: impl Iterator<Item = usize>, grain: Grain) -> Schedule {
    let mut machine = Machine::new(race, grain);
    let mut turns = Vec::new();
    let mut run = |machine: &mut Machine<'_>, thread: usize| {
        let characters = machine.run(thread, |_, _, _, _| {});
        turns.extend(std::iter::repeat_n(thread as u8, characters));
    };
    for thread in wishes {
        if machine.can_run(thread) {
            run(&mut machine, thread);
        }
    }
    loop {
        let Some(thread) = machine.runnable().next() else { break };
        while machine.can_run(thread) {
            run(&mut machine, thread);
        }
    }
    Schedule::of(race.clone(), turns)
}

#[cfg(test)]
mod tests {
    use super::super::programs;
    use super::*;

    /// The first outputs of Vigna's `splitmix64.c` for the seeds 0 and 1234567.
    #[test]
    fn the_generator_is_the_published_one() {
        let mut zero = SplitMix64::new(0);
        assert_eq!(zero.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(zero.next_u64(), 0x6e78_9e6a_a1b9_65f4);
        let mut other = SplitMix64::new(1_234_567);
        assert_eq!(other.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(other.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn what_is_drawn_can_be_written_and_read() {
        for program in programs() {
            for (threads, increments) in [(1, 1), (2, 1), (2, 20), (3, 2), (12, 1)] {
                let race = Race::new(program.id, threads, increments).unwrap();
                for seed in 0..20 {
                    for grain in [Grain::Shared, Grain::Every] {
                        let schedule = draw(&race, seed, grain);
                        assert_eq!(Schedule::parse(&schedule.to_string()), Ok(schedule.clone()));
                        assert_eq!(draw(&race, seed, grain), schedule);
                    }
                }
            }
        }
    }

    #[test]
    fn wishes_are_followed_as_far_as_they_can_be() {
        let race = Race::new("std_mutex", 2, 1).unwrap();
        let follow = |wishes: &[usize]| follow(&race, wishes.iter().copied(), Grain::Every).to_string();
        assert_eq!(follow(&[]), "std_mutex.1:2x1:0000011111");
        assert_eq!(follow(&[1, 0, 0, 1]), "std_mutex.1:2x1:1100000111".replace("1100000111", "1111100000"));
        assert_eq!(race.in_order().switches(), 1);
    }
}
