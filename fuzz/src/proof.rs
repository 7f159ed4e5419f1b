//! What proves an entry offline, what a witness is asked, and what proves two histories; with
//! `tlog_tiles` as oracle.

use super::input;
use super::note::{log, witness};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::merkle::{
    Levels, consistency_proof, inclusion_proof, leaf_hash, tree_head, verify_consistency,
    verify_inclusion,
};
use countersign_proof::tlog_proof::TlogProof;
use countersign_proof::trust::Trust;
use countersign_proof::witness::{AddCheckpoint, Misbehaviour, Seen, judge};
use countersign_proof::words::{Digest, Moment};
use tlog_tiles::tlog;

/// The log and the fork of it have this many entries; the fork's differ from this one on.
const SIZE: u64 = 40;
const FORK: u64 = 13;

/// `a`: a request to a witness; `m`: a proof of misbehaviour; `i`: an inclusion proof with what is
/// done to it; `k`: a consistency proof likewise; `w`: a request made of sizes and of a proof;
/// anything else: an offline proof.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'a', rest)) => {
            if let Ok(request) = AddCheckpoint::parse(rest) {
                assert_eq!(request.to_string().as_bytes(), rest, "a second form");
            }
        }
        Some((b'm', rest)) => {
            if let Ok(found) = Misbehaviour::parse(rest) {
                assert_eq!(found.to_string().as_bytes(), rest, "a second form");
                let [earlier, later] = found.checkpoints().unwrap();
                assert!(earlier.size <= later.size && earlier != later);
            }
        }
        Some((b'i', rest)) => included(rest),
        Some((b'k', rest)) => consistent(rest),
        Some((b'w', rest)) => witnessed(rest),
        Some((_, rest)) => offline(rest),
        None => {}
    }
}

/// Proofs as they are made, and numbers from which others are.
pub fn seeds() -> Vec<Vec<u8>> {
    let (one, fork) = (tree(false), tree(true));
    let hashes = inclusion_proof(&one, 5, SIZE).unwrap();
    let checkpoint = note(&one, SIZE);
    let proof = TlogProof { extra: None, index: 5, hashes, checkpoint: checkpoint.clone() };
    let extra = TlogProof { extra: Some(b"more".to_vec()), ..proof.clone() };
    let steps = consistency_proof(&one, 17, SIZE).unwrap();
    let request = AddCheckpoint::new(17, steps, checkpoint.clone()).unwrap();
    let key = log().verifier().clone();
    let same = Misbehaviour::new(&key, checkpoint.clone(), note(&fork, SIZE), None).unwrap();
    let root = tree_head(&fork, 17).unwrap();
    let prefix = Some((root, consistency_proof(&fork, 17, SIZE).unwrap()));
    let longer = Misbehaviour::new(&key, note(&one, 17), note(&fork, SIZE), prefix).unwrap();
    let mut seeds = vec![
        input(b't', &[proof.to_text().as_bytes()]),
        input(b't', &[extra.to_text().as_bytes()]),
        input(b'a', &[request.to_string().as_bytes()]),
        input(b'm', &[same.to_string().as_bytes()]),
        input(b'm', &[longer.to_string().as_bytes()]),
    ];
    for [a, b] in [[0, 1], [5, 40], [39, 40], [16, 17], [12, 13], [7, 8]] {
        for door in [b'i', b'k'] {
            seeds.push(input(door, &[&[a, b, a, b]]));
            seeds.push(input(door, &[&[a, b, a, b, 1, 0, 0, 1]]));
        }
        seeds.push(input(b'w', &[&[a, b, a, 0]]));
        seeds.push(input(b'w', &[&[a, b, a, 3]]));
    }
    seeds
}

fn entry(index: u64, fork: bool) -> Vec<u8> {
    let branch = if fork && index >= FORK { "fork" } else { "entry" };
    format!("{branch} {index}").into_bytes()
}

fn tree(fork: bool) -> Levels {
    let mut tree = Levels::default();
    (0..SIZE).for_each(|index| tree.push(leaf_hash(&entry(index, fork))));
    tree
}

fn note(tree: &Levels, size: u64) -> SignedNote {
    let root = tree_head(tree, size).unwrap();
    SignedNote::parse(log().sign(size, root).as_bytes()).unwrap()
}

fn theirs(hashes: &[Digest]) -> Vec<tlog::Hash> {
    hashes.iter().map(|hash| tlog::Hash(hash.0)).collect()
}

fn offline(bytes: &[u8]) {
    let Ok(proof) = TlogProof::parse(bytes) else { return };
    assert_eq!(proof.to_text().as_bytes(), bytes, "a second form");
    let trust = format!("log {}\nquorum none\n", log().verifier());
    let trust = Trust::parse(trust.as_bytes()).unwrap();
    let leaf = leaf_hash(&entry(5, false));
    if let Ok(trusted) = proof.verify(leaf, &trust) {
        let (size, root) = (trusted.checkpoint.size, trusted.checkpoint.root);
        let (root, leaf) = (tlog::Hash(root.0), tlog::Hash(leaf.0));
        tlog::check_record(&theirs(&proof.hashes), size, root, proof.index, leaf).unwrap();
        assert_eq!((proof.index, size), (5, SIZE));
    }
}

/// Four bytes for each thing that is done to a proof: how, where, to which byte, with what.
fn edited(mut proof: Vec<Digest>, edits: &[u8]) -> Vec<Digest> {
    for [how, place, byte, with] in edits.as_chunks::<4>().0.iter().take(8) {
        let place = usize::from(*place) % (proof.len() + 1);
        match how % 5 {
            0 if place < proof.len() => proof[place].0[usize::from(byte % 32)] ^= with,
            1 => proof.truncate(place),
            2 if place < proof.len() => drop(proof.remove(place)),
            3 => proof.insert(place, Digest([*with; 32])),
            4 if place + 1 < proof.len() => proof.swap(place, place + 1),
            _ => {}
        }
    }
    proof
}

/// A proof for one place, changed, and held against another: the oracle says the same.
fn included(bytes: &[u8]) {
    let [index, size, other, other_size, edits @ ..] = bytes else { return };
    let tree = tree(false);
    let size = u64::from(*size) % SIZE + 1;
    let index = u64::from(*index) % size;
    let proof = edited(inclusion_proof(&tree, index, size).unwrap(), edits);
    let (other, other_size) = (u64::from(*other), u64::from(*other_size));
    let (root, leaf) = (tree_head(&tree, size).unwrap(), leaf_hash(&entry(index, false)));
    let ours = verify_inclusion(leaf, other, other_size, &proof, root);
    let (their_root, their_leaf) = (tlog::Hash(root.0), tlog::Hash(leaf.0));
    let found = tlog::check_record(&theirs(&proof), other_size, their_root, other, their_leaf);
    assert_eq!(ours.is_ok(), found.is_ok(), "{ours:?}, {found:?}");
}

fn consistent(bytes: &[u8]) {
    let [old, new, other, other_new, edits @ ..] = bytes else { return };
    let tree = tree(false);
    let new = u64::from(*new) % SIZE + 1;
    let old = u64::from(*old) % new + 1;
    let proof = edited(consistency_proof(&tree, old, new).unwrap(), edits);
    let (other, other_new) = (u64::from(*other), u64::from(*other_new));
    let (old_root, new_root) = (tree_head(&tree, old).unwrap(), tree_head(&tree, new).unwrap());
    let ours = verify_consistency(other, other_new, old_root, new_root, &proof);
    let (their_old, their_new) = (tlog::Hash(old_root.0), tlog::Hash(new_root.0));
    let found = tlog::check_tree(&theirs(&proof), other_new, their_new, other, their_old);
    assert_eq!(ours.is_ok(), found.is_ok(), "{ours:?}, {found:?}");
}

/// A witness cosigns only what contains all that it cosigned before; a proof of two histories is
/// found only where there are two.
fn witnessed(bytes: &[u8]) {
    let [last, new, old, branches, edits @ ..] = bytes else { return };
    let before = tree(branches & 1 == 1);
    let after = tree(branches & 2 == 2);
    let [last, new, old] = [last, new, old].map(|number| u64::from(*number) % (SIZE + 1));
    let time = Moment::from_millis(1_700_000_000_000).unwrap();
    let logs = [log().verifier().clone()];
    let own = witness(99);
    let seen: Option<Seen> = (last > 0).then(|| {
        let request = AddCheckpoint::new(0, Vec::new(), note(&before, last)).unwrap();
        judge(&request, own.verifier(), &logs, None, time).unwrap().seen().clone()
    });
    let proof = edited(consistency_proof(&after, old.min(new), new).unwrap(), edits);
    let request = AddCheckpoint::new(old, proof, note(&after, new)).unwrap();
    assert_eq!(AddCheckpoint::parse(request.to_string().as_bytes()).as_ref(), Ok(&request));
    let one_history = branches & 1 == branches >> 1 & 1 || last <= FORK;
    match judge(&request, own.verifier(), &logs, seen.as_ref(), time) {
        Ok(accepted) => {
            assert!(one_history && last <= new && last == old);
            assert_eq!(accepted.seen().checkpoint.size, new);
            let line = accepted.cosign(&own);
            let mut cosigned = request.note().clone();
            cosigned.add(&line).unwrap();
            assert!(own.verifier().cosigned(&cosigned).unwrap().is_some());
        }
        Err(refused) => {
            let found = refused.misbehaviour;
            assert!(found.is_none() || (last > FORK && new > FORK), "one history");
            if let Some(found) = found {
                let text = found.to_string();
                assert_eq!(Misbehaviour::parse(text.as_bytes()).as_ref(), Ok(&*found));
            }
        }
    }
}
