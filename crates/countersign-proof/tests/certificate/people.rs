//! The officials' own signatures behind a certificate: each way in which they can fail to be there.

use super::certificates::{certificate, known, log, logged, moment, official};
use super::samples;
use countersign_proof::certificate::Certificate;
use countersign_proof::certificate::decisions::{
    Approval, DecisionsError, KnownKey, LoggedDecisions, TrustedPeople, check,
};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::statement::Decision;
use countersign_proof::trust::Trust;
use countersign_proof::witness::{AddCheckpoint, judge};
use countersign_proof::words::{
    Act, DecisionKind, Digest, OfficeId, Provisos, Quantity, RequestId, Revision, Window,
};
use countersign_proof::{LogKey, SignatureRules, SoftwareKey};
use std::collections::BTreeSet;

fn demanded(offices: &[&str]) -> BTreeSet<OfficeId> {
    offices.iter().map(|office| office.parse().unwrap()).collect()
}

fn checked(
    certificate: &Certificate,
    logged: &LoggedDecisions,
    keys: &[KnownKey],
    offices: &[&str],
) -> Result<Vec<Approval>, DecisionsError> {
    witnessed(certificate, logged, keys, offices, None)
}

fn witnessed(
    certificate: &Certificate,
    logged: &LoggedDecisions,
    keys: &[KnownKey],
    offices: &[&str],
    witnesses: Option<&Trust>,
) -> Result<Vec<Approval>, DecisionsError> {
    let log = log();
    let trusted = TrustedPeople {
        log: log.verifier(),
        keys,
        demanded: &demanded(offices),
        rules: &SignatureRules::default(),
        witnesses,
    };
    check(certificate, logged, &trusted)
}

/// The certificate that names the one decision.
fn on(decision: &Decision) -> (Certificate, LoggedDecisions) {
    let (digest, logged) = logged(decision, &official());
    (Certificate { decisions: [digest].into(), ..certificate() }, logged)
}

#[test]
fn a_decision_in_the_log_bears_it_out() {
    let (certificate, logged) = on(&samples::decision());
    let approvals = checked(&certificate, &logged, &[known()], &["US.SecDef"]).unwrap();
    assert_eq!(approvals.len(), 1);
    assert_eq!(approvals[0].person.as_str(), "P-3F9A");
    assert_eq!(approvals[0].at, moment("2025-06-01T12:30:00Z"));
    assert_eq!(approvals[0].entry, 5);
}

/// What a change makes differ, and the change.
type Change = (&'static str, Box<dyn Fn(&mut Decision)>);

#[test]
fn a_decision_on_anything_else_does_not() {
    let less = Quantity::new(3).unwrap();
    let day = |text: &str| -> Window { samples::window(text) };
    let changes: Vec<Change> = vec![
        (
            "approve",
            Box::new(|d| {
                d.decision = DecisionKind::Refuse;
                d.provisos = Provisos::default();
            }),
        ),
        ("ledger", Box::new(|d| d.binding.ledger = Digest::of(b"another"))),
        ("exercise", Box::new(|d| d.binding.exercise = false)),
        ("request", Box::new(|d| d.terms.request = RequestId(13))),
        ("revision", Box::new(|d| d.terms.revision = Revision(1))),
        ("act", Box::new(|d| d.terms.act = Act::Deliver)),
        ("item", Box::new(|d| d.terms.item = "GMLRS".parse().unwrap())),
        ("holder", Box::new(|d| d.terms.holder = "GB".parse().unwrap())),
        (
            "quantity",
            Box::new(|d| {
                d.terms.quantity = Quantity::new(3).unwrap();
                d.provisos = Provisos::default();
            }),
        ),
        ("quantity", Box::new(move |d| d.provisos.quantity = Some(less))),
        (
            "window",
            Box::new(move |d| {
                d.terms.window = day("2025-06-02T00:00:00.001Z/2025-06-09T00:00:00Z");
            }),
        ),
        (
            "window",
            Box::new(move |d| {
                d.provisos.window = Some(day("2025-06-02T00:00:00Z/2025-06-08T00:00:00Z"));
            }),
        ),
        ("depot", Box::new(|d| d.terms.depot = Some("UA.Depot-2".parse().unwrap()))),
        (
            "depot",
            Box::new(|d| {
                d.terms.depot = None;
                d.provisos.depot = Some("UA.Depot-2".parse().unwrap());
            }),
        ),
    ];
    for (what, change) in changes {
        let mut decision = samples::decision();
        change(&mut decision);
        let (certificate, logged) = on(&decision);
        let error = checked(&certificate, &logged, &[known()], &["US.SecDef"]).unwrap_err();
        let DecisionsError::Terms { what: found, .. } = error else { panic!("{what}: {error}") };
        assert!(found.contains(what), "{what}: {found}");
    }
}

#[test]
fn only_known_keys_count_and_only_in_their_time() {
    let (certificate, logged) = on(&samples::decision());
    let ended = samples::window("2025-01-01T00:00:00Z/2025-06-01T12:30:00Z");
    let begun = samples::window("2025-06-01T12:30:00.001Z/2026-01-01T00:00:00Z");
    let stranger = SoftwareKey::from_seed([66; 32]).public_key().id();
    let unknown: [&[KnownKey]; 6] = [
        &[],
        &[KnownKey { span: ended, ..known() }],
        &[KnownKey { span: begun, ..known() }],
        &[KnownKey { key: stranger, ..known() }],
        &[KnownKey { person: "P-0".parse().unwrap(), ..known() }],
        &[KnownKey { offices: demanded(&["US.JCS"]), ..known() }],
    ];
    for keys in unknown {
        let error = checked(&certificate, &logged, keys, &[]).unwrap_err();
        assert_eq!(error.code(), "decisions/unknown-signer", "{keys:?}");
    }
}

#[test]
fn what_is_not_proved_to_be_in_the_log_does_not_count() {
    let (certificate, good) = on(&samples::decision());
    let fails = |logged: &LoggedDecisions| {
        checked(&certificate, logged, &[known()], &[]).expect_err("refused").code()
    };
    let mut other_proof = good.clone();
    other_proof.decisions[0].proof[1] = Digest::of(b"elsewhere");
    assert_eq!(fails(&other_proof), "decisions/not-in-log");
    let mut other_entry = good.clone();
    let text = String::from_utf8(good.decisions[0].open.clone()).unwrap();
    other_entry.decisions[0].open = text.replace("12:30:00", "12:31:00").into_bytes();
    assert_eq!(fails(&other_entry), "decisions/not-in-log");
    let mut salted = good.clone();
    salted.decisions[0].sealed.salt = [8; 16];
    assert_eq!(fails(&salted), "decisions/entry");
    let mut forged = good.clone();
    let stranger = LogKey::from_seed("ledger.example/one", [98; 32]).unwrap();
    forged.checkpoint = stranger.sign(11, Digest::of(b"another tree"));
    assert_eq!(fails(&forged), "decisions/checkpoint");
    let mut none = good.clone();
    none.decisions.clear();
    assert_eq!(fails(&none), "decisions/not-the-same");
    let standing = Certificate { decisions: BTreeSet::new(), ..certificate.clone() };
    let error = checked(&standing, &good, &[known()], &[]).unwrap_err();
    assert_eq!(error, DecisionsError::NobodySigned);
    let another = Certificate { decisions: [Digest::of(b"another")].into(), ..certificate.clone() };
    let error = checked(&another, &good, &[known()], &[]).unwrap_err();
    assert_eq!(error.code(), "decisions/not-the-same");
}

#[test]
fn every_flipped_byte_of_an_entry_is_refused() {
    let (certificate, good) = on(&samples::decision());
    for place in 0..good.decisions[0].open.len() {
        let mut flipped = good.clone();
        flipped.decisions[0].open[place] ^= 1;
        assert!(checked(&certificate, &flipped, &[known()], &[]).is_err(), "open, byte {place}");
    }
    for place in 0..good.decisions[0].sealed.bytes.len() {
        let mut flipped = good.clone();
        flipped.decisions[0].sealed.bytes[place] ^= 1;
        assert!(checked(&certificate, &flipped, &[known()], &[]).is_err(), "part, byte {place}");
    }
}

#[test]
fn a_demanded_office_that_did_not_sign_is_missed() {
    let (certificate, logged) = on(&samples::decision());
    let error = checked(&certificate, &logged, &[known()], &["GB.MoD", "US.SecDef"]).unwrap_err();
    assert_eq!(error, DecisionsError::OfficeMissing("GB.MoD".parse().unwrap()));
}

#[test]
fn one_person_does_not_stand_for_two_offices() {
    // The same person signs for both offices, in two entries of one log.
    let both = |offices: [&str; 2], people: [&str; 2]| {
        let keys = [official(), SoftwareKey::from_seed([44; 32])];
        let mut named = BTreeSet::new();
        let mut known_keys = Vec::new();
        let mut decisions = Vec::new();
        for ((office, person), key) in offices.into_iter().zip(people).zip(&keys) {
            let mut decision = samples::decision();
            decision.office = office.parse().unwrap();
            decision.signer = person.parse().unwrap();
            known_keys.push(KnownKey {
                person: decision.signer.clone(),
                offices: demanded(&[office]),
                key: key.public_key().id(),
                ..known()
            });
            let (digest, held) = logged(&decision, key);
            named.insert(digest);
            decisions.push(held);
        }
        let certificate = Certificate { decisions: named, ..certificate() };
        (certificate, decisions, known_keys)
    };
    let (certificate, held, keys) = both(["US.SecDef", "GB.MoD"], ["P-3F9A", "P-3F9A"]);
    let joined = super::people::join(&held);
    let error = checked(&certificate, &joined, &keys, &["US.SecDef", "GB.MoD"]).unwrap_err();
    assert_eq!(error, DecisionsError::SamePerson);
    let (certificate, held, keys) = both(["US.SecDef", "GB.MoD"], ["P-3F9A", "P-7"]);
    let joined = super::people::join(&held);
    let approvals = checked(&certificate, &joined, &keys, &["US.SecDef", "GB.MoD"]).unwrap();
    assert_eq!(approvals.len(), 2);
}

/// Two logs of one decision each made into one log of both.
fn join(held: &[LoggedDecisions]) -> LoggedDecisions {
    use countersign_proof::OpenPart;
    use countersign_proof::merkle::{inclusion_proof, leaf_hash, tree_head};
    let mut decisions = Vec::new();
    for (index, one) in (0_u64..).zip(held) {
        let mut decision = one.decisions[0].clone();
        let mut open = OpenPart::parse(&decision.open).unwrap();
        open.seq = index;
        decision.open = open.encode().unwrap();
        decisions.push(decision);
    }
    let leaves: Vec<Digest> = decisions.iter().map(|one| leaf_hash(&one.open)).collect();
    let size = u64::try_from(leaves.len()).unwrap();
    for (index, decision) in (0_u64..).zip(&mut decisions) {
        decision.proof = inclusion_proof(&leaves, index, size).unwrap();
    }
    LoggedDecisions { decisions, checkpoint: log().sign(size, tree_head(&leaves, size).unwrap()) }
}

#[test]
fn a_depot_that_believes_witnesses_wants_their_word() {
    let (certificate, mut logged) = on(&samples::decision());
    let witness = WitnessKey::from_seed("witness.example/north", [8; 32]).unwrap();
    let stranger = WitnessKey::from_seed("witness.example/south", [9; 32]).unwrap();
    let text =
        format!("log {}\nwitness north {}\nquorum north\n", log().verifier(), witness.verifier());
    let trust = Trust::parse(text.as_bytes()).unwrap();
    let code = |logged: &LoggedDecisions| {
        witnessed(&certificate, logged, &[known()], &[], Some(&trust)).map_err(|error| error.code())
    };
    assert_eq!(code(&logged), Err("decisions/witnesses"));
    let bare = logged.checkpoint.clone();
    let cosigned = |key: &WitnessKey| {
        let note = SignedNote::parse(bare.as_bytes()).unwrap();
        let request = AddCheckpoint::new(0, Vec::new(), note).unwrap();
        let (known, time) = ([log().verifier().clone()], moment("2025-06-01T13:00:00Z"));
        let seen = judge(&request, key.verifier(), &known, None, time).unwrap();
        format!("{bare}{}", seen.cosign(key))
    };
    logged.checkpoint = cosigned(&stranger);
    assert_eq!(code(&logged), Err("decisions/witnesses"));
    logged.checkpoint = cosigned(&witness);
    assert!(code(&logged).is_ok());
    // Without witnesses in its settings, a depot does not ask.
    logged.checkpoint = bare;
    assert!(checked(&certificate, &logged, &[known()], &[]).is_ok());
}
