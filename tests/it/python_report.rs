//! The report's part on Python: interpreters, the model of their lock and claims, on made-up cells.

use crate::page;
use crate::pythons;
use crate::synthetic;

use miscount::claims::{Claim, Finding, Says};
use miscount::counter::Grade;
use miscount::python::agreement::{Agreement, ModelComparison, agreement, comparisons};
use miscount::python::claims::claims;
use miscount::report::matrix::{self, Part};
use miscount::report::python::{self, sheets};
use miscount::report::{level, page as web};
use miscount::results::{Cell, LossRate, Machine};
use miscount::round::Verdict;

/// Changes every cell that is asked for, of which there must be some.
fn set(machine: &mut Machine, which: impl Fn(&Cell) -> bool, change: impl Fn(&mut Cell)) {
    let cells: Vec<&mut Cell> = machine.cells.iter_mut().filter(|c| which(c)).collect();
    assert!(!cells.is_empty(), "no such cell");
    cells.into_iter().for_each(change);
}

/// Sets the loss of a cell, the same in every round.
fn loses(rate: f64) -> impl Fn(&mut Cell) {
    move |cell| {
        let lost = (rate * 1e6) as u64;
        (cell.figures.lost, cell.figures.kept) = (Some(lost), Some(1_000_000 - lost));
        cell.figures.loss_rate = Some(LossRate { min: rate, median: rate, max: rate, pooled: rate });
    }
}

/// The outcome at 2 threads and 5 ms of a subject in an interpreter.
fn outcome(machine: &Machine, variant: &str, subject: &str) -> Option<Agreement> {
    let all = comparisons(machine);
    let own = all
        .iter()
        .find(|c| (c.interpreter.variant, c.way.subject, c.threads, c.level) == (variant, subject, 2, "switch_5ms"));
    own.map(|c| c.agreement)
}

fn row<'s>(sheet: &'s miscount::report::sheet::Sheet, name: &str, increment: &str) -> &'s [String] {
    let found = sheet.rows.iter().find(|row| row[0] == name && row[1] == increment);
    found.unwrap_or_else(|| panic!("no row {name}, {increment} in {:#?}", sheet.rows))
}

// ---- from Python to here ----------------------------------------------------------------------

#[test]
fn one_increment_from_the_oldest_interpreter_to_the_native_counters() {
    let machine = pythons::machine("made_up_2");
    let sheet = &sheets(&machine)[0];
    assert_eq!(sheet.head[..5], ["where", "increment", "load", "1 thread", "2 threads"]);
    assert_eq!(sheet.head[5..], ["10* threads", "× fetch_add, 1", "× fetch_add, 2"]);
    let mut names: Vec<&str> = sheet.rows.iter().map(|row| row[0].as_str()).collect();
    names.dedup();
    let interpreters = ["CPython 2.7.18", "CPython 3.9.18", "CPython 3.10.13", "CPython 3.13.5 free-threaded"];
    let models = ["gil_3_9_int", "gil_3_9_plain", "gil_3_10_int", "gil_3_10_plain", "gil_free_threaded"];
    let native = ["none", "load_store", "fetch_add", "std_mutex"];
    let models = models.map(|id| format!("model {id}"));
    let native = native.map(|id| format!("native {id}"));
    let order: Vec<&str> = interpreters.into_iter().chain(models.iter().chain(&native).map(String::as_str)).collect();
    assert_eq!(names, order, "interpreters old to new, model, native");
    // Gross; fetch_add costs 2.0 ns at 1 thread, and there is no more than 2 CPUs to compare at.
    let plain = row(sheet, "CPython 3.9.18", "self.val += 1");
    assert_eq!(plain[2..], ["5 ms", "50.0, lost 0 %", "100, lost 35.0 %", "500, lost 35.0 %", "× 25.0", "× 6.25"]);
    assert_eq!(row(sheet, "CPython 3.9.18", "the loop alone")[3], "10.0", "a control has no loss");
    assert_eq!(row(sheet, "native load_store", "")[2..4], ["saturated", "0.60, lost 0 %"]);
    assert!(sheet.note.contains("* = more threads than the 2 usable CPUs"), "{}", sheet.note);
}

#[test]
fn what_was_not_measured_is_left_out() {
    let mut machine = pythons::machine("made_up_2");
    machine.cells.retain(|c| c.key.bench == "interpreters" && c.facts.family == "python");
    machine.cells.retain(|c| c.key.level == "switch_5us" && c.key.threads > 1 && c.key.variant != "cpython_2_7_18");
    let all = sheets(&machine);
    assert_eq!(all.len(), 2, "one interval is nothing to draw a line through");
    assert!(!all[0].head.iter().any(|head| head.contains("fetch_add") || head == "1 thread"), "{:?}", all[0].head);
    assert_eq!(row(&all[0], "CPython 3.9.18", "self.val += 1")[2], "5 µs");
    assert_eq!(
        row(&all[1], "CPython 3.9.18", "self.val += 1")[2..],
        ["none", "63.0 % / -", "63.0 % / -", "not compared"]
    );
    let (summary, lines) = agreement(&machine);
    assert!(
        summary.contains("No interpreter is compared with its model")
            && summary.contains("cargo bench --bench interpreters")
    );
    assert!(lines.is_empty());

    machine.cells.retain(|c| c.key.subject == "py_none");
    assert_eq!(sheets(&machine).len(), 1, "no loss to show");
    machine.cells.clear();
    assert!(
        sheets(&machine).is_empty()
            && python::document(&machine).terminal().is_empty()
            && python::document(&machine).markdown().is_empty()
    );
    assert!(
        claims(&machine).iter().all(|c| c.finding == Finding::NotMeasured && c.verdict.contains("not measured here"))
    );
    // The model alone is shown, too.
    let mut machine = pythons::machine("made_up_2");
    machine.cells.retain(|c| c.facts.family == "gil");
    assert_eq!(sheets(&machine)[0].rows.len(), 5);
}

// ---- the model beside the interpreters --------------------------------------------------------

#[test]
fn where_model_and_interpreter_agree_nothing_is_complained_of() {
    let machine = pythons::machine("made_up_2");
    let all = comparisons(&machine);
    // 4 interpreters, 2 ways, 2 thread counts above 1, 2 intervals.
    assert_eq!(all.len(), 32);
    assert!(all.iter().all(|c| c.agreement == Agreement::Agree), "{all:#?}");
    let model = |variant: &str| all.iter().find(|c| c.interpreter.variant == variant).map(|c| c.model);
    assert_eq!(model("cpython_2_7_18"), Some("gil_3_9_plain"));
    assert_eq!(model("cpython_3_10_13"), Some("gil_3_10_plain"));
    assert_eq!(model("cpython_3_13_5t"), Some("gil_free_threaded"));
    let (summary, lines) = agreement(&machine);
    assert!(summary.contains("agree in 32 of 32 comparisons") && summary.contains("disagree in 0"), "{summary}");
    assert!(lines.is_empty(), "{lines:?}");
    for sheet in &sheets(&machine)[1..] {
        assert!(sheet.rows.iter().all(|row| row.last().is_some_and(|agree| agree == "yes")), "{:#?}", sheet.rows);
    }
    let by_interval = &sheets(&machine)[2];
    assert_eq!(by_interval.head[3..], ["5 ms", "5 µs", "agree"]);
    assert_eq!(row(by_interval, "CPython 3.9.18", "self.val += 1")[3..5], ["35.0 % / 30.0 %", "63.0 % / 54.0 %"]);
}

#[test]
fn where_they_disagree_it_is_said() {
    let mut machine = pythons::machine("made_up_2");
    let at = |variant: &'static str, subject: &'static str| {
        move |c: &Cell| {
            c.key.variant == variant && c.key.subject == subject && c.key.threads == 2 && c.key.level == "switch_5ms"
        }
    };
    set(&mut machine, at("cpython_3_10_13", "py_plain"), loses(0.12));
    set(&mut machine, at("cpython_3_9_18", "py_plain"), loses(0.0));
    set(&mut machine, at("cpython_3_9_18", "py_int_conversion"), loses(0.9));
    // One per cent is not more than one per cent.
    set(&mut machine, at("", "gil_3_10_int"), loses(0.01));
    assert_eq!(outcome(&machine, "cpython_3_10_13", "py_plain"), Some(Agreement::OnlyReal));
    assert_eq!(outcome(&machine, "cpython_3_9_18", "py_plain"), Some(Agreement::OnlyModel));
    assert_eq!(outcome(&machine, "cpython_3_9_18", "py_int_conversion"), Some(Agreement::Apart));
    assert_eq!(outcome(&machine, "cpython_3_10_13", "py_int_conversion"), Some(Agreement::OnlyReal));
    assert_eq!(outcome(&machine, "cpython_2_7_18", "py_plain"), Some(Agreement::Agree));
    let (summary, lines) = agreement(&machine);
    assert!(summary.contains("agree in 28 of 32") && summary.contains("disagree in 4, and in 0"), "{summary}");
    assert!(summary.contains("1.0 %"), "the least loss that counts is not stated: {summary}");
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        "CPython 3.9.18, self.val += 1, gil_3_9_plain: only the model loses at 1 of 4 points (5 ms at 2 threads): \
         0 % lost, model 30.0 % (15.0 % to 45.0 %)"
    );
    assert!(lines[1].contains("both lose, but not alike"), "{}", lines[1]);
    let sheet = &sheets(&machine)[1];
    let agree = |name: &str| row(sheet, name, "self.val += 1").last().cloned();
    assert_eq!(agree("CPython 3.10.13").as_deref(), Some("no: only the interpreter loses at 2 threads"));
    assert_eq!(agree("CPython 2.7.18").as_deref(), Some("yes"));
    for shown in [python::document(&machine).terminal(), python::document(&machine).markdown().replace('\\', "")] {
        assert!(shown.contains("only the model loses at 1 of 4 points"), "{shown}");
    }

    // Of several points the least and the most are told.
    set(
        &mut machine,
        |c| c.key.variant == "cpython_3_10_13" && c.key.subject == "py_plain" && c.key.threads == 10,
        loses(0.4),
    );
    let (_, lines) = agreement(&machine);
    let line = lines.iter().find(|l| l.starts_with("CPython 3.10.13, self.val += 1")).expect("a line");
    let places = "at 3 of 4 points (5 ms at 2, 10 threads; 5 µs at 10 threads): 12.0 % to 40.0 % lost, model 0 %";
    assert!(line.ends_with(places), "{line}");
}

#[test]
fn rounds_that_could_not_lose_tell_nothing() {
    let mut machine = pythons::machine("made_up_2");
    let model = |c: &Cell| c.key.subject == "gil_3_10_plain";
    let real = |c: &Cell| c.key.subject == "py_plain" && c.key.variant == "cpython_3_10_13";
    let verdicts =
        |machine: &mut Machine, verdict| set(machine, |c| real(c) && c.key.threads == 2, |c| c.facts.verdict = verdict);
    for verdict in [Verdict::Short, Verdict::Serialised] {
        verdicts(&mut machine, verdict);
        assert_eq!(outcome(&machine, "cpython_3_10_13", "py_plain"), Some(Agreement::Unknown), "{verdict:?}");
    }
    assert!(agreement(&machine).0.contains("in 2 it cannot be told"), "{}", agreement(&machine).0);
    let sheet = &sheets(&machine)[1];
    let fields = row(sheet, "CPython 3.10.13", "self.val += 1");
    assert_eq!(fields[3..], ["0 % [z] / 0 %", "0 % / 0 %", "yes, where it can be told"]);
    assert!(sheet.note.contains("[z] = serialised"), "{}", sheet.note);
    // Who loses does so whatever the verdict.
    set(&mut machine, |c| real(c) && c.key.threads == 2, loses(0.2));
    assert_eq!(outcome(&machine, "cpython_3_10_13", "py_plain"), Some(Agreement::OnlyReal));
    set(&mut machine, model, |c| c.facts.quick = true);
    assert_eq!(outcome(&machine, "cpython_3_10_13", "py_plain"), Some(Agreement::Unknown));
    set(&mut machine, model, |c| c.figures.loss_rate = None);
    assert_eq!(outcome(&machine, "cpython_3_10_13", "py_plain"), Some(Agreement::Unknown));
}

// ---- claims -----------------------------------------------------------------------------------

fn claim(machine: &Machine, text: &str) -> Claim {
    let found = claims(machine).into_iter().find(|claim| claim.text.contains(text));
    found.unwrap_or_else(|| panic!("no claim about {text}"))
}

#[test]
fn claims_about_python_follow_the_cells() {
    let mut machine = pythons::machine("made_up_2");
    let plain =
        |c: &Cell| c.key.bench == "interpreters" && !c.facts.family.contains("gil") && c.key.subject.starts_with("py_");

    let never = claim(&machine, "loses nothing in practice");
    assert_eq!((never.finding, never.figures.len()), (Finding::Mixed, 6), "three with a GIL, two increments");
    assert_eq!(never.figures[4].what, "CPython 3.10.13, self.val += 1, 5 ms");
    assert_eq!(never.figures[4].says, Says::Yes);
    assert_eq!(
        never.figures[2].measured,
        "lost at 2 threads: 35.0 % of 1,000,000; 10 threads: 35.0 % of 1,000,000, oversubscribed"
    );
    let racy = |c: &Cell| c.key.subject == "py_plain" || c.key.subject == "py_int_conversion";
    let mut exact = machine.clone();
    set(&mut exact, racy, loses(0.0));
    assert_eq!(claim(&exact, "loses nothing in practice").finding, Finding::Holds);
    assert_eq!(claim(&exact, "shorter switch interval").finding, Finding::DoesNotHold, "nothing came to light");
    set(&mut exact, racy, |c| c.facts.verdict = Verdict::Short);
    assert_eq!(claim(&exact, "loses nothing in practice").finding, Finding::Unclear);

    let exposes = claim(&machine, "shorter switch interval");
    let one =
        |claim: &Claim, what: &str| claim.figures.iter().find(|f| f.what.starts_with(what)).expect("a figure").clone();
    let figure = one(&exposes, "CPython 3.9.18, self.val += 1, 2 threads");
    assert_eq!(figure.measured, "lost 35.0 % (17.5 % to 52.5 %) at 5 ms, 63.0 % (31.5 % to 94.5 %) at 5 µs");
    assert_eq!((figure.says, exposes.finding), (Says::Yes, Finding::Mixed));
    assert_eq!(one(&exposes, "CPython 3.10.13, self.val += 1").says, Says::No);

    let mut fewer = machine.clone();
    set(&mut fewer, |c| c.key.subject == "py_plain" && c.key.level == "switch_5us", loses(0.02));
    let figure = one(&claim(&fewer, "shorter switch interval"), "CPython 3.9.18, self.val += 1, 2 threads");
    assert_eq!(figure.says, Says::No, "fewer came to light: {figure:?}");
    let same = |c: &Cell| c.key.subject == "py_plain" && c.key.level == "switch_5us" && c.key.threads > 1;
    set(&mut fewer, same, loses(0.4));
    let figure = one(&claim(&fewer, "shorter switch interval"), "CPython 3.9.18, self.val += 1, 2 threads");
    assert_eq!(figure.says, Says::Unclear, "as much as some rounds at the longest: {figure:?}");

    // 200 ns between 100 and 500; at 2 threads 400 ns are fewer than 1,000.
    assert_eq!(claim(&machine, "uncontended").finding, Finding::Holds);
    assert_eq!(claim(&machine, "uncontended").figures[0].measured, "200 (198 to 202) ns net");
    assert_eq!(claim(&machine, "µs contended").finding, Finding::DoesNotHold);
    set(&mut machine, |c| c.key.subject == "py_lock" && c.key.threads == 2, |c| c.facts.verdict = Verdict::Preempted);
    assert_eq!(claim(&machine, "µs contended").finding, Finding::Unclear, "a figure nobody can trust");

    let acts = claim(&machine, "checking and then acting");
    assert_eq!((acts.finding, acts.figures.len()), (Finding::Holds, 8));
    let mut none = machine.clone();
    set(
        &mut none,
        |c| c.key.subject == "py_check_then_append",
        |c| c.figures.anomalies.as_mut().expect("some").seen = 0,
    );
    let acts = claim(&none, "checking and then acting");
    assert!(acts.figures.iter().any(|f| f.says == Says::Unclear), "what is not seen may be possible: {acts:#?}");
    set(&mut none, |c| c.key.subject == "py_replace_under_lock" && c.key.threads == 2, loses(0.001));
    assert_eq!(claim(&none, "checking and then acting").finding, Finding::DoesNotHold);

    let outlasts = claim(&machine, "longer than the switch interval");
    assert_eq!(outlasts.finding, Finding::NotMeasured);
    assert!(outlasts.verdict.contains("miscount articles"), "{}", outlasts.verdict);
    set(&mut machine, |c| plain(c) && c.key.threads == 2, |c| c.figures.sample_ms = Some(9.9));
    let outlasts = claim(&machine, "longer than the switch interval");
    assert_eq!((outlasts.finding, outlasts.figures.len()), (Finding::Mixed, 6));
    assert!(outlasts.figures[0].measured.starts_with("4.95 ms a thread"), "{:?}", outlasts.figures[0]);
    assert!(claim(&machine, "RWLock").verdict.contains("miscount articles"));
}

// ---- matrix, page, terminal -------------------------------------------------------------------

#[test]
fn the_matrix_has_a_row_for_each_interpreter() {
    let mut machine = pythons::machine("made_up_2");
    set(&mut machine, |c| c.key.level == "switch_5us", |c| c.key.level = "switch_500us".into());
    let views = matrix::views(&machine, |c| c.key.bench == "interpreters");
    assert_eq!(views.iter().map(|v| v.level).collect::<Vec<_>>(), ["switch_5ms", "switch_500us"], "longest first");
    let part = |part: Part| views[0].sections.iter().find(|s| s.part == part).expect("the part");
    let names = |p: Part| part(p).rows.iter().map(|r| (r.subject, r.variant)).collect::<Vec<_>>();
    let wrong = names(Part::Wrong);
    let plain: Vec<&str> =
        wrong.iter().filter(|(subject, _)| *subject == "py_plain").map(|(_, variant)| *variant).collect();
    assert_eq!(plain, ["cpython_2_7_18", "cpython_3_9_18", "cpython_3_10_13", "cpython_3_13_5t"], "old to new");
    let families: Vec<&str> = part(Part::Wrong).rows.iter().map(|r| r.family).collect();
    assert!(families.is_sorted_by_key(|family| *family == "gil"), "interpreters, then their model: {families:?}");
    assert!(names(Part::Hazard).iter().all(|(subject, _)| *subject == "py_check_then_append"));
    assert_eq!(names(Part::Floor).len(), 4);
    assert!(names(Part::Ranked).iter().all(|(subject, _)| ["py_lock", "py_replace_under_lock"].contains(subject)));

    // A model that is exact costs least, and is not called so.
    set(&mut machine, |c| c.key.subject == "gil_3_10_plain", |c| c.facts.grade = Grade::Exact);
    let view = matrix::views(&machine, |c| c.key.level == "switch_5ms").remove(0);
    let ranked = view.sections.iter().find(|s| s.part == Part::Ranked).expect("ranked rows");
    let marked = |r: &&matrix::Row| r.entries.iter().flatten().any(|e| e.mark.is_some());
    let marked: Vec<&str> = ranked.rows.iter().filter(marked).map(|r| r.subject).collect();
    assert!(ranked.rows.iter().any(|r| r.subject == "gil_3_10_plain") && !marked.is_empty());
    assert!(marked.iter().all(|subject| *subject == "py_lock"), "{marked:?}");
}

#[test]
fn every_report_has_the_section() {
    let machine = pythons::machine("made_up_2");
    let shown = [python::document(&machine).terminal(), python::document(&machine).markdown().replace('\\', "")];
    for text in shown {
        for wanted in
            ["from Python to here", "CPython 3.9.18", "model gil_3_9_plain", "native fetch_add", "agree in 32 of 32"]
        {
            assert!(text.contains(wanted), "{wanted} is missing in {text}");
        }
        assert!(text.contains("threading.RWLock"), "{text}");
    }
    assert!(level::document(&machine, "switch_5ms", None).terminal().contains("py_plain cpython_3_9_18"));
    let data = page::opened(&web::render(&[machine, synthetic::machine("without", &synthetic::COUNTERS)], &[]));
    let [with, without] = [0, 1].map(|n| data["machines"][n]["python"].clone());
    assert!(without.is_null());
    let python = &with;
    assert_eq!(python["interpreters"][1]["label"], "CPython 3.9.18");
    assert_eq!(python["interpreters"][3]["short"], "3.13.5t");
    assert_eq!(python["levels"][0], serde_json::json!(["switch_5ms", "5 ms"]));
}

#[test]
fn hostile_labels_stay_text() {
    let label = "\u{1b}[31m</script><script>alert(1)</script>|<img src=x onerror=alert(1)>\u{202e}".to_owned()
        + &"x".repeat(9000);
    let mut machine = pythons::machine("made_up_2");
    for cell in machine.cells.iter_mut().filter(|c| c.key.bench == "interpreters") {
        cell.facts.label = label.clone();
    }
    let text = python::document(&machine).terminal();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "a label reached the terminal as it is");
    assert!(text.lines().all(|line| line.chars().count() < 1000), "a label was shown whole");
    let markdown = python::document(&machine).markdown();
    assert!(!markdown.contains("<script>") && !markdown.contains("<img"), "{markdown}");
    let page = web::render(&[machine], &[]);
    assert!(!page.contains("<script>alert(1)"), "a label stands in the page as it is");
    let shown = page::opened(&page)["machines"][0]["python"]["interpreters"][0]["label"].to_string();
    assert!(shown.contains("<script>alert(1)") && shown.len() < 400, "{shown}");

    // Variants of every kind are sorted and shown, and none is taken for CPython.
    let mut machine = pythons::machine("made_up_2");
    for (cell, variant) in machine.cells.iter_mut().filter(|c| c.key.subject == "py_plain").zip([
        "_",
        "t",
        "9_9_9",
        "pypy_3_10",
        "cpython_",
    ]) {
        cell.key.variant = variant.into();
    }
    let known = |c: &ModelComparison| c.interpreter.variant.starts_with("cpython_");
    assert!(comparisons(&machine).iter().all(known) && !python::document(&machine).terminal().is_empty());
}
