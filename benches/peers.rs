//! Our fastest counters against published counter crates, plain `fetch_add` and
//! the floor, round by round in turn: with one live counter (`one`), and with 64 counters that each thread
//! increments one after another (`many`).

use std::array;
use std::process::ExitCode;

use contatori::counters::{Observable, unsigned::Unsigned};
use crossbeam_utils::CachePadded;
use fast_counter::ConcurrentCounter;
use hytra::TrAdder;
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::counters::{
    atomic::FetchAdd,
    control::{LocalCell, NoCounter},
    sharded::{PerThread, PerThreadTls, Striped, ThreadLocalCells},
};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{LEVELS, Sweep};

fn main() -> ExitCode {
    suite::run("peers", |sweep| {
        let mut rows = Rows { sweep, rows: Vec::new() };
        rows.add::<NoCounter>("ours");
        rows.add::<LocalCell>("ours");
        rows.add::<PerThread>("ours");
        rows.add::<PerThreadTls>("ours");
        rows.add::<ThreadLocalCells>("ours");
        rows.add::<Striped>("ours");
        rows.add::<FetchAdd>("ours");
        rows.add::<Hytra>("peers");
        rows.add::<Contatori>("peers");
        rows.add::<FastCounter>("peers");
        rows.rows
    })
}

const THREADS: [usize; 3] = [1, 2, 8];

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add<C: Counter>(&mut self, family: &'static str) {
        self.add_variant::<C>("one", family);
        self.add_variant::<Many<C>>("many", family);
    }

    fn add_variant<C: Counter>(&mut self, variant: &str, family: &'static str) {
        // `saturated` only: with think time between increments, these counters all look alike.
        for level in self.sweep.pick(&LEVELS[..1]) {
            for &placement in &self.sweep.placements {
                for threads in self.sweep.threads_or(&THREADS) {
                    self.rows.push(Row {
                        info: Info { family, ..C::INFO },
                        variant: variant.to_owned(),
                        ..Row::counter::<C>(level, threads, placement)
                    });
                }
            }
        }
    }
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
