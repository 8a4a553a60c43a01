//! One round of ping-pong: two CPUs pass one cache line to and fro.
//!
//! The line holds a number. One side waits for an even one and stores the next, the other waits for an
//! odd one and stores the next: each store is a *transfer* once the other side has seen it. Both sides
//! take part in every transfer and count it, so that ns/op per thread (threads x wall / attempted) is what
//! one transfer takes, and the two counts must be equal.

use std::sync::{
    Arc, OnceLock,
    atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};
use std::thread;
use std::time::{Duration, Instant};

use super::fresh::Fresh;
use crate::kernel;
use crate::round::{Round, Setting};
use crate::team::{Failure, Job, Seat, Stage, Team};

/// Looks at the line between two looks at the stop sign: many times as long as an answer takes.
const LOOKS: u32 = 4_096;
/// Transfers between two notes of progress; even, so that the first side's turn comes after them.
const BLOCK: u64 = 256;
/// What the first side stores instead of a number when time is up.
const CLOSED: u64 = u64::MAX;
/// How long a side goes on waiting for the other when time is up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the two sides share beside the line's own page.
#[derive(Default)]
struct Table {
    line: OnceLock<Fresh>,
    /// Sides that waited in vain.
    gave_up: [AtomicBool; 2],
}

/// Waits until the line holds `want` or more, and returns what it holds; `None` when the other side
/// did not answer for `patience` after time was up.
///
/// There is no pause instruction between two looks: it takes longer than a transfer on some CPUs.
#[inline]
fn wait(line: &AtomicU64, want: u64, seat: &Seat, patience: Duration) -> Option<u64> {
    for _ in 0..LOOKS {
        let seen = line.load(Acquire);
        if seen >= want {
            return Some(seen);
        }
    }
    wait_long(line, want, seat, patience)
}

/// The same where the other side is off its CPU: this one may be in its way.
#[cold]
fn wait_long(line: &AtomicU64, want: u64, seat: &Seat, patience: Duration) -> Option<u64> {
    let mut stopped: Option<Instant> = None;
    loop {
        for _ in 0..LOOKS {
            let seen = line.load(Acquire);
            if seen >= want {
                return Some(seen);
            }
        }
        if seat.stopped() && stopped.get_or_insert_with(Instant::now).elapsed() > patience {
            return None;
        }
        thread::yield_now();
    }
}

/// The side that begins, and the only one that ends a round early: were both to, one could leave
/// with a transfer more than the other. `None` when it waited in vain.
#[inline(never)]
pub(super) fn lead(line: &AtomicU64, transfers: u64, seat: &mut Seat, patience: Duration) -> Option<()> {
    let mut done = 0;
    while done < transfers {
        if seat.stopped() {
            line.store(CLOSED, Release);
            break;
        }
        let (before, until) = (done, transfers.min(done + BLOCK));
        while done < until {
            done += 1;
            line.store(done, Release);
            if done < transfers {
                wait(line, done + 1, seat, patience)?;
                done += 1;
            }
        }
        seat.done(done - before);
    }
    Some(())
}

/// The side that answers.
#[inline(never)]
pub(super) fn follow(line: &AtomicU64, transfers: u64, seat: &mut Seat, patience: Duration) -> Option<()> {
    let (mut done, mut noted) = (0, 0);
    while done < transfers {
        if wait(line, done + 1, seat, patience)? == CLOSED {
            break;
        }
        done += 1;
        if done < transfers {
            done += 1;
            line.store(done, Release);
        }
        if done - noted >= BLOCK {
            seat.done(done - noted);
            noted = done;
        }
    }
    seat.done(done - noted);
    Some(())
}

/// One worker's part. The first makes the page, before both line up.
fn play(table: &Table, transfers: u64, seat: &mut Seat, patience: Duration) {
    let leads = seat.worker() == 0;
    if leads {
        table.line.get_or_init(Fresh::touch);
    }
    seat.line_up();
    // There is none when the line-up was broken off.
    let played = match table.line.get().map(Fresh::word) {
        Some(line) if leads => lead(line, transfers, seat, patience),
        Some(line) => follow(line, transfers, seat, patience),
        None => Some(()),
    };
    if played.is_none() {
        table.gave_up[seat.worker()].store(true, Relaxed);
    }
    seat.finish(0);
}

/// Runs one round of `transfers` transfers between the two workers of `team`, on a page first touched by
/// the first of them. Its `attempted` is twice the transfers: both sides count each.
///
/// # Errors
/// [`Failure`] when a side does not answer for 5 s after time was up, or when the two sides
/// do not agree on how often the line was passed.
///
/// # Panics
/// When the team has not two workers.
pub fn round(team: &mut Team, transfers: u64, usable_cpus: usize) -> Result<Round, Failure> {
    round_with(team, transfers, usable_cpus, PATIENCE, play)
}

fn round_with(
    team: &mut Team,
    transfers: u64,
    usable_cpus: usize,
    patience: Duration,
    play: fn(&Table, u64, &mut Seat, Duration),
) -> Result<Round, Failure> {
    assert_eq!(team.threads(), 2, "a transfer takes two threads");
    let table = Arc::new(Table::default());
    let job: Job = {
        let table = Arc::clone(&table);
        Arc::new(move |seat: &mut Seat| play(&table, transfers.min(CLOSED - 1), seat, patience))
    };
    let round = kernel::timed(team, transfers, job, Setting { usable_cpus, helpers: 0 })?;
    if let Some(side) = (0..2).find(|&side| table.gave_up[side].load(Relaxed)) {
        let who = format!("worker {}", 1 - side);
        return Err(Failure::Hung { who, stage: Stage::Counting, after: patience });
    }
    let counts = [0, 1].map(|side: usize| round.tallies[side].attempted);
    team.call(Stage::Totalling, move || agree(counts, table.line.get().map(|line| line.word().load(Acquire))))?;
    Ok(round)
}

/// Panics unless both sides counted the same, and the line holds that number or was closed.
fn agree(counts: [u64; 2], line: Option<u64>) {
    let [given, taken] = counts;
    assert!(given == taken, "one side counted {given} transfers, the other {taken}");
    let line = line.unwrap_or(CLOSED);
    assert!(line == CLOSED || line == given, "{given} transfers were counted, but the line holds {line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::Limits;
    use crate::topology::usable_cpus;

    fn team(round: Duration) -> Team {
        let cpus = usable_cpus();
        let cpu = |n: usize| (!cpus.is_empty()).then(|| cpus[n % cpus.len()]);
        Team::start(&[cpu(0), cpu(1)], Limits { round, hang: Duration::from_secs(30) }).unwrap()
    }

    fn counts(round: &Round) -> Vec<u64> {
        round.tallies.iter().map(|tally| tally.attempted).collect()
    }

    #[test]
    fn both_sides_count_every_transfer() {
        let mut team = team(Duration::from_secs(20));
        for transfers in [0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 1, 20_000] {
            let round = round(&mut team, transfers, 2).unwrap();
            assert_eq!(counts(&round), [transfers; 2]);
            assert_eq!((round.attempted(), round.kept, round.lost()), (2 * transfers, None, None));
        }
    }

    #[test]
    fn ns_per_op_per_thread_is_one_transfer() {
        let round = round(&mut team(Duration::from_secs(20)), 2_000, 2).unwrap();
        let transfer = round.wall().as_nanos() as f64 / 2_000.0;
        assert!((round.ns_per_op_per_thread() - transfer).abs() < 1e-6 * transfer);
        assert!((round.criterion_ns() - transfer * 2_000.0).abs() < 1e-6 * transfer * 2_000.0);
    }

    #[test]
    fn a_round_ends_when_time_is_up_and_both_sides_agree() {
        for transfers in [u64::MAX, u64::MAX / 2] {
            // On a busy machine the two may not meet at all in so short a time.
            let rounds = (0..10).map(|n| {
                let mut team = team(Duration::from_millis(30 << n));
                (Instant::now(), round(&mut team, transfers, 2).unwrap())
            });
            let (begun, round) = rounds.into_iter().find(|(_, round)| counts(round)[0] > 0).expect("a transfer");
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
            let [given, taken] = counts(&round)[..] else { panic!("two sides") };
            assert_eq!(given, taken);
            assert!(given > 0 && given % BLOCK == 0, "{given}");
        }
    }

    #[test]
    fn a_side_whose_partner_has_gone_gives_up_and_names_it() {
        // One side comes to the table, and leaves without a move.
        fn without(gone: usize, table: &Table, transfers: u64, seat: &mut Seat, patience: Duration) {
            if seat.worker() == gone {
                table.line.get_or_init(Fresh::touch);
                seat.line_up();
                seat.finish(0);
            } else {
                play(table, transfers, seat, patience);
            }
        }
        let moves: [fn(&Table, u64, &mut Seat, Duration); 2] = [
            |table, transfers, seat, patience| without(0, table, transfers, seat, patience),
            |table, transfers, seat, patience| without(1, table, transfers, seat, patience),
        ];
        for (gone, play) in moves.into_iter().enumerate() {
            let patience = Duration::from_millis(50);
            // Where lining up takes as long as the round, it ends before it began, and nobody waits.
            let mut rounds =
                (0..50).map(|_| round_with(&mut team(Duration::from_millis(100)), 1_000, 2, patience, play));
            let failure = rounds.find_map(Result::err).expect("one round in fifty begins in time");
            let who = format!("worker {gone}");
            assert_eq!(failure, Failure::Hung { who, stage: Stage::Counting, after: patience });
        }
    }

    #[test]
    fn sides_that_disagree_end_the_run() {
        let cheat = |table: &Table, transfers: u64, seat: &mut Seat, patience: Duration| {
            play(table, transfers, seat, patience);
            seat.done(seat.worker() as u64);
        };
        let failure = round_with(&mut team(Duration::from_secs(20)), 10, 2, PATIENCE, cheat).unwrap_err();
        assert!(
            matches!(&failure, Failure::Panicked { message, .. } if message.contains("10 transfers, the other 11"))
        );
        let both = |table: &Table, transfers: u64, seat: &mut Seat, patience: Duration| {
            play(table, transfers, seat, patience);
            seat.done(1);
        };
        let failure = round_with(&mut team(Duration::from_secs(20)), 10, 2, PATIENCE, both).unwrap_err();
        assert!(matches!(&failure, Failure::Panicked { message, .. } if message.contains("but the line holds 10")));
    }
}
