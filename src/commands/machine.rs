//! `miscount machine`: the card of this computer, and the CPUs that a run may use.

use std::collections::BTreeMap;

use miscount::machine::{Card, Run, card_rows, run_rows};
use miscount::report::locked_add;
use miscount::results::Machine;
use miscount::topology::{self, Topology};
use miscount::workload::{Placement, default_threads};
use serde::Serialize;

use super::output::{self, Error};

/// Describe this computer as it will stand in results
///
/// Prints the machine card, with `unknown` where the system tells nothing, and what a locked add costs on CPUs of its family. Then it prints the record of a run that
/// would start now, and what the run may use: the CPUs, the order in which threads take them, whether a thread can be
/// tied to a CPU, and the default thread counts. The first row is the name of the folder below `results/`; set
/// MISCOUNT_MACHINE to choose another. Nothing names the computer's owner.
#[derive(clap::Args)]
#[command(after_help = "Example: MISCOUNT_MACHINE=my-server miscount machine --json")]
pub(crate) struct Args {
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Shown {
    card: Card,
    run: Run,
    usable_cpus: Vec<usize>,
    order: Order,
    pinning: bool,
    default_threads: Vec<usize>,
}

/// CPU ids in the order in which threads take them.
#[derive(Serialize)]
struct Order {
    spread: Vec<usize>,
    siblings: Vec<usize>,
    /// Of unlike cores the other placements.
    #[serde(flatten)]
    others: BTreeMap<&'static str, Vec<usize>>,
}

pub(crate) fn run(args: &Args) -> Result<(), Error> {
    // Comes first: the mask is that of the calling thread, and must be read before any pinning.
    let usable = topology::usable_cpus();
    let card = Card::detect()?;
    let (_, mut run) = Run::begin();
    let topology = Topology::detect();
    let pinning = topology::pinning_works();
    run.pinned = pinning;
    let threads = default_threads(topology::usable_count());
    let spread = topology.order(Placement::Spread);
    let siblings = topology.order(Placement::Siblings);
    let others = [Placement::SpreadMiddle, Placement::SpreadEfficiency, Placement::SpreadAll];
    let others = others.into_iter().filter(|_| topology.kinds().len() > 1);
    let others = others.map(|placement| (placement.id(), topology.order(placement)));
    let others: BTreeMap<&str, Vec<usize>> = others.filter(|(_, ids)| !ids.is_empty()).collect();
    if args.json {
        let order = Order { spread, siblings, others };
        return output::print_json(&Shown { card, run, usable_cpus: usable, order, pinning, default_threads: threads });
    }
    let listed = |ids: &[usize]| {
        if ids.is_empty() { "unknown".to_owned() } else { ranges(ids) }
    };
    let more = [
        ("usable CPU ids", listed(&usable)),
        ("order, spread", listed(&spread)),
        ("order, siblings", listed(&siblings)),
        (
            "pinning",
            if pinning { "works".to_owned() } else { "does not work: every cell will be marked unpinned".to_owned() },
        ),
        ("default threads", threads.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    ];
    let others = others.iter().map(|(placement, ids)| [format!("order, {placement}"), listed(ids)]);
    let locked = locked_add::row(&Machine { card: card.clone(), ..Machine::default() });
    let locked = locked.map(|text| (locked_add::TITLE, text));
    let rows = card_rows(&card).into_iter().chain(locked).chain(run_rows(&run)).chain(more);
    output::print(&output::table(&[], rows.map(|(label, text)| [label.to_owned(), text]).chain(others)))
}

/// Ids in their order, runs of three and more neighbours as `0-3`.
fn ranges(ids: &[usize]) -> String {
    ids.chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [first, _, .., last] => format!("{first}-{last}"),
            few => few.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn neighbours_are_drawn_together_and_the_order_is_kept() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[0]), "0");
        assert_eq!(ranges(&[0, 1]), "0, 1");
        assert_eq!(ranges(&[0, 1, 2, 3, 8, 10, 11, 12]), "0-3, 8, 10-12");
        assert_eq!(ranges(&[0, 8, 1, 9]), "0, 8, 1, 9");
    }
}
