//! One database server's record, and what a transaction does to it.

use countersign_proof::words::{CommandId, Digest};
use countersign_store::{NewHead, StoredEntry};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tells one opening for writing from every other.
pub type Tenure = [u8; 16];

/// The writer's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Counts the openings for writing.
    pub epoch: u64,
    /// The opening in force.
    pub tenure: Tenure,
    /// When the lease runs out, by the database's clock, in milliseconds.
    pub until: u64,
    /// Where the writer answers.
    pub place: String,
    /// How many entries the writer says are acknowledged.
    pub confirmed: u64,
    /// Which node wrote it; the simulation's own.
    pub node: usize,
}

/// The head after a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How many entries there are.
    pub size: u64,
    /// Root and frontier.
    pub head: NewHead,
}

/// A batch with who appended it.
#[derive(Debug)]
pub struct Batch {
    /// Which node; the simulation's own.
    pub node: usize,
    /// The epoch that the writer claimed.
    pub epoch: u64,
    /// The tenure that the writer claimed.
    pub tenure: Tenure,
    /// Where it begins.
    pub expected: u64,
    /// What it holds.
    pub entries: Vec<Arc<StoredEntry>>,
    /// What it leaves.
    pub mark: Arc<Mark>,
}

/// A transaction: it happens wholly or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// The record grows.
    Append(Arc<Batch>),
    /// The writer's row becomes this one.
    Row(Row),
}

/// A saved state: position, last leaf, schema, bytes.
pub type Saved = (u64, Digest, u32, Arc<Vec<u8>>);

/// What a server has committed.
#[derive(Clone, Debug)]
pub struct Database {
    /// Every entry in order.
    pub entries: Vec<Arc<StoredEntry>>,
    /// Where each command stands.
    pub commands: BTreeMap<CommandId, u64>,
    /// The head after each batch.
    pub marks: Vec<Arc<Mark>>,
    /// The writer's row.
    pub row: Row,
    /// Snapshots, the latest last.
    pub snapshots: Vec<Saved>,
    /// The last states of heads and row, for who is behind: how many heads there were, and the row.
    pub past: Vec<(usize, Row)>,
}

/// How many of the last transactions a server that is behind can be behind.
const PAST: usize = 64;

impl Database {
    /// A record with these entries and nobody writing.
    pub fn new(entries: Vec<Arc<StoredEntry>>, head: NewHead) -> Self {
        let size = entries.len() as u64;
        let commands = entries.iter().map(|entry| (entry.command, entry.seq)).collect();
        let (tenure, place) = (Tenure::default(), String::new());
        let row = Row { epoch: 1, tenure, until: 0, place, confirmed: size, node: usize::MAX };
        let marks = vec![Arc::new(Mark { size, head })];
        let past = vec![(1, row.clone())];
        Self { entries, commands, marks, row, snapshots: Vec::new(), past }
    }

    /// The head in force.
    pub fn mark(&self) -> &Mark {
        self.marks.last().expect("there is always a head")
    }

    /// Makes a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Append(batch) => {
                let forgets =
                    |entry: &&Arc<StoredEntry>| !self.commands.contains_key(&entry.command);
                let new = batch.entries.iter().filter(forgets);
                let new: Vec<_> = new.map(|entry| (entry.command, entry.seq)).collect();
                self.commands.extend(new);
                self.entries.extend(batch.entries.iter().cloned());
                self.marks.push(batch.mark.clone());
            }
            Change::Row(row) => self.row = row.clone(),
        }
        self.past.push((self.marks.len(), self.row.clone()));
        if self.past.len() > 2 * PAST {
            self.past.drain(..PAST);
        }
    }

    /// Forgets everything after an earlier moment; gives how many entries that took.
    pub fn cut(&mut self, marks: usize, row: Row) -> u64 {
        self.marks.truncate(marks);
        let size = self.mark().size;
        let lost = self.entries.len() as u64 - size;
        self.entries.truncate(usize::try_from(size).expect("it fits"));
        self.commands.retain(|_, seq| *seq < size);
        self.snapshots.retain(|(position, ..)| *position <= size);
        self.row = row;
        self.past.retain(|(heads, _)| *heads <= marks);
        lost
    }
}
