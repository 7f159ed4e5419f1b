//! `cargo xtask package`: a Debian package of the program, its manual and its units.
//!
//! What is in it is said in `crates/countersign/Cargo.toml`; cargo-deb packs it.

use crate::{say, test};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// What packs, and how to get it.
const PACKER: &str = "cargo-deb is missing: `cargo install --locked cargo-deb`";

/// Builds the program and packs it; the package lies in `target/debian`.
#[must_use]
pub fn run(root: &Path) -> ExitCode {
    match packed(root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say::error(why);
            ExitCode::FAILURE
        }
    }
}

fn packed(root: &Path) -> Result<(), String> {
    let there = Command::new("cargo-deb").arg("--version").stdin(Stdio::null()).output();
    if !there.is_ok_and(|output| output.status.success()) {
        return Err(PACKER.to_owned());
    }
    test::cargo(root, "build --release --locked -p countersign --bin countersign")?;
    let (program, folder) = (root.join("target/release/countersign"), root.join("target/package"));
    let man = folder.join("man");
    let failed = |what: &Path| {
        let what = what.display().to_string();
        move |error: std::io::Error| format!("{what}: {error}")
    };
    if folder.exists() {
        // A page of a command that is gone must not be packed.
        fs::remove_dir_all(&folder).map_err(failed(&folder))?;
    }
    fs::create_dir_all(&man).map_err(failed(&man))?;
    let said = |words: &[&str]| {
        let output = Command::new(&program).args(words).stdin(Stdio::null()).output();
        let output = output.map_err(failed(&program))?;
        let error = || format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(output.stdout) } else { Err(error()) }
    };
    said(&["man", "--out", &man.display().to_string()])?;
    for (shell, name) in [("bash", "countersign.bash"), ("zsh", "_countersign")] {
        let file = folder.join(name);
        fs::write(&file, said(&["completions", shell])?).map_err(failed(&file))?;
    }
    test::cargo(root, "deb -p countersign --no-build --locked")
}
