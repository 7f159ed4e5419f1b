//! May this be done, who still has to consent, and what has been released?

use super::world::{Answered, World, draft, id, quantity};
use super::{Case, asked, june, released, shadows};
use countersign_core::requests::{Command, Draft};
use countersign_proof::statement::kinds::{Decision, Hold};
use countersign_proof::words::{RequestId, Revision};

/// Submits what is asked for by `genstaff`, changed.
fn submit(change: impl FnOnce(&mut Draft)) -> Answered {
    let mut world = june();
    let mut asked = shadows(&world);
    change(&mut asked);
    world.submit("genstaff", asked)
}

/// Sends an approval by the Secretary, changed before it is signed.
fn changed(change: impl FnOnce(&mut Decision)) -> Answered {
    let mut world = asked();
    let kind = World::kind("approve");
    let mut decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
    change(&mut decision);
    let statement = world.sign("secdef", &decision);
    world.send(statement)
}

fn revise(world: &mut World, revision: u32, change: impl FnOnce(&mut Draft)) -> Answered {
    let mut draft = shadows(world);
    change(&mut draft);
    let (request, revision) = (RequestId(1), Revision(revision));
    let justification = String::new();
    let command = Command::ReviseRequest { request, revision, draft, justification };
    world.run(Some("genstaff"), command)
}

fn recuse(world: &mut World, person: &str) -> Answered {
    let (request, reason) = (RequestId(1), String::new());
    world.run(Some(person), Command::Recuse { request, reason })
}

fn use_of(world: &mut World, units: u64, release: &str, zone: Option<&str>) -> Answered {
    let (release, zone) = (id(release), zone.map(id));
    let (quantity, used_at, note) = (quantity(units), world.at, String::new());
    world.run(Some("genstaff"), Command::ReportUse { release, quantity, used_at, zone, note })
}

/// The strict rule on software keys is in force, and a request for a red item is open.
fn strict() -> World {
    let mut world = World::with(&[("red", "2025-01-01T00:00:00Z")]);
    world.receive(5, "PATRIOT", "UA", None).unwrap();
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("use", 1, "PATRIOT", "RU.Kursk", &window)).unwrap();
    world
}

pub(crate) const CASES: &[Case] = &[
    ("requests/no-statement", || june().hold("all", "US.DepSecDef", &[])),
    ("requests/statements-differ", || {
        let mut world = june();
        let mut statements = Vec::new();
        for scope in ["all", "item:ATACMS"] {
            let subject = countersign_core::ledger::subject_of::<Hold>(None);
            let (binding, reason) = (world.binding("depsecdef", subject)?, String::new());
            let (office, signer) = (id("US.DepSecDef"), id("depsecdef"));
            let hold = Hold { scope: id(scope), office, signer, binding, reason };
            statements.push(world.sign("depsecdef", &hold));
        }
        world.run(None, Command::PlaceHold { statements })
    }),
    ("requests/unknown-request", || recuse(&mut june(), "mod1")),
    ("requests/unknown-release", || use_of(&mut june(), 1, "REL-1", Some("RU.Kursk"))),
    ("requests/unknown-hold", || june().lift("HOLD-1", "US.DepSecDef", &["depsecdef"])),
    ("requests/unknown-party", || submit(|asked| asked.holder = id("XX"))),
    ("requests/unknown-item", || submit(|asked| asked.item = id("SPEAR"))),
    ("requests/unknown-zone", || submit(|asked| asked.zones = [id("RU.Atlantis")].into())),
    ("requests/unknown-place", || submit(|asked| asked.depot = Some(id("UA.Depot-9")))),
    ("requests/act-not-requestable", || submit(|asked| asked.act = id("divert"))),
    ("requests/quantity-zero", || submit(|asked| asked.quantity = quantity(0))),
    ("requests/window-passed", || {
        submit(|asked| asked.window = id("2025-05-02T00:00:00Z/2025-06-02T09:00:00Z"))
    }),
    ("requests/zone-missing", || submit(|asked| asked.zones.clear())),
    ("requests/zone-superfluous", || submit(|asked| asked.act = id("deliver"))),
    ("requests/recipient-missing", || {
        submit(|asked| {
            asked.act = id("transfer");
            asked.zones.clear();
        })
    }),
    ("requests/recipient-superfluous", || submit(|asked| asked.recipient = Some(id("GB")))),
    ("requests/depot-of-another", || submit(|asked| asked.depot = Some(id("US.Depot-1")))),
    ("requests/used-in-future", || {
        let mut world = released();
        let (release, quantity, zone) = (id("REL-1"), quantity(1), Some(id("RU.Kursk")));
        let (used_at, note) = (world.at.plus_millis(1), String::new());
        let command = Command::ReportUse { release, quantity, used_at, zone, note };
        world.run(Some("genstaff"), command)
    }),
    ("requests/supersedes-closed", || {
        let mut world = released();
        world.submit_instead("genstaff", shadows(&world), Some(2))
    }),
    ("requests/request-closed", || released().approve("secdef", "US.SecDef", 2)),
    ("requests/decided-already", || released().decide("secdef", "US.SecDef", 2, "refuse", "-")),
    ("requests/release-ended", || {
        let mut world = released();
        use_of(&mut world, 4, "REL-1", Some("RU.Kursk"))?;
        let release = id("REL-1");
        world.run(Some("genstaff"), Command::SurrenderRelease { release })
    }),
    ("requests/hold-lifted", || {
        let mut world = june();
        world.hold("all", "US.DepSecDef", &["depsecdef"])?;
        world.lift("HOLD-1", "US.DepSecDef", &["depsecdef"])?;
        world.lift("HOLD-1", "US.DepSecDef", &["depsecdef"])
    }),
    // Signed on the first revision, sent after the second was made.
    ("requests/stale-revision", || {
        let mut world = asked();
        let kind = World::kind("approve");
        let decision = world.decision("secdef", "US.SecDef", 1, kind, "-")?;
        let statement = world.sign("secdef", &decision);
        revise(&mut world, 1, |asked| asked.quantity = quantity(3))?;
        world.send(statement)
    }),
    ("requests/terms-differ", || changed(|decision| decision.terms.quantity = quantity(1))),
    ("requests/stale-policy", || changed(|decision| decision.policy = id("v3"))),
    ("requests/signer-recused", || {
        let mut world = asked();
        recuse(&mut world, "secdef")?;
        world.approve("secdef", "US.SecDef", 1)
    }),
    ("requests/requester-decides", || asked().approve("genstaff", "UA.GenStaff", 1)),
    ("requests/office-may-not-advise", || {
        asked().advise("secdef", "US.SecDef", 1, "no-objection", "-")
    }),
    ("requests/not-admitted", || {
        let mut world = june();
        let window = world.days(5).to_string();
        world.submit("genstaff", draft("deliver", 1, "PATRIOT", "", &window))
    }),
    ("requests/prohibited-by-policy", || {
        let mut world = World::with(&[("closed", "2025-01-01T00:00:00Z")]);
        world.receive(5, "ATACMS", "UA", None)?;
        let window = world.days(5).to_string();
        world.submit("genstaff", draft("use", 1, "ATACMS", "RU.Kursk", &window))
    }),
    ("requests/key-only-signature", || strict().approve("secdef", "US.SecDef", 1)),
    ("requests/office-has-no-say", || asked().approve("saceur", "US.SACEUR", 1)),
    // The same person, with a second key.
    ("requests/already-signed", || {
        let mut world = asked();
        world.enrol("mod1/2", "board", "2026-01-01T00:00:00Z")?;
        world.approve("mod1", "GB.MoD", 1)?;
        world.approve("mod1/2", "GB.MoD", 1)
    }),
    ("requests/already-asked", || {
        let mut world = asked();
        world.decide("mod1", "GB.MoD", 1, "ask", "-")?;
        world.decide("secdef", "US.SecDef", 1, "ask", "-")
    }),
    ("requests/nothing-asked", || {
        let (request, answer) = (RequestId(1), String::new());
        asked().run(Some("genstaff"), Command::AnswerInformation { request, answer })
    }),
    ("requests/nothing-to-withdraw", || asked().decide("secdef", "US.SecDef", 1, "withdraw", "-")),
    ("requests/already-recused", || {
        let mut world = asked();
        recuse(&mut world, "secdef")?;
        recuse(&mut world, "secdef")
    }),
    ("requests/provisos-leave-nothing", || {
        let mut world = asked();
        world.decide("mod1", "GB.MoD", 1, "approve", "zones=RU.Border")
    }),
    ("requests/under-hold", || {
        let mut world = asked();
        world.hold("item:STORM-SHADOW", "US.DepSecDef", &["depsecdef"])?;
        world.approve("mod1", "GB.MoD", 1)?;
        world.approve("mod2", "GB.MoD", 1)?;
        world.approve("secdef", "US.SecDef", 1)
    }),
    ("requests/quantity-exceeds-unearmarked-stock", || {
        submit(|asked| asked.quantity = quantity(21))
    }),
];

/// The same statement with a key that verified its user is accepted.
#[test]
fn a_key_that_verifies_its_user_may_sign_for_a_red_item() {
    use super::world::{HardwareKey, key_of};
    use countersign_core::people;
    use countersign_proof::signature::verify;
    use countersign_proof::statement::kinds::KeyEnrolment;
    let mut world = strict();
    let hardware = HardwareKey::new("secdef");
    let subject = countersign_core::ledger::subject_of::<KeyEnrolment>(None);
    let enrolment = KeyEnrolment {
        person: id("secdef"),
        public_key: hardware.openssh(),
        expires_on: id("2026-01-01T00:00:00Z"),
        signer: id("board"),
        binding: world.binding("board", subject).unwrap(),
        reason: String::new(),
    };
    let (text, armoured) = key_of("board").sign(&enrolment).unwrap();
    let witness = verify(text.as_bytes(), &armoured, &super::world::rules()).unwrap();
    let possession = hardware.sign(&enrolment, super::world::VERIFIED).unwrap();
    world.run(None, people::Command::EnrolKey { witness, possession }).unwrap();
    let kind = World::kind("approve");
    let decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
    let statement = hardware.sign(&decision, super::world::VERIFIED).unwrap();
    world.send(statement).unwrap();
    assert_eq!(world.release(1).usable.quantity, quantity(1));
}

/// Two approvers race for the last slot: the second gets a clean answer and nothing happens twice.
#[test]
fn two_approvers_race() {
    let mut world = asked();
    world.approve("secdef", "US.SecDef", 1).unwrap();
    world.approve("mod1", "GB.MoD", 1).unwrap();
    let kind = World::kind("approve");
    let one = world.decision("mod2", "GB.MoD", 1, kind, "-").unwrap();
    let other = world.decision("mod3", "GB.MoD", 1, kind, "-").unwrap();
    let (one, other) = (world.sign("mod2", &one), world.sign("mod3", &other));
    world.send(one).unwrap();
    assert_eq!(world.send(other).unwrap_err().code(), "requests/request-closed");
    assert_eq!(world.state.requests.releases().len(), 1);
}

/// What a door may not send: a command that needs a session, without one.
#[test]
fn a_request_needs_somebody_at_the_door() {
    let mut world = june();
    let (draft, justification, supersedes) = (shadows(&world), String::new(), None);
    let command = Command::SubmitRequest { draft, justification, supersedes };
    assert_eq!(world.run(None, command).unwrap_err().code(), "requests/no-statement");
}
