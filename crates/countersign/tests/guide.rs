//! The guide to the API, `docs/api.md`: every block of it that is marked `sh`, run in its order on
//! a served exercise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "doors/served.rs"]
mod served;

use served::Served;
use std::fmt::Write as _;
use std::process::Command;

/// The blocks of a page in a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_of_the_guide_works() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = blocks(&page, "sh");
    assert!(blocks.len() >= 10, "the guide has {} blocks", blocks.len());
    let mut script = String::from("set -euo pipefail\n");
    for (at, block) in blocks.iter().enumerate() {
        writeln!(script, "echo '--- block {at}'\n{block}").unwrap();
    }
    let served = Served::start();
    // OpenSSH signs with no key that others can read.
    for key in std::fs::read_dir(served.ledger().join("keys")).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let key = key.unwrap().path();
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("URL", &served.url)
        .env("KEYS", served.ledger().join("keys"))
        .env_remove("SSH_AUTH_SOCK")
        .output()
        .expect("bash is there");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success(), "{told}");
    assert!(told.contains(&format!("--- block {}", blocks.len() - 1)), "{told}");
}
