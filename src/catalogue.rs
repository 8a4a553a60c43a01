//! The list of all counters and locks. Benches, tests, reports and the command iterate over it; to add
//! a counter or a lock, write its type in a file under `counters/` and add its line here. What stands in brackets after a
//! type are its [tags](Tag).

use crate::counter::{Counter, Info};
use crate::counters::{atomic, blocking, combining, control, message, racy, sharded, snapshot, spinning, ticketing};
use crate::critical::Guarded;
use crate::hazard::AnomaliesOf;
use crate::hazards::{bounded, gauge, pair, self_locked};
use crate::lock::{Lock, Locked};
use crate::python::model::{self, Interpreted};
use crate::ticketing::Tickets;

/// What a line of the catalogue says of where its counter or lock is measured, besides the benches `counters` and `locks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// In full runs only (`MISCOUNT_FULL=1`); in the bench `reads` in all.
    Full,
    /// Also in the bench `reads`.
    Reads,
    /// Also in the bench `peers`.
    Peers,
    /// A lock that the bench `locks` holds long by default; in full runs it holds every lock long.
    Held,
}

impl Tag {
    /// Whether a run measures what has these tags; `full` is whether the run is.
    pub fn measured(tags: &[Tag], full: bool) -> bool {
        full || !tags.contains(&Tag::Full)
    }
}

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
/// counter made of it. A lock that not every system has says which do; elsewhere it is left out.
macro_rules! catalogue {
    (
        counters: $($before:ty $([$($before_tag:ident),+])?),*;
        locks: $($(#[$on:meta])? $($lock:ident)::+ $([$($lock_tag:ident),+])?),*;
        counters: $($after:ty $([$($after_tag:ident),+])?),*;
        gil: $($gil:ty),*;
    ) => {
        /// Shows every counter to `visitor`, family by family.
        pub fn visit(visitor: &mut impl Visitor) {
            visit_native(|_| true, visitor);
            $(visitor.visit::<$gil>();)*
        }

        /// Shows the counters that are no models of another language's to `visitor`: those whose tags are `wanted`.
        pub fn visit_native(wanted: impl Fn(&[Tag]) -> bool, visitor: &mut impl Visitor) {
            $(if wanted(&[$($(Tag::$before_tag),+)?]) { visitor.visit::<$before>(); })*
            $($(#[$on])? if wanted(&[$($(Tag::$lock_tag),+)?]) { visitor.visit::<Locked<$($lock)::+<u64>>>(); })*
            $(if wanted(&[$($(Tag::$after_tag),+)?]) { visitor.visit::<$after>(); })*
        }

        /// Shows every model of CPython's lock to `visitor`.
        pub fn visit_gil(visitor: &mut impl GilVisitor) {
            $(visitor.visit::<$gil>();)*
        }

        /// Shows the locks to `visitor`, family by family: those whose tags are `wanted`.
        pub fn visit_locks(wanted: impl Fn(&[Tag]) -> bool, visitor: &mut impl LockVisitor) {
            $($(#[$on])? if wanted(&[$($(Tag::$lock_tag),+)?]) { visitor.visit::<$($lock)::+<Guarded>>(); })*
        }

        #[test]
        fn a_count_under_each_lock_wraps() {
            $($(#[$on])? crate::counters::assert_wraps(Locked::<$($lock)::+<u64>>::at(u64::MAX - 1));)*
        }
    };
}

catalogue! {
    counters:
        control::NoCounter [Peers],
        control::LocalCell [Peers],
        racy::LoadStore,
        racy::WideWindow,
        racy::Hoisted,
        racy::BustedLock,
        atomic::FetchAdd [Reads, Peers],
        atomic::FetchAddSeqCst,
        atomic::CasLoop,
        atomic::CasBackoff;
    locks:
        blocking::StdMutexLock [Reads, Held],
        blocking::ParkingLotLock [Reads, Held],
        blocking::ParkingLot012Lock [Held],
        blocking::FairLock [Held],
        blocking::ReentrantLock,
        blocking::StdWriteLock [Reads],
        blocking::ParkingLotWriteLock [Reads],
        blocking::ShardedWriteLock [Reads],
        blocking::BinarySemaphore,
        #[cfg(any(target_os = "linux", target_os = "android"))]
        blocking::FutexLock [Full],
        blocking::SequenceLock [Reads],
        spinning::SpinLock,
        spinning::SpinYieldLock,
        spinning::TicketLock,
        spinning::TwaLock [Full],
        spinning::McsLock,
        spinning::McsBargingLock,
        spinning::ClhLock,
        spinning::HapaxLock [Full],
        spinning::ReciprocatingLock [Full],
        spinning::SpinWriteLock [Reads, Full],
        spinning::PhaseFairLock [Reads, Full],
        spinning::BigReaderLock [Reads, Full],
        #[cfg(target_os = "linux")]
        combining::CombiningLock [Full],
        combining::FlatCombiningLock [Full];
    counters:
        ticketing::TicketsFetchAdd [Full],
        ticketing::TicketsCasLoop [Full],
        ticketing::TicketsStdMutex [Full],
        ticketing::TicketsParkingLot [Full],
        Tickets<ticketing::Funnel> [Full],
        sharded::Striped [Reads, Peers],
        sharded::StripedUnpadded,
        sharded::Adaptive [Reads],
        sharded::PerThread [Reads, Peers],
        sharded::PerThreadTls [Reads, Peers],
        sharded::PerCpu [Peers],
        sharded::ThreadLocalCells [Peers],
        sharded::Flushing [Reads],
        message::StdMpsc,
        message::CrossbeamChannel,
        message::BoundedQueue,
        snapshot::CopyOnWrite,
        snapshot::ArcSwapRcu [Reads],
        snapshot::LeftRight [Reads, Full],
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

/// Why each counter cannot work as it should on this machine, in the catalogue's order: see [`Counter::missing`].
pub fn missing() -> Vec<Option<&'static str>> {
    struct Missing(Vec<Option<&'static str>>);
    impl Visitor for Missing {
        fn visit<C: Counter>(&mut self) {
            self.0.push(C::missing());
        }
    }
    let mut missing = Missing(Vec::new());
    visit(&mut missing);
    missing.0
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
