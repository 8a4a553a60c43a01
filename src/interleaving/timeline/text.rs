//! The timeline for a terminal: time goes down, a column is a thread.

use std::fmt::Write;

use super::super::Run;
use super::{detail, loss, outcome, title};

const BOLD_RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

/// The timeline as lines of text; with `colour`, lost stores are also red.
///
/// A line is a step: its number, what the thread did and what its register `r` holds afterwards (`v` is the
/// value stored), the shared value, and for a store that did not last which step stored over it.
pub fn text(run: &Run, colour: bool) -> String {
    let threads = run.schedule.race().threads();
    let names = run.events.iter().map(|event| event.step.name.len()).max().unwrap_or_default();
    let cell = |name: &str, detail: &str| format!("{name:<names$} {detail}").trim_end().to_owned();
    let headings: Vec<String> = (0..threads).map(|thread| format!("thread {thread}")).collect();
    // As wide as the widest of its thread needs, so that many threads fit.
    let mut widths: Vec<usize> = headings.iter().map(String::len).collect();
    for event in &run.events {
        let width = &mut widths[event.thread];
        *width = cell(event.step.name, &detail(event)).len().max(*width);
    }
    let number = run.events.len().to_string().len().max("step".len());

    let mut out = format!("{}\n{}\n\n", title(run), run.schedule);
    let lanes = |cells: &dyn Fn(usize) -> String| {
        (0..threads).map(|thread| format!("  {:<1$}", cells(thread), widths[thread])).collect::<String>()
    };
    let _ = writeln!(out, "{:>number$}{}  value", "step", lanes(&|thread| headings[thread].clone()));
    for (at, event) in run.events.iter().enumerate() {
        let this = cell(event.step.name, &detail(event));
        let lanes = lanes(&|thread| if thread == event.thread { this.clone() } else { String::new() });
        let line = format!("{:>number$}{lanes}  {:>5}", at + 1, event.value);
        let _ = match loss(event) {
            Some(loss) if colour => writeln!(out, "{BOLD_RED}{line}  {loss}{PLAIN}"),
            Some(loss) => writeln!(out, "{line}  {loss}"),
            None => writeln!(out, "{line}"),
        };
    }
    let _ = writeln!(out, "\n{}", outcome(run));
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::{Race, Schedule};
    use super::*;

    #[test]
    fn six_steps_as_a_timeline() {
        let run = Schedule::parse("load_store.1:2x1:010101").unwrap().run();
        let expected = "\
load_store: 2 threads, 1 increment each
load_store.1:2x1:010101

step  thread 0   thread 1   value
   1  load  r=0                 0
   2             load  r=0      0
   3  add   r=1                 0
   4             add   r=1      0
   5  store v=1                 1  LOST: step 6 stores over it
   6             store v=1      1

2 attempted, 1 kept, 1 lost; 5 switches
";
        assert_eq!(text(&run, false), expected);
    }

    #[test]
    fn what_leaves_nothing_in_the_register_shows_nothing() {
        let run = Schedule::parse("std_mutex.1:1x1:00000").unwrap().run();
        let steps: Vec<String> = text(&run, false).lines().skip(4).take(5).map(str::to_owned).collect();
        let expected = [
            "   1  lock            0",
            "   2  load   r=0      0",
            "   3  add    r=1      0",
            "   4  store  v=1      1",
            "   5  unlock          1",
        ];
        assert_eq!(steps, expected);
        let retry = Schedule::parse("cas_loop.1:2x1:01011").unwrap().run();
        assert!(text(&retry, false).contains("cas  failed, r=1"), "{}", text(&retry, false));
    }

    #[test]
    fn colour_is_for_lost_stores_and_changes_no_word() {
        let run = Schedule::parse("load_store.1:2x1:010101").unwrap().run();
        let coloured = text(&run, true);
        assert_eq!(coloured.matches(BOLD_RED).count(), 1);
        assert_eq!(coloured.replace(BOLD_RED, "").replace(PLAIN, ""), text(&run, false));
        let exact = Race::new("fetch_add", 2, 2).unwrap().in_order().run();
        assert_eq!(text(&exact, true), text(&exact, false));
    }
}
