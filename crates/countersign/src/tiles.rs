//! The log of a ledger as tiles. Answers: *which bytes does each file of the log hold, and how is
//! an entry, or the growth of the log, proved?*
//!
//! The record keeps the leaf hashes. The hashes above them that stand in tiles are worked out once,
//! kept in memory (32 bytes for each 256 entries) and extended as the log grows.

use countersign_proof::checkpoint::Checkpoint;
use countersign_proof::merkle::{self, MerkleError};
use countersign_proof::tiles::{Tile, TileError, TileKind, Tower, bundle_bytes, tile_bytes};
use countersign_proof::words::Digest;
use countersign_store::{Store, StoreError};
use std::cell::RefCell;
use std::ops::ControlFlow;

/// Why a tile or a proof cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such tile.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// There is no such proof.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
}

impl LogError {
    /// Whether the record itself is damaged, as against unreachable or not so long.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_damage(),
            Self::Tile(_) | Self::Merkle(_) => false,
        }
    }
}

/// The upper hashes of a log, as far as it has been read.
#[derive(Debug, Default)]
pub struct LogTiles {
    tower: Tower,
}

/// A log at one moment: its upper hashes, and the record under them.
pub struct Log<'l> {
    tower: &'l Tower,
    store: &'l dyn Store,
}

impl LogTiles {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The log as far as the record reaches now, or up to `size` entries where that is more than
    /// has been read.
    ///
    /// # Errors
    /// [`StoreError`] when a leaf hash cannot be read.
    pub fn log<'l>(&'l mut self, store: &'l dyn Store) -> Result<Log<'l>, StoreError> {
        self.read(store, store.head()?.size)?;
        Ok(Log { tower: &self.tower, store })
    }

    /// Reads on up to `size` entries.
    fn read(&mut self, store: &dyn Store, size: u64) -> Result<(), StoreError> {
        let tower = &mut self.tower;
        if tower.size() >= size {
            return Ok(());
        }
        store.for_each_leaf(tower.size(), &mut |_, leaf| {
            tower.append(*leaf);
            if tower.size() < size { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }
}

impl Log<'_> {
    /// Whether a checkpoint is of this very log, as far as this log reaches.
    ///
    /// # Errors
    /// [`LogError`] when the record cannot be read.
    pub fn has(&self, checkpoint: &Checkpoint) -> Result<bool, LogError> {
        let reached = checkpoint.size <= self.size();
        Ok(reached && self.root(checkpoint.size)? == checkpoint.root)
    }

    /// Whether a checkpoint is of another history: this log reaches that far, and has another root.
    ///
    /// # Errors
    /// [`LogError`] when the record cannot be read.
    pub fn contradicts(&self, checkpoint: &Checkpoint) -> Result<bool, LogError> {
        Ok(checkpoint.size <= self.size() && !self.has(checkpoint)?)
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tower.size()
    }

    /// Does something with the hashes of this log. A failure to read the record is told as itself
    /// and not as a missing hash.
    fn hashes<T>(
        &self,
        work: impl FnOnce(&countersign_proof::tiles::TowerSource<'_>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let failed = RefCell::new(None);
        let leaves = |start: u64, count: u64| {
            let mut found = Vec::new();
            let wanted = usize::try_from(count).unwrap_or(usize::MAX);
            let read = self.store.for_each_leaf(start, &mut |_, leaf| {
                found.push(*leaf);
                if found.len() < wanted {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            let missing = |reason: String| MerkleError::Source { index: start, reason };
            match read {
                Ok(()) if found.len() == wanted => Ok(found),
                Ok(()) => Err(missing("the record does not reach that far".to_owned())),
                Err(error) => {
                    let told = missing(error.to_string());
                    failed.replace(Some(error));
                    Err(told)
                }
            }
        };
        let done = work(&self.tower.over(&leaves));
        match failed.take() {
            Some(error) if done.is_err() => Err(error.into()),
            Some(_) | None => done,
        }
    }

    /// The bytes of a tile or an entry bundle.
    ///
    /// # Errors
    /// [`TileError::NotInLog`] when the log has not filled it so far; [`StoreError`].
    pub fn file(&self, tile: Tile) -> Result<Vec<u8>, LogError> {
        let (kind, index, size) = (tile.kind(), tile.index(), self.size());
        if !tile.is_in(size) {
            return Err(TileError::NotInLog { kind, index, size }.into());
        }
        match kind {
            TileKind::Hashes { .. } => self.hashes(|source| Ok(tile_bytes(&source.hashes(tile)?))),
            TileKind::Entries => {
                let entries = self.store.read(tile.start(), usize::from(tile.width()))?;
                if entries.len() != usize::from(tile.width()) {
                    return Err(TileError::NotInLog { kind, index, size }.into());
                }
                Ok(bundle_bytes(entries.iter().map(|entry| entry.open.as_slice()))?)
            }
        }
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// [`LogError`] when the log is not that long, or the record cannot be read.
    pub fn root(&self, size: u64) -> Result<Digest, LogError> {
        self.check(size)?;
        self.hashes(|source| Ok(merkle::tree_head(source, size)?))
    }

    /// The proof that entry `index` is among the first `size`.
    ///
    /// # Errors
    /// [`LogError`] when the log is not that long, or the record cannot be read.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>, LogError> {
        self.check(size)?;
        self.hashes(|source| Ok(merkle::inclusion_proof(source, index, size)?))
    }

    /// The proof that the log of `new` entries extends that of `old`.
    ///
    /// # Errors
    /// [`LogError`] when the log is not that long, or the record cannot be read.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, LogError> {
        self.check(new)?;
        self.hashes(|source| Ok(merkle::consistency_proof(source, old, new)?))
    }

    fn check(&self, size: u64) -> Result<(), MerkleError> {
        match size.checked_sub(1) {
            Some(index) if size > self.size() => {
                Err(MerkleError::OutOfRange { index, size: self.size() })
            }
            Some(_) | None => Ok(()),
        }
    }
}
