//! The officials' keys, in the form that stock `ssh-keygen -Y verify` takes (ssh-keygen(1), ALLOWED
//! SIGNERS): the principals of a line are a person and the offices that the person may sign for.

use super::refusal::{DepotError, Refusal};
use countersign_proof::PublicKey;
use countersign_proof::certificate::decisions::KnownKey;
use countersign_proof::statement::StatementKind;
use countersign_proof::words::{Moment, OfficeId, PersonId, Window};
use std::collections::BTreeSet;

/// One line, without its line end: `person,office,office namespaces="…",valid-after="…",… key`.
#[must_use]
pub fn line_of(
    person: &PersonId,
    offices: &BTreeSet<OfficeId>,
    span: Window,
    key: &PublicKey,
) -> String {
    let kinds = [StatementKind::Decision];
    let line = countersign_proof::signature::allowed_signers_line(person, &kinds, span, key);
    let rest = line.strip_prefix(person.as_str()).unwrap_or_default();
    let principals: Vec<&str> =
        std::iter::once(person.as_str()).chain(offices.iter().map(OfficeId::as_str)).collect();
    format!("{}{rest}", principals.join(","))
}

/// Reads the keys. Lines that begin with `#` and empty lines say nothing; every other line must be
/// of the form that [`line_of`] writes, and what it demands is never widened.
///
/// # Errors
/// [`Refusal::TrustUnreadable`] naming the line.
pub fn known_keys(text: &str) -> Result<Vec<KnownKey>, DepotError> {
    let mut keys = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let read = known_key(content);
        keys.push(read.map_err(|why| Refusal::TrustUnreadable { line, why })?);
    }
    Ok(keys)
}

fn known_key(line: &str) -> Result<KnownKey, String> {
    let form = "write PERSON,OFFICE namespaces=\"decision@countersign\",valid-after=\"…Z\",\
                valid-before=\"…Z\" KEYTYPE KEY, as `release officials` does";
    let mut parts = line.splitn(3, ' ');
    let (Some(principals), Some(options), Some(key)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(form.to_owned());
    };
    let mut names = principals.split(',');
    let person = names.next().unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
    let offices: Result<BTreeSet<OfficeId>, _> = names.map(str::parse).collect();
    let key = PublicKey::from_openssh(key).map_err(|error| error.to_string())?;
    let (mut from, mut until, mut decides) = (None, None, false);
    for option in options.split("\",") {
        let option = option.strip_suffix('"').unwrap_or(option);
        match option.split_once("=\"") {
            Some(("namespaces", list)) => {
                decides = list.split(',').any(|one| one == StatementKind::Decision.namespace());
            }
            Some(("valid-after", text)) => from = Some(stamp(text).ok_or(form)?),
            Some(("valid-before", text)) => until = Some(stamp(text).ok_or(form)?),
            // An option that is not known here could be one that narrows.
            _ => return Err(form.to_owned()),
        }
    }
    if !decides {
        return Err("the key is not one for decisions (namespaces)".to_owned());
    }
    let span = from.zip(until).and_then(|(from, until)| {
        // The last second of the file still counts.
        Window::new(from, until.plus_millis(1000))
    });
    Ok(KnownKey {
        person,
        offices: offices.map_err(|error| format!("{error}"))?,
        span: span.ok_or("valid-after and valid-before must both stand there, in this order")?,
        key: key.id(),
    })
}

/// The moment of `YYYYMMDDHHMMSSZ`.
fn stamp(text: &str) -> Option<Moment> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.len() == 14)?;
    let part = |range| digits.get(range);
    let moment = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?
    );
    moment.parse().ok()
}
