//! Who may speak for which office, and with which key?

use super::world::{Answered, Appointing, World, id};
use super::{Case, asked, june};
use countersign_core::people::Command;

const SPAN: &str = "2025-06-02T00:00:00Z/2025-12-02T00:00:00Z";

fn incumbent<'a>(person: &'a str, office: &'a str, span: &'a str) -> Appointing<'a> {
    Appointing { change: "appoint", person, office, deputy_of: None, acts: "", span }
}

fn deputy<'a>(person: &'a str, principal: &'a str, office: &'a str) -> Appointing<'a> {
    let deputy_of = Some(principal);
    Appointing { change: "appoint", person, office, deputy_of, acts: "use", span: SPAN }
}

fn appoint(world: &mut World, wanted: Appointing<'_>) -> Answered {
    world.appoint("registrar", "PR.Registrar", wanted)
}

fn register(world: &mut World, person: &str, party: &str, by: Option<&str>) -> Answered {
    let (person, party) = (id(person), id(party));
    let name = "a name".to_owned();
    world.run(by, Command::RegisterPerson { person, party, name })
}

/// A day in June on which `mod1` no longer holds the Ministry.
fn without_mod1() -> World {
    let mut world = asked();
    let change = "end";
    let ends = Appointing { change, ..incumbent("mod1", "GB.MoD", SPAN) };
    let ends = Appointing { span: "2025-06-01T00:00:00Z/2025-06-03T00:00:00Z", ..ends };
    appoint(&mut world, ends).unwrap();
    world.awake_until(id("2025-06-03T00:00:00Z"));
    world
}

pub(crate) const CASES: &[Case] = &[
    ("people/no-statement", || june().run(None, Command::Appoint { statements: vec![] })),
    ("people/unknown-person", || appoint(&mut june(), incumbent("nobody", "GB.MoD", SPAN))),
    ("people/unknown-party", || register(&mut june(), "marshal", "XX", Some("registrar"))),
    ("people/unknown-office", || appoint(&mut june(), incumbent("mod4", "GB.Navy", SPAN))),
    ("people/unknown-key", || asked().approve("secdef/9", "US.SecDef", 1)),
    ("people/key-of-another", || {
        let mut world = asked();
        let kind = World::kind("approve");
        let decision = world.decision("secdef", "US.SecDef", 1, kind, "-")?;
        let statement = world.sign("depsecdef", &decision);
        world.send(statement)
    }),
    ("people/key-revoked", || {
        let mut world = asked();
        world.revoke("secdef", "registrar")?;
        world.approve("secdef", "US.SecDef", 1)
    }),
    ("people/key-expired", || {
        let mut world = asked();
        world.enrol("secdef/2", "board", "2025-06-03T00:00:00Z")?;
        world.awake_until(id("2025-06-03T00:00:00Z"));
        world.approve("secdef/2", "US.SecDef", 1)
    }),
    ("people/outside-deputy-scope", || {
        let mut world = june();
        let deliver = Appointing { acts: "deliver", ..deputy("mod4", "mod1", "GB.MoD") };
        appoint(&mut world, deliver)?;
        world.submit("genstaff", super::shadows(&world))?;
        world.approve("mod4", "GB.MoD", 1)
    }),
    ("people/term-ended", || without_mod1().approve("mod1", "GB.MoD", 1)),
    ("people/personal-office", || asked().approve("depsecdef", "US.SecDef", 1)),
    ("people/not-in-office", || asked().approve("mod4", "GB.MoD", 1)),
    ("people/function-missing", || register(&mut june(), "marshal", "GB", Some("secdef"))),
    ("people/person-known", || register(&mut june(), "mod4", "GB", Some("registrar"))),
    ("people/statements-differ", || {
        let mut world = june();
        let mut signed = Vec::new();
        for person in ["mod4", "newsec"] {
            let wanted = incumbent(person, "GB.MoD", SPAN);
            let appointment = world.appointment("registrar", "PR.Registrar", wanted)?;
            signed.push(world.sign("registrar", &appointment));
        }
        world.run(None, Command::Appoint { statements: signed })
    }),
    ("people/deputy-to-personal-office", || {
        appoint(&mut june(), deputy("depsecdef", "secdef", "US.SecDef"))
    }),
    ("people/span-in-the-past", || {
        let span = "2025-05-01T00:00:00Z/2025-06-02T09:00:00Z";
        appoint(&mut june(), incumbent("mod4", "GB.MoD", span))
    }),
    ("people/deputy-of-nobody", || appoint(&mut june(), deputy("mod4", "newsec", "GB.MoD"))),
    ("people/deputy-chain", || {
        let mut world = june();
        appoint(&mut world, deputy("mod4", "mod1", "GB.MoD"))?;
        appoint(&mut world, deputy("mod1", "mod2", "GB.MoD"))
    }),
    ("people/span-overlaps", || appoint(&mut june(), incumbent("newsec", "US.SecDef", SPAN))),
    ("people/nothing-to-end", || {
        let ends = Appointing { change: "end", ..incumbent("newsec", "US.SecDef", SPAN) };
        appoint(&mut june(), ends)
    }),
    ("people/self-witness", || june().enrol("secdef/2", "secdef", "2026-01-01T00:00:00Z")),
    ("people/possession-missing", || {
        let mut world = june();
        // The new key signs another text than the witness did.
        let until = "2026-01-01T00:00:00Z";
        let one = world.enrolment("secdef/2", "board", until)?;
        let other = world.enrolment("secdef/2", "board", until)?;
        let (Command::EnrolKey { witness, .. }, Command::EnrolKey { possession, .. }) =
            (one, other)
        else {
            panic!("an enrolment is a command to enrol");
        };
        world.run(None, Command::EnrolKey { witness, possession })
    }),
    ("people/key-known", || {
        let mut world = june();
        world.enrol("secdef/2", "board", "2026-01-01T00:00:00Z")?;
        world.revoke("secdef/2", "secdef")?;
        world.enrol("secdef/2", "board", "2026-01-01T00:00:00Z")
    }),
    ("people/key-span-empty", || june().enrol("secdef/2", "board", "2025-06-02T09:00:00Z")),
    ("people/may-not-revoke", || june().revoke("secdef", "depsecdef")),
    ("people/still-in-office", || june().erase("secdef", "registrar", &[0])),
    ("people/erased-already", || {
        let mut world = without_mod1();
        world.erase("mod1", "registrar", &[0])?;
        world.erase("mod1", "registrar", &[0])
    }),
    ("people/person-erased", || {
        let mut world = june();
        world.erase("mod4", "registrar", &[0])?;
        appoint(&mut world, incumbent("mod4", "GB.MoD", SPAN))
    }),
    ("people/names-moved", || june().erase_named("mod4", "registrar", &[0], &[0, 1])),
];

#[test]
fn only_a_registrar_takes_a_name_out_and_only_of_somebody_known() {
    let code = |answered: Answered| answered.unwrap_err().code();
    assert_eq!(code(june().erase("mod4", "secdef", &[0])), "people/function-missing");
    assert_eq!(code(june().erase("nobody", "registrar", &[0])), "people/unknown-person");
    let mut world = june();
    world.erase("mod4", "registrar", &[0]).unwrap();
    let erased: Vec<_> = world.state.people.erased().collect();
    assert_eq!(erased.len(), 1);
    assert_eq!((erased[0].0, erased[0].1.at), (&id("mod4"), world.at));
    // A key needs a name behind it as well; what was signed before stands.
    assert_eq!(
        code(world.enrol("mod4/2", "board", "2026-01-01T00:00:00Z")),
        "people/person-erased"
    );
    // Whoever is to take an office later, or stands in at one, is still needed by name.
    let mut world = june();
    let later = "2025-08-01T00:00:00Z/2025-12-02T00:00:00Z";
    appoint(&mut world, incumbent("mod4", "GB.MoD", later)).unwrap();
    assert_eq!(code(world.erase("mod4", "registrar", &[0])), "people/still-in-office");
    let mut world = june();
    appoint(&mut world, deputy("mod4", "mod1", "GB.MoD")).unwrap();
    assert_eq!(code(world.erase("mod4", "registrar", &[0])), "people/still-in-office");
}

/// There is no key that may sign only later: its span begins with its entry.
#[test]
fn a_key_that_is_yet_to_be_enrolled_signs_nothing() {
    let mut world = asked();
    let kind = World::kind("approve");
    let decision = world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap();
    let early = world.sign("secdef/2", &decision);
    let rejection = world.send(early.clone()).unwrap_err();
    assert_eq!(rejection.code(), "people/unknown-key");
    // What was signed before the enrolment is judged as it is sent.
    world.enrol("secdef/2", "board", "2026-01-01T00:00:00Z").unwrap();
    world.send(early).unwrap();
}

#[test]
fn a_person_needs_a_session_to_register_another() {
    let rejection = register(&mut june(), "marshal", "GB", None).unwrap_err();
    assert_eq!(rejection.code(), "people/no-statement");
}

#[test]
fn a_term_never_reaches_back() {
    let mut world = june();
    let span = "2024-01-01T00:00:00Z/2025-12-02T00:00:00Z";
    appoint(&mut world, incumbent("mod4", "GB.MoD", span)).unwrap();
    let term = world.state.people.terms(&id("GB.MoD")).last().unwrap().clone();
    assert_eq!(term.span.from, world.at);
}
