//! What is imported is evidence, never authority.

use super::world::{World, draft, id};
use countersign_core::Command as AnyCommand;
use countersign_core::history::{
    Command, Foreign, KeptFact, KeptWhat, Matter, ROW_FACTS_MAX, SourceKey, Span,
};
use countersign_core::record;
use countersign_proof::words::{Digest, Moment};

pub fn key() -> SourceKey {
    SourceKey { file: Digest::of(b"file"), mapping: Digest::of(b"mapping") }
}

pub fn row(row: u64, facts: Vec<KeptFact>) -> Command {
    Command::ImportRow {
        key: key(),
        name: id::<Foreign>("old list.csv"),
        row,
        line: row + 1,
        case: id("case 1"),
        facts,
    }
}

pub fn fact(what: KeptWhat, when: &str) -> KeptFact {
    KeptFact {
        when: Span::at(id::<Moment>(when)),
        matter: Matter {
            act: id("use"),
            holder: id("UA"),
            item: id("STORM-SHADOW"),
            zone: Some(id("RU.Kursk")),
            recipient: None,
        },
        by: Some(id("The Secretary")),
        what,
    }
}

fn said_yes(office: &str) -> KeptFact {
    let what = KeptWhat::Approved { office: id(office), quantity: None, until: None };
    fact(what, "2025-06-02T08:00:00Z")
}

#[test]
fn an_imported_approval_approves_nothing() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(20, "STORM-SHADOW", "UA", None).unwrap();
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("use", 4, "STORM-SHADOW", "RU.Kursk", &window)).unwrap();
    let before = world.state.clone();
    for number in 1..=3 {
        let facts = vec![said_yes("US.SecDef"), said_yes("GB.MoD")];
        world.run(Some("registrar"), row(number, facts)).unwrap();
    }
    assert!(world.request(1).state.is_open(), "{:?}", world.request(1).state);
    world.approve("mod1", "GB.MoD", 1).unwrap();
    world.approve("mod2", "GB.MoD", 1).unwrap();
    assert!(world.request(1).state.is_open(), "the Secretary has not signed");
    world.approve("secdef", "US.SecDef", 1).unwrap();
    assert!(!world.request(1).state.is_open());
    // And of the rows, no room but this one knows.
    let mut after = before.clone();
    after.history = world.state.history.clone();
    let apart = |state: &countersign_core::State| {
        let mut state = state.clone();
        state.history = countersign_core::history::Histories::default();
        state.ledger.clock = before.ledger.clock;
        record::snapshot(&state).unwrap()
    };
    assert_eq!(apart(&after), apart(&before));
}

#[test]
fn a_source_is_one_line_of_the_state() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    for (number, when) in [(1, "2024-01-01T00:00:00Z"), (2, "2023-05-05T00:00:00Z")] {
        let facts = vec![fact(KeptWhat::Refused, when)];
        world.run(Some("registrar"), row(number, facts)).unwrap();
    }
    world.run(Some("registrar"), row(3, Vec::new())).unwrap();
    let [source] = world.state.history.sources() else { panic!() };
    assert_eq!((source.rows, source.facts), (3, 2));
    let times = source.times.unwrap();
    assert_eq!(times.earliest(), id("2023-05-05T00:00:00Z"));
    assert_eq!(times.latest(), id("2024-01-01T00:00:00Z"));
    let size = record::snapshot(&world.state).unwrap().len();
    for number in 4..=50 {
        let facts = vec![said_yes("US.SecDef"); ROW_FACTS_MAX];
        world.run(Some("registrar"), row(number, facts)).unwrap();
    }
    let more = record::snapshot(&world.state).unwrap().len().abs_diff(size);
    assert!(more < 64, "{more} bytes more for 47 rows");
}

#[test]
fn persons_are_named_in_a_part_of_their_own() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.run(Some("registrar"), row(1, vec![said_yes("US.SecDef")])).unwrap();
    let body = world.bodies.last().unwrap();
    let text = String::from_utf8_lossy(body);
    assert!(!text.contains("The Secretary"), "{text}");
    let command = AnyCommand::from(row(1, vec![said_yes("US.SecDef")]));
    assert_eq!(record::command_kind(&command), "import_row");
}

#[test]
fn the_id_of_a_row_depends_on_file_mapping_and_row() {
    let other = SourceKey { file: Digest::of(b"other"), mapping: key().mapping };
    let third = SourceKey { file: key().file, mapping: Digest::of(b"other") };
    let ids = [key().command_id(1), key().command_id(2), other.command_id(1), third.command_id(1)];
    let distinct: std::collections::BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), ids.len());
    assert_eq!(key().command_id(7), key().command_id(7));
}
