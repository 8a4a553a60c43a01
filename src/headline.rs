//! The answer of one machine in a few words and figures, made from the verdicts of its cells: what the terminal, the
//! page and the README say first.
//!
//! A cell that is noisy, not valid or taken with `--quick` never gives a figure here: the card says so instead.

use std::path::Path;

use serde::Serialize;

use crate::counter::Grade;
use crate::figure::{self, ABSENT, threads};
use crate::matrix::{self, Cost, Entry, Mark, Part, Row, View};
use crate::rank::{self, CostOrder};
use crate::results::{Cell, Interval, Machine};
use crate::round::Verdict;
use crate::transfer;
use crate::units::line_transfer_ns;
use crate::workload::Placement;

/// The bench and the level of the figures.
const BENCH: &str = "counters";
const LEVEL: &str = "saturated";
/// The level of the reads bench that tells what a read costs: one write in ten operations.
const READS: &str = "r90";
/// What stands in place of a figure that is not to be trusted.
const TOO_NOISY: &str = "too noisy to say";
/// Most names written out of those that cannot be told from the cheapest.
const NAMED: usize = 10;

/// The answer of one machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Headline {
    /// The cheapest exact counter, one shared atomic, a mutex, and what a plain `+=` loses.
    pub cards: [Card; 4],
    /// How far to trust the machine's figures.
    pub trust: Trust,
}

/// One figure of the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// What it is about.
    pub title: String,
    /// The figure with its unit, such as `1.6 → 7.2 ns`, or what stands in its place.
    pub figure: String,
    /// What it means, in a sentence.
    pub words: String,
    /// Its cells.
    pub proof: Proof,
    /// Whether it is a figure.
    pub standing: Standing,
}

/// Whether a card has a figure, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has.
    Sure,
    /// A cell is not to be trusted.
    TooNoisy,
    /// A cell is missing.
    NotMeasured,
}

/// The cells behind a card: those of the subjects at the thread counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// The bench's id.
    pub bench: &'static str,
    /// The level's id.
    pub level: &'static str,
    /// Placement of the threads.
    pub placement: Placement,
    /// Subjects, each with its variant; the first is the one that the card is about.
    pub subjects: Vec<String>,
    /// Counting threads, ascending.
    pub threads: Vec<usize>,
}

/// How far to trust a machine's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trust {
    /// Cells without anything that speaks against them.
    pub quiet: usize,
    /// All cells.
    pub cells: usize,
    /// The machine's line transfer, in ns; absent where it was not measured.
    pub transfer_ns: Option<f64>,
    /// All that in words.
    pub words: String,
}

/// Why a cell's figures are not to be trusted on a machine with so many usable CPUs; `None` where nothing speaks against
/// them.
pub fn doubt(cell: &Cell, usable: usize) -> Option<String> {
    if cell.facts.quick { Some("taken with --quick".into()) } else { disturbed(cell, usable) }
}

/// What disturbed a cell: a verdict that its thread count does not have, and noise above the limits. `None` where nothing
/// did.
pub fn disturbed(cell: &Cell, usable: usize) -> Option<String> {
    let fits = match cell.facts.verdict {
        Verdict::Valid => cell.key.threads <= usable,
        Verdict::Oversubscribed => cell.key.threads > usable,
        // One thread meets nobody, wherever the system moves it.
        Verdict::Unpinned => cell.key.threads == 1,
        Verdict::Short | Verdict::Preempted | Verdict::Serialised => false,
    };
    let verdict = (!fits).then(|| cell.facts.verdict.id().to_owned());
    let noise = cell.too_noisy().into_iter().map(|(kind, share)| format!("{kind} {}", figure::percent(share)));
    let all: Vec<String> = verdict.into_iter().chain(noise).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Why the cost of an entry is no figure for a card; `None` where it is one.
fn unsure(entry: &Entry<'_>, machine: &Machine) -> Option<String> {
    let cell = entry.cell;
    let resolution = rank::resolution::of(machine, &cell.key.level, cell.key.threads);
    let interval = entry.interval().filter(|_| entry.cost != Cost::Below);
    doubt(cell, machine.card.usable(cell.key.placement)).or_else(|| match interval {
        _ if rank::lost(cell) && cell.facts.grade != Grade::Racy => Some("it lost updates".into()),
        Some(cost) if cost.median < 0.0 => Some("its net cost is negative".into()),
        Some(cost) if rank::is_noisy(cost, resolution) => Some("its rounds differ too much".into()),
        _ => None,
    })
}

/// A figure of one cell, as a card says it.
struct Said {
    /// The figure without its unit, or what stands in its place.
    text: String,
    /// What follows the figure, such as ` ns`.
    unit: &'static str,
    /// The cost in ns, where the text is no bound.
    ns: Option<f64>,
    standing: Standing,
    /// The cell in words, and what speaks against it.
    why: Option<String>,
}

impl Said {
    /// What stands there where the cell is missing or not to be trusted; `None` where it gives a figure.
    fn instead(entry: Option<&Entry<'_>>, what: &str, why: impl Fn(&Entry<'_>) -> Option<String>) -> Option<Said> {
        let (text, standing, why) = match entry.filter(|entry| entry.cost != Cost::Absent) {
            None => (ABSENT, Standing::NotMeasured, format!("{what} was not measured")),
            Some(entry) => (TOO_NOISY, Standing::TooNoisy, format!("{what}: {}", why(entry)?)),
        };
        Some(Said { text: text.into(), unit: "", ns: None, standing, why: Some(why) })
    }

    /// The cost of a cell.
    fn cost(entry: Option<&Entry<'_>>, what: &str, machine: &Machine) -> Said {
        let instead = Said::instead(entry, what, |entry| unsure(entry, machine));
        instead.or_else(|| entry.map(Said::sure)).expect("a figure, or what stands in its place")
    }

    fn sure(entry: &Entry<'_>) -> Said {
        let unit = if entry.cost == Cost::Gross { " ns gross" } else { " ns" };
        let ns = entry.value().filter(|_| entry.cost != Cost::Below);
        Said { text: entry.text.clone(), unit, ns, standing: Standing::Sure, why: None }
    }

    fn whole(&self) -> String {
        format!("{}{}", self.text, self.unit)
    }
}

/// `1.6 → 7.2 ns`; a figure that both sides have stands once.
fn arrow(sides: &[Said]) -> String {
    match sides {
        [a, b] if a.text == b.text && a.standing != Standing::Sure => a.whole(),
        [a, b] if a.unit == b.unit => format!("{} → {}", a.text, b.whole()),
        sides => sides.iter().map(Said::whole).collect::<Vec<_>>().join(" → "),
    }
}

/// The cheapest exact counter, and what cannot be told from it.
struct Lead<'v, 'm> {
    row: &'v Row<'m>,
    entry: &'v Entry<'m>,
    ties: Vec<&'v Row<'m>>,
    /// Rows that may be as cheap, but are too noisy to say.
    unclear: usize,
    /// The lowest of the rows whose reads do not lag, where those of all the cheapest do.
    live: Option<(&'v Row<'m>, &'v Entry<'m>)>,
}

/// What the cards are made from.
struct Asked<'v, 'm> {
    machine: &'m Machine,
    view: &'v View<'m>,
    /// The most threads that fit.
    most: usize,
}

impl Headline {
    /// The answer of a machine: of the placement that measured most, at the most threads that fit its CPUs.
    pub fn of(machine: &Machine) -> Headline {
        let views = matrix::views(machine, |cell| cell.key.bench == BENCH && cell.key.level == LEVEL);
        // The first of those that measured as much.
        let view = views.iter().rev().max_by_key(|view| view.entries().count());
        let most = view.and_then(|view| view.most(machine.card.usable(view.placement)));
        let cards = match view.zip(most) {
            Some((view, most)) => Asked { machine, view, most }.cards(),
            None => [CHEAPEST, ATOMIC, MUTEX, PLAIN].map(|title| Card {
                title: title.into(),
                figure: ABSENT.into(),
                words: "The bench counters measures it, at the level saturated, with threads that fit the CPUs.".into(),
                proof: Proof {
                    bench: BENCH,
                    level: LEVEL,
                    placement: Placement::ALL[0],
                    subjects: Vec::new(),
                    threads: Vec::new(),
                },
                standing: Standing::NotMeasured,
            }),
        };
        Headline { cards, trust: Trust::of(machine) }
    }

    /// A line for each card, one on trust, and one that says where the page is, if that is given. Where nothing was
    /// measured, one line stands for all cards.
    pub fn lines(&self, page: Option<&Path>) -> Vec<String> {
        self.lines_and(page.map(|page| ("Page", page.display().to_string())))
    }

    /// The same with more lines at the end, each of a title and a text.
    pub fn lines_and(&self, more: impl IntoIterator<Item = (&'static str, String)>) -> Vec<String> {
        let is_empty = self.cards.iter().all(|card| card.standing == Standing::NotMeasured);
        let cards = if is_empty { &self.cards[..1] } else { &self.cards };
        let told = |card: &Card| (card.title.clone(), format!("{}. {}", card.figure, card.words));
        let more = more.into_iter().map(|(title, text)| (title.to_owned(), text));
        let trust = ("Trust".to_owned(), self.trust.words.clone());
        let rows: Vec<(String, String)> = cards.iter().map(told).chain([trust]).chain(more).collect();
        let width = rows.iter().map(|(title, _)| title.chars().count()).max().unwrap_or(0);
        rows.into_iter().map(|(title, text)| format!("{title:width$}  {text}")).collect()
    }
}

impl Trust {
    fn of(machine: &Machine) -> Trust {
        let cells = machine.cells.len();
        let quiet =
            machine.cells.iter().filter(|cell| doubt(cell, machine.card.usable(cell.key.placement)).is_none()).count();
        let transfer_ns = line_transfer_ns(machine);
        let transfer = match transfer_ns {
            Some(ns) => format!("{} ns", figure::ns(ns)),
            None if machine.cells.iter().any(|cell| cell.key.bench == transfer::BENCH) => "too disturbed to say".into(),
            None => ABSENT.into(),
        };
        let ends = machine.yardstick.iter().map(|run| run.ns).reduce(|a, b| Interval {
            low: a.low.min(b.low),
            high: a.high.max(b.high),
            ..a
        });
        let over = ends.filter(|_| machine.yardstick.len() > 1).map(|ends| {
            format!(" ({} to {} over {} runs)", figure::ns(ends.low), figure::ns(ends.high), machine.yardstick.len())
        });
        let [some, all] = [quiet, cells].map(|n| figure::count(n as u64));
        let words = format!(
            "Quiet: {some} of {all} cells. Line transfer between CPUs: {transfer}{}.",
            over.unwrap_or_default()
        );
        Trust { quiet, cells, transfer_ns, words }
    }
}

const CHEAPEST: &str = "Cheapest exact counter";
const ATOMIC: &str = "One shared atomic";
const MUTEX: &str = "A mutex";
const PLAIN: &str = "A plain += loses";

/// `a, b and c`.
fn list(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

impl<'v, 'm> Asked<'v, 'm> {
    fn cards(&self) -> [Card; 4] {
        let lead = self.lead();
        let plain = self.plain(lead.as_ref().ok());
        [
            self.cheapest(lead),
            self.pairs(ATOMIC, &["fetch_add"]),
            self.pairs(MUTEX, &["std_mutex", "parking_lot_mutex"]),
            plain,
        ]
    }

    fn usable(&self) -> usize {
        self.machine.card.usable(self.view.placement)
    }

    fn proof(&self, subjects: Vec<String>, threads: Vec<usize>) -> Proof {
        Proof { bench: BENCH, level: LEVEL, placement: self.view.placement, subjects, threads }
    }

    /// The cheapest of the rows that lost nothing; else why there is none.
    fn lead(&self) -> Result<Lead<'v, 'm>, (Standing, String)> {
        let at = self.view.columns.iter().position(|column| column.threads == self.most);
        let ranked = self.view.sections.iter().filter(|section| section.part == Part::Ranked).flat_map(|s| &s.rows);
        let all: Vec<_> = ranked.filter_map(|row| Some((row, row.entries[at?].as_ref()?))).collect();
        let mut near: Vec<_> = all.iter().copied().filter(|(_, entry)| entry.mark.is_some()).collect();
        let by_cost = |a: &(_, &Entry<'_>), b: &(_, &Entry<'_>)| {
            let [a, b] = [a.1, b.1].map(|entry| entry.value().unwrap_or(f64::INFINITY));
            a.total_cmp(&b)
        };
        near.sort_by(by_cost);
        let is_doubtful = |entry: &Entry<'_>| entry.mark == Some(Mark::Noisy) || unsure(entry, self.machine).is_some();
        let Some((first, lowest)) = near.first() else {
            let doubts: Vec<String> = all.iter().filter_map(|(_, entry)| doubt(entry.cell, self.usable())).collect();
            return Err(match doubts.first().filter(|_| doubts.len() == all.len()) {
                Some(doubt) => (Standing::TooNoisy, format!("No exact counter can be trusted there: {doubt}.")),
                None => (Standing::NotMeasured, "There are no two exact counters to compare.".into()),
            });
        };
        if is_doubtful(lowest) {
            let why = unsure(lowest, self.machine).unwrap_or("its rounds differ too much".into());
            let others = match near.len() - 1 {
                0 => String::new(),
                more => format!(", perhaps one of {more} more"),
            };
            return Err((Standing::TooNoisy, format!("Perhaps {}{others}: {why}.", first.name())));
        }
        let (unclear, near): (Vec<_>, Vec<_>) = near.into_iter().partition(|(_, entry)| is_doubtful(entry));
        // Of those that tie, one whose reads do not lag is named first.
        let exact = near.iter().position(|(row, _)| row.grade == Grade::Exact).unwrap_or(0);
        let (row, entry) = near[exact];
        let ties = near.iter().map(|(tie, _)| *tie).filter(|tie| !std::ptr::eq(*tie, row)).collect();
        let live = all.iter().copied().filter(|(row, entry)| row.grade == Grade::Exact && !is_doubtful(entry));
        let live = live.min_by(by_cost).filter(|_| row.grade != Grade::Exact);
        Ok(Lead { row, entry, ties, unclear: unclear.len(), live })
    }

    fn cheapest(&self, lead: Result<Lead<'v, 'm>, (Standing, String)>) -> Card {
        let title = format!("{CHEAPEST}, {}", threads(self.most));
        let Lead { row, entry, ties, unclear, live } = match lead {
            Ok(lead) => lead,
            Err((standing, words)) => {
                let figure = if standing == Standing::TooNoisy { TOO_NOISY } else { ABSENT };
                return Card {
                    title,
                    figure: figure.into(),
                    words,
                    proof: self.proof(vec![], vec![self.most]),
                    standing,
                };
            }
        };
        let named = |row: &Row<'_>| match row.grade {
            Grade::Eventual => format!("{} (reads lag)", row.name()),
            _ => row.name(),
        };
        let mut words: Vec<String> = self.read_of(row).into_iter().collect();
        if !ties.is_empty() {
            let mut names: Vec<String> = ties.iter().copied().take(NAMED).map(named).collect();
            let more = ties.len() - names.len();
            names.extend((more > 0).then(|| format!("{} more", figure::count(more as u64))));
            words.push(format!("{} cannot be told from it", list(&names)));
        }
        if unclear > 0 {
            words.push(format!("{unclear} more: too noisy to say"));
        }
        if let Some((row, entry)) = live {
            words.push(format!("{}, whose reads do not lag, costs {}", row.name(), Said::sure(entry).whole()));
        }
        let words = if words.is_empty() { "It loses nothing.".into() } else { words.join("; ") + "." };
        let subjects = [row].into_iter().chain(ties.iter().copied()).map(Row::name).collect();
        let said = Said::sure(entry);
        Card {
            title,
            figure: format!("{} {}", named(row), said.whole()),
            words,
            proof: self.proof(subjects, vec![self.most]),
            standing: said.standing,
        }
    }

    /// What a read of a counter costs while the others count; `None` where it was not measured.
    fn read_of(&self, row: &Row<'_>) -> Option<String> {
        let same = |cell: &&Cell| {
            let key = &cell.key;
            (key.bench.as_str(), key.level.as_str(), key.threads, key.placement)
                == ("reads", READS, self.most, self.view.placement)
                && (key.subject.as_str(), key.variant.as_str()) == (row.subject, row.variant)
        };
        let found = self.machine.cells.iter().find(same);
        let (cell, read) = found.and_then(|cell| Some((cell, cell.figures.reading?.read_ns?)))?;
        Some(match doubt(cell, self.usable()) {
            Some(why) => format!("What a read costs is {TOO_NOISY} ({why})"),
            None => {
                let resolution = rank::resolution::of(self.machine, READS, self.most);
                format!("A read of it costs {} ns", figure::net(read.median, resolution))
            }
        })
    }

    /// What each of the subjects costs alone, and at the most threads that fit. One that was not measured at all is left
    /// out, but for the first.
    fn pairs(&self, about: &str, subjects: &[&str]) -> Card {
        let mut counts = vec![1, self.most];
        counts.dedup();
        let one = |subject: &str| -> Vec<Said> {
            let what = |n: usize| format!("{subject} at {}", threads(n));
            let said = |&n: &usize| Said::cost(self.view.find(subject, n), &what(n), self.machine);
            counts.iter().map(said).collect()
        };
        let known = |sides: &[Said]| sides.iter().any(|said| said.standing != Standing::NotMeasured);
        let mut all: Vec<(&str, Vec<Said>)> = subjects.iter().map(|subject| (*subject, one(subject))).collect();
        let measured = all.iter().filter(|(_, sides)| known(sides)).count();
        all.retain(|(subject, sides)| known(sides) || measured == 0 && *subject == subjects[0]);
        let said = || all.iter().flat_map(|(_, sides)| sides);
        let names: Vec<String> = all.iter().map(|(subject, _)| (*subject).to_owned()).collect();
        let whys: Vec<&str> = said().filter_map(|said| said.why.as_deref()).collect();
        let (first, others) = all.split_first().expect("the first subject stays");
        let mut words = match self.times(first) {
            _ if whys.len() > 1 => format!("{}; {} more likewise", whys[0], whys.len() - 1),
            _ if whys.len() == 1 => whys[0].to_owned(),
            Some(times) => times,
            None => format!("That is {}", first.0),
        };
        words.extend(others.iter().map(|(subject, sides)| format!("; {subject} {}", arrow(sides))));
        words.push('.');
        Card {
            title: match self.most {
                1 => format!("{about}, 1 thread"),
                most => format!("{about}, 1 → {}", threads(most)),
            },
            figure: arrow(&first.1),
            words,
            standing: said().map(|said| said.standing).max().unwrap_or(Standing::NotMeasured),
            proof: self.proof(names, counts),
        }
    }

    /// How much more it costs at the most threads that fit; `None` where a cost is only a bound.
    fn times(&self, (subject, sides): &(&str, Vec<Said>)) -> Option<String> {
        let [a, b] = &sides[..] else { return None };
        // A net cost is not divided by a gross one.
        let times = figure::ns(b.ns? / a.ns.filter(|ns| *ns > 0.0 && a.unit == b.unit)?);
        Some(format!("At {} {subject} costs {times} times as much as alone", threads(self.most)))
    }

    /// What a plain `+=` loses, and whether it is even cheaper than the cheapest exact counter.
    fn plain(&self, lead: Option<&Lead<'_, '_>>) -> Card {
        let title = format!("{PLAIN}, {}", threads(self.most));
        if self.most < 2 {
            return Card {
                title,
                figure: ABSENT.into(),
                words: "One thread alone meets nobody: it takes two to lose.".into(),
                proof: self.proof(vec!["load_store".to_owned()], vec![self.most]),
                standing: Standing::NotMeasured,
            };
        }
        let entry = self.view.find("load_store", self.most);
        let loss = entry.and_then(|entry| entry.cell.figures.loss_rate).map(|rate| figure::percent(rate.pooled));
        let instead = Said::instead(
            entry.filter(|_| loss.is_some()),
            &format!("load_store at {}", threads(self.most)),
            |entry| doubt(entry.cell, self.usable()),
        );
        let (figure, words, standing) = match (instead, entry, loss) {
            (None, Some(entry), Some(loss)) => (loss, self.against(entry, lead), Standing::Sure),
            (instead, ..) => {
                let said = instead.expect("what stands in place of a figure");
                (said.text, said.why.unwrap_or_default() + ".", said.standing)
            }
        };
        let subjects = ["load_store".to_owned()].into_iter().chain(lead.map(|lead| lead.row.name())).collect();
        Card { title, figure, words, proof: self.proof(subjects, vec![self.most]), standing }
    }

    /// What a plain `+=` costs beside the cheapest exact counter, in a sentence.
    fn against(&self, plain: &Entry<'_>, lead: Option<&Lead<'_, '_>>) -> String {
        let costs = format!("It costs {}", Said::sure(plain).whole());
        // Net costs are compared with net ones.
        let Some(lead) = lead.filter(|lead| (lead.entry.cost == Cost::Gross) == (plain.cost == Cost::Gross)) else {
            return format!("{costs}.");
        };
        let [a, b] =
            [plain, lead.entry].map(|e| e.interval().map(|interval| rank::Cost { interval, cell: Some(e.cell) }));
        let resolution = rank::resolution::of(self.machine, LEVEL, self.most);
        let found = a.zip(b).map(|(a, b)| rank::orders(&[(a, b, resolution)])[0]);
        let exact = lead.row.name();
        match found {
            Some(CostOrder::Cheaper) => format!("{costs}, less than {exact}."),
            Some(CostOrder::Costlier) => format!("{costs} and is not even cheaper than {exact}, which loses nothing."),
            Some(CostOrder::Tie) => format!("{costs}, which cannot be told from that of {exact}, which loses nothing."),
            Some(CostOrder::Noisy) | None => format!("{costs}; whether that is less than {exact} is {TOO_NOISY}."),
        }
    }
}

#[cfg(test)]
mod tests;
