//! The scheduler of a cluster under which this process runs.

use std::env;

/// A scheduler, and how a job of it gets a node to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduler {
    /// Its name.
    pub name: &'static str,
    /// What to ask of it.
    pub ask: &'static str,
}

/// A variable that a scheduler sets for its jobs, and the scheduler.
const SCHEDULERS: [(&str, Scheduler); 5] = [
    (
        "SLURM_JOB_ID",
        Scheduler {
            name: "Slurm",
            ask: "ask for a whole node: sbatch --exclusive, or srun -N1 --exclusive (srun -n1 --exclusive gives one CPU of it)",
        },
    ),
    ("PBS_JOBID", Scheduler { name: "PBS", ask: "ask for a whole node: qsub -l place=excl" }),
    ("FLUX_JOB_ID", Scheduler { name: "Flux", ask: "ask for a whole node: flux submit -N1 --exclusive" }),
    ("LSB_JOBID", Scheduler { name: "LSF", ask: "ask for a whole node: bsub -x" }),
    ("SGE_TASK_ID", Scheduler { name: "Grid Engine", ask: "ask for a whole node: qsub -l exclusive=true" }),
];

impl Scheduler {
    /// The one whose job this is; `None` where none says so.
    pub fn detect() -> Option<Scheduler> {
        Scheduler::of(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
    }

    /// The one whose variable is set.
    pub(super) fn of(set: impl Fn(&str) -> bool) -> Option<Scheduler> {
        SCHEDULERS.into_iter().find(|(variable, _)| set(variable)).map(|(_, scheduler)| scheduler)
    }
}

#[test]
fn a_scheduler_is_told_by_its_variable() {
    let of = |variable: &str| Scheduler::of(|name| name == variable).map(|scheduler| scheduler.name);
    assert_eq!(of("SLURM_JOB_ID"), Some("Slurm"));
    assert_eq!(of("LSB_JOBID"), Some("LSF"));
    assert_eq!(of("HOME"), None);
}
