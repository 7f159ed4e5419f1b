//! Handing commands in to the writer, and waiting for its answers.

use super::{Job, QUEUE, Receipt, Submission, Unavailable};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// A handle through which any thread submits.
#[derive(Clone, Debug)]
pub struct Door {
    queue: SyncSender<Job>,
}

impl Door {
    pub(super) fn new(queue: SyncSender<Job>) -> Self {
        Self { queue }
    }

    /// Submits and waits for the answer.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing was recorded.
    pub fn submit(&self, submission: Submission) -> Result<Receipt, Unavailable> {
        self.send(submission)?.wait()
    }

    /// Submits without waiting; waits only while the queue is full.
    ///
    /// # Errors
    /// [`Unavailable`] once the writer has stopped.
    pub fn send(&self, submission: Submission) -> Result<Pending, Unavailable> {
        let (sender, answer) = sync_channel(1);
        // Whoever asked may have gone; the record stands all the same.
        let job = Job::new(submission, move |receipt| drop(sender.send(receipt)));
        self.queue.send(job).map_err(|_| stopped())?;
        Ok(Pending { answer })
    }

    /// Submits without ever waiting; `reply` is called on the writer's thread once there is an
    /// answer, and must not block it.
    ///
    /// # Errors
    /// [`Unavailable`] while the queue is full, and once the writer has stopped.
    pub fn hand_in(
        &self,
        submission: Submission,
        reply: impl FnOnce(Result<Receipt, Unavailable>) + Send + 'static,
    ) -> Result<(), Unavailable> {
        self.queue.try_send(Job::new(submission, reply)).map_err(|failed| match failed {
            TrySendError::Full(_) => {
                let why = format!("{QUEUE} commands wait already; send it again in a moment");
                Unavailable::NotRecorded(why)
            }
            TrySendError::Disconnected(_) => stopped(),
        })
    }
}

/// An answer that is still to come.
#[derive(Debug)]
pub struct Pending {
    answer: Receiver<Result<Receipt, Unavailable>>,
}

impl Pending {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing was recorded, or that is not known.
    pub fn wait(self) -> Result<Receipt, Unavailable> {
        let lost = "the writer stopped before it answered".to_owned();
        self.answer.recv().unwrap_or(Err(Unavailable::Unknown(lost)))
    }
}

pub(super) fn stopped() -> Unavailable {
    Unavailable::NotRecorded("the writer has stopped".to_owned())
}
