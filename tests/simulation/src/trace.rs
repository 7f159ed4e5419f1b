//! What happened, step by step: the last steps in words, and all of them as one digest.

use countersign_proof::words::Digest;
use std::collections::VecDeque;

/// How many steps are kept in words.
const KEPT: usize = 40;

/// The trace of a run.
#[derive(Debug)]
pub struct Trace {
    last: VecDeque<String>,
    digest: Digest,
}

impl Default for Trace {
    fn default() -> Self {
        Self { last: VecDeque::new(), digest: Digest::of(b"") }
    }
}

impl Trace {
    /// Adds a line.
    pub fn add(&mut self, line: String) {
        let mut bytes = self.digest.0.to_vec();
        bytes.extend(line.as_bytes());
        self.digest = Digest::of(&bytes);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// The digest of every line so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The last lines.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}
