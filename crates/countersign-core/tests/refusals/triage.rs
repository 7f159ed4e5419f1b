//! How short is each item, by which rule, since when, and what would change it?

use super::Case;
use super::world::{World, id, short};
use countersign_core::triage::Command;
use countersign_proof::statement::kinds::{ClassOverride, OverrideLift};

const SECDEF: (&str, &str) = ("secdef", "US.SecDef");
const LATER: &str = "2025-09-01T00:00:00Z";

fn unlike(world: &mut World) -> super::world::Answered {
    let mut statements = Vec::new();
    for class in ["red", "green"] {
        let made = ClassOverride {
            item: id("PATRIOT"),
            class: id(class),
            until: id(LATER),
            office: id("US.SecDef"),
            signer: id("secdef"),
            binding: world.bound::<ClassOverride>("secdef")?,
            reason: String::new(),
        };
        statements.push(world.sign("secdef", &made));
    }
    world.run(None, Command::OverrideClass { statements })
}

pub(crate) const CASES: &[Case] = &[
    ("triage/no-statement", || {
        let statements = Vec::new();
        short("shortage").run(None, Command::LiftOverride { statements })
    }),
    ("triage/statements-differ", || unlike(&mut short("shortage"))),
    ("triage/unknown-item", || short("shortage").set_class(SECDEF, "SPEAR", "red", LATER)),
    ("triage/no-rule", || short("shortage").set_class(SECDEF, "ATACMS", "red", LATER)),
    ("triage/unknown-class", || short("shortage").set_class(SECDEF, "PATRIOT", "blue", LATER)),
    ("triage/override-ended", || {
        short("shortage").set_class(SECDEF, "PATRIOT", "red", "2025-06-02T09:00:00Z")
    }),
    ("triage/office-may-not-override", || {
        short("shortage").set_class(("saceur", "US.SACEUR"), "PATRIOT", "red", LATER)
    }),
    ("triage/nothing-overridden", || short("shortage").unset_class(SECDEF, "PATRIOT")),
];

#[test]
fn an_override_needs_the_office_that_policy_names() {
    let mut world = short("shortage");
    let by = ("depsecdef", "US.DepSecDef");
    let rejection = world.set_class(by, "PATRIOT", "red", LATER).unwrap_err();
    assert_eq!(rejection.code(), "policy/consent-missing");
    let made = OverrideLift {
        item: id("PATRIOT"),
        office: id("US.SecDef"),
        signer: id("depsecdef"),
        binding: world.bound::<OverrideLift>("depsecdef").unwrap(),
        reason: String::new(),
    };
    let statements = vec![world.sign("depsecdef", &made)];
    let rejection = world.run(None, Command::LiftOverride { statements }).unwrap_err();
    assert_eq!(rejection.code(), "people/personal-office");
}
