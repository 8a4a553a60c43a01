//! The list of all counters. Benches, tests, reports and the command iterate over it; to add a
//! counter, write its type in a file under `counters/` and add its line here.

use crate::counter::{Counter, Info};
use crate::counters::{
    atomic::{CasBackoff, CasLoop, FetchAdd, FetchAddSeqCst},
    blocking::{
        CrossbeamShardedLock, ParkingLot012Mutex, ParkingLotFairMutex, ParkingLotMutex, ParkingLotReentrantMutex,
        ParkingLotRwLock, StdMutex, StdRwLock,
    },
    control::{LocalCell, NoCounter},
    message::{BoundedQueue, CrossbeamChannel, StdMpsc},
    racy::{BustedLock, Hoisted, LoadStore, WideWindow},
    sharded::{Adaptive, Flushing, PerThread, PerThreadTls, Striped, StripedUnpadded, ThreadLocalCells},
    snapshot::{ArcSwapRcu, CopyOnWrite, RacyReplace},
    spinning::{Clh, Mcs, McsBarging, SpinMutex, SpinMutexYield, Ticket},
};

use crate::hazard::Hazard;
use crate::hazards::{
    bounded::{CheckAndAct, CheckThenAct},
    gauge::{AtomicGauge, DriftingGauge},
    pair::{LockedPair, TornPair},
    self_locked::{ForgetfulAccount, LockedAccount},
};

/// How everything iterates over the catalogue with each counter's type in hand.
pub trait Visitor {
    /// Called once for each counter.
    fn visit<C: Counter>(&mut self);
}

macro_rules! catalogue {
    ($($counter:ty),* $(,)?) => {
        /// Shows every counter to `visitor`, family by family.
        pub fn visit(visitor: &mut impl Visitor) {
            $(visitor.visit::<$counter>();)*
        }
    };
}

catalogue![
    NoCounter,
    LocalCell,
    LoadStore,
    WideWindow,
    Hoisted,
    BustedLock,
    FetchAdd,
    FetchAddSeqCst,
    CasLoop,
    CasBackoff,
    StdMutex,
    ParkingLotMutex,
    ParkingLot012Mutex,
    ParkingLotFairMutex,
    ParkingLotReentrantMutex,
    StdRwLock,
    ParkingLotRwLock,
    CrossbeamShardedLock,
    SpinMutex,
    SpinMutexYield,
    Ticket,
    Mcs,
    McsBarging,
    Clh,
    Striped,
    StripedUnpadded,
    Adaptive,
    PerThread,
    PerThreadTls,
    ThreadLocalCells,
    Flushing,
    StdMpsc,
    CrossbeamChannel,
    BoundedQueue,
    CopyOnWrite,
    ArcSwapRcu,
    RacyReplace,
];

/// How everything iterates over the hazards with each one's type in hand.
pub trait HazardVisitor {
    /// Called once for each form of each hazard.
    fn visit<H: Hazard>(&mut self);
}

/// Shows every hazard to `visitor`, the racy form of each before the exact one.
pub fn visit_hazards(visitor: &mut impl HazardVisitor) {
    visitor.visit::<TornPair>();
    visitor.visit::<LockedPair>();
    visitor.visit::<DriftingGauge>();
    visitor.visit::<AtomicGauge>();
    visitor.visit::<CheckThenAct>();
    visitor.visit::<CheckAndAct>();
    visitor.visit::<ForgetfulAccount>();
    visitor.visit::<LockedAccount>();
}

/// The facts of every counter, in the catalogue's order.
pub fn infos() -> Vec<Info> {
    struct Infos(Vec<Info>);
    impl Visitor for Infos {
        fn visit<C: Counter>(&mut self) {
            self.0.push(C::INFO);
        }
    }
    let mut infos = Infos(Vec::new());
    visit(&mut infos);
    infos.0
}

/// Bytes that each counter takes with `threads` threads, in the catalogue's order: see
/// [`Counter::bytes`].
pub fn bytes(threads: usize) -> Vec<usize> {
    struct Bytes(usize, Vec<usize>);
    impl Visitor for Bytes {
        fn visit<C: Counter>(&mut self) {
            self.1.push(C::bytes(self.0));
        }
    }
    let mut bytes = Bytes(threads, Vec::new());
    visit(&mut bytes);
    bytes.1
}
