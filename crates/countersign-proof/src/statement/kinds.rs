//! The kinds of statement, field by field in the order in which they are written.

use crate::words::{
    Act, AdviceKind, AppointmentChange, Days, DecisionKind, Digest, EntryNumber, HoldId, HoldScope,
    ItemClass, ItemId, KeyId, Moment, Month, Nonce, OfficeId, PartyId, PersonId, PlaceId,
    PolicyVersionId, Provisos, Quantity, RequestId, Revision, Role, Standing, Transition, Window,
    ZoneId,
};
use std::collections::BTreeSet;

/// The size and root of a tree head that the signer had seen: the statement was made after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenHead {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 Merkle tree hash.
    pub root: Digest,
}

/// What ties a statement to one ledger, one moment and one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Digest of the founding statement of the ledger.
    pub ledger: Digest,
    /// Whether that ledger is an exercise, which every text of it says.
    pub exercise: bool,
    /// A recent tree head of that ledger.
    pub checkpoint: SeenHead,
    /// The ledger's single-use number for this statement.
    pub nonce: Nonce,
    /// The statement counts in `[not_before, expires)`.
    pub validity: Window,
}

/// An office's signed word on one revision of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The terms decided on.
    pub terms: Terms,
    /// The office that decides.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// What is decided.
    pub decision: DecisionKind,
    /// Conditions; only with `approve`.
    pub provisos: Provisos,
    /// The policy version under which the decision is given.
    pub policy: PolicyVersionId,
    /// The digest of that version.
    pub policy_digest: Digest,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why, in the signer's words.
    pub reason: String,
}

/// The terms of one revision of a request: what a decision is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The request.
    pub request: RequestId,
    /// The revision, counted from 1.
    pub revision: Revision,
    /// Digest of the revision, its justification included.
    pub revision_digest: Digest,
    /// The act asked for.
    pub act: Act,
    /// The item.
    pub item: ItemId,
    /// How many units, at least 1.
    pub quantity: Quantity,
    /// Where; empty (`-`) for acts that name no zone.
    pub zones: BTreeSet<ZoneId>,
    /// For whom.
    pub holder: PartyId,
    /// From which depot; `-` where the request leaves it open.
    pub depot: Option<PlaceId>,
    /// When.
    pub window: Window,
}

/// A reviewer's recommendation on one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The request.
    pub request: RequestId,
    /// The revision.
    pub revision: Revision,
    /// Digest of the revision.
    pub revision_digest: Digest,
    /// The advising office.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// What is recommended.
    pub advice: AdviceKind,
    /// Conditions; only with `approve-with-provisos`.
    pub provisos: Provisos,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why, in the signer's words.
    pub reason: String,
}

/// An appointment of a person to an office, or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Whether it begins or ends.
    pub change: AppointmentChange,
    /// The office filled.
    pub subject_office: OfficeId,
    /// The person appointed.
    pub person: PersonId,
    /// As incumbent or as deputy.
    pub role: Role,
    /// For a deputy, the incumbent in whose stead; `-` otherwise.
    pub deputy_of: Option<PersonId>,
    /// For a deputy, the acts covered; `-` otherwise.
    pub acts: BTreeSet<Act>,
    /// The span served; for `end`, its `until` is the new end.
    pub span: Window,
    /// The office that appoints.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why, in the signer's words.
    pub reason: String,
}

/// Enrolment of a person's key, witnessed by a second enrolled person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEnrolment {
    /// Whose key.
    pub person: PersonId,
    /// The public key in OpenSSH form: type and base64, without comment.
    pub public_key: String,
    /// Until when it may sign, at most; the start is the moment of the entry.
    pub expires_on: Moment,
    /// The witness, who signs.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why, and how the witness knows the person.
    pub reason: String,
}

/// Revocation of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRevocation {
    /// Whose key.
    pub person: PersonId,
    /// Which key.
    pub key: KeyId,
    /// The person who revokes: its owner, or a registrar.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// The erasure of a person's name from the record: the parts that held it go for good, and
/// everything else still verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose name.
    pub person: PersonId,
    /// The entries whose identity parts name the person, at least one.
    pub entries: BTreeSet<EntryNumber>,
    /// The person who erases: a registrar.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// Publication of a policy version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPublication {
    /// The version's name.
    pub version: PolicyVersionId,
    /// Its digest.
    pub digest: Digest,
    /// The version in force before it.
    pub supersedes: PolicyVersionId,
    /// From when it is in force.
    pub in_force_from: Moment,
    /// Where the rule is stated.
    pub source: String,
    /// How well that is established.
    pub standing: Standing,
    /// What becomes of what is open.
    pub transition: Transition,
    /// The office that publishes.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// A hold: everything within the scope is suspended until it is lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What is suspended.
    pub scope: HoldScope,
    /// The office that holds.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    /// The hold that ends.
    pub hold: HoldId,
    /// The office that lifts it.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// A class set by hand, over what the rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassOverride {
    /// Of which item.
    pub item: ItemId,
    /// Which class.
    pub class: ItemClass,
    /// The first moment at which the rules decide again.
    pub until: Moment,
    /// The office that sets it.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// The early end of a class set by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideLift {
    /// Of which item.
    pub item: ItemId,
    /// The office that ends it.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// An order that re-routes units earmarked for others to their owner's stock, by a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiversionOrder {
    /// Of what.
    pub item: ItemId,
    /// To whose stock.
    pub owner: PartyId,
    /// Digest of the plan: which slots, how many units of each, and why.
    pub plan: Digest,
    /// How many units in all, at least 1.
    pub quantity: Quantity,
    /// Who loses them, at least one.
    pub recipients: BTreeSet<PartyId>,
    /// The certification that this is needed, as a reference to where it is given; empty (`-`)
    /// where there is none.
    pub certification: String,
    /// Days between the order and its execution.
    pub notice_days: Days,
    /// The month by which the units are replaced; `-` where no replacement is owed.
    pub replacement: Option<Month>,
    /// The office that orders.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// Another key for the log: checkpoints are signed with it from the entry of this act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKeyRotation {
    /// The new public key (Ed25519), 32 bytes in hexadecimal.
    pub log_key: Digest,
    /// The key that it takes the place of.
    pub replaces: Digest,
    /// The office that decides.
    pub office: OfficeId,
    /// The person who signs for it.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why.
    pub reason: String,
}

/// The founding of a ledger: its digest is the ledger's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    /// The name of the log, without scheme: the origin line of its checkpoints.
    pub origin: String,
    /// Whether this is an exercise: scripted clock, demo keys.
    pub exercise: bool,
    /// Digest of the charter: the parties, offices, people, items and policies at the start.
    pub charter_digest: Digest,
    /// The first policy version.
    pub policy: PolicyVersionId,
    /// Its digest.
    pub policy_digest: Digest,
    /// The log's public key (Ed25519), 32 bytes in hexadecimal.
    pub log_key: Digest,
    /// When the ledger begins.
    pub founded_at: Moment,
    /// A random number that makes the ledger's digest its own.
    pub nonce: Nonce,
    /// The founder, who signs.
    pub signer: PersonId,
    /// To what end.
    pub reason: String,
}

/// Proof at a door that the person at it holds an enrolled key; it approves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Digest of the founding statement of the ledger.
    pub ledger: Digest,
    /// Who signs in.
    pub signer: PersonId,
    /// Made by the door, single use.
    pub nonce: Nonce,
    /// The session may be opened in `[not_before, expires)`.
    pub validity: Window,
}
