//! Comma-separated values: one cell a line, the same columns for every bench.

use crate::results::{Cell, Interval, Machine, Origin};

/// A text that is safe in a spreadsheet: one that it would read as a formula gets a quote in front.
fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

fn some<T: ToString>(figure: Option<T>) -> String {
    figure.map(|x| x.to_string()).unwrap_or_default()
}

fn three(names: [&'static str; 3], i: Option<Interval>) -> Vec<(&'static str, String)> {
    names.into_iter().zip([i.map(|i| i.low), i.map(|i| i.median), i.map(|i| i.high)].map(some)).collect()
}

/// The columns of a cell with their texts. New columns go to the end.
fn columns(machine: &Machine, cell: &Cell) -> Vec<(&'static str, String)> {
    let origin = match &machine.origin {
        Origin::Measured => "measured",
        Origin::Published { .. } => "published",
    };
    let loss = cell.figures.loss_rate;
    let anomalies = cell.figures.anomalies.as_ref();
    let outcomes = cell.figures.outcomes.as_ref().map_or(String::new(), |all| {
        all.list.iter().map(|one| format!("{} {}", one.outcome, one.count)).collect::<Vec<_>>().join("; ")
    });
    let columns = [
        vec![
            ("machine", text(&machine.card.id)),
            ("origin", origin.into()),
            ("cpu", text(&machine.card.cpu)),
            ("usable_cpus", machine.card.usable_cpus.to_string()),
            ("bench", text(&cell.key.bench)),
            ("level", text(&cell.key.level)),
            ("subject", text(&cell.key.subject)),
            ("variant", text(&cell.key.variant)),
            ("label", text(&cell.facts.label)),
            ("family", text(&cell.facts.family)),
            ("grade", cell.facts.grade.id().into()),
            ("threads", cell.key.threads.to_string()),
            ("placement", cell.key.placement.id().into()),
            ("verdict", cell.facts.verdict.id().into()),
        ],
        three(["ns_low", "ns_median", "ns_high"], cell.figures.ns_per_op_per_thread),
        three(["net_ns_low", "net_ns_median", "net_ns_high"], cell.figures.net_ns_per_op),
        vec![
            ("throughput", some(cell.figures.throughput)),
            ("goodput", some(cell.figures.goodput)),
            ("attempted", some(cell.figures.attempted)),
            ("kept", some(cell.figures.kept)),
            ("lost", some(cell.figures.lost)),
            ("loss_min", some(loss.map(|l| l.min))),
            ("loss_median", some(loss.map(|l| l.median))),
            ("loss_max", some(loss.map(|l| l.max))),
            ("loss_pooled", some(loss.map(|l| l.pooled))),
            ("anomaly", text(anomalies.map_or("", |a| &a.kind))),
            ("anomalies_seen", some(anomalies.map(|a| a.seen))),
            ("anomalies_of", some(anomalies.map(|a| a.of))),
            ("overlap_median", some(cell.figures.overlap.map(|o| o.median))),
            ("overlap_min", some(cell.figures.overlap.map(|o| o.min))),
            ("jain", some(cell.figures.jain)),
            ("share_min", some(cell.figures.shares.map(|s| s.min))),
            ("share_max", some(cell.figures.shares.map(|s| s.max))),
            ("wait_p50_ns", some(cell.figures.waits.map(|w| w.p50))),
            ("wait_p99_ns", some(cell.figures.waits.map(|w| w.p99))),
            ("wait_p999_ns", some(cell.figures.waits.map(|w| w.p999))),
            ("wait_longest_ns", some(cell.figures.waits.map(|w| w.longest))),
            ("critical_ns", some(cell.figures.holding.map(|h| h.critical_ns))),
            ("parallel_ns", some(cell.figures.holding.map(|h| h.parallel_ns))),
        ],
        three(
            ["overhead_ns_low", "overhead_ns_median", "overhead_ns_high"],
            cell.figures.holding.and_then(|h| h.overhead_ns),
        ),
        vec![
            ("hand_off_rate", some(cell.figures.holding.map(|h| h.hand_off_rate))),
            ("read_share", some(cell.figures.reading.map(|r| r.share))),
        ],
        three(["read_ns_low", "read_ns_median", "read_ns_high"], cell.figures.reading.and_then(|r| r.read_ns)),
        three(["write_ns_low", "write_ns_median", "write_ns_high"], cell.figures.reading.and_then(|r| r.write_ns)),
        vec![
            ("read_error_p99", some(cell.figures.reading.and_then(|r| r.error).map(|e| e.p99))),
            ("rounds_kept", some(cell.figures.rounds_kept)),
            ("rounds_tried", some(cell.figures.rounds_tried)),
            ("sample_ms", some(cell.figures.sample_ms)),
            ("achieved_think_ns", some(cell.figures.achieved_think_ns)),
            ("cpu_ns_per_op", some(cell.figures.cpu_ns_per_op)),
            ("quick", cell.facts.quick.to_string()),
            ("run", text(&cell.facts.run)),
            ("recorded", text(&cell.facts.recorded)),
            ("outcomes", text(&outcomes)),
            ("met", some(cell.figures.outcomes.as_ref().map(|all| all.met))),
            ("hand_offs", some(cell.figures.turns.as_ref().map(|turns| turns.hand_offs))),
            ("longest_turn", some(cell.figures.turns.as_ref().map(|turns| turns.longest))),
            ("lone_writes_per_s", some(cell.figures.lone_writer.map(|w| w.writes_per_s))),
            ("lone_longest_ns", some(cell.figures.lone_writer.map(|w| w.longest_ns))),
            ("bytes", some(cell.figures.bytes)),
        ],
    ];
    columns.concat()
}

pub(super) fn text_of(machines: &[&Machine]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut head = false;
    for machine in machines {
        for cell in &machine.cells {
            let columns = columns(machine, cell);
            if !std::mem::replace(&mut head, true) {
                writer.write_record(columns.iter().map(|(name, _)| name)).expect("a vector takes all");
            }
            writer.write_record(columns.iter().map(|(_, text)| text)).expect("a vector takes all");
        }
    }
    String::from_utf8(writer.into_inner().expect("a vector takes all")).expect("made of text")
}
