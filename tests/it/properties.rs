//! Properties of every figure: hundreds of made-up rounds, cells and questions.

use std::time::Duration;

use miscount::choose::{Question, Words};
use miscount::counter::Grade;
use miscount::figure;
use miscount::machine::{Card, Run};
use miscount::rank::{self, CostOrder, Mark};
use miscount::results::cell::Key;
use miscount::results::{Cell, Facts, Figures, Interval, PastRun, Store, read_machine, runs};
use miscount::round::{self, OVERLAP_BELOW, PREEMPTED_ABOVE, Round, SHORT, Setting, Tally, Verdict};
use miscount::round::{Series, VALID_FROM};
use miscount::workload::{self, Load, MOST_THREADS, Placement, Sweep};
use miscount::{results, stats};
use proptest::prelude::*;

/// As close as two ways to the same figure come.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn nanos(least: u64, most: u64) -> impl Strategy<Value = Duration> {
    (least..most).prop_map(Duration::from_nanos)
}

/// A thread that counted for 1 us to 100 ms, often just as long as others and pinned as they are.
fn tally() -> impl Strategy<Value = Tally> {
    let waited = prop_oneof![Just(None), Just(Some(Duration::ZERO)), nanos(0, 10_000_000).prop_map(Some)];
    let start = prop_oneof![Just(Duration::ZERO), nanos(0, 20_000_000)];
    let span = prop_oneof![Just(Duration::from_millis(40)), nanos(1_000, 10_000_000), nanos(1_000, 100_000_000)];
    (1..1u64 << 40, (start, span), waited, prop::bool::weighted(0.97), prop::collection::vec(0..64usize, 0..3))
        .prop_map(|(attempted, (start, span), waited, pinned, cpus)| Tally {
            attempted,
            start,
            end: start + span,
            waited,
            pinned,
            cpus,
            think_steps: attempted / 3,
        })
}

/// A round of one to eight threads that kept some of what they attempted.
fn any_round() -> impl Strategy<Value = Round> {
    let kept = prop_oneof![Just(1.0), 0.0..=1.0];
    let tallies = prop::collection::vec(tally(), 1..9);
    (tallies, kept, 1..17usize, 0..3usize, nanos(0, 1 << 40)).prop_map(|(tallies, kept, usable_cpus, helpers, cpu)| {
        let round = Round::of(1000, tallies, Setting { usable_cpus, helpers });
        let kept = (round.attempted() as f64 * kept) as u64;
        Round { kept: Some(kept.min(round.attempted())), cpu: Some(cpu), ..round }
    })
}

fn figures() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![0.1..1e3, Just(5.0), 1e-3..1e9], 1..20)
}

/// A name out of few, so that keys meet.
fn key() -> impl Strategy<Value = Key> {
    ("[ab]", "[ab]{0,1}", 1..3usize, prop::sample::select(Placement::ALL.to_vec())).prop_map(
        |(subject, variant, threads, placement)| Key {
            bench: "counters".into(),
            subject,
            variant,
            threads,
            level: "saturated".into(),
            placement,
        },
    )
}

/// A cell as the recorder makes it of its rounds.
fn any_cell() -> impl Strategy<Value = Cell> {
    let label = prop_oneof!["[ -~]{0,20}", "\\PC{0,20}", any::<String>()];
    (key(), label, prop::collection::vec(any_round(), 1..6), figures()).prop_map(|(key, label, rounds, none)| {
        let series = Series::independent(rounds.iter().collect());
        let gross: Vec<f64> = rounds.iter().map(Round::ns_per_op_per_thread).collect();
        let figures = Figures {
            net_ns_per_op: Some(stats::difference(&gross, &none)),
            jain: Some(round::jain(&rounds[0].tallies.iter().map(|t| t.attempted).collect::<Vec<_>>())),
            ..Figures::of(&series, None).expect("something was attempted")
        };
        let cell = Cell::blank(key, "racy".into(), Grade::Racy, series.verdict());
        Cell { facts: Facts { label, run: "r1".into(), ..cell.facts }, figures, ..cell }
    })
}

fn interval() -> impl Strategy<Value = Interval> {
    let half = || prop_oneof![0.0..1.0, 0.0..20.0];
    (prop_oneof![10.0..12.0, -50.0..100.0], half(), half()).prop_map(|(median, below, above)| Interval {
        low: median - below,
        median,
        high: median + above,
    })
}

proptest! {
    #[test]
    fn what_is_kept_and_lost_was_attempted(round in any_round(), more in 0..3u64, any in any::<u64>()) {
        let attempted = round.attempted();
        prop_assert_eq!(round.lost().unwrap() + round.kept.unwrap(), attempted);
        let rate = round.loss_rate().unwrap();
        prop_assert!((0.0..=1.0).contains(&rate), "{}", rate);
        prop_assert_eq!(rate == 0.0, round.lost() == Some(0));
        prop_assert!(round.goodput().unwrap() <= round.throughput());
        prop_assert!(near(round.goodput().unwrap(), round.throughput() * (1.0 - rate)) || rate > 0.99);
        // Any other count either is as good, or is a fault with neither loss nor rate.
        for kept in [attempted + more, any] {
            let other = Round { kept: Some(kept), ..round.clone() };
            prop_assert_eq!(other.lost().is_none(), kept > attempted);
            prop_assert_eq!(other.fault(Grade::Exact).is_some(), kept > attempted);
            prop_assert!(other.fault(Grade::Exact).is_none() || other.fault(Grade::Racy).is_some());
        }
    }

    #[test]
    fn units_agree_both_ways(round in any_round()) {
        let aggregate = round.wall().as_nanos() as f64 / round.attempted() as f64;
        prop_assert!(near(round.throughput() * aggregate, 1e9));
        let ns = round.ns_per_op_per_thread();
        prop_assert!(near(ns, round.threads() as f64 * aggregate));
        prop_assert!(near(round::per_second(round.threads(), ns), round.throughput()));
        let kept = round.kept.unwrap();
        prop_assume!(kept > 0);
        let wall = round.wall().as_nanos() as f64 * round.threads() as f64;
        let loss = round.loss_rate().unwrap();
        // What is lost is taken off 1: what is left of it has as many digits less.
        prop_assert!((round::ns_per_kept(ns, loss) * kept as f64 / wall - 1.0).abs() <= 1e-9 / (1.0 - loss));
        prop_assert!(near(round::collapse(ns, aggregate) * round::collapse(aggregate, ns), 1.0));
    }

    #[test]
    fn threads_never_overlap_more_than_wholly(round in any_round()) {
        let overlap = round.overlap();
        prop_assert!(overlap <= 1.0, "{}", overlap);
        let spans: Vec<(Duration, Duration)> = round.tallies.iter().map(|t| (t.start, t.end)).collect();
        let met = spans.iter().all(|a| spans.iter().all(|b| a.0 < b.1));
        prop_assert_eq!(overlap > 0.0, met);
        prop_assert_eq!(overlap == 1.0, spans.iter().all(|s| *s == spans[0]), "{:?}", spans);
    }

    #[test]
    fn jains_index_is_between_one_of_n_and_all(done in prop::collection::vec(0..1u64 << 50, 1..65), same in 1..1u64 << 50) {
        let index = round::jain(&done);
        prop_assert!((1.0 / done.len() as f64..=1.0).contains(&index), "{}", index);
        let (least, greatest) = round::shares(&done);
        prop_assert!(0.0 <= least && least <= greatest && greatest <= 1.0);
        let alike = vec![same; done.len()];
        prop_assert!(near(round::jain(&alike), 1.0) && round::jain(&alike) <= 1.0, "{}", round::jain(&alike));
        let mut alone = vec![0; done.len()];
        alone[0] = same;
        prop_assert!(near(round::jain(&alone), 1.0 / done.len() as f64));
        prop_assert!(round::jain(&alone) >= 1.0 / done.len() as f64);
    }

    #[test]
    fn the_first_verdict_that_applies_is_the_rounds(round in any_round()) {
        let late = |t: &Tally| t.waited.is_some_and(|w| w.as_secs_f64() > PREEMPTED_ABOVE * (t.end - t.start).as_secs_f64());
        let applies = [
            (Verdict::Unpinned, round.tallies.iter().any(|t| !t.pinned)),
            (Verdict::Short, round.wall() < SHORT),
            (Verdict::Oversubscribed, round.threads() + round.setting.helpers > round.setting.usable_cpus),
            (Verdict::Preempted, round.tallies.iter().any(late)),
            (Verdict::Serialised, round.overlap() < OVERLAP_BELOW),
            (Verdict::Valid, true),
        ];
        let first = applies.into_iter().find(|(_, applies)| *applies).unwrap().0;
        prop_assert_eq!(round.verdict(), first);
    }

    #[test]
    fn a_cell_is_as_its_rounds_are(rounds in prop::collection::vec(any_round(), 1..8)) {
        let each: Vec<&Round> = rounds.iter().collect();
        let series = Series::independent(each.clone());
        let s = Figures::of(&series, None).unwrap();
        let valid = rounds.iter().filter(|r| r.verdict() == Verdict::Valid).count();
        prop_assert_eq!(series.verdict() == Verdict::Valid, valid as f64 >= VALID_FROM * rounds.len() as f64);
        prop_assert!(rounds.iter().any(|r| r.verdict() == series.verdict()));
        let loss = s.loss_rate.unwrap();
        prop_assert!(0.0 <= loss.min && loss.min <= loss.median && loss.median <= loss.max && loss.max <= 1.0);
        prop_assert!(loss.min <= loss.pooled + 1e-12 && loss.pooled <= loss.max + 1e-12, "{:?}", loss);
        prop_assert!(s.goodput <= s.throughput);
        let overlap = s.overlap.unwrap();
        prop_assert!(overlap.min <= overlap.median && overlap.median <= 1.0);
    }

    #[test]
    fn intervals_are_in_order_and_among_their_values(values in figures()) {
        let i = stats::interval(&values);
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
        let slack = 1e-12 * most;
        prop_assert!(i.low <= i.median + slack && i.median <= i.high + slack, "{:?}", i);
        prop_assert!(least <= i.low + slack && i.high <= most + slack, "{:?}", i);
    }

    #[test]
    fn a_net_cost_has_the_sign_of_what_it_is(gross in figures(), none in figures()) {
        let net = stats::difference(&gross, &none);
        let least = |v: &[f64]| v.iter().copied().fold(f64::MAX, f64::min);
        let most = |v: &[f64]| v.iter().copied().fold(f64::MIN, f64::max);
        prop_assert!(near(net.median, stats::median(&gross) - stats::median(&none)) || net.median.abs() < 1e-6);
        let slack = 1e-12 * most(&gross).max(most(&none));
        prop_assert!(net.low <= net.median + slack && net.median <= net.high + slack, "{:?}", net);
        prop_assert!(least(&gross) <= most(&none) || net.low > 0.0, "{:?}", net);
        prop_assert!(most(&gross) >= least(&none) || net.high < 0.0, "{:?}", net);
    }

    #[test]
    fn costs_stand_to_each_other_as_seen_from_both(a in interval(), b in interval(), resolution in 0.0..5.0) {
        let swapped = match rank::order(b, a, resolution) {
            CostOrder::Cheaper => CostOrder::Costlier,
            CostOrder::Costlier => CostOrder::Cheaper,
            same => same,
        };
        prop_assert_eq!(rank::order(a, b, resolution), swapped);
        prop_assert!(matches!(rank::order(a, a, resolution), CostOrder::Tie | CostOrder::Noisy));
    }

    #[test]
    fn one_is_cheapest_or_several_may_be(costs in prop::collection::vec(interval(), 0..8), resolution in 0.0..5.0) {
        let costs: Vec<rank::Cost> = costs.into_iter().map(Into::into).collect();
        let marks = rank::marks(&costs, resolution);
        let count = |mark| marks.iter().filter(|m| **m == Some(mark)).count();
        let marked = count(Mark::Cheapest) + count(Mark::Tie) + count(Mark::Noisy);
        prop_assert_eq!(marked > 0, costs.len() > 1);
        prop_assert!(count(Mark::Cheapest) == 0 || (count(Mark::Cheapest) == 1 && marked == 1), "{:?}", marks);
        prop_assert!(count(Mark::Tie) != 1, "nobody ties alone: {:?}", marks);
    }

    #[test]
    fn no_figure_reads_0_that_is_not(x in prop_oneof![0.0..1.0, 0.0..1e-3, 0.0..1e9, Just(0.0)], resolution in 1e-6..100.0) {
        let zero = |text: &str| !text.chars().any(|c| ('1'..='9').contains(&c));
        prop_assert_eq!(zero(&figure::ns(x)), x == 0.0, "{}", figure::ns(x));
        prop_assert_eq!(zero(&figure::number(x)), x == 0.0, "{}", figure::number(x));
        prop_assert_eq!(zero(&figure::per_second(x)), x == 0.0, "{}", figure::per_second(x));
        prop_assert!(!zero(&figure::net(x, resolution)), "{}", figure::net(x, resolution));
        let rate = x.min(1.0);
        prop_assert_eq!(figure::percent(rate) == "0 %", rate == 0.0);
        prop_assert_eq!(figure::percent(rate) == "100 %", rate == 1.0);
        let threshold: f64 = figure::threshold(resolution).replace(',', "").parse().unwrap();
        prop_assert!(resolution <= threshold * 1.000_001 && threshold <= resolution * 1.2, "{}", threshold);
    }

    #[test]
    fn a_question_means_what_was_typed(ns in 0..1u64 << 50, percent in 0..=100u32, threads in 1..=MOST_THREADS) {
        let (ns_text, threads_text, reads) = (format!("{ns}ns"), threads.to_string(), format!("{percent}%"));
        let words = Words { threads: Some(&threads_text), ..Words::default() };
        let time = Duration::from_nanos(ns);
        let load = |words: &Words<'_>| Question::ask(words).unwrap().load;
        prop_assert_eq!(load(&Words { think: Some(&ns_text), ..words.clone() }), Load::Think(time));
        let mix = Load::Mix { share: f64::from(percent) / 100.0, think: time };
        prop_assert_eq!(load(&Words { reads: Some(&reads), think: Some(&ns_text), ..words.clone() }), mix);
        let work = Load::Work { critical: time, parallel: Duration::ZERO };
        prop_assert_eq!(load(&Words { critical: Some(&ns_text), parallel: Some("0"), ..words }), work);
    }

    #[test]
    fn thread_counts_are_few_and_in_order(cpus in 1..2048usize, list in prop::collection::vec(1..=MOST_THREADS, 1..20)) {
        let few = workload::default_threads(cpus);
        prop_assert!(few.is_sorted_by(|a, b| a < b) && few.len() <= 6, "{:?}", few);
        prop_assert!(few.contains(&1) && few.contains(&cpus) && few.last() == Some(&(2 * cpus)), "{:?}", few);
        let all = workload::full_threads(cpus);
        prop_assert!(all.is_sorted_by(|a, b| a < b) && all.last() == Some(&(2 * cpus)), "{:?}", all);
        let text = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" , ");
        let sweep = Sweep::from_vars(cpus, |name| (name == "MISCOUNT_THREADS").then(|| text.clone())).unwrap();
        let mut asked = list;
        asked.sort_unstable();
        asked.dedup();
        prop_assert_eq!(sweep.threads, asked);
    }
}

proptest! {
    // Each case is some cells with four bootstraps each, and files.
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn what_a_recorder_writes_is_read_again(cells in prop::collection::vec(any_cell(), 0..8)) {
        let path = std::path::Path::new("r1.json");
        let mut each: Vec<Cell> = Vec::new();
        for cell in cells {
            prop_assert_eq!(cell.fault(), None);
            if each.iter().all(|other| other.key != cell.key) {
                each.push(cell);
            }
        }
        let card = Card { id: "m".into(), cpu: "c".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
        let text = |cells: &[Cell]| PastRun { id: "r1".into(), card: Some(card.clone()), cells: cells.to_vec(), ..PastRun::default() }.text();
        let read = runs::parse(path, text(&each).as_bytes());
        prop_assert!(read.is_ok(), "{:?}", read);
        let read = read.unwrap().cells;
        prop_assert_eq!(text(&read), text(&each), "nothing more is cut off");
        each.reverse();
        prop_assert_eq!(text(&read), text(&each), "in whatever order they come");
        each.sort_by(|a, b| a.key.cmp(&b.key));
        prop_assert_eq!(read.len(), each.len());
        for (cell, short) in each.iter().zip(&read) {
            prop_assert_eq!((&cell.key, cell.facts.verdict, cell.figures.attempted), (&short.key, short.facts.verdict, short.figures.attempted));
            let plain = cell.facts.label.chars().all(results::text::is_plain);
            prop_assert!(!plain || cell.facts.label == short.facts.label);
            let (exact, short) = (cell.figures.ns_per_op_per_thread.unwrap(), short.figures.ns_per_op_per_thread.unwrap());
            prop_assert!((short.median / exact.median - 1.0).abs() < 1e-5, "{} is not {}", short.median, exact.median);
        }
    }

    #[test]
    fn merging_twice_is_merging_once_and_the_newer_wins(cells in prop::collection::vec(any_cell(), 1..6), at in 0..6usize) {
        let merged = |parts: &[&[Cell]]| {
            let dir = tempfile::tempdir().unwrap();
            let card = Card { id: "m".into(), cpu: "c".into(), cpus: 2, usable_cpus: 2, ..Card::default() };
            let mut store = Store::open(dir.path(), card, "r1".into(), Run::default()).unwrap();
            parts.iter().for_each(|part| store.add(part).unwrap());
            read_machine(store.folder()).unwrap().cells
        };
        let (one, two) = cells.split_at(at.min(cells.len()));
        let once = merged(&[one, two]);
        prop_assert_eq!(&merged(&[one, two, two]), &once, "again");
        prop_assert_eq!(&merged(&[&cells]), &once, "all at once");
        prop_assert!(once.iter().map(|cell| &cell.key).is_sorted_by(|a, b| a < b));
        for cell in &once {
            let newest = cells.iter().rfind(|other| other.key == cell.key).unwrap();
            prop_assert_eq!(cell.figures.attempted, newest.figures.attempted);
        }
        if one.iter().all(|a| two.iter().all(|b| a.key != b.key)) {
            prop_assert_eq!(merged(&[two, one]), once, "in either order where no key comes twice");
        }
    }
}
