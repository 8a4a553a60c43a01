//! The CPUs that this process may use, and whether threads can be tied to them.

use std::sync::OnceLock;

use super::parse_cpu_list;

/// The CPU ids of the process's affinity mask, ascending; empty when the system does not tell.
///
/// The system only knows the mask of the calling *thread*, and a pinned worker's mask is one CPU. So the first answer
/// is kept for the life of the process: ask once before pinning any thread.
pub fn usable_cpus() -> Vec<usize> {
    looked_up().ids.clone()
}

/// Number of CPUs that a run may use: the affinity mask or the cgroup's quota, whichever is less, and at least 1.
///
/// The first answer is kept, as in [`usable_cpus`].
pub fn usable_count() -> usize {
    looked_up().count
}

struct Usable {
    ids: Vec<usize>,
    count: usize,
}

fn looked_up() -> &'static Usable {
    static USABLE: OnceLock<Usable> = OnceLock::new();
    USABLE.get_or_init(|| {
        let ids = usable_now();
        Usable { count: at_most(ids.len(), num_cpus::get()), ids }
    })
}

/// The CPU ids of the calling thread's current affinity mask, ascending; empty when the system does not tell.
pub fn usable_now() -> Vec<usize> {
    // macOS cannot tie threads to CPUs: there, an affinity is a tag of threads that should share some cache.
    if cfg!(target_os = "macos") {
        return Vec::new();
    }
    let told = core_affinity::get_core_ids().map(|cores| cores.into_iter().map(|core| core.id).collect());
    let mut ids: Vec<usize> = told.unwrap_or_else(|| {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        allowed(&status)
    });
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// CPUs that fit into the C library's mask. On a machine that could have more, Linux refuses to fill this mask, but
/// accepts it to tie a thread to one of these CPUs.
const MASK: usize = 1024;

/// The CPUs in a thread's `status` file of Linux to which a thread can be tied.
fn allowed(status: &str) -> Vec<usize> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let all = list.map(parse_cpu_list).unwrap_or_default();
    all.into_iter().filter(|&id| id < MASK).collect()
}

/// The smaller of a mask's length (0: unknown) and a quota, at least 1.
fn at_most(mask: usize, quota: usize) -> usize {
    let mask = if mask == 0 { usize::MAX } else { mask };
    mask.min(quota).max(1)
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
        core_affinity::set_for_current(core_affinity::CoreId { id })
            && (!cfg!(target_os = "linux") || usable_now() == [id])
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
    }

    #[test]
    fn more_cpus_than_a_mask_has_bits_are_read_from_the_status_file() {
        let status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-1,1000-2047\nMems_allowed_list:\t0\n";
        let found = allowed(status);
        assert_eq!((found.len(), found[1], found[25]), (26, 1, 1023), "those that a thread can be tied to");
        assert_eq!(allowed("Name:\tx\n"), [0; 0]);
        if cfg!(target_os = "linux") {
            let own = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            assert_eq!(allowed(&own), usable_now(), "the two agree where both tell");
        }
    }

    #[test]
    fn a_pinned_thread_does_not_shrink_what_is_usable() {
        let before = usable_cpus();
        let inside = std::thread::spawn(|| {
            if let Some(&id) = usable_cpus().first() {
                core_affinity::set_for_current(core_affinity::CoreId { id });
            }
            (usable_cpus(), usable_count())
        });
        assert_eq!(inside.join().unwrap(), (before, usable_count()));
    }
}
