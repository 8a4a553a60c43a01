//! How far a read is off.
//!
//! A read takes time, and others write meanwhile, so no single value is right. But some are wrong:
//! fewer than had been completed when it began, or more than had been begun when it ended. Every
//! thread publishes both of its own counts; a read is off by how far it lies outside of what was
//! possible.

use serde::{Deserialize, Serialize};

use super::Cycle;
use crate::counter::{Counter, Handle};
use crate::team::{CheckedRead, Failure, Plan, Seat, Stage, Team};
use crate::think::{Jitter, Think};
use crate::values::Values;

/// How far reads were off, in increments. Percentiles are rounded up to three digits of a histogram; `max` is not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadError {
    /// Half of the reads were off by no more.
    pub median: f64,
    /// 99 % were off by no more.
    pub p99: f64,
    /// The read that was off most, exactly.
    pub max: f64,
    /// By how much the count moved during a read: what no read can tell, the median.
    pub moved: f64,
    /// Reads that were checked.
    pub checked: u64,
}

/// What was seen by reads.
struct Seen {
    off: Values,
    moved: Values,
}

/// Increments, three digits of each, the most whole.
fn increments() -> Values {
    Values::growing(3).expect("a histogram may keep three digits")
}

/// By how much `value` lies outside of what was possible.
fn off(value: u64, completed_before: u64, begun_after: u64) -> u64 {
    completed_before.saturating_sub(value).max(value.saturating_sub(begun_after))
}

/// Runs one round of operations on a fresh `C`, `percent` of them reads, and
/// checks each read. `None` when nothing was read, or the counter cannot be read.
///
/// # Errors
/// [`Failure`] when the counter panics or hangs.
pub fn read_error<C: Counter>(team: &mut Team, plan: &Plan, percent: u64) -> Result<Option<ReadError>, Failure> {
    let mean_steps = plan.pace.map_or(0, |pace| pace.mean_steps);
    let part = move |counter: &C, seat: &mut Seat| check(counter, mean_steps, percent, seat);
    team.play(plan, C::new, part, |_, _, all| {
        let (mut offs, mut moved) = (increments(), increments());
        for seen in &all {
            offs.add(&seen.off);
            moved.add(&seen.moved);
        }
        (!offs.is_empty()).then(|| ReadError {
            median: offs.quantile(0.5) as f64,
            p99: offs.quantile(0.99) as f64,
            max: offs.max() as f64,
            moved: moved.quantile(0.5) as f64,
            checked: offs.len(),
        })
    })
}

fn check<C: Counter>(counter: &C, mean_steps: u64, percent: u64, seat: &mut Seat) -> Seen {
    let mut handle = counter.handle();
    let mut think = Jitter::new(mean_steps, seat.seed());
    let mut cycle = Cycle::new(percent);
    let mut seen = Seen { off: increments(), moved: increments() };
    seat.line_up();
    while let Some(chunk) = seat.claim() {
        for _ in 0..chunk {
            if seat.stopped() {
                break;
            }
            think.think();
            if let (false, _) = cycle.next(1) {
                seat.announced(|| handle.increment());
            } else if let Some(CheckedRead { completed, value, begun }) =
                seat.read(|| counter.read_by(&mut handle, |value| value))
            {
                seen.off.record(off(value, completed, begun));
                seen.moved.record(begun - completed);
            }
        }
    }
    seat.enter(Stage::DroppingHandle);
    drop(handle);
    seat.finish(think.steps());
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::{atomic::FetchAdd, control::NoCounter, sharded::Flushing};
    use crate::team::Limits;

    #[test]
    fn off_is_the_distance_to_what_was_possible() {
        assert_eq!([off(5, 5, 7), off(7, 5, 7), off(3, 5, 7), off(10, 5, 7)], [0, 0, 2, 3]);
    }

    #[test]
    fn an_atomic_is_never_off_and_a_batch_is() {
        let mut team = Team::start(&[None, None], Limits::default()).unwrap();
        let exact = read_error::<FetchAdd>(&mut team, &Plan::plain(20_000), 50).unwrap().unwrap();
        assert_eq!((exact.median, exact.max), (0.0, 0.0), "{exact:?}");
        assert!(exact.checked > 10_000);
        let batched = read_error::<Flushing>(&mut team, &Plan::plain(20_000), 50).unwrap().unwrap();
        assert!(batched.max > 0.0, "{batched:?}");
        assert_eq!(read_error::<NoCounter>(&mut team, &Plan::plain(100), 50).unwrap(), None);
        assert_eq!(read_error::<FetchAdd>(&mut team, &Plan::plain(100), 0).unwrap(), None);
    }
}
