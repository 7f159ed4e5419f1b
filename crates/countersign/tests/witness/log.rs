//! A log for tests, with as many histories as a dishonest one could have, and a plain HTTP client.

use countersign_proof::LogKey;
use countersign_proof::merkle::{consistency_proof, leaf_hash, tree_head};
use countersign_proof::tiles::{TileKind, Tower, bundle_bytes, tile_bytes, tiles_between};
use countersign_proof::words::Digest;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// A log, and what its clients have agreed on: who said which entries.
pub struct TestLog {
    key: LogKey,
    /// The entries that were cosigned, each by whoever told it.
    told: Mutex<Vec<u64>>,
}

fn entry(index: u64, by: u64) -> Vec<u8> {
    format!("entry {index} by {by}").into_bytes()
}

impl TestLog {
    pub fn new(origin: &str) -> Self {
        let seed = Digest::of(origin.as_bytes()).0;
        Self { key: LogKey::from_seed(origin, seed).unwrap(), told: Mutex::default() }
    }

    pub fn origin(&self) -> &str {
        self.key.verifier().name()
    }

    pub fn vkey(&self) -> String {
        self.key.verifier().to_string()
    }

    /// How many entries were agreed on.
    pub fn agreed(&self) -> u64 {
        u64::try_from(self.told.lock().unwrap().len()).unwrap()
    }

    /// From now on all tell the first `size` entries as `by` did.
    pub fn agree(&self, size: u64, by: u64) {
        let mut told = self.told.lock().unwrap();
        let size = usize::try_from(size).unwrap();
        if told.len() < size {
            told.resize(size, by);
        }
    }

    /// The checkpoint of `size` entries as `by` tells them, and the request for it.
    pub fn request(&self, old: u64, size: u64, by: u64) -> (String, String) {
        let told = self.told.lock().unwrap().clone();
        let teller = |index: u64| told.get(usize::try_from(index).unwrap()).copied().unwrap_or(by);
        let leaves: Vec<_> =
            (0..size).map(|index| leaf_hash(&entry(index, teller(index)))).collect();
        self.requested(&leaves, old)
    }

    /// The same, for histories that part at `from`.
    pub fn request_of(&self, old: u64, size: u64, branch: u64, from: u64) -> (String, String) {
        self.requested(&branched(size, branch, from), old)
    }

    fn requested(&self, leaves: &[Digest], old: u64) -> (String, String) {
        let size = u64::try_from(leaves.len()).unwrap();
        let note = self.key.sign(size, tree_head(leaves, size).unwrap());
        let proof = consistency_proof(leaves, old.min(size), size).unwrap();
        let encode = |hash: &Digest| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(hash.0) + "\n"
        };
        let proof: String = proof.iter().map(encode).collect();
        let body = format!("old {old}\n{proof}\n{note}");
        (note, body)
    }

    /// Writes a branch as tiles.
    pub fn export(&self, folder: &Path, size: u64, branch: u64, from: u64, note: &str) {
        let leaves = branched(size, branch, from);
        let mut tower = Tower::new();
        leaves.iter().for_each(|leaf| tower.append(*leaf));
        let read = |start: u64, count: u64| {
            let start = usize::try_from(start).unwrap();
            Ok(leaves[start..start + usize::try_from(count).unwrap()].to_vec())
        };
        for tile in tiles_between(0, size) {
            let bytes = match tile.kind() {
                TileKind::Hashes { .. } => tile_bytes(&tower.over(&read).hashes(tile).unwrap()),
                TileKind::Entries => {
                    let end = tile.start() + u64::from(tile.width());
                    let entries: Vec<_> =
                        (tile.start()..end).map(|index| told(index, branch, from)).collect();
                    bundle_bytes(entries.iter().map(Vec::as_slice)).unwrap()
                }
            };
            let path = folder.join(tile.to_string());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        std::fs::write(folder.join("checkpoint"), note).unwrap();
    }
}

fn told(index: u64, branch: u64, from: u64) -> Vec<u8> {
    entry(index, if index < from { 0 } else { branch })
}

fn branched(size: u64, branch: u64, from: u64) -> Vec<Digest> {
    (0..size).map(|index| leaf_hash(&told(index, branch, from))).collect()
}

/// Plain HTTP/1.1 without anything that retries or waits by itself.
pub struct Http(String);

impl Http {
    pub fn to(url: &str) -> Self {
        Self(url.strip_prefix("http://").unwrap().to_owned())
    }

    /// Status and body; `None` when the connection broke.
    pub fn post(&self, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(&self.0).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: \
             close\r\n\r\n",
            self.0,
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        // An answer that was cut off was never given.
        (body.len() == length.parse::<usize>().ok()?)
            .then(|| (head[9..12].parse().unwrap(), body.to_owned()))
    }
}
