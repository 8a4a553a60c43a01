//! Counters and hazards to rows: what a bench hands in, at every point of the sweep.

use std::process::ExitCode;

use super::{Row, run};
use crate::catalogue::{self, Visitor};
use crate::counter::{Counter, Total};
use crate::workload::{LEVELS, Level, Placement, Sweep};

type Maker = fn(&Level, usize, Placement) -> Row;

/// A bench over counters: those it is given, at every point of the sweep.
///
/// ```no_run
/// use miscount::counters::{atomic::FetchAdd, racy::LoadStore};
/// use miscount::suite::Counters;
///
/// fn main() -> std::process::ExitCode {
///     // In a file under benches/ with `harness = false`:
///     Counters::default().with::<FetchAdd>().with::<LoadStore>().run("counters")
/// }
/// ```
#[derive(Default)]
pub struct Counters {
    makers: Vec<Maker>,
    hazards: Vec<Maker>,
}

impl Counters {
    /// Every counter of the catalogue but the models of CPython's lock: those need rounds of their own.
    pub fn catalogue() -> Counters {
        let mut all = Counters::default();
        catalogue::visit_native(&mut all);
        all
    }

    /// With every hazard of the catalogue, too.
    #[must_use]
    pub fn with_hazards(mut self) -> Counters {
        catalogue::visit_hazards(&mut self);
        self
    }

    /// One more counter.
    #[must_use]
    pub fn with<C: Counter>(mut self) -> Counters {
        Visitor::visit::<C>(&mut self);
        self
    }

    /// The rows of a sweep: a full rectangle of counters and thread counts for each level and
    /// placement. Hazards are at the first level only, unless more is asked for: think time hardly
    /// changes what goes wrong, only how often.
    pub fn rows(&self, sweep: &Sweep) -> Vec<Row> {
        let mut rows = Vec::new();
        for &placement in &sweep.placements {
            for level in sweep.pick(&LEVELS) {
                let asked_for = sweep.full || sweep.levels.is_some() || level.id == LEVELS[0].id;
                let makers = self.makers.iter().chain(self.hazards.iter().filter(|_| asked_for));
                for maker in makers {
                    rows.extend(sweep.threads.iter().map(|&threads| maker(level, threads, placement)));
                }
            }
        }
        rows
    }

    /// Measures them as bench `bench` and returns the exit status: see [`run`].
    pub fn run(&self, bench: &'static str) -> ExitCode {
        run(bench, |sweep| self.rows(sweep))
    }
}

impl Visitor for Counters {
    fn visit<C: Counter>(&mut self) {
        let makers = match C::TOTAL {
            Total::Increments => &mut self.makers,
            Total::Anomalies(_) => &mut self.hazards,
        };
        makers.push(Row::counter::<C>);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rows;
    use super::*;
    use crate::counters::atomic::FetchAdd;

    #[test]
    fn a_hazard_is_two_variants_that_say_what_an_anomaly_is() {
        let rows = rows(&Counters::default().with::<FetchAdd>().with_hazards());
        assert!(rows.iter().all(|row| (row.anomaly.is_some()) == (row.info.family == "hazard")));
        let pair: Vec<&Row> = rows.iter().filter(|row| row.info.id == "pair" && row.threads == 2).collect();
        let cells: Vec<_> = pair.iter().map(|row| (row.function(), row.level, row.anomaly)).collect();
        let cell = |variant| (format!("pair:{variant}"), LEVELS[0].id, Some("torn reads"));
        assert_eq!(cells, [cell("racy"), cell("exact")], "at one level only");
    }
}
