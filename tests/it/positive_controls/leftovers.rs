//! Counters that are wrong because state outlives a counter, a handle or a thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use miscount::counter::{Counter, Grade, Handle, Info, Plain};

use super::info;

/// One counter alone is right: each new one starts from 0. Two live counters share their count.
pub(super) struct SharedState;
static SHARED: AtomicU64 = AtomicU64::new(0);

impl Default for SharedState {
    fn default() -> Self {
        SHARED.store(0, Relaxed);
        SharedState
    }
}

impl Plain for SharedState {
    const INFO: Info = info("shared_state", Grade::Exact);
    fn increment(&self) {
        SHARED.fetch_add(1, Relaxed);
    }
    fn total(&self) -> u64 {
        SHARED.load(Relaxed)
    }
}

/// Gives cells back, and the next owner starts from 0.
#[derive(Default)]
pub(super) struct WipesCells {
    all: Mutex<Vec<Arc<AtomicU64>>>,
    free: Mutex<Vec<Arc<AtomicU64>>>,
}
pub(super) struct WipedCell<'a> {
    home: &'a WipesCells,
    cell: Arc<AtomicU64>,
}

impl Handle for WipedCell<'_> {
    fn increment(&mut self) {
        self.cell.fetch_add(1, Relaxed);
    }
}

impl Drop for WipedCell<'_> {
    fn drop(&mut self) {
        self.home.free.lock().unwrap().push(Arc::clone(&self.cell));
    }
}

impl Counter for WipesCells {
    const INFO: Info = info("wipes_cells", Grade::Exact);
    type Handle<'a> = WipedCell<'a>;
    fn new(_threads: usize) -> Self {
        WipesCells::default()
    }
    fn handle(&self) -> WipedCell<'_> {
        let free = self.free.lock().unwrap().pop();
        let cell = free.unwrap_or_else(|| {
            let new = Arc::default();
            self.all.lock().unwrap().push(Arc::clone(&new));
            new
        });
        cell.store(0, Relaxed);
        WipedCell { home: self, cell }
    }
    fn total(&self) -> u64 {
        self.all.lock().unwrap().iter().map(|cell| cell.load(Relaxed)).sum()
    }
}

/// A place for each thread it ever met, and no more than seventy.
#[derive(Default)]
pub(super) struct SeventyThreads(Mutex<HashMap<ThreadId, u64>>);

impl Plain for SeventyThreads {
    const INFO: Info = info("seventy_threads", Grade::Exact);
    fn increment(&self) {
        let mut places = self.0.lock().unwrap();
        let me = thread::current().id();
        if places.len() < 70 || places.contains_key(&me) {
            *places.entry(me).or_default() += 1;
        }
    }
    fn total(&self) -> u64 {
        self.0.lock().unwrap().values().sum()
    }
}

/// The share of each live thread, and nothing of those that ended. As `ShardedAtomic` of valkey-search was until pull request 1119
/// (2026): memory allocated by one thread and freed by another went negative when one of them ended.
#[derive(Default)]
pub(super) struct ForgetsEnded(Mutex<Vec<Arc<AtomicU64>>>);
pub(super) struct Share<'a> {
    all: &'a ForgetsEnded,
    mine: Arc<AtomicU64>,
}

impl Handle for Share<'_> {
    fn increment(&mut self) {
        self.mine.fetch_add(1, Relaxed);
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.all.0.lock().unwrap().retain(|share| !Arc::ptr_eq(share, &self.mine));
    }
}

impl Counter for ForgetsEnded {
    const INFO: Info = info("forgets_ended", Grade::Exact);
    type Handle<'a> = Share<'a>;
    fn new(_threads: usize) -> Self {
        ForgetsEnded::default()
    }
    fn handle(&self) -> Share<'_> {
        let mine = Arc::default();
        self.0.lock().unwrap().push(Arc::clone(&mine));
        Share { all: self, mine }
    }
    fn total(&self) -> u64 {
        self.0.lock().unwrap().iter().map(|share| share.load(Relaxed)).sum()
    }
}
