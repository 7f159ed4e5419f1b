//! The words of requests: the inbox, the form, the case, the decision.

use countersign_core::Event;
use countersign_core::record::event_kind;

/// The title of the inbox.
pub(crate) const INBOX_TITLE: &str = "Inbox";
/// Nothing waits.
pub(crate) const INBOX_EMPTY: &str = "Nothing waits for you.";
/// Heads the texts to sign as witness.
pub(crate) const INBOX_PAPERS: &str = "Waiting for your signature as witness";
/// Heads what the person may decide.
pub(crate) const INBOX_DECIDE: &str = "Waiting for your decision";
/// Heads what the person may advise on.
pub(crate) const INBOX_ADVISE: &str = "Open for your advice";
/// Heads what the person asked for and must answer.
pub(crate) const INBOX_ANSWER: &str = "Waiting for your answer";
/// Heads what the person asked for and others decide.
pub(crate) const INBOX_OTHERS: &str = "Yours, waiting for others";
/// Heads releases that can be used.
pub(crate) const INBOX_RELEASES: &str = "Releases that can be used";
/// Column: the request.
pub(crate) const REQUEST: &str = "Request";
/// Column: since when it waits.
pub(crate) const WAITING: &str = "Waiting";
/// Column: what is due next.
pub(crate) const DUE: &str = "Due";
/// Column: what it would do to the stock.
pub(crate) const STOCK_EFFECT: &str = "Stock";
/// Column: who is missing.
pub(crate) const STILL_MISSING: &str = "Still missing";
/// Column: the state.
pub(crate) const STATE: &str = "State";
/// Column: the zones.
pub(crate) const ZONES: &str = "Zones";
/// The map of a case.
pub(crate) const CASE_MAP: &str = "Where it is asked for";
/// Column: the release.
pub(crate) const RELEASE: &str = "Release";
/// Nobody is missing.
pub(crate) const NOBODY_MISSING: &str = "nobody";

/// So many days.
pub(crate) fn days(days: u64) -> String {
    match days {
        0 => "since today".to_owned(),
        1 => "1 day".to_owned(),
        more => format!("{more} days"),
    }
}

/// What a request would leave of the stock that is free.
pub(crate) fn stock_effect(free: &str, after: &str) -> String {
    format!("{free} free, {after} after it")
}

/// More than is free is asked for.
pub(crate) fn stock_short(free: &str) -> String {
    format!("only {free} free")
}

/// The title of the list.
pub(crate) const REQUESTS_TITLE: &str = "Requests";
/// Leads to the form.
pub(crate) const NEW_REQUEST: &str = "New request";
/// No request fits.
pub(crate) const NO_REQUESTS: &str = "No request fits.";
/// Narrows the list.
pub(crate) const FILTER: &str = "Show";
/// Only open ones.
pub(crate) const ONLY_OPEN: &str = "Open only";

/// The title of the form.
pub(crate) const FORM_TITLE: &str = "New request";
/// The title of the form for a revision.
pub(crate) const REVISE_TITLE: &str = "Revise";
/// Asks for the act.
pub(crate) const ACT: &str = "What is asked for";
/// Using units.
pub(crate) const ACT_USE: &str = "Use units";
/// Being handed units.
pub(crate) const ACT_DELIVER: &str = "Be handed units";
/// Passing units on.
pub(crate) const ACT_TRANSFER: &str = "Pass units on to another party";
/// Asks for whom.
pub(crate) const FOR_WHOM: &str = "For which holder";
/// Asks of what.
pub(crate) const OF_WHAT: &str = "Which item";
/// Asks how many.
pub(crate) const HOW_MANY: &str = "How many units";
/// Asks where.
pub(crate) const WHERE: &str = "In which zones";
/// For a use only.
pub(crate) const WHERE_HINT: &str = "For a use only; a use names at least one zone";
/// Asks to whom.
pub(crate) const TO_WHOM: &str = "To which party";
/// For a transfer only.
pub(crate) const TO_WHOM_HINT: &str = "For passing units on only";
/// Asks from which depot.
pub(crate) const FROM_DEPOT: &str = "From which depot";
/// Asks why.
pub(crate) const WHY: &str = "Why";
/// Who sees it.
pub(crate) const WHY_HINT: &str = "Those who advise and decide will read it";
/// Checks without asking.
pub(crate) const CHECK: &str = "Check who would have to agree";
/// Asks for it.
pub(crate) const SUBMIT: &str = "Submit the request";
/// Asks for it in its new form.
pub(crate) const SUBMIT_REVISION: &str = "Submit the revision";
/// Heads the check.
pub(crate) const CHECK_TITLE: &str = "Who would have to agree";
/// Not enough was typed yet.
pub(crate) const CHECK_EMPTY: &str = "Fill in the form to see who would have to agree.";
/// Nobody has to agree.
pub(crate) const CHECK_STANDING: &str = "Nobody: a standing permission allows this at once.";
/// Nobody can.
pub(crate) const CHECK_PROHIBITED: &str = "Nobody can allow this under the policy in force.";
/// One of these sets of offices.
pub(crate) const CHECK_NEEDS: &str = "Every office of one of these sets must agree, in person:";
/// It would be refused.
pub(crate) const CHECK_REFUSED: &str = "If you sent this now, it would be refused:";
/// It would be taken.
pub(crate) const CHECK_TAKEN: &str = "If you sent this now, it would be taken in.";

/// One of the zones asked for lies under a rule of its own.
pub(crate) const REASONS: &str = "What the policy says";

/// By whom.
pub(crate) const ASKED_BY: &str = "Asked by";
/// When.
pub(crate) const WINDOW: &str = "Window";
/// From where.
pub(crate) const DEPOT: &str = "Depot";
/// By which policy.
pub(crate) const JUDGED_BY: &str = "Judged by policy";
/// The revision.
pub(crate) const REVISION: &str = "Revision";
/// Why it was closed.
pub(crate) const CLOSED_BECAUSE: &str = "Closed because";
/// The clock stands.
pub(crate) const CLOCK_STANDS: &str = "the clock stands until the question is answered";
/// Heads who must agree.
pub(crate) const WHERE_IT_STANDS: &str = "Where it stands";
/// Heads what can be done.
pub(crate) const WHAT_YOU_CAN_DO: &str = "What you can do";
/// Heads what cannot be done.
pub(crate) const WHAT_YOU_CANNOT: &str = "What you cannot do here, and why";
/// Nothing can be done.
pub(crate) const NOTHING_TO_DO: &str = "Nothing on this request is yours to do.";
/// Heads the justification.
pub(crate) const JUSTIFICATION: &str = "Justification";
/// Heads the advice.
pub(crate) const ADVICE: &str = "Advice";
/// Nobody advised.
pub(crate) const NO_ADVICE: &str = "Nobody has advised yet.";
/// Heads the decisions.
pub(crate) const DECISIONS: &str = "Decisions";
/// Nobody decided.
pub(crate) const NO_DECISIONS: &str = "Nobody has decided yet.";
/// Heads the revisions.
pub(crate) const REVISIONS: &str = "Revisions";
/// There was one only.
pub(crate) const ONE_REVISION: &str = "This is the first revision.";
/// Heads the time line.
pub(crate) const TIMELINE: &str = "What has happened";
/// Heads earlier cases.
pub(crate) const PRECEDENTS: &str = "Earlier decisions on the same item and zone";
/// There are none.
pub(crate) const NO_PRECEDENTS: &str = "There are none.";
/// Signed already.
pub(crate) const SIGNED: &str = "Signed";
/// An office whose word was not given and is asked for no more.
pub(crate) const NOT_SIGNED: &str = "Did not sign";
/// Still missing.
pub(crate) const MISSING: &str = "Missing";
/// Has refused.
pub(crate) const REFUSED: &str = "Refused";
/// Who may sign.
pub(crate) const MAY_SIGN: &str = "May sign:";
/// Nobody may.
pub(crate) const NOBODY_MAY_SIGN: &str = "nobody is left who may sign";
/// The approval sets.
pub(crate) const ONE_OF: &str = "One of these sets must sign in full.";
/// No longer counts.
pub(crate) const DOES_NOT_COUNT: &str = "no longer counts";
/// Column: office.
pub(crate) const OFFICE: &str = "Office";
/// Column: person.
pub(crate) const PERSON: &str = "Person";
/// Column: the word.
pub(crate) const WORD: &str = "Word";
/// Column: conditions.
pub(crate) const PROVISOS: &str = "Provisos";
/// Column: when.
pub(crate) const WHEN: &str = "When";
/// Column: the key.
pub(crate) const ASSURANCE: &str = "Signature";
/// By a software key.
pub(crate) const KEY_ONLY: &str = "software key";
/// By a key that verified its user.
pub(crate) const USER_VERIFIED: &str = "user verified";
/// In whose stead.
pub(crate) const DEPUTY_OF: &str = "in the stead of";
/// Column: what came of it.
pub(crate) const OUTCOME: &str = "Outcome";
/// An entry of the record.
pub(crate) const ENTRY: &str = "entry";
/// A hidden part of a case.
pub(crate) const HIDDEN: &str = "You may not see the deliberation on this request.";

/// The title of the decision form.
pub(crate) const DECIDE_TITLE: &str = "Decide";
/// The title of the advice form.
pub(crate) const ADVISE_TITLE: &str = "Advise";
/// Asks for which office.
pub(crate) const FOR_OFFICE: &str = "For which office";
/// Asks for the word.
pub(crate) const YOUR_WORD: &str = "Your word";
/// Asks for the reason.
pub(crate) const REASON: &str = "Reason";
/// Where the reason goes.
pub(crate) const REASON_HINT: &str = "It becomes part of the text that you sign";
/// Heads the provisos.
pub(crate) const PROVISOS_TITLE: &str = "Provisos (only with approval; they can only narrow)";
/// At most so many.
pub(crate) const PROVISO_QUANTITY: &str = "At most this many units";
/// Only in these zones.
pub(crate) const PROVISO_ZONES: &str = "Only in these zones";
/// Only from this depot.
pub(crate) const PROVISO_DEPOT: &str = "Only from this depot";
/// Only from then.
pub(crate) const PROVISO_FROM: &str = "Only from";
/// Only until then.
pub(crate) const PROVISO_UNTIL: &str = "Only until";
/// Goes on to the text.
pub(crate) const TO_THE_TEXT: &str = "Read and sign the text";
/// Leads back to the case.
pub(crate) const BACK_TO_CASE: &str = "Back to the request";

/// The kinds of decision.
pub(crate) fn decision(kind: countersign_proof::words::DecisionKind) -> &'static str {
    use countersign_proof::words::DecisionKind as Kind;
    match kind {
        Kind::Approve => "Approve",
        Kind::Refuse => "Refuse",
        Kind::Withdraw => "Withdraw the authorisation",
        Kind::Ask => "Ask for information",
    }
}

/// The kinds of advice.
pub(crate) fn advice(kind: countersign_proof::words::AdviceKind) -> &'static str {
    use countersign_proof::words::AdviceKind as Kind;
    match kind {
        Kind::Approve => "Approve",
        Kind::ApproveWithProvisos => "Approve with provisos",
        Kind::Refuse => "Refuse",
        Kind::NoObjection => "No objection",
    }
}

/// What an event says, in a few words.
pub(crate) fn happened(event: &Event) -> &'static str {
    match event_kind(event) {
        "RequestSubmitted" => "The request was made",
        "RequestRevised" => "The request was revised",
        "RequestWithdrawn" => "The request was taken back",
        "InformationAnswered" => "The question was answered; the clock runs again",
        "AdviceRecorded" => "Advice was given",
        "DecisionRecorded" => "A decision was signed",
        "RequestApproved" => "Policy is satisfied: approved",
        "RequestRefused" => "Refused",
        "RequestLapsed" => "Nobody decided in time: lapsed",
        "DecidersReminded" => "Those who may decide were reminded",
        "RequestEscalated" => "The overseers were told that it is overdue",
        "RequestRebound" => "Another policy version applies",
        "PersonRecused" => "Somebody stepped back",
        "QuorumOutOfReach" => "Nobody is left who could complete an approval set",
        "InterestDeclared" => "Somebody declared an interest",
        "ReleaseIssued" => "A release was issued",
        "ReleaseRebound" => "The release goes on under another policy version",
        "ReleasesSuspended" => "The release was suspended",
        "ReleasesReinstated" => "A reason for the suspension is gone",
        "ReleaseReapproved" => "The release was approved anew",
        "ReleaseEnded" => "The release ended",
        "UseReported" => "A use was reported",
        "CheckpointWitnessed" => "Witnesses have seen enough of the record",
        "CertificateIssued" => "A certificate was issued to a depot",
        "ReceiptRecorded" => "A depot\u{2019}s receipt was brought in",
        "AccountRecorded" => "A depot\u{2019}s account of a certificate was brought in",
        "SightingRecorded" => "A certificate was shown to a depot and not honoured",
        "HoldPlaced" => "A hold was placed",
        "HoldLifted" => "A hold was lifted",
        "UnitsReserved" => "Units were reserved",
        "ReservationPosted" => "Reserved units were handed out",
        "ReservationVoided" => "The reservation was given up",
        _ => "",
    }
}

/// A command that a rule refused.
pub(crate) fn refused_attempt(code: &str) -> String {
    format!("An attempt was refused: {code}")
}

/// The actions on a request.
pub(crate) mod action {
    /// Changes what is asked for.
    pub(crate) const REVISE: &str = "Revise";
    /// Takes the request back.
    pub(crate) const WITHDRAW: &str = "Take the request back";
    /// Answers a question.
    pub(crate) const ANSWER: &str = "Answer the question";
    /// Gives advice.
    pub(crate) const ADVISE: &str = "Advise";
    /// Approves.
    pub(crate) const APPROVE: &str = "Approve";
    /// Refuses.
    pub(crate) const REFUSE: &str = "Refuse";
    /// Asks.
    pub(crate) const ASK: &str = "Ask for information";
    /// Takes an authorisation back.
    pub(crate) const TAKE_BACK: &str = "Withdraw the authorisation";
    /// Steps back.
    pub(crate) const RECUSE: &str = "Step back from this request";
    /// Declares an interest.
    pub(crate) const DECLARE: &str = "Declare an interest";
    /// Reports a use.
    pub(crate) const REPORT: &str = "Report a use or hand-out";
    /// Gives a release back.
    pub(crate) const SURRENDER: &str = "Give the release back";
}
/// What the answer is.
pub(crate) const ANSWER_TEXT: &str = "Your answer";
/// Which interest.
pub(crate) const INTEREST_TEXT: &str = "Which interest";
/// What stepping back means.
pub(crate) const RECUSE_WHY: &str = "You will no longer see this request, and nothing that you \
                                     signed on it counts. This cannot be undone.";
/// What taking back means.
pub(crate) const WITHDRAW_WHY: &str = "The request is closed. You can make a new one.";
/// What giving back means.
pub(crate) const SURRENDER_WHY: &str = "What is left of the release can no longer be used.";
/// When it happened.
pub(crate) const USED_AT: &str = "When it happened";
/// Where it happened.
pub(crate) const USED_WHERE: &str = "Where";
/// Remarks.
pub(crate) const NOTE: &str = "Remarks";
/// What reporting means.
pub(crate) const REPORT_WHY: &str = "What has happened is recorded even where it goes beyond the \
                                     release; it is then flagged as a breach.";
/// The title of the search.
pub(crate) const SEARCH_TITLE: &str = "Search";
/// Nothing was found.
pub(crate) const NOTHING_FOUND: &str = "Nothing was found.";
/// Column: kind of thing.
pub(crate) const KIND: &str = "Kind";
/// Column: its name.
pub(crate) const NAME: &str = "Name";
/// Column: the act.
pub(crate) const ACT_COLUMN: &str = "Act";
/// Why a release is suspended.
pub(crate) const SUSPENDED_BY: &str = "Suspended by";
/// What went beyond a release.
pub(crate) const BREACHES: &str = "Breaches";
/// Names the table of certificates.
pub(crate) const CERTIFICATES: &str = "Certificates for depots without a network";
/// Column: a certificate.
pub(crate) const CERTIFICATE: &str = "Certificate";
/// Column: at most so many units.
pub(crate) const CEILING: &str = "At most";
/// Column: units handed out, as far as receipts came back.
pub(crate) const HANDED_OUT: &str = "Handed out";
/// Column: units that may still be handed out, or were and are not known of.
pub(crate) const STILL_OUT: &str = "Still out";
/// Column: until when.
pub(crate) const GOOD_UNTIL: &str = "Until";
/// Column: whether the depot has closed its account.
pub(crate) const ACCOUNT: &str = "Account";
/// It has.
pub(crate) const ACCOUNT_CLOSED: &str = "closed";
/// It has not.
pub(crate) const ACCOUNT_OPEN: &str = "open";
