//! Our fastest counters against published counter crates, plain `fetch_add` and
//! the floor, round by round in turn: with one live counter (`one`), and with 64 counters that each thread
//! increments one after another (`many`).

mod published;

use std::array;
use std::process::ExitCode;

use crossbeam_utils::CachePadded;
use miscount::catalogue::{self, Tag, Visitor};
use miscount::counter::{Counter, Handle, Info};
use miscount::suite::{self, Case};
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("peers", |sweep| {
        let mut all = Cases { sweep, family: "ours", cases: Vec::new() };
        catalogue::visit_native(|tags| tags.contains(&Tag::Peers) && Tag::measured(tags, sweep.full), &mut all);
        all.family = "peers";
        published::visit(&mut all);
        all.cases
    })
}

struct Cases<'s> {
    sweep: &'s Sweep,
    family: &'static str,
    cases: Vec<Case>,
}

impl Visitor for Cases<'_> {
    /// The counter alone and among many.
    fn visit<C: Counter>(&mut self) {
        self.cases.extend(variant::<C>(self.sweep, self.family, "one"));
        self.cases.extend(variant::<Many<C>>(self.sweep, self.family, "many"));
    }
}

const THREADS: [usize; 3] = [1, 2, 8];

fn variant<C: Counter>(sweep: &Sweep, family: &'static str, id: &'static str) -> impl Iterator<Item = Case> {
    let info = Info { family, ..C::INFO };
    let points = sweep.grid_with("counters", sweep.threads_or(&THREADS));
    // `saturated` only: with think time between increments, these counters all look alike.
    let saturated = points.filter(|at| at.level.id == "saturated");
    saturated.map(move |at| Case { info, variant: id.to_owned(), ..Case::counter::<C>(at) })
}

/// Live counters in `many`.
const MANY: usize = 64;

/// Many counters of one kind, on cache lines of their own; each thread goes round them.
struct Many<C>(Box<[CachePadded<C>]>);

struct RoundRobin<H> {
    handles: [H; MANY],
    next: usize,
}

impl<H: Handle> Handle for RoundRobin<H> {
    #[inline]
    fn increment(&mut self) {
        self.handles[self.next].increment();
        self.next = (self.next + 1) % MANY;
    }
}

impl<C: Counter> Counter for Many<C> {
    const INFO: Info = C::INFO;

    type Handle<'a> = RoundRobin<C::Handle<'a>>;

    fn new(threads: usize) -> Self {
        Many((0..MANY).map(|_| CachePadded::new(C::new(threads))).collect())
    }

    fn handle(&self) -> Self::Handle<'_> {
        RoundRobin { handles: array::from_fn(|n| self.0[n].handle()), next: 0 }
    }

    fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, counter| sum.wrapping_add(counter.total()))
    }

    fn missing() -> Option<&'static str> {
        C::missing()
    }

    /// Of one of them.
    fn bytes(threads: usize) -> usize {
        C::bytes(threads)
    }
}
