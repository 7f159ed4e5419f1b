//! What is told. Answers: *what does a notice of this entry say, and who wants it?*
//!
//! A pure function of an entry's open part: nothing that is sealed can be told, since it is not
//! here. The same entry always makes the same notice, so one that was sent can be made again.

use crate::server::live;
use countersign_proof::Outcome;
use countersign_proof::entry::OpenPart;
use serde_json::json;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Every kind of event that there is, by the name it has in entries.
pub(crate) const EVENT_KINDS: &[&str] = &[
    "LedgerFounded",
    "NonceIssued",
    "NonceSpent",
    "DoorOpened",
    "LogKeyRotated",
    "PersonRegistered",
    "IncumbentAppointed",
    "DeputyAppointed",
    "IncumbencyEnded",
    "DeputationEnded",
    "KeyEnrolled",
    "KeyRevoked",
    "IdentityErased",
    "StockReceived",
    "StockMoved",
    "StockCounted",
    "FiguresImported",
    "UnitsReserved",
    "ReservationPosted",
    "UnitsPosted",
    "SlotsDelivered",
    "ReservationVoided",
    "SlotDiverted",
    "SlotRestored",
    "ItemClassed",
    "VersionPublished",
    "VersionCameIntoForce",
    "RequestSubmitted",
    "RequestRevised",
    "RequestWithdrawn",
    "InformationAnswered",
    "AdviceRecorded",
    "DecisionRecorded",
    "RequestApproved",
    "RequestRefused",
    "RequestLapsed",
    "DecidersReminded",
    "RequestEscalated",
    "RequestRebound",
    "PersonRecused",
    "QuorumOutOfReach",
    "InterestDeclared",
    "ReleaseIssued",
    "ReleaseRebound",
    "ReleasesSuspended",
    "ReleasesReinstated",
    "ReleaseReapproved",
    "ReleaseEnded",
    "UseReported",
    "HoldPlaced",
    "HoldLifted",
    "CheckpointWitnessed",
    "CertificateIssued",
    "ReceiptRecorded",
    "AccountRecorded",
    "SightingRecorded",
    "ItemsJudged",
    "ClassChanged",
    "ClassOverridden",
    "OverrideLifted",
    "DiversionOrdered",
    "RecipientNotified",
    "DiversionExecuted",
    "DiversionLapsed",
    "DebtIncurred",
    "DebtRepaid",
    "RowImported",
];

/// Whether there is such a kind of event.
pub(crate) fn is_event_kind(kind: &str) -> bool {
    EVENT_KINDS.contains(&kind)
}

/// What an endpoint wants to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// These kinds of events; all, if none are named.
    pub(crate) kinds: Option<BTreeSet<String>>,
    /// Also commands that a rule refused.
    pub(crate) refusals: bool,
}

impl Wanted {
    /// Whether an entry is among it. One with no event at all is told to nobody, unless it is a
    /// refusal.
    pub(crate) fn has(&self, open: &OpenPart) -> bool {
        match open.outcome {
            Outcome::Refused { .. } => self.refusals,
            Outcome::Accepted => open
                .events
                .iter()
                .any(|kind| self.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind.as_str()))),
        }
    }
}

/// What is sent to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Its id: the same however often it is sent, so that a receiver can drop doubles.
    pub(crate) id: String,
    /// The JSON body; every attempt sends these bytes.
    pub(crate) body: String,
}

impl Notice {
    /// What an entry makes; `origin` is what browsers call this server.
    pub(crate) fn of(open: &OpenPart, origin: &str) -> Self {
        let mut data = live::told(open);
        if let Some(fields) = data.as_object_mut() {
            let link = format!("{origin}{}", page(open));
            fields.insert("ledger".to_owned(), json!(open.ledger.to_string()));
            fields.insert("link".to_owned(), json!(link));
        }
        let body = json!({
            "type": format!("entry.{}", open.command),
            "timestamp": open.time.to_string(),
            "data": data,
        });
        Self { id: id_of(open), body: body.to_string() }
    }

    /// One that tells of nothing, to try whether an endpoint can be reached.
    pub(crate) fn test(chance: u128, at: &str) -> Self {
        let body = json!({ "type": "test", "timestamp": at, "data": {} });
        Self { id: format!("msg_test_{chance:032x}"), body: body.to_string() }
    }
}

/// The id of the notice of an entry: which ledger, and where in it.
fn id_of(open: &OpenPart) -> String {
    let ledger: String = open.ledger.to_string().chars().take(16).collect();
    format!("msg_{ledger}_{}", open.seq)
}

/// The page that tells more, to whoever may see it.
fn page(open: &OpenPart) -> String {
    let request = open.subjects.iter().find(|subject| is_request(subject));
    request.map_or_else(|| format!("/record/{}", open.seq), |id| format!("/requests/{id}"))
}

fn is_request(subject: &SmolStr) -> bool {
    subject.strip_prefix("REQ-").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{EVENT_KINDS, Notice, Wanted};
    use countersign_proof::Label;
    use countersign_proof::entry::{OpenPart, Outcome, Seal};
    use countersign_proof::words::{CommandId, Digest};
    use std::collections::BTreeSet;

    fn entry(outcome: Outcome, events: &[&str], subjects: &[&str]) -> OpenPart {
        OpenPart {
            ledger: Digest([0xab; 32]),
            seq: 7,
            time: "2025-06-01T09:00:00Z".parse().unwrap(),
            id: CommandId([1; 16]),
            command: "submit_request".into(),
            outcome,
            events: events.iter().map(|&kind| kind.into()).collect(),
            subjects: subjects.iter().map(|&id| id.into()).collect(),
            body: Digest([2; 32]),
            sealed: vec![Seal { label: Label::Parties, digest: Digest([3; 32]) }],
        }
    }

    #[test]
    fn a_notice_says_what_the_open_part_says_and_where_to_read_on() {
        let entry = entry(Outcome::Accepted, &["RequestSubmitted"], &["REQ-4"]);
        let notice = Notice::of(&entry, "https://ledger.example");
        assert_eq!(notice.id, "msg_abababababababab_7");
        let body: serde_json::Value = serde_json::from_str(&notice.body).unwrap();
        assert_eq!(body["type"], "entry.submit_request");
        assert_eq!(body["timestamp"], "2025-06-01T09:00:00Z");
        let fields: BTreeSet<&str> =
            body["data"].as_object().unwrap().keys().map(String::as_str).collect();
        let wanted =
            ["code", "command", "events", "ledger", "link", "outcome", "seq", "subjects", "time"];
        assert_eq!(fields, wanted.into(), "no digest of a sealed part, nothing else");
        assert_eq!(body["data"]["link"], "https://ledger.example/requests/REQ-4");
        assert_eq!(Notice::of(&entry, "https://ledger.example"), notice, "always the same");
        let other = self::entry(Outcome::Accepted, &["HoldPlaced"], &["HOLD-1"]);
        let other = Notice::of(&other, "https://ledger.example");
        assert!(other.body.contains("https://ledger.example/record/7"));
    }

    #[test]
    fn an_endpoint_is_told_of_the_kinds_it_names_and_of_refusals_only_where_it_says_so() {
        let wants = |kinds: Option<&[&str]>, refusals| Wanted {
            kinds: kinds.map(|kinds| kinds.iter().map(|&kind| kind.to_owned()).collect()),
            refusals,
        };
        let made = entry(Outcome::Accepted, &["NonceSpent", "HoldPlaced"], &[]);
        assert!(wants(Some(&["HoldPlaced"]), false).has(&made));
        assert!(wants(None, false).has(&made));
        assert!(!wants(Some(&["HoldLifted"]), true).has(&made));
        let refused = entry(Outcome::Refused { code: "stock/x".into() }, &[], &[]);
        assert!(!wants(None, false).has(&refused));
        assert!(wants(Some(&[]), true).has(&refused));
        assert!(!wants(None, true).has(&entry(Outcome::Accepted, &[], &[])));
    }

    #[test]
    fn the_list_of_kinds_is_the_one_of_the_core() {
        let core = concat!(env!("CARGO_MANIFEST_DIR"), "/../countersign-core/src/record/kinds.rs");
        let source = std::fs::read_to_string(core).unwrap();
        let (_, after) = source.split_once("pub fn event_kind").unwrap();
        let (function, _) = after.split_once("\n}\n").unwrap();
        let there: BTreeSet<&str> = function.split('"').skip(1).step_by(2).collect();
        assert!(there.len() > 50, "{there:?}");
        assert_eq!(EVENT_KINDS.iter().copied().collect::<BTreeSet<_>>(), there);
        assert_eq!(EVENT_KINDS.len(), there.len(), "none twice");
    }
}
