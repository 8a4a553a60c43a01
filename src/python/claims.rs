//! What articles say of Python, and whether it holds.
//!
//! [`STATEMENTS`] lists what they say. [`claims`] checks it against the recorded cells of a machine, [`ask`] by
//! experiments in its interpreters. Experiments also answer what no recorded cell can: what happens in rounds shorter
//! than the switch interval, and whether there is a `threading.RWLock`.

mod from_interpreters;
mod from_record;

use std::time::Duration;

use super::experiments::Pythons;
use super::record::Record;
use crate::claims::{Claim, Figure, Finding, Says};
use crate::results::Machine;
use from_interpreters::Asked;

/// The switch interval that the articles name.
const ARTICLES: Duration = Duration::from_millis(5);

/// The cost of a lock that the articles name, least and most, in ns: when no other thread wants it, and when one does.
const UNCONTENDED_NS: [f64; 2] = [100.0, 500.0];
const CONTENDED_NS: [f64; 2] = [1_000.0, 10_000.0];

/// The two subjects of "checking and then acting".
const REPLACED: &str = "a tuple replaced under a lock";
const CHECKED: &str = "check, then append";

/// What to run for cells that are missing: of the default cells, of those of a full run.
const DEFAULT: &str = "run `cargo bench --bench interpreters`";
const FULL: &str = "run `MISCOUNT_FULL=1 cargo bench --bench interpreters`";

/// Where no interpreter loses, the switch interval cannot be tried.
const NONE_LOSES: &str = "no interpreter with a switch interval that loses with self.val += 1 (CPython 3.6 to 3.9)";

/// Something that articles say of Python, and how it is checked.
pub struct Statement {
    /// Its id.
    pub id: &'static str,
    /// What is said.
    pub text: &'static str,
    record: Evidence<fn(&Record) -> Vec<Figure>>,
    interpreters: Evidence<fn(&mut Asked) -> Vec<Figure>>,
}

/// One way to check a statement.
struct Evidence<Figures> {
    /// The rule by which figures agree or not, for people.
    check: &'static str,
    figures: Figures,
    /// What to run, or what is missing, where there are no figures.
    absent: &'static str,
}

/// Everything that is checked, in the order in which it is shown.
pub static STATEMENTS: [Statement; 7] = [
    Statement {
        id: "gil_loses_nothing",
        text: "With the GIL an unlocked increment loses nothing in practice",
        record: Evidence {
            check: "each interpreter with a GIL and each increment without a lock, 2 threads and more, switch interval 5 ms: no if one update was lost, yes if rounds that could lose kept all",
            figures: from_record::never_races,
            absent: DEFAULT,
        },
        interpreters: Evidence {
            check: "each interpreter with a GIL, the articles' 10 threads x 1,000,000: no if one update was lost, yes if all were kept",
            figures: from_interpreters::never_races,
            absent: "no interpreter with a GIL",
        },
    },
    Statement {
        id: "races_outlast_the_interval",
        text: "Threads race only if they run for longer than the switch interval of 5 ms",
        record: Evidence {
            check: "increments without a lock in interpreters with a GIL at 5 ms, rounds that leave each thread less than that: no if an update was lost",
            figures: from_record::outlasts,
            absent: "every round gave each thread more than 5 ms; `miscount articles` runs the articles' own, shorter ones",
        },
        interpreters: Evidence {
            check: "self.val += 1 in the oldest interpreter that loses, 10 threads: yes if rounds in which every thread runs for less than 5 ms lose nothing, and longer rounds lose",
            figures: from_interpreters::outlasts,
            absent: NONE_LOSES,
        },
    },
    Statement {
        id: "short_intervals_show_races",
        text: "A shorter switch interval brings races to light",
        record: Evidence {
            check: "each interpreter with a GIL and each increment without a lock, at the longest and the shortest interval: yes if the middle round at the shortest loses more than any at the longest; no if it is the other way round, or nothing is lost at either",
            figures: from_record::exposes,
            absent: FULL,
        },
        interpreters: Evidence {
            check: "the same short rounds at 50 µs: yes if they lose there only",
            figures: from_interpreters::exposes,
            absent: NONE_LOSES,
        },
    },
    Statement {
        id: "check_then_act",
        text: "Assigning is atomic, checking and then acting is not",
        record: Evidence {
            check: "a tuple replaced under a lock and read without one: yes if nothing was lost or torn; a check and an append without a lock: yes if a thread acted on a check that no longer held, cannot be told if none did",
            figures: from_record::check_then_act,
            absent: FULL,
        },
        interpreters: Evidence {
            check: "2 threads, switch interval 50 µs; a tuple replaced under a lock and read without one: yes if nothing was lost; a check and an append without a lock: yes if a number was appended twice, cannot be told if none was",
            figures: from_interpreters::check_then_act,
            absent: "no interpreter",
        },
    },
    Statement {
        id: "lock_uncontended",
        text: "In Python a lock costs 100 to 500 ns uncontended",
        record: Evidence {
            check: "`with lock` less the loop alone at 1 thread in each interpreter; yes if its whole interval lies within",
            figures: |record| from_record::lock_cost(record, 1, UNCONTENDED_NS),
            absent: FULL,
        },
        interpreters: Evidence {
            check: "with lock: self.val += 1 less self.val += 1, alternately, at 1 thread; yes if the whole interval lies within, cannot be told where threads had to wait for a CPU",
            figures: |asked| from_interpreters::lock_costs(asked, 1, UNCONTENDED_NS),
            absent: "no interpreter",
        },
    },
    Statement {
        id: "lock_contended",
        text: "In Python a lock costs 1 to 10 µs contended",
        record: Evidence {
            check: "`with lock` less the loop alone at 2 threads in each interpreter; yes if its whole interval lies within",
            figures: |record| from_record::lock_cost(record, 2, CONTENDED_NS),
            absent: FULL,
        },
        interpreters: Evidence {
            check: "the same at 2 threads, per thread; yes if the whole interval lies within",
            figures: |asked| from_interpreters::lock_costs(asked, 2, CONTENDED_NS),
            absent: "no interpreter",
        },
    },
    Statement {
        id: "rwlock",
        text: "Python 3.13 has a threading.RWLock",
        record: Evidence {
            check: "each interpreter is asked for the name",
            figures: |_| Vec::new(),
            absent: "no cell can tell; `miscount articles` asks each interpreter",
        },
        interpreters: Evidence {
            check: "each interpreter is asked for the name; only 3.13 and newer say anything of the claim",
            figures: from_interpreters::rwlock,
            absent: "no interpreter",
        },
    },
];

/// All statements, checked against the recorded cells of one machine.
pub fn claims(machine: &Machine) -> Vec<Claim> {
    let record = Record::of(machine);
    let check = |Statement { text, record: by, .. }: &Statement| {
        let figures = record.as_ref().map_or(Vec::new(), by.figures);
        claim(text, by.check, figures, format!("not measured here: {}", by.absent))
    };
    STATEMENTS.iter().map(check).collect()
}

/// All statements, checked by experiments in interpreters. An interpreter that fails is left out of the rest. Takes some
/// seconds for each, and runs the scenarios that it needs unless they were run before.
pub fn ask(pythons: &mut Pythons) -> Vec<Claim> {
    let mut asked = Asked::new(pythons);
    let check = |Statement { text, interpreters: by, .. }: &Statement| {
        let figures = (by.figures)(&mut asked);
        claim(text, by.check, figures, format!("not run: {}", by.absent))
    };
    STATEMENTS.iter().map(check).collect()
}

fn claim(text: &'static str, check: &'static str, figures: Vec<Figure>, absent: String) -> Claim {
    let finding = Finding::of(&figures);
    let verdict = match finding {
        Finding::NotMeasured => absent,
        Finding::Unclear => "cannot be told here".to_owned(),
        found => found.text().to_owned(),
    };
    Claim { text, check, finding, verdict, figures }
}

/// What figures say of a claim that nothing is lost: one lost update contradicts it, and only rounds that could lose
/// support it.
fn kept_all(lost: bool, could_lose: bool) -> Says {
    match (lost, could_lose) {
        (true, _) => Says::No,
        (false, true) => Says::Yes,
        (false, false) => Says::Unclear,
    }
}

/// What figures say of a claim that something can go wrong: what was not seen may still be possible.
fn went_wrong(seen: bool) -> Says {
    if seen { Says::Yes } else { Says::Unclear }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::machine;

    #[test]
    fn a_statement_is_named_once() {
        let unique = |of: fn(&Statement) -> &'static str| {
            STATEMENTS.iter().map(of).collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!([unique(|s| s.id), unique(|s| s.text)], [STATEMENTS.len(); 2]);
        assert!(STATEMENTS.iter().all(|statement| crate::results::cell::is_id(statement.id)));
    }

    #[test]
    fn without_interpreters_nothing_is_measured_and_nothing_run() {
        for (found, begins) in [
            (claims(&machine(Vec::new())), "not measured here: "),
            (ask(&mut Pythons::new(Vec::new())), "not run: no interpreter"),
        ] {
            let texts: Vec<&str> = found.iter().map(|claim| claim.text).collect();
            assert_eq!(texts, STATEMENTS.each_ref().map(|statement| statement.text));
            assert!(found.iter().all(|claim| claim.finding == Finding::NotMeasured), "{found:?}");
            assert!(found.iter().all(|claim| claim.verdict.starts_with(begins)), "{found:?}");
        }
    }
}
