//! Comparisons of many rows, of which some differ by chance.

use miscount::results::Machine;

use super::{LOCK, json, option};
use crate::cells::{around, lock, machine};

/// A machine whose locks are `plain` equal ones and one that costs a little more than their intervals reach.
fn with_locks(plain: usize) -> Machine {
    let mut machine = machine("here");
    machine.cells.retain(|cell| cell.key.bench != "locks");
    let mut put = |name: &str, adds: f64| {
        let mut cell = lock(name, "blocking", adds, 2, (100, 900));
        cell.figures.holding.as_mut().expect("a lock").overhead_ns = Some(around(adds, 20.0));
        machine.cells.push(cell);
    };
    (0..plain).for_each(|n| put(&format!("plain_{n:02}"), 1000.0));
    put("odd", 1042.0);
    machine.cells.sort_by(|a, b| a.key.cmp(&b.key));
    machine
}

#[test]
fn what_is_costlier_than_one_ties_where_many_are_compared() {
    let ask = [&LOCK[..], &["--now", "odd"]].concat();
    let two = json(&with_locks(1), &ask);
    assert_eq!((&two["options"][0]["mark"], &two["now"]["order"]), (&"cheapest".into(), &"costlier".into()));
    assert!(option(&two, "odd")["mark"].is_null() && two["now"]["difference_ns"].is_object());

    let many = json(&with_locks(40), &ask);
    assert_eq!((&option(&many, "odd")["mark"], &many["now"]["order"]), (&"tie".into(), &"tie".into()));
    assert!(many["now"]["difference_ns"].is_null());
    assert_eq!(many["winners"][0]["names"].as_array().unwrap().len(), 41);
}
