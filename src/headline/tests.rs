use super::*;
use crate::results::{Noise, Reading, Transfer};
use crate::samples::{around, cell, losing, machine};

/// A valid cell of the counters bench at saturation with its net cost, in ns.
fn counter(subject: &str, threads: usize, ns: f64) -> Cell {
    cell("counters", subject, threads, LEVEL).with(|c| {
        c.figures.net_ns_per_op = Some(around(ns, 0.01));
        c.figures.ns_per_op_per_thread = Some(around(ns + 0.3, 0.01));
    })
}

fn plain(threads: usize, ns: f64, loss: f64) -> Cell {
    losing([loss; 3], counter("load_store", threads, ns)).with(|c| c.facts.grade = Grade::Racy)
}

/// A cell of each kind, on 2 CPUs: below 1 ns nothing is a figure at 2 threads.
fn cells() -> Vec<Cell> {
    let reading =
        Reading { share: 0.9, read_ns: Some(around(50.0, 1.0)), write_ns: None, longest_write_ns: None, error: None };
    vec![
        counter("fetch_add", 1, 1.6),
        counter("fetch_add", 2, 7.2),
        counter("std_mutex", 1, 4.0),
        counter("std_mutex", 2, 60.0),
        counter("parking_lot_mutex", 1, 5.0),
        counter("parking_lot_mutex", 2, 22.0),
        counter("per_thread", 2, 2.0),
        counter("per_thread", 4, 0.1).with(|c| c.facts.verdict = Verdict::Oversubscribed),
        plain(2, 3.5, 0.48),
        cell("reads", "per_thread", 2, READS).with(|c| c.figures.reading = Some(reading)),
        cell(transfer::BENCH, transfer::LINE_TRANSFER.id, 2, "ping_pong").with(|c| {
            c.facts.grade = Grade::Control;
            c.figures.transfer = Some(Transfer { cpus: [0, 1], pairs: 1, of: 1 });
            c.figures.ns_per_op_per_thread = Some(around(40.0, 1.0));
        }),
    ]
}

fn of(cells: Vec<Cell>) -> Headline {
    Headline::of(&machine(cells))
}

/// The machine's answer where the cells that are `meant` are changed.
fn where_cells(meant: impl Fn(&Cell) -> bool, change: impl Fn(&mut Cell)) -> Headline {
    of(cells().into_iter().map(|cell| if meant(&cell) { cell.with(&change) } else { cell }).collect())
}

fn lines(headline: &Headline) -> Vec<String> {
    headline.lines(Some(Path::new("index.html")))
}

fn figures(headline: &Headline) -> [&str; 4] {
    headline.cards.each_ref().map(|card| card.figure.as_str())
}

#[test]
fn a_machine_is_told_in_six_lines() {
    let expected = [
        "Cheapest exact counter, 2 threads  per_thread 2 ns. A read of it costs 50 ns.",
        "One shared atomic, 1 → 2 threads   1.6 → 7 ns. At 2 threads fetch_add costs 4.50 times as much as alone.",
        "A mutex, 1 → 2 threads             4.0 → 60 ns. At 2 threads std_mutex costs 15.0 times as much as alone; \
         parking_lot_mutex 5.0 → 22 ns.",
        "A plain += loses, 2 threads        48.0 %. It costs 4 ns and is not even cheaper than per_thread, which loses \
         nothing.",
        "Trust                              Quiet: 11 of 11 cells. Line transfer between CPUs: 40.0 ns.",
        "Page                               index.html",
    ];
    let told = of(cells());
    assert_eq!(lines(&told), expected);
    assert!(told.cards.iter().all(|card| card.standing == Standing::Sure));
    let proofs = told.cards.each_ref().map(|card| (card.proof.subjects.join(" "), card.proof.threads.clone()));
    let [cheapest, atomic, mutex, plain] = &proofs;
    assert_eq!((cheapest.0.as_str(), &cheapest.1[..]), ("per_thread", &[2][..]));
    assert_eq!((atomic.0.as_str(), &atomic.1[..]), ("fetch_add", &[1, 2][..]));
    assert_eq!(mutex.0, "std_mutex parking_lot_mutex");
    assert_eq!(plain.0, "load_store per_thread");
}

#[test]
fn a_cell_that_is_not_to_be_trusted_gives_no_figure() {
    type Change = fn(&mut Cell);
    let changes: [(Change, &str, &str); 4] = [
        (|c| c.figures.noise = Some(Noise { steal: Some(0.073), ..Noise::default() }), "steal 7.3 %", TOO_NOISY),
        (|c| c.facts.quick = true, "taken with --quick", TOO_NOISY),
        (|c| c.facts.verdict = Verdict::Preempted, "preempted", "fetch_add 7 ns"),
        (|c| c.facts.verdict = Verdict::Unpinned, "unpinned", "fetch_add 7 ns"),
    ];
    // A cell that is not valid is not ranked at all, so that another one is the cheapest.
    for (change, why, without) in changes {
        let all = where_cells(|c| c.key.threads == 2 && c.key.bench == BENCH, change);
        let mutex = "4.0 ns → too noisy to say";
        assert_eq!(figures(&all), [TOO_NOISY, "1.6 ns → too noisy to say", mutex, TOO_NOISY], "{why}");
        for card in &all.cards {
            assert_eq!(card.standing, Standing::TooNoisy, "{why}");
            assert!(card.words.contains(why), "{}", card.words);
        }
        assert_eq!((all.trust.quiet, all.trust.cells), (6, 11), "{why}");
        let read = where_cells(|c| c.key.bench == "reads", change);
        let words = &read.cards[0].words;
        assert!(words.ends_with(&format!("What a read costs is too noisy to say ({why}).")), "{words}");
        let lowest = where_cells(|c| c.key.subject == "per_thread" && c.key.bench == BENCH, change);
        assert_eq!(lowest.cards[0].figure, without, "{why}");
    }
    let both = where_cells(|c| c.key.subject == "fetch_add", |c| c.facts.quick = true);
    assert_eq!(both.cards[1].figure, TOO_NOISY);
}

#[test]
fn one_thread_meets_nobody_wherever_it_runs() {
    let alone = cell(BENCH, "a", 1, LEVEL).with(|c| c.facts.verdict = Verdict::Unpinned);
    assert_eq!(doubt(&alone, 2), None);
    assert_eq!(doubt(&alone.clone().with(|c| c.key.threads = 2), 2).as_deref(), Some("unpinned"));
    let more = alone.with(|c| (c.key.threads, c.facts.verdict) = (3, Verdict::Oversubscribed));
    assert_eq!((doubt(&more, 2), doubt(&more, 3).as_deref()), (None, Some("oversubscribed")));
}

#[test]
fn what_cannot_be_told_from_the_cheapest_is_named_with_what_its_reads_do() {
    let more = |subject: &str, ns: f64, grade: Grade| counter(subject, 2, ns).with(|c| c.facts.grade = grade);
    let with = |others: Vec<Cell>| of(cells().into_iter().chain(others).collect()).cards[0].clone();
    let late = with(vec![more("flushing", 1.9, Grade::Eventual)]);
    assert_eq!(late.words, "A read of it costs 50 ns; flushing (reads lag) cannot be told from it.");
    assert_eq!(late.proof.subjects, ["per_thread", "flushing"]);
    let many = with((0..12).map(|n| more(&format!("c{n:02}"), 2.1, Grade::Exact)).collect()).words;
    assert!(
        many.ends_with("; c00, c01, c02, c03, c04, c05, c06, c07, c08, c09 and 2 more cannot be told from it."),
        "{many}"
    );
    let below = with(vec![more("flushing", 0.2, Grade::Eventual), more("adaptive", 0.3, Grade::Exact)]);
    assert_eq!(
        (below.figure.as_str(), below.words.as_str()),
        ("adaptive < 1 ns", "flushing (reads lag) cannot be told from it.")
    );
    assert_eq!(below.standing, Standing::Sure);
    let alone = with(vec![more("flushing", 0.2, Grade::Eventual)]);
    assert_eq!(alone.words, "per_thread, whose reads do not lag, costs 2 ns.");
    let wide = |ns: f64| more("striped", ns, Grade::Exact).with(|c| c.figures.net_ns_per_op = Some(around(ns, 2.5)));
    let unclear = with(vec![wide(3.5), more("flushing", 2.1, Grade::Eventual)]);
    let words = "A read of it costs 50 ns; flushing (reads lag) cannot be told from it; 1 more: too noisy to say.";
    assert_eq!(unclear.words, words);
    let undecided = with(vec![wide(1.8)]);
    assert_eq!(undecided.figure, TOO_NOISY);
    assert_eq!(undecided.words, "Perhaps striped, perhaps one of 1 more: its rounds differ too much.");
    // What loses is never the cheapest.
    assert_eq!(with(vec![losing([0.1; 3], counter("broken", 2, 0.1))]).words, "A read of it costs 50 ns.");
}

#[test]
fn a_plain_increment_is_compared_with_the_cheapest_exact_counter() {
    let words = |ns: f64, half: f64| {
        let change = |c: &mut Cell| c.figures.net_ns_per_op = Some(around(ns, half));
        where_cells(|c| c.key.subject == "load_store", change).cards[3].words.clone()
    };
    assert_eq!(words(0.2, 0.01), "It costs < 1 ns, less than per_thread.");
    assert_eq!(words(2.2, 0.01), "It costs 2 ns, which cannot be told from that of per_thread, which loses nothing.");
    assert_eq!(words(2.2, 2.0), "It costs 2 ns; whether that is less than per_thread is too noisy to say.");
    let gross = where_cells(|c| c.key.subject == "load_store", |c| c.figures.net_ns_per_op = None);
    assert_eq!(gross.cards[3].words, "It costs 3.80 ns gross.");
}

#[test]
fn what_was_not_measured_is_said() {
    let nothing = of(Vec::new());
    assert_eq!(figures(&nothing), [ABSENT; 4]);
    assert!(nothing.cards.iter().all(|card| card.standing == Standing::NotMeasured));
    assert_eq!(nothing.trust.words, "Quiet: 0 of 0 cells. Line transfer between CPUs: not measured.");
    let disturbed = where_cells(|c| c.key.bench == transfer::BENCH, |c| c.facts.verdict = Verdict::Preempted);
    assert_eq!(disturbed.trust.words, "Quiet: 10 of 11 cells. Line transfer between CPUs: too disturbed to say.");
    assert_eq!(lines(&nothing).len(), 3, "one line for all cards");
    let one = of(vec![counter("fetch_add", 2, 7.2)]);
    assert_eq!(figures(&one), [ABSENT, "not measured → 7 ns", ABSENT, ABSENT]);
    assert_eq!(one.cards[0].words, "There are no two exact counters to compare.");
    assert_eq!(one.cards[1].words, "fetch_add at 1 thread was not measured.");
    // One mutex is enough.
    let std = of(cells().into_iter().filter(|c| c.key.subject != "parking_lot_mutex").collect());
    assert_eq!((std.cards[2].figure.as_str(), std.cards[2].standing), ("4.0 → 60 ns", Standing::Sure));
    let unrecorded = where_cells(|c| c.key.subject == "load_store", |c| c.figures.loss_rate = None);
    assert_eq!(unrecorded.cards[3].figure, ABSENT);
}

#[test]
fn a_machine_of_one_cpu_has_no_second_side() {
    let mut one = machine(vec![counter("fetch_add", 1, 1.6), counter("std_mutex", 1, 4.0), plain(1, 0.9, 0.0)]);
    one.card.usable_cpus = 1;
    let lines = lines(&Headline::of(&one));
    assert_eq!(lines[0], "Cheapest exact counter, 1 thread  fetch_add 1.6 ns. It loses nothing.");
    assert_eq!(lines[1], "One shared atomic, 1 thread       1.6 ns. That is fetch_add.");
    assert_eq!(
        lines[3],
        "A plain += loses, 1 thread        not measured. One thread alone meets nobody: it takes two to lose."
    );
}

#[test]
fn a_cost_that_says_little_is_no_figure() {
    let at = |c: &Cell| c.key.subject == "fetch_add" && c.key.threads == 2;
    let atomic = |change: &dyn Fn(&mut Cell)| where_cells(at, change).cards[1].clone();
    let wide = atomic(&|c| c.figures.net_ns_per_op = Some(around(7.2, 3.0)));
    assert_eq!((wide.figure.as_str(), wide.standing), ("1.6 ns → too noisy to say", Standing::TooNoisy));
    assert_eq!(wide.words, "fetch_add at 2 threads: its rounds differ too much.");
    let negative = atomic(&|c| c.figures.net_ns_per_op = Some(around(-7.2, 0.1)));
    assert_eq!(negative.words, "fetch_add at 2 threads: its net cost is negative.");
    let lost = atomic(&|c| c.figures.lost = Some(1));
    assert_eq!(lost.words, "fetch_add at 2 threads: it lost updates.");
    // A net cost alone is not divided into a gross one.
    let mixed = atomic(&|c| c.figures.net_ns_per_op = None);
    assert_eq!((mixed.figure.as_str(), mixed.words.as_str()), ("1.6 ns → 7.50 ns gross", "That is fetch_add."));
}

#[test]
fn the_placement_that_measured_most_is_told() {
    let mut all = cells();
    all.iter_mut().for_each(|cell| cell.key.placement = Placement::Siblings);
    all.push(counter("fetch_add", 1, 99.0));
    assert_eq!(figures(&of(all))[1], "1.6 → 7 ns");
}
