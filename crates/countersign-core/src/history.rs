//! History. Answers: *what does a foreign history say, who is known to have said so, and which of
//! its acts had their approval?*
//!
//! Imported history is evidence of what was, never authority for what may be: no room reads this
//! one, and nothing in it fills a slot of an approval set. The state keeps a line for each source;
//! the rows themselves stand in the sealed parts of their entries.
//!
//! The [`Auditor`] needs no ledger: it holds facts against the policy versions of a charter.

mod facts;

mod rules;

mod course;
mod order;

mod audit;
mod words;

mod tally;

pub use audit::{Auditor, Certainty, FACTS_MAX, Judged, Kind, Unjudged};
pub use course::Seen;
pub use facts::{
    Fact, Foreign, KeptFact, KeptWhat, Matter, MatterNo, Names, OfficeNo, PersonNo, Span, What,
};
pub use order::{BLOCK_MAX, STAGES_MAX, Ties};
pub use rules::{AuditError, Rule};
pub use tally::{Counts, PERSONS_MAX, Row, Tally};

use crate::people::{Authority, Function, People, Rejection as PeopleRejection};
use crate::rejection::rejections;
use countersign_proof::words::{CommandId, Digest, Moment, PersonId};
use serde::{Deserialize, Serialize};

/// The most facts of one row.
pub const ROW_FACTS_MAX: usize = 64;

/// State: the sources, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histories {
    sources: Vec<Source>,
}

/// What a history was read from: a file, through a mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceKey {
    /// The digest of the file.
    pub file: Digest,
    /// The digest of the mapping.
    pub mapping: Digest,
}

/// A source, and how much of it was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is.
    pub key: SourceKey,
    /// Its name, as whoever imported it gave it.
    pub name: Foreign,
    /// Rows taken in.
    pub rows: u64,
    /// Facts in them.
    pub facts: u64,
    /// The first and the last moment that its facts can be of, where one is known.
    pub times: Option<Span>,
    /// Who took in its first row.
    pub by: PersonId,
    /// When its first row was taken in.
    pub first_at: Moment,
    /// When its last row was taken in.
    pub last_at: Moment,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Take in a row of a history, as evidence.
    ImportRow {
        /// Of what.
        key: SourceKey,
        /// The source's name.
        name: Foreign,
        /// Which row, counted from 1 over those taken in.
        row: u64,
        /// Where it stands in the file.
        line: u64,
        /// The case it is of, as the history names it.
        case: Foreign,
        /// What it says.
        facts: Vec<KeptFact>,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A row was taken in.
    RowImported {
        /// Of what.
        key: SourceKey,
        /// The source's name.
        name: Foreign,
        /// Which row.
        row: u64,
        /// How many facts it states.
        facts: u64,
        /// The first and the last moment they can be of, where one is known.
        times: Option<Span>,
        /// By whom.
        by: PersonId,
    },
}

rejections!(
    /// Why the room refuses.
    Rejection in "history" {
        MayNotImport { person: PersonId } = "may-not-import",
            "{person} holds no office that registers persons or oversees; one that does can import";
        TooManyFacts { facts: usize } = "too-many-facts",
            "a row states at most 64 facts, not {facts}; have the mapping read fewer of it";
        RowOutOfOrder { row: u64, expected: u64 } = "row-out-of-order",
            "row {row} is not the next of its source, which is {expected}; import the whole file \
             again: what was taken in already is not taken in twice";
    }
);

impl Histories {
    pub(crate) fn decide(
        &self,
        people: &People,
        command: &Command,
        by: &Authority,
        at: Moment,
    ) -> Result<Event, crate::Rejection> {
        let Command::ImportRow { key, name, row, line: _, case: _, facts } = command;
        may_import(people, by, at)?;
        if facts.len() > ROW_FACTS_MAX {
            return Err(Rejection::TooManyFacts { facts: facts.len() }.into());
        }
        let taken = self.source(key).map_or(0, |source| source.rows);
        let expected = taken.saturating_add(1);
        if *row != expected {
            return Err(Rejection::RowOutOfOrder { row: *row, expected }.into());
        }
        let known = facts.iter().map(|fact| fact.when).filter(|when| !when.is_any());
        Ok(Event::RowImported {
            key: key.clone(),
            name: name.clone(),
            row: *row,
            facts: u64::try_from(facts.len()).unwrap_or(u64::MAX),
            times: known.reduce(Span::with),
            by: by.person.clone(),
        })
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        let Event::RowImported { key, name, row, facts, times, by } = event;
        match self.sources.iter_mut().find(|source| source.key == *key) {
            Some(source) => {
                source.rows = *row;
                source.facts = source.facts.saturating_add(*facts);
                source.times = [source.times, *times].into_iter().flatten().reduce(Span::with);
                source.last_at = at;
            }
            None => self.sources.push(Source {
                key: key.clone(),
                name: name.clone(),
                rows: *row,
                facts: *facts,
                times: *times,
                by: by.clone(),
                first_at: at,
                last_at: at,
            }),
        }
    }

    /// The sources, in the order in which they came.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The source of that file and mapping.
    #[must_use]
    pub fn source(&self, key: &SourceKey) -> Option<&Source> {
        self.sources.iter().find(|source| source.key == *key)
    }
}

/// Whoever registers persons or oversees may import.
fn may_import(people: &People, by: &Authority, at: Moment) -> Result<(), crate::Rejection> {
    let mut refused = None;
    for function in [Function::Register, Function::Oversee] {
        match people.check_function(by, function, None, at) {
            Ok(()) => return Ok(()),
            Err(PeopleRejection::FunctionMissing { .. }) => {}
            Err(other) => refused = Some(other),
        }
    }
    match refused {
        Some(other) => Err(other.into()),
        None => Err(Rejection::MayNotImport { person: by.person.clone() }.into()),
    }
}

impl SourceKey {
    /// The id of the command that imports a row: the same row of the same file, read through the
    /// same mapping, has the same id, and so gets the same answer.
    #[must_use]
    pub fn command_id(&self, row: u64) -> CommandId {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend_from_slice(b"history/import-row\0");
        bytes.extend_from_slice(&self.file.0);
        bytes.extend_from_slice(&self.mapping.0);
        bytes.extend_from_slice(&row.to_be_bytes());
        let digest = Digest::of(&bytes);
        let mut id = [0; 16];
        id.iter_mut().zip(digest.0).for_each(|(slot, byte)| *slot = byte);
        CommandId(id)
    }
}
