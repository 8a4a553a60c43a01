//! A number drawn under the standard library's mutex. *Source:* `std::sync::Mutex` (a futex on Linux).

use crate::counter::{Grade, Info};
use crate::counters::blocking::{StdMutex, StdMutexLock};
use crate::lock::Locking;
use crate::ticketing::{Ticketing, Tickets};

/// The counter under the mutex, its value used.
pub type TicketsStdMutex = Tickets<StdMutex>;

impl Ticketing for StdMutex {
    const TICKETS: Info = Info {
        id: "tickets_std_mutex",
        family: "ticketing",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a number drawn under `std::sync::Mutex`",
        source: "std::sync::Mutex",
    };

    #[inline]
    fn fetch_add(handle: &mut Locking<'_, StdMutexLock<u64>>) -> u64 {
        handle.fetch_add()
    }
}
