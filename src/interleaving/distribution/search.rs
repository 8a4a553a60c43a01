//! The search: every state that some schedule reaches, level by level; a level is a turn.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use num_bigint::BigUint;

use super::super::race::{Shared, Thread, Turn};
use super::super::{Does, Grain, Race};
use super::weight::{Weight, Wide};

/// The result of a search.
pub(super) struct Search {
    /// States, over all levels.
    pub(super) states: u64,
    /// The most states that were held at once.
    pub(super) held: u64,
    /// Bytes of one, about.
    pub(super) bytes: usize,
    /// Levels: the turns of the longest schedule, and the end.
    pub(super) levels: usize,
    /// For each final value, the schedules that give it, and its probability times `whole`.
    pub(super) finals: BTreeMap<u16, (BigUint, BigUint)>,
    /// All schedules.
    pub(super) schedules: BigUint,
    /// The whole of which the probabilities are parts.
    pub(super) whole: BigUint,
}

/// A search that was stopped because of too many states.
pub(super) struct Stopped {
    /// Levels that it reached.
    pub(super) levels: usize,
    /// The most levels that there may be.
    pub(super) of: usize,
}

/// Every state of the race.
pub(super) fn search(race: &Race, grain: Grain, limit: u64) -> Result<Search, Stopped> {
    let turns = race.turns(grain);
    let words = Packing::of(race, turns).words;
    // Schedules are at most threads^turns, and probabilities are parts of common^levels.
    let choices = common(race.threads()).max(race.threads() as u64);
    let bits = (longest(race, turns) + 1) as f64 * (choices as f64).log2();
    let fits = |width: u32| bits < f64::from(width);
    match words {
        1 if fits(u128::BITS) => levels::<1, u128>(race, turns, limit),
        1 if fits(Wide::BITS) => levels::<1, Wide>(race, turns, limit),
        1 => levels::<1, BigUint>(race, turns, limit),
        2 if fits(Wide::BITS) => levels::<2, Wide>(race, turns, limit),
        2 => levels::<2, BigUint>(race, turns, limit),
        _ => levels::<WORDS, BigUint>(race, turns, limit),
    }
}

/// Words that hold a state of any race: 37 numbers of at most 11 + 12 bits, two in a word.
const WORDS: usize = 19;

/// The layout of a packed state: value and flag, then the sorted threads, each in a fixed number of bits.
struct Packing {
    /// Bits of a value, and so of a register.
    value: u32,
    /// Bits of a thread.
    thread: u32,
    /// Words of a state.
    words: usize,
}

impl Packing {
    fn of(race: &Race, turns: &[Turn]) -> Packing {
        let bits = |most: u64| u64::BITS - most.leading_zeros();
        let value = bits(race.attempted());
        // One at least, so that value and flag fit as well.
        let thread = value + bits(turns.len() as u64).max(1);
        let words = (race.threads() + 1).div_ceil((u64::BITS / thread) as usize);
        Packing { value, thread, words }
    }

    fn pack<const W: usize>(&self, shared: Shared, threads: &[u32]) -> [u64; W] {
        let mut state = [0; W];
        let each = (u64::BITS / self.thread) as usize;
        let first = u64::from(shared.value) << 1 | u64::from(shared.taken);
        let numbers = std::iter::once(first).chain(threads.iter().map(|thread| u64::from(*thread)));
        for (at, number) in numbers.enumerate() {
            state[at / each] |= number << (at % each * self.thread as usize);
        }
        state
    }

    fn unpack<const W: usize>(&self, state: &[u64; W], threads: &mut [u32]) -> Shared {
        let each = (u64::BITS / self.thread) as usize;
        let number = |at: usize| state[at / each] >> (at % each * self.thread as usize) & ((1 << self.thread) - 1);
        for (at, thread) in threads.iter_mut().enumerate() {
            *thread = number(at + 1) as u32;
        }
        Shared { value: (number(0) >> 1) as u16, taken: number(0) & 1 == 1 }
    }

    fn number(&self, thread: Thread) -> u32 {
        u32::from(thread.turn) << self.value | u32::from(thread.register)
    }

    fn thread(&self, number: u32) -> Thread {
        Thread { turn: (number >> self.value) as u16, register: (number & ((1 << self.value) - 1)) as u16 }
    }
}

/// A fast hash of packed states. It need not resist chosen collisions.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            let mut whole = [0; 8];
            whole[..word.len()].copy_from_slice(word);
            self.write_u64(u64::from_ne_bytes(whole));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, _length: usize) {
        // All states of a search are equally long.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The states of one level: how many schedules lead there, and with which probability.
type Level<const W: usize, N> = HashMap<[u64; W], (N, N), BuildHasherDefault<Mixed>>;

/// The least common multiple of 1 to `n`: a chance of one in any number of threads is a whole number of
/// parts of it.
fn common(n: usize) -> u64 {
    fn divisor(a: u64, b: u64) -> u64 {
        if b == 0 { a } else { divisor(b, a % b) }
    }
    (1..=n as u64).fold(1, |all, k| all / divisor(all, k) * k)
}

/// The most turns a schedule can have: a compare-and-swap fails only when another succeeded since.
fn longest(race: &Race, turns: &[Turn]) -> usize {
    let tries = race.steps().iter().filter(|step| step.does == Does::CompareAndSwap).count();
    race.threads() * (turns.len() + tries * (race.threads() - 1))
}

fn levels<const W: usize, N: Weight>(race: &Race, turns: &[Turn], limit: u64) -> Result<Search, Stopped> {
    let (steps, packing, parts) = (race.steps(), Packing::of(race, turns), common(race.threads()));
    let can_run = |number: u32, shared: Shared| packing.thread(number).can_run(steps, turns, shared);
    let mut threads = vec![0; race.threads()];
    let mut moved = threads.clone();
    let mut finals: BTreeMap<u16, (N, N)> = BTreeMap::new();
    let mut level: Level<W, N> = HashMap::default();
    level.insert(packing.pack(Shared::default(), &threads), (N::one(), N::one()));
    let mut after: Level<W, N> = HashMap::default();
    let (mut states, mut held, mut depth) = (0, 0, 0);
    while !level.is_empty() {
        states += level.len() as u64;
        if states > limit {
            return Err(Stopped { levels: depth, of: longest(race, turns) });
        }
        // Probabilities at the next level are in smaller parts; those of values that were final before, too.
        for (_, chance) in finals.values_mut() {
            let whole = std::mem::take(chance);
            chance.add(&whole, parts);
        }
        for (state, (count, chance)) in &level {
            let shared = packing.unpack(state, &mut threads);
            let runnable = threads.iter().filter(|thread| can_run(**thread, shared)).count() as u64;
            if runnable == 0 {
                let done = |thread: &u32| packing.thread(*thread).is_done(turns);
                debug_assert!(threads.iter().all(done), "no program has a deadlock");
                let (schedules, probability) = finals.entry(shared.value).or_default();
                schedules.add(count, 1);
                probability.add(chance, parts);
                continue;
            }
            let mut at = 0;
            while at < threads.len() {
                let number = threads[at];
                // Equal threads: any of them may have the turn.
                let alike = threads[at..].iter().take_while(|other| **other == number).count();
                if can_run(number, shared) {
                    let (mut now, mut thread) = (shared, packing.thread(number));
                    thread.take_turn(steps, turns, &mut now, |_, _, _, _| {});
                    moved.copy_from_slice(&threads);
                    // The last of them, so that it only has to move forward to keep the order.
                    put(&mut moved, at + alike - 1, packing.number(thread));
                    let (schedules, probability) = after.entry(packing.pack(now, &moved)).or_default();
                    schedules.add(count, alike as u64);
                    probability.add(chance, parts / runnable * alike as u64);
                }
                at += alike;
            }
        }
        held = held.max((level.len() + after.len()) as u64);
        depth += 1;
        std::mem::swap(&mut level, &mut after);
        after.clear();
    }
    let big = |(value, (count, chance)): (u16, (N, N))| (value, (count.into_big(), chance.into_big()));
    let finals: BTreeMap<u16, (BigUint, BigUint)> = finals.into_iter().map(big).collect();
    let schedules = finals.values().map(|(count, _)| count).sum();
    let whole = BigUint::from(parts).pow(depth as u32);
    // Half of a table may be empty; wide numbers are stored elsewhere.
    let heap = if N::BITS == u32::MAX { 2 * (whole.bits() as usize / 8 + 16) } else { 0 };
    let bytes = 2 * size_of::<([u64; W], (N, N))>() + heap;
    Ok(Search { states, held, bytes, levels: depth, finals, schedules, whole })
}

/// Replaces the number at `at`; a sorted list stays sorted.
fn put(numbers: &mut [u32], mut at: usize, number: u32) {
    while at + 1 < numbers.len() && numbers[at + 1] < number {
        numbers[at] = numbers[at + 1];
        at += 1;
    }
    while at > 0 && numbers[at - 1] > number {
        numbers[at] = numbers[at - 1];
        at -= 1;
    }
    numbers[at] = number;
}

#[cfg(test)]
mod tests {
    use super::super::super::{MAX_INCREMENTS, MAX_THREADS, programs};
    use super::*;

    #[test]
    fn every_width_finds_the_same() {
        for (id, threads, increments) in [("load_store", 3, 2), ("cas_loop", 3, 2), ("busted_lock", 2, 2)] {
            let race = Race::new(id, threads, increments).unwrap();
            let turns = race.turns(Grain::Shared);
            let found = |search: Result<Search, Stopped>| {
                let Ok(search) = search else { panic!("there is no limit") };
                ((search.finals, search.states, search.held, search.whole), search.bytes)
            };
            let (narrow, bytes) = found(levels::<1, u128>(&race, turns, u64::MAX));
            // 48 where u128 is aligned to 16, else 40.
            let entry = size_of::<([u64; 1], (u128, u128))>();
            assert!(bytes == 2 * entry && [40, 48].contains(&entry), "a state and two numbers, in a table half empty");
            let (wide, bytes) = found(levels::<1, Wide>(&race, turns, u64::MAX));
            assert_eq!((&wide, bytes), (&narrow, 2 * 72));
            let (wide, bytes) = found(levels::<2, Wide>(&race, turns, u64::MAX));
            assert_eq!((&wide, bytes), (&narrow, 2 * 80));
            let (widest, bytes) = found(levels::<WORDS, BigUint>(&race, turns, u64::MAX));
            assert_eq!(widest, narrow);
            assert!((2 * 200 + 2 * 16..2 * 200 + 2 * 40).contains(&bytes), "{bytes}: two numbers elsewhere, too");
        }
    }

    #[test]
    fn the_largest_race_fits() {
        for program in programs() {
            let race = Race::of(program, MAX_THREADS, MAX_INCREMENTS);
            for grain in [Grain::Shared, Grain::Every] {
                let turns = race.turns(grain);
                let packing = Packing::of(&race, turns);
                assert!(packing.words <= WORDS, "{}: {} words", program.id, packing.words);
                let shared = Shared { value: race.attempted() as u16, taken: true };
                let last = Thread { turn: turns.len() as u16, register: race.attempted() as u16 };
                let threads = vec![packing.number(last); MAX_THREADS];
                let mut back = vec![0; MAX_THREADS];
                let state: [u64; WORDS] = packing.pack(shared, &threads);
                assert_eq!((packing.unpack(&state, &mut back), &back), (shared, &threads));
                assert_eq!(packing.thread(back[MAX_THREADS - 1]), last);
            }
        }
    }

    #[test]
    fn states_are_spread_over_the_table() {
        use std::hash::BuildHasher;
        let hash = |state: [u64; 2]| BuildHasherDefault::<Mixed>::default().hash_one(state);
        let states = (0..4096).map(|n: u64| [n % 64, n / 64]);
        let hashes: Vec<u64> = states.map(hash).collect();
        // A table looks at the lowest bits first, and then at the seven highest.
        let most = |bits: fn(&u64) -> u64| {
            let mut times = HashMap::new();
            hashes.iter().for_each(|hash| *times.entry(bits(hash)).or_insert(0) += 1);
            times.into_values().max().expect("some")
        };
        let (lowest, highest) = (most(|hash| hash % 4096), most(|hash| hash >> 57));
        assert!(lowest <= 12 && highest <= 80, "{lowest} and {highest} of 4,096 in one place");
    }

    #[test]
    fn a_schedule_is_no_longer_than_was_said() {
        for (id, threads, increments, most) in
            [("load_store", 2, 10, 40), ("cas_loop", 2, 1, 6), ("cas_loop", 3, 2, 24), ("std_mutex", 3, 1, 12)]
        {
            let race = Race::new(id, threads, increments).unwrap();
            let turns = race.turns(Grain::Shared);
            assert_eq!(longest(&race, turns), most, "{id} {threads}x{increments}");
            let Ok(found) = search(&race, Grain::Shared, u64::MAX) else { panic!("there is no limit") };
            assert!(found.levels <= most + 1, "{} levels", found.levels);
            let Err(stopped) = search(&race, Grain::Shared, 3) else { panic!("there are more states") };
            assert!(stopped.of == most && (1..=3).contains(&stopped.levels), "{} of {}", stopped.levels, stopped.of);
        }
    }

    #[test]
    fn a_list_stays_sorted() {
        for at in 0..5 {
            for number in 0..12 {
                let mut numbers = [1, 3, 5, 7, 9];
                numbers[at] = number;
                let mut sorted = numbers;
                sorted.sort_unstable();
                put(&mut numbers, at, number);
                assert_eq!(numbers, sorted);
            }
        }
    }

    #[test]
    fn a_chance_of_one_in_any_number_is_whole() {
        assert_eq!([1, 2, 3, 4, 10].map(common), [1, 2, 6, 12, 2520]);
        assert!((1..=36).all(|n| common(36).is_multiple_of(n)));
    }
}
