//! Our fastest counters against published counter crates, plain `fetch_add` and
//! the floor, round by round in turn: with one live counter (`one`), and with 64 counters that each thread
//! increments one after another (`many`).

use std::array;
use std::process::ExitCode;

use contatori::counters::{Observable, unsigned::Unsigned};
use crossbeam_utils::CachePadded;
use fast_counter::ConcurrentCounter;
use hytra::TrAdder;
use miscount::catalogue::{self, Tag, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::suite::{self, Case};
use miscount::topology::usable_count;
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("peers", |sweep| {
        let mut all = Cases { sweep, family: "ours", cases: Vec::new() };
        catalogue::visit_native(|tags| tags.contains(&Tag::Peers) && Tag::measured(tags, sweep.full), &mut all);
        all.family = "peers";
        all.visit::<Hytra>();
        all.visit::<Contatori>();
        all.visit::<FastCounter>();
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
}

macro_rules! peer {
    ($name:ident($inner:ty) = $new:expr, $id:literal, $what:literal, |$counter:ident| $add:expr, $sum:expr) => {
        struct $name($inner);

        impl Default for $name {
            fn default() -> Self {
                $name($new)
            }
        }

        impl Plain for $name {
            const INFO: Info = Info {
                id: $id,
                family: "peers",
                grade: Grade::Exact,
                helpers: 0,
                summary: concat!("peer: ", $what),
                source: $what,
            };

            #[inline]
            fn increment(&self) {
                let $counter = &self.0;
                $add;
            }

            fn total(&self) -> u64 {
                let $counter = &self.0;
                $sum
            }
        }
    };
}

peer!(Hytra(TrAdder<u64>) = TrAdder::new(), "hytra", "hytra 0.1.2 TrAdder", |c| c.inc(1), c.get());
peer!(Contatori(Unsigned) = Unsigned::new(), "contatori", "contatori 0.7.5 Unsigned", |c| c.add(1), c.value().as_u64());
// A cell a CPU.
peer!(
    FastCounter(ConcurrentCounter) = ConcurrentCounter::new(usable_count()),
    "fast_counter",
    "fast-counter 1.0.0",
    |c| c.add(1),
    c.sum() as u64
);
