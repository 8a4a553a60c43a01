//! `miscount choose`: which counter or lock to use, from the figures on disk.

use std::path::{Path, PathBuf};

use miscount::choose::{self, Answer, Choice, Question, Words};
use miscount::figure::{self, ABSENT};
use miscount::machine::results_folder;
use miscount::rank::waiting::Waiting;
use miscount::rank::{Basis, Mark};
use miscount::results::{self, Machine};

use super::output::{self, Error};

/// Say which counter or lock to use for a pattern, from the figures on disk
///
/// Prints one sentence first: which one to take, or that it does not matter or cannot be told, and why. A table follows
/// with the options that cannot be told from the lowest, and the next few (`--all` for all), with intervals, fairness
/// and waits. Then it says where the order changes, which options win at other thread counts, and which rows are not
/// ranked. Nothing is run. There are three forms, which do not mix: a counter (`--think`), a lock around work
/// (`--critical` and `--parallel`), reads and writes (`--reads`, and maybe `--think`). It interpolates only
/// between measured points. If it cannot answer, one line names the cells to measure. `too noisy` is not a tie.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  miscount choose --threads 2 --think 1us
  miscount choose --threads 2 --critical 100ns --parallel 900ns --now std_mutex
  miscount choose --threads 2 --reads 90% --machine icelake-4c")]
pub(crate) struct Args {
    /// Threads that use it at once
    #[arg(long, value_name = "N")]
    threads: Option<String>,
    /// Time between two operations of a thread, such as 1us; 0 for none
    #[arg(long, value_name = "TIME")]
    think: Option<String>,
    /// Work done inside the lock, such as 100ns
    #[arg(long, value_name = "TIME")]
    critical: Option<String>,
    /// Work done between two uses of the lock
    #[arg(long, value_name = "TIME")]
    parallel: Option<String>,
    /// Share of operations that read, such as 90%
    #[arg(long, value_name = "PERCENT")]
    reads: Option<String>,
    /// The one that you use now: shows how much you could gain
    #[arg(long, value_name = "ID")]
    now: Option<String>,
    /// Placement of the threads: spread, siblings or unpinned; by default the measured one, spread first
    #[arg(long, value_name = "PLACEMENT")]
    placement: Option<String>,
    /// A machine's id, or the path of its folder or published file; by default this machine if it has
    /// results, else the only machine
    #[arg(long, value_name = "ID|PATH")]
    machine: Option<String>,
    /// The folder of results
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Show all options, and why each of the others is not ranked
    #[arg(long)]
    all: bool,
    /// Print JSON instead: all options, and the sentence as `answer`
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let question = Question::ask(&Words {
        threads: args.threads.as_deref(),
        think: args.think.as_deref(),
        critical: args.critical.as_deref(),
        parallel: args.parallel.as_deref(),
        reads: args.reads.as_deref(),
        placement: args.placement.as_deref(),
        now: args.now.as_deref(),
    })?;
    let (machines, wanted) = machines(args)?;
    let machine = choose::pick(&machines, wanted.as_deref(), &output::here())?;
    let answer = choose::answer(machine, &question)?;
    if args.json { output::print_json(&answer) } else { output::print(&text(&answer, args.all)) }
}

/// The machines to pick from, and the id to pick.
fn machines(args: &Args) -> Result<(Vec<Machine>, Option<String>), Error> {
    let folder = args.results.clone().unwrap_or_else(results_folder);
    let (machines, left_out) = results::read_all(&folder);
    let named = |id: &String| machines.iter().any(|m| m.card.id == *id);
    if let Some(path) = args.machine.as_ref().filter(|id| !named(id)).map(Path::new).filter(|path| path.exists()) {
        let one = if path.is_dir() { results::read_machine(path)? } else { results::published::read(path)? };
        let id = one.card.id.clone();
        return Ok((vec![one], Some(id)));
    }
    output::check_folder(&folder)?;
    for left_out in &left_out {
        output::complain(&format_args!("left out: {left_out}"));
    }
    Ok((machines, args.machine.clone()))
}

fn text(answer: &Answer, all: bool) -> String {
    let mut out = format!("{}\n\n{}\n\n", answer.answer, heading(answer));
    let shown = if all { answer.options.iter().collect() } else { short(answer) };
    out.push_str(&table(answer, &shown));
    out.push_str(&rest(answer, &shown));
    out.push('\n');
    if let Some(now) = &answer.now {
        out.push_str(&format!("now: {}\n", now.text));
    }
    if let Some(crossover) = &answer.crossover {
        out.push_str(&format!("crossover: {}\n", crossover.text));
    }
    if let Some(waits) = &answer.waits {
        out.push_str(&format!("waits: {waits}\n"));
    }
    out.push_str(&threads(answer));
    for note in &answer.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out.push_str(&if all { not_ranked(answer) } else { not_ranked_in_short(answer) });
    out
}

/// The most options shown that cannot be told from the lowest.
const UNTOLD: usize = 6;
/// Options shown that are known to cost more.
const NEXT: usize = 3;

/// The options to show: the first few that cannot be told from the lowest, or that bound a wait, the first few of the
/// others, and all that the answer or `--now` names.
fn short(answer: &Answer) -> Vec<&Choice> {
    let (mut untold, mut next) = (0, 0);
    let is_shown = |choice: &&Choice| {
        let is_first = choice.mark.is_some() || choice.waiting == Some(Waiting::Bounded);
        let (seen, most) = if is_first { (&mut untold, UNTOLD) } else { (&mut next, NEXT) };
        *seen += 1;
        let has = answer.now.as_ref().is_some_and(|now| now.name == choice.name);
        *seen <= most || has || answer.named.contains(&choice.name)
    };
    answer.options.iter().filter(is_shown).collect()
}

/// How many options are not shown.
fn rest(answer: &Answer, shown: &[&Choice]) -> String {
    let hidden = answer.options.len() - shown.len();
    let marked = answer.options.iter().filter(|c| c.mark.is_some()).count();
    let untold = marked - shown.iter().filter(|c| c.mark.is_some()).count();
    match (hidden, untold) {
        (0, _) => String::new(),
        (_, 0) => format!("{hidden} more with --all\n"),
        _ => format!("{hidden} more with --all ({untold} of them cannot be told from the lowest either)\n"),
    }
}

/// The rows that are not ranked, a line each.
fn not_ranked(answer: &Answer) -> String {
    if answer.not_ranked.is_empty() {
        return String::new();
    }
    let rows = answer.not_ranked.iter().map(|row| [format!("  {}", row.name), row.reason.clone()]);
    format!("\nnot ranked:\n{}", output::table(&[], rows))
}

/// How many rows are not ranked, by reason, in one line.
fn not_ranked_in_short(answer: &Answer) -> String {
    match choose::reasons(&answer.not_ranked) {
        none if none.is_empty() => none,
        reasons => format!("not ranked: {reasons} (names with --all)\n"),
    }
}

fn heading(answer: &Answer) -> String {
    let Answer { machine, bench, threads, placement, load, levels, .. } = answer;
    let by = if answer.published { " (published by others)" } else { "" };
    let s = if *threads == 1 { "" } else { "s" };
    let level = levels.join(" and ");
    let level_s = if levels.len() > 1 { "s" } else { "" };
    format!("{machine}{by}: {threads} thread{s}, {load}; bench {bench}, level{level_s} {level}, {placement}")
}

/// The kind of a cost, for the head of a column.
fn unit(basis: Basis) -> &'static str {
    match basis {
        Basis::Net => "net ns/op",
        Basis::Gross => "gross ns/op",
    }
}

/// A row for each option: what every bench measures, and then what this one does.
fn table(answer: &Answer, shown: &[&Choice]) -> String {
    let reads = answer.bench == "reads";
    let held_long = answer.options.iter().any(|c| c.waiting.is_some());
    let ns = |x: Option<f64>| x.map_or(ABSENT.into(), figure::ns);
    let rows = shown.iter().map(|c| {
        let standing = c.mark.map(Mark::text).or(c.waiting.map(Waiting::text)).unwrap_or_default();
        let costs: &[&str] = if held_long { &[] } else { &[&c.text, &c.interval] };
        let first = [&[c.name.as_str(), &c.family, c.grade], costs, &[standing]].concat();
        let first = first.into_iter().map(str::to_owned);
        let jain = c.jain.map_or(ABSENT.into(), |j| format!("{j:.3}"));
        let more = if reads {
            vec![ns(c.read_ns), ns(c.write_ns), ns(c.longest_write_ns), ns(c.read_error_p99), jain]
        } else {
            let at_least = if c.wait_open { ">= " } else { "" };
            let longest = c.wait_longest_ns.map_or(ABSENT.into(), |x| format!("{at_least}{}", figure::ns(x)));
            vec![jain, ns(c.wait_p999_ns), longest]
        };
        first.chain(more)
    });
    // A published interval is whatever its source gives.
    let interval = if answer.published { "range" } else { "95 % interval" };
    let costs: &[&str] = if held_long { &[] } else { &[unit(answer.basis), interval] };
    let standing = if held_long { "a wait" } else { "standing" };
    let first = [&["option", "family", "grade"], costs, &[standing]].concat();
    let more: &[&str] = match reads {
        true => &["read, ns", "write, ns", "longest write, ns", "p99 read error", "Jain"],
        false => &["Jain", "p99.9 wait, ns", "longest wait, ns"],
    };
    output::table(&[&first[..], more].concat(), rows)
}

/// At most this many winners are named for one thread count.
const SHOWN: usize = 3;

/// The winners at each thread count.
fn threads(answer: &Answer) -> String {
    if answer.winners.len() < 2 {
        return String::new();
    }
    let each = answer.winners.iter().map(|w| {
        let star = if w.oversubscribed { "*" } else { "" };
        let how = match (w.names.len(), w.noisy) {
            (1, _) => "",
            (_, true) => " (too noisy to tell)",
            (_, false) => " (tie)",
        };
        let gross = if w.basis == answer.basis { String::new() } else { format!(", {}", unit(w.basis)) };
        let names = match &w.names[..] {
            few if few.len() <= SHOWN => few.join(", "),
            many => format!("{} and {} more", many[..SHOWN].join(", "), many.len() - SHOWN),
        };
        format!("{}{star}: {names}{how}{gross}", w.threads)
    });
    let change = match answer.winner_changes_at {
        Some(threads) => format!("first change at {threads} threads"),
        None => "no change".into(),
    };
    let over = if answer.winners.iter().any(|w| w.oversubscribed) { "; * = oversubscribed" } else { "" };
    format!("cheapest by threads: {}; {change}{over}\n", each.collect::<Vec<_>>().join("; "))
}
