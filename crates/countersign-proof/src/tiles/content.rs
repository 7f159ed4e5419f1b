//! What is in a tile and in a bundle of entries.

use super::{Tile, TileError};
use crate::words::Digest;

/// The bytes of a tile: its hashes, one after the other.
#[must_use]
pub fn tile_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the hashes of `tile`; whether they are in the log is another question.
///
/// # Errors
/// [`TileError::Length`] when the bytes are more or fewer than its width demands.
pub fn parse_tile(tile: Tile, bytes: &[u8]) -> Result<Vec<Digest>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() && hashes.len() == usize::from(tile.width()) {
        Ok(hashes.iter().copied().map(Digest).collect())
    } else {
        Err(TileError::Length {
            tile,
            expected: u64::from(tile.width()).saturating_mul(32),
            found: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        })
    }
}

/// The bytes of a bundle: each entry after its length as two bytes, the higher first.
///
/// # Errors
/// [`TileError::EntryTooLong`].
pub fn bundle_bytes<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Result<Vec<u8>, TileError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong {
            bytes: u64::try_from(entry.len()).unwrap_or(u64::MAX),
        })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Cuts the bundle `tile` into its entries; whether they are in the log is another question.
///
/// # Errors
/// [`TileError::Bundle`] when it ends within an entry, or holds more or fewer than its width says.
pub fn parse_bundle(tile: Tile, bundle: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let refuse = |what| TileError::Bundle { tile, what };
    let mut entries = Vec::with_capacity(usize::from(tile.width()));
    let mut rest = bundle;
    while !rest.is_empty() {
        if entries.len() >= usize::from(tile.width()) {
            return Err(refuse("it goes on after its last entry"));
        }
        let (length, after) =
            rest.split_first_chunk().ok_or(refuse("it ends within the length of an entry"))?;
        let (entry, after) = after
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(refuse("it ends within an entry"))?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() == usize::from(tile.width()) {
        Ok(entries)
    } else {
        Err(refuse("it has fewer entries than its path says"))
    }
}
