//! A connection that is set up as durability demands, or refused.

use super::address::{Address, Durability};
use super::driver::STATEMENT;
use super::link::Link;
use super::{patroni, schema};
use crate::StoreError;
use std::sync::Arc;
use tokio_postgres::Row;

/// The oldest server whose behaviour this program relies on, as `server_version_num`.
const OLDEST_SERVER: i32 = 140_000;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read; a standby will do.
    Read,
    /// To write what must be durable.
    Write,
    /// To write what may be lost with the server: the end of a lease, a snapshot.
    Cache,
}

/// What the server and this session are set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    version: i32,
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
    synchronous_standby_names: String,
    standby: bool,
    read_only: bool,
}

const SETTINGS: &str = "
SELECT current_setting('server_version_num')::integer, current_setting('fsync'),
  current_setting('full_page_writes'), current_setting('synchronous_commit'),
  current_setting('synchronous_standby_names'), pg_is_in_recovery(),
  current_setting('transaction_read_only') = 'on'";

/// Nothing at the server ends a statement before its time: a commit that is cancelled while it
/// waits for a standby is acknowledged all the same. Warnings are let through, for that is how it
/// says so. And what is asked for in order is read in order, by an index: a sort of the whole
/// record would come before its first row.
const QUIET: &str = "
SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout',
  'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout',
  'transaction_timeout');
SET default_transaction_isolation = 'read committed';
SET client_min_messages = 'warning';
SET jit = off;
SET enable_sort = off;
SET enable_bitmapscan = off;
";

/// Connects to the first host that will do, beginning with `first`.
///
/// # Errors
/// What the most telling of the hosts said: [`StoreError::Refused`], [`StoreError::NotDurable`],
/// [`StoreError::Standby`], [`StoreError::Unavailable`].
pub(super) fn connect(
    address: &Address,
    purpose: Purpose,
    first: usize,
) -> Result<Arc<Link>, StoreError> {
    let hosts = || address.hosts.iter().enumerate();
    let mut told: Option<StoreError> = None;
    for (number, _) in hosts().skip(first).chain(hosts().take(first)) {
        match connect_to(address, purpose, number) {
            Ok(link) => return Ok(link),
            Err(error) => {
                if told.as_ref().is_none_or(|told| weight(&error) >= weight(told)) {
                    told = Some(error);
                }
            }
        }
    }
    let none = || StoreError::Unavailable { cause: "the location names no host".to_owned() };
    Err(told.unwrap_or_else(none))
}

/// Connects to one of the hosts.
///
/// # Errors
/// As for [`connect`].
pub(super) fn connect_to(
    address: &Address,
    purpose: Purpose,
    number: usize,
) -> Result<Arc<Link>, StoreError> {
    let none = || StoreError::Unavailable { cause: "there is no such host".to_owned() };
    let host = address.hosts.get(number).ok_or_else(none)?;
    let link = Link::open(address, number, host)?;
    if purpose == Purpose::Write
        && let Some(port) = address.patroni_at(number)
    {
        patroni::check(host, port)?;
    }
    set_up(&link, address, purpose, &host.shown())?;
    Ok(Arc::new(link))
}

/// Which of several hosts' answers is told: what needs a person's hand before what passes.
fn weight(error: &StoreError) -> u8 {
    if matches!(error, StoreError::Unavailable { .. }) {
        0
    } else if matches!(error, StoreError::Standby { .. }) {
        1
    } else {
        2
    }
}

fn set_up(link: &Link, address: &Address, purpose: Purpose, host: &str) -> Result<(), StoreError> {
    // The schema is looked in before temporary tables, which anybody could make.
    let path = format!("SET search_path = pg_catalog, {}, pg_temp", address.schema());
    link.run(&format!("{QUIET}{path}"), STATEMENT)?;
    let found = settings(link)?;
    if found.version < OLDEST_SERVER {
        return Err(StoreError::Refused {
            what: format!("{host} is older than PostgreSQL 14"),
            remedy: "upgrade the server",
        });
    }
    if purpose == Purpose::Read {
        return Ok(());
    }
    judge(&found, host)?;
    if purpose == Purpose::Cache {
        return link.run("SET synchronous_commit = off", STATEMENT);
    }
    if address.durability == Durability::Durable {
        if found.synchronous_commit != "remote_apply" {
            link.run("SET synchronous_commit = on", STATEMENT)?;
        }
        judge_commit(&settings(link)?)?;
    }
    Ok(())
}

fn settings(link: &Link) -> Result<Settings, StoreError> {
    let rows = link.ask(SETTINGS, &[], STATEMENT)?;
    let read = |row: &Row| {
        Ok(Settings {
            version: row.try_get(0)?,
            fsync: row.try_get(1)?,
            full_page_writes: row.try_get(2)?,
            synchronous_commit: row.try_get(3)?,
            synchronous_standby_names: row.try_get(4)?,
            standby: row.try_get(5)?,
            read_only: row.try_get(6)?,
        })
    };
    schema::one(&rows, read)
}

/// Whether what is written to this server stays.
fn judge(found: &Settings, host: &str) -> Result<(), StoreError> {
    if found.standby {
        return Err(StoreError::Standby { host: host.to_owned() });
    }
    if found.read_only {
        return Err(StoreError::Refused {
            what: format!("{host} lets this user only read (default_transaction_read_only)"),
            remedy: "set default_transaction_read_only = off for the user or the database",
        });
    }
    for (name, value) in [("fsync", &found.fsync), ("full_page_writes", &found.full_page_writes)] {
        if value != "on" {
            return Err(StoreError::NotDurable {
                what: format!("{name} is {value} at {host}"),
                remedy: "switch it on in postgresql.conf and reload the server",
            });
        }
    }
    Ok(())
}

/// Whether a commit is answered only when the server, and every standby it has to wait for, has
/// it on stable storage.
fn judge_commit(found: &Settings) -> Result<(), StoreError> {
    let alone = found.synchronous_standby_names.trim().is_empty();
    let enough: &[&str] = if alone {
        &["on", "remote_apply", "local", "remote_write"]
    } else {
        &["on", "remote_apply"]
    };
    if enough.contains(&found.synchronous_commit.as_str()) {
        return Ok(());
    }
    Err(StoreError::NotDurable {
        what: format!("synchronous_commit is {}", found.synchronous_commit),
        remedy: "set it to on, or say durability=acknowledged-before-durable in the location",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(commit: &str, standbys: &str) -> Settings {
        let on = || "on".to_owned();
        Settings {
            version: OLDEST_SERVER,
            fsync: on(),
            full_page_writes: on(),
            synchronous_commit: commit.to_owned(),
            synchronous_standby_names: standbys.to_owned(),
            standby: false,
            read_only: false,
        }
    }

    #[test]
    fn a_commit_is_durable_where_everybody_asked_has_it_on_stable_storage() {
        for (commit, alone, with_standbys) in [
            ("off", false, false),
            ("local", true, false),
            ("remote_write", true, false),
            ("on", true, true),
            ("remote_apply", true, true),
            ("something new", false, false),
        ] {
            assert_eq!(judge_commit(&found(commit, "")).is_ok(), alone, "{commit}");
            let judged = judge_commit(&found(commit, "FIRST 1 (b)"));
            assert_eq!(judged.is_ok(), with_standbys, "{commit} with standbys");
        }
    }

    #[test]
    fn what_needs_a_hand_is_told_before_what_passes() {
        let standby = StoreError::Standby { host: "b:1".to_owned() };
        assert_eq!(judge(&Settings { standby: true, ..found("on", "") }, "b:1"), Err(standby));
        for broken in [
            Settings { fsync: "off".to_owned(), ..found("on", "") },
            Settings { full_page_writes: "off".to_owned(), ..found("on", "") },
        ] {
            let told = judge(&broken, "b:1").unwrap_err();
            assert!(matches!(told, StoreError::NotDurable { .. }) && weight(&told) == 2, "{told}");
        }
        let refused = judge(&Settings { read_only: true, ..found("on", "") }, "b:1");
        assert!(matches!(refused, Err(StoreError::Refused { .. })));
        assert_eq!(judge(&found("on", ""), "b:1"), Ok(()));
    }
}
