//! Threads of their own for what is many, so that what everybody waits for is not behind it.
//!
//! A commit, or a batch of the log, is some dozens of steps one after the other, each woken from outside the runtime: in one that has two
//! thousand requests to answer each step waits for its turn among them, and all of these for the commit.

use crate::error::{Error, Result, codes};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// A runtime beside the main one, ended when it is dropped.
pub(super) struct Threads(Option<Runtime>);

impl Threads {
    /// As many threads as processors.
    pub(super) fn new(name: &str) -> Result<Threads> {
        let runtime = Builder::new_multi_thread().thread_name(name).enable_all().build();
        let runtime =
            runtime.map_err(|cause| Error::new(&codes::CONFIG, "The machine gives no threads; allow more of them.").because(cause))?;
        Ok(Threads(Some(runtime)))
    }

    /// Runs a task on them.
    pub(super) fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.as_ref().expect("taken only when it is dropped").spawn(task)
    }
}

impl Drop for Threads {
    /// A runtime must not be waited for inside another one.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
