//! The project's own commands: `cargo xtask test`, `tidy`, `bench`, `screenshots` and `simulate`.
//!
//! It uses the standard library only, so that the first command a newcomer runs compiles in a
//! moment, and so that it can judge the other crates without depending on any of them.

pub mod bench;
pub mod counts;
pub mod package;
pub mod say;
pub mod screenshots;
pub mod simulate;
pub mod steps;
pub mod test;
pub mod tidy;
pub mod tools;

use std::path::{Path, PathBuf};

/// The workspace's root: the nearest folder at or above `start` whose `Cargo.toml` has a
/// `[workspace]` table; `None` where there is none.
#[must_use]
pub fn workspace_root(start: &Path) -> Option<PathBuf> {
    let is_root = |dir: &&Path| {
        std::fs::read_to_string(dir.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
    };
    start.ancestors().find(is_root).map(Path::to_path_buf)
}

/// Whether this run must not leave anything out: `CI` is set to something other than `false`.
#[must_use]
pub fn under_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}
