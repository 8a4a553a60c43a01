//! Questions, and how they are typed.

use std::time::Duration;

use serde::Serialize;

use super::Error;
use crate::figure;
use crate::results::Cell;
use crate::round::nanos;
use crate::workload::{Load, MOST_THREADS, Placement};

/// Think times this close count as equal: the achieved think time differs by a few percent from the one asked for.
const NEAR: f64 = 0.05;

/// A typed question, in one of three forms that do not mix.
#[derive(Clone, Debug, Default)]
pub struct Words<'a> {
    /// Thread count.
    pub threads: Option<&'a str>,
    /// Counter form and reads form: think time, such as `1us`.
    pub think: Option<&'a str>,
    /// Lock form: work inside the lock.
    pub critical: Option<&'a str>,
    /// Lock form: work outside.
    pub parallel: Option<&'a str>,
    /// Reads form: share of reads, such as `90%`.
    pub reads: Option<&'a str>,
    /// Placement; by default the measured one, `spread` first.
    pub placement: Option<&'a str>,
    /// The asker's present choice.
    pub now: Option<&'a str>,
}

/// A parsed question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Counting threads.
    pub threads: usize,
    /// The load of the threads.
    pub load: Load,
    /// Placement, if given.
    pub placement: Option<Placement>,
    /// The asker's present choice.
    pub now: Option<String>,
}

impl Question {
    /// Parses a typed question.
    ///
    /// # Errors
    /// [`Error`] says which word cannot be used, or which forms are mixed and what to ask instead.
    pub fn ask(words: &Words<'_>) -> Result<Question, Error> {
        let time = |flag: &'static str, text: &str| {
            humantime::parse_duration(text.trim())
                .map_err(|_| Error::value(flag, text, "give a time such as 100ns or 1us"))
        };
        let threads = words.threads.ok_or(Error::NoThreads)?;
        let counted = threads.trim().parse().ok().filter(|n| (1..=MOST_THREADS).contains(n));
        let threads = counted
            .ok_or_else(|| Error::value("--threads", threads, format!("give one count from 1 to {MOST_THREADS}")))?;
        let load = match (words.think, words.critical.or(words.parallel), words.reads) {
            (_, Some(_), Some(_)) => return Err(Error::ReadsInLock { threads }),
            (Some(think), Some(_), None) => {
                let (think, critical) = (time("--think", think)?, words.critical.unwrap_or("0"));
                return Err(Error::ThinkInLock { threads, think, critical: time("--critical", critical)? });
            }
            (None, Some(_), None) => {
                let (Some(critical), Some(parallel)) = (words.critical, words.parallel) else {
                    return Err(Error::HalfALock);
                };
                Load::Work { critical: time("--critical", critical)?, parallel: time("--parallel", parallel)? }
            }
            (think, None, Some(reads)) => {
                let think = think.map_or(Ok(Duration::ZERO), |text| time("--think", text))?;
                Load::Mix { share: share(reads)?, think }
            }
            (Some(think), None, None) => Load::Think(time("--think", think)?),
            (None, None, None) => return Err(Error::NoForm { threads }),
        };
        let placement = words.placement.map(|text| {
            let known = Placement::ALL.into_iter().find(|p| p.id() == text);
            known.ok_or_else(|| Error::value("--placement", text, "give spread, siblings or unpinned"))
        });
        Ok(Question { threads, load, placement: placement.transpose()?, now: words.now.map(str::to_owned) })
    }
}

/// A share of reads in percent. The sign is required: `1` could be all or a hundredth.
fn share(text: &str) -> Result<f64, Error> {
    let number = text.trim().strip_suffix('%').and_then(|n| n.trim_end().parse::<f64>().ok());
    let share = number.filter(|n| (0.0..=100.0).contains(n)).map(|n| n / 100.0);
    share.ok_or_else(|| Error::value("--reads", text, "give percent with their sign, from 0% to 100%, such as 90%"))
}

/// The quantity along which cells are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Think time, in ns.
    ThinkTime,
    /// Critical section, in ns; critical and parallel section have a fixed sum.
    CriticalSection,
    /// Share of reads, in `[0, 1]`.
    ReadShare,
}

impl Axis {
    /// A value on it, in words.
    pub fn text(self, at: f64) -> String {
        match self {
            Axis::ThinkTime if at == 0.0 => "no think time".into(),
            Axis::ThinkTime => format!("{} think time", time(at)),
            Axis::CriticalSection => format!("a critical section of {}", time(at)),
            Axis::ReadShare => format!("{} reads", figure::percent(at)),
        }
    }
}

/// A time in ns with its unit, without decimals if it is whole.
pub(super) fn time(ns: f64) -> String {
    let whole = Duration::from_nanos(ns as u64);
    if ns.fract() == 0.0 && !whole.is_zero() {
        figure::duration(whole)
    } else {
        format!("{} ns", if ns == 0.0 { "0".into() } else { figure::ns(ns) })
    }
}

fn same_think(at: f64, wanted: f64) -> bool {
    if wanted == 0.0 || at == 0.0 { at == wanted } else { (at / wanted - 1.0).abs() <= NEAR }
}

/// How to look up a load among a bench's cells.
impl Load {
    /// The bench that measures this kind of load.
    pub(in crate::choose) fn bench(&self) -> &'static str {
        match self {
            Load::Work { .. } => "locks",
            Load::Mix { .. } => "reads",
            _ => "counters",
        }
    }

    /// The axis of the lookup.
    pub(in crate::choose) fn axis(&self) -> Axis {
        match self {
            Load::Work { .. } => Axis::CriticalSection,
            Load::Mix { .. } => Axis::ReadShare,
            _ => Axis::ThinkTime,
        }
    }

    /// The load's value on the axis.
    pub(in crate::choose) fn wanted(&self) -> f64 {
        match *self {
            Load::Work { critical, .. } => nanos(critical),
            Load::Mix { share, .. } => share,
            load => nanos(load.outside()),
        }
    }

    /// A cell's value on the axis; `None` for cells that differ otherwise.
    pub(in crate::choose) fn at(&self, cell: &Cell) -> Option<f64> {
        // `saturated` has no think code at all, whatever the record says.
        let achieved = |think: Duration| {
            if think.is_zero() { 0.0 } else { cell.figures.achieved_think_ns.unwrap_or(nanos(think)) }
        };
        match (*self, Load::of(&cell.key.level)?) {
            (Load::Think(_), Load::Think(think)) => Some(achieved(think)),
            (Load::Work { critical: c, parallel: p }, Load::Work { critical, parallel }) => {
                (c + p == critical + parallel).then_some(nanos(critical))
            }
            (Load::Mix { think: wanted, .. }, Load::Mix { share, think }) => {
                let share = cell.figures.reading.map_or(share, |r| r.share);
                same_think(achieved(think), nanos(wanted)).then_some(share)
            }
            _ => None,
        }
    }

    /// Share of the way from `low` to `high` at which the load lies, in `(0, 1)`; `None` if it is not between them, or
    /// if the cost between them is unknown.
    pub(in crate::choose) fn weight(&self, low: f64, high: f64) -> Option<f64> {
        let at = self.wanted();
        if !(low < at && at < high) {
            return None;
        }
        match self {
            Load::Think(_) => (low > 0.0).then(|| (at / low).ln() / (high / low).ln()),
            _ => Some((at - low) / (high - low)),
        }
    }

    /// Whether the value `at` is the load's.
    pub(in crate::choose) fn is_at(&self, at: f64) -> bool {
        match self {
            // The achieved share differs from the one asked for by a few operations.
            Load::Mix { share, .. } => (at - share).abs() < 0.001,
            Load::Work { .. } => at == self.wanted(),
            _ => same_think(at, self.wanted()),
        }
    }

    /// Text for the load.
    pub(in crate::choose) fn words(&self) -> String {
        match *self {
            Load::Work { critical, parallel } => {
                format!("critical section {}, parallel section {}", time(nanos(critical)), time(nanos(parallel)))
            }
            Load::Mix { share, think } => {
                format!("{}, {}", Axis::ReadShare.text(share), Axis::ThinkTime.text(nanos(think)))
            }
            _ => Axis::ThinkTime.text(self.wanted()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(ns: u64) -> Duration {
        Duration::from_nanos(ns)
    }

    fn asked(words: Words<'_>) -> Result<Load, String> {
        let words = Words { threads: words.threads.or(Some("2")), ..words };
        Question::ask(&words).map(|q| q.load).map_err(|e| e.to_string())
    }

    #[test]
    fn three_forms() {
        assert_eq!(asked(Words { think: Some("1us"), ..Words::default() }), Ok(Load::Think(ns(1_000))));
        assert_eq!(asked(Words { think: Some("0"), ..Words::default() }), Ok(Load::Think(ns(0))));
        let lock = Words { critical: Some("100ns"), parallel: Some("900ns"), ..Words::default() };
        assert_eq!(asked(lock), Ok(Load::Work { critical: ns(100), parallel: ns(900) }));
        let reads = Words { reads: Some("99.5 %"), think: Some("1us"), ..Words::default() };
        assert_eq!(asked(reads), Ok(Load::Mix { share: 0.995, think: ns(1_000) }));
    }

    #[test]
    fn shares_need_their_sign() {
        for (text, share) in [("90%", 0.9), ("0%", 0.0), ("100%", 1.0), (" 50 % ", 0.5)] {
            assert_eq!(super::share(text).unwrap(), share, "{text}");
        }
        for text in ["90", "0.9", "1", "101%", "-1%", "%", "NaN%", "inf%", ""] {
            let line = super::share(text).unwrap_err().to_string();
            assert!(line.starts_with(&format!("--reads {text:?}: ")) && line.contains("such as 90%"), "{line}");
        }
    }

    #[test]
    fn forms_do_not_mix() {
        let line = asked(Words { think: Some("1us"), critical: Some("100ns"), ..Words::default() }).unwrap_err();
        assert!(line.contains("--critical 100ns --parallel 1us"), "{line}");
        let line = asked(Words { reads: Some("90%"), parallel: Some("1us"), ..Words::default() }).unwrap_err();
        assert!(line.contains("--reads") && line.contains("--critical"), "{line}");
        for words in [
            Words::default(),
            Words { critical: Some("1us"), ..Words::default() },
            Words { think: Some("1"), ..Words::default() },
            Words { threads: Some("0"), think: Some("0"), ..Words::default() },
            Words { threads: Some("1,2"), think: Some("0"), ..Words::default() },
            Words { placement: Some("anywhere"), think: Some("0"), ..Words::default() },
        ] {
            let line = asked(words.clone()).expect_err(&format!("{words:?}"));
            assert!(!line.contains('\n'), "{line}");
        }
        assert!(matches!(Question::ask(&Words::default()), Err(Error::NoThreads)));
    }

    #[test]
    fn think_time_is_measured_by_ratios_and_not_from_zero() {
        let load = Load::Think(ns(1_000));
        assert!((load.weight(100.0, 10_000.0).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(load.weight(0.0, 10_000.0), None, "nothing is known between none and some");
        assert_eq!(load.weight(1000.0, 10_000.0), None);
        assert_eq!(load.weight(10.0, 999.0), None);
        assert!(load.is_at(980.0) && load.is_at(1049.0) && !load.is_at(1051.0) && !load.is_at(0.0));
        assert!(Load::Think(ns(0)).is_at(0.0) && !Load::Think(ns(0)).is_at(1e-9));
        let reads = Load::Mix { share: 0.75, think: ns(0) };
        assert_eq!(reads.weight(0.5, 1.0), Some(0.5));
    }
}
