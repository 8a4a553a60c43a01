//! A cell per CPU and counter: a thread adds to the cell of the CPU that it runs on, by a load, an add and a store that
//! no other thread of that CPU can come between. *Source:* restartable sequences, of Paul Turner and Andrew Hunter
//! (Google, 2015), in Linux since 4.18 (Mathieu Desnoyers, 2018).
//!
//! The three steps are a restartable sequence. Where the system takes the thread off its CPU within it, or moves it, or
//! calls a signal handler, the thread starts the sequence again afterwards. The store is the last step, so an increment
//! is made once. The memory is by CPUs, however many threads there are. *Limits:* Linux on x86-64 and aarch64, where
//! the C library registers threads for it, as glibc does since 2.35. Elsewhere all threads add to one atomic, and
//! benches leave the counter out: [`PerCpu::missing`](Counter::missing) says why.

mod registry;
#[cfg_attr(
    not(all(
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))
    )),
    path = "per_cpu/no_rseq.rs"
)]
mod rseq;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Counter, Grade, Handle, Info};
use crate::topology;
use registry::{Row, registry};
use rseq::{Rseq, Sequence};

/// Cells with one writer at a time, one for each CPU that the machine may have. Any number of counters and threads.
pub struct PerCpu {
    /// The rows of its cells, one for each CPU; none where there are no restartable sequences.
    rows: &'static [Row],
    /// Its number in the registry; its cell has the same place in each row.
    number: usize,
    /// Increments without a cell.
    spilled: AtomicU64,
}

/// What adds to a counter; any thread may have it.
#[derive(Clone, Copy)]
pub struct Adder<'a> {
    sequence: Option<Sequence>,
    spilled: &'a AtomicU64,
}

impl Handle for Adder<'_> {
    #[inline]
    fn increment(&mut self) {
        if !self.sequence.is_some_and(Sequence::add_one) {
            // No restartable sequences on this machine, or for this thread.
            self.spilled.fetch_add(1, Relaxed);
        }
    }
}

impl Counter for PerCpu {
    const INFO: Info = Info {
        id: "per_cpu",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a cell per CPU, added to in a restartable sequence",
        source: "restartable sequences: Turner and Hunter (2015), Desnoyers (Linux 4.18)",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Adder<'a>;

    fn new(_threads: usize) -> Self {
        let (number, rows) = match here() {
            Ok(here) => registry().take(here.cpus),
            Err(_) => (0, [].as_slice()),
        };
        PerCpu { rows, number, spilled: AtomicU64::new(0) }
    }

    fn handle(&self) -> Adder<'_> {
        let sequence = here().ok().map(|here| here.rseq.sequence(self.rows, self.number));
        Adder { sequence, spilled: &self.spilled }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        let cells = self.rows.iter().map(|row| row.cell(self.number));
        cells.fold(self.spilled.load(Relaxed), |sum, cell| sum.wrapping_add(cell.load(Relaxed)))
    }

    fn missing() -> Option<&'static str> {
        here().err()
    }

    /// A cell for each CPU that the machine may have.
    fn bytes(_threads: usize) -> usize {
        size_of::<Self>() + here().map_or(0, |here| here.cpus) * size_of::<AtomicU64>()
    }
}

impl Drop for PerCpu {
    fn drop(&mut self) {
        if !self.rows.is_empty() {
            // Nobody counts with it any more, and the next owner of the number comes through the lock.
            registry().give(self.number);
        }
    }
}

/// What a machine with restartable sequences has.
#[derive(Clone, Copy)]
struct Here {
    rseq: Rseq,
    /// One more than the highest id that a CPU may have. Ids may have holes.
    cpus: usize,
}

/// The restartable sequences of this process, or why there are none.
fn here() -> Result<Here, &'static str> {
    static HERE: OnceLock<Result<Here, &'static str>> = OnceLock::new();
    *HERE.get_or_init(|| {
        let rseq = Rseq::find()?;
        let cpus = topology::possible_cpus().ok_or("the system does not say which CPUs it may have")?;
        Ok(Here { rseq, cpus })
    })
}

#[cfg(test)]
mod tests;
