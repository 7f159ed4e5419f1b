//! Entries to record, each recognisable by its number and the batch it came in.

use countersign_proof::words::{CommandId, Digest};
use countersign_store::{NewHead, Store, StoreError, StoredEntry, StoredPart};

pub(crate) fn leaf_of(open: &[u8]) -> Digest {
    Digest::of(&[&[0], open].concat())
}

/// A command id that looks random and is the same every time.
pub(crate) fn command(number: u64) -> CommandId {
    let digest = Digest::of(&number.to_le_bytes());
    CommandId(digest.0[..16].try_into().unwrap())
}

/// Entry `seq` for command `number`; some have no sealed part, some three.
pub(crate) fn entry_for(seq: u64, number: u64) -> StoredEntry {
    let open = format!("{{\"seq\":{seq},\"command\":\"{}\"}}", command(number)).into_bytes();
    let labels: &[u8] = [&[][..], &[0], &[1, 7], &[0, 7, 255]][usize::try_from(seq % 4).unwrap()];
    let part = |&label: &u8| StoredPart { label, bytes: format!("{label} of {seq}").into_bytes() };
    StoredEntry {
        seq,
        command: command(number),
        leaf: leaf_of(&open),
        open,
        body: number.to_le_bytes().repeat(usize::try_from(seq % 40).unwrap()),
        sealed: labels.iter().map(part).collect(),
    }
}

pub(crate) fn entry(seq: u64) -> StoredEntry {
    entry_for(seq, seq)
}

/// Entries `from` to `from + count`.
pub(crate) fn batch(from: u64, count: u64) -> Vec<StoredEntry> {
    (from..from + count).map(entry).collect()
}

/// A head that can be told from any other.
pub(crate) fn head_at(size: u64) -> NewHead {
    NewHead { root: Digest::of(&size.to_be_bytes()), frontier: format!("to {size}").into_bytes() }
}

/// Appends `batch` where it says.
pub(crate) fn append(store: &mut dyn Store, batch: &[StoredEntry]) -> Result<(), StoreError> {
    let from = batch[0].seq;
    store.append(from, batch, &head_at(from + u64::try_from(batch.len()).unwrap()))
}

/// A small generator whose seed is printed, so that a failure can be had again.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn thrown() -> Self {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let seed = u64::from(now.subsec_nanos()) | 1;
        println!("seed {seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
