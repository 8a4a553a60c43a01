//! Counters whose increment gives back the value before, each value once: what draws tickets, places in a queue, ids.
//!
//! ```
//! use miscount::counter::Counter;
//! use miscount::counters::ticketing::Funnel;
//! use miscount::ticketing::Ticketing;
//!
//! let funnel = Funnel::new(2);
//! let mut handle = funnel.handle();
//! assert_eq!([Funnel::fetch_add(&mut handle), Funnel::fetch_add(&mut handle)], [0, 1]);
//! assert_eq!(funnel.total(), 2);
//! ```

use std::hint::black_box;

use crate::counter::{Counter, Handle, Info};

/// A counter whose increment draws a number: the value before it, each exactly once. A striped counter
/// cannot do that.
pub trait Ticketing: Counter {
    /// Facts about it where its numbers are used: [`Tickets`] has an id of its own.
    const TICKETS: Info;

    /// Adds one, and gives back the value before (wrapping).
    fn fetch_add(handle: &mut Self::Handle<'_>) -> u64;
}

/// The counter `C` where each increment draws a number and uses it. On x86-64 an atomic add whose value is used
/// is another instruction (`lock xadd`) than one whose value is not.
pub struct Tickets<C>(C);

/// One thread's way to numbers.
pub struct Drawing<'a, C: Ticketing>(C::Handle<'a>);

impl<C: Ticketing> Handle for Drawing<'_, C> {
    #[inline]
    fn increment(&mut self) {
        black_box(C::fetch_add(&mut self.0));
    }

    fn draw(&mut self) -> Option<u64> {
        Some(C::fetch_add(&mut self.0))
    }
}

impl<C: Ticketing> Counter for Tickets<C> {
    const INFO: Info = C::TICKETS;

    const MONOTONIC_READ: bool = C::MONOTONIC_READ;

    type Handle<'a> = Drawing<'a, C>;

    fn new(threads: usize) -> Self {
        Tickets(C::new(threads))
    }

    #[inline]
    fn handle(&self) -> Drawing<'_, C> {
        Drawing(self.0.handle())
    }

    fn read(&self) -> Option<u64> {
        self.0.read()
    }

    fn total(&self) -> u64 {
        self.0.total()
    }

    fn bytes(threads: usize) -> usize {
        C::bytes(threads)
    }
}
