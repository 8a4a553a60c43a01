//! The CPUs that this process may use, and whether threads can be tied to them.

use std::sync::OnceLock;

use super::{Placement, Quota, Topology, affinity, parse_cpu_list};

/// The CPU ids of the process's affinity mask, ascending; empty when the system does not tell.
///
/// The system only knows the mask of the calling *thread*, and a pinned worker's mask is one CPU. So the first answer
/// is kept for the life of the process: ask once before pinning any thread.
pub fn usable_cpus() -> Vec<usize> {
    looked_up().ids.clone()
}

/// Number of CPUs that a run may use: the affinity mask or the quota of the cgroup and those above it, whichever is less, and
/// at least 1. Of unlike cores only the kind that [`Placement::Spread`] takes counts.
///
/// The first answer is kept, as in [`usable_cpus`].
pub fn usable_count() -> usize {
    usable_count_at(Placement::Spread)
}

/// As [`usable_count`], of the kinds of core that `placement` takes.
pub fn usable_count_at(placement: Placement) -> usize {
    looked_up().counts[placement as usize]
}

struct Usable {
    ids: Vec<usize>,
    /// By placement, in the order of [`Placement::ALL`].
    counts: [usize; Placement::ALL.len()],
}

fn looked_up() -> &'static Usable {
    static USABLE: OnceLock<Usable> = OnceLock::new();
    USABLE.get_or_init(|| {
        let ids = usable_now();
        let allowed = at_most(ids.len(), by_quota(Quota::detect(), num_cpus::get));
        let topology = Topology::of(&ids);
        Usable { counts: Placement::ALL.map(|placement| topology.usable(placement, allowed)), ids }
    })
}

/// The CPUs of which a quota gives the time, begun ones included; where none is known, what `elsewhere` says: it counts the CPUs on
/// systems that have neither mask nor cgroups.
fn by_quota(quota: Quota, elsewhere: impl Fn() -> usize) -> usize {
    match quota {
        Quota::Cpus(cpus) => cpus.ceil() as usize,
        Quota::Unlimited if cfg!(target_os = "linux") => usize::MAX,
        Quota::Unlimited | Quota::Unknown => elsewhere(),
    }
}

/// The CPU ids of the calling thread's current affinity mask, ascending; empty when the system does not tell.
pub fn usable_now() -> Vec<usize> {
    let mut ids = affinity::mask().unwrap_or_else(|| {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        allowed(&status)
    });
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Ties the calling thread to CPU `id`; whether the system took it.
pub fn tie_to(id: usize) -> bool {
    affinity::tie_to(id)
}

/// The CPUs in a thread's `status` file of Linux.
fn allowed(status: &str) -> Vec<usize> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map(parse_cpu_list).unwrap_or_default()
}

/// The smaller of a mask's length (0: unknown) and a quota, at least 1.
fn at_most(mask: usize, quota: usize) -> usize {
    let mask = if mask == 0 { usize::MAX } else { mask };
    // Where neither is known there is one CPU.
    match mask.min(quota) {
        0 | usize::MAX => 1,
        cpus => cpus,
    }
}

/// Whether a thread of this process can be tied to one CPU; tries it on a new thread.
///
/// False where the system has no such call, or only takes it as a hint.
pub fn pinning_works() -> bool {
    let Some(&id) = usable_cpus().first() else {
        return false;
    };
    std::thread::spawn(move || {
        // On Linux the mask is read back; a sandbox may accept the call and do nothing.
        tie_to(id) && (!cfg!(target_os = "linux") || usable_now() == [id])
    })
    .join()
    .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_never_exceed_mask_or_quota_and_never_reach_zero() {
        assert_eq!(at_most(4, 2), 2);
        assert_eq!(at_most(2, 4), 2);
        assert_eq!(at_most(0, 4), 4, "an unknown mask does not limit");
        assert_eq!(at_most(0, 0), 1);
        assert_eq!(at_most(0, usize::MAX), 1, "nothing is known");
        assert_eq!(at_most(2_048, usize::MAX), 2_048);
    }

    #[test]
    fn the_status_file_stands_in_where_the_call_is_forbidden() {
        let status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-1,1000-2047\nMems_allowed_list:\t0\n";
        let found = allowed(status);
        assert_eq!(
            (found.len(), found[1], found[1049]),
            (1050, 1, 2047),
            "holes, and more than the C library's mask has"
        );
        assert_eq!(allowed("Name:\tx\n"), [0; 0]);
        if cfg!(target_os = "linux") {
            let own = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            assert_eq!(allowed(&own), usable_now(), "the two agree where both tell");
        }
    }

    #[test]
    fn a_quota_counts_in_whole_cpus() {
        let of = |quota| by_quota(quota, || 7);
        assert_eq!([Quota::Cpus(0.5), Quota::Cpus(1.0), Quota::Cpus(1.5)].map(of), [1, 1, 2]);
        assert_eq!(of(Quota::Unknown), 7);
        let unlimited = if cfg!(target_os = "linux") { usize::MAX } else { 7 };
        assert_eq!(of(Quota::Unlimited), unlimited);
    }

    #[test]
    fn a_pinned_thread_does_not_shrink_what_is_usable() {
        let before = usable_cpus();
        let inside = std::thread::spawn(|| {
            if let Some(&id) = usable_cpus().first() {
                tie_to(id);
            }
            (usable_cpus(), usable_count())
        });
        assert_eq!(inside.join().unwrap(), (before, usable_count()));
    }
}
