//! The question put to a policy version, its answer, and what a version is made of.

use crate::stock::{Input, Item};
use countersign_proof::checkpoint::{CheckpointError, SignedNote};
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::entry::Label;
use countersign_proof::words::{
    Act, InputId, Moment, OfficeId, PartyId, PolicyVersionId, Quantity, ZoneId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whose word counts for a party's control, for one act under one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deciding {
    /// This office decides.
    Office(OfficeId),
    /// The party has given a standing permission: its limits stand in the policies themselves.
    Standing,
}

/// What a version says of signatures made by a software key, without user verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyOnlyRule {
    /// Refused for items of class red; the default.
    RefuseRed,
    /// Allowed; only an exercise ledger may say so.
    Allow,
}

/// A policy version: Cedar policies, deciding offices and data shape, as one digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyBundle {
    /// The version's name.
    pub version: PolicyVersionId,
    /// The data shape (schema) the policies are written for.
    pub data_shape: u16,
    /// Every party's deciding office for each act.
    pub deciding: BTreeMap<PartyId, BTreeMap<Act, Deciding>>,
    /// The rule for software keys.
    pub key_only: KeyOnlyRule,
    /// The Cedar policies, file by file.
    pub policies: BTreeMap<String, String>,
    /// The standing properties it promises to keep, file by file: each a set of Cedar policies
    /// that allows whatever the version may allow.
    pub properties: BTreeMap<String, String>,
    /// The witnesses who must have cosigned the log before a release counts; none: a release
    /// counts at once.
    pub witnesses: Option<WitnessRule>,
}

/// Who must have seen a release on the log, and said so, before it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessRule {
    /// How many of the witnesses, from 1 to all of them.
    pub quorum: u8,
    /// The witnesses: verifier keys of type 04 (C2SP tlog-cosignature).
    pub keys: BTreeSet<String>,
}

impl WitnessRule {
    /// The witnesses, in the order of their keys.
    ///
    /// # Errors
    /// [`CheckpointError`] when a key cannot be one.
    pub fn verifiers(&self) -> Result<Vec<WitnessVerifier>, CheckpointError> {
        self.keys.iter().map(|key| key.parse()).collect()
    }

    /// How many of the witnesses cosigned a note.
    ///
    /// # Errors
    /// [`CheckpointError`] when a cosignature by one of them does not hold, or a key cannot be one.
    pub fn cosigned(&self, note: &SignedNote) -> Result<usize, CheckpointError> {
        let mut count: usize = 0;
        for witness in self.verifiers()? {
            count = count.saturating_add(usize::from(witness.cosigned(note)?.is_some()));
        }
        Ok(count)
    }

    /// Who is demanded, in words: `2 of 3: north.example, south.example, west.example`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let name = |key: &String| key.split('+').next().unwrap_or_default().to_owned();
        let names: Vec<String> = self.keys.iter().map(name).collect();
        format!("{} of {}: {}", self.quorum, names.len(), names.join(", "))
    }

    /// Whether so many are enough.
    #[must_use]
    pub fn is_met_by(&self, count: usize) -> bool {
        count >= usize::from(self.quorum.max(1))
    }
}

/// A named area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// Its name for people.
    pub title: String,
    /// The zone it lies in.
    pub within: Option<ZoneId>,
}

/// What a policy can name: the entities, but for the one item asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// The parties.
    pub parties: BTreeSet<PartyId>,
    /// The offices and the party each belongs to.
    pub offices: BTreeMap<OfficeId, PartyId>,
    /// The inputs.
    pub inputs: BTreeMap<InputId, Input>,
    /// The zones.
    pub zones: BTreeMap<ZoneId, Zone>,
}

/// Running totals of a holder and an item, in units, since the ledger began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Bound by live releases.
    pub released: Quantity,
    /// Reported as used.
    pub used: Quantity,
}

/// What an order to divert undertakes beside the diversion: what a policy may demand of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preconditions {
    /// It refers to a certification that it is needed.
    pub certified: bool,
    /// Days between the order and its execution.
    pub notice_days: u16,
    /// It owes the units back by a stated month.
    pub replaced: bool,
}

/// A question about units of an item.
#[derive(Clone, Debug)]
pub struct ItemQuestion<'a> {
    /// For whom.
    pub holder: &'a PartyId,
    /// Of what.
    pub item: &'a Item,
    /// Where; the ancestors are added from the world. `None` for acts that name no zone.
    pub zone: Option<&'a ZoneId>,
    /// How many.
    pub quantity: Quantity,
    /// For a transfer, to whom.
    pub recipient: Option<&'a PartyId>,
    /// For `admit`, the act the new request asks for; otherwise the act itself.
    pub requested: Act,
    /// What the holder already has out and has used.
    pub totals: Totals,
    /// What an order to divert undertakes; nothing for every other act.
    pub preconditions: Preconditions,
}

/// A question about what an office may see of a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewQuestion<'a> {
    /// Who asks.
    pub office: &'a OfficeId,
    /// Which kind of part.
    pub label: Label,
    /// Whether the matter concerns the office's party: as holder, recipient, origin or controller.
    pub concerned: bool,
    /// Whether the office advises or decides on it, or has done so.
    pub consulted: bool,
}

/// What the act is done to.
#[derive(Clone, Debug)]
pub enum Subject<'a> {
    /// Units of an item.
    Item(ItemQuestion<'a>),
    /// An office (appointments).
    Office(&'a OfficeId),
    /// What an office may see of a matter.
    View(ViewQuestion<'a>),
    /// The programme as a whole (publication, holds).
    Programme {
        /// For a publication, whether everything claimed of the version is proved.
        proved: bool,
    },
}

/// A question put to one policy version.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The act.
    pub act: Act,
    /// What it is done to.
    pub subject: Subject<'a>,
    /// The moment of the entry.
    pub now: Moment,
    /// Whether one of the signatures at hand was made without user verification.
    pub key_only: bool,
    /// Whether the ledger is an exercise.
    pub exercise: bool,
}

/// Who must consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Nobody: a standing permission.
    Standing,
    /// One of these sets of offices, each minimal: none contains another, none is empty.
    Needs(BTreeSet<BTreeSet<OfficeId>>),
    /// No consent can make it allowed.
    Prohibited,
}

/// Why a policy gave no answer; each refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A policy failed while it was evaluated.
    #[error("policy {policy} failed: {message}")]
    Evaluation {
        /// The policy's id.
        policy: String,
        /// Cedar's message.
        message: String,
    },
    /// Something named in the question is not in the world.
    #[error("{kind} {id} is not known to policy")]
    UnknownEntity {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The version names no deciding office for a controller of the item.
    #[error("the policy version names no deciding office of {party} for {act}")]
    NoDecidingOffice {
        /// The controlling party.
        party: PartyId,
        /// The act.
        act: Act,
    },
    /// More offices could matter than can be enumerated.
    #[error("{count} offices could matter to this question; at most {limit} can be weighed")]
    TooManyOffices {
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The question does not fit the schema.
    #[error("the question does not fit the schema: {0}")]
    Question(String),
}
