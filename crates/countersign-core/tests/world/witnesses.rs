//! What watches the log of the exercise, and what it says.

use super::{Answered, World};
use countersign_core::policy::WitnessRule;
use countersign_core::requests::Command;
use countersign_proof::LogKey;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::merkle::empty_root;
use countersign_proof::witness::{AddCheckpoint, judge};
use countersign_proof::words::Digest;

pub const ORIGIN: &str = "ledger.example/exercise";
/// The witnesses, of whom a version that is watched demands two.
pub const WITNESSES: [&str; 3] = ["north.example", "south.example", "west.example"];

/// The key of the log.
pub fn log_key() -> LogKey {
    LogKey::from_seed(ORIGIN, [77; 32]).unwrap()
}

pub fn witness(name: &str) -> WitnessKey {
    WitnessKey::from_seed(name, Digest::of(name.as_bytes()).0).unwrap()
}

/// Two of three.
pub fn two_witnesses() -> WitnessRule {
    let keys = WITNESSES.map(|name| witness(name).verifier().to_string()).into();
    WitnessRule { quorum: 2, keys }
}

/// A checkpoint that `log` signed and these witnesses cosigned. What its root is, the rules do not
/// know: it is for whoever has the tree.
pub fn cosigned_by(log: &LogKey, size: u64, witnesses: &[&str]) -> SignedNote {
    let root = if size == 0 { empty_root() } else { Digest::of(&size.to_be_bytes()) };
    let mut note = SignedNote::parse(log.sign(size, root).as_bytes()).unwrap();
    let asked = AddCheckpoint::new(0, Vec::new(), note.clone()).unwrap();
    for name in witnesses {
        let (key, logs) = (witness(name), [log.verifier().clone()]);
        let now = super::id("2025-06-02T10:00:00Z");
        let accepted = judge(&asked, key.verifier(), &logs, None, now).unwrap();
        note.add(&accepted.cosign(&key)).unwrap();
    }
    note
}

/// The note with the cosignature in its last line altered.
pub fn forged(note: &SignedNote) -> SignedNote {
    let text = note.to_string();
    let (before, last) = text.trim_end().rsplit_once(' ').unwrap();
    let flipped = if last.contains("AAAAA") { last.replace('A', "B") } else { swapped(last) };
    SignedNote::parse(format!("{before} {flipped}\n").as_bytes()).unwrap()
}

/// Two letters of the signature, far behind the id of the key, change places with others.
fn swapped(base64: &str) -> String {
    let (head, tail) = base64.split_at(40);
    let turned: String = tail.chars().map(|c| if c == 'a' { 'b' } else { c }).collect();
    let turned = if turned == tail { tail.replace('c', "d") } else { turned };
    format!("{head}{turned}")
}

impl World {
    /// Shows what these witnesses say of the first `size` entries.
    pub fn witnessed(&mut self, size: u64, witnesses: &[&str]) -> Answered {
        self.show_note(cosigned_by(&log_key(), size, witnesses))
    }

    pub fn show_note(&mut self, note: SignedNote) -> Answered {
        self.run(None, Command::RecordCosignatures { note: Box::new(note) })
    }

    /// How many entries there are.
    pub fn entries(&self) -> u64 {
        u64::try_from(self.bodies.len()).unwrap()
    }
}
