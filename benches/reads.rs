//! Reads and writes: what one of each costs by how much is reading, and how far reads are off.

use std::process::ExitCode;

use miscount::counters::{
    atomic::FetchAdd,
    blocking::{CrossbeamShardedLock, ParkingLotMutex, ParkingLotRwLock, SeqLock, StdMutex, StdRwLock},
    sharded::{Adaptive, Flushing, PerThread, PerThreadTls, Striped},
    snapshot::ArcSwapRcu,
};
use miscount::suite::{self, Row};
use miscount::workload::GridPoint;

fn main() -> ExitCode {
    let counters: [fn(GridPoint) -> Row; 13] = [
        Row::mix::<FetchAdd>,
        Row::mix::<StdMutex>,
        Row::mix::<ParkingLotMutex>,
        Row::mix::<StdRwLock>,
        Row::mix::<ParkingLotRwLock>,
        Row::mix::<CrossbeamShardedLock>,
        Row::mix::<SeqLock>,
        Row::mix::<Striped>,
        Row::mix::<Adaptive>,
        Row::mix::<PerThread>,
        Row::mix::<PerThreadTls>,
        Row::mix::<Flushing>,
        Row::mix::<ArcSwapRcu>,
    ];
    suite::run("reads", |sweep| counters.iter().flat_map(|row| sweep.grid("reads").map(row)).collect())
}
