//! Which ledger is this, what time is it, and which statements may still be signed?

use super::world::{Answered, STORY, World, charter, id};
use super::{Case, asked, june};
use countersign_core::{ledger, requests};
use countersign_proof::statement::kinds::{Decision, Hold};
use countersign_proof::words::{DecisionKind, Digest, Moment, Nonce, Window};

/// Sends an approval by the Secretary, changed before it is signed.
fn changed(change: impl FnOnce(&World, &mut Decision)) -> Answered {
    let mut world = asked();
    let kind = DecisionKind::Approve;
    let mut decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
    change(&world, &mut decision);
    let statement = world.sign("secdef", &decision);
    world.send(statement)
}

fn issue(world: &mut World, nonce: [u8; 16]) -> Answered {
    let subject = ledger::subject_of::<Hold>(None);
    let (nonce, head) = (Nonce(nonce), (1, Digest([0; 32])));
    let person = id("depsecdef");
    world.run(Some("depsecdef"), ledger::Command::IssueNonce { nonce, person, subject, head })
}

fn door(world: &mut World, origin: &str, script: &[u8]) -> Answered {
    let (origin, script) = (origin.to_owned(), Digest::of(script));
    world.run(None, ledger::Command::OpenDoor { origin, script })
}

fn later(decision: &Decision, minutes: u64) -> Window {
    let validity = decision.binding.validity;
    Window::new(validity.from().plus_minutes(minutes), Moment::LAST).unwrap()
}

pub(crate) const CASES: &[Case] = &[
    ("ledger/not-founded", || World::unfounded().receive(1, "ATACMS", "UA", None)),
    ("ledger/already-founded", || june().found(charter(STORY), &["registrar", "board"])),
    ("ledger/clock-went-back", || {
        let mut world = june();
        world.at = id("2025-06-02T08:59:59Z");
        world.receive(1, "ATACMS", "UA", None)
    }),
    ("ledger/clock-behind", || {
        let mut world = asked();
        world.at = id("2025-07-02T09:00:00Z");
        let request = world.request(1).id;
        world.step(Some("genstaff"), requests::Command::WithdrawRequest { request })
    }),
    ("ledger/nothing-due", || june().step(None, ledger::Command::AdvanceClock)),
    ("ledger/charter-faulty", || {
        let mut faulty = charter(STORY);
        faulty.items[0].origin = id("XX");
        World::unfounded().found(faulty, &["registrar", "board"])
    }),
    // One person with one key twice, and a second with a key that is not theirs, make one founder.
    ("ledger/founders-missing", || {
        World::unfounded().found(charter(STORY), &["registrar", "registrar", "board/2"])
    }),
    ("ledger/founding-mismatch", || {
        let founders = ["registrar", "board"];
        World::unfounded().found_by(charter(STORY), &founders, &|founding| {
            founding.charter_digest = Digest::of(b"another charter");
        })
    }),
    ("ledger/too-many-open-statements", || {
        let mut world = june();
        for number in 0..ledger::OPEN_NONCES {
            let mut nonce = [1; 16];
            nonce[..8].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
            issue(&mut world, nonce)?;
        }
        issue(&mut world, [200; 16])
    }),
    ("ledger/foreign-ledger", || changed(|_, d| d.binding.ledger = Digest::of(b"another"))),
    ("ledger/statement-not-yet-valid", || changed(|_, d| d.binding.validity = later(d, 1))),
    ("ledger/statement-expired", || {
        let mut world = asked();
        let kind = DecisionKind::Approve;
        let decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
        let statement = world.sign("secdef", &decision);
        world.at = world.at.plus_minutes(ledger::NONCE_MINUTES);
        world.send(statement)
    }),
    ("ledger/nonce-unknown", || changed(|_, d| d.binding.nonce = Nonce([0; 16]))),
    ("ledger/nonce-replayed", || {
        let mut world = asked();
        let kind = DecisionKind::Approve;
        let decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
        let statement = world.sign("secdef", &decision);
        world.send(statement.clone()).unwrap();
        world.send(statement)
    }),
    // The Secretary signs with a nonce that was made for the Deputy Secretary.
    ("ledger/nonce-of-another", || {
        let mut world = asked();
        let kind = DecisionKind::Approve;
        let mut decision = world.decision("depsecdef", "US.SecDef", 1, kind, "-").unwrap();
        decision.signer = id("secdef");
        let statement = world.sign("secdef", &decision);
        world.send(statement)
    }),
    ("ledger/checkpoint-mismatch", || changed(|_, d| d.binding.checkpoint.size = 1)),
    ("ledger/unknown-origin", || door(&mut june(), "https://ledger.example:8443", b"script")),
    // Another script may come between; the one that was declared last is not declared again.
    ("ledger/door-known", || {
        let mut world = june();
        for script in [b"one", b"two", b"one"] {
            door(&mut world, "https://ledger.example", script)?;
        }
        door(&mut world, "http://localhost:8600", b"one")?;
        door(&mut world, "https://ledger.example", b"one")
    }),
    ("ledger/rotations-differ", || {
        let mut world = june();
        let one = world.rotation("board", 1)?;
        let other = world.rotation("board", 2)?;
        let statements = vec![world.sign("board", &one), world.sign("board", &other)];
        world.run(None, ledger::Command::RotateLogKey { statements })
    }),
    ("ledger/not-the-log-key", || {
        let mut world = june();
        let rotation = world.rotation("board", 1)?;
        world.rotate("board", 2)?;
        let statements = vec![world.sign("board", &rotation)];
        world.run(None, ledger::Command::RotateLogKey { statements })
    }),
    ("ledger/log-key-known", || {
        let mut world = june();
        world.rotate("board", 1)?;
        world.rotate("board", 2)?;
        world.rotate("board", 1)
    }),
];

#[test]
fn a_session_asks_for_nonces_of_its_own_person_only() {
    let mut world = june();
    let subject = ledger::subject_of::<Hold>(None);
    let (nonce, head) = (Nonce([9; 16]), (1, Digest([0; 32])));
    let person = id("secdef");
    let command = ledger::Command::IssueNonce { nonce, person, subject, head };
    let rejection = world.run(Some("genstaff"), command).unwrap_err();
    assert_eq!(rejection.code(), "ledger/nonce-of-another");
}

#[test]
fn the_same_nonce_is_not_given_out_twice() {
    let mut world = june();
    issue(&mut world, [9; 16]).unwrap();
    assert_eq!(issue(&mut world, [9; 16]).unwrap_err().code(), "ledger/nonce-replayed");
}

/// A statement whose own validity outlasts its nonce is not good beyond the nonce.
#[test]
fn a_statement_cannot_lengthen_its_own_life() {
    for wait in [ledger::NONCE_MINUTES, 100_000] {
        let mut world = asked();
        world.submit("genstaff", super::shadows(&world)).unwrap();
        let kind = DecisionKind::Approve;
        let mut decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
        decision.binding.validity = later(&decision, 0);
        let statement = world.sign("secdef", &decision);
        world.at = world.at.plus_minutes(wait);
        // Another nonce is issued, so that the expired one is forgotten.
        issue(&mut world, [9; 16]).unwrap();
        assert_eq!(world.send(statement).unwrap_err().code(), "ledger/nonce-unknown");
    }
}

#[test]
fn a_log_key_is_rotated_by_those_who_may_publish_and_by_nobody_else() {
    let mut world = june();
    let before = world.state.ledger.log_key;
    assert_eq!(world.rotate("secdef", 1).unwrap_err().code(), "people/not-in-office");
    world.rotate("board", 1).unwrap();
    let ledger = &world.state.ledger;
    assert_eq!((ledger.log_key, &ledger.earlier_log_keys), (Digest([1; 32]), &vec![before]));
    let none = ledger::Command::RotateLogKey { statements: Vec::new() };
    assert_eq!(world.run(None, none).unwrap_err().code(), "ledger/rotations-differ");
}
