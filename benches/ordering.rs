//! Memory order: the cost and the outcomes of litmus tests, with each ordering of their accesses, under a mutex and with
//! an event.

use std::process::ExitCode;

use miscount::ordering::{self, BENCH, Litmus, LitmusVisitor};
use miscount::suite::{self, Case};
use miscount::topology::usable_count;
use miscount::workload::Sweep;

fn main() -> ExitCode {
    if let Some(obstacle) = ordering::obstacle(usable_count()) {
        eprintln!("{BENCH}: cannot be measured: {obstacle}");
        return ExitCode::SUCCESS;
    }
    suite::run(BENCH, |sweep| {
        for test in ordering::tests().into_iter().filter(|test| test.threads() > usable_count()) {
            let (id, takes) = (test.id, test.threads());
            eprintln!("{BENCH}: {id} is not run: it takes {takes} CPUs, and {} may be used", usable_count());
        }
        let mut tests = Tests { sweep, cases: Vec::new() };
        ordering::visit(&mut tests);
        tests.cases
    })
}

struct Tests<'s> {
    sweep: &'s Sweep,
    cases: Vec<Case>,
}

impl LitmusVisitor for Tests<'_> {
    fn visit<L: Litmus>(&mut self) {
        let threads = L::TEST.threads();
        if threads > usable_count() || !(self.sweep.full || L::VARIANT.is_default()) {
            return;
        }
        for at in self.sweep.grid_with(BENCH, vec![threads]) {
            // The control comes first; net costs subtract it.
            if !self.cases.iter().any(|case| case.threads == threads && case.placement == at.placement) {
                self.cases.push(Case::no_litmus(at));
            }
            self.cases.push(Case::litmus::<L>(at));
        }
    }
}
