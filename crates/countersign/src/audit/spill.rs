//! Rows put aside in files, parted by a digest of their case, so that each part fits in memory.

use super::Failed;
use crate::clock::{SystemEntropy, random16};
use crate::pack::{HistoryRow, RowFact};
use countersign_core::history::Foreign;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::PathBuf;

/// How much text goes into one part.
const PART: u64 = 2 * 1024 * 1024;
/// The most parts.
const PARTS_MAX: u64 = 384;
/// A part that is larger, in bytes, is parted again.
const PART_MAX: u64 = 24 * 1024 * 1024;
/// How often at most.
const LEVELS: u8 = 4;

/// A folder of our own for the time being; it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> io::Result<Self> {
        let random = random16(&mut SystemEntropy).map_err(|failed| io::Error::other(failed.0))?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("countersign-{name}"));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn create(&self, name: &str) -> io::Result<BufWriter<File>> {
        Ok(BufWriter::new(File::create_new(self.0.join(name))?))
    }

    pub(super) fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.0.join(name))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's own temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Rows put aside.
pub(super) struct Spill {
    folder: Folder,
    parts: Vec<BufWriter<File>>,
    bytes: Vec<u8>,
}

/// A row as it is put aside.
type Put<'a> = (&'a str, u32, u64, &'a [RowFact]);
type Got = (Foreign, u32, u64, Vec<RowFact>);

/// What is done with the rows of a case.
pub(super) type Each<'a> = dyn FnMut(Foreign, Vec<HistoryRow>) -> Result<(), Failed> + 'a;

fn digest(case: &str, level: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u8(level);
    hasher.write(case.as_bytes());
    hasher.finish()
}

fn part_of(case: &str, level: u8, parts: usize) -> usize {
    let parts = u64::try_from(parts).unwrap_or(1).max(1);
    usize::try_from(digest(case, level).checked_rem(parts).unwrap_or(0)).unwrap_or(0)
}

fn put(file: &mut BufWriter<File>, bytes: &mut Vec<u8>, row: Put<'_>) -> io::Result<()> {
    bytes.clear();
    let written = postcard::to_extend(&row, std::mem::take(bytes)).map_err(io::Error::other)?;
    let length = u32::try_from(written.len()).map_err(io::Error::other)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(&written)?;
    *bytes = written;
    Ok(())
}

impl Spill {
    /// Parts for about so many bytes of text.
    pub(super) fn new(length: u64) -> io::Result<Self> {
        let count = (length / PART).clamp(1, PARTS_MAX);
        let folder = Folder::new()?;
        let parts = (0..count).map(|part| folder.create(&format!("0-{part}")));
        let parts = parts.collect::<io::Result<Vec<BufWriter<File>>>>()?;
        Ok(Self { folder, parts, bytes: Vec::new() })
    }

    /// Puts a row aside.
    pub(super) fn put(&mut self, row: &HistoryRow) -> io::Result<()> {
        let part = part_of(row.case.as_str(), 0, self.parts.len());
        let Some(file) = self.parts.get_mut(part) else { return Ok(()) };
        put(file, &mut self.bytes, (row.case.as_str(), row.line, row.print, &row.facts))
    }

    /// Takes the rows back, case by case, those of a case in the order of lines.
    pub(super) fn each(self, each: &mut Each<'_>) -> Result<(), Failed> {
        let Self { folder, parts, bytes: _ } = self;
        let count = parts.len();
        for part in parts {
            let closed = part.into_inner().map_err(|error| error.into_error());
            closed.map_err(super::temporary)?;
        }
        (0..count).try_for_each(|part| take(&folder, &format!("0-{part}"), 0, each))
    }
}

fn take(folder: &Folder, name: &str, level: u8, each: &mut Each<'_>) -> Result<(), Failed> {
    let opened = folder.open(name).map_err(super::temporary)?;
    let length = opened.metadata().map_or(0, |found| found.len());
    let mut rows = Rows { file: BufReader::with_capacity(64 * 1024, opened), bytes: Vec::new() };
    if length > PART_MAX && level < LEVELS {
        let again = part_again(folder, name, level, &mut rows).map_err(super::temporary)?;
        drop(rows);
        folder.remove(name).map_err(super::temporary)?;
        return again.iter().try_for_each(|part| take(folder, part, level.saturating_add(1), each));
    }
    let mut cases: BTreeMap<Foreign, Vec<HistoryRow>> = BTreeMap::new();
    while let Some((case, line, print, facts)) = rows.next().map_err(super::temporary)? {
        let row = HistoryRow { line, case: case.clone(), print, facts };
        cases.entry(case).or_default().push(row);
    }
    drop(rows);
    folder.remove(name).map_err(super::temporary)?;
    cases.into_iter().try_for_each(|(case, rows)| each(case, rows))
}

fn part_again(folder: &Folder, name: &str, level: u8, rows: &mut Rows) -> io::Result<Vec<String>> {
    let level = level.saturating_add(1);
    let names: Vec<String> = (0..16).map(|part| format!("{name}-{part}")).collect();
    let mut files: Vec<BufWriter<File>> =
        names.iter().map(|name| folder.create(name)).collect::<io::Result<_>>()?;
    let mut bytes = Vec::new();
    while let Some((case, line, print, facts)) = rows.next()? {
        if let Some(file) = files.get_mut(part_of(case.as_str(), level, 16)) {
            put(file, &mut bytes, (case.as_str(), line, print, &facts))?;
        }
    }
    for file in files {
        file.into_inner().map_err(|error| error.into_error())?;
    }
    Ok(names)
}

struct Rows {
    file: BufReader<File>,
    bytes: Vec<u8>,
}

impl Rows {
    fn next(&mut self) -> io::Result<Option<Got>> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        self.bytes.resize(length, 0);
        self.file.read_exact(&mut self.bytes)?;
        postcard::from_bytes(&self.bytes).map(Some).map_err(io::Error::other)
    }
}
