//! One round from beginning to end: what the threads share is made, each thread does its part, a total is taken.

use std::sync::Arc;
use std::sync::mpsc::channel;

use crossbeam_utils::CachePadded;

use super::os::process_cpu;
use super::{Failure, Job, Seat, Stage, Team};
use crate::round::{Round, Setting};
use crate::think::Gauge;

/// What a round is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Iterations for each thread. A round ends before, when its time is up ([`Limits::round`](super::Limits::round)).
    pub iters: u64,
    /// How much threads think between iterations; `None` for not at all.
    pub pace: Option<Pace>,
    /// CPUs that a run may use.
    pub usable_cpus: usize,
}

#[cfg(test)]
impl Plan {
    /// Iterations without a pace on a machine of two CPUs.
    pub(crate) fn plain(iters: u64) -> Plan {
        Plan { iters, pace: None, usable_cpus: 2 }
    }
}

/// How much to think between iterations: mean steps, and what they cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Mean steps to draw.
    pub mean_steps: u64,
    /// What they cost on this machine.
    pub gauge: Gauge,
}

impl Team {
    /// Runs one round, and returns what `total` makes of it.
    ///
    /// The foreman has `make` make what the threads share, given how many they are; it lies on cache lines of its own. Each
    /// thread does its `part`, as a [`Job`] would. When all have let go of what they shared, the foreman has `total` look at it,
    /// with what is known of any round and what the parts returned, in the order of the threads; then it is dropped.
    ///
    /// # Errors
    /// [`Failure`] when the foreman or a thread panics or hangs.
    pub fn play<S, P, T>(
        &mut self,
        plan: &Plan,
        make: impl FnOnce(usize) -> S + Send + 'static,
        part: impl Fn(&S, &mut Seat) -> P + Send + Sync + 'static,
        total: impl FnOnce(&S, Round, Vec<P>) -> T + Send + 'static,
    ) -> Result<T, Failure>
    where
        S: Send + Sync + 'static,
        P: Send + 'static,
        T: Send + 'static,
    {
        let &Plan { iters, pace, usable_cpus } = plan;
        let threads = self.threads();
        let shared = self.call(Stage::Making, move || Arc::new(CachePadded::new(make(threads))))?;
        let (hand_in, handed_in) = channel();
        let job: Job = {
            let shared = Arc::clone(&shared);
            Arc::new(move |seat: &mut Seat| {
                let returned = part(&shared, seat);
                // Nobody listens any more when the round was given up.
                let _ = hand_in.send((seat.worker(), returned));
            })
        };
        let before = process_cpu();
        let tallies = self.round(iters, &job)?;
        let cpu = process_cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
        drop(job);
        let mut parts: Vec<(usize, P)> = handed_in.try_iter().collect();
        parts.sort_by_key(|(worker, _)| *worker);
        let parts = parts.into_iter().map(|(_, returned)| returned).collect();
        let round = Round::of(iters, tallies, Setting { usable_cpus, helpers: 0 });
        let round = Round { cpu, gauge: pace.map(|pace| pace.gauge), ..round };
        self.call(Stage::Totalling, move || {
            let total = total(&shared, round, parts);
            drop(shared);
            total
        })
    }
}
