//! Random histories against the plainest model there is: a vector. Each store runs them in a test
//! of its own.

use crate::conformance::Place;
use crate::entries::{append, command, entry_for};
use countersign_store::{Store, StoreError, StoredEntry, Walk as _};
use proptest::prelude::*;

/// One step of a history. Numbers are taken modulo what is there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Append { count: u64 },
    AppendElsewhere { offset: u64 },
    AppendRecorded { count: u64, which: u64 },
    Reopen,
    Read { from: u64, limit: usize },
    Find { number: u64 },
    Walk { from: u64, label: u8 },
    Save { position: u64, schema: u32 },
    Load { schema: u32 },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..40u64).prop_map(|count| Step::Append { count }),
        1 => (1..9u64).prop_map(|offset| Step::AppendElsewhere { offset }),
        1 => (1..9u64, any::<u64>())
            .prop_map(|(count, which)| Step::AppendRecorded { count, which }),
        1 => Just(Step::Reopen),
        2 => (any::<u64>(), 0..50usize).prop_map(|(from, limit)| Step::Read { from, limit }),
        2 => any::<u64>().prop_map(|number| Step::Find { number }),
        1 => (any::<u64>(), prop_oneof![Just(0), Just(1), Just(7), Just(255)])
            .prop_map(|(from, label)| Step::Walk { from, label }),
        1 => (any::<u64>(), 1..3u32).prop_map(|(position, schema)| Step::Save { position, schema }),
        1 => (1..3u32).prop_map(|schema| Step::Load { schema }),
    ]
}

/// What should be in the record.
#[derive(Default)]
struct Model {
    entries: Vec<StoredEntry>,
    /// Schema and position of every snapshot kept.
    snapshots: Vec<(u32, u64)>,
    /// Numbers the commands apart from their entries.
    numbered: u64,
}

impl Model {
    fn size(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn after(&self, from: u64) -> &[StoredEntry] {
        self.entries.get(usize::try_from(from).unwrap()..).unwrap_or_default()
    }

    fn fresh(&mut self, from: u64, count: u64) -> Vec<StoredEntry> {
        let start = self.numbered;
        self.numbered += count;
        (0..count).map(|offset| entry_for(from + offset, start + offset)).collect()
    }

    fn save(&mut self, schema: u32, position: u64) {
        self.snapshots.retain(|kept| kept.0 >= schema && *kept != (schema, position));
        self.snapshots.push((schema, position));
        self.snapshots.sort_by_key(|kept| std::cmp::Reverse(kept.1));
        let mut seen = 0;
        self.snapshots.retain(|kept| {
            seen += u32::from(kept.0 == schema);
            kept.0 != schema || seen <= 2
        });
    }
}

fn take(store: &mut dyn Store, model: &mut Model, step: &Step) {
    let size = model.size();
    match *step {
        Step::Append { count } => {
            let batch = model.fresh(size, count);
            append(store, &batch).unwrap();
            model.entries.extend(batch);
        }
        Step::AppendElsewhere { offset } => {
            let batch = model.fresh(size + offset, 3);
            let moved = StoreError::Moved { expected: size + offset, actual: size };
            assert_eq!(append(store, &batch), Err(moved));
        }
        Step::AppendRecorded { count, which } if size > 0 => {
            let mut batch = model.fresh(size, count);
            let seq = which % size;
            let command = model.after(seq)[0].command;
            batch.last_mut().unwrap().command = command;
            let duplicate = StoreError::DuplicateCommand { command, seq };
            assert_eq!(append(store, &batch), Err(duplicate));
        }
        Step::AppendRecorded { .. } | Step::Reopen => {}
        Step::Read { from, limit } => {
            let from = from % (size + 2);
            let wanted: Vec<_> = model.after(from).iter().take(limit).cloned().collect();
            assert_eq!(store.read(from, limit).unwrap(), wanted);
        }
        Step::Find { number } => {
            let command = command(number % (model.numbered + 2));
            let wanted = model.entries.iter().find(|entry| entry.command == command);
            assert_eq!(store.find(command).unwrap(), wanted.map(|entry| entry.seq));
        }
        Step::Walk { from, label } => walk(store, model, from % (size + 2), label),
        Step::Save { position, schema } => {
            let position = position % (size + 1);
            store.save_snapshot(position, schema, &position.to_le_bytes()).unwrap();
            model.save(schema, position);
        }
        Step::Load { schema } => {
            let found = store.latest_snapshot(schema).unwrap();
            let wanted = model.snapshots.iter().find(|kept| kept.0 == schema).map(|kept| kept.1);
            assert_eq!(found.skipped, []);
            assert_eq!(found.usable.map(|snapshot| snapshot.position), wanted);
        }
    }
}

fn walk(store: &dyn Store, model: &Model, from: u64, label: u8) {
    let mut seen = Vec::new();
    store
        .each_sealed(label, from, |seq, bytes| {
            seen.push((seq, bytes.to_vec()));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let parts = |entry: &StoredEntry| {
        let part = entry.sealed.iter().find(|part| part.label == label)?;
        Some((entry.seq, part.bytes.clone()))
    };
    assert!(seen.into_iter().eq(model.after(from).iter().filter_map(parts)));
    let mut seen = Vec::new();
    store
        .each_body(from, |seq, bytes| {
            seen.push((seq, bytes.to_vec()));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let bodies = model.after(from).iter().map(|entry| (entry.seq, entry.body.clone()));
    assert!(seen.into_iter().eq(bodies));
}

/// Takes the steps in a place that is empty, and holds every answer against the model's.
pub(crate) fn run(place: &dyn Place, steps: &[Step]) {
    let mut model = Model::default();
    let mut store = place.writer();
    for step in steps {
        if matches!(step, Step::Reopen) {
            drop(store);
            store = place.writer();
        }
        take(&mut *store, &mut model, step);
        assert_eq!(store.head().unwrap().size, model.size());
    }
    assert_eq!(store.read(0, usize::MAX).unwrap(), model.entries);
    assert_eq!(store.check_integrity().unwrap().entries, model.size());
}
