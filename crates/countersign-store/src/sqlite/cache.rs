//! Snapshots as files beside the database, so that saving one never makes the writer wait.

use super::connection::{private, sync_folder};
use super::{SNAPSHOTS, reading};
use crate::snapshot::{HEADER, Header, KEPT};
use crate::{LatestSnapshot, SkippedSnapshot, Snapshot, StoreError};
use countersign_proof::words::Digest;
use rusqlite::Connection;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells apart the files that this process is writing.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// A file named after what it holds: `SCHEMA-POSITION.snapshot`.
struct Found {
    schema: u32,
    position: u64,
    path: PathBuf,
}

/// The leaf of the last of the first `position` entries; of none, the root of an empty log.
pub(super) fn last_leaf(conn: &Connection, position: u64) -> Result<Digest, StoreError> {
    let actual = reading::position(conn)?.size;
    if position > actual {
        return Err(StoreError::Moved { expected: position, actual });
    }
    let mut leaf = Digest::of(b"");
    if let Some(last) = position.checked_sub(1) {
        reading::each_row(conn, reading::LEAVES, last, |_, row| {
            leaf = reading::leaf(row, 1)?;
            Ok(ControlFlow::Break(()))
        })?;
    }
    Ok(leaf)
}

pub(super) fn save(
    folder: &Path,
    position: u64,
    schema: u32,
    leaf: Digest,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let header = Header::of(schema, position, leaf, bytes);
    save_file(&folder.join(SNAPSHOTS), &header, bytes)
        .map_err(|error| StoreError::unavailable("saving a snapshot", &error))
}

fn save_file(snapshots: &Path, header: &Header, bytes: &[u8]) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(snapshots)?;
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let partial = snapshots.join(format!("{}-{number}.partial", std::process::id()));
    let name = format!("{}-{:020}.snapshot", header.schema, header.position);
    let written = write_file(&partial, header, bytes)
        .and_then(|()| fs::rename(&partial, snapshots.join(name)));
    if written.is_err() {
        // What is left of it takes room on a disk that may be full.
        let _ = fs::remove_file(&partial);
    }
    written?;
    sync_folder(snapshots)?;
    let all = list(snapshots, |_| true);
    let stale = all.iter().filter(|found| found.schema < header.schema);
    let older = all.iter().filter(|found| found.schema == header.schema).skip(KEPT);
    stale.chain(older).try_for_each(|found| fs::remove_file(&found.path))
}

fn write_file(path: &Path, header: &Header, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(path)?;
    file.write_all(&header.encode())?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The snapshots that `wanted` accepts by schema, latest first; none when the folder cannot be
/// read.
fn list(snapshots: &Path, wanted: impl Fn(u32) -> bool) -> Vec<Found> {
    let entries = fs::read_dir(snapshots).into_iter().flatten().flatten();
    let mut found: Vec<Found> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let (schema, position) = name.to_str()?.strip_suffix(".snapshot")?.split_once('-')?;
            let (schema, position) = (schema.parse().ok()?, position.parse().ok()?);
            Some(Found { schema, position, path: entry.path() })
        })
        .filter(|found| wanted(found.schema))
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.position));
    found
}

pub(super) fn latest(
    folder: &Path,
    conn: &Connection,
    schema: u32,
) -> Result<LatestSnapshot, StoreError> {
    let mut answer = LatestSnapshot::default();
    for found in list(&folder.join(SNAPSHOTS), |other| other == schema) {
        let here = match last_leaf(conn, found.position) {
            Ok(leaf) => Some(leaf),
            Err(StoreError::Moved { .. }) => None,
            Err(error) => return Err(error),
        };
        match load(&found, here) {
            Ok(bytes) => {
                answer.usable = Some(Snapshot { position: found.position, bytes });
                break;
            }
            Err(why) => {
                answer.skipped.push(SkippedSnapshot { position: found.position, why });
            }
        }
    }
    Ok(answer)
}

fn load(found: &Found, here: Option<Digest>) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| format!("it cannot be read: {error}");
    let mut file = File::open(&found.path).map_err(told)?;
    let mut head = vec![0; HEADER];
    file.read_exact(&mut head).map_err(told)?;
    let header = Header::decode(&head)?;
    if (header.schema, header.position) != (found.schema, found.position) {
        return Err("its name is not what it holds".to_owned());
    }
    header.check_leaf(here)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(told)?;
    header.check_state(&bytes)?;
    Ok(bytes)
}
