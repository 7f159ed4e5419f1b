//! One statement of each kind, as a ledger would ask for it.
#![allow(dead_code, reason = "not every test needs every sample")]

use countersign_proof::statement::{
    Advice, Appointment, Binding, ClassOverride, Decision, DiversionOrder, Erasure, Founding, Hold,
    KeyEnrolment, KeyRevocation, Lift, LogKeyRotation, OverrideLift, PolicyPublication, SeenHead,
    Session, Terms,
};
use countersign_proof::words::{
    Act, AdviceKind, AppointmentChange, DecisionKind, Digest, EntryNumber, HoldId, HoldScope,
    Nonce, Provisos, Quantity, RequestId, Revision, Role, Standing, Transition, Window,
};
use countersign_proof::{AnyStatement, SoftwareKey};

pub(crate) fn window(text: &str) -> Window {
    text.parse().unwrap()
}

pub(crate) fn binding() -> Binding {
    Binding {
        ledger: Digest::of(b"ledger"),
        exercise: true,
        checkpoint: SeenHead { size: 41, root: Digest::of(b"root") },
        nonce: Nonce([7; 16]),
        validity: window("2025-06-01T12:00:00Z/2025-06-01T14:00:00Z"),
    }
}

pub(crate) fn decision() -> Decision {
    Decision {
        terms: Terms {
            request: RequestId(12),
            revision: Revision(2),
            revision_digest: Digest::of(b"revision"),
            act: Act::Use,
            item: "ATACMS".parse().unwrap(),
            quantity: Quantity::new(8).unwrap(),
            zones: ["RU.Kursk", "RU.Bryansk"].map(|zone| zone.parse().unwrap()).into(),
            holder: "UA".parse().unwrap(),
            depot: Some("UA.Depot-1".parse().unwrap()),
            window: window("2025-06-02T00:00:00Z/2025-06-09T00:00:00Z"),
        },
        office: "US.SecDef".parse().unwrap(),
        signer: "P-3F9A".parse().unwrap(),
        decision: DecisionKind::Approve,
        provisos: Provisos { quantity: Quantity::new(4), ..Provisos::default() },
        policy: "v4".parse().unwrap(),
        policy_digest: Digest::of(b"policy"),
        binding: binding(),
        reason: "Within the limits agreed;\nsee C:\\minutes – naïve Łódź.".to_owned(),
    }
}

pub(crate) fn advice() -> Advice {
    Advice {
        request: RequestId(12),
        revision: Revision(2),
        revision_digest: Digest::of(b"revision"),
        office: "US.JCS".parse().unwrap(),
        signer: "P-11".parse().unwrap(),
        advice: AdviceKind::ApproveWithProvisos,
        provisos: Provisos {
            zones: Some(["RU.Kursk".parse().unwrap()].into()),
            ..Provisos::default()
        },
        binding: binding(),
        reason: String::new(),
    }
}

pub(crate) fn appointment() -> Appointment {
    Appointment {
        change: AppointmentChange::Appoint,
        subject_office: "US.JCS".parse().unwrap(),
        person: "P-12".parse().unwrap(),
        role: Role::Deputy,
        deputy_of: Some("P-11".parse().unwrap()),
        acts: [Act::View, Act::Admit, Act::Use].into(),
        span: window("2025-06-02T00:00:00Z/2025-07-09T00:00:00Z"),
        office: "US.President".parse().unwrap(),
        signer: "P-1".parse().unwrap(),
        binding: binding(),
        reason: "-".to_owned(),
    }
}

/// One statement of every kind, in the order of the kinds.
pub(crate) fn all() -> Vec<AnyStatement> {
    let key = SoftwareKey::from_seed([9; 32]).public_key().clone();
    let signer = || "P-1".parse().unwrap();
    let office = || "UA.GenStaff".parse().unwrap();
    let reason = || "because".to_owned();
    vec![
        decision().into(),
        advice().into(),
        appointment().into(),
        KeyEnrolment {
            person: "P-12".parse().unwrap(),
            public_key: key.to_openssh(),
            expires_on: "2026-06-01T00:00:00Z".parse().unwrap(),
            signer: signer(),
            binding: binding(),
            reason: "seen in person".to_owned(),
        }
        .into(),
        KeyRevocation {
            person: "P-12".parse().unwrap(),
            key: key.id(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        Erasure {
            person: "P-12".parse().unwrap(),
            entries: [EntryNumber(0), EntryNumber(17), EntryNumber(3)].into(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        PolicyPublication {
            version: "v5".parse().unwrap(),
            digest: Digest::of(b"policy 5"),
            supersedes: "v4".parse().unwrap(),
            in_force_from: "2025-08-01T00:00:00.250Z".parse().unwrap(),
            source: "Письмо № 7, §2".to_owned(),
            standing: Standing::Official,
            transition: Transition::ReEvaluate,
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        Hold {
            scope: HoldScope::Item("ATACMS".parse().unwrap()),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        Lift {
            hold: HoldId(3),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        ClassOverride {
            item: "ATACMS".parse().unwrap(),
            class: "red".parse().unwrap(),
            until: "2025-08-01T00:00:00Z".parse().unwrap(),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        OverrideLift {
            item: "ATACMS".parse().unwrap(),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        DiversionOrder {
            item: "ATACMS".parse().unwrap(),
            owner: "US".parse().unwrap(),
            plan: Digest::of(b"plan"),
            quantity: Quantity::new(40).unwrap(),
            recipients: ["UA", "NL"].map(|party| party.parse().unwrap()).into(),
            certification: "Bescheinigung Nº 7".to_owned(),
            notice_days: "30".parse().unwrap(),
            replacement: Some("2026-03".parse().unwrap()),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        LogKeyRotation {
            log_key: Digest::of(b"new log key"),
            replaces: Digest::of(b"log key"),
            office: office(),
            signer: signer(),
            binding: binding(),
            reason: reason(),
        }
        .into(),
        Founding {
            origin: "ledger.example/one".to_owned(),
            exercise: true,
            charter_digest: Digest::of(b"charter"),
            policy: "v1".parse().unwrap(),
            policy_digest: Digest::of(b"policy 1"),
            log_key: Digest::of(b"log key"),
            founded_at: "2025-01-01T00:00:00Z".parse().unwrap(),
            nonce: Nonce([1; 16]),
            signer: signer(),
            reason: reason(),
        }
        .into(),
        Session {
            ledger: Digest::of(b"ledger"),
            signer: signer(),
            nonce: Nonce([2; 16]),
            validity: window("2025-06-01T12:00:00Z/2025-06-01T12:05:00Z"),
        }
        .into(),
    ]
}
