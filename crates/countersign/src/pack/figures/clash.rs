//! Rows that cannot both stand, in one file or in two.

use super::Placed;
use crate::pack::fault::Fault;
use crate::pack::table::Faults;
use std::cmp::Ordering;

/// Two rows that cannot both stand: the code, what they have in common, and what to do.
pub(super) type Clash = (&'static str, &'static str, &'static str);

/// Compares each row with the next in `order`.
pub(super) fn pairs<T>(
    files: &[String],
    rows: &[Placed<T>],
    found: &mut Vec<Fault>,
    order: impl Fn(&T, &T) -> Ordering,
    clash: impl Fn(&T, &T) -> Option<Clash>,
) {
    let mut sorted: Vec<&Placed<T>> = rows.iter().collect();
    sorted.sort_by(|one, other| order(&one.value, &other.value));
    for (one, other) in sorted.iter().zip(sorted.iter().skip(1)) {
        let Some((code, what, remedy)) = clash(&one.value, &other.value) else { continue };
        // They may clash in the order of their days; the later row is the one to tell of.
        let (first, second) = match (one.file, one.line) <= (other.file, other.line) {
            true => (one, other),
            false => (other, one),
        };
        let name = |placed: &Placed<T>| files.get(usize::from(placed.file)).cloned();
        let elsewhere = match first.file == second.file {
            true => String::new(),
            false => format!(" of {}", name(first).unwrap_or_default()),
        };
        let message =
            format!("{what} in line {}{elsewhere} and in line {}", first.line, second.line);
        let mut faults = Faults { file: &name(second).unwrap_or_default(), found };
        faults.at((second.line, 1), code, message, remedy);
    }
}
