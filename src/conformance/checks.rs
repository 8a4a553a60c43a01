//! The checks themselves: each a few lines over a crew of threads.

use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::crew;
use super::{Budget, Check, Fault};
use crate::counter::{Counter, Grade, Handle};
use crate::team::{CheckedRead, Seat, Stage};

/// What came of a check that found no fault.
pub(super) enum Made {
    /// It was made, with so many increments.
    Passed(u64),
    /// It was not made, and why.
    Skipped(&'static str),
}

/// A prime: no counter that holds back a fixed number of increments ends with none held back.
const PRIME: u64 = 1_009;
/// Threads in the check for many, on a counter that is told of [`FEW`].
const MANY: usize = 64;
const FEW: usize = 2;
/// Counters alive at once in the check for isolation.
const ALIVE: usize = 3;
/// Numbers that a thread draws in the check of tickets, at most: they are kept.
const DRAWS: usize = 1 << 18;
/// Increments between two looks at the budget in the check for rare losses, at most.
const BLOCK: u64 = 256;
/// Increments there through one handle, at most: dropping it empties queues, which would grow for as long as the check lasts.
const PER_HANDLE: u64 = 1 << 20;

/// Why reads are not checked.
const UNREADABLE: &str = "it cannot be read while others count";

/// A counter as its threads share it: on cache lines of its own.
type SharedCounter<C> = Arc<CachePadded<C>>;

pub(super) fn make<C: Counter>(check: Check, budget: &Budget) -> Result<Made, Fault> {
    // Racy counters are held to a number of threads that cannot race.
    let threads = |several| if C::INFO.grade.gated() { several } else { 1 };
    match check {
        Check::ZeroIncrements => unused::<C>(budget, 0),
        Check::UnusedHandles => unused::<C>(budget, 4),
        Check::OneThread => {
            let few = total_of::<C>(budget, 1, 1, |counter, seat| count_at_most(counter, seat, PRIME))?;
            total_of::<C>(budget, 1, 1, count).map(|many| Made::Passed(few + many))
        }
        Check::ExactTotal => {
            let two = total_of::<C>(budget, 2, 2, count)?;
            total_of::<C>(budget, 4, 4, count).map(|four| Made::Passed(two + four))
        }
        Check::ManyThreads => total_of::<C>(budget, FEW, MANY, count).map(Made::Passed),
        Check::Isolation => {
            // Each thread its own counter; then all threads all counters.
            let apart = isolation::<C>(budget, ALIVE, |thread, counter| thread == counter)?;
            isolation::<C>(budget, threads(ALIVE), |_, _| true).map(|mixed| Made::Passed(apart + mixed))
        }
        Check::HandleReuse => total_of::<C>(budget, threads(2), threads(2), count_with_new_handles).map(Made::Passed),
        Check::Churn => churn::<C>(budget, threads(4)),
        Check::ReadBounded => reads::<C>(budget, |_, reading| ahead(reading)),
        Check::ReadMonotonic if !C::MONOTONIC_READ => Ok(Made::Skipped("its reads are not promised never to go back")),
        Check::ReadMonotonic => reads::<C>(budget, back::<C>),
        Check::ReadCurrent => reads::<C>(budget, |_, reading| behind::<C>(reading)),
        Check::Tickets => tickets::<C>(budget),
        Check::ReadChurn => read_churn::<C>(budget),
        Check::Take => take::<C>(budget),
        Check::RareLoss => {
            let threads = rare_threads(C::INFO.grade);
            total_of::<C>(&budget.rare(), threads, threads, count_in_blocks).map(Made::Passed)
        }
    }
}

fn made<C: Counter>(budget: &Budget, room: usize) -> Result<SharedCounter<C>, Fault> {
    crew::call(budget, Stage::Making, move || Arc::new(CachePadded::new(C::new(room))))
}

/// Asks for the total, and drops the counter.
fn total<C: Counter>(budget: &Budget, counter: SharedCounter<C>) -> Result<u64, Fault> {
    crew::call(budget, Stage::Totalling, move || {
        let total = counter.total();
        drop(counter);
        total
    })
}

/// Compares what was attempted with what was kept.
fn judge(attempted: u64, kept: u64, may_lose: bool, setting: impl FnOnce() -> String) -> Result<(), Fault> {
    if kept > attempted {
        Err(Fault::Invented { attempted, kept, setting: setting() })
    } else if kept < attempted && !may_lose {
        Err(Fault::Lost { attempted, kept, setting: setting() })
    } else {
        Ok(())
    }
}

/// Threads of the check for rare losses: racy counters have one, as they lose with two.
pub(super) fn rare_threads(grade: Grade) -> usize {
    if grade.gated() { 2 } else { 1 }
}

pub(super) fn plural(threads: usize) -> String {
    format!("{threads} {}", if threads == 1 { "thread" } else { "threads" })
}

/// No increment, with handles taken or without: 0, and `read` says so too.
fn unused<C: Counter>(budget: &Budget, threads: usize) -> Result<Made, Fault> {
    for room in [1, 4] {
        let counter = made::<C>(budget, room)?;
        if threads > 0 {
            let shared = Arc::clone(&counter);
            crew::crew(budget, threads, move |seat| {
                seat.line_up();
                for _ in 0..100 {
                    if seat.stopped() {
                        break;
                    }
                    seat.enter(Stage::TakingHandle);
                    let handle = shared.handle();
                    seat.enter(Stage::DroppingHandle);
                    drop(handle);
                }
            })?;
        }
        let shared = Arc::clone(&counter);
        let read = crew::call(budget, Stage::Reading, move || shared.read())?;
        let kept = total(budget, counter)?;
        judge(0, kept.max(read.unwrap_or(0)), false, || plural(threads))?;
    }
    Ok(Made::Passed(0))
}

/// Takes a handle, counts while the budget lasts, drops the handle.
fn count<C: Counter>(counter: &C, seat: &mut Seat) -> u64 {
    count_at_most(counter, seat, u64::MAX)
}

/// The same, up to `most` times.
fn count_at_most<C: Counter>(counter: &C, seat: &mut Seat, most: u64) -> u64 {
    let mut handle = counter.handle();
    seat.line_up();
    let mut attempted = 0;
    while attempted < most && !seat.stopped() {
        handle.increment();
        seat.done(1);
        attempted += 1;
    }
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    attempted
}

/// `threads` count on one counter made for `room`, as `count` says; its total is what they attempted.
fn total_of<C: Counter>(
    budget: &Budget,
    room: usize,
    threads: usize,
    count: impl Fn(&C, &mut Seat) -> u64 + Send + Sync + 'static,
) -> Result<u64, Fault> {
    let counter = made::<C>(budget, room)?;
    let shared = Arc::clone(&counter);
    let attempted = crew::crew(budget, threads, move |seat| count(&shared, seat))?.into_iter().sum();
    let kept = total(budget, counter)?;
    let may_lose = threads > 1 && !C::INFO.grade.gated();
    judge(attempted, kept, may_lose, || plural(threads))?;
    Ok(attempted)
}

/// Counts in blocks while the budget lasts, through one handle after the other.
///
/// A block is a sixteenth of what was counted before it, and no more than [`BLOCK`]: a slow counter is seen to get on.
fn count_in_blocks<C: Counter>(counter: &C, seat: &mut Seat) -> u64 {
    let mut handle = counter.handle();
    seat.line_up();
    let (mut attempted, mut renew_at) = (0, PER_HANDLE);
    while !seat.stopped() {
        if attempted >= renew_at {
            renew_at += PER_HANDLE;
            seat.enter(Stage::DroppingHandle);
            drop(handle);
            seat.enter(Stage::TakingHandle);
            handle = counter.handle();
            seat.enter(Stage::Counting);
        }
        let block = (attempted / 16).clamp(1, BLOCK);
        let mut left = block;
        // Not a `for`: unoptimised, its range costs more than many an increment.
        while left > 0 {
            handle.increment();
            left -= 1;
        }
        seat.done(block);
        attempted += block;
    }
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    attempted
}

/// Several counters; a thread increments those that are `its` in turn, each a different number of
/// times, so that no two totals are alike.
fn isolation<C: Counter>(budget: &Budget, threads: usize, its: fn(usize, usize) -> bool) -> Result<u64, Fault> {
    let counters = (0..ALIVE).map(|_| made::<C>(budget, threads)).collect::<Result<Vec<_>, _>>()?;
    let shared = counters.clone();
    let tallies = crew::crew(budget, threads, move |seat| {
        let mut mine: Vec<_> = (0..ALIVE).filter(|&counter| its(seat.worker(), counter)).collect();
        // Half of them go the other way round.
        if seat.worker() % 2 == 1 {
            mine.reverse();
        }
        let mut handles: Vec<_> = mine.iter().map(|&counter| (counter, shared[counter].handle())).collect();
        let mut attempted = [0_u64; ALIVE];
        seat.line_up();
        while !seat.stopped() {
            for (counter, handle) in &mut handles {
                for _ in 0..=*counter {
                    handle.increment();
                    seat.done(1);
                    attempted[*counter] += 1;
                }
            }
        }
        seat.enter(Stage::DroppingHandle);
        drop(handles);
        attempted
    })?;
    let mut all = 0;
    for (number, counter) in counters.into_iter().enumerate() {
        let attempted = tallies.iter().map(|tally| tally[number]).sum();
        let kept = total(budget, counter)?;
        judge(attempted, kept, false, || format!("counter {} of {ALIVE}, {}", number + 1, plural(threads)))?;
        all += attempted;
    }
    Ok(all)
}

/// Counts while the budget lasts, with a new handle every three increments.
fn count_with_new_handles<C: Counter>(counter: &C, seat: &mut Seat) -> u64 {
    seat.line_up();
    let mut attempted = 0;
    while !seat.stopped() {
        seat.enter(Stage::TakingHandle);
        let mut handle = counter.handle();
        seat.enter(Stage::Counting);
        for _ in 0..3 {
            handle.increment();
            seat.done(1);
            attempted += 1;
        }
        seat.enter(Stage::DroppingHandle);
        drop(handle);
    }
    attempted
}

/// Threads that count a few times and end, `threads` of them at any time.
fn churn<C: Counter>(budget: &Budget, threads: usize) -> Result<Made, Fault> {
    let counter = made::<C>(budget, threads)?;
    let shared = Arc::clone(&counter);
    let tallies = crew::crew(budget, threads, move |seat| {
        seat.line_up();
        let (mut attempted, mut ended) = (0_u64, 0_u64);
        while !seat.stopped() {
            let few = 1 + ended % 8;
            let counter = Arc::clone(&shared);
            crew::replaced(move || {
                let mut handle = counter.handle();
                (0..few).for_each(|_| handle.increment());
            });
            seat.done(few);
            attempted += few;
            ended += 1;
        }
        (attempted, ended)
    })?;
    let attempted = tallies.iter().map(|(attempted, _)| attempted).sum();
    let ended: u64 = tallies.iter().map(|(_, ended)| ended).sum();
    judge(attempted, total(budget, counter)?, false, || format!("{}, {ended} one after another", plural(threads)))?;
    Ok(Made::Passed(attempted))
}

/// Two threads start others that count once and end, one counts, and two read: what they read is held against all promises.
fn read_churn<C: Counter>(budget: &Budget) -> Result<Made, Fault> {
    const READERS: usize = 2;
    let counter = made::<C>(budget, 2 + READERS)?;
    let shared = Arc::clone(&counter);
    if crew::call(budget, Stage::Reading, move || shared.read())?.is_none() {
        return Ok(Made::Skipped(UNREADABLE));
    }
    let shared = Arc::clone(&counter);
    let found = crew::crew(budget, 3 + READERS, move |seat| {
        let mut attempted = 0_u64;
        if seat.worker() < READERS {
            seat.line_up();
            seat.enter(Stage::Reading);
            let mut before = 0;
            while !seat.stopped() {
                let Some(reading) = seat.read(|| shared.read()) else { continue };
                if let Some(fault) =
                    ahead(&reading).or_else(|| back::<C>(before, &reading)).or_else(|| behind::<C>(&reading))
                {
                    return Err(fault);
                }
                before = reading.value;
            }
        } else if seat.worker() == READERS {
            let mut handle = shared.handle();
            seat.line_up();
            while !seat.stopped() {
                seat.announced(|| handle.increment());
                attempted += 1;
            }
            seat.enter(Stage::DroppingHandle);
            drop(handle);
        } else {
            seat.line_up();
            while !seat.stopped() {
                let counter = Arc::clone(&shared);
                seat.announced(|| crew::replaced(move || counter.handle().increment()));
                attempted += 1;
            }
        }
        Ok(attempted)
    })?;
    let attempted = found.into_iter().sum::<Result<u64, Fault>>()?;
    let racy = !C::INFO.grade.gated();
    judge(attempted, total(budget, counter)?, racy, || "threads that end while two read".to_owned())?;
    Ok(Made::Passed(attempted))
}

/// Two threads count while one takes.
fn take<C: Counter>(budget: &Budget) -> Result<Made, Fault> {
    let counter = made::<C>(budget, 2)?;
    let shared = Arc::clone(&counter);
    let Some(first) = crew::call(budget, Stage::Totalling, move || shared.take())? else {
        return Ok(Made::Skipped("it is not promised that its count can be taken"));
    };
    let shared = Arc::clone(&counter);
    let found = crew::crew(budget, 3, move |seat| {
        if seat.worker() < 2 {
            return (count::<C>(&shared, seat), 0);
        }
        seat.line_up();
        seat.enter(Stage::Totalling);
        let mut taken = 0_u64;
        while !seat.stopped() {
            taken = taken.wrapping_add(shared.take().unwrap_or_default());
        }
        (0, taken)
    })?;
    let attempted = found.iter().map(|(attempted, _)| attempted).sum();
    let taken = found.iter().fold(first, |sum, (_, taken)| sum.wrapping_add(*taken));
    let kept = taken.wrapping_add(total(budget, counter)?);
    judge(attempted, kept, false, || "2 threads, and one that takes".to_owned())?;
    Ok(Made::Passed(attempted))
}

/// Whether a read showed more than had been begun.
fn ahead(&CheckedRead { value: read, begun: started, .. }: &CheckedRead) -> Option<Fault> {
    (read > started).then_some(Fault::ReadAhead { read, started })
}

/// Whether a read showed less than the one before it, where that is promised.
fn back<C: Counter>(before: u64, &CheckedRead { value: read, .. }: &CheckedRead) -> Option<Fault> {
    (C::MONOTONIC_READ && read < before).then_some(Fault::ReadBack { first: before, then: read })
}

/// Whether a read showed less than had been completed, where that is promised.
fn behind<C: Counter>(&CheckedRead { completed: done, value: read, .. }: &CheckedRead) -> Option<Fault> {
    (C::INFO.grade == Grade::Exact && read < done).then_some(Fault::ReadBehind { read, done })
}

/// Two threads count while one reads, and `wrong` looks at each read, and what the one before it showed. Then nobody counts, and a read
/// is the total.
fn reads<C: Counter>(budget: &Budget, wrong: fn(u64, &CheckedRead) -> Option<Fault>) -> Result<Made, Fault> {
    let counter = made::<C>(budget, 2)?;
    let shared = Arc::clone(&counter);
    if crew::call(budget, Stage::Reading, move || shared.read())?.is_none() {
        return Ok(Made::Skipped(UNREADABLE));
    }
    let shared = Arc::clone(&counter);
    let found = crew::crew(budget, 3, move |seat| {
        if seat.worker() < 2 {
            let mut handle = shared.handle();
            seat.line_up();
            let mut attempted = 0_u64;
            while !seat.stopped() {
                seat.announced(|| handle.increment());
                attempted += 1;
            }
            seat.enter(Stage::DroppingHandle);
            drop(handle);
            return Ok(attempted);
        }
        seat.line_up();
        seat.enter(Stage::Reading);
        let mut before = 0;
        while !seat.stopped() {
            let Some(reading) = seat.read(|| shared.read()) else { continue };
            if let Some(fault) = wrong(before, &reading) {
                return Err(fault);
            }
            before = reading.value;
        }
        Ok(0)
    })?;
    let attempted = found.into_iter().sum::<Result<u64, Fault>>()?;
    let shared = Arc::clone(&counter);
    let read = crew::call(budget, Stage::Reading, move || shared.read())?;
    let kept = total(budget, counter)?;
    match read {
        Some(read) if read < kept => Err(Fault::ReadBehind { read, done: kept }),
        Some(read) if read > kept => Err(Fault::ReadAhead { read, started: kept }),
        _ => Ok(Made::Passed(attempted)),
    }
}

/// Two threads draw numbers; each number below how many they drew must be among them once.
fn tickets<C: Counter>(budget: &Budget) -> Result<Made, Fault> {
    let counter = made::<C>(budget, 2)?;
    let shared = Arc::clone(&counter);
    let drawn = crew::crew(budget, 2, move |seat| {
        let mut handle = shared.handle();
        let mut numbers = Vec::with_capacity(DRAWS);
        seat.line_up();
        while numbers.len() < DRAWS && !seat.stopped() {
            let Some(number) = handle.draw() else { break };
            seat.done(1);
            numbers.push(number);
        }
        seat.enter(Stage::DroppingHandle);
        drop(handle);
        numbers
    })?;
    let mut numbers: Vec<u64> = drawn.concat();
    if numbers.is_empty() {
        return Ok(Made::Skipped("it draws no numbers"));
    }
    numbers.sort_unstable();
    let drawn = numbers.len() as u64;
    judge(drawn, total(budget, counter)?, false, || plural(2))?;
    match numbers.iter().zip(0..).find(|&(&number, wanted)| number != wanted) {
        None => Ok(Made::Passed(drawn)),
        Some((&number, wanted)) if number > wanted => Err(Fault::Drawn { number: wanted, times: 0, drawn }),
        Some((&number, _)) => {
            let times = numbers.iter().filter(|&&other| other == number).count() as u64;
            Err(Fault::Drawn { number, times, drawn })
        }
    }
}
