//! Cells arranged for comparison: counters by thread counts, one matrix for each bench,
//! level and placement.
//!
//! A wrong count is never ranked. A cell that cannot be trusted is never called cheapest, nor is one that cannot be
//! told from the next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::counter::Grade;
use crate::figure;
use crate::python::record::{MODEL, natural};
pub use crate::rank::Mark;
use crate::rank::{self, resolution};
use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::transfer::BENCH;
use crate::workload::{Load, Placement, position};

/// The text of a loss that was not recorded.
pub const UNRECORDED: &str = "not recorded";

/// Families in the order of the catalogue's folders; others follow by name.
const FAMILIES: [&str; 12] = [
    "control",
    "atomic",
    "ticketing",
    "blocking",
    "spinning",
    "combining",
    "sharded",
    "message",
    "snapshot",
    "python",
    "gil",
    "hazard",
];

/// One bench at one level and placement.
#[derive(Clone, Debug)]
pub struct View<'m> {
    /// The bench's id.
    pub bench: &'m str,
    /// The level's id.
    pub level: &'m str,
    /// Placement of the threads.
    pub placement: Placement,
    /// Thread counts, ascending.
    pub columns: Vec<Column>,
    /// Its rows: controls, ranked ones, wrong counts; empty sections are left out.
    pub sections: Vec<Section<'m>>,
    /// Ids of the runs of its cells.
    pub runs: BTreeSet<&'m str>,
}

impl<'m> View<'m> {
    /// Every cell of it.
    pub fn entries(&self) -> impl Iterator<Item = &Entry<'m>> {
        self.sections.iter().flat_map(|s| &s.rows).flat_map(|r| r.entries.iter().flatten())
    }

    /// The highest thread count within so many CPUs: that of `fetch_add`, if it was measured.
    pub fn most(&self, cpus: usize) -> Option<usize> {
        let within = || self.entries().map(|entry| &entry.cell.key).filter(|key| key.threads <= cpus);
        let of = |subject: &str| within().filter(|key| key.subject == subject).map(|key| key.threads).max();
        of("fetch_add").or_else(|| within().map(|key| key.threads).max())
    }

    /// The entry of a subject without a variant.
    pub fn find(&self, subject: &str, threads: usize) -> Option<&Entry<'m>> {
        self.entries().find(|entry| {
            let key = &entry.cell.key;
            (key.subject.as_str(), key.variant.as_str(), key.threads) == (subject, "", threads)
        })
    }

    /// Whether any cost in it is net; if not, the whole view is gross.
    pub fn has_net(&self) -> bool {
        self.entries().any(|e| matches!(e.cost, Cost::Net | Cost::Below))
    }
}

/// One thread count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Counting threads.
    pub threads: usize,
    /// More threads than usable CPUs: another regime.
    pub oversubscribed: bool,
    /// Net costs nearer to 0 than this are not figures, in ns.
    pub resolution: f64,
}

/// The part of a matrix that a row belongs to. Rows of one part may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Controls: the cost of the harness and the floor.
    Floor,
    /// Line transfers: a unit of costs.
    Unit,
    /// Counters that lost nothing.
    Ranked,
    /// Counters that lose, or lost: never ranked.
    Wrong,
    /// Hazards, not counters: each in a racy and an exact form.
    Hazard,
}

impl Part {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Part::Floor => "What the harness and the floor cost (gross)",
            Part::Unit => "ns per line transfer, by pair of CPUs",
            Part::Ranked => "Exact counters",
            Part::Wrong => "Wrong counts: not ranked",
            Part::Hazard => "Not counters: anomalies seen, not ranked",
        }
    }
}

/// Rows of one part.
#[derive(Clone, Debug)]
pub struct Section<'m> {
    /// Which part.
    pub part: Part,
    /// Rows, by family and id.
    pub rows: Vec<Row<'m>>,
}

/// One counter.
#[derive(Clone, Debug)]
pub struct Row<'m> {
    /// Its id.
    pub subject: &'m str,
    /// A further id, else empty.
    pub variant: &'m str,
    /// The text for people.
    pub label: &'m str,
    /// Its family.
    pub family: &'m str,
    /// Its grade.
    pub grade: Grade,
    /// One for each column; `None` where nothing was measured.
    pub entries: Vec<Option<Entry<'m>>>,
}

impl Row<'_> {
    /// Subject and variant.
    pub fn name(&self) -> String {
        if self.variant.is_empty() { self.subject.into() } else { format!("{} {}", self.subject, self.variant) }
    }
}

/// The kind of a cell's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Net of the `none` control.
    Net,
    /// Net, and nearer to 0 than the resolution.
    Below,
    /// Gross: there was nothing to subtract, or it is a control.
    Gross,
    /// Not measured.
    Absent,
}

/// One cell of the matrix.
#[derive(Clone, Debug)]
pub struct Entry<'m> {
    /// The record behind it.
    pub cell: &'m Cell,
    /// The kind of its cost.
    pub cost: Cost,
    /// The cost in ns per operation and thread, as shown, without its unit.
    pub text: String,
    /// Its loss, if that is to be shown: always for rows that lose.
    pub loss: Option<String>,
    /// The share of attempts that saw an anomaly; only for hazards.
    pub anomalies: Option<String>,
    /// Its standing in its column.
    pub mark: Option<Mark>,
}

impl Entry<'_> {
    /// The cost in ns, if there is one.
    pub fn value(&self) -> Option<f64> {
        self.interval().map(|i| i.median)
    }

    /// The cost with its interval, in ns.
    pub fn interval(&self) -> Option<Interval> {
        match self.cost {
            Cost::Net | Cost::Below => self.cell.figures.net_ns_per_op,
            Cost::Gross => self.cell.figures.ns_per_op_per_thread,
            Cost::Absent => None,
        }
    }
}

/// A verdict's one letter; none for `valid`.
pub fn letter(verdict: Verdict) -> Option<char> {
    match verdict {
        Verdict::Valid => None,
        Verdict::Unpinned => Some('u'),
        Verdict::Oversubscribed => Some('o'),
        Verdict::Short => Some('s'),
        Verdict::Preempted => Some('p'),
        Verdict::Serialised => Some('z'),
    }
}

/// The marks of a cell in brackets: the letter of its verdict, unless its thread count says as much with these usable
/// CPUs, and that of a noisy cell. Empty without a mark.
pub(crate) fn marks(cell: &Cell, usable: usize) -> String {
    let said = cell.key.threads > usable && cell.facts.verdict == Verdict::Oversubscribed;
    let letter = letter(cell.facts.verdict).filter(|_| !said);
    let marks: String = letter.into_iter().chain(cell.is_noisy().then_some(NOISY)).collect();
    if marks.is_empty() { marks } else { format!(" [{marks}]") }
}

/// A text with the letter of the cell's verdict, where that is neither valid nor oversubscribed.
pub(crate) fn judged(text: String, cell: &Cell) -> String {
    match letter(cell.facts.verdict).filter(|&letter| letter != 'o') {
        Some(letter) => format!("{text} [{letter}]"),
        None => text,
    }
}

/// The letter of a noisy cell, beside that of its verdict.
pub const NOISY: char = 'n';

/// The meaning of that letter.
pub const NOISY_MEANS: &str = "steal, waits for a CPU, other load or a changing clock";

/// A verdict in words.
pub fn explain(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "all threads were counting, each on its own CPU, for long enough",
        Verdict::Unpinned => "threads were not tied to CPUs, so they may not have met",
        Verdict::Oversubscribed => "more threads than usable CPUs: another regime",
        Verdict::Short => "rounds were shorter than 10 ms",
        Verdict::Preempted => "a thread waited for a CPU",
        Verdict::Serialised => "the threads hardly ran at the same time",
    }
}

/// The mean think time of a level of the counters bench; zero for saturated, `None` for levels it
/// does not know.
pub fn think(level: &str) -> Option<Duration> {
    if let Load::Think(think) = Load::of(level)? { Some(think) } else { None }
}

/// All views of a machine's cells: the counters bench first, levels most contended first, then
/// by placement. A view has only cells that `keep` accepts, but a counter that lost anywhere is
/// wrong in every view.
pub fn views<'m>(machine: &'m Machine, keep: impl Fn(&Cell) -> bool) -> Vec<View<'m>> {
    let wrong = rank::wrong(machine);
    let mut groups = BTreeMap::<_, Vec<&Cell>>::new();
    for cell in machine.cells.iter().filter(|c| keep(c)) {
        let bench = (cell.key.bench != "counters", cell.key.bench.as_str());
        let level = (position(&cell.key.level), cell.key.level.as_str());
        let placement = Placement::ALL.iter().position(|p| *p == cell.key.placement);
        groups.entry((bench, level, placement)).or_default().push(cell);
    }
    let mut views = Vec::new();
    for cells in groups.into_values() {
        let part = |c: &Cell| match c.facts.grade {
            Grade::Control if c.key.bench == BENCH => Part::Unit,
            Grade::Control => Part::Floor,
            _ if c.figures.anomalies.is_some() => Part::Hazard,
            _ if wrong.contains(&(c.key.bench.as_str(), c.key.subject.as_str(), c.key.variant.as_str())) => Part::Wrong,
            _ => Part::Ranked,
        };
        views.push(view(machine, &cells, part));
    }
    views
}

fn view<'m>(machine: &Machine, cells: &[&'m Cell], part: impl Fn(&Cell) -> Part) -> View<'m> {
    let first = cells[0];
    let threads: BTreeSet<usize> = cells.iter().map(|c| c.key.threads).collect();
    let column = |&threads: &usize| Column {
        threads,
        oversubscribed: threads > machine.card.usable(first.key.placement),
        resolution: resolution::of(machine, &first.key.level, threads),
    };
    let columns: Vec<Column> = threads.iter().map(column).collect();
    let mut rows = BTreeMap::<_, Vec<&'m Cell>>::new();
    for &cell in cells {
        let family = FAMILIES.iter().position(|f| *f == cell.facts.family).unwrap_or(FAMILIES.len());
        // Interpreters from old to new: 3.9 comes before 3.10.
        let [subject, variant] = [&cell.key.subject, &cell.key.variant].map(|id| (natural(id), id.as_str()));
        let key = (part(cell), family, cell.facts.family.as_str(), subject, variant);
        rows.entry(key).or_default().push(cell);
    }
    let mut sections: Vec<Section<'m>> = Vec::new();
    for ((part, _, family, (_, subject), (_, variant)), cells) in rows {
        let mut entries: Vec<Option<Entry<'m>>> = columns.iter().map(|_| None).collect();
        for cell in &cells {
            let at = columns.iter().position(|c| c.threads == cell.key.threads).expect("a column for each cell");
            entries[at] = Some(entry(cell, part, columns[at].resolution));
        }
        let row = Row { subject, variant, label: &cells[0].facts.label, family, grade: cells[0].facts.grade, entries };
        match sections.last_mut() {
            Some(section) if section.part == part => section.rows.push(row),
            _ => sections.push(Section { part, rows: vec![row] }),
        }
    }
    if let Some(ranked) = sections.iter_mut().find(|s| s.part == Part::Ranked) {
        for (n, column) in columns.iter().enumerate() {
            let mut column_entries: Vec<&mut Entry<'m>> =
                ranked.rows.iter_mut().filter_map(|row| row.entries[n].as_mut()).collect();
            rank(&mut column_entries, *column);
        }
    }
    View {
        bench: &first.key.bench,
        level: &first.key.level,
        placement: first.key.placement,
        columns,
        sections,
        runs: cells.iter().map(|c| c.facts.run.as_str()).collect(),
    }
}

fn entry(cell: &Cell, part: Part, resolution: f64) -> Entry<'_> {
    let (cost, text) = match (cell.figures.net_ns_per_op, cell.figures.ns_per_op_per_thread) {
        (Some(net), _) if part != Part::Floor => {
            let below = resolution::is_below(net.median, resolution);
            (if below { Cost::Below } else { Cost::Net }, figure::net(net.median, resolution))
        }
        (_, Some(gross)) => (Cost::Gross, figure::ns(gross.median)),
        _ => (Cost::Absent, "-".into()),
    };
    let loss = match (cell.figures.loss_rate, cell.figures.lost) {
        (Some(rate), _) if part == Part::Wrong || rate.pooled > 0.0 => Some(figure::percent(rate.pooled)),
        (None, Some(lost)) if part == Part::Wrong || lost > 0 => Some(figure::count(lost)),
        (None, None) if part == Part::Wrong => Some(UNRECORDED.into()),
        _ => None,
    };
    let anomalies = cell.figures.anomalies.as_ref().map(|a| figure::percent(a.rate()));
    Entry { cell, cost, text, loss, anomalies, mark: None }
}

/// The cost that a column is compared by: net if every entry has it, else gross for all.
fn comparable<'a, 'm: 'a>(mut entries: impl Iterator<Item = &'a Entry<'m>>) -> fn(&Entry<'_>) -> Option<Interval> {
    let net = entries.all(|e| e.cell.figures.net_ns_per_op.is_some());
    if net { |e| e.cell.figures.net_ns_per_op } else { |e| e.cell.figures.ns_per_op_per_thread }
}

fn rank(entries: &mut [&mut Entry], column: Column) {
    let expected = if column.oversubscribed { Verdict::Oversubscribed } else { Verdict::Valid };
    // The cost of an interpreter's model says nothing about the interpreter.
    let mut entries: Vec<&mut &mut Entry> =
        entries.iter_mut().filter(|e| e.cell.facts.verdict == expected && e.cell.facts.family != MODEL).collect();
    let cost = comparable(entries.iter().map(|e| &***e));
    entries.retain(|e| cost(e).is_some());
    let costs: Vec<rank::Cost<'_>> =
        entries.iter().filter_map(|e| Some(rank::Cost { interval: cost(e)?, cell: Some(e.cell) })).collect();
    let marks = rank::marks(&costs, column.resolution);
    for (entry, mark) in entries.iter_mut().zip(marks) {
        entry.mark = mark;
    }
}

#[cfg(test)]
mod tests;
