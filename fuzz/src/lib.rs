//! What must hold for whatever bytes come in.
//!
//! Each module is one fuzz target: `holds` takes any bytes and stops where a property is broken;
//! `seeds` are real examples to start from. The first byte of an input chooses what the rest is
//! read as, so that one corpus serves several doors into the same code.
//!
//! A test of `countersign-proof` (`tests/corpus.rs`) takes this file in by its path and runs every
//! kept input through the same functions, with the stable compiler and without libFuzzer.

pub mod bundle;
pub mod certificate;
pub mod note;
pub mod proof;
pub mod sshsig;
pub mod statement;
pub mod tile;
pub mod trust;

#[path = "../../crates/countersign-proof/tests/samples/certificates.rs"]
mod certificates;
#[path = "../../crates/countersign-proof/tests/samples/statements.rs"]
mod samples;

/// One fuzz target.
pub struct Target {
    /// Its name, and that of its folder of kept inputs.
    pub name: &'static str,
    /// Stops where a property is broken.
    pub holds: fn(&[u8]),
    /// Real examples.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($module:ident),+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($module),
            holds: $module::holds,
            seeds: $module::seeds,
        }),+];
    };
}
targets!(statement, sshsig, note, tile, bundle, certificate, proof, trust);

/// An input: the byte that chooses the door, and what goes in.
fn input(door: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[door], parts.concat().as_slice()].concat()
}
