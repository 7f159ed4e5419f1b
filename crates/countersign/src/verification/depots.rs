//! What depots signed: each text is the one that its entry records, and its signature holds.

use countersign_core::{Event, requests};
use countersign_proof::certificate::{Account, DepotText, Receipt, Sighting, Signed};
use countersign_proof::words::Digest;
use countersign_proof::{Label, PublicKey, SealedPart};
use serde::Deserialize;

/// What a sealed part keeps of it.
#[derive(Deserialize)]
struct Kept {
    text: String,
    signature: String,
    key: String,
}

/// Checks every text of a depot that these events record; gives how many there are.
pub(super) fn check(parts: &[SealedPart], events: &[Event]) -> Result<u64, String> {
    let mut found: u64 = 0;
    for event in events {
        let Event::Requests(event) = event else { continue };
        if let requests::Event::ReceiptRecorded { digest, .. } = event {
            holds::<Receipt>(parts, *digest)?;
        } else if let requests::Event::AccountRecorded { digest, .. } = event {
            holds::<Account>(parts, *digest)?;
        } else if let requests::Event::SightingRecorded { digest, .. } = event {
            holds::<Sighting>(parts, *digest)?;
        } else {
            continue;
        }
        found = found.saturating_add(1);
    }
    Ok(found)
}

fn holds<T: DepotText>(parts: &[SealedPart], recorded: Digest) -> Result<(), String> {
    let part = parts.iter().find(|part| part.label == Label::Parties);
    let kept: Option<Kept> = part.and_then(|part| serde_json::from_slice(&part.bytes).ok());
    let kept = kept.ok_or_else(|| "what a depot signed is not there".to_owned())?;
    let key: PublicKey =
        kept.key.parse().map_err(|error: countersign_proof::key::KeyError| error.to_string())?;
    let signed = Signed::<T>::verify(kept.text.as_bytes(), &kept.signature, &key)
        .map_err(|error| error.to_string())?;
    if signed.digest() == recorded {
        Ok(())
    } else {
        Err("what a depot signed is not what the entry records".to_owned())
    }
}
