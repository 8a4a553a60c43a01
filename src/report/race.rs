//! How an update is lost, step by step; the loss that the steps alone explain, beside the loss measured on
//! a machine.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::document::{Document, Part};
use super::sheet::{self, Sheet};
use crate::figure;
use crate::interleaving::{Distribution, Does, Event, Fate, Grain, Race, Run, SIX_STEPS, Schedule, timeline};
use crate::results::{Cell, Machine};
use crate::round::expected_racy_loss;
use crate::workload::LEVELS;

/// The distribution that is shown: two threads, ten increments each.
const SHOWN: (usize, usize) = (2, 10);

/// The counters that lose, with thread counts and increments of each: small enough to compute at once.
const MODELS: [(&str, usize, usize); 7] = [
    ("load_store", 2, 10),
    ("load_store", 3, 4),
    ("load_store", 4, 2),
    ("wide_window", 2, 10),
    ("hoisted", 2, 10),
    ("busted_lock", 2, 4),
    ("fetch_add", 2, 10),
];

/// The model for a machine's loss: counter, threads, increments, and the mean loss in both senses.
struct Model {
    id: &'static str,
    threads: usize,
    increments: usize,
    random: f64,
    uniform: f64,
}

fn distribution(id: &str, threads: usize, increments: usize) -> Option<Distribution> {
    Distribution::of(&Race::new(id, threads, increments).ok()?, Grain::Shared, false).ok()
}

/// Computed once, because they are the same for every machine.
static WORKED_OUT: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let one = |&(id, threads, increments): &(&'static str, usize, usize)| {
        let (random, uniform) = distribution(id, threads, increments)?.mean_loss();
        Some(Model { id, threads, increments, random, uniform })
    };
    MODELS.iter().filter_map(one).collect()
});

/// The six steps that lose an update: load, load, add, add, store, store.
pub fn six_steps() -> Run {
    Schedule::parse(SIX_STEPS).expect("a schedule that a test parses").run()
}

/// The loss that the steps alone explain, beside the loss measured without think time; `None` where none
/// of these counters was measured.
pub fn beside(machine: &Machine) -> Option<Sheet> {
    let usable = machine.card.usable_cpus;
    let here =
        |cell: &&Cell| cell.key.bench == "counters" && cell.key.level == LEVELS[0].id && cell.key.variant.is_empty();
    let row = |model: &Model| {
        let mut cells =
            machine.cells.iter().filter(here).filter(|c| c.key.subject == model.id && c.key.threads == model.threads);
        let cell = cells.by_ref().min_by_key(|cell| cell.key.placement)?;
        let rate = cell.figures.loss_rate?;
        let [pooled, least, most] = [rate.pooled, rate.min, rate.max].map(figure::percent);
        // A model that loses nothing has no rule of thumb to compare with.
        let thumb =
            if model.random > 0.0 { figure::percent(expected_racy_loss(model.threads, usable)) } else { String::new() };
        Some(vec![
            model.id.to_owned(),
            sheet::threads(model.threads, usable),
            format!("{} x {}", model.threads, model.increments),
            figure::percent(model.random),
            figure::percent(model.uniform),
            thumb,
            format!("{pooled} ({least} to {most})"),
            cell.facts.verdict.id().to_owned(),
        ])
    };
    let rows: Vec<Vec<String>> = WORKED_OUT.iter().filter_map(row).collect();
    let head = ["counter", "threads", "computed for", "random scheduler", "uniform", "1 - 1/N", "measured", "verdict"];
    (!rows.is_empty()).then(|| Sheet {
        title: "Loss by interleaving alone, beside the loss measured here".to_owned(),
        note: format!(
            "Mean share of increments lost. “Computed for”: threads x increments of each. A machine may differ: its threads \
             run at once and for long, and a store only overwrites increments since its own load. N is the smaller of threads and \
             CPUs ({usable}). Measured: level {}, all rounds together (lowest to highest of a round); * = more threads than CPUs.",
            LEVELS[0].id
        ),
        head: head.map(str::to_owned).to_vec(),
        rows,
    })
}

/// The six steps, then each machine's table; nothing if no machine has one.
pub fn document<'m>(machines: impl Iterator<Item = &'m Machine>) -> Document {
    let mut out = Document::default();
    let of = |machine: &Machine| {
        let sheet = beside(machine)?;
        Some(Part::Table(Sheet { title: format!("{}: {}", machine.card.id, sheet.title), ..sheet }))
    };
    let tables: Vec<Part> = machines.filter_map(of).collect();
    if !tables.is_empty() {
        let run = six_steps();
        let source = run.schedule.to_string();
        out.add(Part::Listing("How an update is lost", source, timeline::text(&run, false)));
    }
    tables.into_iter().for_each(|table| out.add(table));
    out
}

/// The part of the page that is the same for every machine.
pub(super) fn view() -> Value {
    let run = six_steps();
    let mut registers = vec![None; run.schedule.race().threads()];
    let steps: Vec<Value> = run
        .events
        .iter()
        .map(|event| {
            registers[event.thread] = event.register;
            json!({
                "thread": event.thread, "name": event.step.name, "told": told(event),
                // After the step; nothing is in a register before a load and after a store.
                "value": event.value, "registers": registers,
                "lost": matches!(event.fate, Some(Fate::Lost { .. })),
            })
        })
        .collect();
    let (threads, increments) = SHOWN;
    let found = distribution("load_store", threads, increments).expect("small enough, as a test shows");
    json!({
        "schedule": SIX_STEPS,
        "told": format!(
            "{} increments, and the counter holds {}: one thread stores over what the other has stored.",
            run.attempted(),
            run.kept()
        ),
        "steps": steps,
        "threads": threads,
        "increments": increments,
        // Every final value, its probability under the random scheduler, and its share of all schedules.
        "values": found.outcomes.iter().map(|o| (o.value, o.random.as_f64(), o.uniform.as_f64())).collect::<Vec<_>>(),
        // The mean loss in both senses.
        "loss": found.mean_loss(),
    })
}

/// A step in a sentence.
fn told(event: &Event) -> String {
    let thread = event.thread;
    match (event.step.does, event.register, event.fate) {
        (Does::Load, Some(register), _) => format!("Thread {thread} loads {register} into its register."),
        (Does::Add, Some(register), _) => format!("Thread {thread} adds 1: its register holds {register}."),
        (_, _, Some(Fate::Lost { by })) => {
            format!(
                "Thread {thread} stores {}. Step {} will store over it: this increment is lost.",
                event.value,
                by + 1
            )
        }
        _ => format!("Thread {thread} stores {}.", event.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::Verdict;
    use crate::samples::{cell, losing, machine};
    use crate::workload::Placement;

    #[test]
    fn six_steps_lose_one_of_two() {
        let run = six_steps();
        assert_eq!((run.events.len(), run.attempted(), run.kept()), (6, 2, 1));
        assert!(timeline::text(&run, false).contains("lost"));
    }

    #[test]
    fn every_model_is_small_enough_to_be_shown_at_once() {
        assert_eq!(WORKED_OUT.len(), MODELS.len());
        for model in WORKED_OUT.iter() {
            let loses = model.id != "fetch_add";
            assert_eq!(model.random > 0.0 && model.uniform > 0.0, loses, "{} {}", model.id, model.threads);
        }
    }

    #[test]
    fn what_was_measured_stands_beside_what_the_steps_explain() {
        let at =
            |subject: &str, threads: usize| losing([0.25, 0.125, 0.5], cell("counters", subject, threads, "saturated"));
        let cells = vec![
            // Another bench, level or variant, no loss, nothing to hold it against.
            at("fetch_add", 2).with(|c| c.key.bench = "reads".into()),
            at("fetch_add", 2).with(|c| c.key.level = "high".into()),
            at("fetch_add", 2).with(|c| c.key.variant = "v".into()),
            at("hoisted", 2).with(|c| c.figures.loss_rate = None),
            at("load_store", 5),
            at("unknown", 2),
            losing([0.9; 3], at("load_store", 2)).with(|c| c.key.placement = Placement::Unpinned),
            at("load_store", 2),
            at("load_store", 3).with(|c| c.facts.verdict = Verdict::Oversubscribed),
        ];
        let mut machine = machine(cells);
        let sheet = beside(&machine).unwrap();
        let shown: Vec<[&str; 6]> = sheet.rows.iter().map(|row| [0, 1, 2, 5, 6, 7].map(|n| row[n].as_str())).collect();
        let lost = "25.0 % (12.5 % to 50.0 %)";
        let expected = [
            ["load_store", "2", "2 x 10", "50.0 %", lost, "valid"],
            ["load_store", "3*", "3 x 4", "50.0 %", lost, "oversubscribed"],
        ];
        assert_eq!(shown, expected);
        let [one, other] = [("load_store", 2), ("load_store", 3)]
            .map(|(id, threads)| WORKED_OUT.iter().find(|model| (model.id, model.threads) == (id, threads)).unwrap());
        for (row, model) in sheet.rows.iter().zip([one, other]) {
            assert_eq!(row[3..5], [model.random, model.uniform].map(figure::percent));
        }
        assert!(sheet.note.contains("threads and CPUs (2)"), "{}", sheet.note);
        // What is exact has no rule of thumb.
        machine.cells.push(losing([0.0; 3], cell("counters", "fetch_add", 2, "saturated")));
        assert_eq!(beside(&machine).unwrap().rows[2][3..], ["0 %", "0 %", "", "0 % (0 % to 0 %)", "valid"]);

        let text = document([&machine, &machine].into_iter()).terminal();
        assert!(text.starts_with("How an update is lost: "), "{text}");
        assert_eq!(text.matches("\nm: Loss by interleaving alone").count(), 2, "{text}");
        let text = document([&machine].into_iter()).markdown();
        assert!(
            text.starts_with("How an update is lost (`") && text.contains("```\n\nm: Loss by interleaving alone"),
            "{text}"
        );
        machine.cells.truncate(6);
        assert!(beside(&machine).is_none());
        let none = document([&machine].into_iter());
        assert_eq!([none.terminal(), none.markdown()], ["", ""]);
    }

    #[test]
    fn the_page_has_every_final_value_and_how_likely_it_is() {
        let view = view();
        let values = view["values"].as_array().unwrap();
        let firsts: Vec<u64> = values.iter().map(|of| of[0].as_u64().unwrap()).collect();
        assert_eq!(firsts, (2..=20).collect::<Vec<_>>(), "two threads with ten increments each keep two at least");
        for scheduler in [1, 2] {
            let share = |of: &Value| of[scheduler].as_f64().unwrap();
            let sum: f64 = values.iter().map(share).sum();
            let lost: f64 = values.iter().map(|of| share(of) * (1.0 - of[0].as_f64().unwrap() / 20.0)).sum();
            assert!((sum - 1.0).abs() < 1e-9 && (lost - view["loss"][scheduler - 1].as_f64().unwrap()).abs() < 1e-9);
        }
        // Nothing is lost where no store comes between another's load and store: binomial(20, 10) of the
        // binomial(40, 20) schedules of loads and stores.
        assert!((values[18][2].as_f64().unwrap() / (184_756.0 / 137_846_528_820.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_page_tells_each_of_the_six_steps() {
        let view = view();
        assert_eq!(
            view["told"],
            "2 increments, and the counter holds 1: one thread stores over what the other has stored."
        );
        let steps = view["steps"].as_array().unwrap();
        let told: Vec<&str> = steps.iter().map(|step| step["told"].as_str().unwrap()).collect();
        let expected = [
            "Thread 0 loads 0 into its register.",
            "Thread 1 loads 0 into its register.",
            "Thread 0 adds 1: its register holds 1.",
            "Thread 1 adds 1: its register holds 1.",
            "Thread 0 stores 1. Step 6 will store over it: this increment is lost.",
            "Thread 1 stores 1.",
        ];
        assert_eq!(told, expected);
        let after = |n: usize| (steps[n]["registers"].clone(), steps[n]["value"].clone(), steps[n]["lost"].clone());
        assert_eq!(after(0), (json!([0, null]), json!(0), json!(false)));
        assert_eq!(after(3), (json!([1, 1]), json!(0), json!(false)));
        assert_eq!(after(4), (json!([null, 1]), json!(1), json!(true)));
        assert_eq!(after(5), (json!([null, null]), json!(1), json!(false)));
    }
}
