//! The litmus tests under loom: it reaches exactly the outcomes of the table in `src/ordering.rs`.
//! Empty without the flag:
//!
//! ```text
//! RUSTFLAGS="--cfg miscount_loom" cargo test --no-default-features --test loom_ordering --target-dir target/loom -- --nocapture
//! ```
#![cfg(miscount_loom)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use loom::model::Builder;
use loom::thread;
use miscount::ordering::{self, Kind, Litmus, LitmusOutcome, LitmusVisitor, Variant};

/// The codes of the outcomes that loom reaches, with any number of preemptions.
fn reached<L: Litmus>() -> (BTreeSet<u8>, usize) {
    let seen = Arc::new(Mutex::new((BTreeSet::new(), 0)));
    let record = Arc::clone(&seen);
    let mut builder = Builder::new();
    builder.preemption_bound = None;
    builder.check(move || {
        let instance = Arc::new(L::default());
        let others: Vec<_> = (1..L::TEST.threads())
            .map(|n| {
                let instance = Arc::clone(&instance);
                thread::spawn(move || instance.step(n))
            })
            .collect();
        let mine = instance.step(0);
        let all = others.into_iter().fold(mine, |all, other| all | other.join().unwrap());
        let mut record = record.lock().unwrap();
        record.0.insert((all & 0xff) as u8);
        record.1 += 1;
    });
    let seen = seen.lock().unwrap();
    (seen.0.clone(), seen.1)
}

/// What loom reaches of a variant, against the table.
struct Tables {
    modelled: Vec<(&'static str, Variant)>,
}

impl LitmusVisitor for Tables {
    fn visit<L: Litmus>(&mut self) {
        let (test, variant) = (L::TEST, L::VARIANT);
        // Loom treats SeqCst accesses as AcqRel, so its result for them is that for fences.
        if test.loom.is_none() || variant == Variant::SeqCst {
            return;
        }
        let (reached, executions) = reached::<L>();
        let texts = |codes: &BTreeSet<u8>| {
            let of = test.outcomes.iter().filter(|outcome| codes.contains(&outcome.code()));
            of.map(LitmusOutcome::text).collect::<Vec<String>>().join(" ")
        };
        println!("{} {}: {executions} executions, {}", test.id, variant.id(), texts(&reached));
        let known: BTreeSet<u8> = test.outcomes.iter().map(LitmusOutcome::code).collect();
        assert!(reached.is_subset(&known), "{} {}: {reached:?}", test.id, variant.id());
        for outcome in test.outcomes {
            let says = test.loom_reaches(variant, outcome).expect("it is modelled");
            assert_eq!(reached.contains(&outcome.code()), says, "{} {} {}", test.id, variant.id(), outcome.text());
        }
        self.modelled.push((test.id, variant));
    }
}

#[test]
fn loom_reaches_what_the_table_says() {
    let mut tables = Tables { modelled: Vec::new() };
    ordering::visit(&mut tables);
    for id in ["sb", "mp", "corr", "iriw"] {
        for variant in [Variant::Relaxed, Variant::AcqRel, Variant::Fence] {
            assert!(tables.modelled.contains(&(id, variant)), "{id} {}", variant.id());
        }
    }
    assert!(tables.modelled.iter().all(|(id, _)| *id != "lb"));
}

/// The models are not blind: a weak outcome is reached where the memory model allows it.
#[test]
fn weak_outcomes_are_reached_somewhere() {
    let (reached, _) = reached::<ordering::StoreBuffering<ordering::Relaxed>>();
    let weak = ordering::StoreBuffering::<ordering::Relaxed>::TEST.outcomes.iter().find(|one| one.kind == Kind::Weak);
    assert!(reached.contains(&weak.unwrap().code()));
}
