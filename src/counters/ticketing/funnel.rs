//! Draws of one number, put together: threads draw from an aggregator of theirs, and the first of each batch draws for all of it.
//! *Source:* Roh, Wei, Fatourou, Jayanti, Ruppert and Shun, *Aggregating Funnels for Faster Fetch&Add and
//! Queues* (2025).
//!
//! A thread adds to its aggregator, which gives it a place. Who has the first place after the last batch leads: it closes its
//! batch by reading the aggregator, adds the size of the batch to the one shared number, and publishes where both began. Each of the others
//! works out its own number from that. So the shared number sees one addition a batch, and each aggregator
//! about the square root of the threads. It is not lock-free: a batch waits for its leader, and the next batch too.
//!
//! The paper frees old batches by epochs. Here they lie in a ring, so that nothing is allocated: a leader waits while somebody has yet
//! to read the batch that it would overwrite. The paper's negative additions and direct ones are left out.

use std::array;

use crossbeam_utils::{Backoff, CachePadded};

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::relax;
use crate::ticketing::Ticketing;

/// Batches that an aggregator keeps. Checkers have to see some overwritten.
const RING: u64 = if cfg!(any(miscount_loom, shuttle)) { 2 } else { 64 };

/// The shared number, and the aggregators before it.
pub struct Funnel {
    number: CachePadded<AtomicU64>,
    aggregators: Box<[Aggregator]>,
    /// Handles made so far: each takes the next aggregator.
    handles: AtomicUsize,
}

/// Where some of the threads meet.
struct Aggregator {
    /// Places given so far.
    places: CachePadded<AtomicU64>,
    closed: CachePadded<Closed>,
    ring: [Batch; RING as usize],
}

/// How far an aggregator is.
#[derive(Default)]
struct Closed {
    /// Places in all closed batches: the next leader's place.
    places: AtomicU64,
    batches: AtomicU64,
}

/// A closed batch.
#[derive(Default)]
struct Batch {
    /// The place of its leader.
    first: AtomicU64,
    /// The number that its leader drew.
    number: AtomicU64,
    /// Members that have not read it yet.
    unread: AtomicU64,
}

/// One thread's way into a funnel.
pub struct Drawing<'a> {
    number: &'a AtomicU64,
    aggregator: &'a Aggregator,
}

impl Aggregator {
    fn new() -> Aggregator {
        Aggregator {
            places: CachePadded::default(),
            closed: CachePadded::default(),
            ring: array::from_fn(|_| Batch::default()),
        }
    }

    fn batch(&self, count: u64) -> &Batch {
        &self.ring[(count % RING) as usize]
    }
}

impl Drawing<'_> {
    #[inline]
    fn fetch_add(&mut self) -> u64 {
        let place = self.aggregator.places.fetch_add(1, Relaxed);
        let backoff = Backoff::new();
        loop {
            let closed = self.aggregator.closed.places.load(Acquire);
            if closed == place {
                return self.lead(place);
            }
            if closed > place {
                return self.follow(place);
            }
            wait(&backoff);
        }
    }

    /// Draws for all who came since the last batch was closed.
    fn lead(&self, place: u64) -> u64 {
        let Aggregator { places, closed, .. } = self.aggregator;
        let batches = closed.batches.load(Relaxed);
        let batch = self.aggregator.batch(batches);
        let backoff = Backoff::new();
        while batch.unread.load(Acquire) > 0 {
            wait(&backoff);
        }
        let end = places.load(Relaxed);
        let number = self.number.fetch_add(end - place, Relaxed);
        batch.first.store(place, Relaxed);
        batch.number.store(number, Relaxed);
        batch.unread.store(end - place - 1, Relaxed);
        closed.batches.store(batches + 1, Release);
        closed.places.store(end, Release);
        number
    }

    /// Finds the batch of a place. It is not overwritten before it was read, and so no newer one is.
    fn follow(&self, place: u64) -> u64 {
        let mut batches = self.aggregator.closed.batches.load(Acquire);
        loop {
            batches -= 1;
            let batch = self.aggregator.batch(batches);
            let first = batch.first.load(Relaxed);
            if first <= place {
                let number = batch.number.load(Relaxed).wrapping_add(place - first);
                batch.unread.fetch_sub(1, Release);
                return number;
            }
        }
    }
}

/// Waits a little: it spins at first, then lets others have the CPU.
fn wait(backoff: &Backoff) {
    relax();
    backoff.snooze();
}

impl Funnel {
    /// A funnel whose first number is `number`, for about `threads` threads.
    fn at(number: u64, threads: usize) -> Funnel {
        let aggregators = (0..threads.isqrt().max(1)).map(|_| Aggregator::new()).collect();
        Funnel { number: CachePadded::new(AtomicU64::new(number)), aggregators, handles: AtomicUsize::new(0) }
    }
}

impl Handle for Drawing<'_> {
    #[inline]
    fn increment(&mut self) {
        self.fetch_add();
    }
}

impl Counter for Funnel {
    const INFO: Info = Info {
        id: "funnel",
        family: "ticketing",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a number drawn from an aggregating funnel: one atomic add for a batch of threads",
        source: "Roh, Wei, Fatourou, Jayanti, Ruppert and Shun 2025",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Drawing<'a>;

    fn new(threads: usize) -> Self {
        Funnel::at(0, threads)
    }

    fn handle(&self) -> Drawing<'_> {
        let aggregator = self.handles.fetch_add(1, Relaxed) % self.aggregators.len();
        Drawing { number: &self.number, aggregator: &self.aggregators[aggregator] }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        self.number.load(Relaxed)
    }

    fn bytes(threads: usize) -> usize {
        size_of::<Self>() + threads.isqrt().max(1) * size_of::<Aggregator>()
    }
}

impl Ticketing for Funnel {
    const TICKETS: Info = Self::INFO;

    #[inline]
    fn fetch_add(handle: &mut Drawing<'_>) -> u64 {
        handle.fetch_add()
    }
}

#[test]
fn it_wraps() {
    crate::counters::assert_wraps(Funnel::at(u64::MAX - 1, 1));
}
