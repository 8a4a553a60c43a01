//! Memory order: the cost and the outcomes of litmus tests, with each ordering of their accesses, under a mutex and with
//! an event.

use std::process::ExitCode;

use miscount::ordering::{self, BENCH, Litmus, LitmusVisitor};
use miscount::suite::{self, Row};
use miscount::topology::usable_count;
use miscount::workload::{LITMUS_LEVELS, Sweep};

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
        let mut rows = Rows { sweep, rows: Vec::new() };
        ordering::visit(&mut rows);
        rows.rows
    })
}

struct Rows<'s> {
    sweep: &'s Sweep,
    rows: Vec<Row>,
}

impl LitmusVisitor for Rows<'_> {
    fn visit<L: Litmus>(&mut self) {
        let threads = L::TEST.threads();
        if threads > usable_count() || !(self.sweep.full || L::VARIANT.is_default()) {
            return;
        }
        for level in self.sweep.pick(&LITMUS_LEVELS) {
            for &placement in &self.sweep.placements {
                // The control comes first; net costs subtract it.
                if !self.rows.iter().any(|row| row.threads == threads && row.placement == placement) {
                    self.rows.push(Row::no_litmus(level, threads, placement));
                }
                self.rows.push(Row::litmus::<L>(level, placement));
            }
        }
    }
}
