//! Certificates on the record: what is out is never more than what is left, one depot at a time;
//! what comes back is recorded whatever it says; what does not close is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "world/world.rs"]
mod world;

use countersign_core::Event;
use countersign_core::evidence::{Gap, gaps};
use countersign_core::record;
use countersign_core::requests::{Breach, Command, Event as Requests, ReleaseState};
use countersign_core::stock::AccountState;
use countersign_proof::SoftwareKey;
use countersign_proof::words::{CertificateId, Digest, Moment};
use world::{Answered, World, depot_key, draft, id, quantity, signed};

/// A release of ten units of a use, on a Monday morning.
fn released() -> World {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(30, "ATACMS", "UA", Some("UA.Depot-1")).unwrap();
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("use", 10, "ATACMS", "RU.Kursk", &window)).unwrap();
    world.approve("secdef", "US.SecDef", 1).unwrap();
    assert_eq!(world.release(1).state, ReleaseState::Issued);
    world
}

fn certified(world: &mut World, depot: &str, units: u64) -> Answered {
    let terms = world.certificate(1, depot, units);
    world.certify("uadepot", terms)
}

fn code(answered: Answered) -> &'static str {
    answered.unwrap_err().code()
}

fn breaches(events: &[Event]) -> Vec<Breach> {
    for event in events {
        if let Event::Requests(
            Requests::ReceiptRecorded { breaches, .. } | Requests::UseReported { breaches, .. },
        ) = event
        {
            return breaches.clone();
        }
    }
    panic!("neither a receipt nor a use")
}

fn on_hand(world: &World) -> u64 {
    let accounts = world.state.stock.accounts();
    let of_ua = accounts.filter(|(key, _)| {
        key.item.as_str() == "ATACMS"
            && key.party.as_str() == "UA"
            && key.state == AccountState::OnHand
    });
    of_ua.map(|(_, balance)| balance.on_hand).sum()
}

fn told(world: &World, at: Moment) -> Vec<&'static str> {
    gaps(&world.state, at).iter().map(Gap::code).collect()
}

#[test]
fn what_is_out_is_never_more_than_what_is_left() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 6).unwrap();
    assert_eq!(
        code(certified(&mut world, "UA.Depot-1", 5)),
        "requests/certificates-exceed-release"
    );
    certified(&mut world, "UA.Depot-1", 3).unwrap();
    assert_eq!(
        code(certified(&mut world, "UA.Depot-1", 2)),
        "requests/certificates-exceed-release"
    );
    // What is handed out on a certificate was counted when it was issued.
    let receipt = world.receipt(1, 6, 6, world.at);
    world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(
        code(certified(&mut world, "UA.Depot-1", 2)),
        "requests/certificates-exceed-release"
    );
    certified(&mut world, "UA.Depot-1", 1).unwrap();
}

#[test]
fn time_alone_frees_nothing_and_an_account_does() {
    let mut world = released();
    let mut terms = world.certificate(1, "UA.Depot-1", 10);
    terms.window = id("2025-06-02T09:00:00Z/2025-06-03T09:00:00Z");
    world.certify("uadepot", terms).unwrap();
    world.awake_until(id("2025-06-05T09:00:00Z"));
    // Its depot may have handed everything out, and nobody here knows.
    assert_eq!(
        code(certified(&mut world, "UA.Depot-1", 1)),
        "requests/certificates-exceed-release"
    );
    assert_eq!(code(certified(&mut world, "UA.Depot-2", 1)), "requests/certified-elsewhere");
    assert_eq!(told(&world, world.at), ["no-account"]);
    // The account says four; three receipts' worth has come back, and one unit is still out.
    let receipt = world.receipt(1, 3, 3, id("2025-06-02T12:00:00Z"));
    world.bring_receipt("uadepot", &receipt).unwrap();
    let account = world.account_of(1, 4, 2, true);
    world.bring_account("uadepot", &account).unwrap();
    assert_eq!(told(&world, world.at), ["receipts-missing"]);
    assert_eq!(
        code(certified(&mut world, "UA.Depot-2", 7)),
        "requests/certificates-exceed-release"
    );
    certified(&mut world, "UA.Depot-2", 6).unwrap();
    let receipt = world.receipt(1, 1, 4, id("2025-06-02T13:00:00Z"));
    world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(told(&world, world.at), Vec::<&str>::new());
    assert_eq!(world.release(1).used, quantity(4));
}

#[test]
fn one_release_is_honoured_by_one_depot_at_a_time() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 2).unwrap();
    assert_eq!(code(certified(&mut world, "UA.Depot-2", 2)), "requests/certified-elsewhere");
    let account = world.account_of(1, 0, 0, false);
    world.bring_account("uadepot", &account).unwrap();
    assert_eq!(code(certified(&mut world, "UA.Depot-2", 2)), "requests/certified-elsewhere");
    let account = world.account_of(1, 0, 0, true);
    world.bring_account("uadepot", &account).unwrap();
    certified(&mut world, "UA.Depot-2", 10).unwrap();
    assert_eq!(code(certified(&mut world, "UA.Depot-1", 1)), "requests/certified-elsewhere");
}

#[test]
fn a_receipt_moves_stock_and_draws_on_the_release() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 10).unwrap();
    assert_eq!(on_hand(&world), 30);
    let receipt = world.receipt(1, 4, 4, world.at);
    let events = world.bring_receipt("uadepot", &receipt).unwrap();
    assert!(breaches(&events).is_empty(), "{events:?}");
    assert_eq!(on_hand(&world), 26);
    assert_eq!(world.release(1).used, quantity(4));
    assert_eq!(code(world.bring_receipt("uadepot", &receipt)), "requests/recorded-already");
    assert_eq!(on_hand(&world), 26);
    let receipt = world.receipt(1, 6, 10, world.at);
    world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(world.release(1).state, ReleaseState::Exhausted);
    assert_eq!(on_hand(&world), 20);
}

#[test]
fn what_was_handed_out_beyond_a_bound_is_recorded_and_flagged() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 2).unwrap();
    let receipt = world.receipt(1, 3, 3, world.at);
    let events = world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(breaches(&events), [Breach::BeyondCertificate]);
    assert_eq!(world.release(1).used, quantity(3));
    let receipt = world.receipt(1, 9, 12, world.at);
    let events = world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(breaches(&events), [Breach::BeyondQuantity, Breach::BeyondCertificate]);
    assert_eq!(told(&world, world.at), ["beyond-certificate"]);
    assert_eq!(on_hand(&world), 18);
}

#[test]
fn a_hand_out_outside_the_time_of_its_certificate_is_flagged() {
    let mut world = released();
    let mut terms = world.certificate(1, "UA.Depot-1", 5);
    terms.window = id("2025-06-03T09:00:00Z/2025-06-04T09:00:00Z");
    world.certify("uadepot", terms).unwrap();
    let receipt = world.receipt(1, 1, 1, world.at);
    let events = world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!(breaches(&events), [Breach::OutsideWindow]);
}

#[test]
fn a_use_is_not_drawn_twice() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 10).unwrap();
    let receipt = world.receipt(1, 10, 10, world.at);
    world.bring_receipt("uadepot", &receipt).unwrap();
    assert_eq!((world.release(1).used, on_hand(&world)), (quantity(10), 20));
    assert_eq!(world.release(1).state, ReleaseState::Exhausted);
    world.awake_until(world.at.plus_days(1));
    let used = |world: &mut World, units| {
        let (release, used_at) = (id("REL-1"), world.at);
        let (zone, note) = (Some(id("RU.Kursk")), String::new());
        let quantity = quantity(units);
        world.run(Some("genstaff"), Command::ReportUse { release, quantity, used_at, zone, note })
    };
    let events = used(&mut world, 7).unwrap();
    assert!(breaches(&events).is_empty(), "{events:?}");
    assert_eq!((world.release(1).used, on_hand(&world)), (quantity(10), 20));
    // Three more were handed out; of five used, two came from elsewhere.
    let events = used(&mut world, 5).unwrap();
    assert_eq!(breaches(&events), [Breach::BeyondQuantity, Breach::AfterEnd]);
    assert_eq!((world.release(1).used, on_hand(&world)), (quantity(12), 18));
}

#[test]
fn what_fits_no_certificate_is_recorded_and_moves_nothing() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 10).unwrap();
    let before = (world.release(1).used, on_hand(&world));
    // Another depot, a key that is not the depot's, another certificate of the same number.
    let mut elsewhere = world.receipt(1, 2, 2, world.at);
    elsewhere.depot = id("UA.Depot-2");
    world.bring_receipt("uadepot", &elsewhere).unwrap();
    let said = world.receipt(1, 2, 4, world.at);
    let stranger = SoftwareKey::from_seed([9; 32]);
    let receipt = signed(&said, &stranger);
    world.run(Some("uadepot"), Command::RecordReceipt { receipt }).unwrap();
    let mut other = world.receipt(1, 2, 6, world.at);
    other.digest = Digest::of(b"another certificate");
    world.bring_receipt("uadepot", &other).unwrap();
    let mut unknown = world.receipt(1, 2, 8, world.at);
    unknown.certificate = CertificateId(99);
    world.bring_receipt("uadepot", &unknown).unwrap();
    assert_eq!((world.release(1).used, on_hand(&world)), before);
    let expected =
        ["handed-out-elsewhere", "receipt-of-none", "receipt-of-none", "receipt-of-none"];
    assert_eq!(told(&world, world.at), expected);
    for gap in gaps(&world.state, world.at) {
        assert!(gap.to_string().contains("nothing was moved"), "{gap}");
    }
}

#[test]
fn what_depots_saw_is_told() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 10).unwrap();
    let sighting = world.sighting(1, "UA.Depot-2");
    world.bring_sighting("uadepot", &sighting).unwrap();
    let mut forged = world.sighting(1, "UA.Depot-2");
    forged.digest = Digest::of(b"signed with a stolen key");
    world.bring_sighting("uadepot", &forged).unwrap();
    assert_eq!(code(world.bring_sighting("uadepot", &sighting)), "requests/recorded-already");
    assert_eq!(told(&world, world.at), ["shown-elsewhere", "not-on-record"]);
}

#[test]
fn the_record_and_a_snapshot_keep_it() {
    let mut world = released();
    certified(&mut world, "UA.Depot-1", 10).unwrap();
    let receipt = world.receipt(1, 4, 4, world.at);
    world.bring_receipt("uadepot", &receipt).unwrap();
    let sighting = world.sighting(1, "UA.Depot-2");
    world.bring_sighting("uadepot", &sighting).unwrap();
    let account = world.account_of(1, 4, 1, true);
    world.bring_account("uadepot", &account).unwrap();
    let bytes = record::snapshot(&world.state).unwrap();
    let back = record::restore(&bytes).unwrap();
    assert_eq!(back.requests, world.state.requests);
    assert_eq!(
        depot_key("UA.Depot-1").public_key().id(),
        back.requests.certificates()[0].terms.depot_key
    );
}
