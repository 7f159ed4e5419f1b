//! The writer: the only place that writes. Answers: *in which order did what happen?*
//!
//! One thread takes whatever has gathered in its queue, decides each command on the state as the
//! one before left it, and commits the whole batch in one transaction (group commit, no timer).
//! Only after the commit does anyone get an answer, and only then do readers see the new state.

mod door;
mod reader;

mod acts;

mod recovering;

pub use door::{Door, Pending};
pub use reader::{News, Reader};

use crate::clock::{Clock, Entropy, SourceFailed, random16};
use crate::node::Node;
use crate::opening::{Head, NextKey, OpenError, Opened, SeenHead, stored_body, stored_part};
use countersign_core::ledger::{self, NonceSubject};
use countersign_core::people::Authority;
use countersign_core::record::{self, Answer};
use countersign_core::{Command, Envelope, State, apply, decide, next_due};
use countersign_proof::LogKey;
use countersign_proof::words::{CommandId, Moment, Nonce, PersonId};
use countersign_store::{NewHead, Store, StoreError, StoredEntry};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Most commands committed together.
pub const BATCH: usize = 2048;
/// Commands that may wait; beyond it the door is told to come again.
const QUEUE: usize = 8192;
/// A clock that goes back by no more than this stands still instead of refusing, in milliseconds.
const SLACK_MILLIS: u64 = 5_000;

/// What is asked of the writer.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The sender's id: a retry with the same id gets the same answer.
    pub id: CommandId,
    /// Whose session it came through.
    pub by: Option<Authority>,
    /// What to do.
    pub asked: Asked,
}

/// A command, or what the writer itself makes.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Nothing but that what is due by now happens.
    Time,
    /// Carry out a command.
    Command(Box<Command>),
    /// Make a nonce for a statement that `person` will sign.
    Nonce {
        /// Who will sign.
        person: PersonId,
        /// What for.
        subject: NonceSubject,
    },
}

/// The writer's answer, given only after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The place of the entry in the log.
    pub seq: u64,
    /// The moment of the entry.
    pub at: Moment,
    /// What came of the command.
    pub answer: Answer,
    /// Whether the same command had been answered before.
    pub repeated: bool,
}

impl Receipt {
    /// The nonce that was made, if one was asked for.
    #[must_use]
    pub fn nonce(&self) -> Option<Nonce> {
        let Answer::Accepted(events) = &self.answer else { return None };
        events.iter().find_map(|event| match event {
            countersign_core::Event::Ledger(ledger::Event::NonceIssued { nonce, .. }) => {
                Some(*nonce)
            }
            countersign_core::Event::Ledger(
                ledger::Event::LedgerFounded { .. }
                | ledger::Event::NonceSpent { .. }
                | ledger::Event::DoorOpened { .. }
                | ledger::Event::LogKeyRotated { .. },
            )
            | countersign_core::Event::People(_)
            | countersign_core::Event::Stock(_)
            | countersign_core::Event::Policy(_)
            | countersign_core::Event::Requests(_)
            | countersign_core::Event::Triage(_)
            | countersign_core::Event::Rerouting(_)
            | countersign_core::Event::History(_) => None,
        })
    }
}

/// No answer can be given. Where the ledger could not be reached, the same command may be sent
/// again with the same id: if it was recorded after all, that gives the answer it got.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It was not recorded.
    #[error("the ledger is unavailable, and nothing was recorded: {0}")]
    NotRecorded(String),
    /// The commit failed, and whether the record has it is not known.
    #[error(
        "the ledger became unavailable while it recorded this: {0}; send the same command with \
         the same id again to learn what became of it"
    )]
    Unknown(String),
    /// The id is that of another command, which the record has; nothing was recorded.
    #[error(
        "this id was given to another command, in entry {seq}; send this one under an id of its \
         own"
    )]
    OtherCommand {
        /// The entry of that command.
        seq: u64,
    },
    /// Another node writes; nothing was recorded.
    #[error("{}", elsewhere(.0.as_deref()))]
    Elsewhere(Option<String>),
}

fn elsewhere(place: Option<&str>) -> String {
    match place {
        Some(place) => format!("this node follows the one at {place}, which takes commands"),
        None => "this node follows another, and which one writes is not known yet; send the same \
                 command with the same id again in a moment"
            .to_owned(),
    }
}

impl From<SourceFailed> for Unavailable {
    fn from(failed: SourceFailed) -> Self {
        Self::NotRecorded(failed.0)
    }
}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self::NotRecorded(error.to_string())
    }
}

type Reply = Box<dyn FnOnce(Result<Receipt, Unavailable>) + Send>;

/// A command that waits for its answer.
pub struct Job {
    submission: Submission,
    reply: Reply,
}

impl Job {
    /// A command, and who is told what came of it.
    pub fn new(
        submission: Submission,
        reply: impl FnOnce(Result<Receipt, Unavailable>) + Send + 'static,
    ) -> Self {
        Self { submission, reply: Box::new(reply) }
    }

    /// Answers for a node that does not write: time passes at the one that does.
    pub(crate) fn answer_elsewhere(self, reader: &Reader, place: Option<String>) {
        let answer = match self.submission.asked {
            Asked::Time => {
                let (answer, repeated) = (Answer::Accepted(Vec::new()), false);
                let (seq, at) = reader.read_at(|state, size| (size, state.ledger.clock));
                Ok(Receipt { seq, at, answer, repeated })
            }
            Asked::Command(_) | Asked::Nonce { .. } => Err(Unavailable::Elsewhere(place)),
        };
        (self.reply)(answer);
    }
}

/// A running writer; dropping it lets the queue drain and ends the thread.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    reader: Reader,
}

impl Writer {
    /// Starts the writer on an opened ledger.
    ///
    /// # Errors
    /// [`OpenError`] when the state cannot be copied for readers or no thread can be started.
    pub fn start(
        opened: Opened,
        clock: Box<dyn Clock>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let reader = Reader::new(opened.state.clone(), &opened.head);
        let mut bench = Bench::new(opened, clock, entropy, reader.clone());
        Self::spawn(reader, move |jobs| {
            while let Ok(first) = jobs.recv() {
                bench.serve(gathered(first, jobs));
            }
        })
    }

    /// Starts a node: it writes while nobody else does, and follows whoever does.
    ///
    /// # Errors
    /// [`OpenError`] when no thread can be started.
    pub fn join(mut node: Node) -> Result<Self, OpenError> {
        Self::spawn(node.reader(), move |jobs| {
            loop {
                match jobs.recv_timeout(node.patience()) {
                    Ok(first) => node.turn(gathered(first, jobs)),
                    Err(RecvTimeoutError::Timeout) => node.turn(Vec::new()),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })
    }

    fn spawn(
        reader: Reader,
        work: impl FnOnce(&Receiver<Job>) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(&jobs))
            .map_err(|error| OpenError::Io { what: "start the writer".to_owned(), error })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), reader })
    }

    /// A handle to submit through.
    ///
    /// # Errors
    /// [`Unavailable`] once the writer has stopped.
    pub fn door(&self) -> Result<Door, Unavailable> {
        self.queue.clone().map(Door::new).ok_or_else(door::stopped)
    }

    /// Submits and waits for the answer.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing was recorded.
    pub fn submit(&self, submission: Submission) -> Result<Receipt, Unavailable> {
        self.door()?.submit(submission)
    }

    /// Lets happen what is due by now; nothing is recorded where nothing is.
    ///
    /// # Errors
    /// [`Unavailable`] when nothing was recorded.
    pub fn let_time_pass(&self) -> Result<(), Unavailable> {
        let submission = Submission { id: CommandId([0; 16]), by: None, asked: Asked::Time };
        self.submit(submission).map(|_| ())
    }

    /// A handle to read through.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Reads the state as of the last commit.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.reader.read(look)
    }

    /// Ends the thread once the queue has drained.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing left to hand over.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

/// A command that came, and those that have come since.
fn gathered(first: Job, jobs: &Receiver<Job>) -> Vec<Job> {
    let mut gathered = vec![first];
    gathered.extend(jobs.try_iter().take(BATCH.saturating_sub(1)));
    gathered
}

/// The thread's own: state, store and head move together or not at all.
pub(crate) struct Bench {
    store: Box<dyn Store>,
    state: State,
    head: Head,
    log_key: LogKey,
    next_key: Option<NextKey>,
    /// The key before this one, and the file to put in place, from the act until its commit.
    rotated: Option<(LogKey, NextKey)>,
    /// Where what is acknowledged is kept apart from the record.
    seen: Option<SeenHead>,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
    /// False after a failed commit, until state and head have been read back from the store.
    sound: bool,
    /// Why they never can be.
    damage: Option<OpenError>,
    reader: Reader,
}

/// A batch in the making.
#[derive(Default)]
struct Batch {
    entries: Vec<StoredEntry>,
    /// What came of each entry, in the same order.
    steps: Vec<Receipt>,
    /// The entries' open parts, where somebody listens.
    news: Vec<News>,
    /// Which step answers a command that has come in this batch already.
    by_id: BTreeMap<CommandId, usize>,
}

/// What a submission will be answered with once the batch is committed.
enum Given {
    /// With what came of the batch's entry at this place.
    Step { index: usize, repeated: bool },
    /// With this.
    Receipt(Receipt),
}

impl Bench {
    /// A bench for an opened ledger, whose work `reader` shows.
    pub(crate) fn new(
        opened: Opened,
        clock: Box<dyn Clock>,
        entropy: Box<dyn Entropy>,
        reader: Reader,
    ) -> Self {
        Self {
            store: opened.store,
            state: opened.state,
            head: opened.head,
            log_key: opened.log_key,
            next_key: opened.next_key,
            rotated: None,
            seen: opened.seen,
            clock,
            entropy,
            sound: true,
            damage: None,
            reader,
        }
    }

    /// Whether another writer is known to have taken over.
    pub(crate) fn is_fenced(&self) -> bool {
        self.store.is_fenced()
    }

    /// Why nothing can be recorded any more: the record is not the one that was acknowledged.
    pub(crate) fn damage(&mut self) -> Option<OpenError> {
        self.damage.take()
    }

    /// Decides and commits what has gathered, then answers.
    pub(crate) fn serve(&mut self, jobs: Vec<Job>) {
        if let Err(unavailable) = self.recover() {
            jobs.into_iter().for_each(|job| (job.reply)(Err(unavailable.clone())));
            return;
        }
        let mut batch = Batch::default();
        let taken: Vec<Result<Given, Unavailable>> =
            jobs.iter().map(|job| self.take(&job.submission, &mut batch)).collect();
        let committed = self.commit(&batch);
        match &committed {
            Ok(()) => {
                self.erase(&batch);
                self.publish(&mut batch);
            }
            Err(_) => self.sound = false,
        }
        for (job, taken) in jobs.into_iter().zip(taken) {
            let given = taken.and_then(|given| committed.clone().map(|()| given));
            (job.reply)(given.and_then(|given| batch.receipt(given)));
        }
    }

    /// Takes one command: lets what is due happen first, then decides, applies and records it.
    fn take(&mut self, submission: &Submission, batch: &mut Batch) -> Result<Given, Unavailable> {
        if let Some(&index) = batch.by_id.get(&submission.id) {
            if let Some(entry) = batch.entries.get(index) {
                recovering::check_same(entry, &submission.asked)?;
            }
            return Ok(Given::Step { index, repeated: true });
        }
        if let Some(seq) = self.found(submission.id)? {
            return self.answered_before(seq, &submission.asked).map(Given::Receipt);
        }
        let at = self.moment()?;
        while next_due(&self.state).is_some_and(|due| due <= at) {
            let id = CommandId(random16(self.entropy.as_mut())?);
            let command = Command::Ledger(ledger::Command::AdvanceClock);
            self.advance(&Envelope { id, at, by: None, command }, batch)?;
        }
        let command = match &submission.asked {
            Asked::Time => {
                let (seq, answer) = (self.head.frontier.size(), Answer::Accepted(Vec::new()));
                return Ok(Given::Receipt(Receipt { seq, at, answer, repeated: false }));
            }
            Asked::Command(command) => self.with_names((**command).clone(), batch)?,
            Asked::Nonce { person, subject } => Command::Ledger(ledger::Command::IssueNonce {
                nonce: Nonce(random16(self.entropy.as_mut())?),
                person: person.clone(),
                subject: subject.clone(),
                head: (self.head.frontier.size(), self.head.frontier.root()),
            }),
        };
        let envelope = Envelope { id: submission.id, at, by: submission.by.clone(), command };
        let answer = Answer::from(decide(&self.state, &envelope));
        let envelope = self.with_names_kept(envelope, &answer)?;
        if let Answer::Refused { .. } = &answer
            && !self.state.ledger.is_founded()
        {
            // Without a ledger there is no record to keep a refusal in.
            return Ok(Given::Receipt(Receipt { seq: 0, at, answer, repeated: false }));
        }
        let index = self.step(&envelope, answer, batch)?;
        batch.by_id.insert(submission.id, index);
        Ok(Given::Step { index, repeated: false })
    }

    /// Lets the first thing due happen.
    fn advance(&mut self, envelope: &Envelope, batch: &mut Batch) -> Result<(), Unavailable> {
        let answer = Answer::from(decide(&self.state, envelope));
        let happens = match &answer {
            Answer::Accepted(events) => !events.is_empty(),
            Answer::Refused { .. } => false,
        };
        if !happens {
            let why = "something is due that cannot happen; verify the log".to_owned();
            return Err(Unavailable::NotRecorded(why));
        }
        self.step(envelope, answer, batch).map(|_| ())
    }

    /// The moment of the next entry; small steps back are waited out, larger ones refuse.
    fn moment(&self) -> Result<Moment, Unavailable> {
        let now = self.clock.now()?;
        let last = self.state.ledger.clock;
        if last.millis_since(now) > SLACK_MILLIS {
            let why = format!("the clock says {now}, but the last entry was made at {last}");
            return Err(Unavailable::NotRecorded(format!("{why}; set the clock right")));
        }
        Ok(now.max(last))
    }

    /// Records and applies what was decided; gives the place of the step in the batch.
    fn step(
        &mut self,
        envelope: &Envelope,
        answer: Answer,
        batch: &mut Batch,
    ) -> Result<usize, Unavailable> {
        let seq = self.head.frontier.size();
        let events: &[countersign_core::Event] = match &answer {
            Answer::Accepted(events) => events,
            Answer::Refused { .. } => &[],
        };
        let mut salts = Ok(());
        let mut salt = || {
            random16(self.entropy.as_mut()).unwrap_or_else(|failed| {
                salts = Err(failed);
                [0; 16]
            })
        };
        let digest = match events.first() {
            Some(countersign_core::Event::Ledger(ledger::Event::LedgerFounded {
                digest, ..
            })) => *digest,
            Some(_) | None => self.state.ledger.digest,
        };
        let entry = record::write(digest, seq, envelope, &answer, &mut salt);
        salts?;
        let entry = entry.map_err(|error| Unavailable::NotRecorded(error.to_string()))?;
        let open =
            entry.open.encode().map_err(|error| Unavailable::NotRecorded(error.to_string()))?;
        self.rotate(events)?;
        // Nothing has changed up to here; from here on state, head and key move together.
        apply(&mut self.state, envelope.at, events);
        let leaf = countersign_proof::entry::leaf_hash(&open);
        self.head.frontier.append(leaf);
        let sealed = entry.sealed.iter().map(stored_part).collect();
        let body = stored_body(&entry.body);
        batch.entries.push(StoredEntry { seq, command: envelope.id, leaf, open, body, sealed });
        batch.steps.push(Receipt { seq, at: envelope.at, answer, repeated: false });
        if self.reader.is_listened_to() {
            batch.news.push(Arc::new(entry.open));
        }
        Ok(batch.steps.len().saturating_sub(1))
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), Unavailable> {
        let Some(first) = batch.entries.first() else { return Ok(()) };
        let root = self.head.frontier.root();
        let size = self.head.frontier.size();
        let note = match &self.rotated {
            Some((before, _)) => self.log_key.sign_after(before, size, root),
            None => self.log_key.sign(size, root),
        };
        let head = Head { frontier: self.head.frontier.clone(), note };
        let bytes = head.encode().map_err(|error| Unavailable::NotRecorded(error.to_string()))?;
        let new = NewHead { root, frontier: bytes };
        self.store.append(first.seq, &batch.entries, &new).map_err(|error| after_append(&error))?;
        self.committed(&new)?;
        self.head = head;
        if let Some((_, next)) = self.rotated.take() {
            acts::put_in_place(&next);
        }
        Ok(())
    }

    fn publish(&self, batch: &mut Batch) {
        self.reader.publish(&batch.steps, &self.head, batch.news.drain(..));
    }
}

impl Batch {
    fn receipt(&self, given: Given) -> Result<Receipt, Unavailable> {
        match given {
            Given::Receipt(receipt) => Ok(receipt),
            Given::Step { index, repeated } => {
                let lost = || Unavailable::Unknown("the writer lost count".to_owned());
                let step = self.steps.get(index).ok_or_else(lost)?;
                Ok(Receipt { repeated, ..step.clone() })
            }
        }
    }
}

/// Whether a failed append may have been recorded all the same: only where the storage itself
/// failed; every other error comes before anything is written.
fn after_append(error: &StoreError) -> Unavailable {
    match error {
        StoreError::Unavailable { .. }
        | StoreError::Corrupt { .. }
        | StoreError::Sqlite { .. }
        | StoreError::Postgres { .. } => Unavailable::Unknown(error.to_string()),
        StoreError::Locked { .. }
        | StoreError::Moved { .. }
        | StoreError::Fenced { .. }
        | StoreError::DuplicateCommand { .. }
        | StoreError::BadEntry { .. }
        | StoreError::ReadOnly
        | StoreError::NewerSchema { .. }
        | StoreError::OlderSchema { .. }
        | StoreError::NotALedger { .. }
        | StoreError::AlreadyExists { .. }
        | StoreError::NoSuchLedger { .. }
        | StoreError::LedgerExists { .. }
        | StoreError::Refused { .. }
        | StoreError::Standby { .. }
        | StoreError::NotDurable { .. }
        | StoreError::UnsupportedLocation { .. } => Unavailable::NotRecorded(error.to_string()),
    }
}
