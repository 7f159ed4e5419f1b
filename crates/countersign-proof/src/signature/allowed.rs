//! The file by which stock `ssh-keygen -Y verify` knows whose key is whose.

use super::PublicKey;
use crate::statement::StatementKind;
use crate::words::{Moment, PersonId, Window};

/// One line of an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS), without its line feed:
/// the key of `person` counts within `span`, for statements of these kinds.
///
/// The file knows whole seconds, and its `valid-before` still counts as valid; so the line begins
/// at the first whole second of the span and ends at the last one before its end. It never
/// allows more than the span does.
#[must_use]
pub fn allowed_signers_line(
    person: &PersonId,
    kinds: &[StatementKind],
    span: Window,
    key: &PublicKey,
) -> String {
    let namespaces: Vec<_> = kinds.iter().map(|kind| kind.namespace()).collect();
    let namespaces = namespaces.join(",");
    let after = stamp(span.from().millis().div_ceil(1000));
    let before = stamp(span.until().millis().saturating_sub(1) / 1000);
    let key = key.to_openssh();
    let options =
        format!("namespaces=\"{namespaces}\",valid-after=\"{after}\",valid-before=\"{before}\"");
    format!("{person} {options} {key}")
}

/// `YYYYMMDDHHMMSSZ` for a moment in whole seconds since 1970.
fn stamp(seconds: u64) -> String {
    let moment = Moment::from_millis(seconds.saturating_mul(1000)).unwrap_or(Moment::LAST);
    let digits: String = moment.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    format!("{digits}Z")
}
