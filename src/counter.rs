//! What a counter is: the traits every implementation has, and the facts it states about itself.

use crate::ids::with_ids;

with_ids! {
    /// What a counter promises about its count, the strictest first.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Grade {
        /// Loses nothing, ever: one lost update fails the run.
        Exact = "exact",
        /// Exact once every handle has been dropped; while handles live, `read` may lag behind.
        Eventual = "eventual",
        /// Built of plain loads and stores, so it may lose updates; it is expected to be seen losing.
        Racy = "racy",
        /// Counts nothing that is checked: only its time is of interest.
        Control = "control",
    }
}

impl Grade {
    /// Whether one lost update fails the run.
    pub fn gated(self) -> bool {
        matches!(self, Grade::Exact | Grade::Eventual)
    }

    /// Whether its count is taken at all: `kept`, `lost` and what follows from them.
    pub fn counts(self) -> bool {
        self != Grade::Control
    }
}

/// Facts about one counter, stated beside its code.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Info {
    /// Stable id, `[a-z0-9_]`: results are filed under it.
    pub id: &'static str,
    /// The family it belongs to, `[a-z0-9_]`: one Criterion group a family.
    pub family: &'static str,
    /// What it promises.
    pub grade: Grade,
    /// Threads of its own that work while others count; they need CPUs too.
    pub helpers: usize,
    /// One line for tables.
    pub summary: &'static str,
    /// Where the idea comes from: a paper, a project, an article.
    pub source: &'static str,
}

/// What the total of a counter is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Increments that were kept.
    Increments,
    /// Anomalies, with what one is, in a few words for tables: an increment is one use of something that can go wrong.
    Anomalies(&'static str),
}

/// A counter that many threads increment at once.
///
/// One implementation is one type. A fresh value is made for each round, shared by reference
/// between the counting threads, and asked for its total once every handle has been dropped.
pub trait Counter: Send + Sync + Sized + 'static {
    /// Facts about it.
    const INFO: Info;

    /// Whether [`read`](Counter::read) never goes back: what one thread reads is never less than what it
    /// read before (until the count wraps or is [taken](Counter::take)). A sum over parts can promise it when no part ever
    /// shrinks or moves.
    const MONOTONIC_READ: bool = false;

    /// Whether a read can keep an increment waiting, as under a lock. Where it can, readers may starve a writer.
    const READ_BLOCKS: bool = false;

    /// Which one it is of several with the same id; empty for the only one.
    const VARIANT: &'static str = "";

    /// What its [`total`](Counter::total) is a number of.
    const TOTAL: Total = Total::Increments;

    /// What one thread holds while it counts: a reference, a node, a shard, a sender.
    type Handle<'a>: Handle
    where
        Self: 'a;

    /// A counter at zero, for about `threads` counting threads (a hint: more may come).
    fn new(threads: usize) -> Self;

    /// A handle for the calling thread; called on the counting thread, before the clock starts.
    fn handle(&self) -> Self::Handle<'_>;

    /// The value as any thread may read it at any time; `None` when it cannot be read while
    /// others count.
    fn read(&self) -> Option<u64> {
        None
    }

    /// Does `reading` with the same value, by a thread that has a `handle`. Where readers bring something along (a flag, an epoch)
    /// the handle has it, and [`read`](Counter::read) must make one each time. Where a read [blocks](Counter::READ_BLOCKS), it does so
    /// until `reading` is done.
    #[inline]
    fn read_by<R: Send>(&self, handle: &mut Self::Handle<'_>, reading: impl FnOnce(u64) -> R + Send) -> Option<R> {
        let _ = handle;
        self.read().map(reading)
    }

    /// Takes the value and leaves 0, at any time: what is taken and what is left add up to what was counted, and no increment is
    /// in both or in neither. `None` where a counter does not promise it.
    fn take(&self) -> Option<u64> {
        None
    }

    /// The value once every handle has been dropped; cheap, since all work was applied by then.
    fn total(&self) -> u64;

    /// How many anomalies there could have been, asked with the total where that is [anomalies](Total::Anomalies); `None` for one an
    /// increment.
    fn chances(&self) -> Option<u64> {
        None
    }

    /// Why it cannot work as it should on this machine, in a few words; `None` where it can. It loses nothing there
    /// either, so that tests need not ask; benches leave it out.
    fn missing() -> Option<&'static str> {
        None
    }

    /// Bytes that one counter takes once `threads` threads have counted with it, all it owns
    /// included: what lies behind its pointers, and its share of what several counters use together.
    /// Left out are helper threads' stacks, messages under way, and what only a handle owns.
    fn bytes(threads: usize) -> usize {
        let _ = threads;
        size_of::<Self>()
    }
}

/// One thread's way into a counter.
///
/// Dropping it returns only when everything it held back is applied: that time is measured.
pub trait Handle {
    /// Adds one.
    fn increment(&mut self);

    /// Adds one, and gives back the value before; `None`, and nothing is added, where the counter draws no numbers: see
    /// [`Tickets`](crate::ticketing::Tickets).
    fn draw(&mut self) -> Option<u64> {
        None
    }
}

/// A counter that needs nothing per thread: every thread increments it through a shared
/// reference. [`Counter`] follows from it.
pub trait Plain: Default + Send + Sync + 'static {
    /// Facts about it.
    const INFO: Info;

    /// Whether the total, read again and again by one thread while others count, never goes back
    /// (until it wraps).
    const MONOTONIC_READ: bool = false;

    /// Adds one.
    fn increment(&self);

    /// The value, exact once nobody increments any more.
    fn total(&self) -> u64;

    /// Takes the value and leaves 0: see [`Counter::take`].
    fn take(&self) -> Option<u64> {
        None
    }

    /// Bytes that one counter takes: see [`Counter::bytes`].
    fn bytes(threads: usize) -> usize {
        let _ = threads;
        size_of::<Self>()
    }
}

impl<P: Plain> Counter for P {
    const INFO: Info = P::INFO;

    const MONOTONIC_READ: bool = P::MONOTONIC_READ;

    type Handle<'a> = &'a P;

    fn new(_threads: usize) -> Self {
        P::default()
    }

    #[inline]
    fn handle(&self) -> &P {
        self
    }

    fn read(&self) -> Option<u64> {
        Some(Plain::total(self))
    }

    fn take(&self) -> Option<u64> {
        Plain::take(self)
    }

    fn total(&self) -> u64 {
        Plain::total(self)
    }

    fn bytes(threads: usize) -> usize {
        <P as Plain>::bytes(threads)
    }
}

impl<P: Plain> Handle for &P {
    #[inline]
    fn increment(&mut self) {
        Plain::increment(*self);
    }
}
