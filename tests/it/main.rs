//! The tests of the whole, in one program, so that the library is linked only once. Tests that need a program of
//! their own are beside this folder: the model checkers, bytes, stress and browser.

#[allow(dead_code, reason = "what starts the bench is not used here")]
#[path = "../../benches/async/cases.rs"]
mod async_cases;
#[path = "choose/cells.rs"]
mod cells;
#[cfg(unix)]
#[path = "interpreters/fakes.rs"]
mod fakes;
#[path = "../support/folders.rs"]
mod folders;
#[path = "../support/many.rs"]
mod many;
#[path = "../support/page.rs"]
mod page;
#[path = "faulty/place.rs"]
mod place;
#[path = "../support/pythons.rs"]
mod pythons;
#[path = "../support/synthetic.rs"]
mod synthetic;
#[cfg(unix)]
#[path = "faulty/under.rs"]
mod under;

mod articles;
mod async_locks;
mod check;
mod choose;
mod command;
mod compare;
mod conformance;
mod corpus;
mod docs;
mod examples;
mod export;
mod faults;
mod gil;
mod hostile;
mod import;
mod interleaving;
mod interpreters;
mod lazy_init;
mod machine;
mod ordering;
mod outside;
mod overview;
mod positive_controls;
mod properties;
mod python_report;
mod race;
mod report;
mod rooms;
mod scaling;
mod suite;
mod team;
mod transfers;
