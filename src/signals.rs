//! Signals that end a run: what was measured is written and reported first, and whoever started the run sees
//! that a signal ended it.

use std::process;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::time::Duration;
#[cfg(unix)]
use std::{sync::Arc, thread};

#[cfg(unix)]
use signal_hook::{consts, iterator::Signals, low_level};

/// The signal that came; 0 before.
static CAME: AtomicI32 = AtomicI32::new(0);

/// The signal that asks this run to end, if one has come.
pub(crate) fn came() -> Option<i32> {
    Some(CAME.load(SeqCst)).filter(|&signal| signal != 0)
}

/// A signal by its name.
pub(crate) fn name(signal: i32) -> String {
    #[cfg(unix)]
    if let Some(name) = low_level::signal_name(signal) {
        return name.to_owned();
    }
    format!("signal {signal}")
}

/// Ends the process as `signal` would have ended it.
pub(crate) fn end(signal: i32) -> ! {
    #[cfg(unix)]
    let _ = low_level::emulate_default_handler(signal);
    process::exit(128 + signal)
}

/// From now on SIGINT, SIGTERM and SIGHUP ask the run to end instead of ending it, unless they are ignored, and a
/// file that grows beyond its limit is an error instead of the end. A second signal, or a run that does not end
/// within `patience`, ends the process at once, like SIGKILL: what is on disk is whole at any moment.
#[cfg(unix)]
pub(crate) fn catch(patience: Duration) {
    // Where they cannot be registered, signals end the process as if nothing caught them.
    let _ = signal_hook::flag::register(consts::SIGXFSZ, Arc::default());
    let ignored = ignored();
    let ours = [consts::SIGINT, consts::SIGTERM, consts::SIGHUP];
    let ours = ours.into_iter().filter(move |signal| ignored >> (signal - 1) & 1 == 0);
    // Registered by the thread that waits for them: without that thread nobody would.
    let _ = thread::Builder::new().name("signals".into()).spawn(move || {
        let Ok(mut signals) = Signals::new(ours) else { return };
        let Some(signal) = signals.forever().next() else { return };
        CAME.store(signal, SeqCst);
        let mut waited = Duration::ZERO;
        while waited < patience && signals.pending().next().is_none() {
            let look = Duration::from_millis(20);
            thread::sleep(look);
            waited += look;
        }
        // Nothing is said: whoever writes to standard error now may be what the run is stuck in.
        end(signal)
    });
}

/// Nothing to catch elsewhere.
#[cfg(not(unix))]
pub(crate) fn catch(_patience: Duration) {}

/// The signals this process was told to ignore, one bit each. Where nobody knows, the one that `nohup` has ignored:
/// it ends the process by itself where it is not.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(1 << (consts::SIGHUP - 1))
}
