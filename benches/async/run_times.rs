//! Run-times: what runs M tasks on the N workers of a team.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_executor::Executor;
use miscount::team::OsThread;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Which run-time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `tokio`'s with several threads of its own. Those are pinned to the CPUs of the team's, which sleep meanwhile.
    MultiThread,
    /// `tokio`'s with one thread, once on each thread of the team. Its tasks stay there.
    CurrentThread,
    /// One `async_executor::Executor`, which all threads of the team run.
    AsyncExecutor,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::MultiThread, Kind::CurrentThread, Kind::AsyncExecutor];

    /// Its id: the variant of the cells.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Kind::MultiThread => "multi_thread",
            Kind::CurrentThread => "current_thread",
            Kind::AsyncExecutor => "async_executor",
        }
    }
}

/// What all workers share of a run-time.
pub(crate) enum RunTime {
    MultiThread(Runtime, Threads),
    CurrentThread,
    AsyncExecutor(Executor<'static>),
}

/// The threads that a run-time started itself.
pub(crate) type Threads = Arc<Mutex<Vec<OsThread>>>;

/// What one worker has of a run-time while it runs tasks.
pub(crate) enum Own {
    Shared,
    CurrentThread(Runtime),
}

impl RunTime {
    /// One for threads on these CPUs. Its own threads run when it is returned.
    pub(crate) fn new(kind: Kind, cpus: Vec<Option<usize>>) -> RunTime {
        match kind {
            Kind::MultiThread => {
                let (workers, threads) = (cpus.len(), Threads::default());
                let (begun, pinned) = (AtomicUsize::new(0), Arc::clone(&threads));
                let run_time = Builder::new_multi_thread()
                    .worker_threads(workers)
                    .on_thread_start(move || {
                        // It starts no other threads: nothing here blocks.
                        let cpu = cpus.get(begun.fetch_add(1, Relaxed)).copied().flatten();
                        pinned.lock().expect("pinning does not panic").push(OsThread::pin(cpu));
                    })
                    .build()
                    .expect("a run-time starts");
                while threads.lock().expect("pinning does not panic").len() < workers {
                    thread::yield_now();
                }
                RunTime::MultiThread(run_time, threads)
            }
            Kind::CurrentThread => RunTime::CurrentThread,
            Kind::AsyncExecutor => RunTime::AsyncExecutor(Executor::new()),
        }
    }

    /// How long the thread that the run-time started for a worker has stood on a run queue.
    pub(crate) fn waited(&self, worker: usize) -> Option<Duration> {
        let RunTime::MultiThread(_, threads) = self else { return None };
        threads.lock().expect("pinning does not panic").get(worker)?.waited()
    }

    /// Whether that thread is pinned; `None` where the run-time started none.
    pub(crate) fn is_pinned(&self, worker: usize) -> Option<bool> {
        let RunTime::MultiThread(_, threads) = self else { return None };
        Some(threads.lock().expect("pinning does not panic").get(worker)?.is_pinned())
    }

    /// The worker's own part of it.
    pub(crate) fn own(&self) -> Own {
        match self {
            RunTime::CurrentThread => {
                Own::CurrentThread(Builder::new_current_thread().build().expect("a run-time starts"))
            }
            _ => Own::Shared,
        }
    }

    /// Runs these tasks, and whatever of the other workers' tasks it comes upon, until these have ended.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        own: &Own,
        tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
    ) -> Vec<T> {
        match (self, own) {
            (RunTime::AsyncExecutor(executor), _) => {
                let tasks: Vec<_> = tasks.map(|task| executor.spawn(task)).collect();
                let ends = async {
                    let mut results = Vec::with_capacity(tasks.len());
                    for task in tasks {
                        results.push(task.await);
                    }
                    results
                };
                futures_lite::future::block_on(executor.run(ends))
            }
            (RunTime::MultiThread(run_time, _), _) | (_, Own::CurrentThread(run_time)) => {
                let tasks: Vec<_> = tasks.map(|task| run_time.spawn(task)).collect();
                run_time.block_on(ends(tasks))
            }
            (RunTime::CurrentThread, Own::Shared) => unreachable!("each worker has one of its own"),
        }
    }
}

/// What `tokio`'s tasks return; the panic of the first that panicked.
async fn ends<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())));
    }
    results
}
