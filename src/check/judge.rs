//! Turns facts into findings.

use super::{Facts, Finding, Status};
use crate::figure::{ns, percent};
use crate::machine::Quota;
use crate::noise::{OTHER_LOAD_ABOVE, STEAL_ABOVE};
use crate::stats::median;
use crate::transfer::distance::{Places, cuts, group};

/// `load_store` loses less than this at 2 threads only if they hardly ran at once. The suite's canary has the same limit.
const CANARY_BELOW: f64 = 0.1;
/// From this one-minute load average per CPU on, the machine was busy a moment ago.
const BUSY_FROM: f64 = 0.5;
/// Above this steal readers should know of it.
const SOME_STEAL: f64 = 0.01;
/// Two readings of a processor's clock cost some 50 ns. Two readings by a system call cost more.
const DEAR_CLOCK_NS: f64 = 500.0;
/// Larger steps of the clock show in rounds of 10 ms.
const COARSE_CLOCK_NS: f64 = 10_000.0;
/// Rows of one counter at one thread were within 2.8 % in the null study.
const NULL_WARNING: f64 = 0.05;
/// Half an interval above this is too wide for any comparison.
const NULL_NOT_FIT: f64 = 0.1;

/// How threads on one CPU run.
const TAKING_TURNS: &str = "threads take turns on it, and an increment that is interrupted between its load and its \
                            store still loses; one that is a single instruction does not";

/// Judges the facts: one finding for each, in a fixed order.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    vec![
        pinning(facts),
        cpus(facts),
        quota(facts),
        siblings(facts),
        governor(facts),
        boost(facts),
        hypervisor(facts),
        load(facts),
        other_load(facts),
        steal(facts),
        clock(facts),
        distance(facts),
        canary(facts),
        null(facts),
    ]
}

fn finding(id: &'static str, status: Status, found: impl Into<String>, advice: Option<&'static str>) -> Finding {
    Finding { id, status, found: found.into(), advice }
}

fn pinning(facts: &Facts) -> Finding {
    match facts.pinning {
        true => finding("pinning", Status::Ok, "threads can be tied to CPUs", None),
        false => finding(
            "pinning",
            Status::NotFit,
            "threads cannot be tied to CPUs: every cell will be unpinned",
            Some("run on Linux or Windows, outside of a sandbox that forbids it"),
        ),
    }
}

fn cpus(facts: &Facts) -> Finding {
    let found = format!("{} usable", facts.usable);
    match facts.usable {
        0 | 1 => finding(
            "cpus",
            Status::NotFit,
            format!("{found}: {TAKING_TURNS}"),
            Some("allow two CPUs or more: threads that take turns pass no cache line between CPUs"),
        ),
        _ => finding("cpus", Status::Ok, found, None),
    }
}

fn quota(facts: &Facts) -> Finding {
    match facts.quota {
        Quota::Unknown => finding("quota", Status::Ok, "unknown", None),
        Quota::Unlimited => finding("quota", Status::Ok, "none", None),
        Quota::Cpus(cpus) if facts.allowed > 0 && cpus < facts.allowed as f64 => finding(
            "quota",
            Status::NotFit,
            format!("the time of {cpus:.2} CPUs for {} CPUs: threads are stopped when it is used up", facts.allowed),
            Some("raise the cgroup's quota, or allow fewer CPUs (taskset, cpuset)"),
        ),
        Quota::Cpus(cpus) => finding("quota", Status::Ok, format!("{cpus:.2} CPUs, enough for all allowed CPUs"), None),
    }
}

fn siblings(facts: &Facts) -> Finding {
    match facts.siblings_known {
        true => finding("siblings", Status::Ok, "the system says which CPUs share a core", None),
        false => finding(
            "siblings",
            Status::Warning,
            "unknown: two threads may share a core at placement spread",
            Some("name the cores with the affinity mask, one CPU each (taskset)"),
        ),
    }
}

fn governor(facts: &Facts) -> Finding {
    match facts.frequency.governor.as_deref() {
        None => finding("governor", Status::Ok, "unknown (usual in virtual machines)", None),
        Some("performance") => finding("governor", Status::Ok, "performance", None),
        Some(other) => finding(
            "governor",
            Status::Warning,
            format!("{other}: the clock frequency follows the load"),
            Some("choose performance: cpupower frequency-set -g performance"),
        ),
    }
}

fn boost(facts: &Facts) -> Finding {
    match facts.frequency.boost {
        None => finding("boost", Status::Ok, "unknown (usual in virtual machines)", None),
        Some(false) => finding("boost", Status::Ok, "off", None),
        Some(true) => finding(
            "boost",
            Status::Warning,
            "on: CPUs run slower when more of them work, or when they get hot",
            Some(
                "turn it off for figures at several thread counts: write 1 to intel_pstate/no_turbo or 0 to cpufreq/boost",
            ),
        ),
    }
}

fn distance(facts: &Facts) -> Finding {
    let found = &facts.transfers;
    if found.is_empty() {
        return finding("distance", Status::Ok, "unknown: no two CPUs to pass a line between", None);
    }
    let cuts = cuts(found);
    let each = |n: usize| {
        let here: Vec<f64> = found.iter().copied().filter(|transfer| group(&cuts, *transfer) == n).collect();
        ns(median(&here))
    };
    if cuts.is_empty() {
        return finding("distance", Status::Ok, format!("line transfer {} ns throughout five seconds", each(0)), None);
    }
    let moves = Places::find(found.iter().enumerate().map(|(number, transfer)| (number, (), *transfer))).moves();
    let all: Vec<String> = (0..=cuts.len()).map(each).collect();
    let times = if moves == 1 { "once".to_owned() } else { format!("{moves} times") };
    finding(
        "distance",
        Status::Warning,
        format!("line transfer {} ns: the host moved the CPUs {times} in five seconds", all.join(" and ")),
        Some(
            "compare contended figures at one distance only; a physical machine or a whole host does not move its CPUs",
        ),
    )
}

fn hypervisor(facts: &Facts) -> Finding {
    let advice = Some("say so beside the figures: CPUs of a virtual machine may share a core, or move");
    match facts.hypervisor.as_deref() {
        None => finding("hypervisor", Status::Note, "unknown", None),
        Some("none") => finding("hypervisor", Status::Ok, "none", None),
        Some("yes") => finding("hypervisor", Status::Note, "a virtual machine", advice),
        Some(name) => finding("hypervisor", Status::Note, format!("a virtual machine ({name})"), advice),
    }
}

fn load(facts: &Facts) -> Finding {
    match facts.load {
        None => finding("load", Status::Ok, "unknown", None),
        Some(load) if load >= BUSY_FROM * facts.usable as f64 => finding(
            "load",
            Status::Warning,
            format!("{load:.2} in the last minute"),
            Some("wait until the machine has been idle for a while: CPUs are still warm"),
        ),
        Some(load) => finding("load", Status::Ok, format!("{load:.2} in the last minute"), None),
    }
}

fn other_load(facts: &Facts) -> Finding {
    match facts.noise.other_load {
        None => finding("other_load", Status::Ok, "unknown", None),
        Some(share) if share > OTHER_LOAD_ABOVE => finding(
            "other_load",
            Status::NotFit,
            format!("other programs use {} of the CPUs now", percent(share)),
            Some("end other programs, and try again"),
        ),
        Some(share) => {
            finding("other_load", Status::Ok, format!("other programs use {} of the CPUs now", percent(share)), None)
        }
    }
}

fn steal(facts: &Facts) -> Finding {
    let advice = Some("the host gives the CPUs to others: choose a dedicated machine, or another time");
    match facts.noise.steal {
        None => finding("steal", Status::Ok, "unknown", None),
        Some(share) => {
            let status = match share {
                share if share > STEAL_ABOVE => Status::NotFit,
                share if share > SOME_STEAL => Status::Warning,
                _ => Status::Ok,
            };
            let found = format!("the host takes {} of the CPUs' time now", percent(share));
            finding("steal", status, found, advice.filter(|_| status != Status::Ok))
        }
    }
}

fn clock(facts: &Facts) -> Finding {
    let found =
        format!("two readings cost {:.0} ns, its shortest step is {:.0} ns", facts.clock_ns, facts.clock_step_ns);
    let bad = facts.clock_ns > DEAR_CLOCK_NS || facts.clock_step_ns > COARSE_CLOCK_NS;
    let advice = "use the processor's own clock (Linux: tsc or arch_sys_counter in clocksource0/current_clocksource)";
    match bad {
        true => finding("clock", Status::Warning, found, Some(advice)),
        false => finding("clock", Status::Ok, found, None),
    }
}

fn canary(facts: &Facts) -> Finding {
    match facts.canary {
        None => finding("canary", Status::NotFit, "not run: it needs two CPUs", Some("allow two CPUs or more")),
        Some(loss) if loss < CANARY_BELOW => finding(
            "canary",
            Status::NotFit,
            format!("load_store lost only {} at 2 threads: nothing really contends here", percent(loss)),
            Some("give the threads CPUs of their own: end other programs, and check pinning, quota and steal above"),
        ),
        Some(loss) => finding("canary", Status::Ok, format!("load_store lost {} at 2 threads", percent(loss)), None),
    }
}

fn null(facts: &Facts) -> Finding {
    let status = match facts.null {
        apart if apart > NULL_NOT_FIT => Status::NotFit,
        apart if apart > NULL_WARNING => Status::Warning,
        // Also if there was nothing to compare.
        apart if apart.is_nan() => Status::NotFit,
        _ => Status::Ok,
    };
    let advice = "find the disturbance, and measure again: differences of this size mean nothing here";
    let found = format!("two rows of one counter differ by {} at 1 thread", percent(facts.null));
    finding("null_noise", status, found, Some(advice).filter(|_| status != Status::Ok))
}

#[cfg(test)]
mod tests {
    use super::super::is_fit;
    use super::*;
    use crate::machine::Frequency;
    use crate::results::Noise;

    type Change = fn(&mut Facts);

    fn fit() -> Facts {
        Facts {
            pinning: true,
            allowed: 4,
            usable: 4,
            quota: Quota::Unlimited,
            siblings_known: true,
            frequency: Frequency {
                governor: Some("performance".to_owned()),
                boost: Some(false),
                ..Frequency::default()
            },
            hypervisor: Some("none".to_owned()),
            load: Some(0.1),
            noise: Noise { steal: Some(0.0), other_load: Some(0.01), ..Noise::default() },
            clock_ns: 40.0,
            clock_step_ns: 20.0,
            transfers: vec![27.0; 50],
            canary: Some(0.49),
            null: 0.01,
        }
    }

    /// The findings that differ from those of a fit machine.
    fn changed(change: impl FnOnce(&mut Facts)) -> Vec<(&'static str, Status)> {
        let mut facts = fit();
        change(&mut facts);
        let (before, after) = (judge(&fit()), judge(&facts));
        after.iter().zip(&before).filter(|(a, b)| a.status != b.status).map(|(a, _)| (a.id, a.status)).collect()
    }

    #[test]
    fn a_quiet_server_is_fit_and_has_nothing_to_do() {
        let findings = judge(&fit());
        assert!(findings.iter().all(|f| f.status == Status::Ok && f.advice.is_none()), "{findings:#?}");
        assert!(is_fit(&findings));
        let ids: std::collections::BTreeSet<&str> = findings.iter().map(|f| f.id).collect();
        assert_eq!(ids.len(), findings.len());
    }

    #[test]
    fn what_makes_figures_mislead_is_not_fit_by_itself() {
        let changes: [(&str, Change); 9] = [
            ("pinning", |f| f.pinning = false),
            ("cpus", |f| f.usable = 1),
            ("quota", |f| f.quota = Quota::Cpus(3.5)),
            ("other_load", |f| f.noise.other_load = Some(0.11)),
            ("steal", |f| f.noise.steal = Some(0.06)),
            ("canary", |f| f.canary = Some(0.09)),
            ("canary", |f| f.canary = None),
            ("null_noise", |f| f.null = 0.11),
            ("null_noise", |f| f.null = f64::NAN),
        ];
        for (id, change) in changes {
            assert_eq!(changed(change), [(id, Status::NotFit)]);
            let mut facts = fit();
            change(&mut facts);
            let findings = judge(&facts);
            assert!(!is_fit(&findings), "{id}");
            assert!(findings.iter().all(|f| f.advice.is_some() == (f.status == Status::NotFit)), "{findings:#?}");
        }
    }

    /// `tests/it/team.rs` shows that it is so.
    #[test]
    fn one_cpu_does_not_keep_threads_from_losing() {
        let cpus = cpus(&Facts { usable: 1, ..fit() });
        let says = [
            "1 usable: threads take turns on it",
            "interrupted between its load and its store still loses",
            "a single instruction does not",
        ];
        assert!(says.iter().all(|words| cpus.found.contains(words)), "{cpus:?}");
        assert!(
            cpus.advice.is_some_and(|advice| advice.contains("take turns") && !advice.contains("meet")),
            "{cpus:?}"
        );
        assert_eq!(super::cpus(&fit()).found, "4 usable", "of more than one there is nothing to say");
    }

    #[test]
    fn what_makes_them_worse_is_a_warning() {
        let changes: [(&str, Change); 8] = [
            ("siblings", |f| f.siblings_known = false),
            ("governor", |f| f.frequency.governor = Some("schedutil".to_owned())),
            ("boost", |f| f.frequency.boost = Some(true)),
            ("load", |f| f.load = Some(2.0)),
            ("steal", |f| f.noise.steal = Some(0.02)),
            ("clock", |f| f.clock_ns = 900.0),
            ("clock", |f| f.clock_step_ns = 1e6),
            ("null_noise", |f| f.null = 0.06),
        ];
        for (id, change) in changes {
            assert_eq!(changed(change), [(id, Status::Warning)]);
            let mut facts = fit();
            change(&mut facts);
            assert!(is_fit(&judge(&facts)), "{id}");
        }
    }

    #[test]
    fn a_virtual_machine_is_worth_a_note_and_no_more() {
        assert_eq!(changed(|f| f.hypervisor = Some("kvm".to_owned())), [("hypervisor", Status::Note)]);
        assert_eq!(changed(|f| f.hypervisor = None), [("hypervisor", Status::Note)]);
    }

    #[test]
    fn what_is_unknown_is_no_fault() {
        let unknown = changed(|f| {
            f.quota = Quota::Unknown;
            f.frequency = Frequency::default();
            f.load = None;
            f.noise = Noise::default();
        });
        assert_eq!(unknown, []);
        assert_eq!(changed(|f| f.quota = Quota::Cpus(4.0)), [], "as much as is allowed");
    }

    #[test]
    fn cpus_that_the_host_moves_are_told() {
        let said = |transfers: Vec<f64>| {
            let findings = judge(&Facts { transfers, ..fit() });
            findings.into_iter().find(|finding| finding.id == "distance").unwrap()
        };
        assert_eq!(said(Vec::new()).status, Status::Ok);
        assert!(said(vec![27.0; 9]).found.contains("27.0 ns throughout"));
        let moved = said([vec![27.0; 20], vec![160.0; 20], vec![28.0; 20]].concat());
        assert_eq!(moved.status, Status::Warning);
        assert!(
            moved.found.contains("27") && moved.found.contains("160 ns: the host moved the CPUs 2 times"),
            "{moved:?}"
        );
    }
}
