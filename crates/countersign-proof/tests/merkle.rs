//! The Merkle tree, with the crate `tlog_tiles` as oracle.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::Frontier;
use countersign_proof::merkle::{
    HashSource, MerkleError, consistency_proof, empty_root, inclusion_proof, leaf_hash, node_hash,
    tree_head, verify_consistency, verify_inclusion,
};
use countersign_proof::words::Digest;
use proptest::prelude::*;
use std::cell::Cell;
use tlog_tiles::tlog;

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

/// The oracle's own store of hashes.
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn stored(size: u64) -> Stored {
    let mut store = Stored(Vec::new());
    for index in 0..size {
        let hashes = tlog::stored_hashes(index, &entry(index), &store).unwrap();
        store.0.extend(hashes);
    }
    store
}

fn theirs(hashes: &[Digest]) -> Vec<tlog::Hash> {
    hashes.iter().map(|hash| tlog::Hash(hash.0)).collect()
}

fn ours(hashes: &[tlog::Hash]) -> Vec<Digest> {
    hashes.iter().map(|hash| Digest(hash.0)).collect()
}

/// RFC 6962 §2.1: the hash of an empty list, and of lists whose hashes are published (the test
/// vectors of the certificate-transparency projects).
#[test]
fn known_roots() {
    assert_eq!(
        empty_root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        leaf_hash(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let hashes: Vec<_> = inputs.into_iter().map(leaf_hash).collect();
    assert_eq!(
        tree_head(&hashes, 8).unwrap().to_string(),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
    assert_eq!(tree_head(&hashes, 2).unwrap(), node_hash(hashes[0], hashes[1]));
}

#[test]
fn roots_are_the_oracles_at_every_size() {
    let (all, store) = (leaves(300), stored(300));
    let mut frontier = Frontier::new();
    for size in 0..=300 {
        let root = tree_head(&all, size).unwrap();
        if size > 0 {
            assert_eq!(root.0, tlog::tree_hash(size, &store).unwrap().0, "size {size}");
        }
        assert_eq!(frontier.root(), root, "size {size}");
        assert_eq!(frontier.size(), size);
        assert_eq!(Frontier::from_source(&all, size).unwrap(), frontier, "size {size}");
        let json = serde_json::to_string(&frontier).unwrap();
        assert_eq!(serde_json::from_str::<Frontier>(&json).unwrap(), frontier);
        if let Some(leaf) = all.get(usize::try_from(size).unwrap()) {
            frontier.append(*leaf);
        }
    }
}

#[test]
fn inclusion_proofs_are_the_oracles_and_hold() {
    let (all, store) = (leaves(130), stored(130));
    for size in 1..=130_u64 {
        let root = tree_head(&all, size).unwrap();
        for index in 0..size {
            let leaf = all[usize::try_from(index).unwrap()];
            let proof = inclusion_proof(&all, index, size).unwrap();
            assert_eq!(proof, ours(&tlog::prove_record(size, index, &store).unwrap()));
            verify_inclusion(leaf, index, size, &proof, root).unwrap();
            let record = theirs(&proof);
            let (their_root, their_leaf) = (tlog::Hash(root.0), tlog::Hash(leaf.0));
            tlog::check_record(&record, size, their_root, index, their_leaf).unwrap();
        }
        let beyond = inclusion_proof(&all, size, size);
        assert_eq!(beyond, Err(MerkleError::OutOfRange { index: size, size }));
    }
}

#[test]
fn consistency_proofs_are_the_oracles_and_hold() {
    let (all, store) = (leaves(130), stored(130));
    for new in 0..=130_u64 {
        let new_root = tree_head(&all, new).unwrap();
        for old in 0..=new {
            let old_root = tree_head(&all, old).unwrap();
            let proof = consistency_proof(&all, old, new).unwrap();
            verify_consistency(old, new, old_root, new_root, &proof).unwrap();
            if old > 0 {
                assert_eq!(proof, ours(&tlog::prove_tree(new, old, &store).unwrap()));
                let (their_new, their_old) = (tlog::Hash(new_root.0), tlog::Hash(old_root.0));
                tlog::check_tree(&theirs(&proof), new, their_new, old, their_old).unwrap();
            }
        }
        let shrunk = consistency_proof(&all, new + 1, new);
        assert_eq!(shrunk, Err(MerkleError::Shrunk { old: new + 1, new }));
    }
}

/// Every proof for one place must fail for every other, and with any hash changed, gone or added.
#[test]
fn no_other_proof_holds() {
    let all = leaves(20);
    for size in 1..=20_u64 {
        let root = tree_head(&all, size).unwrap();
        for index in 0..size {
            let leaf = all[usize::try_from(index).unwrap()];
            let proof = inclusion_proof(&all, index, size).unwrap();
            let holds = |proof: &[Digest]| verify_inclusion(leaf, index, size, proof, root).is_ok();
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place].0[31] ^= 1;
                assert!(!holds(&changed));
                assert!(!holds(&[&proof[..place], &proof[place + 1..]].concat()));
            }
            assert!(!holds(&[proof.as_slice(), &[root]].concat()));
            assert!(!holds(&[&[leaf], proof.as_slice()].concat()));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf, other, size, &proof, root).is_err());
            }
            assert!(verify_inclusion(node_hash(leaf, leaf), index, size, &proof, root).is_err());
        }
        for old in 1..size {
            let old_root = tree_head(&all, old).unwrap();
            let proof = consistency_proof(&all, old, size).unwrap();
            let holds =
                |proof: &[Digest]| verify_consistency(old, size, old_root, root, proof).is_ok();
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place].0[0] ^= 1;
                assert!(!holds(&changed));
                assert!(!holds(&[&proof[..place], &proof[place + 1..]].concat()));
            }
            assert!(!holds(&[proof.as_slice(), &[root]].concat()));
            assert!(verify_consistency(old, size, root, root, &proof).is_err());
            assert!(verify_consistency(old, size, old_root, old_root, &proof).is_err());
        }
        assert!(verify_consistency(size, size, root, empty_root(), &[]).is_err());
        assert!(verify_consistency(size, size, root, root, &[root]).is_err());
        assert!(verify_consistency(0, size, root, root, &[]).is_err());
        assert!(verify_consistency(0, size, empty_root(), root, &[root]).is_err());
        assert!(verify_consistency(0, 0, empty_root(), root, &[]).is_err());
        assert!(verify_consistency(size + 1, size, root, root, &[]).is_err());
    }
}

/// A source that keeps the roots of complete subtrees, and counts what is read.
struct Counting {
    leaves: Vec<Digest>,
    reads: Cell<u32>,
}

impl HashSource for Counting {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.leaves.leaf(index)
    }
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        self.reads.set(self.reads.get() + 1);
        self.leaves.subtree(level, index)
    }
}

#[test]
fn a_source_with_stored_subtrees_is_read_a_logarithmic_number_of_times() {
    let source = Counting { leaves: leaves(1000), reads: Cell::new(0) };
    let root = tree_head(&source, 1000).unwrap();
    assert_eq!(source.reads.replace(0), 1000_u64.count_ones());
    let proof = inclusion_proof(&source, 517, 1000).unwrap();
    assert!(source.reads.replace(0) <= 20);
    verify_inclusion(source.leaves[517], 517, 1000, &proof, root).unwrap();
    consistency_proof(&source, 300, 1000).unwrap();
    assert!(source.reads.get() <= 40);
    assert!(matches!(tree_head(&source, 1001), Err(MerkleError::Source { index: 1000, .. })));
}

#[test]
fn a_frontier_with_the_wrong_number_of_hashes_does_not_arrive() {
    let hash = serde_json::to_string(&empty_root()).unwrap();
    let cases = [(0, 0, true), (0, 1, false), (1, 1, true), (3, 1, false), (4, 1, true)];
    for (size, count, good) in cases {
        let roots = vec![hash.as_str(); count].join(",");
        let json = format!(r#"{{"size":{size},"roots":[{roots}]}}"#);
        assert_eq!(serde_json::from_str::<Frontier>(&json).is_ok(), good, "{json}");
    }
}

proptest! {
    #[test]
    fn hostile_proofs_never_panic(
        index in any::<u64>(), size in any::<u64>(), near in 0..3_u64,
        hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<_> = hashes.into_iter().map(Digest).collect();
        let root = Digest::of(b"root");
        prop_assert!(verify_inclusion(root, index, size, &proof, root).is_err() || size == 1);
        prop_assert!(verify_consistency(index, size, root, empty_root(), &proof).is_err());
        prop_assert!(verify_inclusion(root, u64::MAX - near - 1, u64::MAX, &proof, root).is_err());
        prop_assert!(verify_consistency(near + 1, u64::MAX, root, root, &proof).is_err());
    }
}
