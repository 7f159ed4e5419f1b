//! Requests. Answers: *may this be done, who still has to consent, and what has been released?*

mod agenda;
mod allowed;
mod apply;
mod certificates;
mod decision;
mod draft;
mod follow;
mod holds;
mod intake;
mod release;
mod request;
mod satisfied;
mod usage;
mod witnessed;

pub use agenda::{Due, Stage};
pub use certificates::{AccountGiven, CertificateTerms, Certified, Sighted, Unvouched};
pub use draft::{Draft, SharedZones, Usable};
pub use holds::HoldPlaced;
pub use release::{Breach, Ending, Release, ReleaseState, Suspension};
pub use request::{AdviceGiven, Closing, Deadlines, DecisionMade, Request, RequestState};
pub use satisfied::Standpoint;
pub(crate) use satisfied::{
    ask, ask_beside, key_only, marks, own_release, totals_beside, usable_under,
};
pub(crate) use usage::breaches;
pub(crate) use witnessed::checkpoint_of;

use crate::people::Authority;
use crate::policy::Totals;
use crate::rejection::rejections;
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::certificate::{Account, Receipt, Sighting, Signed};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::{Advice, Decision, Hold, Lift};
use countersign_proof::words::{
    Act, CertificateId, Digest, EntryNumber, HoldId, HoldScope, ItemId, Moment, OfficeId, PartyId,
    PersonId, PlaceId, PolicyVersionId, Quantity, ReleaseId, RequestId, Revision, Window, ZoneId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// State: requests, releases, holds, and what is due when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    requests: Vec<Request>,
    releases: Vec<Release>,
    holds: Vec<HoldPlaced>,
    open: BTreeSet<RequestId>,
    live: BTreeSet<ReleaseId>,
    totals: BTreeMap<(PartyId, ItemId), Totals>,
    agenda: BTreeSet<(Moment, Due)>,
    certificates: Vec<Certified>,
    /// The digests of what depots signed and is recorded.
    carried: BTreeSet<Digest>,
    unvouched: Vec<Unvouched>,
    sighted: Vec<Sighted>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ask for one act.
    SubmitRequest {
        /// What is asked for.
        draft: Draft,
        /// Why; kept apart under the deliberation label.
        justification: String,
        /// An open request of the same holder that this one replaces.
        supersedes: Option<RequestId>,
    },
    /// Change what is asked for; whatever was signed on the old revision no longer counts.
    ReviseRequest {
        /// Which request.
        request: RequestId,
        /// The revision that the requester had before them.
        revision: Revision,
        /// What is asked for now.
        draft: Draft,
        /// Why.
        justification: String,
    },
    /// Take a request back.
    WithdrawRequest {
        /// Which request.
        request: RequestId,
    },
    /// Answer a question; the clock runs again.
    AnswerInformation {
        /// Which request.
        request: RequestId,
        /// The answer; kept apart under the deliberation label.
        answer: String,
    },
    /// Give a reviewer's recommendation.
    AdviseRequest {
        /// The signed advice.
        statement: Verified<Advice>,
    },
    /// Give an office's word.
    DecideRequest {
        /// The signed decision.
        statement: Verified<Decision>,
    },
    /// Step back from a request: neither see it nor sign on it.
    Recuse {
        /// Which request.
        request: RequestId,
        /// Why; kept apart under the deliberation label.
        reason: String,
    },
    /// Put an interest on the record without stepping back.
    DeclareInterest {
        /// Which request.
        request: RequestId,
        /// Which interest; kept apart under the deliberation label.
        interest: String,
    },
    /// Report units used or handed out under a release.
    ReportUse {
        /// Which release.
        release: ReleaseId,
        /// How many units, at least 1.
        quantity: Quantity,
        /// When.
        used_at: Moment,
        /// Where; for uses.
        zone: Option<ZoneId>,
        /// Remarks; kept apart under the deliberation label.
        note: String,
    },
    /// Give back what is left of a release.
    SurrenderRelease {
        /// Which release.
        release: ReleaseId,
    },
    /// Suspend everything within a scope.
    PlaceHold {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<Hold>>,
    },
    /// Lift a hold.
    LiftHold {
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<Lift>>,
    },
    /// Let releases count that waited for witnesses to cosign. It approves nothing, and nobody need
    /// stand at the door: what counts is under the note.
    RecordCosignatures {
        /// A checkpoint of this log with the cosignatures under it.
        note: Box<SignedNote>,
    },
    /// Carry a release to a depot without a network: put a certificate of it on the record.
    IssueCertificate {
        /// What the certificate says; its bytes are made before, and its digest stands here.
        terms: Box<CertificateTerms>,
    },
    /// Record what a depot handed out on a certificate.
    RecordReceipt {
        /// The depot's receipt.
        receipt: Signed<Receipt>,
    },
    /// Record what a depot says of a certificate in all.
    RecordAccount {
        /// The depot's account.
        account: Signed<Account>,
    },
    /// Record that a certificate was shown to a depot and not honoured.
    RecordSighting {
        /// What the depot says.
        sighting: Signed<Sighting>,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say in types what they are")]
pub enum Event {
    /// A request was made.
    RequestSubmitted {
        request: RequestId,
        requester: PersonId,
        draft: Box<Draft>,
        digest: Digest,
        policy: PolicyVersionId,
        deadlines: Deadlines,
        supersedes: Option<RequestId>,
    },
    /// A request was changed.
    RequestRevised {
        request: RequestId,
        revision: Revision,
        reviser: PersonId,
        draft: Box<Draft>,
        digest: Digest,
        policy: PolicyVersionId,
        deadlines: Deadlines,
    },
    /// A request was taken back by the requester.
    RequestWithdrawn { request: RequestId },
    /// A question was answered.
    InformationAnswered { request: RequestId, deadlines: Deadlines },
    /// A reviewer advised.
    AdviceRecorded { request: RequestId, advice: Box<AdviceGiven> },
    /// An office gave its word.
    DecisionRecorded { request: RequestId, decision: Box<DecisionMade> },
    /// Policy is satisfied.
    RequestApproved { request: RequestId },
    /// No approval can come any more.
    RequestRefused { request: RequestId, closing: Closing },
    /// Nobody decided in time.
    RequestLapsed { request: RequestId },
    /// Those who may decide are reminded.
    DecidersReminded { request: RequestId, offices: BTreeSet<OfficeId> },
    /// The overseers are told; who decides does not change.
    RequestEscalated { request: RequestId, offices: BTreeSet<OfficeId> },
    /// An open request is judged by another version; signatures so far no longer count.
    RequestRebound { request: RequestId, policy: PolicyVersionId, standing: bool },
    /// A person stepped back.
    PersonRecused { request: RequestId, person: PersonId },
    /// Nobody is left who could complete an approval set.
    QuorumOutOfReach { request: RequestId },
    /// A person declared an interest.
    InterestDeclared { request: RequestId, person: PersonId },
    /// A bounded right came into being.
    ReleaseIssued {
        release: ReleaseId,
        request: RequestId,
        usable: Box<Usable>,
        set: BTreeSet<OfficeId>,
    },
    /// A live release is judged by another version that needs nobody's consent for it.
    ReleaseRebound { release: ReleaseId, policy: PolicyVersionId },
    /// Live releases are suspended.
    ReleasesSuspended { releases: Vec<ReleaseId>, cause: Suspension },
    /// A cause of suspension is gone; a release with no cause left is reinstated.
    ReleasesReinstated { releases: Vec<ReleaseId>, cause: Suspension },
    /// The approvals that another version demands have come.
    ReleaseReapproved { release: ReleaseId, usable: Box<Usable>, set: BTreeSet<OfficeId> },
    /// A release ended.
    ReleaseEnded { release: ReleaseId, ending: Ending },
    /// Units were used or handed out.
    UseReported {
        release: ReleaseId,
        quantity: Quantity,
        used_at: Moment,
        zone: Option<ZoneId>,
        unaccounted: Quantity,
        breaches: Vec<Breach>,
        handed_before: Quantity,
    },
    /// A hold was placed.
    HoldPlaced { hold: HoldId, scope: HoldScope, office: OfficeId, person: PersonId },
    /// A hold was lifted.
    HoldLifted { hold: HoldId, office: OfficeId, person: PersonId },
    /// Witnesses have cosigned enough of the log for some releases to count.
    CheckpointWitnessed { size: u64, note: String },
    /// A certificate was issued.
    CertificateIssued { terms: Box<CertificateTerms> },
    /// Units were handed out on a certificate; without a release it fits none, and moved nothing.
    ReceiptRecorded {
        certificate: CertificateId,
        digest: Digest,
        depot: PlaceId,
        quantity: Quantity,
        handed_out_at: Moment,
        release: Option<ReleaseId>,
        unaccounted: Quantity,
        breaches: Vec<Breach>,
    },
    /// A depot gave an account of a certificate.
    AccountRecorded { certificate: CertificateId, digest: Digest, account: AccountGiven },
    /// A certificate was shown to a depot and not honoured.
    SightingRecorded { digest: Digest, sighted: Sighted },
}

rejections!(
    /// Why the room refuses.
    Rejection in "requests" {
        NoStatement = "no-statement", "no signed statement was given";
        StatementsDiffer = "statements-differ",
            "the statements differ in more than office, signer, binding and reason";
        UnknownRequest { request: RequestId } = "unknown-request", "there is no request {request}";
        UnknownRelease { release: ReleaseId } = "unknown-release", "there is no release {release}";
        UnknownHold { hold: HoldId } = "unknown-hold", "there is no hold {hold}";
        UnknownParty { party: PartyId } = "unknown-party", "the party {party} is not declared";
        UnknownItem { item: ItemId } = "unknown-item", "the item {item} is not declared";
        UnknownZone { zone: ZoneId } = "unknown-zone", "the zone {zone} is not declared";
        UnknownPlace { place: PlaceId } = "unknown-place", "the place {place} is not declared";
        ActNotRequestable { act: Act } = "act-not-requestable",
            "a request asks for use, deliver or transfer, not for {act}";
        QuantityZero = "quantity-zero", "the quantity must be at least 1";
        WindowPassed { until: Moment } = "window-passed", "the window ended at {until}";
        ZoneMissing = "zone-missing", "a use needs the zone or zones it is meant for";
        ZoneSuperfluous { act: Act } = "zone-superfluous", "{act} names no zone";
        RecipientMissing = "recipient-missing", "a transfer needs the party that receives";
        RecipientSuperfluous { act: Act } = "recipient-superfluous", "{act} names no recipient";
        DepotOfAnother { place: PlaceId, party: PartyId } = "depot-of-another",
            "the depot {place} is not run by {party}, whose stock this would draw on";
        UsedInFuture { used_at: Moment } = "used-in-future",
            "{used_at} has not come yet; report what has happened";
        SupersedesClosed { request: RequestId } = "supersedes-closed",
            "{request} is not an open request of the same holder, so it cannot be superseded";
        RequestClosed { request: RequestId, state: RequestState } = "request-closed",
            "{request} is {state}; nothing more can be done on it";
        DecidedAlready { office: OfficeId } = "decided-already",
            "the request is approved; {office} can withdraw its authorisation, not refuse";
        ReleaseEnded { release: ReleaseId, state: ReleaseState } = "release-ended",
            "{release} is {state}";
        HoldLifted { hold: HoldId } = "hold-lifted", "{hold} was lifted already";
        StaleRevision { signed: Revision, current: Revision } = "stale-revision",
            "this is about revision {signed}, but the request is at revision {current}; read that \
                 one first";
        TermsDiffer { what: &'static str } = "terms-differ",
            "the signed terms differ from the request in: {what}; nothing but the request itself \
                 can be decided";
        StalePolicy { signed: PolicyVersionId, current: PolicyVersionId } = "stale-policy",
            "the statement was made under policy {signed}, but {current} applies; ask for a new \
                 statement";
        SignerRecused { person: PersonId } = "signer-recused", "{person} has stepped back from \
             this request";
        RequesterDecides { person: PersonId } = "requester-decides",
            "{person} made or revised this request and cannot decide on it";
        OfficeMayNotAdvise { office: OfficeId } = "office-may-not-advise",
            "{office} is not an advising office";
        NotAdmitted { policy: PolicyVersionId, reasons: String } = "not-admitted",
            "policy {policy} takes in no such request now{reasons}";
        ProhibitedByPolicy { policy: PolicyVersionId, reasons: String } = "prohibited-by-policy",
            "policy {policy} does not allow this with anybody's consent{reasons}";
        KeyOnlySignature { policy: PolicyVersionId } = "key-only-signature",
            "policy {policy} does not accept a software key here; sign with a key that verifies \
                 its user";
        OfficeHasNoSay { office: OfficeId, missing: String } = "office-has-no-say",
            "{office} has no say in this request; it needs {missing}";
        AlreadySigned { person: PersonId, office: OfficeId } = "already-signed",
            "{person} has signed for {office} on this revision; each person counts once, with any \
                 key";
        AlreadyAsked = "already-asked", "information was asked for already, and the clock stands";
        NothingAsked = "nothing-asked", "no information was asked for";
        NothingToWithdraw { office: OfficeId } = "nothing-to-withdraw",
            "no authorisation of {office} stands on this request";
        AlreadyRecused { person: PersonId } = "already-recused",
            "{person} has stepped back already";
        ProvisosLeaveNothing = "provisos-leave-nothing",
            "together with the provisos of the other signers, nothing would be left to release";
        UnderHold { hold: HoldId, scope: HoldScope } = "under-hold",
            "{hold} suspends {scope}; nothing is released there until it is lifted";
        QuantityExceedsUnearmarkedStock { wanted: Quantity, free: Quantity, party: PartyId }
            = "quantity-exceeds-unearmarked-stock",
            "{wanted} units are asked for, but {party} has only {free} that are not promised";
        CheckpointNotOurs = "checkpoint-not-ours",
            "this is no checkpoint that a key of this log has signed; hand in one of this ledger";
        CheckpointAhead { size: u64, entries: u64 } = "checkpoint-ahead",
            "the checkpoint is of {size} entries, but this record has only {entries}: it is an \
                 older copy, or another history; stop, and compare it with what witnesses have";
        CosignatureForged { why: String } = "cosignature-forged",
            "a cosignature under the checkpoint does not hold: {why}";
        NothingAwaitsWitnesses = "nothing-awaits-witnesses",
            "no release waits for witnesses; nothing has changed";
        TooFewWitnesses { release: ReleaseId, entry: EntryNumber, have: usize, need: u8 }
            = "too-few-witnesses",
            "{release} counts once {need} of the witnesses that policy names have cosigned the log \
                 with entry {entry} in it; under this checkpoint {have} have";
        CertificateNumber { given: CertificateId, next: CertificateId } = "certificate-number",
            "the next certificate is {next}, not {given}; make it anew with that number";
        ReleaseSuspended { release: ReleaseId } = "release-suspended",
            "{release} is suspended; no certificate is issued until it is reinstated";
        ReleaseOfDepot { release: ReleaseId, depot: PlaceId } = "release-of-depot",
            "{release} is for {depot} alone";
        BeyondRelease { release: ReleaseId, window: Window } = "beyond-release",
            "a certificate counts within the window of its release; that of {release} is {window}";
        CertifiedElsewhere { certificate: CertificateId, depot: PlaceId } = "certified-elsewhere",
            "{certificate} for {depot} is out, and one release is honoured by one depot at a time; \
                 have {depot} close its account of it, and record what it carries back";
        CertificatesExceedRelease { wanted: Quantity, free: Quantity }
            = "certificates-exceed-release",
            "{wanted} units are asked for, but only {free} of the release are neither used nor on \
                 a certificate that is out";
        OfAnotherLedger = "of-another-ledger",
            "the depot signed this about another ledger; record it there";
        AccountOfNone { certificate: CertificateId } = "account-of-none",
            "no certificate {certificate} with that content was issued for that depot and its key; \
                 have the depot's own receipts recorded first, and look into it";
        AccountOvertaken { certificate: CertificateId } = "account-overtaken",
            "a newer account of {certificate} is recorded already";
        RecordedAlready { digest: Digest } = "recorded-already",
            "what has the digest {digest} is recorded already; each counts once";
    }
);

impl Requests {
    /// The request, if there is one.
    #[must_use]
    pub fn request(&self, id: RequestId) -> Option<&Request> {
        self.requests.get(index(id.0)?)
    }

    /// The release, if there is one.
    #[must_use]
    pub fn release(&self, id: ReleaseId) -> Option<&Release> {
        self.releases.get(index(id.0)?)
    }

    /// The hold, if there is one.
    #[must_use]
    pub fn hold(&self, id: HoldId) -> Option<&HoldPlaced> {
        self.holds.get(index(id.0)?)
    }

    /// All requests, in the order of the record.
    #[must_use]
    pub fn all(&self) -> &[Request] {
        &self.requests
    }

    /// All releases, in the order of the record.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// All holds, in the order of the record.
    #[must_use]
    pub fn holds(&self) -> &[HoldPlaced] {
        &self.holds
    }

    /// The open requests.
    pub fn open(&self) -> impl Iterator<Item = &Request> {
        self.open.iter().filter_map(|id| self.request(*id))
    }

    /// The releases that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Release> {
        self.live.iter().filter_map(|id| self.release(*id))
    }

    /// What a holder has out and has used of an item.
    #[must_use]
    pub fn totals(&self, holder: &PartyId, item: &ItemId) -> Totals {
        self.totals.get(&(holder.clone(), item.clone())).copied().unwrap_or_default()
    }

    /// What is due first, and when.
    #[must_use]
    pub fn next_due(&self) -> Option<(Moment, Due)> {
        self.agenda.first().copied()
    }

    fn find(&self, id: RequestId) -> Result<&Request, Rejection> {
        self.request(id).ok_or(Rejection::UnknownRequest { request: id })
    }

    fn find_release(&self, id: ReleaseId) -> Result<&Release, Rejection> {
        self.release(id).ok_or(Rejection::UnknownRelease { release: id })
    }

    fn next_request(&self) -> RequestId {
        RequestId(number_after(self.requests.len()))
    }

    fn next_release(&self) -> ReleaseId {
        ReleaseId(number_after(self.releases.len()))
    }
}

/// The place of what is numbered from 1.
pub(crate) fn index(number: u64) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

/// The number of what comes after so many.
pub(crate) fn number_after(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1)
}

/// Decides a command of the room.
pub(crate) fn decide(
    state: &State,
    command: &Command,
    by: Option<&Authority>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let by = || by.ok_or(AnyRejection::Requests(Rejection::NoStatement));
    match command {
        Command::SubmitRequest { draft, justification, supersedes } => {
            intake::submit(state, draft, justification, *supersedes, by()?, at)
        }
        Command::ReviseRequest { request, revision, draft, justification } => {
            intake::revise(state, (*request, *revision), draft, justification, by()?, at)
        }
        Command::WithdrawRequest { request } => intake::withdraw(state, *request, by()?, at),
        Command::AnswerInformation { request, answer: _ } => {
            intake::answer(state, *request, by()?, at)
        }
        Command::AdviseRequest { statement } => decision::advise(state, statement, at),
        Command::DecideRequest { statement } => decision::decide(state, statement, at),
        Command::Recuse { request, reason: _ } => decision::recuse(state, *request, by()?, at),
        Command::DeclareInterest { request, interest: _ } => {
            decision::declare_interest(state, *request, by()?, at)
        }
        Command::ReportUse { release, quantity, used_at, zone, note: _ } => {
            usage::report(state, *release, *quantity, (*used_at, zone.as_ref()), by()?, at)
        }
        Command::SurrenderRelease { release } => usage::surrender(state, *release, by()?, at),
        Command::PlaceHold { statements } => holds::place(state, statements, at),
        Command::LiftHold { statements } => holds::lift(state, statements, at),
        Command::RecordCosignatures { note } => witnessed::record(state, note),
        Command::IssueCertificate { terms } => certificates::issue(state, terms, by()?, at),
        Command::RecordReceipt { receipt } => certificates::receipt(state, receipt, by()?, at),
        Command::RecordAccount { account } => certificates::account(state, account, by()?, at),
        Command::RecordSighting { sighting } => certificates::sighting(state, sighting, by()?, at),
    }
}

/// What the agenda demands at `at`, for a thing due.
pub(crate) fn fall_due(state: &State, due: Due, at: Moment) -> Vec<AnyEvent> {
    agenda::fall_due(state, due, at)
}

/// What becomes of what is open when the next version comes into force.
pub(crate) fn policy_changes(state: &State, at: Moment) -> Vec<AnyEvent> {
    agenda::policy_changes(state, at)
}
