//! Who holds a record, in words for whoever is kept out.

use std::fs;

const LONGEST: usize = 120;

/// This process, as `process 123 on host`.
pub(crate) fn this_process() -> String {
    format!("process {} on {}", std::process::id(), host())
}

/// What another writer noted of itself, if it looks like it; never more than a short line.
pub(crate) fn shown(note: &str) -> Option<String> {
    let line: String = note.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    Some(line).filter(|line| line.starts_with("process "))
}

/// Where another writer says that it answers, if that looks like a URL.
pub(crate) fn place(note: &str) -> Option<String> {
    let is_one = note.len() <= LONGEST
        && (note.starts_with("http://") || note.starts_with("https://"))
        && note.chars().all(|c| c.is_ascii_graphic());
    is_one.then(|| note.to_owned())
}

fn host() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "a host whose name is not known".to_owned())
}
