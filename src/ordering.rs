//! Memory order: small programs of a few threads ("litmus tests") whose outcome shows in which order
//! loads and stores became visible; what each ordering costs, and which outcomes it lets happen.
//!
//! A [`Test`] is a program, its outcomes and the rules: which of them the memory model allows in which
//! [`Variant`], and which an x86 can show. A [`Litmus`] is one variant of one as code, one file a test.
//! `run` has two or four pinned threads run very many instances of it at once, and counts the outcomes;
//! `tests/loom.rs` has loom run the same code.
//!
//! *Source:* the litmus tests of Alglave, Maranget, Sarkar and Sewell, *Litmus: running tests against
//! hardware* (2011), whose tool also staggers threads at random.

mod ab;
mod coherence;
mod event;
mod independent_reads;
mod load_buffering;
mod locked;
mod message_passing;
mod nothing;
mod order;
mod run;
mod store_buffering;
mod transient_flag;

use crossbeam_utils::CachePadded;

use crate::ids::with_ids;
use crate::sync::atomic::{AtomicU32, Ordering};

pub use ab::{FirstThenSecond, SecondThenFirst};
pub use coherence::Coherence;
pub use event::Event;
pub use independent_reads::IndependentReads;
pub use load_buffering::LoadBuffering;
pub use locked::Locked;
pub use message_passing::{EventAndDict, MessagePassing};
pub use nothing::Nothing;
pub use order::{AcqRel, Fenced, MemoryOrder, Relaxed, SeqCst};
pub use run::{BATCH, round};
pub use store_buffering::StoreBuffering;
pub use transient_flag::{EventFlag, LockedFlag, TransientFlag};

/// The bench's id.
pub const BENCH: &str = "ordering";

/// What an anomaly is.
pub const KIND: &str = "forbidden outcomes";

/// Beside the registers of a thread: it is known to have met another, although the registers would not tell.
pub const MET: u16 = 1 << 15;

with_ids! {
    /// How the threads of a test access what they share.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Variant {
        /// Atomics, all `Relaxed`.
        Relaxed = "relaxed",
        /// Atomics, stores `Release` and loads `Acquire`.
        AcqRel = "acqrel",
        /// Atomics, all `SeqCst`.
        SeqCst = "seqcst",
        /// Atomics, all `Relaxed`, with `fence(SeqCst)` between two accesses of a thread.
        Fence = "fence",
        /// Each thread's part under one mutex.
        Mutex = "mutex",
        /// The reader waits for an event: a flag under a mutex, with a condition variable.
        Event = "event",
    }
}

impl Variant {
    /// Whether it is measured without being asked for.
    pub fn is_default(self) -> bool {
        self != Variant::Fence
    }
}

/// What it takes to get an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One thread after the other gives it.
    Sequential,
    /// The steps of threads must mix, each in its own order: plain interleaving.
    Interleaved,
    /// No interleaving gives it: something was seen in another order than it was written in.
    Weak,
}

/// One outcome of a test: what its registers hold in the end, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LitmusOutcome {
    /// A value from 0 to 3 for each register, four at most.
    pub registers: &'static [u8],
    /// What it takes to get it.
    pub kind: Kind,
}

impl LitmusOutcome {
    const fn new(registers: &'static [u8], kind: Kind) -> LitmusOutcome {
        LitmusOutcome { registers, kind }
    }

    /// It as people read it: `(0, 2)`.
    pub fn text(&self) -> String {
        text(self.registers)
    }

    /// It as threads hand it in: the registers of all of them, two bits each.
    pub fn code(&self) -> u8 {
        self.registers.iter().enumerate().fold(0, |code, (n, value)| code | value << (2 * n))
    }
}

fn text(registers: &[u8]) -> String {
    format!("({})", registers.iter().map(u8::to_string).collect::<Vec<String>>().join(", "))
}

/// A litmus test: a program, what may come of it, and which outcome it is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Test {
    /// Its id in results, where it is the subject.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What each thread does: `x = 1` stores, `r0 = y` loads into a register. All is 0 before.
    pub program: &'static [&'static str],
    /// The outcome that the test asks for.
    pub asked: &'static [u8],
    /// Every outcome there could be.
    pub outcomes: &'static [LitmusOutcome],
    /// The variants in which the memory model allows weak outcomes.
    pub weak_allowed: &'static [Variant],
    /// Whether an x86 shows its weak outcomes, where the model allows them: it only delays stores.
    pub weak_on_x86: bool,
    /// The outcomes that are left where the reader waits for an event; empty where there is no such variant.
    pub event: &'static [&'static [u8]],
    /// The variants in which loom reaches the weak outcomes, of those that it models; `None` where it
    /// cannot model the test.
    pub loom: Option<&'static [Variant]>,
    /// Where it comes from.
    pub source: &'static str,
}

impl Test {
    /// Threads that it takes.
    pub fn threads(&self) -> usize {
        self.program.len()
    }

    /// The outcome that it asks for, as people read it.
    pub fn asked(&self) -> String {
        text(self.asked)
    }

    /// Whether the memory model of Rust, which is that of C++20, allows `outcome` in `variant`.
    pub fn allows(&self, variant: Variant, outcome: &LitmusOutcome) -> bool {
        match (variant, outcome.kind) {
            (Variant::Event, _) => self.event.contains(&outcome.registers),
            (_, Kind::Sequential) => true,
            (Variant::Mutex, _) => self.polls(),
            (_, Kind::Interleaved) => true,
            (_, Kind::Weak) => self.weak_allowed.contains(&variant),
        }
    }

    /// Whether an x86 can show it, with accesses compiled in the order of the program.
    pub fn possible_on_x86(&self, variant: Variant, outcome: &LitmusOutcome) -> bool {
        self.allows(variant, outcome) && (outcome.kind != Kind::Weak || self.weak_on_x86)
    }

    /// Whether loom reaches it; `None` where loom does not model that. What loom says of `SeqCst` is what it
    /// says of fences, since it takes such accesses for `AcqRel`.
    pub fn loom_reaches(&self, variant: Variant, outcome: &LitmusOutcome) -> Option<bool> {
        let variant = if variant == Variant::SeqCst { Variant::Fence } else { variant };
        let weak = self.loom?;
        Some(if outcome.kind == Kind::Weak { weak.contains(&variant) } else { self.allows(variant, outcome) })
    }

    /// Whether a thread looks again and again, so that a mutex is around each look and not around its whole part.
    fn polls(&self) -> bool {
        self.program.iter().any(|part| part.contains("until"))
    }
}

/// One variant of one test, as code: what one instance of it shares.
pub trait Litmus: Default + Send + Sync + 'static {
    /// The test.
    const TEST: &'static Test;

    /// How it accesses what is shared.
    const VARIANT: Variant;

    /// Runs the part of `thread`, and returns its registers, two bits each at their places in the outcome;
    /// with [`MET`] where it is known to have met another thread.
    fn step(&self, thread: usize) -> u16;

    /// Makes `thread`'s share of the locations 0 again; nobody runs meanwhile.
    ///
    /// Which thread does that decides in whose cache a location lies when the next run begins, and so
    /// which accesses are slow: a store that has to fetch its line becomes visible late, a load that has its line
    /// comes early. Weak outcomes show most where that is the case.
    fn clear(&self, thread: usize);
}

/// A shared location, on cache lines of its own.
type Location = CachePadded<AtomicU32>;

fn clear(location: &Location) {
    location.store(0, Ordering::Relaxed);
}

/// The value of register `n` where the outcome has it.
const fn register(n: u32, value: u32) -> u16 {
    (value as u16) << (2 * n)
}

/// How everything iterates over the tests with each type in hand.
pub trait LitmusVisitor {
    /// Called once for each variant of each test.
    fn visit<L: Litmus>(&mut self);
}

/// Shows every variant of every test to `visitor`, test by test.
pub fn visit(visitor: &mut impl LitmusVisitor) {
    /// A test in each of the variants that most have.
    macro_rules! visit {
        ($($test:ident),*) => {$(
            visitor.visit::<$test<Relaxed>>();
            visitor.visit::<$test<AcqRel>>();
            visitor.visit::<$test<SeqCst>>();
            visitor.visit::<$test<Fenced>>();
            visitor.visit::<Locked<$test<Relaxed>>>();
        )*};
    }
    visit!(StoreBuffering, MessagePassing);
    visitor.visit::<EventAndDict>();
    visit!(LoadBuffering, Coherence, IndependentReads, FirstThenSecond, SecondThenFirst);
    visitor.visit::<TransientFlag<Relaxed>>();
    visitor.visit::<TransientFlag<AcqRel>>();
    visitor.visit::<TransientFlag<SeqCst>>();
    visitor.visit::<LockedFlag>();
    visitor.visit::<EventFlag>();
}

/// Every test, in the order in which they are measured.
pub fn tests() -> Vec<&'static Test> {
    struct Tests(Vec<&'static Test>);
    impl LitmusVisitor for Tests {
        fn visit<L: Litmus>(&mut self) {
            if self.0.last() != Some(&L::TEST) {
                self.0.push(L::TEST);
            }
        }
    }
    let mut tests = Tests(Vec::new());
    visit(&mut tests);
    tests.0
}

/// Why nothing of this can be measured with `cpus` CPUs; `None` when it can.
pub fn obstacle(cpus: usize) -> Option<&'static str> {
    (cpus < 2).then_some(
        "only one CPU may be used, and threads that take turns on it see each other's stores in order; allow this \
         process more (affinity mask, cpuset, quota)",
    )
}

#[cfg(test)]
mod tests;
