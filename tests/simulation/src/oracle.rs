//! What must hold after every step. Answers: *is everything that was told, and shown, still true?*
//!
//! It knows each entry by its command and leaf, and each answer by what it said; it counts nothing.

use crate::database::{Batch, Database, Row, Tenure};
use countersign::opening::read_body;
use countersign::writer::{Reader, Receipt};
use countersign_core::record::{self, Recorded};
use countersign_core::{State, invariants};
use countersign_proof::words::{CommandId, Digest};
use countersign_proof::{Frontier, entry};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An acknowledged command stands in the record.
pub const KEPT: &str = "an acknowledged command stands in the record, where and as it was told";
/// A command has one answer.
pub const SAME_ANSWER: &str = "a command gets the same answer whenever it is sent";
/// No command twice.
pub const ONCE: &str = "no command is recorded twice";
/// The record that survives only grows.
pub const GROWS: &str = "what the standby has is never lost";
/// The entries give the root.
pub const ROOT: &str = "the entries give the root of the head";
/// Readers show what survives.
pub const SHOWN: &str = "a reader shows a prefix of the acknowledged record";
/// Positions only grow.
pub const FORWARD: &str = "a node's position never goes back while it lives";
/// One writer at a time.
pub const ONE_WRITER: &str = "only the opening that has the lease appends";
/// A state is what its entries say.
pub const SAME_STATE: &str = "a reader's state is the one that its entries give";
/// The ledger's own rules.
pub const RULES: &str = "the invariants of the ledger hold";
/// A refusal is true.
pub const NOT_RECORDED: &str = "what is said not to be recorded is not";
/// Halting has a cause.
pub const HALTS: &str = "a node halts only before a record that is not its own";
/// Availability.
pub const SERVES: &str = "the ledger serves again once faults are over";
/// After a loss.
pub const HALTED: &str = "who has seen what the database lost halts";

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which check found it.
    pub check: &'static str,
    /// What.
    pub what: String,
}

/// Breaks off with what a check has found.
pub fn broken<T>(check: &'static str, what: String) -> Result<T, Broken> {
    Err(Broken { check, what })
}

/// What is known of a client's command.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    open: u32,
    unknown: bool,
}

/// Who watches.
#[derive(Default)]
pub struct Oracle {
    told: BTreeMap<CommandId, Receipt>,
    sent: BTreeMap<CommandId, Sent>,
    known: Vec<(CommandId, Digest)>,
    places: BTreeMap<CommandId, u64>,
    frontier: Frontier,
    roots: Vec<Digest>,
    writers: BTreeMap<(u64, Tenure), usize>,
    epoch: u64,
    state: State,
    state_at: u64,
    compared: BTreeMap<usize, u64>,
}

impl Oracle {
    /// How many entries survive.
    pub fn size(&self) -> u64 {
        self.known.len() as u64
    }

    /// How many commands were acknowledged.
    pub fn told(&self) -> usize {
        self.told.len()
    }

    /// Whether a command was acknowledged.
    pub fn was_told(&self, id: CommandId) -> bool {
        self.told.contains_key(&id)
    }

    /// A command is on its way.
    pub fn sends(&mut self, id: CommandId) {
        self.sent.entry(id).or_default().open += 1;
    }

    /// A command's way has ended without a receipt; `unknown` where it may have been recorded.
    pub fn failed(&mut self, id: CommandId, unknown: bool) {
        let sent = self.sent.entry(id).or_default();
        sent.open = sent.open.saturating_sub(1);
        sent.unknown |= unknown;
    }

    /// A command was acknowledged.
    ///
    /// # Errors
    /// It was told something else before, or the record that survives does not say so.
    pub fn acknowledged(
        &mut self,
        id: CommandId,
        receipt: &Receipt,
        durable: &Database,
    ) -> Result<(), Broken> {
        let sent = self.sent.entry(id).or_default();
        sent.open = sent.open.saturating_sub(1);
        sent.unknown = true;
        let told = Receipt { repeated: false, ..receipt.clone() };
        stands(id, &told, durable)?;
        match self.told.get(&id) {
            Some(before) if *before != told => {
                broken(SAME_ANSWER, format!("{id}: {before:?}, and then {told:?}"))
            }
            Some(_) => Ok(()),
            None => {
                self.told.insert(id, told);
                Ok(())
            }
        }
    }

    /// Takes in what the record that survives has gained.
    ///
    /// # Errors
    /// It must not have, or it lost something.
    pub fn grown(&mut self, kept: &[(Arc<Batch>, Row)], durable: &Database) -> Result<(), Broken> {
        for (batch, row) in kept {
            self.written(batch, row)?;
        }
        let from = self.known.len();
        let Some(new) = durable.entries.get(from..) else {
            let found = durable.entries.len();
            return broken(GROWS, format!("{from} entries were kept, and there are {found}"));
        };
        for found in new {
            let seq = self.size();
            let leaf = entry::leaf_hash(&found.open);
            if found.seq != seq || found.leaf != leaf {
                return broken(ROOT, format!("entry {} stands at {seq}", found.seq));
            }
            if let Some(first) = self.places.insert(found.command, seq) {
                return broken(ONCE, format!("{} is entry {first} and {seq}", found.command));
            }
            if let Some(sent) = self.sent.get(&found.command)
                && sent.open == 0
                && !sent.unknown
            {
                return broken(NOT_RECORDED, format!("{} is entry {seq}", found.command));
            }
            self.known.push((found.command, leaf));
            self.frontier.append(leaf);
            self.roots.push(self.frontier.root());
        }
        if !new.is_empty() && durable.mark().head.root != self.frontier.root() {
            return broken(ROOT, format!("the head of {} entries has another", self.size()));
        }
        Ok(())
    }

    fn written(&mut self, batch: &Batch, row: &Row) -> Result<(), Broken> {
        let Batch { node, epoch, tenure, expected, .. } = batch;
        let in_force = (row.epoch, row.tenure);
        if (*epoch, *tenure) != in_force || *epoch < self.epoch {
            let what = format!("node {node} appends at {expected} by epoch {epoch}");
            return broken(ONE_WRITER, format!("{what}, and in force is epoch {}", row.epoch));
        }
        self.epoch = *epoch;
        let owner = *self.writers.entry((*epoch, *tenure)).or_insert(*node);
        if owner != *node {
            let what = format!("epoch {epoch} is node {owner}'s, and node {node} appends by it");
            return broken(ONE_WRITER, what);
        }
        Ok(())
    }

    /// Looks at everything again: every entry, and every answer that was given.
    ///
    /// # Errors
    /// One is not what it was.
    pub fn everything(&self, durable: &Database) -> Result<(), Broken> {
        for (seq, ((command, leaf), found)) in self.known.iter().zip(&durable.entries).enumerate() {
            if found.command != *command || entry::leaf_hash(&found.open) != *leaf {
                return broken(
                    GROWS,
                    format!("entry {seq} was {command} and is {}", found.command),
                );
            }
        }
        if durable.entries.len() < self.known.len() {
            let (had, has) = (self.known.len(), durable.entries.len());
            return broken(GROWS, format!("{had} entries were kept, and there are {has}"));
        }
        self.told.iter().try_for_each(|(id, told)| stands(*id, told, durable))
    }

    /// What a node shows, as against its position before.
    ///
    /// # Errors
    /// It shows something else than the record that survives, or goes back.
    pub fn shown(&self, node: usize, reader: &Reader, before: u64) -> Result<u64, Broken> {
        let frontier = reader.head().frontier;
        let position = frontier.size();
        if position < before {
            return broken(FORWARD, format!("node {node} showed {before} and shows {position}"));
        }
        if position > self.size() {
            let what = format!("node {node} shows {position} entries of {}", self.size());
            return broken(SHOWN, what);
        }
        let last = usize::try_from(position).ok().and_then(|size| size.checked_sub(1));
        let root = last.and_then(|last| self.roots.get(last).copied());
        if root.is_some_and(|root| root != frontier.root()) {
            return broken(SHOWN, format!("the {position} entries of node {node} are others"));
        }
        Ok(position)
    }

    /// Rebuilds the state that each reader should show, and looks at the invariants of the ledger.
    ///
    /// # Errors
    /// A reader shows another state, or an invariant does not hold.
    pub fn states(
        &mut self,
        readers: &[(usize, Reader)],
        durable: &Database,
    ) -> Result<(), Broken> {
        let mut readers: Vec<_> =
            readers.iter().map(|(node, reader)| (reader.position(), *node, reader)).collect();
        readers.sort_by_key(|(position, node, _)| (*position, *node));
        let mut known: Option<(u64, Vec<u8>)> = None;
        for (position, node, reader) in readers {
            if self.compared.insert(node, position) == Some(position) {
                continue;
            }
            if known.as_ref().is_none_or(|(at, _)| *at != position) {
                known = Some((position, self.state_after(position, durable)?));
            }
            let shown = reader.read(record::snapshot);
            let same = known.as_ref().is_some_and(|(_, bytes)| shown.is_ok_and(|s| s == *bytes));
            if !same {
                let what = format!("node {node} shows another state after {position} entries");
                return broken(SAME_STATE, what);
            }
        }
        invariants::check(&self.state)
            .map_err(|found| Broken { check: RULES, what: found.to_string() })
    }

    /// Another process of a node is looked at afresh.
    pub fn forget(&mut self, node: usize) {
        self.compared.remove(&node);
    }

    fn state_after(&mut self, size: u64, durable: &Database) -> Result<Vec<u8>, Broken> {
        let unreadable = |what: String| Broken { check: SAME_STATE, what };
        if size < self.state_at {
            let mut state = State::default();
            replay(&mut state, 0, size, durable)?;
            return record::snapshot(&state).map_err(|error| unreadable(error.to_string()));
        }
        replay(&mut self.state, self.state_at, size, durable)?;
        self.state_at = size;
        record::snapshot(&self.state).map_err(|error| unreadable(error.to_string()))
    }
}

fn replay(state: &mut State, from: u64, to: u64, durable: &Database) -> Result<(), Broken> {
    let (from, to) = (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    for found in &durable.entries[from..to] {
        match read_body(&found.body) {
            Ok(recorded) => record::replay(state, &recorded),
            Err(error) => return broken(SAME_STATE, format!("entry {}: {error}", found.seq)),
        }
    }
    Ok(())
}

/// Whether the record has a command where and as its receipt says.
fn stands(id: CommandId, told: &Receipt, durable: &Database) -> Result<(), Broken> {
    let at = usize::try_from(told.seq).unwrap_or(usize::MAX);
    let Some(found) = durable.entries.get(at) else {
        let size = durable.entries.len();
        return broken(KEPT, format!("{id} was told to be entry {at}, and there are {size}"));
    };
    if found.command != id {
        return broken(KEPT, format!("{id} was told to be entry {at}, which is {}", found.command));
    }
    match read_body(&found.body) {
        Ok(Recorded { at, result }) if at == told.at && result == told.answer => Ok(()),
        _ => broken(KEPT, format!("{id} was told another answer than entry {at} has")),
    }
}
