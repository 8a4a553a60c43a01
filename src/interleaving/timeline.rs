//! A run as a timeline: one lane for each thread, registers, and lost stores.

mod svg;
mod text;

pub use svg::svg;
pub use text::text;

use super::{Event, Fate, Run};

/// The effect of a step on the thread's register, in short.
fn detail(event: &Event) -> String {
    match (event.failed, event.register) {
        (true, Some(register)) => format!("failed, r={register}"),
        (_, Some(register)) => format!("r={register}"),
        _ if event.adds > 0 => format!("v={}", event.value),
        _ => String::new(),
    }
}

/// The loss of a step's store, if it was lost; steps are counted from 1.
fn loss(event: &Event) -> Option<String> {
    match event.fate {
        Some(Fate::Lost { by }) => Some(format!("LOST: step {} stores over it", by + 1)),
        _ => None,
    }
}

/// The race, in one line.
fn title(run: &Run) -> String {
    let race = run.schedule.race();
    let each = if race.threads() == 1 { "" } else { " each" };
    format!("{}: {}, {}{each}", race.program().id, some(race.threads(), "thread"), some(race.increments(), "increment"))
}

/// The result, in one line.
fn outcome(run: &Run) -> String {
    let switches = match run.schedule.switches() {
        1 => "1 switch".to_owned(),
        n => format!("{n} switches"),
    };
    format!("{} attempted, {} kept, {} lost; {switches}", run.attempted(), run.kept(), run.lost())
}

fn some(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
