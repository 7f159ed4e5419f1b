//! Certificates that were issued to depots, and what does not close.

use crate::depot::Became;
use countersign_core::evidence::Gap;
use countersign_core::requests::Certified;
use serde_json::{Value, json};

/// A certificate, with what its depot has said of it.
#[must_use]
pub fn certificate(one: &Certified) -> Value {
    let terms = &one.terms;
    let account = one.account.as_ref().map(|account| {
        json!({
            "made_at": account.made_at.to_string(),
            "total": account.total.units(),
            "receipts": account.receipts,
            "closed": account.closed,
        })
    });
    json!({
        "id": terms.id.to_string(),
        "release": terms.release.to_string(),
        "depot": terms.depot.as_str(),
        "depot_key": terms.depot_key.to_string(),
        "collector": terms.collector.to_string(),
        "quantity": terms.quantity.units(),
        "from": terms.window.from().to_string(),
        "until": terms.window.until().to_string(),
        "issued_at": one.issued_at.to_string(),
        "digest": terms.digest.to_string(),
        "handed_out": one.handed_out.units(),
        "receipts": one.receipts,
        "out": one.out().units(),
        "account": account,
    })
}

/// What became of a text that a depot carried back.
#[must_use]
pub fn paper(name: &str, became: &Became) -> Value {
    let word = became.word();
    match became {
        Became::Recorded | Became::Known => json!({ "paper": name, "became": word }),
        Became::Refused { code, message } => {
            json!({ "paper": name, "became": word, "code": code, "message": message })
        }
    }
}

/// Something that does not close.
#[must_use]
pub fn gap(gap: &Gap) -> Value {
    json!({
        "code": gap.code(),
        "certificate": gap.certificate().to_string(),
        "message": gap.to_string(),
    })
}
