//! How far a run is: a bar on a terminal, else a line after each quarter of the passes.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::minutes;
use crate::streams::say;
use crate::workload::Passes;

/// The bar: pass, share done, time left, what is being measured.
const BAR: &str = "{prefix} [{bar:24}] {percent} %, {msg}";

/// Progress of a run.
pub(super) struct Progress {
    bench: &'static str,
    /// What ends the run.
    passes: Passes,
    /// Number of rounds of the whole run, if known.
    rounds: u64,
    done: u64,
    began: Instant,
    bar: Option<ProgressBar>,
    /// Quarters of the run that were said to be done.
    quarters: usize,
}

/// Positions of the bar.
const PARTS: u64 = 1_000;

/// Whether standard error is a terminal that takes moving text.
fn shows_bar() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal()
        && !set("NO_COLOR")
        && !set("CI")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Progress {
    /// Progress of a run of `passes`; `rounds` gives the rounds in a number of passes.
    pub(super) fn new(bench: &'static str, passes: Passes, rounds: impl Fn(usize) -> u64) -> Progress {
        let rounds = if let Passes::Count(count) = passes { rounds(count) } else { 0 };
        let bar = shows_bar().then(|| {
            // Drawn between rounds only, five times a second at most, and by no thread of its own.
            let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr_with_hz(5));
            bar.with_style(ProgressStyle::with_template(BAR).expect("the template is sound").progress_chars("=> "))
        });
        Progress { bench, passes, rounds, done: 0, began: Instant::now(), bar, quarters: 0 }
    }

    /// Text for a pass.
    pub(super) fn pass(&self, pass: usize) -> String {
        match self.passes {
            Passes::Count(count) => format!("pass {pass} of {count}"),
            Passes::Time(_) => format!("pass {pass}"),
        }
    }

    /// Share of the run that is done.
    fn share(&self) -> f64 {
        let share = match self.passes {
            Passes::Count(_) => self.done as f64 / self.rounds.max(1) as f64,
            Passes::Time(time) => self.began.elapsed().as_secs_f64() / time.as_secs_f64(),
        };
        share.min(1.0)
    }

    fn left(&self) -> Option<Duration> {
        let share = self.share();
        (share > 0.02).then(|| self.began.elapsed().mul_f64((1.0 - share) / share))
    }

    /// Shows the cell that is being measured, in a pass or after all passes.
    pub(super) fn at(&self, pass: Option<usize>, id: &str) {
        if let Some(bar) = &self.bar {
            let stage = pass.map_or("after the passes".to_owned(), |pass| self.pass(pass));
            bar.set_prefix(format!("{}: {stage}", self.bench));
            let left = self.left().map(|left| format!("{} left, ", minutes(left))).unwrap_or_default();
            bar.set_message(format!("{left}{id}"));
        }
    }

    /// Counts a round.
    pub(super) fn round_done(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position((self.share() * PARTS as f64) as u64);
        }
    }

    /// Says that a pass is done and recorded, where there is no bar: the first of each quarter.
    pub(super) fn pass_done(&mut self, pass: usize) {
        let quarters = match self.passes {
            Passes::Count(count) => 4 * pass / count,
            Passes::Time(_) => (4.0 * self.share()) as usize,
        };
        if self.bar.is_none() && quarters > std::mem::replace(&mut self.quarters, quarters) {
            let left = self.left().map(|left| format!(", about {} left", minutes(left))).unwrap_or_default();
            say(format_args!("{}: {} done{left}", self.bench, self.pass(pass)));
        }
    }

    /// Hides the bar while `what` prints.
    pub(super) fn aside(&self, what: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(what),
            None => what(),
        }
    }

    /// Removes the bar.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
