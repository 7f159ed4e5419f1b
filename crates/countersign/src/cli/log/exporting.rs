//! The log as files: writing them, and checking them without the server.

use super::super::output::Output;
use super::super::{Failure, Global};
use super::{Opened, file, open, progress, trust};
use crate::cosigned::Cosigned;
use crate::tiles::{Log, LogTiles};
use crate::witness::write_durably;
use clap::Args;
use countersign_proof::OpenPart;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::tiles::{Tile, TileSource, VerifiedTiles, tiles_between};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// `log export`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign --ledger D log export public\n\nThe folder has \
                        `checkpoint` and `tile/…` as C2SP tlog-tiles has them, with the open parts \
                        of the entries; any web server can serve it. What was broken off or has \
                        grown meanwhile goes on where it was: a full tile is never written again.")]
pub(in crate::cli) struct ExportArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Up to the last checkpoint that a witness cosigned, with its cosignatures
    #[arg(long)]
    cosigned: bool,
}

/// `log check-export`.
#[derive(Debug, Args)]
#[command(after_help = "Every entry is read and traced to the checkpoint, and the checkpoint to \
                        whom you trust; the ledger and its server are not asked.")]
pub(in crate::cli) struct CheckArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Whom you trust: a file with lines log, witness, group and quorum (C2SP tlog-policy)
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

/// The tiles in a folder.
pub(in crate::cli) struct TileFolder(pub(in crate::cli) PathBuf);

impl TileSource for TileFolder {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(tile.to_string())).map_err(|error| error.to_string())
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::unavailable(format!("{path}: {error}"))
}

/// The size that the folder holds already; it must be of this very log.
fn size_so_far(folder: &Path, cosigned: &Cosigned, from: &Log<'_>) -> Result<u64, Failure> {
    let path = folder.join("checkpoint");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(io_at(&path)(error)),
    };
    let held = cosigned.open(&text).map_err(|error| {
        Failure::Integrity(format!("{} is not of this log: {error}", path.display()))
    })?;
    if held.size > from.size() {
        return Err(Failure::Integrity(format!(
            "{} counts {} entries and the ledger {}: the ledger has lost some",
            path.display(),
            held.size,
            from.size()
        )));
    }
    if from.root(held.size)? == held.root {
        return Ok(held.size);
    }
    Err(Failure::Integrity(format!(
        "{} is of another history: the ledger gives its first {} entries another root",
        path.display(),
        held.size
    )))
}

pub(super) fn export(
    global: &Global,
    args: &ExportArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let Opened { store, mut note, cosigned, .. } = open(global)?;
    if args.cosigned {
        let found = cosigned.checkpoints(&mut |told| output.line(&told))?;
        let last = found.into_iter().find(|found| !found.cosignatures.is_empty());
        let last = last.ok_or_else(|| Failure::Refused {
            code: "log/not-cosigned".to_owned(),
            message: "no witness has cosigned this log yet; ask one with `log collect`".to_owned(),
        })?;
        note = last.note.to_string();
    }
    let checkpoint = cosigned.open(note.as_bytes());
    let checkpoint = checkpoint.map_err(|error| Failure::Integrity(error.to_string()))?;
    let mut tiles = LogTiles::new();
    let from = tiles.log(store.as_ref())?;
    if !from.has(&checkpoint)? {
        let what = "the checkpoint is not that of the entries; verify the log";
        return Err(Failure::Integrity(what.to_owned()));
    }
    let old = size_so_far(&args.folder, &cosigned, &from)?;
    let planned = u64::try_from(tiles_between(old, checkpoint.size).count()).unwrap_or(u64::MAX);
    if global.dry_run {
        output.only_would();
    } else {
        write_all(&args.folder, &from, old, checkpoint.size, planned, output)?;
        let path = args.folder.join("checkpoint");
        // The checkpoint is last: a folder never promises what is not there.
        write_durably(&path, note.as_bytes()).map_err(io_at(&path))?;
    }
    output.value(&json!({
        "folder": args.folder, "before": old, "size": checkpoint.size, "files": planned,
    }));
    output.line(&format!(
        "{} of {} entries ({old} before): {planned} files, and the checkpoint.",
        args.folder.display(),
        checkpoint.size
    ));
    Ok(())
}

fn write_all(
    folder: &Path,
    from: &Log<'_>,
    old: u64,
    size: u64,
    planned: u64,
    output: &Output,
) -> Result<(), Failure> {
    let bar = progress(output, "{bar:40} {pos}/{len} files, {eta} left");
    bar.set_length(planned);
    let mut folders = BTreeSet::new();
    for tile in tiles_between(old, size) {
        let path = folder.join(tile.to_string());
        write_once(&path, &from.file(tile)?, &mut folders)?;
        if tile.is_full() {
            drop_partial(&path);
        }
        bar.inc(1);
    }
    for folder in folders {
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(io_at(&folder))?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Writes a file that never changes: what is there already must be the same.
fn write_once(path: &Path, bytes: &[u8], folders: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(held) if held == bytes => return Ok(()),
        Ok(_) => {
            return Err(Failure::Integrity(format!(
                "{} is there already and says something else; it is left as it is",
                path.display()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_at(path)(error)),
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(io_at(parent))?;
    let partial = path.with_added_extension("partial");
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&partial, path)).map_err(io_at(path))?;
    folders.extend(path.ancestors().skip(1).take(6).filter(|f| f.is_dir()).map(Path::to_owned));
    Ok(())
}

/// Partial tiles may go once the full one is there (C2SP tlog-tiles, "Partial Tiles").
fn drop_partial(full: &Path) {
    // It is only room that is lost if they stay.
    let _ = std::fs::remove_dir_all(full.with_added_extension("p"));
}

pub(super) fn check(args: &CheckArgs, output: &mut Output) -> Result<(), Failure> {
    let trust = trust(&args.trust)?;
    let path = args.folder.join("checkpoint");
    let refuse = |error: &dyn ToString| Failure::Integrity(error.to_string());
    let note = SignedNote::parse(&file(&path)?).map_err(|error| refuse(&error))?;
    let trusted = trust.judge(&note).map_err(|error| Failure::Refused {
        code: "log/not-trusted".to_owned(),
        message: error.to_string(),
    })?;
    let (size, root) = (trusted.checkpoint.size, trusted.checkpoint.root);
    let source = TileFolder(args.folder.clone());
    let tiles = VerifiedTiles::open(source, size, root).map_err(|error| refuse(&error))?;
    let bar = progress(output, "{bar:40} {pos}/{len} bundles, {eta} left");
    bar.set_length(size.div_ceil(256));
    let mut seen = 0_u64;
    for index in 0..size.div_ceil(256) {
        for entry in tiles.entries(index).map_err(|error| refuse(&error))? {
            let open = OpenPart::parse(&entry)
                .map_err(|error| Failure::Integrity(format!("entry {seen}: {error}")))?;
            if open.seq != seen {
                let what = format!("entry {seen} says that it is entry {}", open.seq);
                return Err(Failure::Integrity(what));
            }
            seen = seen.saturating_add(1);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let witnesses: Vec<_> = trusted
        .cosignatures
        .iter()
        .map(|found| json!({ "witness": found.witness, "time": found.time.to_string() }))
        .collect();
    output.value(&json!({
        "verified": true, "origin": trusted.checkpoint.origin, "entries": seen,
        "root": root.to_string(), "cosignatures": witnesses,
    }));
    output.line(&format!("All {seen} entries of {} are there.", trusted.checkpoint.origin));
    for found in &trusted.cosignatures {
        output.line(&format!("Cosigned by {} at {}.", found.witness, found.time));
    }
    Ok(())
}
