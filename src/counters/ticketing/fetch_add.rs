//! A number drawn by one hardware instruction. On x86-64 it is `lock xadd`; where the value is not used, compilers write `lock inc`.
//! *Source:* the ticket of Mellor-Crummey and Scott's ticket lock (1991).

use crate::counter::{Grade, Info};
use crate::counters::atomic::FetchAdd;
use crate::sync::atomic::Ordering::Relaxed;
use crate::ticketing::{Ticketing, Tickets};

/// `AtomicU64::fetch_add` with `Relaxed` ordering, its value used.
pub type TicketsFetchAdd = Tickets<FetchAdd>;

impl Ticketing for FetchAdd {
    const TICKETS: Info = Info {
        id: "tickets_fetch_add",
        family: "ticketing",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a number drawn by one atomic add, relaxed",
        source: "Mellor-Crummey and Scott 1991, the ticket",
    };

    #[inline]
    fn fetch_add(handle: &mut &Self) -> u64 {
        handle.0.fetch_add(1, Relaxed)
    }
}
