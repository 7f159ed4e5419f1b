//! Commands are found in a record so long that they are filed in more than one drawer.

use crate::conformance::Place as _;
use crate::entries::{append, command, entry, entry_for};
use crate::places::Folder;
use countersign_proof::words::CommandId;
use countersign_store::StoreError;
use rusqlite::Connection;

const LENGTH: u64 = 1_100_000;

/// Entries as short as can be, put there at once; all but the last have no true leaf.
fn long_record() -> Folder {
    let place = Folder::new();
    let conn = Connection::open(place.path().join("ledger.db")).unwrap();
    let last = entry(LENGTH - 1);
    conn.execute_batch("BEGIN").unwrap();
    conn.execute(
        "WITH RECURSIVE n (seq) AS (SELECT 0 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?1)
         INSERT INTO entry SELECT seq, randomblob(16), zeroblob(32), x'', x'' FROM n",
        [i64::try_from(last.seq - 1).unwrap()],
    )
    .unwrap();
    let row = (i64::try_from(last.seq).unwrap(), &last.command.0[..], &last.leaf.0[..], last.open);
    conn.execute("INSERT INTO entry VALUES (?1, ?2, ?3, x'', ?4)", row).unwrap();
    conn.execute("UPDATE head SET size = ?1", [i64::try_from(LENGTH).unwrap()]).unwrap();
    conn.execute_batch("COMMIT").unwrap();
    place
}

#[test]
fn every_command_of_a_long_record_is_found() {
    let place = long_record();
    let conn = Connection::open(place.path().join("ledger.db")).unwrap();
    let recorded = |seq: u64| -> CommandId {
        let query = "SELECT command FROM entry WHERE seq = ?1";
        let bytes = conn.query_row(query, [i64::try_from(seq).unwrap()], |row| row.get(0));
        CommandId(bytes.unwrap())
    };
    let mut store = place.writer();
    let sample = (0..LENGTH).step_by(997).chain((1 << 20) - 2..(1 << 20) + 2);
    for seq in sample {
        assert_eq!(store.find(recorded(seq)).unwrap(), Some(seq));
    }
    for number in 0..10_000 {
        assert_eq!(store.find(command(LENGTH + number)).unwrap(), None);
    }
    for seq in [0, 5, (1 << 20) - 1, 1 << 20, LENGTH - 1] {
        let command = recorded(seq);
        let mut again = entry_for(LENGTH, 1);
        again.command = command;
        let duplicate = StoreError::DuplicateCommand { command, seq };
        assert_eq!(append(&mut *store, &[again]), Err(duplicate));
    }
    append(&mut *store, &[entry(LENGTH)]).unwrap();
    assert_eq!(place.reader().find(command(LENGTH)).unwrap(), Some(LENGTH));
}
