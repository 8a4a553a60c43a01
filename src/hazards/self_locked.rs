//! An object that guards its other fields with a lock of its own: one method that forgets
//! the lock breaks the object. *Source:* `with self.lock:` in the articles on Python threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Grade, Info};
use crate::hazard::Hazard;

const INFO: Info = Info {
    id: "self_locked",
    family: "hazard",
    grade: Grade::Racy,
    helpers: 0,
    summary: "an object's own lock guards its fields: does every method take it?",
    source: "with self.lock in the articles on Python threads",
};

/// As in Python, the lock is beside the fields, and nothing ties them to it.
#[derive(Default)]
struct Account {
    lock: Mutex<()>,
    paid_in: AtomicU64,
    balance: AtomicU64,
}

impl Account {
    /// Pays one in; the lock must be held.
    fn pay_in(&self) {
        self.paid_in.store(self.paid_in.load(Relaxed) + 1, Relaxed);
        self.balance.store(self.balance.load(Relaxed) + 1, Relaxed);
    }

    /// Whether the fields contradict each other.
    fn contradicts_itself(&self) -> bool {
        self.paid_in.load(Relaxed) != self.balance.load(Relaxed)
    }
}

/// Pays in under the lock, but looks without it.
#[derive(Default)]
pub struct ForgetfulAccount(Account);

impl Hazard for ForgetfulAccount {
    const INFO: Info = INFO;
    const KIND: &'static str = "contradictions seen";

    #[inline]
    fn attempt(&self) -> bool {
        let seen = self.0.contradicts_itself();
        let _held = self.0.lock.lock().expect("the mutex is poisoned");
        self.0.pay_in();
        seen
    }
}

/// Takes the lock for both.
#[derive(Default)]
pub struct LockedAccount(Account);

impl Hazard for LockedAccount {
    const INFO: Info = Info { grade: Grade::Exact, ..INFO };
    const KIND: &'static str = ForgetfulAccount::KIND;

    #[inline]
    fn attempt(&self) -> bool {
        let _held = self.0.lock.lock().expect("the mutex is poisoned");
        let seen = self.0.contradicts_itself();
        self.0.pay_in();
        seen
    }
}
