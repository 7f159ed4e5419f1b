//! Judging, remembering, cosigning, in this order.
//!
//! One thread does all of it, so nothing comes between judging a request and remembering it. It
//! takes all the requests that gathered while the last group was brought to the disk, judges them
//! one after the other, and brings them to the disk together. No cosignature leaves before that.

use super::memory::Lock;
use super::{Folder, Memory, WitnessError};
use crate::clock::Clock;
use countersign_proof::LogVerifier;
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::witness::{Accepted, AddCheckpoint, Refusal, Refused, judge};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// The most requests that are brought to the disk together.
const GROUP: usize = 256;
/// The most requests that wait.
const WAITING: usize = 4096;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Signature lines.
    Cosigned(String),
    /// A rule refused.
    Refused(Refusal),
    /// What was cosigned cannot be kept, so nothing is cosigned.
    Unavailable(String),
}

type Answer = Box<dyn FnOnce(Reply) + Send>;

/// A request, and what is done with its answer.
struct Task {
    body: Vec<u8>,
    answer: Answer,
}

/// The one that is at work.
pub struct Keeper {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

/// A way to hand requests to the keeper.
#[derive(Clone)]
pub struct Hand(SyncSender<Task>);

impl Hand {
    /// Hands a request in; `answer` is called with the reply. Gives `false` where too many wait.
    pub fn hand_in(&self, body: Vec<u8>, answer: impl FnOnce(Reply) + Send + 'static) -> bool {
        self.0.try_send(Task { body, answer: Box::new(answer) }).is_ok()
    }
}

impl Keeper {
    /// Takes the folder and begins to work; nobody else can meanwhile.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn start(folder: Folder, clock: Box<dyn Clock>) -> Result<Self, WitnessError> {
        let (tasks, receiver) = sync_channel(WAITING);
        let mut work = Work::open(folder, clock)?;
        let builder = std::thread::Builder::new().name("witness".to_owned());
        let thread = builder.spawn(move || work.run(&receiver));
        let thread = thread.map_err(|error| WitnessError::Io { path: "witness".into(), error })?;
        Ok(Self { tasks: Some(tasks), thread: Some(thread) })
    }

    /// A way to hand requests in.
    #[must_use]
    pub fn hand(&self) -> Option<Hand> {
        self.tasks.clone().map(Hand)
    }

    /// Answers one request, without serving others.
    ///
    /// # Errors
    /// [`WitnessError`] when the folder cannot be used.
    pub fn answer_one(
        folder: Folder,
        clock: Box<dyn Clock>,
        body: &[u8],
    ) -> Result<Reply, WitnessError> {
        let mut work = Work::open(folder, clock)?;
        let mut group = Group::default();
        let judged = work.judge(body, &mut group);
        Ok(work.finish(group, vec![judged]).pop().unwrap_or_else(lost))
    }

    /// Says what the answer to a request would be, and remembers nothing.
    ///
    /// # Errors
    /// [`WitnessError`] when the folder cannot be used.
    pub fn try_one(
        folder: Folder,
        clock: Box<dyn Clock>,
        body: &[u8],
    ) -> Result<Result<(), Refusal>, WitnessError> {
        let work = Work::open(folder, clock)?;
        Ok(match work.judge(body, &mut Group::default()) {
            Judged::Accepted(_) => Ok(()),
            Judged::Refused(refusal) => Err(refusal),
            Judged::Unavailable(why) => return Err(work.broken(why)),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was told already.
            let _ = thread.join();
        }
    }
}

fn lost() -> Reply {
    Reply::Unavailable("the answer was lost; send the request again".to_owned())
}

/// What was judged and waits for the disk.
enum Judged {
    Accepted(Box<Accepted>),
    Refused(Refusal),
    Unavailable(String),
}

/// What a group of requests changes.
#[derive(Default)]
struct Group {
    memory: Option<Memory>,
}

struct Work {
    folder: Folder,
    clock: Box<dyn Clock>,
    key: WitnessKey,
    logs: Vec<LogVerifier>,
    memory: Memory,
    _lock: Lock,
}

impl Work {
    fn open(folder: Folder, clock: Box<dyn Clock>) -> Result<Self, WitnessError> {
        let key = folder.key()?;
        let lock = folder.lock()?;
        let (logs, memory) = (folder.logs()?, folder.memory()?);
        Ok(Self { folder, clock, key, logs, memory, _lock: lock })
    }

    fn broken(&self, why: String) -> WitnessError {
        WitnessError::Damaged { path: self.folder.path().to_owned(), what: why }
    }

    fn run(&mut self, tasks: &Receiver<Task>) {
        while let Ok(first) = tasks.recv() {
            // A log that is watched from now on is known from now on.
            match self.folder.logs() {
                Ok(logs) => self.logs = logs,
                Err(error) => tracing::error!("the list of logs stays as it was: {error}"),
            }
            let mut group = Group::default();
            let (mut judged, mut answers) = (Vec::new(), Vec::new());
            let rest = std::iter::from_fn(|| tasks.try_recv().ok());
            for task in std::iter::once(first).chain(rest).take(GROUP) {
                judged.push(self.judge(&task.body, &mut group));
                answers.push(task.answer);
            }
            for (answer, reply) in answers.into_iter().zip(self.finish(group, judged)) {
                answer(reply);
            }
        }
    }

    /// Judges a request after those of its group.
    fn judge(&self, body: &[u8], group: &mut Group) -> Judged {
        let now = match self.clock.now() {
            Ok(now) => now,
            Err(failed) => return Judged::Unavailable(failed.to_string()),
        };
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(fault) => return Judged::Refused(fault.into()),
        };
        let memory = group.memory.as_ref().unwrap_or(&self.memory);
        let last = memory.of(&request.checkpoint().origin);
        match judge(&request, self.key.verifier(), &self.logs, last, now) {
            Ok(accepted) => {
                let memory = group.memory.get_or_insert_with(|| self.memory.clone());
                memory.remember(accepted.seen().clone());
                Judged::Accepted(Box::new(accepted))
            }
            Err(Refused { refusal, misbehaviour }) => {
                if let Some(proof) = misbehaviour {
                    let origin = &request.checkpoint().origin;
                    match self.folder.keep_proof(&proof) {
                        Ok(path) => tracing::error!(
                            "the log {origin} showed two histories; the proof is {}",
                            path.display()
                        ),
                        Err(error) => tracing::error!(
                            "two histories of {origin}; keep this proof, for {error}:\n{proof}"
                        ),
                    }
                }
                Judged::Refused(refusal)
            }
        }
    }

    /// Brings what a group accepted to the disk, and only then cosigns it.
    fn finish(&mut self, group: Group, judged: Vec<Judged>) -> Vec<Reply> {
        let kept = match group.memory {
            None => Ok(()),
            Some(mut memory) => match self.folder.save(&mut memory) {
                Ok(()) => {
                    self.memory = memory;
                    Ok(())
                }
                Err(error) => {
                    tracing::error!("what was to be cosigned cannot be kept: {error}");
                    // Nothing of it was cosigned, whatever is on the disk; only the count goes on.
                    self.memory.outlive(&memory);
                    Err(format!("what was to be cosigned cannot be kept: {error}"))
                }
            },
        };
        let reply = |judged| match (judged, &kept) {
            (Judged::Accepted(accepted), Ok(())) => Reply::Cosigned(accepted.cosign(&self.key)),
            (Judged::Accepted(_), Err(why)) => Reply::Unavailable(why.clone()),
            (Judged::Refused(refusal), _) => Reply::Refused(refusal),
            (Judged::Unavailable(why), _) => Reply::Unavailable(why),
        };
        judged.into_iter().map(reply).collect()
    }
}
