//! Where a password comes from: a file that only its owner may read, or the environment.

use super::address::{Address, Host};
use crate::StoreError;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// A password; it cannot be printed.
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The password for one of the servers, if there is one: from the location's passfile; without
/// one, `PGPASSWORD`, then the file that `PGPASSFILE` names.
///
/// # Errors
/// [`StoreError::Refused`] when the file cannot be read, or others can read it too.
pub(super) fn password(address: &Address, host: &Host) -> Result<Option<Secret>, StoreError> {
    if let Some(file) = &address.passfile {
        return from_file(file, address, host);
    }
    if let Some(password) = std::env::var("PGPASSWORD").ok().filter(|text| !text.is_empty()) {
        return Ok(Some(Secret(password)));
    }
    match std::env::var_os("PGPASSFILE").filter(|path| !path.is_empty()) {
        Some(file) => from_file(&PathBuf::from(file), address, host),
        None => Ok(None),
    }
}

fn from_file(file: &Path, address: &Address, host: &Host) -> Result<Option<Secret>, StoreError> {
    let refuse = |what: String, remedy| Err(StoreError::Refused { what, remedy });
    let text = match fs::metadata(file).and_then(|found| Ok((found, fs::read_to_string(file)?))) {
        Ok((found, _)) if is_open_to_others(&found) => {
            let what = format!("others than its owner can read {}", file.display());
            return refuse(what, "take that right away: chmod 600 FILE");
        }
        Ok((_, text)) => text,
        Err(error) => {
            let what = format!("the passfile {} cannot be read: {error}", file.display());
            return refuse(what, "name another by passfile=FILE or PGPASSFILE");
        }
    };
    let port = host.port.to_string();
    let matches = |line: &str| {
        let fields = split(line);
        let [name, at, database, user, password] = fields.as_slice() else { return None };
        let is = |field: &str, wanted: &str| field == "*" || field == wanted;
        let is_host = is(name, &host.name) || (host.is_socket() && name == "localhost");
        let fits =
            is_host && is(at, &port) && is(database, &address.database) && is(user, &address.user);
        fits.then(|| Secret(password.clone()))
    };
    Ok(text.lines().filter(|line| !line.starts_with('#')).find_map(matches))
}

#[cfg(unix)]
fn is_open_to_others(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(found) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

/// The fields of a line; a backslash takes the next character as it is.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(last) = fields.last_mut() {
            last.push(taken);
        }
    }
    fields
}
