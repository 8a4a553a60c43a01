//! Makes the cases of counters and hazards.

use std::process::ExitCode;

use super::{Case, run};
use crate::catalogue::{self, Tag, Visitor};
use crate::counter::{Counter, Total};
use crate::workload::{GridPoint, LEVELS, Sweep};

/// Makes the case of one subject at a point of the sweep.
pub(super) type Maker = fn(GridPoint) -> Case;

/// A bench of counters, measured at every point of the sweep.
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
    /// Whether those of the catalogue come first.
    catalogue: bool,
    makers: Vec<Maker>,
    hazards: Vec<Maker>,
}

impl Counters {
    /// Every counter of the catalogue except the models of CPython's lock, which need longer rounds. Those tagged
    /// [`Full`](Tag::Full) are measured in full runs.
    pub fn catalogue() -> Counters {
        Counters { catalogue: true, ..Counters::default() }
    }

    /// Adds every hazard of the catalogue.
    #[must_use]
    pub fn with_hazards(mut self) -> Counters {
        catalogue::visit_hazards(&mut self);
        self
    }

    /// Adds one counter.
    #[must_use]
    pub fn with<C: Counter>(mut self) -> Counters {
        Visitor::visit::<C>(&mut self);
        self
    }

    /// The cases of a sweep: every counter at every thread count, level and placement. Hazards are measured at the
    /// first level only, unless levels were asked for or the run is full: think time changes how often they go wrong,
    /// hardly how.
    pub fn cases(&self, sweep: &Sweep) -> Vec<Case> {
        let all_levels = sweep.full || sweep.levels.is_some();
        let mut listed = Counters::default();
        if self.catalogue {
            catalogue::visit_native(|tags| Tag::measured(tags, sweep.full), &mut listed);
        }
        let counters = listed.makers.iter().chain(&self.makers).flat_map(|case| sweep.grid("counters").map(case));
        let hazards = self
            .hazards
            .iter()
            .flat_map(|case| sweep.grid("counters").filter(|at| all_levels || at.level.id == LEVELS[0].id).map(case));
        counters.chain(hazards).collect()
    }

    /// Measures the cases as bench `bench` and returns the exit status: see [`run`].
    pub fn run(&self, bench: &'static str) -> ExitCode {
        run(bench, |sweep| self.cases(sweep))
    }
}

impl Visitor for Counters {
    fn visit<C: Counter>(&mut self) {
        let makers = match C::TOTAL {
            Total::Increments => &mut self.makers,
            Total::Anomalies(_) => &mut self.hazards,
        };
        makers.push(Case::counter::<C>);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::cases;
    use super::*;
    use crate::counters::atomic::FetchAdd;

    #[test]
    fn a_hazard_is_two_variants_that_say_what_an_anomaly_is() {
        let cases = cases(&Counters::default().with::<FetchAdd>().with_hazards());
        assert!(cases.iter().all(|case| (case.anomaly.is_some()) == (case.info.family == "hazard")));
        let pair: Vec<&Case> = cases.iter().filter(|case| case.info.id == "pair" && case.threads == 2).collect();
        let cells: Vec<_> = pair.iter().map(|case| (case.function(), case.level, case.anomaly)).collect();
        let cell = |variant| (format!("pair:{variant}"), LEVELS[0].id, Some("torn reads"));
        assert_eq!(cells, [cell("racy"), cell("exact")], "at one level only");
    }
}
