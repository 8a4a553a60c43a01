//! Reads and writes: the cost of each in several mixes, and the error of reads.

use std::process::ExitCode;

use miscount::counter::Counter;
use miscount::counters::{
    atomic::FetchAdd,
    blocking::{CrossbeamShardedLock, ParkingLotMutex, ParkingLotRwLock, SeqLock, StdMutex, StdRwLock},
    sharded::{Adaptive, Flushing, PerThread, PerThreadTls, Striped},
    snapshot::ArcSwapRcu,
};
use miscount::suite::{self, Row};
use miscount::workload::{MIXES, Sweep};

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
        // Level by level, because rows of one level are compared.
        rows.rows.sort_by_key(|row| MIXES.iter().position(|level| level.id == row.level));
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn add<C: Counter>(&mut self) {
        for level in self.sweep.pick(&MIXES) {
            for &placement in &self.sweep.placements {
                let row = |&threads| Row::mix::<C>(level, threads, placement);
                self.rows.extend(self.sweep.threads.iter().map(row));
            }
        }
    }
}
