//! Which CPUs this process may use, and whether threads can be tied to them.

use std::sync::OnceLock;

/// The CPU ids of the process's affinity mask, ascending; empty when the system does not tell.
///
/// The system only knows the mask of the calling *thread*, and a pinned worker's mask is one CPU.
/// So the first answer is kept for the life of the process: ask once before pinning anything.
pub fn usable_cpus() -> Vec<usize> {
    looked_up().ids.clone()
}

/// How many CPUs a run may use: the affinity mask or the cgroup's quota, whichever is less, and
/// at least 1.
///
/// Kept from the first call on, like [`usable_cpus`].
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

/// The CPU ids of the calling thread's affinity mask as it is now, ascending; empty when the system does not tell.
pub fn usable_now() -> Vec<usize> {
    let mut ids: Vec<usize> = cores().into_iter().map(|core| core.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The cores that threads can be tied to. macOS has none: there an affinity is a tag of threads that
/// should share a cache, whatever CPU that is, and calling such a thread pinned would be a lie.
fn cores() -> Vec<core_affinity::CoreId> {
    if cfg!(target_os = "macos") { Vec::new() } else { core_affinity::get_core_ids().unwrap_or_default() }
}

/// The lesser of a mask's length (0: unknown) and a quota, at least 1.
fn at_most(mask: usize, quota: usize) -> usize {
    let mask = if mask == 0 { usize::MAX } else { mask };
    mask.min(quota).max(1)
}

/// Whether a thread of this process can be tied to one CPU: tries it on a thread of its own.
///
/// False where the system has no such call, or takes it only as a hint and says so.
pub fn pinning_works() -> bool {
    let Some(&id) = usable_cpus().first() else {
        return false;
    };
    std::thread::spawn(move || {
        // Linux can be asked back; a sandbox may accept the call and do nothing.
        core_affinity::set_for_current(core_affinity::CoreId { id })
            && (!cfg!(target_os = "linux")
                || core_affinity::get_core_ids().is_some_and(|ids| ids.len() == 1 && ids[0].id == id))
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
