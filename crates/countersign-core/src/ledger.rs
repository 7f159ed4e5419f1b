//! The ledger itself. Answers: *which ledger is this, what time is it, which statements may still
//! be signed, and where?*

pub use crate::charter::{
    Calendar, Charter, CharterKey, CharterPolicy, CharterProblem, SigningPlaces,
};

use crate::rejection::rejections;
use countersign_proof::LogVerifier;
use countersign_proof::checkpoint::CheckpointError;
use countersign_proof::signature::{SignatureRules, Verified};
use countersign_proof::statement::kinds::{Binding, Founding, LogKeyRotation, SeenHead};
use countersign_proof::statement::{Statement, StatementKind};
use countersign_proof::words::{Digest, Moment, Nonce, PersonId, RequestId, Revision};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Distinct founders a ledger needs: nobody starts one alone.
pub const FOUNDERS: usize = 2;
/// Open nonces one person may have at once.
pub const OPEN_NONCES: usize = 1_024;
/// How long a nonce can be used, in minutes.
pub const NONCE_MINUTES: u64 = 240;

/// State: the ledger's identity, clock and nonces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Digest of the founding statement; what every other statement names.
    pub digest: Digest,
    /// The log's origin line.
    pub origin: String,
    /// Whether this is an exercise: scripted clock, demo keys.
    pub exercise: bool,
    /// Digest of the charter.
    pub charter: Digest,
    /// The log's public key.
    pub log_key: Digest,
    /// The keys that the log had before, the first one first.
    pub earlier_log_keys: Vec<Digest>,
    /// When it was founded.
    pub founded_at: Moment,
    /// The moment of the newest entry.
    pub clock: Moment,
    /// How many entries the record has.
    pub entries: u64,
    /// Working days and deadlines.
    pub calendar: Calendar,
    /// Where signatures may come from.
    pub signing: SigningPlaces,
    /// At each origin, the digest of the signing script that its door declared last.
    pub doors: BTreeMap<String, Digest>,
    /// Every nonce that has not expired, spent or not.
    nonces: BTreeMap<Nonce, OpenNonce>,
    /// The same by their expiry, so that those that have expired are found at once.
    expiring: BTreeSet<(Moment, Nonce)>,
    /// How many unspent nonces each person has among them.
    unspent: BTreeMap<PersonId, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OpenNonce {
    person: PersonId,
    subject: NonceSubject,
    head: (u64, Digest),
    expires: Moment,
    spent: bool,
}

/// What a nonce may be used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceSubject {
    /// The kind of statement.
    pub kind: StatementKind,
    /// For a decision or an advice, the request and the revision it was made after.
    pub request: Option<(RequestId, Revision)>,
}

/// Commands about the ledger itself.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begin the ledger.
    Found {
        /// Parties, offices, people, items, policies at the start.
        charter: Box<Charter>,
        /// The founders' statements, alike but for signer and reason.
        statements: Vec<Verified<Founding>>,
        /// Names of the people, kept apart under the identity label.
        names: BTreeMap<PersonId, String>,
    },
    /// Let the next thing that is due happen.
    AdvanceClock,
    /// Ask for the single-use number that one statement will carry.
    IssueNonce {
        /// Random, made by the writer.
        nonce: Nonce,
        /// Who will sign. Whoever stands at the door may ask only for themselves.
        person: PersonId,
        /// What it is for.
        subject: NonceSubject,
        /// The tree head at that moment.
        head: (u64, Digest),
    },
    /// Have checkpoints signed with another key from this entry on. It needs the consent that a
    /// policy version needs.
    RotateLogKey {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<LogKeyRotation>>,
    },
    /// Declare, as a door opens, which signing script it serves. It approves nothing, and nobody
    /// need stand at the door; it lets an overseer tell later what people had before them.
    OpenDoor {
        /// One of the charter's web origins.
        origin: String,
        /// SHA-256 of the script's bytes.
        script: Digest,
    },
}

/// Events of the ledger itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The ledger began.
    LedgerFounded {
        /// Digest of the first founder's statement.
        digest: Digest,
        /// The log's origin line.
        origin: String,
        /// Whether it is an exercise.
        exercise: bool,
        /// The log's public key.
        log_key: Digest,
        /// The charter.
        charter: Box<Charter>,
    },
    /// A nonce was given out.
    NonceIssued {
        /// The nonce.
        nonce: Nonce,
        /// To whom.
        person: PersonId,
        /// For what.
        subject: NonceSubject,
        /// The tree head to be quoted.
        head: (u64, Digest),
        /// Until when it can be used.
        expires: Moment,
    },
    /// A nonce was used.
    NonceSpent {
        /// The nonce.
        nonce: Nonce,
    },
    /// A door declared its signing script.
    DoorOpened {
        /// Where.
        origin: String,
        /// SHA-256 of the script's bytes.
        script: Digest,
    },
    /// Checkpoints are signed with another key from this entry on.
    LogKeyRotated {
        /// The log's new public key.
        log_key: Digest,
    },
}

rejections!(
    /// Why the ledger refuses.
    Rejection in "ledger" {
        NotFounded = "not-founded", "the ledger has not been founded yet; found it first";
        AlreadyFounded = "already-founded", "the ledger is founded already";
        ClockWentBack { now: Moment, last: Moment } = "clock-went-back",
            "the clock says {now}, but the last entry was made at {last}; set the clock right";
        ClockBehind { due: Moment } = "clock-behind",
            "something due at {due} has not happened yet; try again";
        NothingDue = "nothing-due", "nothing is due";
        CharterFaulty { problem: CharterProblem } = "charter-faulty", "the charter does not hold: \
             {problem}";
        FoundersMissing { have: usize, need: usize } = "founders-missing",
            "{need} distinct founders with keys in the charter must sign; {have} did";
        FoundingMismatch { what: &'static str } = "founding-mismatch",
            "the founding statements and the charter disagree on {what}";
        TooManyOpenStatements { limit: usize } = "too-many-open-statements",
            "this person has {limit} statements open; sign one or let one expire";
        ForeignLedger = "foreign-ledger",
            "the statement names another ledger; have it made anew for this one";
        StatementNotYetValid { from: Moment } = "statement-not-yet-valid",
            "the statement counts only from {from}";
        StatementExpired { until: Moment } = "statement-expired",
            "the statement expired at {until}; ask for a new one and sign that";
        NonceUnknown = "nonce-unknown",
            "the ledger made no such nonce for this statement; ask for a new statement";
        NonceReplayed = "nonce-replayed",
            "this statement was used already; each counts once. Ask for a new one and sign that";
        NonceOfAnother = "nonce-of-another",
            "the nonce was made for another person, kind of statement, request or revision";
        CheckpointMismatch = "checkpoint-mismatch",
            "the statement quotes another checkpoint than the one it was made with";
        UnknownOrigin { origin: String } = "unknown-origin",
            "{origin} is none of the origins that the charter names; passkeys could not sign there";
        DoorKnown { origin: String } = "door-known",
            "the door at {origin} declared this very script last; nothing has changed";
        RotationsDiffer = "rotations-differ",
            "the statements differ in more than office, signer, binding and reason, or none was \
             given";
        NotTheLogKey { key: Digest } = "not-the-log-key",
            "the log's key is not {key}, so it cannot be replaced; have the statement made anew";
        LogKeyKnown { key: Digest } = "log-key-known",
            "{key} is, or was, the log's key already; make a new one";
    }
);

impl Ledger {
    /// A ledger that has not been founded.
    #[must_use]
    pub(crate) fn empty() -> Self {
        Self {
            digest: Digest([0; 32]),
            origin: String::new(),
            exercise: false,
            charter: Digest([0; 32]),
            log_key: Digest([0; 32]),
            earlier_log_keys: Vec::new(),
            founded_at: Moment::LAST,
            clock: Moment::from_millis(0).unwrap_or(Moment::LAST),
            entries: 0,
            calendar: Calendar::default(),
            signing: SigningPlaces::default(),
            doors: BTreeMap::new(),
            nonces: BTreeMap::new(),
            expiring: BTreeSet::new(),
            unspent: BTreeMap::new(),
        }
    }

    /// Whether the ledger has begun.
    #[must_use]
    pub fn is_founded(&self) -> bool {
        self.founded_at != Moment::LAST
    }

    /// Decides [`Command::Found`].
    pub(crate) fn found(
        &self,
        charter: &Charter,
        statements: &[Verified<Founding>],
        at: Moment,
    ) -> Result<Event, Rejection> {
        if self.is_founded() {
            return Err(Rejection::AlreadyFounded);
        }
        charter.check().map_err(|problem| Rejection::CharterFaulty { problem })?;
        let digest = charter.digest();
        let (first_policy, first_digest) = charter
            .policies
            .first()
            .map(|policy| (&policy.bundle.version, policy.bundle.digest()))
            .ok_or(Rejection::FoundingMismatch { what: "the first policy version" })?;
        let Some(first) = statements.first() else {
            return Err(Rejection::FoundersMissing { have: 0, need: FOUNDERS });
        };
        let mut founders = BTreeSet::new();
        for verified in statements {
            let founding = verified.statement();
            let alike = Founding {
                signer: first.statement().signer.clone(),
                reason: first.statement().reason.clone(),
                ..founding.clone()
            };
            for (holds, what) in [
                (alike == *first.statement(), "origin, nonce or moment"),
                (founding.charter_digest == digest, "the charter's digest"),
                (founding.policy == *first_policy, "the first policy version"),
                (founding.policy_digest == first_digest, "the policy's digest"),
                (founding.exercise == charter.exercise, "whether this is an exercise"),
                (founding.founded_at == at, "the founding moment"),
            ] {
                if !holds {
                    return Err(Rejection::FoundingMismatch { what });
                }
            }
            if charter.is_key_of(&verified.key_id(), &founding.signer, at) {
                founders.insert(&founding.signer);
            }
        }
        if founders.len() < FOUNDERS {
            return Err(Rejection::FoundersMissing { have: founders.len(), need: FOUNDERS });
        }
        Ok(Event::LedgerFounded {
            digest: first.digest(),
            origin: first.statement().origin.clone(),
            exercise: charter.exercise,
            log_key: first.statement().log_key,
            charter: Box::new(charter.clone()),
        })
    }

    /// Decides [`Command::IssueNonce`] for `person`.
    pub(crate) fn issue_nonce(
        &self,
        nonce: Nonce,
        person: &PersonId,
        subject: &NonceSubject,
        head: (u64, Digest),
        at: Moment,
    ) -> Result<Event, Rejection> {
        let mine = |(_, nonce): &&(Moment, Nonce)| {
            self.nonces.get(nonce).is_some_and(|open| open.person == *person && !open.spent)
        };
        // What has expired by now, but is still kept, does not count.
        let expired = self.expiring.iter().take_while(|(expires, _)| *expires <= at);
        let expired = expired.filter(mine).count();
        let unspent = self.unspent.get(person).copied().unwrap_or(0);
        if unspent.saturating_sub(expired) >= OPEN_NONCES {
            return Err(Rejection::TooManyOpenStatements { limit: OPEN_NONCES });
        }
        if self.nonces.contains_key(&nonce) {
            return Err(Rejection::NonceReplayed);
        }
        Ok(Event::NonceIssued {
            nonce,
            person: person.clone(),
            subject: subject.clone(),
            head,
            expires: at.plus_minutes(NONCE_MINUTES),
        })
    }

    /// Decides [`Command::OpenDoor`].
    pub(crate) fn open_door(&self, origin: &str, script: Digest) -> Result<Event, Rejection> {
        if !self.signing.origins.contains(origin) {
            let origin = origin.chars().take(80).collect();
            return Err(Rejection::UnknownOrigin { origin });
        }
        if self.doors.get(origin) == Some(&script) {
            return Err(Rejection::DoorKnown { origin: origin.to_owned() });
        }
        Ok(Event::DoorOpened { origin: origin.to_owned(), script })
    }

    /// Decides [`Command::RotateLogKey`]; that those who signed may is found elsewhere.
    pub(crate) fn rotate(
        &self,
        statements: &[Verified<LogKeyRotation>],
    ) -> Result<Event, Rejection> {
        let first = statements.first().ok_or(Rejection::RotationsDiffer)?.statement();
        let LogKeyRotation { log_key, replaces, .. } = *first;
        let alike = |other: &Verified<LogKeyRotation>| {
            let other = other.statement();
            other.log_key == log_key && other.replaces == replaces
        };
        if !statements.iter().all(alike) {
            return Err(Rejection::RotationsDiffer);
        }
        if replaces != self.log_key {
            return Err(Rejection::NotTheLogKey { key: replaces });
        }
        if log_key == self.log_key || self.earlier_log_keys.contains(&log_key) {
            return Err(Rejection::LogKeyKnown { key: log_key });
        }
        Ok(Event::LogKeyRotated { log_key })
    }

    /// The keys of the log: the one that signs now, then those before it, the last one first; an
    /// error for each that cannot be one.
    pub fn log_keys(&self) -> impl Iterator<Item = Result<LogVerifier, CheckpointError>> + '_ {
        let keys = std::iter::once(&self.log_key).chain(self.earlier_log_keys.iter().rev());
        keys.map(|key| LogVerifier::new(&self.origin, key.0))
    }

    /// What signatures under statements of this ledger are held against.
    #[must_use]
    pub fn signature_rules(&self) -> SignatureRules {
        self.signing.rules()
    }

    /// Whether a statement of this kind, signer and binding may be used at `at`.
    pub(crate) fn check_binding(
        &self,
        binding: &Binding,
        signer: &PersonId,
        subject: &NonceSubject,
        at: Moment,
    ) -> Result<Event, Rejection> {
        if binding.ledger != self.digest || binding.exercise != self.exercise {
            return Err(Rejection::ForeignLedger);
        }
        if at < binding.validity.from() {
            return Err(Rejection::StatementNotYetValid { from: binding.validity.from() });
        }
        if at >= binding.validity.until() {
            return Err(Rejection::StatementExpired { until: binding.validity.until() });
        }
        let open = self.nonces.get(&binding.nonce).ok_or(Rejection::NonceUnknown)?;
        if open.spent {
            return Err(Rejection::NonceReplayed);
        }
        if at >= open.expires {
            return Err(Rejection::StatementExpired { until: open.expires });
        }
        if open.person != *signer || open.subject != *subject {
            return Err(Rejection::NonceOfAnother);
        }
        if open.head != (binding.checkpoint.size, binding.checkpoint.root) {
            return Err(Rejection::CheckpointMismatch);
        }
        Ok(Event::NonceSpent { nonce: binding.nonce })
    }

    /// Checks the bindings of statements that act at once; gives the events that spend their
    /// nonces, each of which counts once.
    pub(crate) fn spend<S: Statement>(
        &self,
        statements: &[Verified<S>],
        at: Moment,
    ) -> Result<Vec<Event>, Rejection> {
        let subject = subject_of::<S>(None);
        let mut nonces = BTreeSet::new();
        let mut events = Vec::new();
        for verified in statements {
            let statement = verified.statement();
            let binding = statement.binding().ok_or(Rejection::ForeignLedger)?;
            events.push(self.check_binding(binding, statement.signer(), &subject, at)?);
            if !nonces.insert(binding.nonce) {
                return Err(Rejection::NonceReplayed);
            }
        }
        Ok(events)
    }

    /// The binding that a statement with this open nonce must carry, for the door that renders it.
    #[must_use]
    pub fn binding(&self, nonce: Nonce) -> Option<Binding> {
        let open = self.nonces.get(&nonce)?;
        let validity = countersign_proof::words::Window::new(self.clock, open.expires)?;
        Some(Binding {
            ledger: self.digest,
            exercise: self.exercise,
            checkpoint: SeenHead { size: open.head.0, root: open.head.1 },
            nonce,
            validity,
        })
    }

    /// Number of nonces kept, spent or not, that have not expired.
    #[must_use]
    pub fn nonce_count(&self) -> usize {
        self.nonces.len()
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::LedgerFounded { digest, origin, exercise, log_key, charter } => {
                self.digest = *digest;
                self.origin.clone_from(origin);
                self.exercise = *exercise;
                self.log_key = *log_key;
                self.charter = charter.digest();
                self.calendar = charter.calendar.clone();
                self.signing = charter.signing.clone();
                self.founded_at = at;
            }
            Event::NonceIssued { nonce, person, subject, head, expires } => {
                self.forget_expired(at);
                self.expiring.insert((*expires, *nonce));
                let unspent = self.unspent.entry(person.clone()).or_default();
                *unspent = unspent.saturating_add(1);
                self.nonces.insert(
                    *nonce,
                    OpenNonce {
                        person: person.clone(),
                        subject: subject.clone(),
                        head: *head,
                        expires: *expires,
                        spent: false,
                    },
                );
            }
            Event::NonceSpent { nonce } => {
                if let Some(open) = self.nonces.get_mut(nonce).filter(|open| !open.spent) {
                    open.spent = true;
                    let person = open.person.clone();
                    self.one_unspent_less(&person);
                }
            }
            Event::DoorOpened { origin, script } => {
                self.doors.insert(origin.clone(), *script);
            }
            Event::LogKeyRotated { log_key } => {
                self.earlier_log_keys.push(self.log_key);
                self.log_key = *log_key;
            }
        }
    }

    fn one_unspent_less(&mut self, person: &PersonId) {
        if let Some(unspent) = self.unspent.get_mut(person) {
            *unspent = unspent.saturating_sub(1);
            if *unspent == 0 {
                self.unspent.remove(person);
            }
        }
    }

    /// Nonces that have expired can never be used again; nothing need be known of them.
    fn forget_expired(&mut self, at: Moment) {
        while let Some((expires, nonce)) = self.expiring.first().copied() {
            if at < expires {
                break;
            }
            self.expiring.remove(&(expires, nonce));
            if let Some(open) = self.nonces.remove(&nonce)
                && !open.spent
            {
                self.one_unspent_less(&open.person);
            }
        }
    }
}

/// The subject a statement's nonce must have been made for.
#[must_use]
pub fn subject_of<S: Statement>(request: Option<(RequestId, Revision)>) -> NonceSubject {
    NonceSubject { kind: S::KIND, request }
}
