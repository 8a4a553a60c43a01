//! Reads and writes: the cost of each in several mixes, and the error of reads.

use std::process::ExitCode;

use miscount::counters::{
    atomic::FetchAdd,
    blocking::{CrossbeamShardedLock, ParkingLotMutex, ParkingLotRwLock, SeqLock, StdMutex, StdRwLock},
    sharded::{Adaptive, Flushing, PerThread, PerThreadTls, Striped},
    snapshot::ArcSwapRcu,
};
use miscount::suite::{self, Case};
use miscount::workload::GridPoint;

fn main() -> ExitCode {
    let counters: [fn(GridPoint) -> Case; 13] = [
        Case::mix::<FetchAdd>,
        Case::mix::<StdMutex>,
        Case::mix::<ParkingLotMutex>,
        Case::mix::<StdRwLock>,
        Case::mix::<ParkingLotRwLock>,
        Case::mix::<CrossbeamShardedLock>,
        Case::mix::<SeqLock>,
        Case::mix::<Striped>,
        Case::mix::<Adaptive>,
        Case::mix::<PerThread>,
        Case::mix::<PerThreadTls>,
        Case::mix::<Flushing>,
        Case::mix::<ArcSwapRcu>,
    ];
    suite::run("reads", |sweep| counters.iter().flat_map(|case| sweep.grid("reads").map(case)).collect())
}
