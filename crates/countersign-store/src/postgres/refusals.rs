//! What the server says, sorted by what a person does about it.
//!
//! Only its message is passed on, never the detail, which can quote values.

use crate::StoreError;
use std::error::Error as _;
use std::io;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// Sorts an error of the server or of the way to it.
pub(super) fn told(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(said) => by_state(said),
        None => {
            let cause = format!("the way to the database: {error}{}", within(error));
            StoreError::Unavailable { cause }
        }
    }
}

/// Sorts what went wrong on the way to a session with `host`.
pub(super) fn at_opening(error: &Error, host: &str) -> StoreError {
    let what = || format!("{host}: {error}{}", within(error));
    // The kinds of these errors can be told by their words only.
    match error.to_string().as_str() {
        "invalid configuration" => StoreError::Refused {
            what: format!("{host} asks for a password, and there is none"),
            remedy: "put it into a passfile, named by passfile=FILE or PGPASSFILE",
        },
        "authentication error" => StoreError::Refused {
            what: what(),
            remedy: "see to the server's name and address: it may be another one",
        },
        "error performing TLS handshake" if !is_passing(error) => StoreError::Refused {
            what: what(),
            remedy: "see to the server's certificate and to sslrootcert=FILE; only where nobody \
                     else is on the way, say sslmode=disable",
        },
        _ => {
            let told = told(error);
            let passing = matches!(told, StoreError::Unavailable { .. });
            if passing { StoreError::Unavailable { cause: what() } } else { told }
        }
    }
}

/// Whether the network failed, not what was said over it.
fn is_passing(error: &Error) -> bool {
    let failed = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    failed.is_some_and(|failed| failed.kind() != io::ErrorKind::InvalidData)
}

fn within(error: &Error) -> String {
    error.source().map(|source| format!(": {source}")).unwrap_or_default()
}

fn by_state(said: &DbError) -> StoreError {
    let message = said.message().to_owned();
    let refused = |remedy| StoreError::Refused { what: message.clone(), remedy };
    let state = said.code();
    if [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(state) {
        refused("see to the user, the passfile and the server's pg_hba.conf")
    } else if *state == SqlState::INVALID_CATALOG_NAME {
        refused("name another database, or have this one created")
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        refused("have the user granted what the ledger's owner may do")
    } else if *state == SqlState::LOCK_NOT_AVAILABLE {
        StoreError::Locked { holder: None }
    } else if *state == SqlState::READ_ONLY_SQL_TRANSACTION {
        StoreError::Standby { host: "the server".to_owned() }
    } else {
        by_class(state.code(), message)
    }
}

/// The first two characters of a SQLSTATE say what kind it is.
fn by_class(code: &str, message: String) -> StoreError {
    match code.get(..2).unwrap_or_default() {
        // Connection, rollback, resources, the operator, the system, cancelled or shut down.
        "08" | "40" | "53" | "55" | "57" | "58" => StoreError::Unavailable { cause: message },
        "XX" if code != "XX000" => StoreError::damaged(message),
        _ => StoreError::Postgres { code: code.to_owned(), message },
    }
}
