//! The affinity mask of the calling thread: which CPUs it may run on, and how to tie it to one.

/// The CPU ids of the calling thread's mask, in any order; `None` when the system does not tell.
pub(super) fn mask() -> Option<Vec<usize>> {
    system::mask()
}

/// Ties the calling thread to CPU `id`; whether the system took it.
pub(super) fn tie_to(id: usize) -> bool {
    system::tie_to(id)
}

/// Linux: the C library's own mask ends at CPU 1,023, and Linux refuses to fill a mask that could not hold all of a
/// machine's CPUs. So this asks with larger and larger ones.
#[cfg(target_os = "linux")]
mod system {
    /// CPUs in a word of a mask, which the kernel has as an array of `unsigned long`.
    const WORD: usize = usize::BITS as usize;
    /// CPUs of the first mask that is tried, as many as the C library's; and of the last: no Linux is built for more.
    const FIRST: usize = 1_024;
    const LAST: usize = 1 << 20;

    pub(super) fn mask() -> Option<Vec<usize>> {
        filled(ask).map(|words| ids(&words))
    }

    pub(super) fn tie_to(id: usize) -> bool {
        id < LAST && set(&only(id))
    }

    /// The first of larger and larger masks that `ask` fills.
    pub(super) fn filled(ask: impl Fn(&mut [usize]) -> bool) -> Option<Vec<usize>> {
        let sizes = std::iter::successors(Some(FIRST), |cpus| Some(cpus * 2)).take_while(|cpus| *cpus <= LAST);
        let mut masks = sizes.map(|cpus| vec![0; cpus / WORD]);
        masks.find_map(|mut words| ask(&mut words).then_some(words))
    }

    /// The ids of the bits that are set.
    pub(super) fn ids(words: &[usize]) -> Vec<usize> {
        let bits =
            words.iter().enumerate().flat_map(|(n, word)| (0..WORD).map(move |bit| (n * WORD + bit, word >> bit & 1)));
        bits.filter(|(_, set)| *set == 1).map(|(id, _)| id).collect()
    }

    /// A mask of one CPU, at least as large as the C library's.
    pub(super) fn only(id: usize) -> Vec<usize> {
        let mut words = vec![0; (id + 1).max(FIRST).div_ceil(WORD)];
        words[id / WORD] = 1 << (id % WORD);
        words
    }

    #[allow(unsafe_code, reason = "no crate has a mask of more than 1,024 CPUs")]
    fn ask(words: &mut [usize]) -> bool {
        // SAFETY: the kernel writes at most the bytes of `words`, which is a mask's own layout, and nothing of it is
        // read where it refuses.
        unsafe { libc::sched_getaffinity(0, size_of_val(words), words.as_mut_ptr().cast()) == 0 }
    }

    #[allow(unsafe_code, reason = "no crate has a mask of more than 1,024 CPUs")]
    fn set(words: &[usize]) -> bool {
        // SAFETY: the kernel reads the bytes of `words`, which is a mask's own layout.
        unsafe { libc::sched_setaffinity(0, size_of_val(words), words.as_ptr().cast()) == 0 }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn mask() -> Option<Vec<usize>> {
        // macOS cannot tie threads to CPUs: there, an affinity is a tag of threads that should share some cache.
        if cfg!(target_os = "macos") {
            return Some(Vec::new());
        }
        core_affinity::get_core_ids().map(|cores| cores.into_iter().map(|core| core.id).collect())
    }

    pub(super) fn tie_to(id: usize) -> bool {
        core_affinity::set_for_current(core_affinity::CoreId { id })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::system::{filled, ids, only};
    use super::*;

    /// A kernel with room for `cpus` CPUs, of which those of `on` are in the mask.
    fn kernel(cpus: usize, on: &[usize]) -> impl Fn(&mut [usize]) -> bool {
        let on = on.to_vec();
        move |words| {
            let fits = words.len() * usize::BITS as usize >= cpus;
            for id in on.iter().filter(|_| fits) {
                words[id / usize::BITS as usize] |= 1 << (id % usize::BITS as usize);
            }
            fits
        }
    }

    #[test]
    fn a_mask_of_any_size_is_filled() {
        for (cpus, on) in
            [(64, vec![0, 63]), (1_024, vec![1_023]), (4_096, vec![3, 1_024, 4_095]), (1 << 20, vec![1 << 19])]
        {
            assert_eq!(filled(kernel(cpus, &on)).map(|words| ids(&words)), Some(on), "{cpus}");
        }
        assert_eq!(filled(kernel(1 << 21, &[0])), None, "no Linux has so many");
    }

    #[test]
    fn a_mask_of_one_cpu_has_one_bit() {
        for id in [0, 1, 63, 64, 1_023, 1_024, 5_000] {
            assert_eq!(ids(&only(id)), [id]);
            assert!(only(id).len() * usize::BITS as usize >= 1_024);
        }
    }

    #[test]
    fn what_the_calls_say_is_what_the_system_writes() {
        let own = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let list = own.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
        assert_eq!(mask(), Some(super::super::parse_cpu_list(list)));
        let Some(id) = mask().and_then(|ids| ids.last().copied()) else { return };
        let tied = std::thread::spawn(move || tie_to(id).then(mask)).join().unwrap();
        assert!(tied.is_none_or(|mask| mask == Some(vec![id])));
        assert!(!std::thread::spawn(|| tie_to(70_000)).join().unwrap(), "there is no such CPU");
        assert!(!tie_to(usize::MAX));
    }
}
