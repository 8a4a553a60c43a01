//! What it costs to count correctly, and how wrong the count is when you don't.
//!
//! Shared-counter implementations, measured by Criterion over thread counts and contention levels,
//! with **lost updates recorded beside throughput**. `cargo bench` measures the catalogue. The benches, the
//! report and the `miscount` command use this library, and a crate of your own can measure its counters with it.
//!
//! # One round
//!
//! Two pinned threads count with a plain `counter += 1`, and lose updates:
//!
//! ```
//! use miscount::counters::racy::LoadStore;
//! use miscount::team::{Limits, Plan, Team};
//! use miscount::topology::{self, Topology};
//! use miscount::workload::Placement;
//!
//! let cpus = Topology::detect().assign(Placement::Spread, 2);
//! let mut team = Team::start(&cpus, Limits::default())?;
//! let plan = Plan { iters: 100_000, pace: None, usable_cpus: topology::usable_count() };
//! let round = miscount::kernel::round::<LoadStore>(&mut team, &plan)?;
//!
//! let lost = round.lost().expect("a counter that is no control has a count");
//! println!("lost {lost} of {} attempted ({})", round.attempted(), round.verdict().id());
//! assert_eq!(round.attempted(), 200_000);
//! assert_eq!(round.kept, Some(200_000 - lost));
//! # Ok::<(), miscount::team::Failure>(())
//! ```
//!
//! # Where to begin
//!
//! [`docs::start`] shows what a lost update is, explains a measured cell field by field, and says how far to trust it. The
//! numbered `examples/` do the same in code: lose an update (01), measure a counter of your own (02), find out whether it is
//! right (03), measure a lock of your own (04), read results (05), replay a loss step by step (06). Next come [`docs::method`]
//! for each figure and guard, [`docs::bias`] for what may be wrong with them, [`docs::bringing_your_own`] and
//! [`docs::adding_a_counter`] for your own counters and locks, and [`docs::architecture`] for the source.
//!
//! # What is where
//!
//! | Module | What it holds |
//! |---|---|
//! | [`counter`] | the traits of a counter: [`Counter`](counter::Counter), [`Handle`](counter::Handle), [`Plain`](counter::Plain), [`Grade`](counter::Grade), [`Info`](counter::Info) |
//! | [`counters`] | the counters, one file an algorithm, a folder a family |
//! | [`lock`] | the trait of a lock, and the counter that each lock makes |
//! | [`ticketing`] | counters whose increment gives back the value before, each value once |
//! | [`critical`] | the critical section of the locks bench, which sees two threads inside |
//! | [`catalogue`] | the list of counters and locks, and the [`Visitor`](catalogue::Visitor) that iterates over it |
//! | [`conformance`] | does a counter keep the promise of its grade? for yours, too |
//! | [`sync`] | the primitives of counters: the standard library's or a model checker's |
//! | [`workload`] | thread counts, contention levels, placements: the axes of a sweep |
//! | [`clock`] | the cost of reading the clock |
//! | [`think`] | think time between two increments, and its calibration |
//! | [`topology`] | which CPUs may be used, and in what order threads take them |
//! | [`team`] | pinned, persistent threads that run one round after another |
//! | [`kernel`] | the one hot loop, and one round of a counter |
//! | [`holding`] | one round of a lock around work, and the pass that shows who waits for it |
//! | [`mix`] | reads and writes timed apart, and the error of reads |
//! | [`transfer`] | a cache line passed between two CPUs, and which pairs of CPUs are measured |
//! | [`units`] | a machine's own units: its uncontended `fetch_add`, its line transfer |
//! | [`round`](mod@round) | one round, every figure derived from it, its verdict |
//! | [`stats`] | medians and bootstrap intervals |
//! | [`suite`] | the glue to Criterion: cells, retries, record, gate |
//! | [`python`] | a model of CPython's lock, the interpreters of this machine, the articles' experiments and claims |
//! | [`lazy`] | ways of lazy initialisation, measured as counters are |
//! | [`ordering`] | memory order: litmus tests, what they cost and what they show |
//! | [`machine`] | the machine card |
//! | [`noise`] | steal, waits, other load and drift while a cell was measured |
//! | [`check`] | can figures of this machine be published? |
//! | [`results`] | the record on disk |
//! | [`rank`] | the rules of comparison, and when two costs differ |
//! | [`scaling`] | the Universal Scalability Law fitted to a row |
//! | [`figure`] | how figures are written |
//! | [`claims`] | claims of articles about locks and atomics, checked with a machine's figures |
//! | [`matrix`] | cells arranged for comparison: counters by thread counts |
//! | [`headline`] | the answer of one machine in a few words and figures |
//! | [`report`] | the record as a web page, a terminal table, Markdown |
//! | [`interleaving`] | how an update is lost: schedules that are drawn, replayed, shrunk, shown; exact distributions |
//! | [`choose`] | which counter or lock to use, from the record |
//! | [`compare`] | two machines, or two runs of one, cell by cell |
//! | [`docs`] | the pages: start, method, benches, catalogue, comparing, bias, format, adding a counter, bringing your own, proof, interpreters, interleaving, ordering, architecture |
//!
//! Dependencies point one way: `counter` knows nothing of threads, `team` nothing of Criterion,
//! `report` nothing of running.
//!
//! The feature `suite`, on by default, holds everything that measures and reports. Without it (`default-features = false`) the
//! counters, locks, hazards, litmus tests, the conformance suite and the threads that run them remain, and Criterion is no
//! dependency.
//!
//! # Measuring a counter of your own
//!
//! Implement [`Plain`](counter::Plain) (or [`Counter`](counter::Counter), where threads hold something) and
//! hand it to [`suite::Counters`]. A lock of yours implements [`Lock`](lock::Lock) and is measured around work, too.
//! [`docs::bringing_your_own`] has the whole package, file by file.

// What only the suite uses.
#![cfg_attr(not(feature = "suite"), allow(dead_code, unused_imports))]

pub mod catalogue;
#[cfg(feature = "suite")]
pub mod check;
#[cfg(feature = "suite")]
pub mod choose;
#[cfg(feature = "suite")]
pub mod claims;
#[cfg(feature = "suite")]
pub mod clock;
#[cfg(feature = "suite")]
pub mod compare;
pub mod conformance;
pub mod counter;
pub mod counters;
pub mod critical;
pub mod docs;
#[cfg(feature = "suite")]
pub mod figure;
#[cfg(feature = "suite")]
mod guard;
pub mod hazard;
pub mod hazards;
#[cfg(feature = "suite")]
pub mod headline;
#[cfg(feature = "suite")]
pub mod holding;
mod ids;
#[cfg(feature = "suite")]
pub mod interleaving;
pub mod kernel;
#[cfg(feature = "suite")]
pub mod lazy;
pub mod lock;
#[cfg(feature = "suite")]
pub mod machine;
#[cfg(feature = "suite")]
pub mod matrix;
#[cfg(feature = "suite")]
pub mod mix;
#[cfg(feature = "suite")]
pub mod noise;
pub mod ordering;
#[cfg(feature = "suite")]
pub mod parallel;
pub mod python;
#[cfg(feature = "suite")]
pub mod rank;
#[cfg(feature = "suite")]
pub mod report;
#[cfg(feature = "suite")]
pub mod results;
pub mod round;
#[cfg(all(test, feature = "suite"))]
mod samples;
#[cfg(feature = "suite")]
pub mod scaling;
#[cfg(feature = "suite")]
mod signals;
#[cfg(feature = "suite")]
pub mod stats;
#[cfg(feature = "suite")]
mod streams;
#[cfg(feature = "suite")]
pub mod suite;
pub mod sync;
pub mod team;
pub mod think;
pub mod ticketing;
pub mod topology;
#[cfg(feature = "suite")]
pub mod transfer;
#[cfg(feature = "suite")]
pub mod units;
#[cfg(feature = "suite")]
mod values;
pub mod workload;
