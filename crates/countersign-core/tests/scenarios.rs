//! Plays `tests/scenarios/<room>/*.txt`, one test for each file, found when this runs.
//!
//! `cargo test --test scenarios -- holds` plays those whose name contains the word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "script/script.rs"]
mod script;
#[path = "script/stores.rs"]
mod stores;
#[path = "script/tell.rs"]
mod tell;
#[path = "world/world.rs"]
mod world;

use script::{Player, Words};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, panic};

/// Every `.txt` under `folder`, in order.
fn found(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
}

/// Plays a file to its end; gives the faults, each with its place.
fn play(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut player = Player::new();
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let played = panic::catch_unwind(panic::AssertUnwindSafe(|| player.play(line)));
        let place = format!("{}:{}", path.display(), number + 1);
        match played {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => faults.push(format!("{place}: {line}\n   {fault}")),
            Err(_) => {
                faults.push(format!("{place}: {line}\n   panicked; the rest was not played"));
                break;
            }
        }
    }
    faults
}

fn main() -> ExitCode {
    // The fault that a line is reported with says what is wrong; a backtrace through this says no
    // more.
    panic::set_hook(Box::new(|panicked| println!("{panicked}")));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files = Vec::new();
    found(&folder, &mut files);
    assert!(files.len() >= 20, "fewer scenarios than there should be: {}", files.len());
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    // `--format terse` is how a runner asks for the list; its word is no part of a name.
    if let Some(place) = arguments.iter().position(|argument| argument == "--format") {
        arguments.drain(place..(place + 2).min(arguments.len()));
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let filters: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let named = files.into_iter().map(|file| {
        let name = file.strip_prefix(&folder).unwrap().with_extension("");
        (name.to_string_lossy().replace('/', "::"), file)
    });
    let wanted: Vec<_> = named
        .filter(|(name, _)| {
            let fits = |filter: &&String| {
                if has("--exact") { name == *filter } else { name.contains(filter.as_str()) }
            };
            !has("--ignored") && (filters.is_empty() || filters.iter().any(fits))
        })
        .collect();
    if has("--list") {
        wanted.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", wanted.len());
    let mut failed = Vec::new();
    for (name, file) in &wanted {
        let faults = play(file);
        println!("test {name} ... {}", if faults.is_empty() { "ok" } else { "FAILED" });
        failed.extend((!faults.is_empty()).then_some(faults));
    }
    failed.iter().flatten().for_each(|fault| println!("{fault}"));
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    let passed = wanted.len() - failed.len();
    println!(
        "\ntest result: {word}. {passed} passed; {} failed; 0 ignored; 0 measured; \
              0 filtered out; finished in 0.00s\n",
        failed.len()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
