//! A number drawn under a one-byte mutex. *Source:* `parking_lot` 0.13.

use crate::counter::{Grade, Info};
use crate::counters::blocking::{ParkingLotLock, ParkingLotMutex};
use crate::lock::Locking;
use crate::ticketing::{Ticketing, Tickets};

/// The counter under the mutex, its value used.
pub type TicketsParkingLot = Tickets<ParkingLotMutex>;

impl Ticketing for ParkingLotMutex {
    const TICKETS: Info = Info {
        id: "tickets_parking_lot",
        family: "ticketing",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a number drawn under `parking_lot::Mutex` 0.13",
        source: "parking_lot 0.13",
    };

    #[inline]
    fn fetch_add(handle: &mut Locking<'_, ParkingLotLock<u64>>) -> u64 {
        handle.fetch_add()
    }
}
