//! How far a run is: a bar on a terminal, else a line after each pass.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::minutes;
use crate::streams::say;
use crate::workload::Passes;

/// The bar: pass, share done, time left, what is being measured.
const BAR: &str = "{prefix} [{bar:24}] {percent} %, {msg}";

/// How far a run is.
pub(super) struct Progress {
    bench: &'static str,
    /// What decides when it ends.
    passes: Passes,
    /// Rounds there will be, where that is known.
    rounds: u64,
    done: u64,
    began: Instant,
    bar: Option<ProgressBar>,
}

/// Parts of a bar.
const PARTS: u64 = 1_000;

/// Whether standard error is a terminal whose user has not switched off what moves.
fn shows_bar() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal()
        && !set("NO_COLOR")
        && !set("CI")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Progress {
    /// Of a run of so many passes, or so long; `rounds` of so many passes.
    pub(super) fn new(bench: &'static str, passes: Passes, rounds: impl Fn(usize) -> u64) -> Progress {
        let rounds = if let Passes::Count(count) = passes { rounds(count) } else { 0 };
        let bar = shows_bar().then(|| {
            // Drawn between rounds only, five times a second at most, and by no thread of its own.
            let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr_with_hz(5));
            bar.with_style(ProgressStyle::with_template(BAR).expect("the template is sound").progress_chars("=> "))
        });
        Progress { bench, passes, rounds, done: 0, began: Instant::now(), bar }
    }

    /// A pass as people are told of it.
    pub(super) fn pass(&self, pass: usize) -> String {
        match self.passes {
            Passes::Count(count) => format!("pass {pass} of {count}"),
            Passes::Time(_) => format!("pass {pass}"),
        }
    }

    /// The share that is done.
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

    /// A cell is being measured, in a pass or after them all.
    pub(super) fn at(&self, pass: Option<usize>, id: &str) {
        if let Some(bar) = &self.bar {
            let stage = pass.map_or("after the passes".to_owned(), |pass| self.pass(pass));
            bar.set_prefix(format!("{}: {stage}", self.bench));
            let left = self.left().map(|left| format!("{} left, ", minutes(left))).unwrap_or_default();
            bar.set_message(format!("{left}{id}"));
        }
    }

    /// One more round.
    pub(super) fn round_done(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position((self.share() * PARTS as f64) as u64);
        }
    }

    /// A pass is done, and recorded.
    pub(super) fn pass_done(&self, pass: usize) {
        if self.bar.is_none() {
            let left = self.left().map(|left| format!(", about {} left", minutes(left))).unwrap_or_default();
            say(format_args!("{}: {} done{left}", self.bench, self.pass(pass)));
        }
    }

    /// Says a line, with the bar out of its way.
    pub(super) fn aside(&self, what: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(what),
            None => what(),
        }
    }

    /// All is measured.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
