//! Counters and hazards to cases: what a bench hands in, at every point of the sweep.

use std::process::ExitCode;

use super::{Case, run};
use crate::catalogue::{self, HazardVisitor, Visitor};
use crate::counter::Counter;
use crate::hazard::Hazard;
use crate::workload::{GridPoint, LEVELS, Sweep};

/// Makes the case of one subject at a point of the sweep.
pub(super) type Maker = fn(GridPoint) -> Case;

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

    /// The cases of a sweep: a full rectangle of counters and thread counts for each level and
    /// placement. Hazards are at the first level only, unless more is asked for: think time hardly
    /// changes what goes wrong, only how often.
    pub fn cases(&self, sweep: &Sweep) -> Vec<Case> {
        let all_levels = sweep.full || sweep.levels.is_some();
        let counters = self.makers.iter().flat_map(|case| sweep.grid("counters").map(case));
        let hazards = self
            .hazards
            .iter()
            .flat_map(|case| sweep.grid("counters").filter(|at| all_levels || at.level.id == LEVELS[0].id).map(case));
        counters.chain(hazards).collect()
    }

    /// Measures them as bench `bench` and returns the exit status: see [`run`].
    pub fn run(&self, bench: &'static str) -> ExitCode {
        run(bench, |sweep| self.cases(sweep))
    }
}

impl HazardVisitor for Counters {
    fn visit<H: Hazard>(&mut self) {
        self.hazards.push(Case::hazard::<H>);
    }
}

impl Visitor for Counters {
    fn visit<C: Counter>(&mut self) {
        self.makers.push(Case::counter::<C>);
    }
}
