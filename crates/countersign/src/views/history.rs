//! Histories that were taken in.

use countersign_core::history::{Foreign, Source};
use serde_json::json;

/// A source.
#[must_use]
pub fn source(source: &Source) -> serde_json::Value {
    let Source { key, name, rows, facts, times, by, first_at, last_at } = source;
    let name = Foreign::as_str(name);
    json!({
        "name": name, "file": key.file.to_string(), "mapping": key.mapping.to_string(),
        "rows": rows, "facts": facts,
        "earliest": times.map(|times| times.earliest().to_string()),
        "latest": times.map(|times| times.latest().to_string()),
        "by": by.as_str(), "first_at": first_at.to_string(), "last_at": last_at.to_string(),
    })
}
