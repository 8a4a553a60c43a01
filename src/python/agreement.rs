//! Where the recorded interpreters and their models disagree.

use super::record::{Record, RecordedInterpreter, WAYS, Way, decisive, interval, loss};
use crate::figure;
use crate::python::model::steps::lost_in;
use crate::results::{Cell, LossRate, Machine};
use crate::workload::Load;

/// A loss of up to this share of all increments counts as none when an interpreter is compared with its model.
pub const LEAST_LOSS: f64 = 0.01;

/// What an interpreter must lose in rounds as long as a cell's, from how often its threads were seen to let go between load and
/// store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The share lost, by looks at where threads stand.
    pub by_looks: f64,
    /// The same by the time that the window takes, where it was timed.
    pub by_time: Option<f64>,
    /// The share that was lost, if increments were counted.
    pub seen: Option<f64>,
    /// Counting threads.
    threads: usize,
}

impl Prediction {
    /// The prediction for a cell; `None` where nobody looked.
    pub fn of(cell: &Cell) -> Option<Prediction> {
        let (window, threads) = (cell.figures.window?, cell.key.threads);
        let interval = Load::of(&cell.key.level)?.switch_interval()?;
        let turns = (cell.figures.sample_ms? / (1e3 * interval.as_secs_f64())).round() as usize;
        Some(Prediction {
            by_looks: lost_in(window.by_looks()?, threads, turns),
            by_time: window.by_time().map(|share| lost_in(share, threads, turns)),
            seen: cell.figures.loss_rate.map(|rate| rate.pooled),
            threads,
        })
    }

    /// How far what was lost is from the prediction by looks, in `[0, 1]`, where that is further than rounds scatter: 5 points at up
    /// to 4 threads, 7 at more.
    pub fn off(&self) -> Option<f64> {
        let off = (self.seen? - self.by_looks).abs();
        (off > if self.threads <= 4 { 0.05 } else { 0.07 }).then_some(off)
    }
}

/// What comparing the cells of an interpreter and its model shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// Neither loses, or both lose and the ranges of their rounds meet.
    Agree,
    /// Only the interpreter loses.
    OnlyReal,
    /// Only the model loses.
    OnlyModel,
    /// Both lose, and the ranges of their rounds do not meet.
    Apart,
    /// One of the cells cannot show that nothing is lost, or has no loss.
    Unknown,
}

impl Agreement {
    /// Whether the two disagree.
    pub fn disagrees(self) -> bool {
        !matches!(self, Agreement::Agree | Agreement::Unknown)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Agreement::Agree => "both agree",
            Agreement::OnlyReal => "only the interpreter loses",
            Agreement::OnlyModel => "only the model loses",
            Agreement::Apart => "both lose, but not alike",
            Agreement::Unknown => "cannot be told",
        }
    }

    fn of(real: &Cell, model: &Cell) -> Agreement {
        let (Some(a), Some(b)) = (real.figures.loss_rate, model.figures.loss_rate) else { return Agreement::Unknown };
        let loses = |rate: LossRate| rate.pooled > LEAST_LOSS;
        match (loses(a), loses(b)) {
            (true, true) if a.min <= b.max && b.min <= a.max => Agreement::Agree,
            (true, true) if decisive(real) && decisive(model) => Agreement::Apart,
            (false, false) if decisive(real) && decisive(model) => Agreement::Agree,
            // A loss counts under any verdict. A cell without loss counts only if it could have lost.
            (true, false) if decisive(model) => Agreement::OnlyReal,
            (false, true) if decisive(real) => Agreement::OnlyModel,
            _ => Agreement::Unknown,
        }
    }
}

/// One way of counting in an interpreter and in its model, at the same threads and switch interval.
#[derive(Clone, Debug)]
pub struct ModelComparison<'m> {
    /// The interpreter.
    pub interpreter: RecordedInterpreter<'m>,
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
    /// What they show.
    pub agreement: Agreement,
}

/// Every comparison that a machine's cells allow, from old to new interpreters, at 2 threads and more.
pub fn comparisons(machine: &Machine) -> Vec<ModelComparison<'_>> {
    let Some(record) = Record::of(machine) else { return Vec::new() };
    let mut all = Vec::new();
    for (interpreter, way) in rows(&record) {
        let Some(model) = record.model(interpreter, way) else { continue };
        for level in record.levels() {
            for threads in record.racing_threads() {
                let real = record.at(way.subject, interpreter.variant, threads, level);
                let (Some(real), Some(modelled)) = (real, record.at(model, "", threads, level)) else { continue };
                all.push(ModelComparison {
                    interpreter: interpreter.clone(),
                    way: *way,
                    model,
                    level,
                    threads,
                    real,
                    modelled,
                    agreement: Agreement::of(real, modelled),
                });
            }
        }
    }
    all
}

/// Each interpreter with each way of counting that a model may have.
pub(crate) fn rows<'f, 'm>(
    record: &'f Record<'m>,
) -> impl Iterator<Item = (&'f RecordedInterpreter<'m>, &'static Way)> {
    let modelled = |way: &&Way| {
        let locks = record.models.iter().any(|id| id.ends_with("_lock"));
        way.model.is_some_and(|name| name != "lock" || locks)
    };
    record.interpreters.iter().flat_map(move |i| WAYS.iter().filter(modelled).map(move |way| (i, way)))
}

/// How many comparisons agree, and by which rule, in a few sentences.
fn summary(compared: &[ModelComparison]) -> String {
    if compared.is_empty() {
        return "No interpreter is compared with its model: one of the two was not measured here. `cargo bench --bench interpreters` \
                measures both."
            .into();
    }
    let count = |wanted: fn(Agreement) -> bool| compared.iter().filter(|c| wanted(c.agreement)).count();
    let (agree, disagree) = (count(|o| o == Agreement::Agree), count(Agreement::disagrees));
    format!(
        "Model and interpreter agree in {agree} of {} comparisons (the same increment, threads and switch interval), disagree in \
         {disagree}, and in {} it cannot be told. They disagree if one loses more than {} of all its increments and the other does not, or \
         if both do and the ranges of their rounds, from the least to the most lost, do not meet. Short or serialised rounds \
         and cells taken with --quick cannot show that nothing is lost.",
        compared.len(),
        compared.len() - agree - disagree,
        figure::percent(LEAST_LOSS)
    )
}

/// A line for each interpreter, increment and kind of disagreement.
fn disagreements(compared: &[ModelComparison]) -> Vec<String> {
    let mut kinds: Vec<Vec<&ModelComparison>> = Vec::new();
    let key = |c: &ModelComparison| (c.interpreter.variant.to_owned(), c.way.subject, c.agreement);
    for c in compared.iter().filter(|c| c.agreement.disagrees()) {
        match kinds.iter_mut().find(|kind| key(kind[0]) == key(c)) {
            Some(kind) => kind.push(c),
            None => kinds.push(vec![c]),
        }
    }
    let line = |kind: &Vec<&ModelComparison>| {
        let c = kind[0];
        let own = |o: &&ModelComparison| (o.interpreter.variant, o.way) == (c.interpreter.variant, c.way);
        let of = compared.iter().filter(own).count();
        let head = format!("{}, {}, {}: {}", c.interpreter.label, c.way.code, c.model, c.agreement.text());
        let [real, model] = [lost_at(kind, |c| c.real), lost_at(kind, |c| c.modelled)];
        format!("{head} at {} of {of} points ({}): {real} lost, model {model}", kind.len(), points(kind))
    };
    kinds.iter().map(line).collect()
}

/// Intervals, and the thread counts at each.
fn points(kind: &[&ModelComparison]) -> String {
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

/// The loss at one point with the range of its rounds, or the least and the most loss of several points.
fn lost_at<'m>(kind: &[&ModelComparison<'m>], cell: fn(&ModelComparison<'m>) -> &'m Cell) -> String {
    let rates: Vec<LossRate> = kind.iter().filter_map(|c| cell(c).figures.loss_rate).collect();
    if let [rate] = rates[..] {
        return loss(rate);
    }
    let [least, most] = [f64::min, f64::max].map(|pick| rates.iter().map(|rate| rate.pooled).reduce(pick));
    let [least, most] = [least, most].map(|rate| rate.map_or("?".into(), figure::percent));
    if least == most { least } else { format!("{least} to {most}") }
}

/// How far interpreters and models agree, in a few sentences, and a line for each kind of disagreement.
pub fn agreement(machine: &Machine) -> (String, Vec<String>) {
    let compared = comparisons(machine);
    (summary(&compared), disagreements(&compared))
}

#[cfg(test)]
pub(crate) mod tests;
