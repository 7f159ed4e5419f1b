//! Where a command id was recorded, in eight bytes of memory an entry.
//!
//! Command ids are random, and a unique index over random keys writes about one page for each key
//! once it outgrows its cache: measured, it cuts appending to a tenth. So the record has no such
//! index. Instead this filing holds, for every entry, a few bits of its id's hash; a match is only
//! a candidate, confirmed against the record. It is rebuilt from the record, never stored.

use crate::StoreError;
use countersign_proof::words::CommandId;
use std::hash::{BuildHasher, RandomState};

/// Entries in one drawer, as a power of two.
const DRAWER_BITS: u32 = 20;
/// Slots in one drawer: twice its entries, so a search ends soon.
const SLOT_BITS: u32 = DRAWER_BITS + 1;
const SLOTS: usize = 1 << SLOT_BITS;
const PLACE_MASK: u32 = (1 << DRAWER_BITS) - 1;
/// Set in every slot in use, so that an empty one is zero.
const USED: u32 = 1 << 31;

/// Files the entries of one record by command id, in order, from the first.
///
/// The hash is keyed afresh in each process, so that no sender can choose ids that collide. Drawers
/// are never rehashed: adding an entry takes the same time in a record of any size.
pub(crate) struct Filing {
    keyed: RandomState,
    drawers: Vec<Vec<u32>>,
    filed: u64,
}

impl Filing {
    pub(crate) fn new() -> Self {
        Self { keyed: RandomState::new(), drawers: Vec::new(), filed: 0 }
    }

    /// How many entries are filed, and so the sequence number of the next to file.
    pub(crate) fn filed(&self) -> u64 {
        self.filed
    }

    /// Files the next entry.
    pub(crate) fn file(&mut self, command: CommandId) {
        let place = low_bits(self.filed) & PLACE_MASK;
        if place == 0 {
            self.drawers.push(vec![0; SLOTS]);
        }
        let (start, mark) = self.slot(command);
        if let Some(drawer) = self.drawers.last_mut() {
            let (before, after) = drawer.split_at_mut(start);
            let mut slots = after.iter_mut().chain(before.iter_mut());
            if let Some(slot) = slots.find(|slot| **slot == 0) {
                *slot = mark | place;
            }
        }
        self.filed = self.filed.saturating_add(1);
    }

    /// The sequence number under which `command` is filed, as `confirm` says of the candidates.
    pub(crate) fn find(
        &self,
        command: CommandId,
        mut confirm: impl FnMut(u64) -> Result<bool, StoreError>,
    ) -> Result<Option<u64>, StoreError> {
        let (start, mark) = self.slot(command);
        for (number, drawer) in (0u64..).zip(&self.drawers) {
            let (before, after) = drawer.split_at(start);
            for slot in after.iter().chain(before).take_while(|slot| **slot != 0) {
                let seq = (number << DRAWER_BITS) | u64::from(slot & PLACE_MASK);
                if slot & !PLACE_MASK == mark && confirm(seq)? {
                    return Ok(Some(seq));
                }
            }
        }
        Ok(None)
    }

    /// Where the search for `command` begins in each drawer, and what marks its slot.
    fn slot(&self, command: CommandId) -> (usize, u32) {
        let hash = self.keyed.hash_one(command.0);
        let start = usize::try_from(hash >> (64 - SLOT_BITS)).unwrap_or(0);
        (start, USED | ((low_bits(hash) & !PLACE_MASK) & !USED))
    }
}

fn low_bits(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}
