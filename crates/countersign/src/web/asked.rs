//! What an address asks for. Answers: *which of the many things on a page are wanted?*
//!
//! Filters, switches and the places in long tables stand in the address, so that a page can be
//! kept,
//! sent and printed as it is, and works without scripts.

use super::parts::{Choice, Field, Pager, pager};
use crate::server::Problem;
use crate::server::fields::Fields;
use maud::Markup;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Rows of a table on one page.
pub(crate) const ROWS: usize = 50;

/// The fields of an address.
///
/// # Errors
/// [`Problem`] where they cannot be read.
pub(crate) fn fields(query: Option<&str>) -> Result<Fields, Problem> {
    Fields::parse(query.unwrap_or_default().as_bytes())
}

/// Refuses an address that names unknown fields, or with words that are none.
///
/// # Errors
/// [`Problem`] with the first of them.
pub(crate) fn checked(fields: &Fields) -> Result<(), Problem> {
    fields.finish()?;
    match fields.errors().iter().next() {
        None => Ok(()),
        Some((name, error)) => Err(Problem::unreadable(format!("{name}: {error}"))),
    }
}

/// The address of `path` with the same fields, but for one of them.
pub(crate) fn address(path: &str, fields: &Fields, name: &str, value: &str) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let kept = fields.all().iter().filter(|(given, value)| given != name && !value.is_empty());
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    let own = std::iter::once((name, value)).filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = kept
        .chain(own)
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// The rows of one page of a long table, and the way to the others. Where the page begins stands in
/// the field `name`.
pub(crate) fn paged<T>(
    mut all: Vec<T>,
    path: &str,
    fields: &Fields,
    name: &str,
) -> (Vec<T>, Markup) {
    let from: usize = fields.typed(name).parse().unwrap_or(0).min(all.len());
    let mut rows = all.split_off(from);
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let to = |from: usize| {
        let value = if from == 0 { String::new() } else { from.to_string() };
        address(path, fields, name, &value)
    };
    let links = Pager {
        previous: (from > 0).then(|| to(from.saturating_sub(ROWS))),
        next: more.then(|| to(from.saturating_add(ROWS))),
    };
    (rows, pager(&links))
}

/// One of many, each by its value and label; it may be left open.
pub(crate) fn select(name: &str, label: &str, of: &[(String, String)], chosen: &str) -> Markup {
    let choices: Vec<Choice<'_>> =
        of.iter().map(|(value, label)| Choice::new(value, label)).collect();
    Field::new(name, label).optional().value(chosen).select(&choices)
}

/// Any of a few, each by its value and label.
pub(crate) fn checks(name: &str, label: &str, of: &[(String, String)], chosen: &[&str]) -> Markup {
    let choices: Vec<Choice<'_>> =
        of.iter().map(|(value, label)| Choice::new(value, label)).collect();
    Field::new(name, label).optional().checkboxes(&choices, chosen)
}

/// An id and its title as a choice: the id is sent, both are read.
pub(crate) fn titled(id: &str, title: &str) -> (String, String) {
    (id.to_owned(), format!("{title} ({id})"))
}

/// A quantity as a drawing takes it.
pub(crate) fn drawn(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_table_keeps_the_other_fields_of_its_address() {
        let mut given = fields(Some("party=U%26S&from=50&class=")).unwrap();
        let _: Option<usize> = given.maybe("from");
        let (rows, links) = paged((0..120).collect(), "/stock", &given, "from");
        assert_eq!(rows, (50..100).collect::<Vec<_>>());
        let links = links.into_string();
        assert!(links.contains("href=\"/stock?party=U%26S\""), "{links}");
        assert!(links.contains("href=\"/stock?party=U%26S&amp;from=100\""), "{links}");
    }

    #[test]
    fn a_short_table_has_no_pages_and_one_beyond_its_end_is_empty() {
        let given = fields(None).unwrap();
        let (rows, links) = paged(vec![1, 2], "/stock", &given, "from");
        assert_eq!((rows, links.into_string()), (vec![1, 2], String::new()));
        let far = fields(Some("from=900")).unwrap();
        let (rows, links) = paged(vec![1, 2], "/stock", &far, "from");
        assert!(rows.is_empty() && links.into_string().contains("prev"));
    }

    #[test]
    fn what_an_address_does_not_know_is_refused_by_name() {
        let given = fields(Some("colour=red")).unwrap();
        assert!(checked(&given).unwrap_err().detail.contains("colour"));
    }
}
