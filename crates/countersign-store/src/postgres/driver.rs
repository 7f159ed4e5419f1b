//! Waiting, with an end to it: how synchronous calls use connections that are not.
//!
//! The connections of a process live on threads of their own, which are never given up. Whoever
//! asks something parks its thread until the answer or the deadline is there, so that a store can
//! be used, and dropped, on any thread, one of another Tokio runtime included.

use crate::StoreError;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// For a connection to one server: name, network, certificate and password.
pub(super) const CONNECT: Duration = Duration::from_secs(4);

/// For a statement and its answer, or the next part of a long answer. A commit that waits for a
/// standby waits as long.
pub(super) const STATEMENT: Duration = Duration::from_secs(10);

/// For a table to be written anew.
pub(super) const REWRITE: Duration = Duration::from_secs(600);

/// More time for a statement that carries `bytes`: a second for each MiB.
pub(super) fn statement_of(bytes: usize) -> Duration {
    STATEMENT.saturating_add(Duration::from_secs(u64::try_from(bytes >> 20).unwrap_or(u64::MAX)))
}

/// Hands `work` to the threads that drive connections; to be called within [`wait`].
pub(super) fn spawned(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

static DRIVER: OnceLock<Result<Runtime, String>> = OnceLock::new();

/// The threads that drive every connection of this process.
pub(super) fn handle() -> Result<&'static Handle, StoreError> {
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("postgres")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| format!("starting the threads for PostgreSQL: {error}"))
    };
    match DRIVER.get_or_init(start) {
        Ok(runtime) => Ok(runtime.handle()),
        Err(cause) => Err(StoreError::Unavailable { cause: cause.clone() }),
    }
}

/// What `work` gives, unless it takes longer than `patience`: then it is dropped, and with it the
/// interest in its answer, but nothing is cancelled at the server.
///
/// # Errors
/// [`StoreError::Unavailable`] after `patience`.
pub(super) fn wait<T>(patience: Duration, work: impl Future<Output = T>) -> Result<T, StoreError> {
    let _entered = handle()?.enter();
    block_on(tokio::time::timeout(patience, work)).map_err(|_| StoreError::Unavailable {
        cause: format!("the database server gave no answer within {} s", patience.as_secs()),
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}
