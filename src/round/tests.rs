use super::*;

const MS: Duration = Duration::from_millis(1);

fn tally(attempted: u64, start: u32, end: u32) -> Tally {
    Tally {
        attempted,
        start: MS * start,
        end: MS * end,
        waited: Some(Duration::ZERO),
        pinned: true,
        ..Tally::default()
    }
}

fn round(tallies: Vec<Tally>, kept: u64) -> Round {
    Round { kept: Some(kept), ..Round::of(1000, tallies, Setting { usable_cpus: 2, helpers: 0 }) }
}

#[test]
fn figures_of_a_full_round() {
    let r = round(vec![tally(1200, 0, 40), tally(800, 0, 40)], 1500);
    assert_eq!((r.attempted(), r.lost(), r.loss_rate()), (2000, Some(500), Some(0.25)));
    assert_eq!(r.ns_per_op_per_thread(), 40_000.0);
    assert_eq!(r.throughput(), 50_000.0);
    assert_eq!(r.goodput(), Some(37_500.0));
    assert_eq!(r.overlap(), 1.0);
    assert_eq!(r.criterion_ns(), 40e6);
    assert_eq!(ns_per_kept(r.ns_per_op_per_thread(), 0.25), 2.0 * 40e6 / 1500.0);
}

#[test]
fn a_round_cut_short_is_scaled_for_criterion_only() {
    let r = round(vec![tally(100, 0, 40), tally(100, 0, 40)], 200);
    assert_eq!(r.criterion_ns(), 400e6);
    assert_eq!(r.criterion_ns_for(500), 200e6);
    assert_eq!(r.ns_per_op_per_thread(), 400_000.0);
}

#[test]
fn overlap_is_signed_and_one_for_one_thread() {
    assert_eq!(round(vec![tally(1, 0, 10), tally(1, 30, 40)], 2).overlap(), -0.5);
    assert_eq!(round(vec![tally(1, 0, 20), tally(1, 10, 40)], 2).overlap(), 0.25);
    assert_eq!(round(vec![tally(1, 5, 20)], 1).overlap(), 1.0);
}

#[test]
fn the_first_verdict_that_applies_wins() {
    let two = |a, b| round(vec![tally(1000, a, 40), tally(1000, 0, b)], 2000);
    assert_eq!(two(0, 40).verdict(), Verdict::Valid);
    assert_eq!(two(0, 30).verdict(), Verdict::Serialised);
    let mut waited = two(0, 30);
    waited.tallies[1].waited = Some(MS);
    assert_eq!(waited.verdict(), Verdict::Preempted);
    waited.tallies[1].waited = None;
    assert_eq!(waited.verdict(), Verdict::Serialised);
    assert_eq!(round(vec![tally(1, 0, 9)], 1).verdict(), Verdict::Short);
    let mut helped = two(0, 40);
    helped.setting.helpers = 1;
    assert_eq!(helped.verdict(), Verdict::Oversubscribed);
    helped.tallies[0].pinned = false;
    assert_eq!(helped.verdict(), Verdict::Unpinned);
}

#[test]
fn impossible_counts_are_faults() {
    assert!(round(vec![tally(5, 0, 40)], 6).fault(Grade::Exact).is_some());
    assert!(round(vec![tally(5, 0, 40)], 6).lost().is_none());
    let one_left = round(vec![tally(5, 0, 40), tally(5, 0, 40)], 1);
    assert!(one_left.fault(Grade::Racy).is_some());
    assert!(one_left.fault(Grade::Exact).is_none(), "a loss, for the gate, not a fault");
    assert!(round(vec![tally(5, 0, 40), tally(1, 0, 40)], 1).fault(Grade::Racy).is_none());
    assert!(round(vec![tally(5, 0, 40), tally(5, 0, 40)], 2).fault(Grade::Racy).is_none());
}

#[test]
fn what_is_just_at_a_limit_is_still_good() {
    let long = |overlapping: u32| round(vec![tally(1000, 0, 100), tally(1000, 100 - overlapping, 100)], 2000);
    assert_eq!((long(90).verdict(), long(89).verdict()), (Verdict::Valid, Verdict::Serialised));
    assert_eq!(round(vec![tally(1, 0, 10)], 1).verdict(), Verdict::Valid, "10 ms are not short");
    let mut waited = long(100);
    waited.tallies[0].waited = Some(MS * 3);
    assert_eq!(waited.verdict(), Verdict::Valid, "3 % of 100 ms");
    waited.tallies[0].waited = Some(MS * 3 + Duration::from_nanos(1));
    assert_eq!(waited.verdict(), Verdict::Preempted);
    // Of its own span, not of the round's.
    waited.tallies[0].end = MS * 99;
    waited.tallies[0].waited = Some(MS * 3);
    assert_eq!(waited.verdict(), Verdict::Preempted);
}

#[test]
fn a_verdict_is_called_as_it_is_written() {
    for verdict in Verdict::ALL {
        assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.id());
    }
}

#[test]
fn figures_per_increment_are_by_all_increments() {
    let mut r = round(vec![tally(1200, 0, 40), tally(800, 0, 40)], 1500);
    assert_eq!((r.cpu_ns_per_op(), r.think_ns(), r.hand_off_rate()), (None, None, None), "nobody knows");
    assert_eq!(r.mean_think_steps(), 0.0);
    r.cpu = Some(MS * 60);
    r.gauge = Some(Gauge { ns_per_step: 2.0, overhead_ns: 10.0 });
    r.hand_offs = Some(500);
    (r.tallies[0].think_steps, r.tallies[1].think_steps) = (30_000, 20_000);
    assert_eq!((r.cpu_ns_per_op(), r.hand_off_rate()), (Some(30_000.0), Some(0.25)));
    assert_eq!((r.mean_think_steps(), r.think_ns()), (25.0, Some(60.0)));
}

#[test]
fn reads_and_writes_have_a_cost_where_there_were_any() {
    let mix = ReadsAndWrites { reads: 4, writes: 2, read_ns: 10.0, write_ns: 30.0, longest_write_ns: 20.0 };
    assert_eq!((mix.ns_per_read(), mix.ns_per_write()), (Some(2.5), Some(15.0)));
    assert_eq!((ReadsAndWrites::default().ns_per_read(), ReadsAndWrites::default().ns_per_write()), (None, None));
}

#[test]
fn a_round_is_cut_when_any_iteration_is_missing() {
    let r = round(vec![tally(1200, 0, 40), tally(800, 0, 40)], 2000);
    assert_eq!((r.was_cut(1000), r.was_cut(1001), r.was_cut(999)), (false, true, false));
    // Nothing done in no time: Criterion divides by what it is given.
    let nothing = round(vec![tally(0, 0, 0)], 0);
    assert_eq!((nothing.criterion_ns(), nothing.criterion_ns_for(1000)), (1.0, 1e-3));
}
