//! The times of a run, as the test that starts it asks for them.

use std::time::Duration;

use miscount::suite::Timing;

pub(crate) fn timing() -> Timing {
    let asked = |name: &str| std::env::var(name).ok().map(|text| Duration::from_secs(text.parse().unwrap()));
    let usual = Timing::default();
    Timing { pass: asked("FAULTY_PASS").unwrap_or(usual.pass), ending: asked("FAULTY_ENDING").unwrap_or(usual.ending) }
}
