//! The levels of benches other than `counters`.

use std::time::Duration;

use super::Load;

/// A level of the locks bench: work inside and beside the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections {
    /// Its id: `c<critical>_p<parallel>`, in ns.
    pub id: &'static str,
    /// Mean time inside the lock.
    pub critical: Duration,
    /// Mean time beside it.
    pub parallel: Duration,
    /// Whether it is measured without being asked for.
    pub default: bool,
}

const fn sections(id: &'static str, critical: u64, parallel: u64, default: bool) -> Sections {
    Sections { id, critical: Duration::from_nanos(critical), parallel: Duration::from_nanos(parallel), default }
}

/// The locks bench's levels. Four of them hold the same work in all, 1,000 ns, with ever more of it
/// inside the lock.
pub const SECTIONS: [Sections; 6] = [
    sections("c0_p0", 0, 0, true),
    sections("c0_p1000", 0, 1_000, false),
    sections("c100_p900", 100, 900, true),
    sections("c500_p500", 500, 500, false),
    sections("c1000_p0", 1_000, 0, false),
    sections("c1000_p5000", 1_000, 5_000, false),
];

/// A level of the reads bench: how much is reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Its id: `r<percent>`, with `_moderate` where threads think between operations.
    pub id: &'static str,
    /// Operations of a hundred that read.
    pub percent: u64,
    /// Mean think time before each operation; zero for none.
    pub think: Duration,
    /// Whether it is measured without being asked for.
    pub default: bool,
}

const fn mix(id: &'static str, percent: u64, think_ns: u64, default: bool) -> Mix {
    Mix { id, percent, think: Duration::from_nanos(think_ns), default }
}

/// The reads bench's levels: no think time, then 1 us of it.
pub const MIXES: [Mix; 10] = [
    mix("r0", 0, 0, false),
    mix("r50", 50, 0, true),
    mix("r90", 90, 0, true),
    mix("r99", 99, 0, false),
    mix("r100", 100, 0, false),
    mix("r0_moderate", 0, 1_000, false),
    mix("r50_moderate", 50, 1_000, false),
    mix("r90_moderate", 90, 1_000, false),
    mix("r99_moderate", 99, 1_000, false),
    mix("r100_moderate", 100, 1_000, false),
];

/// A level of the interpreters bench: how long a thread that waits for the interpreter's lock waits
/// before it asks the holder to let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its id: `switch_<interval>`.
    pub id: &'static str,
    /// The switch interval.
    pub interval: Duration,
    /// Whether it is measured without being asked for.
    pub default: bool,
}

const fn switch(id: &'static str, interval_us: u64, default: bool) -> Switch {
    Switch { id, interval: Duration::from_micros(interval_us), default }
}

/// The interpreters bench's levels: CPython's own interval, then ever shorter ones.
pub const SWITCHES: [Switch; 4] = [
    switch("switch_5ms", 5_000, true),
    switch("switch_500us", 500, false),
    switch("switch_50us", 50, false),
    switch("switch_5us", 5, false),
];

impl Load for Sections {
    fn id(&self) -> &'static str {
        self.id
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

impl Load for Mix {
    fn id(&self) -> &'static str {
        self.id
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

impl Load for Switch {
    fn id(&self) -> &'static str {
        self.id
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_is_in_them() {
        for level in SECTIONS {
            assert_eq!(level.id, format!("c{}_p{}", level.critical.as_nanos(), level.parallel.as_nanos()));
        }
        for level in MIXES {
            let think = if level.think.is_zero() { "" } else { "_moderate" };
            assert_eq!(level.id, format!("r{}{think}", level.percent));
        }
        for level in SWITCHES {
            assert_eq!(level.id, format!("switch_{:?}", level.interval).replace('µ', "u"));
        }
    }
}
