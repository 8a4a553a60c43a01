//! Question: how exactly is an update lost, and can the same loss be replayed?
//!
//! ```text
//! cargo run --release --example 06_replay_a_schedule
//! ```
//!
//! It runs no threads, but steps of counters in a given order. So the output is the same on every machine
//! each time. The page `docs::interleaving` has the rules.

use miscount::interleaving::{Distribution, Error, Fate, Grain, Race, Schedule, draw, shrink, timeline};

fn main() -> Result<(), Error> {
    // Six steps of two threads, 0 and 1, in turn: both load 0, both add one, both store 1.
    let run = Schedule::parse("load_store.1:2x1:010101")?.run();
    print!("{}", timeline::text(&run, false));
    for (step, event) in run.events.iter().enumerate() {
        if let Some(Fate::Lost { by }) = event.fate {
            println!("the store of step {} was lost to that of step {}", step + 1, by + 1);
        }
    }

    // Schedules drawn from a seed: the first that loses, and the same one again from its text.
    let race = Race::new("load_store", 3, 4)?;
    let drawn = (0..).map(|seed| (seed, draw(&race, seed, Grain::Shared))).find(|(_, drawn)| drawn.run().lost() > 0);
    let (seed, found) = drawn.expect("hardly any schedule keeps all twelve");
    let text = found.to_string();
    println!("\nseed {seed} of 3 threads x 4 increments: {text}");
    let again = Schedule::parse(&text)?;
    println!("kept {} of {}, and again {}", found.run().kept(), race.attempted(), again.run().kept());

    // The same with the fewest switches that still lose.
    let shrunk = shrink(&found, false)?;
    let sure = if shrunk.fewest { "no schedule has fewer and loses" } else { "fewer may do" };
    println!("{} switches, shrunk to {}: {sure}", found.switches(), shrunk.schedule.switches());
    println!("{}", shrunk.schedule);

    // Not one schedule but all: how likely is each final value of two threads with two increments each?
    let all = Distribution::of(&Race::new("load_store", 2, 2)?, Grain::Shared, false)?;
    println!("\n2 threads x 2 increments: {} schedules", all.schedules);
    for outcome in &all.outcomes {
        println!(
            "kept {}: {} with a random scheduler, {} of all schedules",
            outcome.value, outcome.random, outcome.uniform
        );
    }

    // An atomic step cannot be interrupted: no seed loses.
    let exact = Race::new("fetch_add", 3, 4)?;
    let lost: u64 = (0..1_000).map(|seed| draw(&exact, seed, Grain::Shared).run().lost()).sum();
    println!("\nfetch_add, a thousand seeds: {lost} lost");
    Ok(())
}
