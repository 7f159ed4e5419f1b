//! The people's own signatures behind a certificate.
//!
//! Answers: *did the officials whom this depot knows sign for exactly this, and is that in the
//! log?* The issuer's signature says that the ledger stands by a release. Here a depot goes past
//! it, to the statements that the officials signed, each with the log entry that holds it; so a
//! server that was taken over cannot release stock by its own key.
//!
//! What is trusted is pinned at the depot beforehand: the log's key, the officials' keys with the
//! offices that they may sign for and when, and which offices must have signed.

use super::Certificate;
use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier, SignedNote};
use crate::entry::{EntryError, Label, OpenPart, Outcome, SealedPart};
use crate::merkle::{MerkleError, leaf_hash, verify_inclusion};
use crate::signature::{SignatureError, SignatureRules, Verified, verify};
use crate::statement::kinds::Decision;
use crate::trust::{Trust, TrustRefusal};
use crate::words::{DecisionKind, Digest, KeyId, Moment, OfficeId, PersonId, Window};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// One decision as it stands in the log: its entry, the part that holds the statement and its
/// signature, and the proof that the entry is in the tree of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDecision {
    /// The open part of the entry, as its bytes.
    pub open: Vec<u8>,
    /// The sealed part that holds the statement.
    pub sealed: SealedPart,
    /// The inclusion proof, from the leaf upwards.
    pub proof: Vec<Digest>,
}

/// The decisions behind a certificate, and the checkpoint that they are proved against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDecisions {
    /// The decisions.
    pub decisions: Vec<LoggedDecision>,
    /// The log's checkpoint, a signed note.
    pub checkpoint: String,
}

/// A key that a depot knows: whose it is, for which offices, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// Whose.
    pub person: PersonId,
    /// For which offices the person may sign with it.
    pub offices: BTreeSet<OfficeId>,
    /// In which span.
    pub span: Window,
    /// The key's fingerprint.
    pub key: KeyId,
}

/// What a depot trusts beside the issuer.
#[derive(Clone, Debug)]
pub struct TrustedPeople<'a> {
    /// The log.
    pub log: &'a LogVerifier,
    /// The officials' keys.
    pub keys: &'a [KnownKey],
    /// The offices that must have signed; at least one must have in any case.
    pub demanded: &'a BTreeSet<OfficeId>,
    /// Where keys in authenticators may have signed.
    pub rules: &'a SignatureRules,
    /// Which witnesses must have cosigned the log's checkpoint; none are asked for, if not given.
    pub witnesses: Option<&'a Trust>,
}

/// A decision that was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who signed.
    pub person: PersonId,
    /// For which office.
    pub office: OfficeId,
    /// When it was taken into the log.
    pub at: Moment,
    /// The place in the log.
    pub entry: u64,
    /// The digest of the statement.
    pub statement: Digest,
}

/// Why the people's signatures do not bear a certificate out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionsError {
    /// Nobody signed, so there is nothing to go by but the issuer.
    #[error(
        "no official's signature stands behind it: a standing permission needs none. Honour it on \
         the issuer's word alone with --certificate-only, if your orders allow that"
    )]
    NobodySigned,
    /// Decisions given and decisions named are not the same.
    #[error(
        "the certificate names {named} decisions and {given} of them are given; bring the \
             evidence file that was issued with this certificate"
    )]
    NotTheSame {
        /// How many the certificate names.
        named: usize,
        /// How many of those are given.
        given: usize,
    },
    /// A part that is not of its entry, or an entry that is none.
    #[error("entry {entry} of the log: {why}; bring the evidence file as it was issued")]
    Entry {
        /// Which entry.
        entry: u64,
        /// What is wrong.
        why: String,
    },
    /// The checkpoint.
    #[error("the checkpoint does not hold: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The witnesses whom the depot believes.
    #[error(
        "the log's checkpoint: {0}; have it cosigned (`log collect`) and fetch the evidence anew \
         (`release evidence`)"
    )]
    Witnesses(#[from] TrustRefusal),
    /// The proof that an entry is in the log.
    #[error("entry {entry} is not proved to be in the log: {why}; ask for the evidence anew")]
    NotInLog {
        /// Which entry.
        entry: u64,
        /// Why.
        why: MerkleError,
    },
    /// A person's signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The key is not one that the depot knows for that.
    #[error(
        "the depot knows no key {key} of {person} for {office} at {at}; bring the officials' keys \
         up to date (`depot trust`), or do not hand out"
    )]
    UnknownSigner {
        /// The key that signed.
        key: KeyId,
        /// Who signs.
        person: PersonId,
        /// For which office.
        office: OfficeId,
        /// When it was taken into the log.
        at: Moment,
    },
    /// A decision on something else, or on less.
    #[error(
        "the decision of {office} does not bear the certificate out: {what}; do not hand out, \
             and report it"
    )]
    Terms {
        /// The office.
        office: OfficeId,
        /// What differs.
        what: &'static str,
    },
    /// An office whose consent is demanded here.
    #[error("{0} has not signed, and this depot hands nothing out without it")]
    OfficeMissing(OfficeId),
    /// One person for several offices.
    #[error("the offices demanded here were not signed for by as many distinct persons")]
    SamePerson,
}

impl DecisionsError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NobodySigned => "decisions/nobody-signed",
            Self::NotTheSame { .. } => "decisions/not-the-same",
            Self::Entry { .. } => "decisions/entry",
            Self::Checkpoint(_) => "decisions/checkpoint",
            Self::Witnesses(_) => "decisions/witnesses",
            Self::NotInLog { .. } => "decisions/not-in-log",
            Self::Signature(_) => "decisions/signature",
            Self::UnknownSigner { .. } => "decisions/unknown-signer",
            Self::Terms { .. } => "decisions/terms",
            Self::OfficeMissing(_) => "decisions/office-missing",
            Self::SamePerson => "decisions/same-person",
        }
    }
}

/// Checks that the officials signed for what the certificate says.
///
/// # Errors
/// [`DecisionsError`] for the first thing that does not hold.
pub fn check(
    certificate: &Certificate,
    logged: &LoggedDecisions,
    trusted: &TrustedPeople<'_>,
) -> Result<Vec<Approval>, DecisionsError> {
    if certificate.decisions.is_empty() {
        return Err(DecisionsError::NobodySigned);
    }
    let checkpoint = Checkpoint::open(logged.checkpoint.as_bytes(), trusted.log)?;
    if let Some(witnesses) = trusted.witnesses {
        witnesses.judge(&SignedNote::parse(logged.checkpoint.as_bytes())?)?;
    }
    let mut approvals: BTreeMap<Digest, Approval> = BTreeMap::new();
    for decision in &logged.decisions {
        let approval = check_one(certificate, decision, &checkpoint, trusted)?;
        if certificate.decisions.contains(&approval.statement) {
            approvals.insert(approval.statement, approval);
        }
    }
    if approvals.len() != certificate.decisions.len() {
        let (named, given) = (certificate.decisions.len(), approvals.len());
        return Err(DecisionsError::NotTheSame { named, given });
    }
    let approvals: Vec<Approval> = approvals.into_values().collect();
    enough(&approvals, trusted.demanded)?;
    Ok(approvals)
}

/// What the part of an entry that holds statements says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statements {
    statements: Vec<TextAndSignature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextAndSignature {
    text: String,
    signature: String,
}

fn check_one(
    certificate: &Certificate,
    logged: &LoggedDecision,
    checkpoint: &Checkpoint,
    trusted: &TrustedPeople<'_>,
) -> Result<Approval, DecisionsError> {
    let unread = |error: EntryError| DecisionsError::Entry { entry: 0, why: error.to_string() };
    let open = OpenPart::parse(&logged.open).map_err(unread)?;
    let entry = open.seq;
    let fault = |why: &str| DecisionsError::Entry { entry, why: why.to_owned() };
    let (size, root) = (checkpoint.size, checkpoint.root);
    verify_inclusion(leaf_hash(&logged.open), entry, size, &logged.proof, root)
        .map_err(|why| DecisionsError::NotInLog { entry, why })?;
    if open.ledger != certificate.ledger {
        return Err(fault("it is of another ledger"));
    }
    if open.command != "decide_request" || open.outcome != Outcome::Accepted {
        return Err(fault("it records no decision that was taken"));
    }
    let sealed = &logged.sealed;
    if sealed.label != Label::Deliberation || !open.sealed.contains(&sealed.seal()) {
        return Err(fault("the part given is not the one that it commits to"));
    }
    let held: Statements = serde_json::from_slice(&sealed.bytes)
        .map_err(|_| fault("its part does not hold statements"))?;
    let [one] = held.statements.as_slice() else {
        return Err(fault("it holds more or less than one statement"));
    };
    let verified: Verified<Decision> = verify(one.text.as_bytes(), &one.signature, trusted.rules)?;
    let decision = verified.statement();
    let known = trusted.keys.iter().any(|known| {
        known.key == verified.key_id()
            && known.person == decision.signer
            && known.offices.contains(&decision.office)
            && known.span.contains(open.time)
    });
    if !known {
        let (person, office) = (decision.signer.clone(), decision.office.clone());
        let (key, at) = (verified.key_id(), open.time);
        return Err(DecisionsError::UnknownSigner { key, person, office, at });
    }
    if let Some(what) = differs(certificate, decision) {
        return Err(DecisionsError::Terms { office: decision.office.clone(), what });
    }
    Ok(Approval {
        person: decision.signer.clone(),
        office: decision.office.clone(),
        at: open.time,
        entry,
        statement: verified.digest(),
    })
}

/// In what a decision does not bear a certificate out.
fn differs(certificate: &Certificate, decision: &Decision) -> Option<&'static str> {
    let (terms, provisos) = (&decision.terms, &decision.provisos);
    let quantity = provisos.quantity.map_or(terms.quantity, |most| most.min(terms.quantity));
    let within = |outer: Window| {
        // A certificate counts in whole seconds; it never begins before, or ends after.
        outer.from() <= certificate.window.from() && certificate.window.until() <= outer.until()
    };
    let depot = |named: &Option<_>| named.as_ref().is_none_or(|named| *named == certificate.depot);
    [
        (decision.decision == DecisionKind::Approve, "it does not approve"),
        (decision.binding.ledger == certificate.ledger, "the ledger"),
        (decision.binding.exercise == certificate.exercise, "whether this is an exercise"),
        (terms.request == certificate.request, "the request"),
        (terms.revision == certificate.revision, "the revision"),
        (terms.act == certificate.act, "the act"),
        (terms.item == certificate.item, "the item"),
        (terms.holder == certificate.holder, "the holder"),
        (certificate.quantity <= quantity, "the quantity"),
        (within(terms.window), "the window"),
        (provisos.window.is_none_or(within), "the window of its provisos"),
        (depot(&terms.depot) && depot(&provisos.depot), "the depot"),
    ]
    .into_iter()
    .find_map(|(holds, what)| (!holds).then_some(what))
}

/// Whether every demanded office has signed, each by a person of its own.
fn enough(approvals: &[Approval], demanded: &BTreeSet<OfficeId>) -> Result<(), DecisionsError> {
    let mut signers: Vec<BTreeSet<&PersonId>> = Vec::new();
    for office in demanded {
        let by: BTreeSet<&PersonId> = approvals
            .iter()
            .filter(|approval| approval.office == *office)
            .map(|approval| &approval.person)
            .collect();
        if by.is_empty() {
            return Err(DecisionsError::OfficeMissing(office.clone()));
        }
        signers.push(by);
    }
    if distinct(&signers, &mut BTreeSet::new()) { Ok(()) } else { Err(DecisionsError::SamePerson) }
}

/// Whether every set can give a person whom no other gives; the sets are few and small.
fn distinct<'a>(sets: &[BTreeSet<&'a PersonId>], taken: &mut BTreeSet<&'a PersonId>) -> bool {
    let Some((first, rest)) = sets.split_first() else { return true };
    first.iter().any(|person| {
        taken.insert(*person) && {
            let placed = distinct(rest, taken);
            if !placed {
                taken.remove(person);
            }
            placed
        }
    })
}
