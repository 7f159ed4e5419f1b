//! Verifying a whole record. Answers: *is this what was written, and does everything follow from
//! it?*

mod depots;

use crate::opening::{OpenError, body, check_seen, label_number, read_body, rebuilt, sealed_part};
use countersign_core::State;
use countersign_core::evidence::{EntryAtHand, Examiner};
use countersign_core::record::{Answer, Recorded, restore, snapshot};
use countersign_proof::entry::{leaf_hash, verify_parts};
use countersign_proof::words::{Digest, EntryNumber};
use countersign_proof::{Checkpoint, Frontier, Label, LogVerifier, OpenPart, Outcome, SealedPart};
use countersign_store::{Mode, Store, StoredEntry};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Entries read at a time.
const CHUNK: usize = 1024;

/// What was found in a record that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Entries.
    pub entries: u64,
    /// Of these, commands carried out.
    pub accepted: u64,
    /// Of these, commands refused.
    pub refused: u64,
    /// Signatures under statements, each checked against its bytes and its enrolled key.
    pub signatures: u64,
    /// The root of the log.
    pub root: Digest,
    /// The log's origin.
    pub origin: String,
}

/// Why a record does not hold, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something in it is not as it was written.
    #[error("{place}: {what}")]
    Broken {
        /// Where.
        place: String,
        /// What.
        what: String,
    },
}

impl From<countersign_store::StoreError> for VerifyError {
    fn from(error: countersign_store::StoreError) -> Self {
        Self::Open(error.into())
    }
}

fn broken(place: impl Into<String>, what: impl ToString) -> VerifyError {
    VerifyError::Broken { place: place.into(), what: what.to_string() }
}

#[derive(Default, Deserialize)]
struct Deliberation {
    #[serde(default)]
    statements: Vec<SignedText>,
    justification: Option<String>,
}

#[derive(Deserialize)]
struct SignedText {
    text: String,
    signature: String,
}

/// The statements in an entry's sealed parts, as texts with their signatures.
#[must_use]
pub fn statements_in(parts: &[SealedPart]) -> Vec<(String, String)> {
    deliberation(parts).0
}

/// The statements in an entry's sealed parts, and why a request is made, where they say.
pub(crate) fn deliberation(parts: &[SealedPart]) -> (Vec<(String, String)>, Option<String>) {
    let sealed = parts.iter().find(|part| part.label == Label::Deliberation);
    let read: Option<Deliberation> =
        sealed.and_then(|part| serde_json::from_slice(&part.bytes).ok());
    let Deliberation { statements, justification } = read.unwrap_or_default();
    let statements = statements.into_iter().map(|signed| (signed.text, signed.signature));
    (statements.collect(), justification)
}

/// Verifies a whole record: hashes and head, the parts of every entry, every signature, the replay
/// and the invariants. `progress` is told how many of how many entries are done.
///
/// # Errors
/// [`VerifyError`] for the first thing that does not hold, with its place.
pub fn verify(
    location: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verification, VerifyError> {
    let store = countersign_store::open(location, Mode::Read)?;
    check_seen(location, store.as_ref())?;
    // What signs the head is looked at below, after the entries, which can be named.
    let (opened, head, _) = rebuilt(store.as_ref(), u64::MAX)?;
    store.check_integrity()?;
    let total = head.frontier.size();
    let mut walk = Walk::default();
    while walk.tree.size() < total {
        let entries = store.read(walk.tree.size(), CHUNK)?;
        if entries.is_empty() {
            return Err(broken(format!("entry {}", walk.tree.size()), "it is missing"));
        }
        for entry in &entries {
            walk.entry(entry).map_err(|what| broken(format!("entry {}", entry.seq), what))?;
        }
        progress(walk.tree.size(), total);
    }
    if walk.tree != head.frontier {
        return Err(broken("the head", "its root is not that of the entries"));
    }
    let found = walk.found;
    let state = walk.examiner.state();
    let ledger = &state.ledger;
    let log = LogVerifier::new(&ledger.origin, ledger.log_key.0)
        .map_err(|error| broken("the log key", error))?;
    let checkpoint = Checkpoint::open(head.note.as_bytes(), &log)
        .map_err(|error| broken("the checkpoint", error))?;
    if (checkpoint.size, checkpoint.root) != (total, walk.tree.root()) {
        return Err(broken("the checkpoint", "it is not that of this log"));
    }
    erasures(store.as_ref(), state, &walk.unnamed)?;
    same_state(state, &opened)?;
    snapshots(store.as_ref())?;
    let verification =
        Verification { root: walk.tree.root(), origin: ledger.origin.clone(), ..found };
    walk.examiner.finish().map_err(|fault| broken("the state", fault.what))?;
    Ok(verification)
}

/// Names are missing exactly where signed acts have erased them.
fn erasures(
    store: &dyn Store,
    state: &State,
    unnamed: &BTreeSet<EntryNumber>,
) -> Result<(), VerifyError> {
    let erased: BTreeSet<EntryNumber> =
        state.people.erased().flat_map(|(_, erased)| erased.entries.iter().copied()).collect();
    if let Some(entry) = unnamed.difference(&erased).next() {
        let what = "its names are gone, and no signed act erased them";
        return Err(broken(format!("entry {entry}"), what));
    }
    for entry in erased {
        let kept = store.entry(entry.0)?.into_iter().flat_map(|entry| entry.sealed);
        if kept.into_iter().any(|part| part.label == label_number(Label::Identity)) {
            let what = "its names were erased by a signed act and are still there; open the \
                        ledger for writing once, and they are taken out";
            return Err(broken(format!("entry {entry}"), what));
        }
    }
    Ok(())
}

/// The state replayed from the start must be the one that a reader opens, snapshot or not.
fn same_state(replayed: &State, opened: &State) -> Result<(), VerifyError> {
    let bytes = |state: &State| snapshot(state).map_err(|error| broken("the state", error));
    if bytes(replayed)? == bytes(opened)? {
        Ok(())
    } else {
        Err(broken("a snapshot", "it is not the state that the record gives"))
    }
}

fn snapshots(store: &dyn Store) -> Result<(), VerifyError> {
    let latest = store.latest_snapshot(countersign_core::record::SCHEMA)?;
    if let Some(kept) = latest.usable {
        restore(&kept.bytes).map_err(|error| broken("a snapshot", error))?;
    }
    if latest.skipped.is_empty() {
        Ok(())
    } else {
        Err(broken("a snapshot", "it is damaged; the record itself holds"))
    }
}

struct Walk {
    examiner: Examiner,
    tree: Frontier,
    found: Verification,
    /// Entries whose names are not there.
    unnamed: BTreeSet<EntryNumber>,
}

impl Default for Walk {
    fn default() -> Self {
        let root = countersign_proof::merkle::empty_root();
        let found = Verification {
            entries: 0,
            accepted: 0,
            refused: 0,
            signatures: 0,
            root,
            origin: String::new(),
        };
        let (examiner, tree) = (Examiner::of_whole(), Frontier::new());
        Self { examiner, tree, found, unnamed: BTreeSet::new() }
    }
}

impl Walk {
    fn entry(&mut self, entry: &StoredEntry) -> Result<(), String> {
        let here = |what: &dyn ToString| what.to_string();
        let open = OpenPart::parse(&entry.open).map_err(|error| here(&error))?;
        if leaf_hash(&entry.open) != entry.leaf {
            return Err(here(&"its leaf is not the hash of its open part"));
        }
        if open.seq != entry.seq || open.seq != self.tree.size() || open.id != entry.command {
            return Err(here(&"its number or command id is not the one it was stored under"));
        }
        let body = body(&entry.body).ok_or_else(|| here(&"its body has no salt"))?;
        let parts: Option<Vec<SealedPart>> = entry.sealed.iter().map(sealed_part).collect();
        let parts = parts.ok_or_else(|| here(&"a sealed part cannot be read"))?;
        let withheld = verify_parts(&open, Some(&body), &parts).map_err(|error| here(&error))?;
        for label in withheld {
            match label {
                Label::Identity => drop(self.unnamed.insert(EntryNumber(entry.seq))),
                Label::Parties | Label::Deliberation => {
                    return Err(here(&"a sealed part is missing"));
                }
            }
        }
        let recorded = read_body(&entry.body).map_err(|error| here(&error))?;
        self.outcome(&open, &recorded)?;
        let (statements, justification) = deliberation(&parts);
        if open.outcome == Outcome::Accepted {
            let signed = u64::try_from(statements.len()).unwrap_or(u64::MAX);
            self.found.signatures = self.found.signatures.saturating_add(signed);
        }
        let examined = self.examiner.entry(EntryAtHand {
            seq: entry.seq,
            recorded: Some(&recorded),
            statements: &statements,
            justification: justification.as_deref(),
        });
        examined.map_err(|fault| fault.what)?;
        if let Answer::Accepted(events) = &recorded.result {
            let signed = depots::check(&parts, events)?;
            self.found.signatures = self.found.signatures.saturating_add(signed);
        }
        let ledger = &self.examiner.state().ledger;
        if !ledger.is_founded() || open.ledger != ledger.digest {
            return Err(here(&"it names another ledger"));
        }
        self.tree.append(entry.leaf);
        self.found.entries = self.tree.size();
        Ok(())
    }

    fn outcome(&mut self, open: &OpenPart, recorded: &Recorded) -> Result<(), String> {
        let alike = match (&open.outcome, &recorded.result) {
            (Outcome::Accepted, Answer::Accepted(_)) => {
                self.found.accepted = self.found.accepted.saturating_add(1);
                true
            }
            (Outcome::Refused { code }, Answer::Refused { code: stored, message: _ }) => {
                self.found.refused = self.found.refused.saturating_add(1);
                code == stored
            }
            (Outcome::Accepted, Answer::Refused { .. })
            | (Outcome::Refused { .. }, Answer::Accepted(_)) => false,
        };
        if !alike || open.time != recorded.at {
            return Err("its open part and its body disagree".to_owned());
        }
        Ok(())
    }
}
