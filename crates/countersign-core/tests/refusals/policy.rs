//! Which rules are in force, and who must consent?

use super::world::{Answered, STORY, World, bundle, charter, draft, id};
use super::{Case, june};
use countersign_core::policy::Command;
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::words::Digest;

/// Publishes `named`, with the statement changed before it is signed.
fn publish(named: &str, change: impl FnOnce(&mut PolicyPublication)) -> Answered {
    let mut world = june();
    let from = "2025-12-01T00:00:00Z";
    let mut publication = world.publication("board", named, from, "keep").unwrap();
    change(&mut publication);
    let statements = vec![world.sign("board", &publication)];
    world.run(None, Command::Publish { bundle: Box::new(bundle(named)), statements })
}

/// A ledger in which only this version is in force.
fn under(version: &str) -> World {
    let mut world = World::with(&[(version, "2025-01-01T00:00:00Z")]);
    world.receive(20, "ATACMS", "UA", None).unwrap();
    world.receive(20, "PROTOTYPE", "UA", None).unwrap();
    world
}

fn use_of(world: &mut World, item: &str) -> Answered {
    let window = world.days(5).to_string();
    world.submit("genstaff", draft("use", 1, item, "RU.Kursk", &window))
}

pub(crate) const CASES: &[Case] = &[
    ("policy/no-statement", || {
        let command = Command::Publish { bundle: Box::new(bundle("open")), statements: vec![] };
        june().run(None, command)
    }),
    ("policy/no-version-in-force", || {
        let mut world = World::with(&[("v4", "2025-03-04T00:00:00Z")]);
        world.receive(20, "ATACMS", "UA", None)?;
        use_of(&mut world, "ATACMS")
    }),
    // Only asked about: a request always stands under a version that was published.
    ("policy/unknown-version", || {
        let world = june();
        world.policies().version(&id("v99")).map(|_| Vec::new()).map_err(Into::into)
    }),
    // A policy that could fail is not compiled, and nothing is allowed under it.
    ("policy/version-unusable", || use_of(&mut under("unreadable"), "ATACMS")),
    ("policy/evaluation-failed", || use_of(&mut under("v4"), "PROTOTYPE")),
    ("policy/prohibited", || under("mute").hold("all", "US.DepSecDef", &["depsecdef"])),
    ("policy/consent-missing", || june().hold("all", "GB.MoD", &["mod1"])),
    ("policy/statements-differ", || {
        let mut world = june();
        let from = "2025-12-01T00:00:00Z";
        let one = world.publication("board", "open", from, "keep")?;
        let other = world.publication("board", "open", from, "revoke")?;
        let statements = vec![world.sign("board", &one), world.sign("board", &other)];
        world.run(None, Command::Publish { bundle: Box::new(bundle("open")), statements })
    }),
    ("policy/version-exists", || publish("v2", |_| {})),
    ("policy/name-mismatch", || publish("open", |publication| publication.version = id("v9"))),
    ("policy/supersedes-other", || {
        publish("open", |publication| publication.supersedes = id("v4"))
    }),
    ("policy/digest-mismatch", || {
        publish("open", |publication| publication.digest = Digest::of(b"another"))
    }),
    // v5 comes into force in October.
    ("policy/in-force-too-early", || {
        publish("open", |publication| publication.in_force_from = id("2025-10-22T00:00:00Z"))
    }),
    ("policy/check-failed", || publish("unreadable", |_| {})),
];

#[test]
fn a_version_is_not_published_backwards() {
    let mut world = under("v4");
    let rejection = world.publish("board", "open", "2025-03-03T07:59:59Z", "keep").unwrap_err();
    assert_eq!(rejection.code(), "policy/in-force-too-early");
    world.publish("board", "open", "2025-03-03T08:00:00Z", "keep").unwrap();
}

#[test]
fn nothing_is_allowed_under_a_version_that_cannot_be_read_not_even_another_version() {
    let mut world = under("unreadable");
    let rejection = world.publish("board", "v4", "2025-06-01T00:00:00Z", "keep").unwrap_err();
    assert_eq!(rejection.code(), "policy/version-unusable");
    let rejection = world.hold("all", "US.DepSecDef", &["depsecdef"]).unwrap_err();
    assert_eq!(rejection.code(), "policy/version-unusable");
}

#[test]
fn a_founding_names_the_first_version_as_it_is() {
    let founders = ["registrar", "board"];
    let rejection = World::unfounded()
        .found_by(charter(STORY), &founders, &|founding| founding.policy = id("v2"))
        .unwrap_err();
    assert_eq!(rejection.code(), "ledger/founding-mismatch");
}
