//! A cache line on a page that nobody has touched.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of address space taken for each line. glibc's allocator, which takes more of what was freed before
/// the larger that was, always asks the system for anything above 32 MiB; pages that are not touched
/// take no memory.
const BYTES: usize = 40 << 20;

/// Where in it the line lies: far from both ends, so that nothing else is on its page.
const AT: usize = BYTES / size_of::<AtomicU64>() / 2;

/// One word, alone on its cache line and its page. Whoever makes it is the first to touch the page, so on a
/// machine of several memory nodes it lies in the maker's.
pub struct Fresh(Box<[AtomicU64]>);

impl Fresh {
    /// A word that is 0, on a page first touched by the calling thread.
    pub fn touch() -> Fresh {
        let fresh = Fresh(bytemuck::zeroed_slice_box(BYTES / size_of::<AtomicU64>()));
        fresh.word().store(0, Relaxed);
        fresh
    }

    /// The word.
    pub fn word(&self) -> &AtomicU64 {
        &self.0[AT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_zero_and_far_from_everything_else() {
        let (one, two) = (Fresh::touch(), Fresh::touch());
        for fresh in [&one, &two] {
            assert_eq!(fresh.word().load(Relaxed), 0);
            let (begin, word) = (fresh.0.as_ptr().addr(), std::ptr::from_ref(fresh.word()).addr());
            let after = begin + BYTES - word;
            assert!(word - begin > 1 << 20 && after > 1 << 20, "{} before, {after} after", word - begin);
        }
        one.word().store(7, Relaxed);
        assert_eq!(two.word().load(Relaxed), 0);
    }

    /// Memory of the process in KiB, the part that is really there.
    #[cfg(target_os = "linux")]
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim_end_matches("kB").trim().parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_rest_takes_no_memory_even_after_many() {
        // Freed ones must not be handed out again: their page would not be fresh.
        for _ in 0..20 {
            Fresh::touch();
        }
        let before = resident_kib();
        let held: Vec<Fresh> = (0..8).map(|_| Fresh::touch()).collect();
        let took = resident_kib().saturating_sub(before);
        // A huge page each at most, and what other tests take meanwhile.
        assert!(took < 100 << 10, "{took} KiB for {} lines of {BYTES} bytes", held.len());
    }
}
