//! An operator who has the log's key and lies: entries are altered or added, hashed and signed as
//! the log's own.

use crate::stage::Ledger;
use countersign::evidence::{self, EvidenceError, Files, TrustedLog};
use countersign_core::Event;
use countersign_core::record::{Answer, read};
use countersign_proof::bundle::{Bundle, BundleEntry, Matter};
use countersign_proof::merkle::{Levels, consistency_proof, inclusion_proof, leaf_hash};
use countersign_proof::words::{CommandId, Moment};
use countersign_proof::{Body, LogKey, OpenPart, Outcome, SealedPart};

pub struct Operator {
    key: LogKey,
    whole: Bundle,
}

impl Operator {
    pub fn of(ledger: &Ledger) -> Self {
        let (size, _) = ledger.head();
        let location = ledger.location();
        let taken = evidence::export(
            &location,
            Matter::Entries(0, size),
            &std::collections::BTreeSet::new(),
            &mut |_, _| {},
        );
        let whole = Bundle::from_files(&taken.unwrap().files).unwrap();
        let seed = std::fs::read_to_string(ledger.folder().join("D/log.key")).unwrap();
        let seed: countersign_proof::words::Digest = seed.trim_end().parse().unwrap();
        let key = LogKey::from_seed(&whole.about.origin, seed.0).unwrap();
        Self { key, whole }
    }

    /// The first entry whose events include one that fits, with its moment and events.
    pub fn find(&self, fits: impl Fn(&Event) -> bool) -> (u64, Moment, Vec<Event>) {
        let mut found = self.whole.entries.iter().filter_map(|entry| {
            let recorded = read(&entry.body.as_ref().unwrap().bytes).unwrap();
            match recorded.result {
                Answer::Accepted(events) if events.iter().any(&fits) => {
                    Some((entry.seq, recorded.at, events))
                }
                Answer::Accepted(_) | Answer::Refused { .. } => None,
            }
        });
        found.next().expect("the exercise has one")
    }

    /// The moment of the last entry.
    pub fn now(&self) -> Moment {
        let last = self.whole.entries.last().unwrap();
        read(&last.body.as_ref().unwrap().bytes).unwrap().at
    }

    /// The sealed parts of an entry.
    pub fn sealed(&self, seq: u64) -> Vec<SealedPart> {
        self.whole.entries[usize::try_from(seq).unwrap()].sealed.clone()
    }

    /// Adds an entry with these events at the end.
    pub fn adds(&mut self, at: Moment, events: Vec<Event>, sealed: Vec<SealedPart>) {
        let seq = u64::try_from(self.whole.entries.len()).unwrap();
        let (open, body) = written(&self.whole, seq, at, &Answer::Accepted(events), &sealed);
        let entry = BundleEntry { seq, context: false, open, path: None, body, sealed };
        self.whole.entries.push(entry);
    }

    /// Puts other events in the place of those of an entry.
    pub fn alters(&mut self, seq: u64, events: Vec<Event>) {
        let at = self.whole.entries[usize::try_from(seq).unwrap()].clone();
        let recorded = read(&at.body.unwrap().bytes).unwrap();
        let answer = Answer::Accepted(events);
        let (open, body) = written(&self.whole, seq, recorded.at, &answer, &at.sealed);
        let entry = BundleEntry { seq, context: false, open, path: None, body, sealed: at.sealed };
        self.whole.entries[usize::try_from(seq).unwrap()] = entry;
    }

    /// The whole log, hashed and signed anew.
    pub fn shows_all(&self) -> Result<(), EvidenceError> {
        let mut bundle = self.whole.clone();
        self.signs(&mut bundle);
        shown(&bundle.to_files())
    }

    /// Only these entries of it, each with its path; nothing else is told.
    pub fn shows(&self, kept: &[u64]) -> Result<(), EvidenceError> {
        let mut bundle = self.whole.clone();
        let tree = self.tree();
        bundle.about.whole = false;
        self.signs(&mut bundle);
        bundle.entries.retain(|entry| kept.contains(&entry.seq));
        for entry in &mut bundle.entries {
            entry.path = Some(inclusion_proof(&tree, entry.seq, tree.size()).unwrap());
        }
        shown(&bundle.to_files())
    }

    fn tree(&self) -> Levels {
        let mut tree = Levels::default();
        self.whole.entries.iter().for_each(|entry| tree.push(leaf_hash(entry.open.as_bytes())));
        tree
    }

    /// Signs the head, and proves of each head that somebody had seen what can be proved.
    fn signs(&self, bundle: &mut Bundle) {
        let tree = self.tree();
        let root = countersign_proof::merkle::tree_head(&tree, tree.size()).unwrap();
        bundle.checkpoint = self.key.sign(tree.size(), root);
        for seen in &mut bundle.seen {
            seen.path = consistency_proof(&tree, seen.size, tree.size()).unwrap();
        }
    }
}

fn shown(files: &Files) -> Result<(), EvidenceError> {
    evidence::examine(files, TrustedLog::FromBundle).map(|_| ())
}

fn written(
    bundle: &Bundle,
    seq: u64,
    at: Moment,
    answer: &Answer,
    sealed: &[SealedPart],
) -> (String, Option<Body>) {
    let body = Body { salt: [3; 16], bytes: postcard::to_allocvec(&(at, answer)).unwrap() };
    let open = OpenPart {
        ledger: bundle.about.ledger,
        seq,
        time: at,
        id: CommandId([9; 16]),
        command: "decide_request".into(),
        outcome: Outcome::Accepted,
        events: Vec::new(),
        subjects: Vec::new(),
        body: body.digest(),
        sealed: sealed.iter().map(SealedPart::seal).collect(),
    };
    (String::from_utf8(open.encode().unwrap()).unwrap(), Some(body))
}

/// What was found, as its stable code.
pub fn code(found: Result<(), EvidenceError>) -> &'static str {
    match found {
        Ok(()) => "nothing",
        Err(error) => error.code(),
    }
}
