//! One round from beginning to end: what the threads share is made, each thread does its part, a total is taken.

use std::any::Any;
use std::sync::{Arc, Mutex};

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
        fn shared<S: 'static>(shared: &Shared) -> &S {
            shared.downcast_ref::<CachePadded<S>>().expect("what was made is what is shared")
        }
        let total = self.play_erased(
            plan,
            Box::new(|threads| Arc::new(CachePadded::new(make(threads)))),
            Box::new(move |made, seat| Box::new(part(shared(made), seat))),
            Box::new(move |made, round, parts| {
                let part = |part: Erased| *part.downcast::<P>().expect("a part is what parts return");
                Box::new(total(shared(made), round, parts.into_iter().map(part).collect()))
            }),
        )?;
        Ok(*total.downcast().expect("a total is what totals return"))
    }

    /// [`Team::play`] without its types: made once, and not once for each counter and lock.
    fn play_erased(&mut self, plan: &Plan, make: Make, part: Part, total: MakeTotal) -> Result<Erased, Failure> {
        let &Plan { iters, pace, usable_cpus } = plan;
        let threads = self.threads();
        let shared = self.call(Stage::Making, move || make(threads))?;
        let returned: Arc<[Mutex<Option<Erased>>]> = (0..threads).map(|_| Mutex::new(None)).collect();
        let job: Job = {
            let (shared, returned) = (Arc::clone(&shared), Arc::clone(&returned));
            Arc::new(move |seat: &mut Seat| {
                let part = part(&*shared, seat);
                *returned[seat.worker()].lock().expect("each worker has a place of its own") = Some(part);
            })
        };
        let before = process_cpu();
        let tallies = self.round(iters, &job)?;
        let cpu = process_cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
        drop(job);
        let take = |part: &Mutex<Option<Erased>>| part.lock().expect("no worker holds it any more").take();
        let parts = returned.iter().filter_map(take).collect();
        let round = Round::of(iters, tallies, Setting { usable_cpus, helpers: 0 });
        let round = Round { cpu, gauge: pace.map(|pace| pace.gauge), ..round };
        self.call(Stage::Totalling, move || {
            let total = total(&*shared, round, parts);
            drop(shared);
            total
        })
    }
}

/// What threads share.
type Shared = dyn Any + Send + Sync;
/// What a part or the total returned.
type Erased = Box<dyn Any + Send>;
type Make = Box<dyn FnOnce(usize) -> Arc<Shared> + Send>;
type Part = Box<dyn Fn(&Shared, &mut Seat) -> Erased + Send + Sync>;
type MakeTotal = Box<dyn FnOnce(&Shared, Round, Vec<Erased>) -> Erased + Send>;
