//! Every input that the fuzz targets keep, and their seeds, held against the same properties; the
//! folder `fuzz` says what they are.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod properties;

use properties::{TARGETS, Target};
use std::path::Path;

/// The target called `name`, its seeds and its kept inputs.
fn replay(name: &str) {
    let Target { holds, seeds, .. } = TARGETS.iter().find(|target| target.name == name).unwrap();
    seeds().iter().for_each(|seed| holds(seed));
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut kept = 0;
    for file in std::fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        holds(&std::fs::read(path).unwrap());
        kept += 1;
    }
    assert!(kept > 0, "{} is empty", dir.display());
}

/// A test for each target, so that they run beside each other.
macro_rules! replays {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })+

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
        }
    };
}
replays!(statement, sshsig, note, tile, bundle, certificate, proof, trust);
