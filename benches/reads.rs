//! Reads and writes: the cost of each in several mixes, the error of reads, and a writer beside readers.

use std::process::ExitCode;

use miscount::catalogue::{self, Tag, Visitor};
use miscount::counter::Counter;
use miscount::suite::{self, Case};
use miscount::workload::Sweep;

fn main() -> ExitCode {
    suite::run("reads", |sweep| {
        let mut mixes = Mixes { sweep, cases: Vec::new() };
        let wanted = |tags: &[Tag]| tags.contains(&Tag::Reads) && Tag::measured(tags, sweep.full);
        catalogue::visit_native(wanted, &mut mixes);
        mixes.cases
    })
}

struct Mixes<'s> {
    sweep: &'s Sweep,
    cases: Vec<Case>,
}

impl Visitor for Mixes<'_> {
    fn visit<C: Counter>(&mut self) {
        self.cases.extend(Case::mixes::<C>(self.sweep));
    }
}
