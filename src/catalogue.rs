//! The list of all counters. Benches, tests, reports and the command iterate over it; to add a
//! counter, write its type in a file under `counters/` and add its line here.

use crate::counter::{Counter, Info};
use crate::counters::{
    atomic::{CasLoop, FetchAdd},
    blocking::{ParkingLotMutex, ParkingLotRwLock, StdMutex, StdRwLock},
    control::{LocalCell, NoCounter},
    message::Channel,
    racy::{BustedLock, LoadStore, WideWindow},
    sharded::{PerThread, Striped, ThreadLocalCells},
    spinning::SpinMutex,
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
    BustedLock,
    FetchAdd,
    CasLoop,
    StdMutex,
    ParkingLotMutex,
    StdRwLock,
    ParkingLotRwLock,
    SpinMutex,
    Striped,
    PerThread,
    ThreadLocalCells,
    Channel,
];

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
