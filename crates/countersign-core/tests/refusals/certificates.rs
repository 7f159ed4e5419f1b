//! Who has seen a release, how much of it may be honoured where, and what does each depot say that
//! it did?
//!
//! The end of the table of the requests room.

use super::world::{
    Answered, ORIGIN, WITNESSES, World, cosigned_by, forged, id, log_key, quantity,
};
use super::{Case, released};
use countersign_core::requests::CertificateTerms;
use countersign_proof::LogKey;
use countersign_proof::words::{CertificateId, Digest};

/// A certificate of the release, changed before it is issued.
fn certify(change: impl FnOnce(&mut CertificateTerms)) -> Answered {
    let mut world = released();
    let mut terms = world.certificate(1, "UA.Depot-1", 2);
    change(&mut terms);
    world.certify("uadepot", terms)
}

/// The release, with a certificate of two of its four units out.
pub(super) fn out() -> World {
    let mut world = released();
    let terms = world.certificate(1, "UA.Depot-1", 2);
    world.certify("uadepot", terms).unwrap();
    world
}

/// The same release, under a version that demands two witnesses.
fn watched() -> World {
    let mut world = World::with(&[("watched", "2024-05-30T00:00:00Z")]);
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(20, "ATACMS", "UA", None).unwrap();
    let window = world.days(20).to_string();
    let asked = super::world::draft("use", 4, "ATACMS", "RU.Kursk", &window);
    world.submit("genstaff", asked).unwrap();
    world.approve("secdef", "US.SecDef", 1).unwrap();
    world
}

pub(crate) const CASES: &[Case] = &[
    ("requests/checkpoint-not-ours", || {
        let mut world = watched();
        let stranger = LogKey::from_seed(ORIGIN, [9; 32]).unwrap();
        let note = cosigned_by(&stranger, world.entries(), &WITNESSES);
        world.show_note(note)
    }),
    ("requests/checkpoint-ahead", || {
        let mut world = watched();
        world.witnessed(world.entries() + 1, &WITNESSES)
    }),
    ("requests/cosignature-forged", || {
        let mut world = watched();
        let note = cosigned_by(&log_key(), world.entries(), &WITNESSES);
        world.show_note(forged(&note))
    }),
    ("requests/nothing-awaits-witnesses", || {
        let mut world = watched();
        world.witnessed(world.entries(), &WITNESSES).unwrap();
        world.witnessed(world.entries(), &WITNESSES)
    }),
    ("requests/too-few-witnesses", || {
        let mut world = watched();
        world.witnessed(world.entries(), &WITNESSES[..1])
    }),
    ("requests/certificate-number", || certify(|terms| terms.id = CertificateId(2))),
    ("requests/release-suspended", || {
        let mut world = released();
        world.hold("release:REL-1", "US.DepSecDef", &["depsecdef"]).unwrap();
        let terms = world.certificate(1, "UA.Depot-1", 2);
        world.certify("uadepot", terms)
    }),
    ("requests/release-of-depot", || {
        let mut world = super::june();
        let window = world.days(20).to_string();
        let mut asked = super::world::draft("use", 4, "ATACMS", "RU.Kursk", &window);
        asked.depot = Some(id("UA.Depot-2"));
        world.receive(4, "ATACMS", "UA", Some("UA.Depot-2")).unwrap();
        world.submit("genstaff", asked).unwrap();
        world.approve("secdef", "US.SecDef", 1).unwrap();
        let terms = world.certificate(1, "UA.Depot-1", 2);
        world.certify("uadepot", terms)
    }),
    ("requests/beyond-release", || {
        certify(|terms| terms.window = id("2025-06-02T09:00:00Z/2027-01-01T00:00:00Z"))
    }),
    ("requests/certified-elsewhere", || {
        let mut world = out();
        let terms = world.certificate(1, "UA.Depot-2", 1);
        world.certify("uadepot", terms)
    }),
    ("requests/certificates-exceed-release", || {
        let mut world = out();
        let terms = world.certificate(1, "UA.Depot-1", 3);
        world.certify("uadepot", terms)
    }),
    ("requests/of-another-ledger", || {
        let mut world = out();
        let mut receipt = world.receipt(1, 1, 1, world.at);
        receipt.ledger = Digest::of(b"another ledger");
        world.bring_receipt("uadepot", &receipt)
    }),
    ("requests/account-of-none", || {
        let mut world = out();
        let mut account = world.account_of(1, 0, 0, true);
        account.digest = Digest::of(b"another certificate");
        world.bring_account("uadepot", &account)
    }),
    ("requests/account-overtaken", || {
        let mut world = out();
        let (open, closed) = (world.account_of(1, 0, 0, false), world.account_of(1, 0, 0, true));
        world.bring_account("uadepot", &closed).unwrap();
        world.bring_account("uadepot", &open)
    }),
    ("requests/recorded-already", || {
        let mut world = out();
        let receipt = world.receipt(1, 1, 1, world.at);
        world.bring_receipt("uadepot", &receipt).unwrap();
        world.bring_receipt("uadepot", &receipt)
    }),
];

/// What is refused of other rooms' rules and of rules that other commands share.
#[test]
fn shared_rules_stand_before_them() {
    let code = |answered: Answered| answered.unwrap_err().code();
    assert_eq!(code(certify(|terms| terms.release = id("REL-9"))), "requests/unknown-release");
    assert_eq!(code(certify(|terms| terms.depot = id("UA.Depot-9"))), "requests/unknown-place");
    assert_eq!(code(certify(|terms| terms.depot = id("US.Depot-1"))), "requests/depot-of-another");
    assert_eq!(code(certify(|terms| terms.quantity = quantity(0))), "requests/quantity-zero");
    let past = id("2025-05-02T00:00:00Z/2025-06-02T09:00:00Z");
    assert_eq!(code(certify(|terms| terms.window = past)), "requests/window-passed");
    let mut world = released();
    let terms = world.certificate(1, "UA.Depot-1", 2);
    for person in ["genstaff", "usdepot", "secdef"] {
        assert_eq!(code(world.certify(person, terms.clone())), "people/function-missing");
    }
    let mut world = out();
    let receipt = world.receipt(1, 1, 1, world.at.plus_minutes(1));
    assert_eq!(code(world.bring_receipt("uadepot", &receipt)), "requests/used-in-future");
    let receipt = world.receipt(1, 1, 1, world.at);
    for person in ["genstaff", "usdepot", "secdef"] {
        assert_eq!(code(world.bring_receipt(person, &receipt)), "people/function-missing");
    }
}

/// Each step mends what was refused, so the codes come in the order of the table.
#[test]
fn of_a_certificate() {
    let mut world = out();
    let mut terms = world.certificate(1, "UA.Depot-2", 9);
    terms.id = CertificateId(7);
    terms.window = id("2025-06-02T09:00:00Z/2027-01-01T00:00:00Z");
    let mends: [fn(&mut CertificateTerms); 5] = [
        |terms| terms.id = CertificateId(2),
        |terms| terms.window = id("2025-06-02T09:00:00Z/2025-06-03T09:00:00Z"),
        |terms| terms.depot = id("UA.Depot-1"),
        |terms| terms.quantity = quantity(2),
        |_| {},
    ];
    let mut codes = Vec::new();
    for mend in mends {
        codes.push(world.certify("uadepot", terms.clone()).map_err(|error| error.code()));
        mend(&mut terms);
    }
    let refused: Vec<&str> = codes.iter().filter_map(|code| code.as_ref().err().copied()).collect();
    let expected = [
        "requests/certificate-number",
        "requests/beyond-release",
        "requests/certified-elsewhere",
        "requests/certificates-exceed-release",
    ];
    assert_eq!(refused, expected);
    assert!(codes[4].is_ok());
}
