//! Reads and writes: what one of each costs by how much is reading, and how far reads are off.

use std::process::ExitCode;

use miscount::counter::Counter;
use miscount::counters::{
    atomic::FetchAdd,
    blocking::{CrossbeamShardedLock, ParkingLotMutex, ParkingLotRwLock, SeqLock, StdMutex, StdRwLock},
    sharded::{Adaptive, Flushing, PerThread, PerThreadTls, Striped},
    snapshot::ArcSwapRcu,
};
use miscount::suite::{self, Row};
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("reads", |sweep| {
        let mut rows = Rows { sweep, rows: Vec::new() };
        rows.add::<FetchAdd>();
        rows.add::<StdMutex>();
        rows.add::<ParkingLotMutex>();
        rows.add::<StdRwLock>();
        rows.add::<ParkingLotRwLock>();
        rows.add::<CrossbeamShardedLock>();
        rows.add::<SeqLock>();
        rows.add::<Striped>();
        rows.add::<Adaptive>();
        rows.add::<PerThread>();
        rows.add::<PerThreadTls>();
        rows.add::<Flushing>();
        rows.add::<ArcSwapRcu>();
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add<C: Counter>(&mut self) {
        for level in self.sweep.pick("reads") {
            for &placement in &self.sweep.placements {
                let row = |&threads| Row::mix::<C>(level, threads, placement);
                self.rows.extend(self.sweep.threads.iter().map(row));
            }
        }
    }
}
