//! Proofs that must not hold: every one that the published vectors of transparency-dev/merkle
//! (`testdata/`, and `proof/verify_test.go`, from which they are made) derive from a good one.
//!
//! A vector there is index, size, leaf hash, proof and root, or two sizes, two roots and a proof,
//! with whether it must hold; a hash is 32 bytes in base64, as in our own published proofs.
//! [`verify_inclusion`] and [`verify_consistency`] take just that. Vectors whose leaf, root or
//! element of a proof does not have 32 bytes have no form here: a [`Digest`] cannot hold them.
//!
//! In one place we ask for more. There, from 0 entries any two roots are consistent; here the root
//! of 0 entries is that of the empty tree.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::merkle::{
    consistency_proof, empty_root, inclusion_proof, leaf_hash, tree_head, verify_consistency,
    verify_inclusion,
};
use countersign_proof::words::Digest;

/// The eight leaves of those vectors, which those of Certificate Transparency began with.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The root over the first one, two, … of them (`roots` in `proof/verify_test.go`).
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Proofs of consistency as published (`testdata/consistency/*/happy-path.json`): two sizes, and
/// the hashes.
const CONSISTENCY: [((u64, u64), &[&str]); 4] = [
    (
        (6, 8),
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        (1, 8),
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        (6, 7),
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        (2, 5),
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// The proof of the leaf at 5 among eight as published (`testdata/inclusion/2/happy-path.json`).
const INCLUSION: [&str; 3] = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
];

/// Those leaves, and others after them.
fn leaves(count: usize) -> Vec<Digest> {
    let more = (0_u8..).map(|number| leaf_hash(&[number; 3]));
    LEAVES.into_iter().map(leaf_hash).chain(more).take(count).collect()
}

/// A hash that is in no tree here.
fn stranger() -> Digest {
    Digest::of(b"nowhere")
}

#[derive(Clone)]
struct Inclusion {
    index: u64,
    size: u64,
    leaf: Digest,
    proof: Vec<Digest>,
    root: Digest,
}

impl Inclusion {
    fn holds(&self) -> bool {
        verify_inclusion(self.leaf, self.index, self.size, &self.proof, self.root).is_ok()
    }
}

/// Proofs with something at the end, at the front, gone or between, and with each bit of a byte of
/// each of their hashes turned.
fn tampered(proof: &[Digest], strangers: &[Digest]) -> Vec<(String, Vec<Digest>)> {
    let mut all = Vec::new();
    for (place, hash) in strangers.iter().enumerate() {
        all.push((format!("{place} at the end"), [proof, &[*hash]].concat()));
        all.push((format!("{place} at the front"), [&[*hash], proof].concat()));
    }
    for place in 0..proof.len() {
        all.push((format!("cut to {place}"), proof[..place].to_vec()));
        all.push((format!("begins at {place}"), proof[place + 1..].to_vec()));
        let without = [&proof[..place], &proof[place + 1..]].concat();
        all.push((format!("without {place}"), without));
        let between = [&proof[..place], &[stranger()], &proof[place..]].concat();
        all.push((format!("a stranger before {place}"), between));
        all.push((format!("{place} twice"), [&proof[..=place], &proof[place..]].concat()));
        for bit in 0..8 {
            let mut turned = proof.to_vec();
            turned[place].0[place % 32] ^= 1 << bit;
            all.push((format!("bit {bit} of {place}"), turned));
        }
        if place > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(place - 1, place);
            all.push((format!("{place} before the one before"), swapped));
        }
    }
    all
}

#[test]
fn the_published_proofs_are_ours() {
    let text = |proof: Vec<Digest>| proof.iter().map(ToString::to_string).collect::<Vec<_>>();
    let leaves = leaves(8);
    for ((old, new), proof) in CONSISTENCY {
        assert_eq!(text(consistency_proof(&leaves, old, new).unwrap()), proof, "{old} to {new}");
    }
    assert_eq!(
        leaves[5].to_string(),
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658"
    );
    assert_eq!(text(inclusion_proof(&leaves, 5, 8).unwrap()), INCLUSION);
}

#[test]
fn the_published_roots_are_ours() {
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(tree_head(&leaves(8), size).unwrap().to_string(), root, "size {size}");
    }
}

#[test]
fn no_corrupted_inclusion_proof_holds() {
    let all = leaves(40);
    let mut probes = 0;
    for size in 1..=40_u64 {
        let root = tree_head(&all, size).unwrap();
        for index in 0..size {
            let leaf = all[usize::try_from(index).unwrap()];
            let proof = inclusion_proof(&all, index, size).unwrap();
            let good = Inclusion { index, size, leaf, proof, root };
            assert!(good.holds());
            // Whether the size is one more or less, a proof may not show: `size` and `root` are
            // believed together, as a checkpoint signs them. A tree of another height shows.
            let mut bad = vec![
                ("index - 1", Inclusion { index: index.wrapping_sub(1), ..good.clone() }),
                ("index + 1", Inclusion { index: index + 1, ..good.clone() }),
                ("index ^ 2", Inclusion { index: index ^ 2, ..good.clone() }),
                ("index = size", Inclusion { index: size, ..good.clone() }),
                ("size * 2", Inclusion { size: size * 2, ..good.clone() }),
                ("size / 2", Inclusion { size: size / 2, ..good.clone() }),
                ("size 0", Inclusion { size: 0, ..good.clone() }),
                ("another leaf", Inclusion { leaf: stranger(), ..good.clone() }),
                ("the empty root", Inclusion { root: empty_root(), ..good.clone() }),
                ("another root", Inclusion { root: stranger(), ..good.clone() }),
            ];
            if size > 1 {
                bad.push(("the root as leaf", Inclusion { leaf: root, ..good.clone() }));
                bad.push(("the leaf as root", Inclusion { root: leaf, ..good.clone() }));
            }
            for (what, probe) in &bad {
                assert!(!probe.holds(), "{index} of {size}: {what}");
            }
            let strangers = [root, leaf, stranger(), empty_root()];
            let tampered = tampered(&good.proof, &strangers);
            probes += bad.len() + tampered.len();
            for (what, proof) in tampered {
                assert!(!Inclusion { proof, ..good.clone() }.holds(), "{index} of {size}: {what}");
            }
        }
    }
    assert!(probes > 30_000, "{probes}");
}

#[derive(Clone)]
struct Consistency {
    sizes: [u64; 2],
    roots: [Digest; 2],
    proof: Vec<Digest>,
}

impl Consistency {
    fn holds(&self) -> bool {
        let ([old, new], [old_root, new_root]) = (self.sizes, self.roots);
        verify_consistency(old, new, old_root, new_root, &self.proof).is_ok()
    }
}

#[test]
fn no_corrupted_consistency_proof_holds() {
    let all = leaves(40);
    let mut probes = 0;
    for new in 2..=40_u64 {
        let new_root = tree_head(&all, new).unwrap();
        for old in 1..new {
            let old_root = tree_head(&all, old).unwrap();
            let proof = consistency_proof(&all, old, new).unwrap();
            let good = Consistency { sizes: [old, new], roots: [old_root, new_root], proof };
            assert!(good.holds());
            let sized = |old, new| Consistency { sizes: [old, new], ..good.clone() };
            let rooted = |old, new| Consistency { roots: [old, new], ..good.clone() };
            let bad = [
                ("old - 1", sized(old - 1, new)),
                ("old + 1", sized(old + 1, new)),
                ("old ^ 2", sized(old ^ 2, new)),
                ("new * 2", sized(old, new * 2)),
                ("new / 2", sized(old, new / 2)),
                ("sizes exchanged", sized(new, old)),
                ("one size", sized(new, new)),
                ("from nothing", sized(0, new)),
                ("another old root", rooted(stranger(), new_root)),
                ("another new root", rooted(old_root, stranger())),
                ("roots exchanged", rooted(new_root, old_root)),
                ("the old root twice", rooted(old_root, old_root)),
                ("the new root twice", rooted(new_root, new_root)),
                ("an empty old root", rooted(empty_root(), new_root)),
                ("an empty new root", rooted(old_root, empty_root())),
            ];
            for (what, probe) in &bad {
                assert!(!probe.holds(), "{old} to {new}: {what}");
            }
            let strangers = [old_root, new_root, stranger(), empty_root()];
            let tampered = tampered(&good.proof, &strangers);
            probes += bad.len() + tampered.len();
            for (what, proof) in tampered {
                let probe = Consistency { proof, ..good.clone() };
                assert!(!probe.holds(), "{old} to {new}: {what}");
            }
        }
    }
    assert!(probes > 30_000, "{probes}");
}

/// The vectors without a tree: sizes, roots and proofs that no tree has.
#[test]
fn degenerate_probes_are_judged_as_published() {
    let (one, two, empty) = (Digest::of(b"one"), Digest::of(b"two"), empty_root());
    for (index, size) in [(0, 0), (0, 1), (1, 0), (2, 1)] {
        for (leaf, root) in [(one, two), (one, empty), (empty, one)] {
            assert!(verify_inclusion(leaf, index, size, &[], root).is_err(), "{index} of {size}");
        }
    }
    assert!(verify_inclusion(one, 0, 1, &[], one).is_ok());
    let none: &[Digest] = &[];
    for (sizes, roots, proof, holds) in [
        ([0, 0], [one, two], none, false),
        ([1, 1], [one, two], none, false),
        ([0, 0], [empty, empty], none, true),
        ([0, 1], [empty, two], none, true),
        ([1, 1], [two, two], none, true),
        ([1, 0], [one, two], none, false),
        ([2, 1], [one, two], none, false),
        ([1, 2], [one, two], none, false),
        ([0, 0], [empty, two], none, false),
        ([1, 1], [empty, two], none, false),
        ([0, 0], [empty, empty], &[empty], false),
        ([0, 1], [empty, empty], &[empty], false),
        ([1, 1], [empty, empty], &[empty], false),
        // Here, and not there: the root of nothing is that of the empty tree.
        ([0, 0], [one, one], none, false),
        ([0, 1], [one, two], none, false),
    ] {
        let probe = Consistency { sizes, roots, proof: proof.to_vec() };
        assert_eq!(probe.holds(), holds, "{sizes:?} {roots:?}");
    }
}
