//! The bundle as one file: a zip archive that only stores, in one form.
//!
//! Nothing is compressed, so nothing can expand; an archive is read only if it is, byte for byte,
//! the one that would be written of its content. So no name climbs out of a folder, no file hides
//! behind another of the same name, and no byte of it can be changed without being noticed.

use super::Files;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// The longest archive that is read, in bytes.
const BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Why a file is not read as a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is too long.
    #[error("{path} has {bytes} bytes; a bundle has at most {BYTES_MAX}")]
    TooLong {
        /// Which file.
        path: String,
        /// Its length.
        bytes: u64,
    },
    /// It is no archive of the kind that is written here.
    #[error("{path} is not a bundle as `evidence export` writes it: {why}")]
    Form {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is an archive of the kind, and not the one that its content gives.
    #[error(
        "{path} has not the bytes that its content gives: it was altered, or packed by another \
         program; unpack it into a folder and give that"
    )]
    Altered {
        /// Which file.
        path: String,
    },
}

/// The files of the bundle at `path`: an archive, or a folder into which one was unpacked.
///
/// # Errors
/// [`ArchiveError`] when it cannot be read, or is not in the one form.
pub fn read(path: &Path) -> Result<Files, ArchiveError> {
    let name = path.display().to_string();
    let io = |error| ArchiveError::Io { path: name.clone(), error };
    let meta = std::fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        let mut files = Files::new();
        folder(path, "", &mut files)?;
        return Ok(files);
    }
    if meta.len() > BYTES_MAX {
        return Err(ArchiveError::TooLong { path: name, bytes: meta.len() });
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let form = |why| ArchiveError::Form { path: name.clone(), why };
    let files = unpack(&bytes).map_err(form)?;
    if pack(&files).map_err(form)? == bytes {
        Ok(files)
    } else {
        Err(ArchiveError::Altered { path: name })
    }
}

/// The files as one archive, in memory.
///
/// # Errors
/// [`ArchiveError::Form`] for a name that no file in a bundle has.
pub fn archived(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    pack(files).map_err(|why| ArchiveError::Form { path: "the evidence".to_owned(), why })
}

/// Writes the files as an archive at `path`, whole or not at all; nothing is written over.
///
/// # Errors
/// [`ArchiveError::Io`], also when there is a file already.
pub fn write(path: &Path, files: &Files) -> Result<(), ArchiveError> {
    let name = || path.display().to_string();
    let bytes = pack(files).map_err(|why| ArchiveError::Form { path: name(), why })?;
    let io = |error| ArchiveError::Io { path: name(), error };
    let mut file = std::fs::File::create_new(path).map_err(io)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io)
}

fn folder(at: &Path, prefix: &str, files: &mut Files) -> Result<(), ArchiveError> {
    let form = |why: String| ArchiveError::Form { path: at.display().to_string(), why };
    let io = |error| ArchiveError::Io { path: at.display().to_string(), error };
    for item in std::fs::read_dir(at).map_err(io)? {
        let item = item.map_err(io)?;
        let name = item.file_name();
        let name = name.to_str().filter(|name| is_name(name));
        let name = name.ok_or_else(|| form("it holds a file that no bundle has".to_owned()))?;
        let kind = item.file_type().map_err(io)?;
        if kind.is_dir() && prefix.matches('/').count() < 4 {
            folder(&item.path(), &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(format!("{prefix}{name}"), std::fs::read(item.path()).map_err(io)?);
        } else {
            return Err(form(format!("{name} is neither a file nor a folder of a bundle")));
        }
    }
    Ok(())
}

/// A name of a file or a folder in a bundle.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let long = (1..=100).contains(&name.len());
    long && !name.starts_with('.') && name.bytes().all(letter)
}

fn pack(files: &Files) -> Result<Vec<u8>, String> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        if !name.split('/').all(is_name) {
            return Err(format!("{name:.80?} cannot be the name of a file in it"));
        }
        writer.start_file(name.as_str(), options).map_err(|error| error.to_string())?;
        writer.write_all(bytes).map_err(|error| error.to_string())?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|error| error.to_string())
}

fn unpack(bytes: &[u8]) -> Result<Files, String> {
    let text = |error: &dyn ToString| error.to_string();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| text(&error))?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| text(&error))?;
        let name = file.name().map_err(|error| text(&error))?.into_owned();
        if file.compression() != CompressionMethod::Stored {
            return Err(format!("{name:.80?} is compressed; bundles only store"));
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(|error| text(&error))?;
        if files.insert(name.clone(), content).is_some() {
            return Err(format!("{name:.80?} is in it twice"));
        }
    }
    Ok(files)
}
