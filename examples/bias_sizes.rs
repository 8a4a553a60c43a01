//! How large are the known biases here? Prints the table of `src/docs/bias.md` from the files on disk; nothing is run.
//!
//! ```text
//! cargo run --example bias_sizes            # the measured machine of results/
//! cargo run --example bias_sizes -- FOLDER  # one machine's folder
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use miscount::figure::{count, ns, percent};
use miscount::results::{Cell, Interval, Machine, Origin, PastRun, read_all, read_machine};
use miscount::round::{Verdict, collapse, expected_racy_loss, share};
use miscount::stats::{median, quantile};
use miscount::workload::{Load, Placement};

fn main() -> ExitCode {
    let found = match std::env::args_os().nth(1) {
        Some(folder) => read_machine(folder.as_ref()).map_err(|error| error.to_string()),
        None => {
            let results = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results");
            let measured = read_all(&results).0.into_iter().find(|machine| machine.origin == Origin::Measured);
            measured.ok_or_else(|| "nothing was measured in results/: run `cargo bench`".to_owned())
        }
    };
    match found {
        Ok(machine) => {
            print!("{}", table(&machine));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bias_sizes: {error}");
            ExitCode::from(2)
        }
    }
}

fn table(machine: &Machine) -> String {
    let here = Here { machine, cpus: machine.card.usable_cpus };
    let rows = [
        ("empty loop taken off", here.below_zero()),
        ("think time off its aim", here.think_off()),
        ("think time told too low", here.gauge_low()),
        ("threads that do not overlap", here.apart()),
        ("rounds run again", here.retried()),
        ("interval of one run", here.half_widths()),
        ("left between two runs", here.between_two()),
        ("rows of one counter", here.between_runs()),
        ("two ids of one lock", here.again()),
        ("rounds longer than asked for", here.long()),
        ("a look at the clock in a pass", here.clock()),
        ("waits still open", here.open()),
        ("interpreters start one after another", here.interpreters()),
        ("FIFO locks, one thread too many", here.collapsed()),
        ("loss below 1 - 1/N", here.loss()),
        ("loss from round to round", here.spread_of_loss()),
        ("steal", here.noise(|cell| cell.figures.noise?.steal)),
        ("other load", here.noise(|cell| cell.figures.noise?.other_load)),
        ("drift of the clock", here.noise(|cell| cell.figures.noise?.drift)),
        ("threads that nobody pinned", here.unpinned()),
    ];
    let mut text = format!("| bias | on {} |\n|---|---|\n", machine.card.id);
    for (bias, size) in rows {
        text.push_str(&format!("| {bias} | {} |\n", size.unwrap_or_else(|| "not measured".to_owned())));
    }
    text
}

/// A machine's cells, for queries.
struct Here<'m> {
    machine: &'m Machine,
    cpus: usize,
}

/// FIFO locks: a thread's turn comes after the thread before it, even if it is not running.
const FIFO: [&str; 3] = ["ticket", "mcs", "clh"];

/// Median, 90th percentile and highest of plain values.
fn spread(values: &[f64], one: impl Fn(f64) -> String) -> String {
    let [middle, most, all] = [0.5, 0.9, 1.0].map(|q| one(quantile(values, q)));
    format!("median {middle}, 90 % up to {most}, most {all}")
}

/// The values, if there are any.
fn some(values: Vec<f64>) -> Option<Vec<f64>> {
    (!values.is_empty()).then_some(values)
}

fn gross(cell: &Cell) -> Option<f64> {
    Some(cell.figures.ns_per_op_per_thread?.median)
}

fn half_width(i: Interval) -> f64 {
    (i.high - i.low) / 2.0 / i.median
}

impl Here<'_> {
    fn cells<'a>(&'a self, bench: &'a str) -> impl Iterator<Item = &'a Cell> {
        self.machine.cells.iter().filter(move |cell| cell.key.bench == bench)
    }

    /// Of the bench `counters`, with no more threads than CPUs.
    fn counters(&self) -> impl Iterator<Item = &Cell> {
        self.cells("counters").filter(|cell| cell.key.threads <= self.cpus && cell.key.placement == Placement::Spread)
    }

    fn saturated(&self, subject: &str, threads: usize) -> Option<&Cell> {
        self.cells("counters").find(|cell| {
            (cell.key.subject.as_str(), cell.key.threads, cell.key.level.as_str()) == (subject, threads, "saturated")
                && cell.key.placement == Placement::Spread
        })
    }

    fn below_zero(&self) -> Option<String> {
        let net = |cell: &Cell| Some(cell.figures.net_ns_per_op?.median);
        let saturated = || self.counters().filter(|cell| cell.key.level == "saturated");
        let lowest = saturated().filter_map(|cell| Some((net(cell)?, cell))).min_by(|a, b| a.0.total_cmp(&b.0))?;
        let none = gross(self.saturated("none", lowest.1.key.threads)?)?;
        let (subject, threads) = (&lowest.1.key.subject, lowest.1.key.threads);
        let what = format!("lowest net cost {} ns (`{subject}`, {threads} threads), where", ns(lowest.0));
        Some(format!("{what} `none` takes {} ns", ns(none)))
    }

    /// The achieved mean think time / the wanted one.
    fn think_off(&self) -> Option<String> {
        let off = |cell: &Cell| {
            let think = Load::of(&cell.key.level)?.outside();
            (!think.is_zero()).then_some((cell.figures.achieved_think_ns? / think.as_nanos() as f64 - 1.0).abs())
        };
        Some(spread(&some(self.counters().filter_map(off).collect())?, percent))
    }

    /// The gauge takes the fastest of many tries; cells have the usual speed.
    fn gauge_low(&self) -> Option<String> {
        let more = |cell: &Cell| Some(gross(cell)? / cell.figures.achieved_think_ns? - 1.0);
        let none = self.counters().filter(|cell| cell.key.subject == "none").filter_map(more).collect();
        Some(format!("`none` takes more than its think time: {}", spread(&some(none)?, percent)))
    }

    fn apart(&self) -> Option<String> {
        let valid = self.counters().filter(|cell| cell.key.threads > 1 && cell.facts.verdict == Verdict::Valid);
        let apart = valid.filter_map(|cell| Some(1.0 - cell.figures.overlap?.median)).collect();
        Some(format!("share of the wall in which not all count: {}", spread(&some(apart)?, percent)))
    }

    fn retried(&self) -> Option<String> {
        let (mut kept, mut tried, mut cells, mut all) = (0, 0, 0, 0);
        for cell in self.cells("counters") {
            let (Some(of_it), Some(with)) = (cell.figures.rounds_kept, cell.figures.rounds_tried) else { continue };
            kept += of_it;
            tried += with;
            all += 1;
            cells += usize::from(with > of_it);
        }
        let again = (tried - kept) as u64;
        (all > 0).then(|| {
            let of_rounds = percent(share(again, tried as u64));
            format!("{} of {} ({of_rounds}), in {cells} of {all} cells", count(again), count(tried as u64))
        })
    }

    fn half_widths(&self) -> Option<String> {
        let valid = self.counters().filter(|cell| cell.facts.verdict == Verdict::Valid);
        let half = valid.filter_map(|cell| Some(half_width(cell.figures.ns_per_op_per_thread?))).collect();
        Some(format!("half of it, by the median: {}", spread(&some(half)?, percent)))
    }

    /// The result of the null study at the highest thread count: within a run, and between runs.
    fn between_runs(&self) -> Option<String> {
        let of_level = self.machine.resolution.iter().filter(|found| found.level == "saturated");
        let most = of_level.max_by_key(|found| found.threads)?;
        let within = format!("{} threads, saturated: rows of one counter within {} ns", most.threads, ns(most.ns));
        Some(format!("{within} in a run, {} ns between runs", ns(most.between_ns)))
    }

    fn again(&self) -> Option<String> {
        let again = self.cells("locks").filter(|cell| cell.key.variant == "again");
        let ratio = |cell: &Cell| {
            let first = self.cells("locks").find(|first| {
                let key = (first.key.subject.as_str(), first.key.variant.as_str(), first.key.threads);
                key == (cell.key.subject.as_str(), "", cell.key.threads)
                    && (&first.key.level, first.key.placement) == (&cell.key.level, cell.key.placement)
            })?;
            Some((gross(cell)? / gross(first)?).ln().abs().exp_m1())
        };
        let all: Vec<f64> = some(again.filter_map(ratio).collect())?;
        Some(format!("apart in {} rows: {}", all.len(), spread(&all, percent)))
    }

    fn long(&self) -> Option<String> {
        let timed = || ["counters", "locks", "reads"].into_iter().flat_map(|bench| self.cells(bench));
        let all = timed().filter(|cell| cell.figures.sample_ms.is_some()).count();
        let long: Vec<&Cell> = timed().filter(|cell| cell.figures.sample_ms.is_some_and(|ms| ms >= 25.0)).collect();
        let fifo = long.iter().filter(|cell| FIFO.contains(&cell.key.subject.as_str())).count();
        (all > 0).then(|| {
            format!("25 ms and more in {} of {} cells, {fifo} of them FIFO locks", long.len(), count(all as u64))
        })
    }

    /// How far apart the medians of the two newest runs with passes are, for each cell.
    fn between_two(&self) -> Option<String> {
        let of = |cell: &Cell| {
            let key = cell.key.clone();
            let with = |past: &PastRun| {
                past.cells.iter().find(|c| c.key == key && c.figures.rounds.is_some() && !c.facts.quick).cloned()
            };
            let mut both = self.machine.history.iter().filter_map(with).filter_map(|cell| gross(&cell));
            Some((both.next()? / both.next()?).ln().abs().exp_m1())
        };
        let part = |over: bool| {
            let cells = self.machine.cells.iter().filter(|cell| (cell.key.threads > self.cpus) == over);
            let all = some(cells.filter_map(of).collect())?;
            let [middle, most] = [0.5, 0.9].map(|q| percent(quantile(&all, q)));
            Some(format!("median {middle}, 90 % up to {most} ({} cells)", count(all.len() as u64)))
        };
        let within = part(false).map(|text| format!("threads <= CPUs: {text}"));
        let parts: Vec<String> =
            within.into_iter().chain(part(true).map(|text| format!("oversubscribed: {text}"))).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn clock(&self) -> Option<String> {
        let looks = self.cells("locks").filter_map(|cell| Some(cell.figures.waits?.clock_ns)).collect();
        Some(format!("two looks take {} ns, taken off each wait", ns(median(&some(looks)?))))
    }

    fn open(&self) -> Option<String> {
        let waits = || self.cells("locks").filter_map(|cell| cell.figures.waits);
        let (open, all) = (waits().filter(|waits| waits.open > 0).count(), waits().count());
        (all > 0).then(|| format!("in {open} of {all} passes of a second"))
    }

    fn interpreters(&self) -> Option<String> {
        let most = self.cells("interpreters").map(|cell| cell.key.threads).max()?;
        let there =
            self.cells("interpreters").filter(|cell| cell.key.threads == most && cell.key.level == "switch_5ms");
        let apart = there.filter_map(|cell| Some(1.0 - cell.figures.overlap?.median)).collect();
        Some(format!("{most} threads, not all counting: {}", spread(&some(apart)?, percent)))
    }

    fn collapsed(&self) -> Option<String> {
        let times = |subject: &str| {
            let over = gross(self.saturated(subject, self.cpus + 1)?)?;
            Some(format!("`{subject}` × {}", ns(collapse(over, gross(self.saturated(subject, self.cpus)?)?))))
        };
        let all: Vec<String> = FIFO.into_iter().filter_map(times).collect();
        (!all.is_empty()).then(|| format!("{} CPUs to {} threads: {}", self.cpus, self.cpus + 1, all.join(", ")))
    }

    fn loss(&self) -> Option<String> {
        let cell = self.saturated("load_store", self.cpus)?;
        let (lost, expected) = (cell.figures.loss_rate?.pooled, expected_racy_loss(self.cpus, self.cpus));
        Some(format!("`load_store`, {} threads: {} instead of {}", self.cpus, percent(lost), percent(expected)))
    }

    fn spread_of_loss(&self) -> Option<String> {
        let loss = self.saturated("load_store", self.cpus)?.figures.loss_rate?;
        let [min, median, max] = [loss.min, loss.median, loss.max].map(percent);
        Some(format!("`load_store`, {} threads: {min} to {max}, median {median}", self.cpus))
    }

    fn noise(&self, of: fn(&Cell) -> Option<f64>) -> Option<String> {
        Some(spread(&some(self.machine.cells.iter().filter_map(of).collect())?, percent))
    }

    fn unpinned(&self) -> Option<String> {
        let cells = self.machine.cells.iter().filter(|cell| cell.key.placement == Placement::Unpinned);
        let cells = cells
            .filter(|cell| cell.key.subject == "load_store" && cell.key.threads == 2 && cell.key.level == "saturated");
        let lost = cells.filter_map(|cell| Some(cell.figures.loss_rate?.pooled)).next()?;
        Some(format!("`load_store`, 2 threads: {} lost", percent(lost)))
    }
}
