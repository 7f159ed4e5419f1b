//! Evidence that travels. Answers: *what must a file hold so that somebody without the ledger, and
//! without trust in whoever keeps it, can see that named people authorised exactly this?*
//!
//! [`export`] takes from a ledger what belongs to a request, a release or a span of entries;
//! [`examine()`] needs nothing but the files. What the files prove by hashes alone is
//! `countersign_proof::bundle`; who signed and what policy demanded is
//! `countersign_core::evidence`.

mod archive;
mod derived;
mod examine;
mod export;

pub use archive::{ArchiveError, archived, read, write};
pub use examine::{EvidenceError, Report, TrustedLog, examine};
pub use export::{Exported, export};

pub(crate) use derived::verify_time;

use countersign_core::policy::Totals;
use countersign_core::{State, viewing};
use countersign_proof::Label;
use countersign_proof::bundle::Matter;
use countersign_proof::words::{PersonId, Quantity, ReleaseId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a bundle, by their names.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file with what whoever exports states and the entries do not show: what the holder had out
/// and had used beside the request itself, one line for each release that policy was asked about.
pub const STATED: &str = "stated.jsonl";

/// A line of [`STATED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    /// The entry that issues or re-approves the release.
    seq: u64,
    /// The release.
    release: ReleaseId,
    /// Units bound by other live releases of the same holder and item.
    released: u64,
    /// Units reported as used under them.
    used: u64,
}

/// What is stated, by entry and release.
type AllStated = BTreeMap<(u64, ReleaseId), Totals>;

fn write_stated(stated: &AllStated) -> Vec<u8> {
    let mut text = String::new();
    for ((seq, release), totals) in stated {
        let (released, used) = (totals.released.units(), totals.used.units());
        let line = Stated { seq: *seq, release: *release, released, used };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text.into_bytes()
}

/// Reads what [`write_stated`] writes, and nothing else.
fn read_stated(bytes: &[u8]) -> Option<AllStated> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut stated = BTreeMap::new();
    for line in text.lines() {
        let Stated { seq, release, released, used } = serde_json::from_str(line).ok()?;
        let totals = Totals { released: Quantity::new(released)?, used: Quantity::new(used)? };
        stated.insert((seq, release), totals);
    }
    (write_stated(&stated) == bytes).then_some(stated)
}

/// What a person may not see is left out of what they take with them.
#[must_use]
pub fn hidden_from(state: &State, person: &PersonId, of: Matter) -> BTreeSet<Label> {
    let may = |label| match of {
        Matter::Request(id) => {
            let request = state.requests.request(id);
            request.is_some_and(|request| {
                state.may_view(person, &viewing::Matter::Request(request), label)
            })
        }
        Matter::Release(id) => {
            let release = state.requests.release(id);
            let request = release.and_then(|release| state.requests.request(release.request));
            request.is_some_and(|request| {
                state.may_view(person, &viewing::Matter::Request(request), label)
            })
        }
        Matter::Entries(_, _) => state.may_view(person, &viewing::Matter::Programme, label),
    };
    Label::ALL.iter().copied().filter(|label| !may(*label)).collect()
}
