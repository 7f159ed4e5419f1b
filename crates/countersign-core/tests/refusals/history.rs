//! What does a foreign history say?

use super::world::{World, id};
use super::{Case, june};
use countersign_core::history::{
    Command, Foreign, KeptFact, KeptWhat, Matter, ROW_FACTS_MAX, SourceKey, Span,
};
use countersign_proof::words::{Digest, Moment};

fn import(world: &mut World, by: &str, row: u64, facts: usize) -> super::world::Answered {
    let fact = KeptFact {
        when: Span::at(id::<Moment>("2024-01-01T00:00:00Z")),
        matter: Matter {
            act: id("use"),
            holder: id("UA"),
            item: id("ATACMS"),
            zone: None,
            recipient: None,
        },
        by: None,
        what: KeptWhat::Refused,
    };
    let command = Command::ImportRow {
        key: SourceKey { file: Digest::of(b"file"), mapping: Digest::of(b"mapping") },
        name: id::<Foreign>("list.csv"),
        row,
        line: row,
        case: id("1"),
        facts: vec![fact; facts],
    };
    world.run(Some(by), command)
}

pub(crate) const CASES: &[Case] = &[
    ("history/may-not-import", || import(&mut june(), "genstaff", 1, 1)),
    ("history/too-many-facts", || import(&mut june(), "ig", 1, ROW_FACTS_MAX + 1)),
    ("history/row-out-of-order", || import(&mut june(), "registrar", 2, 1)),
];

#[test]
fn whoever_registers_or_oversees_imports_row_by_row() {
    let mut world = june();
    import(&mut world, "registrar", 1, 1).unwrap();
    import(&mut world, "ig", 2, ROW_FACTS_MAX).unwrap();
    let again = import(&mut world, "ig", 2, 1).unwrap_err();
    assert_eq!(again.code(), "history/row-out-of-order");
    assert!(again.to_string().contains("which is 3"), "{again}");
}
