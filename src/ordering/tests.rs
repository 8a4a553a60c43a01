use std::collections::BTreeSet;

use super::*;

/// One access of a program.
#[derive(Clone, Copy, Debug)]
enum Access {
    Store { at: char, value: u8 },
    Load { from: char, register: usize },
}

/// The accesses of one thread: `x = 1; r0 = y`. Locations are told apart by their first letter.
fn parse(part: &str) -> Vec<Access> {
    let one = |statement: &str| {
        let (to, from) = statement.split_once(" = ").expect("an assignment");
        let first = |text: &str| text.chars().next().expect("a name");
        match to.strip_prefix('r').and_then(|n| n.parse().ok()) {
            Some(register) => Access::Load { from: first(from), register },
            None => Access::Store { at: first(to), value: from.parse().expect("a value") },
        }
    };
    part.split("; ").map(one).collect()
}

/// What is reached when the threads' next steps come in some order; `whole` runs each part in one go.
fn explore(
    parts: &[Vec<Access>],
    at: &[usize],
    memory: &[(char, u8)],
    registers: &[u8],
    whole: bool,
) -> BTreeSet<Vec<u8>> {
    let mut reached = BTreeSet::new();
    for thread in 0..parts.len() {
        let steps = &parts[thread][at[thread]..];
        let steps = if whole { steps } else { &steps[..steps.len().min(1)] };
        if steps.is_empty() {
            continue;
        }
        let (mut memory, mut registers, mut at) = (memory.to_vec(), registers.to_vec(), at.to_vec());
        for step in steps {
            match *step {
                Access::Store { at, value } => memory.push((at, value)),
                Access::Load { from, register } => {
                    registers[register] =
                        memory.iter().rev().find(|(at, _)| *at == from).map_or(0, |(_, value)| *value);
                }
            }
        }
        at[thread] += steps.len();
        reached.extend(explore(parts, &at, &memory, &registers, whole));
    }
    if reached.is_empty() { BTreeSet::from([registers.to_vec()]) } else { reached }
}

/// The tests whose programs have an end.
fn straight() -> impl Iterator<Item = &'static Test> {
    tests().into_iter().filter(|test| !test.polls())
}

#[test]
fn outcomes_are_of_the_kind_that_their_programs_give() {
    assert!(straight().count() >= 7);
    for test in straight() {
        let parts: Vec<Vec<Access>> = test.program.iter().map(|part| parse(part)).collect();
        let (at, registers) = (vec![0; parts.len()], vec![0; test.asked.len()]);
        let sequential = explore(&parts, &at, &[], &registers, true);
        let interleaved = explore(&parts, &at, &[], &registers, false);
        for outcome in test.outcomes {
            let registers = outcome.registers.to_vec();
            let kind = match (sequential.contains(&registers), interleaved.contains(&registers)) {
                (true, _) => Kind::Sequential,
                (_, true) => Kind::Interleaved,
                _ => Kind::Weak,
            };
            assert_eq!(outcome.kind, kind, "{} {}", test.id, outcome.text());
        }
        let known: BTreeSet<Vec<u8>> = test.outcomes.iter().map(|outcome| outcome.registers.to_vec()).collect();
        assert!(interleaved.is_subset(&known), "{}", test.id);
        // Every combination of the values that are stored where a register looks.
        let stored = |register: usize| {
            let accesses = || parts.iter().flatten();
            let from = accesses().find_map(|access| match access {
                Access::Load { from, register: n } if *n == register => Some(*from),
                _ => None,
            });
            accesses().filter(|access| matches!(access, Access::Store { at, .. } if Some(*at) == from)).count() + 1
        };
        assert_eq!(known.len(), (0..registers.len()).map(stored).product::<usize>(), "{}", test.id);
    }
}

#[test]
fn tests_are_well_formed() {
    let ids: BTreeSet<&str> = tests().iter().map(|test| test.id).collect();
    assert_eq!(ids.len(), tests().len());
    for test in tests() {
        assert!(test.outcomes.iter().any(|outcome| outcome.registers == test.asked), "{}", test.id);
        let codes: BTreeSet<u8> = test.outcomes.iter().map(LitmusOutcome::code).collect();
        assert_eq!(codes.len(), test.outcomes.len(), "{}", test.id);
        assert!(test.outcomes.iter().filter(|outcome| outcome.kind == Kind::Weak).count() <= 1, "{}", test.id);
    }
}

/// The stronger an ordering, the less it allows; nothing weak is left under `SeqCst`, a mutex or an event.
#[test]
fn stronger_orderings_allow_no_more() {
    struct Strict;
    impl LitmusVisitor for Strict {
        fn visit<L: Litmus>(&mut self) {
            let (test, variant) = (L::TEST, L::VARIANT);
            let allowed = |variant| test.outcomes.iter().filter(move |outcome| test.allows(variant, outcome)).count();
            assert!(allowed(variant) >= 1, "{} {}", test.id, variant.id());
            assert!(allowed(Variant::AcqRel) <= allowed(Variant::Relaxed), "{}", test.id);
            assert!(allowed(Variant::SeqCst) <= allowed(Variant::AcqRel), "{}", test.id);
            for outcome in test.outcomes.iter().filter(|outcome| outcome.kind == Kind::Weak) {
                let strong = !matches!(variant, Variant::Relaxed | Variant::AcqRel);
                assert!(!(strong && test.allows(variant, outcome)), "{} {}", test.id, variant.id());
            }
            for outcome in test.outcomes {
                assert!(test.allows(variant, outcome) || !test.possible_on_x86(variant, outcome));
            }
        }
    }
    visit(&mut Strict);
}

#[test]
fn only_store_buffering_shows_on_x86() {
    let weak = |test: &Test| {
        let weak = test.outcomes.iter().find(|outcome| outcome.kind == Kind::Weak);
        weak.is_some_and(|outcome| test.possible_on_x86(Variant::Relaxed, outcome))
    };
    let ids: Vec<&str> = tests().into_iter().filter(|test| weak(test)).map(|test| test.id).collect();
    assert_eq!(ids, ["sb"]);
}

#[test]
fn one_cpu_is_not_enough() {
    assert!(obstacle(1).is_some_and(|line| !line.contains('\n')));
    assert_eq!(obstacle(2), None);
}
