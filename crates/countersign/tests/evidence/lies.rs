//! Every lie that an operator with the log's key can tell of the exercise is found, and named.

use super::operator::{Operator, code};
use crate::stage::Ledger;
use countersign_core::requests::{Breach, Event as Requests};
use countersign_core::{Event, people, policy};
use countersign_proof::words::{Quantity, ReleaseId, RequestId};
use std::collections::BTreeSet;

fn issued(event: &Event) -> Option<(ReleaseId, RequestId)> {
    match event {
        Event::Requests(Requests::ReleaseIssued { release, request, set, .. })
            if !set.is_empty() =>
        {
            Some((*release, *request))
        }
        _ => None,
    }
}

fn told(lie: impl Fn(&mut Operator)) -> &'static str {
    let mut operator = Operator::of(&Ledger::new());
    lie(&mut operator);
    code(operator.shows_all())
}

#[test]
fn an_honest_operator_is_believed() {
    // All holds, up to the files for use by hand, which this operator does not make.
    assert_eq!(told(|_| {}), "evidence/file");
}

#[test]
fn a_release_that_nobody_signed_is_found() {
    let found = told(|operator| {
        let (_, _, events) = operator.find(|event| issued(event).is_some());
        let release = events.iter().find(|event| issued(event).is_some()).unwrap().clone();
        let Event::Requests(Requests::ReleaseIssued { release, usable, set, .. }) = release else {
            unreachable!("it was issued");
        };
        let refused =
            |event: &Event| matches!(event, Event::Requests(Requests::RequestRefused { .. }));
        let (_, _, events) = operator.find(refused);
        let request = events.iter().find_map(|event| match event {
            Event::Requests(Requests::RequestRefused { request, .. }) => Some(*request),
            _ => None,
        });
        let (submitted, ..) = operator.find(|event| {
            matches!(event, Event::Requests(Requests::RequestSubmitted { request: id, .. })
                if Some(*id) == request)
        });
        assert!(submitted > 0);
        let draft = operator.find(|event| {
            matches!(event, Event::Requests(Requests::RequestSubmitted { request: id, .. })
                if Some(*id) == request)
        });
        let draft = draft.2.iter().find_map(|event| match event {
            Event::Requests(Requests::RequestSubmitted { draft, .. }) => Some(draft.clone()),
            _ => None,
        });
        let usable = Box::new(countersign_core::requests::Usable {
            depot: usable.depot,
            ..draft.unwrap().usable()
        });
        let request = request.unwrap();
        let lie = vec![
            Requests::RequestApproved { request }.into(),
            Requests::ReleaseIssued { release: ReleaseId(release.0 + 900), request, usable, set }
                .into(),
        ];
        operator.adds(operator.now(), lie, Vec::new());
    });
    assert!(found == "evidence/consent" || found == "evidence/bounds", "{found}");
}

#[test]
fn a_release_wider_than_what_was_signed_is_found() {
    let found = told(|operator| {
        let (seq, _, mut events) = operator.find(|event| issued(event).is_some());
        for event in &mut events {
            if let Event::Requests(Requests::ReleaseIssued { usable, .. }) = event {
                usable.quantity = usable.quantity.plus(Quantity::new(1).unwrap()).unwrap();
            }
        }
        operator.alters(seq, events);
    });
    // Signers quote heads of the log, so its past cannot be written anew; and if nobody had:
    assert_eq!(found, "evidence/bundle");
    let mut operator = Operator::of(&Ledger::new());
    let (_, _, events) = operator.find(|event| issued(event).is_some());
    let (release, _) = events.iter().find_map(issued).unwrap();
    let (usable, set) = events
        .iter()
        .find_map(|event| match event {
            Event::Requests(Requests::ReleaseIssued { usable, set, .. }) => {
                Some((usable.clone(), set.clone()))
            }
            _ => None,
        })
        .unwrap();
    let mut wider = usable;
    wider.quantity = wider.quantity.plus(Quantity::new(1).unwrap()).unwrap();
    let lie = Requests::ReleaseReapproved { release, usable: wider, set };
    operator.adds(operator.now(), vec![lie.into()], Vec::new());
    assert_eq!(code(operator.shows_all()), "evidence/bounds");
}

#[test]
fn a_decision_that_nobody_signed_is_found() {
    let found = told(|operator| {
        let decided =
            |event: &Event| matches!(event, Event::Requests(Requests::DecisionRecorded { .. }));
        let (_, _, events) = operator.find(decided);
        let decision = events.into_iter().find(decided).unwrap();
        operator.adds(operator.now(), vec![decision], Vec::new());
    });
    assert_eq!(found, "evidence/unsigned");
}

#[test]
fn a_signature_that_is_used_twice_is_found() {
    let found = told(|operator| {
        let decided =
            |event: &Event| matches!(event, Event::Requests(Requests::DecisionRecorded { .. }));
        let (seq, at, events) = operator.find(decided);
        let decision = events.into_iter().find(decided).unwrap();
        // At its own moment again, so that nothing has expired.
        let sealed = operator.sealed(seq);
        operator.adds(at, vec![decision], sealed);
    });
    assert_eq!(found, "evidence/binding");
}

#[test]
fn a_statement_recorded_after_it_expired_is_found() {
    let found = told(|operator| {
        let decided =
            |event: &Event| matches!(event, Event::Requests(Requests::DecisionRecorded { .. }));
        let (seq, _, events) = operator.find(decided);
        let decision = events.into_iter().find(decided).unwrap();
        let (now, sealed) = (operator.now(), operator.sealed(seq));
        operator.adds(now.plus_days(30), vec![decision], sealed);
    });
    assert_eq!(found, "evidence/binding");
}

#[test]
fn people_put_into_office_by_nobody_are_found() {
    let found = told(|operator| {
        let appointed =
            |event: &Event| matches!(event, Event::People(people::Event::IncumbentAppointed(_)));
        let (_, _, events) = operator.find(appointed);
        let term = events.into_iter().find(appointed).unwrap();
        operator.adds(operator.now(), vec![term], Vec::new());
    });
    assert_eq!(found, "evidence/unsigned");
}

#[test]
fn a_key_that_nobody_witnessed_is_found() {
    let found = told(|operator| {
        let founded = |event: &Event| matches!(event, Event::Ledger(_));
        let (_, _, events) = operator.find(founded);
        let Some(Event::Ledger(countersign_core::ledger::Event::LedgerFounded { charter, .. })) =
            events.into_iter().find(founded)
        else {
            unreachable!("a ledger is founded first");
        };
        let key = &charter.keys[0];
        let public = countersign_proof::PublicKey::from_openssh(&key.public_key).unwrap();
        let lie = people::Event::KeyEnrolled(people::EnrolledKey {
            key: public.id(),
            public_key: key.public_key.clone(),
            person: charter.keys[1].person.clone(),
            witness: Some(key.person.clone()),
            from: operator.now(),
            until: operator.now().plus_days(30),
            revoked_at: None,
        });
        operator.adds(operator.now(), vec![lie.into()], Vec::new());
    });
    assert_eq!(found, "evidence/unsigned");
}

#[test]
fn a_policy_version_that_nobody_published_is_found() {
    let found = told(|operator| {
        let published =
            |event: &Event| matches!(event, Event::Policy(policy::Event::VersionPublished { .. }));
        let (_, _, events) = operator.find(published);
        let version = events.into_iter().find(published).unwrap();
        operator.adds(operator.now(), vec![version], Vec::new());
    });
    assert!(found == "evidence/consent" || found == "evidence/unsigned", "{found}");
}

#[test]
fn a_breach_that_is_not_told_is_found() {
    let found = told(|operator| {
        let used = |event: &Event| {
            matches!(event, Event::Requests(Requests::UseReported { breaches, .. })
                if breaches.contains(&Breach::BeyondQuantity))
        };
        let (_, _, events) = operator.find(used);
        let told = events.into_iter().find(used).unwrap();
        let Event::Requests(Requests::UseReported { release, quantity, used_at, zone, .. }) = told
        else {
            unreachable!("it was used");
        };
        let lie = Requests::UseReported {
            release,
            quantity,
            used_at,
            zone,
            unaccounted: Quantity::ZERO,
            breaches: Vec::new(),
            handed_before: Quantity::ZERO,
        };
        operator.adds(operator.now(), vec![lie.into()], Vec::new());
    });
    assert_eq!(found, "evidence/use");
}

#[test]
fn a_release_judged_by_what_nobody_stated_is_refused() {
    let ledger = Ledger::new();
    let operator = Operator::of(&ledger);
    let (_, _, events) = operator.find(|event| issued(event).is_some());
    let (_, request) = events.iter().find_map(issued).unwrap();
    let taken = countersign::evidence::export(
        &ledger.location(),
        countersign_proof::bundle::Matter::Request(request),
        &BTreeSet::new(),
        &mut |_, _| {},
    );
    let bundle = countersign_proof::bundle::Bundle::from_files(&taken.unwrap().files).unwrap();
    let kept: Vec<u64> = bundle.entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(code(operator.shows(&kept)), "evidence/policy");
    // Without the founding there is nobody whose signature could count.
    assert_eq!(code(operator.shows(&kept[1..])), "evidence/founding");
}
