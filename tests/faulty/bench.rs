//! A bench of counters that go wrong, for `tests/suite.rs` to run. Not an example to follow.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use miscount::counter::{Grade, Info, Plain};
use miscount::counters::{atomic::FetchAdd, control::NoCounter, racy::LoadStore};
use miscount::suite::Counters;

const fn info(id: &'static str) -> Info {
    Info { id, family: "faulty", grade: Grade::Exact, helpers: 0, summary: "goes wrong", source: "tests" }
}

macro_rules! faulty {
    ($name:ident, $id:literal, |$value:ident, $count:ident| $increment:expr) => {
        #[derive(Default)]
        struct $name {
            value: AtomicU64,
            count: AtomicU64,
        }

        impl Plain for $name {
            const INFO: Info = info($id);

            fn increment(&self) {
                let $value = &self.value;
                let $count = self.count.fetch_add(1, Relaxed);
                $increment
            }

            fn total(&self) -> u64 {
                self.value.load(Relaxed)
            }
        }
    };
}

faulty!(LosesOneInAHundred, "loses_one", |value, count| {
    if count % 100 != 99 {
        value.fetch_add(1, Relaxed);
    }
});
faulty!(InventsOne, "invents", |value, count| {
    value.fetch_add(if count == 7 { 2 } else { 1 }, Relaxed);
});
faulty!(Panics, "panics", |_value, count| assert!(count < 500, "five hundred is enough"));
faulty!(Hangs, "hangs", |value, count| {
    value.fetch_add(1, Relaxed);
    if count == 500 {
        thread::sleep(Duration::from_secs(3600));
    }
});

fn main() -> ExitCode {
    Counters::default()
        .with::<NoCounter>()
        .with::<FetchAdd>()
        .with::<LoadStore>()
        .with::<LosesOneInAHundred>()
        .with::<InventsOne>()
        .with::<Panics>()
        .with::<Hangs>()
        .run("faulty")
}
