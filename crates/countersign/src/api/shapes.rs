//! The forms of what is told, for the description of the API. Answers: *which fields does an answer
//! have?*
//!
//! What is told is made by `views`, one for every door; these forms only describe it, and a test
//! holds every answer against them. A field that is absent may not be seen by whoever asks.

#![expect(dead_code, reason = "they describe what the views make")]

use super::words as w;
use serde_json::Value;
use utoipa::ToSchema;

/// From when until when; the end is no longer in it.
#[derive(ToSchema)]
pub(crate) struct WindowShape {
    from: w::Moment,
    until: w::Moment,
}

/// A decision on a request.
#[derive(ToSchema)]
pub(crate) struct DecisionShape {
    decision: w::Decision,
    office: w::Office,
    person: w::Person,
    /// In whose stead, for a deputy.
    deputy_of: Option<w::Person>,
    /// The revision that it is on.
    revision: u32,
    policy: w::PolicyVersion,
    provisos: w::Provisos,
    at: w::Moment,
    key: w::Key,
    /// What the signature is worth: `KeyOnly` or `UserVerified`.
    assurance: String,
    /// The digest of the signed text.
    statement: w::Digest,
    /// Whether it counts for the request as it is now.
    counts: bool,
}

/// A reviewer's recommendation.
#[derive(ToSchema)]
pub(crate) struct AdviceShape {
    advice: w::Advice,
    office: w::Office,
    person: w::Person,
    revision: u32,
    at: w::Moment,
    statement: w::Digest,
}

/// A request, as far as it may be seen: fields that may not be seen are absent.
#[derive(ToSchema)]
pub(crate) struct RequestShape {
    id: w::Request,
    revision: u32,
    revision_digest: w::Digest,
    state: w::RequestState,
    policy: w::PolicyVersion,
    submitted_at: w::Moment,
    closed_at: Option<w::Moment>,
    /// When it lapses if nothing happens.
    deadline: Option<w::Moment>,
    clock_stopped_at: Option<w::Moment>,
    superseded_by: Option<w::Request>,
    /// Why it was closed, in words.
    closing: Option<String>,
    #[schema(required = false)]
    act: w::Act,
    #[schema(required = false)]
    item: w::Item,
    #[schema(required = false)]
    quantity: w::Units,
    #[schema(required = false)]
    zones: Vec<w::Zone>,
    #[schema(required = false)]
    holder: w::Party,
    recipient: Option<w::Party>,
    depot: Option<w::Place>,
    #[schema(required = false)]
    window: WindowShape,
    #[schema(required = false)]
    requester: w::Person,
    /// The sets of offices of which one still has to be completed.
    #[schema(required = false)]
    missing: Vec<Vec<w::Office>>,
    /// Why policy gives no answer.
    problem: Option<String>,
    #[schema(required = false)]
    decisions: Vec<DecisionShape>,
    #[schema(required = false)]
    advice: Vec<AdviceShape>,
    #[schema(required = false)]
    recused: Vec<w::Person>,
    #[schema(required = false)]
    interests: Vec<w::Person>,
    release: Option<ReleaseShape>,
    /// The names of the people in it.
    #[schema(required = false, value_type = std::collections::HashMap<String, String>)]
    names: Value,
    /// Present and true where nothing was changed.
    #[schema(required = false)]
    dry_run: bool,
}

/// A release, as far as it may be seen.
#[derive(ToSchema)]
pub(crate) struct ReleaseShape {
    id: w::Release,
    request: w::Request,
    revision: u32,
    state: w::ReleaseState,
    policy: w::PolicyVersion,
    issued_at: w::Moment,
    ended_at: Option<w::Moment>,
    #[schema(required = false)]
    quantity: w::Units,
    #[schema(required = false)]
    used: w::Units,
    #[schema(required = false)]
    left: w::Units,
    #[schema(required = false)]
    reserved: w::Units,
    #[schema(required = false)]
    zones: Vec<w::Zone>,
    #[schema(required = false)]
    window: WindowShape,
    depot: Option<w::Place>,
    /// The offices whose consent it rests on.
    #[schema(required = false)]
    approval_set: Vec<w::Office>,
    /// Holds, and `policy …`.
    #[schema(required = false)]
    suspended_by: Vec<String>,
    #[schema(required = false)]
    breaches: Vec<String>,
    #[schema(required = false)]
    dry_run: bool,
}

/// What a depot says of a certificate in all.
#[derive(ToSchema)]
pub(crate) struct AccountGivenShape {
    made_at: w::Moment,
    total: w::Units,
    receipts: u64,
    /// Whether nothing more is handed out.
    closed: bool,
}

/// A certificate that was issued to a depot, with what came back of it.
#[derive(ToSchema)]
pub(crate) struct CertificateShape {
    id: w::Certificate,
    release: w::Release,
    depot: w::Place,
    depot_key: w::Key,
    collector: w::Key,
    /// At most so many units.
    quantity: w::Units,
    from: w::Moment,
    until: w::Moment,
    issued_at: w::Moment,
    digest: w::Digest,
    /// Units that the receipts add up to.
    handed_out: w::Units,
    receipts: u64,
    /// Units that may still be handed out on it, or were and are not yet known of.
    out: w::Units,
    account: Option<AccountGivenShape>,
}

/// What is carried to a depot.
#[derive(ToSchema)]
pub(crate) struct CertificatePapers {
    id: w::Certificate,
    release: w::Release,
    depot: w::Place,
    quantity: w::Units,
    from: w::Moment,
    until: w::Moment,
    digest: w::Digest,
    /// The bytes (COSE), in base64.
    certificate: String,
    /// The text of its code (base45).
    code: String,
    /// The evidence of the officials' decisions: a file for `depot release --evidence`.
    evidence: String,
    #[schema(required = false)]
    dry_run: bool,
}

/// What a depot pins.
#[derive(ToSchema)]
pub(crate) struct TrustShape {
    /// The issuer key, as in a `.pub` file.
    issuer: String,
    /// The log, as a verifier key.
    log: String,
    /// The keys of the officials, as an allowed-signers file.
    officials: String,
}

/// A hold.
#[derive(ToSchema)]
pub(crate) struct HoldShape {
    id: w::Hold,
    scope: w::HoldScope,
    office: w::Office,
    person: w::Person,
    placed_at: w::Moment,
    lifted_at: Option<w::Moment>,
    #[schema(required = false)]
    dry_run: bool,
}

/// An action, and whether the ledger would allow it now.
#[derive(ToSchema)]
pub(crate) struct OfferShape {
    /// Such as `approve` or `withdraw`.
    action: String,
    /// For which office, where it is done for one.
    office: Option<w::Office>,
    allowed: bool,
    /// The code of the rule that refuses it.
    code: Option<String>,
    /// The same in words.
    message: Option<String>,
}

/// A person.
#[derive(ToSchema)]
pub(crate) struct PersonShape {
    person: w::Person,
    #[schema(required = false)]
    name: String,
    party: w::Party,
    /// The offices held now.
    offices: Vec<w::Office>,
    /// The keys that were not revoked.
    keys: Vec<w::Key>,
    /// When the name was taken out of the record; absent where it was not.
    #[schema(required = false)]
    name_erased_at: w::Moment,
}

/// An office.
#[derive(ToSchema)]
pub(crate) struct OfficeShape {
    office: w::Office,
    title: String,
    party: w::Party,
    /// Whether only its incumbent may sign.
    personal: bool,
    quorum: u8,
    functions: Vec<String>,
    /// Who holds it now, deputies with their principal.
    held_by: Vec<String>,
}

/// A key.
#[derive(ToSchema)]
pub(crate) struct KeyShape {
    key: w::Key,
    /// In OpenSSH form.
    public_key: String,
    person: w::Person,
    /// Who witnessed its enrolment; none for keys of the founders.
    witness: Option<w::Person>,
    from: w::Moment,
    until: w::Moment,
    revoked_at: Option<w::Moment>,
}

/// An event of the stream (WHATWG HTML §9.2).
#[derive(ToSchema)]
pub(crate) struct EventShape {
    /// The place of the entry: send it back as `Last-Event-ID` to go on from there.
    id: String,
    /// `entry`.
    event: String,
    /// An `EntryShape` as JSON text.
    data: String,
}

/// What is told of an entry: its open part.
#[derive(ToSchema)]
pub(crate) struct EntryShape {
    seq: u64,
    time: w::Moment,
    /// The kind of the command.
    command: String,
    /// `accepted` or `refused`.
    outcome: String,
    /// The code of the rule that refused.
    code: Option<String>,
    /// The kinds of what happened.
    events: Vec<String>,
    /// The ids of what it is about.
    subjects: Vec<String>,
}

/// A text to be signed with a key of one's own.
#[derive(ToSchema)]
pub(crate) struct TextShape {
    /// The kind of statement.
    kind: String,
    /// The exact text: sign these bytes.
    text: String,
    /// The SSHSIG namespace: `ssh-keygen -Y sign -n NAMESPACE`.
    namespace: String,
    /// For two people to compare by voice.
    fingerprint: String,
    /// What a passkey signs as its challenge: the SSHSIG blob to be signed, in base64url.
    challenge: String,
    /// Until when it may be signed.
    expires: w::Moment,
}

/// What a command came to where there is nothing else to show.
#[derive(ToSchema)]
pub(crate) struct DoneShape {
    /// The kinds of what happened.
    events: Vec<String>,
    #[schema(required = false)]
    dry_run: bool,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident of $one:ty;)+) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        pub(crate) struct $name {
            items: Vec<$one>,
            /// After what the next part begins; absent at the end. `Link` has its address.
            #[schema(required = false)]
            next: String,
        }
    )+};
}

lists! {
    /// A part of the list of requests.
    Requests of RequestShape;
    /// A part of the list of releases.
    Releases of ReleaseShape;
    /// A part of the list of certificates.
    Certificates of CertificateShape;
    /// A part of the list of holds.
    Holds of HoldShape;
    /// A part of the list of people.
    People of PersonShape;
    /// A part of the list of offices.
    Offices of OfficeShape;
    /// A part of the list of keys.
    Keys of KeyShape;
    /// A part of the record.
    Entries of EntryShape;
    /// A part of a list of objects as `views` makes them.
    Things of Value;
}
