//! One round of ping-pong: two CPUs pass one cache line to and fro.
//!
//! The line holds a number. One side waits for an even one and stores the next, the other waits for an
//! odd one and stores the next: each store is a *transfer* once the other side has seen it. Both sides
//! take part in every transfer and count it, so that ns/op per thread (threads x wall / attempted) is what
//! one transfer takes, and the two counts must be equal.

use std::sync::{
    OnceLock,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Release},
    },
};
use std::thread;
use std::time::{Duration, Instant};

use super::fresh::Fresh;
use crate::round::Round;
use crate::team::{Failure, Plan, Seat, Stage, Team};

/// Looks at the line between two looks at the stop sign: many times as long as an answer takes.
const LOOKS: u32 = 4_096;
/// Transfers between two notes of progress; even, so that the first side's turn comes after them.
const BLOCK: u64 = 256;
/// What the first side stores instead of a number when time is up.
const CLOSED: u64 = u64::MAX;
/// How long a side goes on waiting for the other when time is up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The line, once the first side has made its page.
type Line = OnceLock<Fresh>;

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

/// One worker's part; `None` when it waited in vain. The first makes the page, before both line up.
fn side(line: &Line, transfers: u64, seat: &mut Seat, patience: Duration) -> Option<()> {
    let leads = seat.worker() == 0;
    if leads {
        line.get_or_init(Fresh::touch);
    }
    seat.line_up();
    // There is none when the line-up was broken off.
    let played = match line.get().map(Fresh::word) {
        Some(word) if leads => lead(word, transfers, seat, patience),
        Some(word) => follow(word, transfers, seat, patience),
        None => Some(()),
    };
    seat.finish(0);
    played
}

/// Runs one round of transfers between the two workers of `team`, on a page first touched by
/// the first of them. Its `attempted` is twice the transfers: both sides count each.
///
/// # Errors
/// [`Failure`] when a side does not answer for 5 s after time was up, or when the two sides
/// do not agree on how often the line was passed.
///
/// # Panics
/// When the team has not two workers.
pub fn round(team: &mut Team, plan: &Plan) -> Result<Round, Failure> {
    round_with(team, plan, PATIENCE, side)
}

/// What one side does.
type Side = fn(&Line, u64, &mut Seat, Duration) -> Option<()>;

fn round_with(team: &mut Team, plan: &Plan, patience: Duration, side: Side) -> Result<Round, Failure> {
    assert_eq!(team.threads(), 2, "a transfer takes two threads");
    let transfers = plan.iters.min(CLOSED - 1);
    let part = move |line: &Line, seat: &mut Seat| side(line, transfers, seat, patience);
    team.play(
        plan,
        |_| Line::new(),
        part,
        move |line, round, played| {
            if let Some(side) = played.iter().position(Option::is_none) {
                let who = format!("worker {}", 1 - side);
                return Err(Failure::Hung { who, stage: Stage::Counting, after: patience });
            }
            let counts = [0, 1].map(|side: usize| round.tallies[side].attempted);
            agree(counts, line.get().map(|line| line.word().load(Acquire)));
            Ok(round)
        },
    )?
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
    use crate::team::{Limits, pair_of_workers};

    fn team(round: Duration) -> Team {
        pair_of_workers(Limits { round, hang: Duration::from_secs(30) })
    }

    fn counts(round: &Round) -> Vec<u64> {
        round.tallies.iter().map(|tally| tally.attempted).collect()
    }

    #[test]
    fn both_sides_count_every_transfer() {
        let mut team = team(Duration::from_secs(20));
        for transfers in [0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 1, 20_000] {
            let round = round(&mut team, &Plan::plain(transfers)).unwrap();
            assert_eq!(counts(&round), [transfers; 2]);
            assert_eq!((round.attempted(), round.kept, round.lost()), (2 * transfers, None, None));
        }
    }

    #[test]
    fn ns_per_op_per_thread_is_one_transfer() {
        let round = round(&mut team(Duration::from_secs(20)), &Plan::plain(2_000)).unwrap();
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
                (Instant::now(), round(&mut team, &Plan::plain(transfers)).unwrap())
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
        // One side comes to the line, and leaves without a move.
        fn without(gone: usize, line: &Line, transfers: u64, seat: &mut Seat, patience: Duration) -> Option<()> {
            if seat.worker() != gone {
                return side(line, transfers, seat, patience);
            }
            line.get_or_init(Fresh::touch);
            seat.line_up();
            seat.finish(0);
            Some(())
        }
        let sides: [Side; 2] = [
            |line, transfers, seat, patience| without(0, line, transfers, seat, patience),
            |line, transfers, seat, patience| without(1, line, transfers, seat, patience),
        ];
        for (gone, side) in sides.into_iter().enumerate() {
            let patience = Duration::from_millis(50);
            // Where lining up takes as long as the round, it ends before it began, and nobody waits.
            let mut rounds =
                (0..50).map(|_| round_with(&mut team(Duration::from_millis(100)), &Plan::plain(1_000), patience, side));
            let failure = rounds.find_map(Result::err).expect("one round in fifty begins in time");
            let who = format!("worker {gone}");
            assert_eq!(failure, Failure::Hung { who, stage: Stage::Counting, after: patience });
        }
    }

    #[test]
    fn sides_that_disagree_end_the_run() {
        let cheat = |line: &Line, transfers: u64, seat: &mut Seat, patience: Duration| {
            let played = side(line, transfers, seat, patience);
            seat.done(seat.worker() as u64);
            played
        };
        let failure = round_with(&mut team(Duration::from_secs(20)), &Plan::plain(10), PATIENCE, cheat).unwrap_err();
        assert!(
            matches!(&failure, Failure::Panicked { message, .. } if message.contains("10 transfers, the other 11"))
        );
        let both = |line: &Line, transfers: u64, seat: &mut Seat, patience: Duration| {
            let played = side(line, transfers, seat, patience);
            seat.done(1);
            played
        };
        let failure = round_with(&mut team(Duration::from_secs(20)), &Plan::plain(10), PATIENCE, both).unwrap_err();
        assert!(matches!(&failure, Failure::Panicked { message, .. } if message.contains("but the line holds 10")));
    }
}
