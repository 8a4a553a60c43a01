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
    let checks: [Check; 17] = [
        ("pinning", pinning),
        ("cpus", cpus),
        ("quota", quota),
        ("scheduler", scheduler),
        ("siblings", siblings),
        ("governor", governor),
        ("boost", boost),
        ("kinds", kinds),
        ("hypervisor", hypervisor),
        ("emulator", emulator),
        ("load", load),
        ("other_load", other_load),
        ("steal", steal),
        ("clock", clock),
        ("distance", distance),
        ("canary", canary),
        ("null_noise", null),
    ];
    let finding = |(id, check): Check| {
        let Judged { status, found, advice } = check(facts);
        Finding { id, status, found, advice }
    };
    checks.map(finding).into()
}

/// The id of a check, and what makes its finding.
type Check = (&'static str, fn(&Facts) -> Judged);

/// A finding without its id.
#[derive(Debug)]
struct Judged {
    status: Status,
    found: String,
    advice: Option<&'static str>,
}

fn ok(found: impl Into<String>) -> Judged {
    Judged { status: Status::Ok, found: found.into(), advice: None }
}

/// A finding that asks for something, unless its status is `Ok`.
fn judged(status: Status, found: impl Into<String>, advice: &'static str) -> Judged {
    Judged { status, found: found.into(), advice: Some(advice).filter(|_| status != Status::Ok) }
}

fn pinning(facts: &Facts) -> Judged {
    if facts.pinning {
        return ok("threads can be tied to CPUs");
    }
    let todo = "run on Linux or Windows, outside of a sandbox that forbids it";
    judged(Status::NotFit, "threads cannot be tied to CPUs: every cell will be unpinned", todo)
}

fn cpus(facts: &Facts) -> Judged {
    let found = format!("{} usable", facts.usable);
    if facts.usable > 1 {
        return ok(found);
    }
    let todo = "allow two CPUs or more: threads that take turns pass no cache line between CPUs";
    judged(Status::NotFit, format!("{found}: {TAKING_TURNS}"), todo)
}

fn quota(facts: &Facts) -> Judged {
    match facts.quota {
        Quota::Unknown => ok("unknown"),
        Quota::Unlimited => ok("none"),
        Quota::Cpus(cpus) if facts.allowed > 0 && cpus < facts.allowed as f64 => judged(
            Status::NotFit,
            format!("the time of {cpus:.2} CPUs for {} CPUs: threads are stopped when it is used up", facts.allowed),
            "raise the cgroup's quota, or allow fewer CPUs (taskset, cpuset)",
        ),
        Quota::Cpus(cpus) => ok(format!("{cpus:.2} CPUs, enough for all allowed CPUs")),
    }
}

fn siblings(facts: &Facts) -> Judged {
    if facts.siblings_known {
        return ok("the system says which CPUs share a core");
    }
    let todo = "name the cores with the affinity mask, one CPU each (taskset)";
    judged(Status::Warning, "unknown: two threads may share a core at placement spread", todo)
}

fn governor(facts: &Facts) -> Judged {
    match facts.frequency.governor.as_deref() {
        None => ok("unknown (usual in virtual machines)"),
        Some("performance") => ok("performance"),
        Some(other) => judged(
            Status::Warning,
            format!("{other}: the clock frequency follows the load"),
            "choose performance: cpupower frequency-set -g performance",
        ),
    }
}

fn boost(facts: &Facts) -> Judged {
    match facts.frequency.boost {
        None => ok("unknown (usual in virtual machines)"),
        Some(false) => ok("off"),
        Some(true) => judged(
            Status::Warning,
            "on: CPUs run slower when more of them work, or when they get hot",
            "turn it off for figures at several thread counts: write 1 to intel_pstate/no_turbo or 0 to cpufreq/boost",
        ),
    }
}

fn distance(facts: &Facts) -> Judged {
    let found = &facts.transfers;
    if found.is_empty() {
        return ok("unknown: no two CPUs to pass a line between");
    }
    let cuts = cuts(found);
    let each = |n: usize| {
        let here: Vec<f64> = found.iter().copied().filter(|transfer| group(&cuts, *transfer) == n).collect();
        ns(median(&here))
    };
    if cuts.is_empty() {
        return ok(format!("line transfer {} ns throughout five seconds", each(0)));
    }
    let moves = Places::find(found.iter().enumerate().map(|(number, transfer)| (number, (), *transfer))).moves();
    let all: Vec<String> = (0..=cuts.len()).map(each).collect();
    let times = if moves == 1 { "once".to_owned() } else { format!("{moves} times") };
    judged(
        Status::Warning,
        format!("line transfer {} ns: the host moved the CPUs {times} in five seconds", all.join(" and ")),
        "compare contended figures at one distance only; a physical machine or a whole host does not move its CPUs",
    )
}

fn kinds(facts: &Facts) -> Judged {
    if facts.kinds.len() < 2 {
        return ok("all cores are alike, or nothing tells them apart");
    }
    let each: Vec<String> = facts.kinds.iter().map(usize::to_string).collect();
    let found = format!("cores of {} kinds ({} CPUs, the fastest first)", facts.kinds.len(), each.join(" + "));
    let todo = "spread takes one kind; measure another by MISCOUNT_PLACEMENT=spread@efficiency, and compare each with its like";
    judged(Status::Note, found, todo)
}

fn scheduler(facts: &Facts) -> Judged {
    let Some(scheduler) = facts.scheduler else { return ok("none") };
    let (name, all) = (scheduler.name, facts.online);
    if facts.allowed > 0 && facts.allowed < all {
        let found = format!("{name} gave this job {} of the {all} CPUs: others may have the rest", facts.allowed);
        return judged(Status::Warning, found, scheduler.ask);
    }
    judged(Status::Note, format!("a job of {name}: with all {all} CPUs, but maybe not alone"), scheduler.ask)
}

fn emulator(facts: &Facts) -> Judged {
    let Some(by) = &facts.emulated else { return ok("no sign of one") };
    let todo = "measure on the processor itself: costs are the emulator's, and memory orders those of the host";
    judged(Status::NotFit, format!("an emulator imitates this processor ({by})"), todo)
}

fn hypervisor(facts: &Facts) -> Judged {
    let name = match facts.hypervisor.as_deref() {
        None => return Judged { status: Status::Note, found: "unknown".into(), advice: None },
        Some("none") => return ok("none"),
        Some("yes") => String::new(),
        Some(name) => format!(" ({name})"),
    };
    let todo = "say so beside the figures: CPUs of a virtual machine may share a core, or move";
    judged(Status::Note, format!("a virtual machine{name}"), todo)
}

fn load(facts: &Facts) -> Judged {
    let Some(load) = facts.load else { return ok("unknown") };
    let status = if load >= BUSY_FROM * facts.usable as f64 { Status::Warning } else { Status::Ok };
    let todo = "wait until the machine has been idle for a while: CPUs are still warm";
    judged(status, format!("{load:.2} in the last minute"), todo)
}

fn other_load(facts: &Facts) -> Judged {
    let Some(share) = facts.noise.other_load else { return ok("unknown") };
    let status = if share > OTHER_LOAD_ABOVE { Status::NotFit } else { Status::Ok };
    let found = format!("other programs use {} of the CPUs now", percent(share));
    judged(status, found, "end other programs, and try again")
}

fn steal(facts: &Facts) -> Judged {
    let Some(share) = facts.noise.steal else { return ok("unknown") };
    let status = match share {
        share if share > STEAL_ABOVE => Status::NotFit,
        share if share > SOME_STEAL => Status::Warning,
        _ => Status::Ok,
    };
    let todo = "the host gives the CPUs to others: choose a dedicated machine, or another time";
    judged(status, format!("the host takes {} of the CPUs' time now", percent(share)), todo)
}

fn clock(facts: &Facts) -> Judged {
    let is_bad = facts.clock_ns > DEAR_CLOCK_NS || facts.clock_step_ns > COARSE_CLOCK_NS;
    judged(
        if is_bad { Status::Warning } else { Status::Ok },
        format!("two readings cost {:.0} ns, its shortest step is {:.0} ns", facts.clock_ns, facts.clock_step_ns),
        "use the processor's own clock (Linux: tsc or arch_sys_counter in clocksource0/current_clocksource)",
    )
}

fn canary(facts: &Facts) -> Judged {
    match facts.canary {
        None => judged(Status::NotFit, "not run: it needs two CPUs", "allow two CPUs or more"),
        Some(loss) if loss < CANARY_BELOW => judged(
            Status::NotFit,
            format!("load_store lost only {} at 2 threads: nothing really contends here", percent(loss)),
            "give the threads CPUs of their own: end other programs, and check pinning, quota and steal above",
        ),
        Some(loss) => ok(format!("load_store lost {} at 2 threads", percent(loss))),
    }
}

fn null(facts: &Facts) -> Judged {
    let status = match facts.null {
        apart if apart > NULL_NOT_FIT => Status::NotFit,
        apart if apart > NULL_WARNING => Status::Warning,
        // Also if there was nothing to compare.
        apart if apart.is_nan() => Status::NotFit,
        _ => Status::Ok,
    };
    let found = format!("two rows of one counter differ by {} at 1 thread", percent(facts.null));
    judged(status, found, "find the disturbance, and measure again: differences of this size mean nothing here")
}

#[cfg(test)]
mod tests {
    use super::super::is_fit;
    use super::*;
    use crate::check::Scheduler;
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
            emulated: None,
            scheduler: None,
            online: 4,
            kinds: vec![4],
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
        assert_eq!(changed(|f| f.emulated = Some("aarch64 on x86".to_owned())), [("emulator", Status::NotFit)]);
        assert_eq!(changed(|f| f.kinds = vec![4, 4]), [("kinds", Status::Note)]);
    }

    #[test]
    fn a_job_of_a_scheduler_is_told_what_to_ask_for() {
        let slurm = Scheduler::of(|name| name == "SLURM_JOB_ID");
        assert_eq!(changed(|f| f.scheduler = slurm), [("scheduler", Status::Note)]);
        let part = Facts { scheduler: slurm, online: 64, ..fit() };
        let finding = judge(&part).into_iter().find(|finding| finding.id == "scheduler").unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(finding.found, "Slurm gave this job 4 of the 64 CPUs: others may have the rest");
        assert!(finding.advice.is_some_and(|advice| advice.contains("--exclusive")));
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
