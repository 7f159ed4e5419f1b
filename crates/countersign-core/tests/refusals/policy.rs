//! Which rules are in force, and who must consent?

use super::world::{Answered, STORY, World, bundle, charter, draft, id};
use super::{Case, june};
use countersign_core::policy::{Claim, Command, Finding, Proofs};
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::words::{Act, Digest};

/// Publishes `named`, with the statement changed before it is signed.
fn publish(named: &str, change: impl FnOnce(&mut PolicyPublication)) -> Answered {
    let mut world = june();
    let from = "2025-12-01T00:00:00Z";
    let mut publication = world.publication("board", named, from, "keep").unwrap();
    change(&mut publication);
    let statements = vec![world.sign("board", &publication)];
    world.run(
        None,
        Command::Publish { bundle: Box::new(bundle(named)), statements, proofs: Box::default() },
    )
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
        let command = Command::Publish {
            bundle: Box::new(bundle("open")),
            statements: vec![],
            proofs: Box::default(),
        };
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
        world.run(
            None,
            Command::Publish {
                bundle: Box::new(bundle("open")),
                statements,
                proofs: Box::default(),
            },
        )
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
    ("policy/claim-refuted", || {
        june().run_publication("open", found(&Finding::Refuted { counterexample: "it".to_owned() }))
    }),
    ("policy/help-not-shown", || publish("harmful", |_| {})),
];

/// The same finding about everything that could be claimed.
fn found(finding: &Finding) -> Proofs {
    let text = bundle("open").policies.into_values().collect::<String>();
    let ids = text.split("@id(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let never = ids.map(|policy| Claim::NeverFails { policy: policy.to_owned() });
    let helps = Act::ALL.iter().map(|act| Claim::ApprovalsHelp { act: *act });
    let claims = never.chain(helps);
    let findings = claims.map(|claim| (claim, finding.clone())).collect();
    Proofs { solver: Some("a solver 1".to_owned()), findings, ..Proofs::default() }
}

#[test]
fn a_policy_in_which_consent_could_harm_is_published_only_if_it_is_proved_that_it_does_not() {
    let proved = june().run_publication("harmful", found(&Finding::Proved));
    assert!(proved.is_ok(), "{proved:?}");
    let open = Finding::NotProved { why: "no solver".to_owned() };
    let refused = june().run_publication("harmful", found(&open)).unwrap_err();
    assert_eq!(refused.code(), "policy/help-not-shown");
}

#[test]
fn where_policy_demands_proof_nothing_unproved_is_published() {
    let mut world = under("demanding");
    let open = found(&Finding::NotProved { why: "no solver".to_owned() });
    let refused = world.run_publication("open", open).unwrap_err();
    assert_eq!(refused.code(), "policy/prohibited");
    // What is proved of something else is proved of nothing.
    let mut other = found(&Finding::Proved);
    other.findings.retain(|(claim, _)| *claim != Claim::ApprovalsHelp { act: Act::Use });
    let refused = world.run_publication("open", other).unwrap_err();
    assert_eq!(refused.code(), "policy/prohibited");
    world.run_publication("open", found(&Finding::Proved)).unwrap();
    let newest = world.policies().versions().last().unwrap();
    let proofs = newest.proofs.as_ref().unwrap();
    assert_eq!(proofs.solver.as_deref(), Some("a solver 1"));
    assert!(!proofs.findings.is_empty());
    assert!(proofs.findings.iter().all(|(_, finding)| *finding == Finding::Proved));
}

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
