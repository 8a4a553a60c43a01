//! A number drawn by load and compare-and-swap until that succeeds, which is what processors without an atomic
//! addition do. *Source:* Herlihy, *Wait-Free Synchronization* (1991).

use crate::counter::{Grade, Info};
use crate::counters::atomic::CasLoop;
use crate::ticketing::{Ticketing, Tickets};

/// `compare_exchange_weak` in a loop, its value used.
pub type TicketsCasLoop = Tickets<CasLoop>;

impl Ticketing for CasLoop {
    const TICKETS: Info = Info {
        id: "tickets_cas_loop",
        family: "ticketing",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a number drawn by compare-and-swap until it succeeds",
        source: "Herlihy 1991",
    };

    #[inline]
    fn fetch_add(handle: &mut &Self) -> u64 {
        handle.fetch_add()
    }
}
