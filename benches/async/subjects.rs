//! What tasks share: mutexes and semaphores of async crates, mutexes that block a thread, atomics.

use std::future::{Future, ready};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::counter::{Grade, Info, Plain};
use miscount::lock::Lock;

/// What happens in the middle of an operation.
pub(crate) trait Inside: Send {
    /// The lock was taken just now.
    fn entered(&mut self);

    /// What a task awaits while it holds the lock.
    fn pause(&mut self) -> impl Future<Output = ()> + Send;
}

/// Nothing.
pub(crate) struct Nothing;

impl Inside for Nothing {
    fn entered(&mut self) {}

    fn pause(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// The task goes to the end of the queue of its run-time.
pub(crate) struct Yield;

impl Inside for Yield {
    fn entered(&mut self) {}

    fn pause(&mut self) -> impl Future<Output = ()> + Send {
        futures_lite::future::yield_now()
    }
}

/// A counter that tasks share.
pub(crate) trait Subject: Send + Sync + 'static {
    /// Facts about it.
    const INFO: Info;

    /// At zero.
    fn new() -> Self;

    /// Adds one. What cannot be held across an await has the pause just after it was let go.
    fn increment<I: Inside>(&self, inside: &mut I) -> impl Future<Output = ()> + Send;

    /// The value, once no task adds any more.
    fn total(&self) -> u64;
}

/// Nothing shared: what the tasks and their run-time cost.
pub(crate) struct NothingShared;

impl Subject for NothingShared {
    const INFO: Info = Info {
        id: "none",
        family: "control",
        grade: Grade::Control,
        helpers: 0,
        summary: "the same tasks, each counting for itself",
        source: "the floor of all others",
    };

    fn new() -> Self {
        NothingShared
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        inside.entered();
        inside.pause().await;
        black_box(());
    }

    fn total(&self) -> u64 {
        0
    }
}

/// A counter that needs no lock.
pub(crate) struct Direct<P>(P);

impl<P: Plain> Subject for Direct<P> {
    const INFO: Info = P::INFO;

    fn new() -> Self {
        Direct(P::default())
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        Plain::increment(&self.0);
        inside.entered();
        inside.pause().await;
    }

    fn total(&self) -> u64 {
        Plain::total(&self.0)
    }
}

/// A value behind a lock that blocks its thread, and is let go before a task awaits anything.
pub(crate) struct Blocking<L>(L);

impl<L: Lock<u64>> Subject for Blocking<L> {
    const INFO: Info = L::INFO;

    fn new() -> Self {
        Blocking(L::new(0))
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        self.0.with(&mut L::Node::default(), |value| {
            inside.entered();
            *value = value.wrapping_add(1);
        });
        inside.pause().await;
    }

    fn total(&self) -> u64 {
        self.0.look(&mut L::Node::default(), |value| *value)
    }
}

/// A value that is loaded before a task awaits something, and stored after.
pub(crate) struct LoadAwaitStore(AtomicU64);

impl Subject for LoadAwaitStore {
    const INFO: Info = Info {
        id: "load_await_store",
        family: "racy",
        grade: Grade::Racy,
        helpers: 0,
        summary: "load, await, store: what is added meanwhile is lost",
        source: "the plain `counter += 1`, with an await in the middle",
    };

    fn new() -> Self {
        LoadAwaitStore(AtomicU64::new(0))
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        let value = self.0.load(Relaxed);
        inside.entered();
        inside.pause().await;
        self.0.store(value.wrapping_add(1), Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A lock that a task may hold while it awaits something.
pub(crate) trait TaskLock: Send + Sync + 'static {
    /// Facts about it.
    const INFO: Info;

    /// Free.
    fn new() -> Self;

    /// Takes it; it is let go when what comes of it is dropped.
    fn take(&self) -> impl Future<Output = impl Sized + Send> + Send;
}

/// A value that such a lock guards. It is loaded before the pause and stored after, so that two tasks inside at once lose.
pub(crate) struct Held<L> {
    lock: L,
    value: AtomicU64,
}

impl<L: TaskLock> Subject for Held<L> {
    const INFO: Info = L::INFO;

    fn new() -> Self {
        Held { lock: L::new(), value: AtomicU64::new(0) }
    }

    async fn increment<I: Inside>(&self, inside: &mut I) {
        let held = self.lock.take().await;
        inside.entered();
        let value = self.value.load(Relaxed);
        inside.pause().await;
        self.value.store(value.wrapping_add(1), Relaxed);
        drop(held);
    }

    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// Implements [`TaskLock`] for a lock of another crate: its name here, how it is made and taken, and its facts.
macro_rules! task_lock {
    ($Name:ident($Lock:ty) = $new:expr, |$lock:ident| $taken:expr, $id:literal, $summary:literal, $source:literal) => {
        pub(crate) struct $Name($Lock);

        impl TaskLock for $Name {
            const INFO: Info =
                Info { id: $id, family: "async", grade: Grade::Exact, helpers: 0, summary: $summary, source: $source };

            fn new() -> Self {
                $Name($new)
            }

            fn take(&self) -> impl Future<Output = impl Sized + Send> + Send {
                let $lock = &self.0;
                $taken
            }
        }
    };
}

task_lock!(
    TokioMutex(tokio::sync::Mutex<()>) = tokio::sync::Mutex::const_new(()),
    |lock| lock.lock(),
    "tokio_mutex",
    "a value under `tokio::sync::Mutex`: first come, first served",
    "tokio 1.54"
);
task_lock!(
    AsyncLockMutex(async_lock::Mutex<()>) = async_lock::Mutex::new(()),
    |lock| lock.lock(),
    "async_lock_mutex",
    "a value under `async_lock::Mutex`: fair to those who have waited for 0.5 ms",
    "async-lock 3.5, once async-mutex"
);
task_lock!(
    FuturesMutex(futures_util::lock::Mutex<()>) = futures_util::lock::Mutex::new(()),
    |lock| lock.lock(),
    "futures_mutex",
    "a value under `futures::lock::Mutex`: no fairness promised",
    "futures-util 0.3"
);
task_lock!(
    TokioSemaphore(tokio::sync::Semaphore) = tokio::sync::Semaphore::const_new(1),
    |semaphore| semaphore.acquire(),
    "tokio_semaphore",
    "a value under one permit of `tokio::sync::Semaphore`",
    "tokio 1.54"
);
task_lock!(
    AsyncLockSemaphore(async_lock::Semaphore) = async_lock::Semaphore::new(1),
    |semaphore| semaphore.acquire(),
    "async_lock_semaphore",
    "a value under one permit of `async_lock::Semaphore`",
    "async-lock 3.5"
);
