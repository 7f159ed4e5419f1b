//! What is claimed of a policy version, put to the solver: what is proved, what is refuted and how
//! that is told, and what becomes of it when the solver does not do its part.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "proofs/faults.rs"]
mod faults;
#[path = "proofs/oracle.rs"]
mod oracle;
#[path = "proofs/version.rs"]
mod version;

use countersign_core::policy::{Claim, Direction, Finding, compare};
use countersign_proof::words::Act;
use std::collections::BTreeSet;
use version::{Version, cvc5, pack, proving};

/// Everything that the shipped versions promise is proved, and so is the rest that is claimed.
#[test]
fn the_shipped_versions_keep_what_is_claimed_of_them() {
    let pack = pack();
    for version in &pack.versions {
        let mut solver = cvc5();
        let (compiled, proofs) = Version::shipped(&pack, version).prove(&mut solver);
        for (claim, finding) in &proofs.findings {
            assert_eq!(*finding, Finding::Proved, "{}: {claim}", version.id());
        }
        let promises: BTreeSet<&str> = proofs
            .findings
            .iter()
            .filter_map(|(claim, _)| match claim {
                Claim::Promise { file, .. } => Some(file.as_str()),
                Claim::NeverFails { .. } | Claim::ApprovalsHelp { .. } => None,
            })
            .collect();
        assert_eq!(promises.len(), compiled.bundle().properties.len());
        assert!(promises.len() >= 2, "{promises:?}");
    }
}

/// What a version does not promise is refuted with a case that everybody knows: the standing
/// permission for Kursk needed nobody.
#[test]
fn a_false_property_is_refuted_by_a_case_that_people_understand() {
    let text = r#"
        @id("all") permit (principal, action, resource);
        @id("kursk") @promise("No use in Kursk without the Secretary.")
        forbid (principal, action == Action::"use", resource)
        when { context.zones.contains(Zone::"RU.Kursk") }
        unless { context.approvals.contains(Office::"US.SecDef") };
    "#;
    let pack = pack();
    let finding = |id: &str| {
        let version = pack.version(&id.parse().unwrap()).unwrap();
        let mut version = Version::shipped(&pack, version);
        version.bundle.properties = [("kursk.cedar".to_owned(), text.to_owned())].into();
        let (_, proofs) = version.prove(&mut cvc5());
        let promised = proofs.findings.into_iter().find(|(claim, _)| match claim {
            Claim::Promise { .. } => true,
            Claim::NeverFails { .. } | Claim::ApprovalsHelp { .. } => false,
        });
        promised.unwrap().1
    };
    let Finding::Refuted { counterexample } = finding("v3") else { panic!("not refuted") };
    assert_eq!(
        counterexample,
        "UA asks to use 1 unit of ATACMS (class yellow) in RU.Kursk: v3 allows it with nobody's \
         consent"
    );
    // Nor does v4 keep it: what the United States do not control needs somebody else, or nobody.
    let Finding::Refuted { counterexample } = finding("v4") else { panic!("not refuted") };
    assert!(counterexample.starts_with("UA asks to use 1 unit of FLAMINGO"), "{counterexample}");
}

/// What is promised about viewing is proved and refuted like the rest, and told in words.
#[test]
fn claims_about_viewing_are_proved_or_told() {
    let pack = pack();
    let finding = |condition: &str| {
        let mut version = Version::shipped(&pack, pack.version(&"v4".parse().unwrap()).unwrap());
        let text = format!(
            "@id(\"all\") permit (principal, action, resource);\n\
             @id(\"view\") @promise(\"as it says\") forbid (principal, \
             action == Action::\"view\", resource) when {{ {condition} }};"
        );
        version.bundle.properties = [("view.cedar".to_owned(), text)].into();
        let (_, proofs) = version.prove(&mut cvc5());
        let promised = proofs.findings.into_iter().find(|(claim, _)| match claim {
            Claim::Promise { .. } => true,
            Claim::NeverFails { .. } | Claim::ApprovalsHelp { .. } => false,
        });
        promised.unwrap().1
    };
    let outside = "principal in Party::\"UA\" && context.label == \"deliberation\"";
    assert_eq!(finding(&format!("{outside} && !context.consulted")), Finding::Proved);
    let Finding::Refuted { counterexample } = finding(&format!("{outside} && !context.concerned"))
    else {
        panic!("not refuted")
    };
    let told = "asks to see the deliberation of a matter that does not concern its party and on \
                which it advises or decides: v4 allows it with nobody's consent";
    assert!(
        counterexample.starts_with("UA.") && counterexample.ends_with(told),
        "{counterexample}"
    );
}

/// Versions that are alike word for word differ where another office decides.
#[test]
fn another_deciding_office_is_a_difference_in_both_directions() {
    let pack = pack();
    let shipped = |id: &str| {
        let version = pack.version(&id.parse().unwrap()).unwrap();
        Version::shipped(&pack, version)
    };
    let (before, after) = (shipped("v4"), shipped("v5"));
    let rules = |version: &Version| -> Vec<String> {
        let text = &version.bundle.policies["use.cedar"];
        text.lines().filter(|line| !line.starts_with("//")).map(str::to_owned).collect()
    };
    assert_eq!(rules(&before), rules(&after), "the versions differ in their words");
    let mut solver = cvc5();
    let found =
        compare(&before.compiled(), &after.compiled(), &mut proving(&after, Some(&mut solver)));
    for difference in &found.differences {
        let differs = difference.act == Act::Use;
        match &difference.finding {
            Finding::Proved => assert!(!differs, "{difference:?}"),
            Finding::Refuted { counterexample } => {
                assert!(differs, "{difference:?}");
                let office = match difference.direction {
                    Direction::NoLongerAllowed => "with the consent of US.SecDef, v4 allows it",
                    Direction::NewlyAllowed => "with the consent of US.SACEUR, v5 allows it",
                };
                assert!(counterexample.contains(office), "{counterexample}");
            }
            Finding::NotProved { why } => panic!("{}: {why}", difference.act),
        }
    }
    assert_eq!(found.differences.len(), 2 * Act::ALL.len());
}

/// A version against itself differs in nothing.
#[test]
fn a_version_does_not_differ_from_itself() {
    let pack = pack();
    let version = Version::shipped(&pack, pack.versions.last().unwrap());
    let mut solver = cvc5();
    let compiled = version.compiled();
    let found = compare(&compiled, &version.compiled(), &mut proving(&version, Some(&mut solver)));
    assert!(found.differences.iter().all(|d| d.finding == Finding::Proved), "{found:?}");
}

/// Consent that takes a permission away is told as such.
#[test]
fn consent_that_harms_is_refuted() {
    let version = Version::with(
        r#"@id("alone") permit (principal, action == Action::"use", resource)
           when { context.approvals.contains(Office::"GB.MoD") &&
                  !context.approvals.contains(Office::"US.SecDef") };"#,
    );
    let (_, proofs) = version.prove(&mut cvc5());
    let Finding::Refuted { counterexample } = proofs.of(&Claim::ApprovalsHelp { act: Act::Use })
    else {
        panic!("{proofs:?}")
    };
    assert!(
        counterexample.ends_with(
            "it is allowed with the consent of GB.MoD, and no longer with the consent of US.SecDef \
             as well"
        ),
        "{counterexample}"
    );
}

/// What the text does not show can still be proved: this is written as if consent could harm.
#[test]
fn harmless_consent_is_proved_where_the_text_does_not_show_it() {
    let version = Version::with(
        r#"@id("twice") permit (principal, action == Action::"use", resource)
           when { context.approvals.contains(Office::"GB.MoD") ||
                  (context.approvals.isEmpty() && context.quantity < 10) ||
                  context.quantity < 10 };"#,
    );
    let (compiled, proofs) = version.prove(&mut cvc5());
    assert!(compiled.enumerated().contains(&Act::Use), "the text shows it after all");
    assert_eq!(proofs.of(&Claim::ApprovalsHelp { act: Act::Use }), Finding::Proved);
}
