//! Question: how does a program of yours read results?
//!
//! ```text
//! cargo run --release --example 05_read_results            # results/ of this package
//! cargo run --release --example 05_read_results -- FOLDER  # any other
//! ```
//!
//! Reads every machine of a results folder. For each machine that this suite measured it shows one cell figure by figure (the
//! plain counter, two threads, no think time), says which other counters lost, and asks which counter to use instead.
//! Nothing is run. The page `docs::start` explains each field.

use std::path::PathBuf;
use std::process::ExitCode;

use miscount::choose::{self, Question, Words};
use miscount::figure;
use miscount::results::{Cell, Key, Machine, Origin, read_all};
use miscount::round::{Verdict, expected_racy_loss, ns_per_kept};
use miscount::workload::Placement;

fn main() -> ExitCode {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results");
    let folder = std::env::args_os().nth(1).map_or_else(own, PathBuf::from);
    // A file that cannot be read is left out and named.
    let (machines, left_out) = read_all(&folder);
    for error in &left_out {
        eprintln!("left out: {error}");
    }
    let measured: Vec<&Machine> = machines.iter().filter(|machine| machine.origin == Origin::Measured).collect();
    if measured.is_empty() {
        eprintln!("no machine was measured in {}: run `cargo bench` first, or name another folder", folder.display());
        return ExitCode::from(2);
    }
    for machine in measured {
        println!(
            "{}: {} cells of {}, {} CPUs",
            machine.card.id,
            machine.cells.len(),
            machine.card.cpu,
            machine.card.cpus
        );
        take_apart(machine);
        who_loses(machine);
        what_instead(machine);
    }
    ExitCode::SUCCESS
}

/// One cell, figure by figure. A figure that was not measured is `None`, never 0.
fn take_apart(machine: &Machine) {
    let wanted = Key {
        bench: "counters".into(),
        subject: "load_store".into(),
        variant: String::new(),
        threads: 2,
        level: "saturated".into(),
        placement: Placement::Spread,
    };
    let Some(cell) = machine.cells.iter().find(|cell| cell.key == wanted) else {
        println!("  load_store was not measured at 2 threads");
        return;
    };
    let (Some(attempted), Some(kept), Some(lost), Some(loss)) =
        (cell.figures.attempted, cell.figures.kept, cell.figures.lost, cell.figures.loss_rate)
    else {
        return;
    };
    println!("  load_store, 2 threads, saturated: {}", trust(cell));
    println!("    attempted {}", figure::count(attempted));
    println!("    kept      {}", figure::count(kept));
    println!("    lost      {} ({} of all)", figure::count(lost), figure::percent(loss.pooled));
    println!("    rounds    {} to {} lost", figure::percent(loss.min), figure::percent(loss.max));
    let expected = expected_racy_loss(cell.key.threads, machine.card.usable_cpus);
    println!("    expected  {} if each store were as likely to come last", figure::percent(expected));
    if let Some(gross) = cell.figures.ns_per_op_per_thread {
        println!("    cost      {} ns/op per thread, gross", figure::interval(gross, figure::ns));
        println!("    really    {} ns per update that stayed", figure::ns(ns_per_kept(gross.median, loss.pooled)));
    }
}

/// How far a cell's figures can be trusted, in a few words.
fn trust(cell: &Cell) -> String {
    let noise: Vec<&str> = cell.too_noisy().into_iter().map(|(kind, _)| kind).collect();
    match cell.facts.verdict {
        Verdict::Valid if cell.facts.quick => "valid, but two rounds only".to_owned(),
        Verdict::Valid if !noise.is_empty() => format!("valid, but noisy ({})", noise.join(", ")),
        verdict => verdict.id().to_owned(),
    }
}

/// Everything in the bench `counters` that lost updates, the most first.
fn who_loses(machine: &Machine) {
    let lost = |cell: &&Cell| cell.key.bench == "counters" && cell.figures.lost.is_some_and(|lost| lost > 0);
    let mut worst: Vec<(&str, f64, usize)> = Vec::new();
    for cell in machine.cells.iter().filter(lost) {
        let rate = cell.figures.loss_rate.map_or(0.0, |loss| loss.max);
        match worst.iter_mut().find(|(subject, _, _)| *subject == cell.key.subject) {
            Some(known) if known.1 >= rate => {}
            Some(known) => *known = (&cell.key.subject, rate, cell.key.threads),
            None => worst.push((&cell.key.subject, rate, cell.key.threads)),
        }
    }
    worst.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("  lose updates, worst round:");
    for (subject, rate, threads) in worst {
        println!("    {subject:<13} {} at {threads} threads", figure::percent(rate));
    }
}

/// The question of `miscount choose --threads 2 --think 0ns`, asked from a program.
fn what_instead(machine: &Machine) {
    let words = Words { threads: Some("2"), think: Some("0ns"), ..Words::default() };
    let answer = Question::ask(&words).and_then(|question| choose::answer(machine, &question));
    match answer {
        Ok(answer) => {
            println!("  cheapest of those that lose nothing, 2 threads, no think time:");
            for option in answer.options.iter().take(3) {
                println!("    {:<16} {} ns/op", option.name, option.text);
            }
        }
        Err(why) => println!("  no answer: {why}"),
    }
}
