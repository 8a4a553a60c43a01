//! The list of all counters and locks. Benches, tests, reports and the command iterate over it; to add
//! a counter or a lock, write its type in a file under `counters/` and add its line here.

use crate::counter::{Counter, Info};
use crate::counters::{atomic, blocking, control, message, racy, sharded, snapshot, spinning};
use crate::critical::Guarded;
use crate::hazard::AnomaliesOf;
use crate::hazards::{bounded, gauge, pair, self_locked};
use crate::lock::{Lock, Locked};
use crate::python::model::{self, Interpreted};

/// How everything iterates over the catalogue with each counter's type in hand.
pub trait Visitor {
    /// Called once for each counter.
    fn visit<C: Counter>(&mut self);
}

/// How everything iterates over the models of CPython's lock with each one's type in hand.
pub trait GilVisitor {
    /// Called once for each model.
    fn visit<C: Interpreted>(&mut self);
}

/// How everything iterates over the locks with each one's type in hand.
pub trait LockVisitor {
    /// Called once for each lock.
    fn visit<L: Lock<Guarded>>(&mut self);
}

/// Counters, locks, more counters, models of CPython's lock. A lock's one line makes both the lock and the
/// counter made of it.
macro_rules! catalogue {
    (counters: $($before:ty),*; locks: $($($lock:ident)::+),*; counters: $($after:ty),*; gil: $($gil:ty),*;) => {
        /// Shows every counter to `visitor`, family by family.
        pub fn visit(visitor: &mut impl Visitor) {
            visit_native(visitor);
            $(visitor.visit::<$gil>();)*
        }

        /// Shows every counter to `visitor` that is not a model of another language's: those that the bench
        /// `counters` measures.
        pub fn visit_native(visitor: &mut impl Visitor) {
            $(visitor.visit::<$before>();)*
            $(visitor.visit::<Locked<$($lock)::+<u64>>>();)*
            $(visitor.visit::<$after>();)*
        }

        /// Shows every model of CPython's lock to `visitor`.
        pub fn visit_gil(visitor: &mut impl GilVisitor) {
            $(visitor.visit::<$gil>();)*
        }

        /// Shows every lock to `visitor`, family by family.
        pub fn visit_locks(visitor: &mut impl LockVisitor) {
            $(visitor.visit::<$($lock)::+<Guarded>>();)*
        }

        #[test]
        fn a_count_under_each_lock_wraps() {
            $(crate::counters::assert_wraps(Locked::<$($lock)::+<u64>>::at(u64::MAX - 1));)*
        }
    };
}

catalogue! {
    counters:
        control::NoCounter,
        control::LocalCell,
        racy::LoadStore,
        racy::WideWindow,
        racy::Hoisted,
        racy::BustedLock,
        atomic::FetchAdd,
        atomic::FetchAddSeqCst,
        atomic::CasLoop,
        atomic::CasBackoff;
    locks:
        blocking::StdMutexLock,
        blocking::ParkingLotLock,
        blocking::ParkingLot012Lock,
        blocking::FairLock,
        blocking::ReentrantLock,
        blocking::StdWriteLock,
        blocking::ParkingLotWriteLock,
        blocking::ShardedWriteLock,
        blocking::BinarySemaphore,
        blocking::SequenceLock,
        spinning::SpinLock,
        spinning::SpinYieldLock,
        spinning::TicketLock,
        spinning::McsLock,
        spinning::McsBargingLock,
        spinning::ClhLock;
    counters:
        sharded::Striped,
        sharded::StripedUnpadded,
        sharded::Adaptive,
        sharded::PerThread,
        sharded::PerThreadTls,
        sharded::ThreadLocalCells,
        sharded::Flushing,
        message::StdMpsc,
        message::CrossbeamChannel,
        message::BoundedQueue,
        snapshot::CopyOnWrite,
        snapshot::ArcSwapRcu,
        snapshot::RacyReplace;
    gil:
        model::Gil39Plain,
        model::Gil39Int,
        model::Gil39Lock,
        model::Gil310Plain,
        model::Gil310Int,
        model::Gil310Lock,
        model::Gil311Int,
        model::Gil313Int,
        model::GilFreeThreaded;
}

/// Shows every hazard to `visitor`, as a counter of its anomalies, the racy form of each before the exact one.
pub fn visit_hazards(visitor: &mut impl Visitor) {
    visitor.visit::<AnomaliesOf<pair::TornPair>>();
    visitor.visit::<AnomaliesOf<pair::LockedPair>>();
    visitor.visit::<AnomaliesOf<gauge::DriftingGauge>>();
    visitor.visit::<AnomaliesOf<gauge::AtomicGauge>>();
    visitor.visit::<AnomaliesOf<bounded::CheckThenAct>>();
    visitor.visit::<AnomaliesOf<bounded::CheckAndAct>>();
    visitor.visit::<AnomaliesOf<self_locked::ForgetfulAccount>>();
    visitor.visit::<AnomaliesOf<self_locked::LockedAccount>>();
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
