//! A certificate as a ledger would issue it, and the log that stands behind it.
#![allow(dead_code, reason = "not every test needs every sample")]

use super::samples;
use countersign_proof::certificate::decisions::{KnownKey, LoggedDecision, LoggedDecisions};
use countersign_proof::certificate::{Certificate, IssuerKey, StatusReference};
use countersign_proof::entry::{Label, OpenPart, Outcome, SealedPart};
use countersign_proof::merkle::{inclusion_proof, leaf_hash, tree_head};
use countersign_proof::statement::Decision;
use countersign_proof::words::{
    Act, CertificateId, CommandId, Digest, Moment, Quantity, ReleaseId, RequestId, Revision,
};
use countersign_proof::{LogKey, SoftwareKey};

pub(crate) fn issuer() -> IssuerKey {
    IssuerKey::from_seed([1; 32])
}

pub(crate) fn collector() -> SoftwareKey {
    SoftwareKey::from_seed([2; 32])
}

pub(crate) fn official() -> SoftwareKey {
    SoftwareKey::from_seed([3; 32])
}

pub(crate) fn log() -> LogKey {
    LogKey::from_seed("ledger.example/one", [4; 32]).unwrap()
}

pub(crate) fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

/// The certificate of a release that rests on [`samples::decision`].
pub(crate) fn certificate() -> Certificate {
    Certificate {
        id: CertificateId(3),
        issuer: "ledger.example/one".to_owned(),
        ledger: Digest::of(b"ledger"),
        exercise: true,
        depot: "UA.Depot-1".parse().unwrap(),
        release: ReleaseId(8),
        request: RequestId(12),
        revision: Revision(2),
        act: Act::Use,
        item: "ATACMS".parse().unwrap(),
        quantity: Quantity::new(4).unwrap(),
        holder: "UA".parse().unwrap(),
        window: samples::window("2025-06-02T00:00:00Z/2025-06-09T00:00:00Z"),
        issued_at: moment("2025-06-01T13:00:00Z"),
        collector: collector().public_key().clone(),
        decisions: [Digest::of(b"one decision"), Digest::of(b"another")].into(),
        policy: Digest::of(b"policy"),
        entry: 41,
        status: StatusReference { index: 2, uri: "https://ledger.example/one/status".to_owned() },
    }
}

/// A decision as the log holds it, with the proof that it does.
pub(crate) fn logged(decision: &Decision, key: &SoftwareKey) -> (Digest, LoggedDecisions) {
    let (text, signature) = key.sign(decision).unwrap();
    let held = serde_json::json!({ "statements": [{ "text": text, "signature": signature }] });
    let sealed = SealedPart {
        label: Label::Deliberation,
        salt: [9; 16],
        bytes: serde_json::to_vec(&held).unwrap(),
    };
    let open = OpenPart {
        ledger: Digest::of(b"ledger"),
        seq: 5,
        time: moment("2025-06-01T12:30:00Z"),
        id: CommandId([5; 16]),
        command: "decide_request".into(),
        outcome: Outcome::Accepted,
        events: vec!["DecisionRecorded".into()],
        subjects: vec!["REQ-12".into()],
        body: Digest::of(b"body"),
        sealed: vec![sealed.seal()],
    };
    let open = open.encode().unwrap();
    let leaves: Vec<Digest> = (0..11_u8)
        .map(|index| if index == 5 { leaf_hash(&open) } else { Digest::of(&[index]) })
        .collect();
    let proof = inclusion_proof(&leaves, 5, 11).unwrap();
    let checkpoint = log().sign(11, tree_head(&leaves, 11).unwrap());
    let decisions = vec![LoggedDecision { open, sealed, proof }];
    (Digest::of(text.as_bytes()), LoggedDecisions { decisions, checkpoint })
}

/// The official's key as a depot knows it.
pub(crate) fn known() -> KnownKey {
    KnownKey {
        person: "P-3F9A".parse().unwrap(),
        offices: ["US.SecDef".parse().unwrap()].into(),
        span: samples::window("2025-01-01T00:00:00Z/2026-01-01T00:00:00Z"),
        key: official().public_key().id(),
    }
}
