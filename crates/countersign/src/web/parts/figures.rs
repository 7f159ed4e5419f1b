//! Figures, moments and marks. Answers: *how is a number, a time or an id written?*

use crate::web::words;
use countersign_proof::words::{Date, Moment};
use maud::{Markup, html};

/// A whole number with narrow spaces between thousands and a true minus.
pub(crate) fn thin(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut told = String::with_capacity(digits.len().saturating_mul(2));
    if number < 0 {
        told.push('\u{2212}');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            told.push('\u{202f}');
        }
        told.push(digit);
    }
    told
}

/// A quantity of units.
pub(crate) fn quantity(units: u64) -> Markup {
    signed(i128::from(units))
}

/// A number of units that can be below zero.
pub(crate) fn signed(units: i128) -> Markup {
    html! { data class="number" value=(units) { (thin(units)) } }
}

/// `24 Nov 2026`.
fn day(date: Date) -> String {
    let (year, month, day) = date.civil();
    let named = usize::try_from(month).ok().and_then(|month| month.checked_sub(1));
    let name = named.and_then(|month| words::MONTHS.get(month)).unwrap_or(&words::UNKNOWN);
    format!("{day}\u{a0}{name}\u{a0}{year}")
}

/// `24 Nov 2026, 10:30 UTC`.
pub(crate) fn minute(at: Moment) -> String {
    let minutes = at.millis() / 60_000;
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{}, {hour:02}:{minute:02}\u{a0}{}", day(at.date()), words::UTC)
}

/// A moment in UTC, to the minute; the exact one is in the markup.
pub(crate) fn moment(at: Moment) -> Markup {
    html! { time datetime=(at) { (minute(at)) } }
}

/// A day.
pub(crate) fn date(on: Date) -> Markup {
    html! { time datetime=(on) { (day(on)) } }
}

/// An id: never broken over two lines.
pub(crate) fn id(id: &str) -> Markup {
    html! { span class="id" { (id) } }
}

/// A text to be copied to the letter, such as a statement or a command; one click marks all of it.
/// The name says what it is.
pub(crate) fn code(name: &str, text: &str) -> Markup {
    html! {
        pre class="code" tabindex="0" role="region" aria-label=(name) { code { (text) } }
    }
}

/// A digest in groups of eight, so that two people can compare it aloud. The groups are set apart
/// by the style sheet only: what is copied has no spaces.
pub(crate) fn fingerprint(digest: &str) -> Markup {
    let letters: Vec<char> = digest.chars().collect();
    html! {
        code class="fingerprint" {
            @for group in letters.chunks(8) { span { (group.iter().collect::<String>()) } }
        }
    }
}
