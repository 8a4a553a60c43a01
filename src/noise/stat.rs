//! Linux's `/proc/stat`: busy, stolen and idle time of each CPU.

use std::collections::BTreeMap;
use std::path::Path;

use crate::round::share;
use crate::topology::text;

/// Ticks of each CPU since the system began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    cpus: BTreeMap<usize, Ticks>,
}

/// The length of a tick does not matter, because only shares of the sum are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    busy: u64,
    steal: u64,
    idle: u64,
}

impl Ticks {
    /// The sum of two.
    pub(super) fn and(self, other: Ticks) -> Ticks {
        let Ticks { busy, steal, idle } = other;
        Ticks { busy: self.busy + busy, steal: self.steal + steal, idle: self.idle + idle }
    }

    /// Shares of all the time, each in `[0, 1]`: busy, stolen. `None` when no time has passed.
    pub(super) fn shares(self) -> Option<(f64, f64)> {
        let sum = self.busy + self.steal + self.idle;
        (sum > 0).then(|| (share(self.busy, sum), share(self.steal, sum)))
    }
}

impl Stat {
    /// The ticks so far, with the system's files below `root`; `None` if there is no such file.
    pub(super) fn read(root: &Path) -> Option<Stat> {
        text(&root.join("proc/stat")).map(|text| Stat::parse(&text))
    }

    /// Takes the lines of single CPUs; survives any text.
    pub(super) fn parse(text: &str) -> Stat {
        let cpus = text.lines().take_while(|line| line.starts_with("cpu")).filter_map(|line| {
            let (id, fields) = line.strip_prefix("cpu")?.split_once(' ')?;
            let fields: Vec<u64> = fields.split_whitespace().map_while(|field| field.parse().ok()).take(8).collect();
            // user, nice, system, idle, iowait, irq, softirq, steal; later fields are already part of user.
            let [user, nice, system, idle, more @ ..] = fields.as_slice() else { return None };
            let more = |n: usize| more.get(n).copied().unwrap_or(0);
            let busy = [*user, *nice, *system, more(1), more(2)].into_iter().fold(0, u64::saturating_add);
            Some((id.parse().ok()?, Ticks { busy, steal: more(3), idle: idle.saturating_add(more(0)) }))
        });
        Stat { cpus: cpus.collect() }
    }

    /// The ticks of `cpus` since `before`; `None` if one CPU is unknown.
    pub(super) fn since(&self, before: &Stat, cpus: &[usize]) -> Option<Ticks> {
        let mut all = Ticks::default();
        for cpu in cpus {
            let (now, then) = (self.cpus.get(cpu)?, before.cpus.get(cpu)?);
            // Idle time sometimes goes back a little.
            all.busy += now.busy.saturating_sub(then.busy);
            all.steal += now.steal.saturating_sub(then.steal);
            all.idle += now.idle.saturating_sub(then.idle);
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_old_kernels_and_damage_are_survived() {
        let old = Stat::parse("cpu 1 2 3 4\ncpu0 1 2 3 4\ncpu1 x\ncpu 2 3\ncpux 1 2 3 4\nintr 5\ncpu9 1 2 3 4\n");
        assert_eq!(old.cpus, BTreeMap::from([(0, Ticks { busy: 6, steal: 0, idle: 4 })]));
        assert_eq!(Stat::parse(""), Stat::default());
        let most = format!("cpu0 {0} {0} {0} {0} {0} {0} {0} {0}", u64::MAX);
        assert_eq!(Stat::parse(&most).cpus[&0].busy, u64::MAX);
    }

    #[test]
    fn time_that_runs_backwards_or_stands_still_is_no_share() {
        let (first, last) = (Stat::parse("cpu0 5 0 0 50"), Stat::parse("cpu0 10 0 0 45"));
        let since = |before: &Stat, cpus: &[usize]| last.since(before, cpus).and_then(Ticks::shares);
        assert_eq!(since(&first, &[0]), Some((1.0, 0.0)));
        assert_eq!(since(&last, &[0]), None);
        assert_eq!(since(&first, &[]), None);
        assert_eq!(since(&first, &[0, 1]), None);
    }
}
