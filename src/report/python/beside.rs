//! The model of the interpreter's lock beside the interpreters: what each loses, and where the two disagree.

use std::collections::BTreeMap;

use super::{Found, Interpreter, WAYS, Way, decisive, interval, legend, loss, marked};
use crate::figure;
use crate::report::sheet::{Sheet, threads as head};
use crate::results::{Cell, LossRate, Machine};

/// Losses up to this share of all increments count as none when an interpreter is held against its model.
pub const LEAST_LOSS: f64 = 0.01;

/// What comes of holding an interpreter's cell against its model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Both lose, and the ranges of their rounds meet; or neither loses.
    Agree,
    /// Only the interpreter loses.
    OnlyReal,
    /// Only the model loses.
    OnlyModel,
    /// Both lose, and no round of the one lost as little, or as much, as any of the other.
    Apart,
    /// One of them cannot show that nothing is lost, or its loss was not recorded.
    Unknown,
}

impl Outcome {
    /// Whether the two disagree.
    pub fn disagrees(self) -> bool {
        !matches!(self, Outcome::Agree | Outcome::Unknown)
    }

    fn text(self) -> &'static str {
        match self {
            Outcome::Agree => "both agree",
            Outcome::OnlyReal => "only the interpreter loses",
            Outcome::OnlyModel => "only the model loses",
            Outcome::Apart => "both lose, but not alike",
            Outcome::Unknown => "cannot be told",
        }
    }

    fn of(real: &Cell, model: &Cell) -> Outcome {
        let (Some(a), Some(b)) = (real.figures.loss_rate, model.figures.loss_rate) else { return Outcome::Unknown };
        let loses = |rate: LossRate| rate.pooled > LEAST_LOSS;
        match (loses(a), loses(b)) {
            (true, true) if a.min <= b.max && b.min <= a.max => Outcome::Agree,
            (true, true) if decisive(real) && decisive(model) => Outcome::Apart,
            (false, false) if decisive(real) && decisive(model) => Outcome::Agree,
            // Who loses does so whatever the verdict; who keeps all must have had the chance to lose.
            (true, false) if decisive(model) => Outcome::OnlyReal,
            (false, true) if decisive(real) => Outcome::OnlyModel,
            _ => Outcome::Unknown,
        }
    }
}

/// One way of counting in an interpreter, beside the same in its model, at the same threads and switch
/// interval.
#[derive(Clone, Debug)]
pub struct Comparison<'m> {
    /// The interpreter.
    pub interpreter: Interpreter<'m>,
    /// The way of counting.
    pub way: Way,
    /// The model's subject.
    pub model: &'m str,
    /// The level's id.
    pub level: &'m str,
    /// Counting threads, 2 or more.
    pub threads: usize,
    /// The interpreter's cell.
    pub real: &'m Cell,
    /// The model's cell.
    pub modelled: &'m Cell,
    /// What comes of it.
    pub outcome: Outcome,
}

/// Every comparison that a machine's cells allow, interpreters from old to new; alone a thread loses nothing.
pub fn comparisons(machine: &Machine) -> Vec<Comparison<'_>> {
    let Some(found) = Found::of(machine) else { return Vec::new() };
    let mut all = Vec::new();
    for (interpreter, way) in rows(&found) {
        let Some(model) = found.model(interpreter, way) else { continue };
        for level in found.levels() {
            for threads in found.threads().into_iter().filter(|&n| n > 1) {
                let real = found.at(way.subject, interpreter.variant, threads, level);
                let (Some(real), Some(modelled)) = (real, found.at(model, "", threads, level)) else { continue };
                all.push(Comparison {
                    interpreter: interpreter.clone(),
                    way: *way,
                    model,
                    level,
                    threads,
                    real,
                    modelled,
                    outcome: Outcome::of(real, modelled),
                });
            }
        }
    }
    all
}

/// Interpreters, and the ways of counting that a model may have.
fn rows<'f, 'm>(found: &'f Found<'m>) -> impl Iterator<Item = (&'f Interpreter<'m>, &'static Way)> {
    let modelled = |way: &&Way| {
        let locks = found.models.iter().any(|id| id.ends_with("_lock"));
        way.model.is_some_and(|name| name != "lock" || locks)
    };
    found.interpreters.iter().flat_map(move |i| WAYS.iter().filter(modelled).map(move |way| (i, way)))
}

/// How many comparisons agree, and by which rule, in a few sentences.
pub(super) fn summary(compared: &[Comparison]) -> String {
    if compared.is_empty() {
        return "The model is held against no interpreter: one of the two was not measured here. `cargo bench --bench interpreters` \
                measures both."
            .into();
    }
    let count = |wanted: fn(Outcome) -> bool| compared.iter().filter(|c| wanted(c.outcome)).count();
    let (agree, disagree) = (count(|o| o == Outcome::Agree), count(Outcome::disagrees));
    format!(
        "Model and interpreter agree in {agree} of {} comparisons (the same increment, threads and switch interval), disagree in \
         {disagree}, and in {} it cannot be told. They disagree where one loses more than {} of all its increments and the \
         other does not (less counts as nothing), or where both do and the least and the most lost by a round of the one lie \
         outside of those of the other. Short or serialised rounds and cells taken with --quick cannot show that \
         nothing is lost.",
        compared.len(),
        compared.len() - agree - disagree,
        figure::percent(LEAST_LOSS)
    )
}

/// Where the two disagree, a line for each interpreter, increment and kind of disagreement.
pub(super) fn disagreements(compared: &[Comparison]) -> Vec<String> {
    let mut kinds: Vec<Vec<&Comparison>> = Vec::new();
    let key = |c: &Comparison| (c.interpreter.variant.to_owned(), c.way.subject, c.outcome);
    for c in compared.iter().filter(|c| c.outcome.disagrees()) {
        match kinds.iter_mut().find(|kind| key(kind[0]) == key(c)) {
            Some(kind) => kind.push(c),
            None => kinds.push(vec![c]),
        }
    }
    let line = |kind: &Vec<&Comparison>| {
        let c = kind[0];
        let own = |o: &&Comparison| (o.interpreter.variant, o.way) == (c.interpreter.variant, c.way);
        let of = compared.iter().filter(own).count();
        let head = format!("{}, {}, {}: {}", c.interpreter.label, c.way.code, c.model, c.outcome.text());
        let [real, model] = [lost_at(kind, |c| c.real), lost_at(kind, |c| c.modelled)];
        format!("{head} at {} of {of} points ({}): {real} lost, model {model}", kind.len(), places(kind))
    };
    kinds.iter().map(line).collect()
}

/// Intervals, and the thread counts at each.
fn places(kind: &[&Comparison]) -> String {
    let mut levels: Vec<(&str, Vec<String>)> = Vec::new();
    for c in kind {
        match levels.iter_mut().find(|(level, _)| *level == c.level) {
            Some((_, threads)) => threads.push(c.threads.to_string()),
            None => levels.push((c.level, vec![c.threads.to_string()])),
        }
    }
    let one = |(level, threads): &(&str, Vec<String>)| format!("{} at {} threads", interval(level), threads.join(", "));
    levels.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What was lost at one point, with the range of its rounds, or the least and the most of several points.
fn lost_at<'m>(kind: &[&Comparison<'m>], cell: fn(&Comparison<'m>) -> &'m Cell) -> String {
    let rates: Vec<LossRate> = kind.iter().filter_map(|c| cell(c).figures.loss_rate).collect();
    if let [rate] = rates[..] {
        return loss(rate);
    }
    let [least, most] = [f64::min, f64::max].map(|pick| rates.iter().map(|rate| rate.pooled).reduce(pick));
    let [least, most] = [least, most].map(|rate| rate.map_or("?".into(), figure::percent));
    if least == most { least } else { format!("{least} to {most}") }
}

/// What a sheet says of one interpreter and increment.
fn verdict(all: &[&Comparison], place: impl Fn(&Comparison) -> String) -> String {
    let mut kinds = BTreeMap::<Outcome, Vec<String>>::new();
    all.iter().for_each(|c| kinds.entry(c.outcome).or_default().push(place(c)));
    let bad: Vec<String> = kinds
        .iter()
        .filter(|(outcome, _)| outcome.disagrees())
        .map(|(outcome, places)| format!("{} at {}", outcome.text(), places.join(", ")))
        .collect();
    match (bad.is_empty(), kinds.contains_key(&Outcome::Agree), kinds.contains_key(&Outcome::Unknown)) {
        (false, ..) => format!("no: {}", bad.join("; ")),
        (true, true, false) => "yes".into(),
        (true, true, true) => "yes, where it can be told".into(),
        (true, false, true) => "cannot be told".into(),
        (true, false, false) => "not compared".into(),
    }
}

/// What the interpreter and its model lost, marked; empty where neither was measured.
fn lost(cells: [Option<&Cell>; 2], usable: usize) -> String {
    let one = |cell: &Cell| cell.figures.loss_rate.map(|rate| marked(figure::percent(rate.pooled), cell, usable));
    match cells.map(|cell| cell.and_then(one)) {
        [None, None] => String::new(),
        both => both.map(|text| text.unwrap_or("-".into())).join(" / "),
    }
}

/// A sheet of losses, real and modelled, over the points of one axis.
struct Axis<'f, 'm> {
    found: &'f Found<'m>,
    /// Threads and level of each point.
    points: Vec<(usize, &'m str)>,
    /// What heads call a point.
    name: &'f dyn Fn(usize, &str) -> String,
}

impl<'m> Axis<'_, 'm> {
    fn sheet(&self, title: String, note: &str) -> Sheet {
        let found = self.found;
        let usable = found.machine.card.usable_cpus;
        let compared = comparisons(found.machine);
        let mut heads = vec!["interpreter".to_owned(), "increment".into(), "model".into()];
        heads.extend(self.points.iter().map(|(threads, level)| (self.name)(*threads, level)));
        heads.push("agree".into());
        let mut shown: Vec<&'m Cell> = Vec::new();
        let mut lines = Vec::new();
        for (interpreter, way) in rows(found) {
            let model = found.model(interpreter, way);
            let mut fields = vec![interpreter.label.clone(), way.code.into(), model.unwrap_or("none").into()];
            let mut any = false;
            for &(threads, level) in &self.points {
                let real = found.at(way.subject, interpreter.variant, threads, level);
                let modelled = model.and_then(|id| found.at(id, "", threads, level));
                any |= real.is_some();
                shown.extend(real.into_iter().chain(modelled));
                fields.push(real.map_or(String::new(), |_| lost([real, modelled], usable)));
            }
            let own = |c: &&Comparison| {
                c.interpreter.variant == interpreter.variant
                    && c.way == *way
                    && self.points.contains(&(c.threads, c.level))
            };
            let own: Vec<&Comparison> = compared.iter().filter(own).collect();
            fields.push(verdict(&own, |c| (self.name)(c.threads, c.level)));
            if any {
                lines.push(fields);
            }
        }
        let note = format!("{note}{}", legend(shown.into_iter(), usable));
        Sheet { title, note, head: heads, rows: lines, shades: Vec::new() }
    }
}

/// Loss by version: at the longest switch interval, over threads.
pub(super) fn by_version(found: &Found) -> Sheet {
    let usable = found.machine.card.usable_cpus;
    let level = found.levels().first().copied().unwrap_or_default();
    Axis {
        found,
        points: found.threads().into_iter().filter(|&n| n > 1).map(|n| (n, level)).collect(),
        name: &|n, _| format!("{} threads", head(n, usable)),
    }
    .sheet(
        format!("The model beside the interpreters: loss by version, switch interval {}", interval(level)),
        "Lost of all increments by the interpreter / by its model. gil_3_9 stands for CPython up to 3.9, which may let go of \
         its lock between any two bytecodes; gil_3_10 for those since, which do so at backward jumps and calls; \
         gil_3_13 for the bytecodes of 3.11 and newer where they differ; gil_free_threaded for builds without the lock. Python 2 has no switch interval: it counts bytecodes instead.",
    )
}

/// Loss against the switch interval, at the fewest threads that can race.
pub(super) fn by_interval(found: &Found) -> Sheet {
    let threads = found.threads().into_iter().find(|&n| n > 1);
    let levels = found.levels();
    // At one interval there is nothing to set against each other.
    let points = threads.filter(|_| levels.len() > 1).map_or(Vec::new(), |n| levels.iter().map(|l| (n, *l)).collect());
    if points.is_empty() {
        return Sheet { title: String::new(), note: String::new(), head: vec![], rows: vec![], shades: vec![] };
    }
    let title = format!("Loss against the switch interval, {} threads", threads.unwrap_or_default());
    Axis { found, points, name: &|_, level| interval(level) }.sheet(
        title,
        "Lost of all increments by the interpreter / by its model, by the time after which a waiting thread asks for the \
         interpreter's lock.",
    )
}

#[cfg(test)]
mod tests;
