//! What the operating system knows of the calling thread (its pin, its waits, its CPU), and of the process.

use std::time::Duration;

use crate::topology;

/// A thread as the system knows it: pinned or not, and where to read how long it stood on a run queue.
pub struct OsThread {
    /// The CPU it is pinned to.
    pub(super) cpu: Option<usize>,
    #[cfg(target_os = "linux")]
    schedstat: Option<std::fs::File>,
}

impl OsThread {
    /// Pins the calling thread to `cpu`, if one is given and the system allows it. A CPU that was taken from
    /// this process since the run began stays left alone, though Linux would give it back to whoever asks.
    pub fn pin(cpu: Option<usize>) -> OsThread {
        let allowed = topology::usable_now();
        let ours = cpu.filter(|id| allowed.is_empty() || allowed.contains(id));
        OsThread {
            cpu: ours.filter(|&id| topology::tie_to(id)),
            #[cfg(target_os = "linux")]
            schedstat: std::fs::File::open("/proc/thread-self/schedstat").ok(),
        }
    }

    /// Whether it is pinned.
    pub fn is_pinned(&self) -> bool {
        self.cpu.is_some()
    }

    /// How long the thread has stood on a run queue since it began; any thread may ask. `None` where the system does not
    /// say.
    #[cfg(target_os = "linux")]
    pub fn waited(&self) -> Option<Duration> {
        use std::os::unix::fs::FileExt;
        let mut line = [0_u8; 96];
        let read = self.schedstat.as_ref()?.read_at(&mut line, 0).ok()?;
        waited_in(std::str::from_utf8(&line[..read]).ok()?)
    }

    /// Nothing is known elsewhere.
    #[cfg(not(target_os = "linux"))]
    pub fn waited(&self) -> Option<Duration> {
        None
    }
}

/// The second field of a schedstat line, in ns.
#[cfg(target_os = "linux")]
fn waited_in(schedstat: &str) -> Option<Duration> {
    let field = schedstat.split_ascii_whitespace().nth(1)?;
    field.parse().ok().map(Duration::from_nanos)
}

/// The CPU the calling thread is on now.
#[cfg(target_os = "linux")]
pub(super) fn cpu_now() -> Option<usize> {
    Some(rustix::thread::sched_getcpu())
}

/// Nothing is known elsewhere.
#[cfg(not(target_os = "linux"))]
pub(super) fn cpu_now() -> Option<usize> {
    None
}

/// CPU time of this process so far.
#[cfg(unix)]
pub(crate) fn process_cpu() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok()
}

/// Nothing is known elsewhere.
#[cfg(not(unix))]
pub(crate) fn process_cpu() -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_is_the_wait() {
        assert_eq!(waited_in("123456 789 12\n"), Some(Duration::from_nanos(789)));
        assert_eq!(waited_in(""), None);
        assert_eq!(waited_in("1 x 3"), None);
    }

    #[test]
    fn a_pin_holds() {
        let allowed = topology::usable_now();
        let Some(last) = allowed.last().copied() else { return };
        std::thread::spawn(move || {
            let thread = OsThread::pin(Some(last));
            assert!(thread.cpu.is_none() || cpu_now() == Some(last));
            // The mask of this thread is that CPU by now.
            let other = allowed[0];
            assert!(thread.cpu.is_none() || other == last || OsThread::pin(Some(other)).cpu.is_none());
        })
        .join()
        .unwrap();
    }
}
