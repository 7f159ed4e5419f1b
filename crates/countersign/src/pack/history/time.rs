//! Times as foreign histories write them. Answers: *from which moment to which can this have been?*
//!
//! A form is a pattern: `YYYY`, `MM` or `M`, `DD` or `D`, `hh`, `mm`, `ss`, `fff` (milliseconds)
//! and `ZZ` (an offset such as `+02:00`, or `Z`); everything else stands for itself. What the form
//! leaves out is not known: a form without `hh` means any moment of the day, one without `D` any
//! moment of the month, one without `ss` any moment of the minute.
//!
//! Where the form has no `ZZ`, the times are local to the mapping's zone. Where the zone is
//! unknown, the first moment is that of the easternmost time in use (+14:00) and the last that of
//! the westernmost (−12:00): a day reaches from 14 hours before it begins in UTC to 12 hours after
//! it ends there. Where clocks were set back, an hour that came twice means either.

use countersign_core::history::Span;
use countersign_proof::words::{Date, Moment};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use std::path::Path;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// How far clocks are put forward at most, by the hour.
const HOURS: [i64; 4] = [0, HOUR, 2 * HOUR, 3 * HOUR];

/// Where the data bases of time zones keep them, one file each.
const ZONES: &str = "/usr/share/zoneinfo";

/// A time zone of a history.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// Nobody knows.
    Unknown,
    /// Always this far from UTC, in milliseconds.
    Fixed(i64),
    /// As this place set its clocks.
    Named(TimeZone),
}

impl Zone {
    /// Reads `unknown`, `UTC`, an offset such as `+02:00`, or a name such as `Europe/Amsterdam`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text == "unknown" {
            return Ok(Self::Unknown);
        }
        if text == "UTC" {
            return Ok(Self::Fixed(0));
        }
        if let Some((offset, "")) = offset(text) {
            return Ok(Self::Fixed(offset));
        }
        let named = |found: char| found.is_ascii_alphanumeric() || "_/+-".contains(found);
        let fits = !text.is_empty() && text.chars().all(named) && !text.starts_with('/');
        let unknown = || format!("the time zone {text:?} is not known");
        if !fits {
            return Err(unknown());
        }
        let bytes = std::fs::read(Path::new(ZONES).join(text)).map_err(|_| unknown())?;
        TimeZone::tzif(text, &bytes).map(Self::Named).map_err(|_| unknown())
    }

    /// The moments that a local time can be, the first and the last; `None` where clocks were put
    /// forward over it.
    fn moments(&self, local: i64) -> Option<(i64, i64)> {
        match self {
            Self::Unknown => Some((local.checked_sub(14 * HOUR)?, local.checked_add(12 * HOUR)?)),
            Self::Fixed(offset) => {
                let moment = local.checked_sub(*offset)?;
                Some((moment, moment))
            }
            Self::Named(zone) => {
                let civil = civil(local)?;
                let away = |offset: Offset| {
                    local.checked_sub(i64::from(offset.seconds()).checked_mul(1000)?)
                };
                match zone.to_ambiguous_timestamp(civil).offset() {
                    AmbiguousOffset::Unambiguous { offset } => {
                        let moment = away(offset)?;
                        Some((moment, moment))
                    }
                    AmbiguousOffset::Fold { before, after } => {
                        let (one, other) = (away(before)?, away(after)?);
                        Some((one.min(other), one.max(other)))
                    }
                    AmbiguousOffset::Gap { .. } => None,
                }
            }
        }
    }

    /// The first and the last moment of a local span.
    fn span(&self, first: i64, last: i64) -> Option<(i64, i64)> {
        // A day may begin in the hour that was left out: then it begins where that hour ends.
        let begins = || HOURS.iter().find_map(|more| self.moments(first.checked_add(*more)?));
        let ends = || HOURS.iter().find_map(|less| self.moments(last.checked_sub(*less)?));
        let exact = first == last;
        let (begin, end) =
            if exact { (self.moments(first)?, self.moments(last)?) } else { (begins()?, ends()?) };
        Some((begin.0, end.1))
    }
}

fn civil(local: i64) -> Option<DateTime> {
    let zoned = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(local).ok()?);
    Some(zoned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// The part, with the least and the most digits.
    Number(Part, usize, usize),
    Offset,
    Literal(char),
}

const TOKENS: [(&str, Token); 10] = [
    ("YYYY", Token::Number(Part::Year, 4, 4)),
    ("fff", Token::Number(Part::Millis, 3, 3)),
    ("MM", Token::Number(Part::Month, 2, 2)),
    ("DD", Token::Number(Part::Day, 2, 2)),
    ("hh", Token::Number(Part::Hour, 2, 2)),
    ("mm", Token::Number(Part::Minute, 2, 2)),
    ("ss", Token::Number(Part::Second, 2, 2)),
    ("ZZ", Token::Offset),
    ("M", Token::Number(Part::Month, 1, 2)),
    ("D", Token::Number(Part::Day, 1, 2)),
];

/// How times are written.
#[derive(Clone, Debug)]
pub(super) struct Format {
    /// The pattern.
    pub text: String,
    tokens: Vec<Token>,
    finest: Part,
}

impl Format {
    /// Reads a pattern.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let known = TOKENS.iter().find_map(|(word, token)| {
                rest.strip_prefix(word).map(|after| (after, token.clone()))
            });
            let (after, token) = match known {
                Some(known) => known,
                None => (rest.get(first.len_utf8()..).unwrap_or(""), Token::Literal(first)),
            };
            tokens.push(token);
            rest = after;
        }
        let mut parts: Vec<Part> = tokens
            .iter()
            .filter_map(|token| match token {
                Token::Number(part, _, _) => Some(*part),
                Token::Offset | Token::Literal(_) => None,
            })
            .collect();
        parts.sort();
        let all = [
            Part::Year,
            Part::Month,
            Part::Day,
            Part::Hour,
            Part::Minute,
            Part::Second,
            Part::Millis,
        ];
        let whole = all.starts_with(&parts);
        match parts.last() {
            Some(finest) if whole => Ok(Self { text: text.to_owned(), tokens, finest: *finest }),
            Some(_) | None => Err(format!(
                "{text:?} leaves something out between the year and its finest part, or says it \
                 twice"
            )),
        }
    }

    /// When it was. `Ok(None)` where the text is not written in this form.
    ///
    /// # Errors
    /// What is wrong with a time that is.
    pub(super) fn parse(&self, text: &str, zone: &Zone) -> Result<Option<Span>, String> {
        self.read_span(text, zone, false)
    }

    /// The same for the last moment of what the text says: `until 2025-06-01` holds to the end of
    /// that day, wherever it is.
    pub(super) fn parse_last(&self, text: &str, zone: &Zone) -> Result<Option<Span>, String> {
        self.read_span(text, zone, true)
    }

    fn read_span(&self, text: &str, zone: &Zone, end: bool) -> Result<Option<Span>, String> {
        let Some((parts, offset)) = self.split(text) else { return Ok(None) };
        let Some(first) = parts.local() else { return Err(parts.impossible()) };
        let length = match self.finest {
            Part::Year => parts.following(12).and_then(|next| next.checked_sub(first)),
            Part::Month => parts.following(1).and_then(|next| next.checked_sub(first)),
            Part::Day => Some(DAY),
            Part::Hour => Some(HOUR),
            Part::Minute => Some(60_000),
            Part::Second => Some(1_000),
            Part::Millis => Some(1),
        };
        let beyond = || "moments are from 1970 to 9999".to_owned();
        let last = length.and_then(|length| first.checked_add(length)?.checked_sub(1));
        let last = last.ok_or_else(beyond)?;
        let first = if end { last } else { first };
        let zone = match offset {
            Some(offset) => &Zone::Fixed(offset),
            None => zone,
        };
        let (first, last) = zone.span(first, last).ok_or("clocks were put forward over it")?;
        let moment = |millis: i64| u64::try_from(millis).ok().and_then(Moment::from_millis);
        let span = moment(first).zip(moment(last)).and_then(|(a, b)| Span::new(a, b));
        span.map(Some).ok_or_else(beyond)
    }

    fn split(&self, text: &str) -> Option<(Parts, Option<i64>)> {
        let (mut parts, mut away, mut rest) = (Parts::default(), None, text);
        for token in &self.tokens {
            match token {
                Token::Literal(found) => rest = rest.strip_prefix(*found)?,
                Token::Offset => {
                    let (millis, after) = offset(rest)?;
                    (away, rest) = (Some(millis), after);
                }
                Token::Number(part, least, most) => {
                    let digits = rest.bytes().take(*most).take_while(u8::is_ascii_digit).count();
                    if digits < *least {
                        return None;
                    }
                    let (number, after) = rest.split_at_checked(digits)?;
                    let number: u64 = number.parse().ok()?;
                    parts.set(*part, number);
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some((parts, away))
    }
}

/// `Z`, or hours and minutes east of UTC such as `+02:00`, in milliseconds; and what follows.
fn offset(text: &str) -> Option<(i64, &str)> {
    if let Some(after) = text.strip_prefix('Z') {
        return Some((0, after));
    }
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix('-').or_else(|| text.strip_prefix('\u{2212}'))?),
    };
    let (hours, rest) = digits.split_at_checked(2)?;
    let (minutes, after) = rest.strip_prefix(':').unwrap_or(rest).split_at_checked(2)?;
    let number = |text: &str| -> Option<i64> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let millis = hours.checked_mul(HOUR)?.checked_add(minutes.checked_mul(60_000)?)?;
    Some((millis.checked_mul(sign)?, after))
}

/// The parts of a local time.
#[derive(Clone, Copy, Debug)]
struct Parts {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    millis: u64,
}

impl Default for Parts {
    fn default() -> Self {
        Self { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millis: 0 }
    }
}

impl Parts {
    fn set(&mut self, part: Part, number: u64) {
        *match part {
            Part::Year => &mut self.year,
            Part::Month => &mut self.month,
            Part::Day => &mut self.day,
            Part::Hour => &mut self.hour,
            Part::Minute => &mut self.minute,
            Part::Second => &mut self.second,
            Part::Millis => &mut self.millis,
        } = number;
    }

    fn date(&self) -> Option<Date> {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day).parse().ok()
    }

    /// Milliseconds since 1970, by the clock on the wall; `None` where there is no such time.
    fn local(&self) -> Option<i64> {
        let day = i64::try_from(self.date()?.start().millis()).ok()?;
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let minutes = self.hour.checked_mul(60)?.checked_add(self.minute)?;
        let seconds = minutes.checked_mul(60)?.checked_add(self.second)?;
        let millis = seconds.checked_mul(1000)?.checked_add(self.millis)?;
        day.checked_add(i64::try_from(millis).ok()?)
    }

    /// The same, some months later, on the first.
    fn following(&self, months: u64) -> Option<i64> {
        let month = self.month.checked_sub(1)?.checked_add(months)?;
        let year = self.year.checked_add(month / 12)?;
        let month = (month % 12).checked_add(1)?;
        Self { year, month, day: 1, ..Self::default() }.local()
    }

    /// Why there is no such time.
    fn impossible(&self) -> String {
        if !(1970..=9999).contains(&self.year) {
            return "moments are from 1970 to 9999".to_owned();
        }
        if self.date().is_none() {
            return format!(
                "there is no {:04}-{:02}-{:02} in the calendar",
                self.year, self.month, self.day
            );
        }
        "hours go to 23, minutes and seconds to 59".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(format: &str, zone: &str, text: &str) -> String {
        let format = Format::read(format).unwrap();
        match format.parse(text, &Zone::read(zone).unwrap()) {
            Ok(Some(span)) => format!("{}/{}", span.earliest(), span.latest()),
            Ok(None) => "another form".to_owned(),
            Err(why) => why,
        }
    }

    #[test]
    fn a_form_is_as_precise_as_its_finest_part() {
        let day = "2016-09-02T00:00:00Z/2016-09-02T23:59:59.999Z";
        assert_eq!(span("M/D/YYYY", "UTC", "9/2/2016"), day);
        assert_eq!(span("DD.MM.YYYY", "UTC", "02.09.2016"), day);
        let month = "2016-02-01T00:00:00Z/2016-02-29T23:59:59.999Z";
        assert_eq!(span("YYYY-MM", "UTC", "2016-02"), month);
        let year = "2016-01-01T00:00:00Z/2016-12-31T23:59:59.999Z";
        assert_eq!(span("YYYY", "UTC", "2016"), year);
        let minute = "2016-01-01T10:05:00Z/2016-01-01T10:05:59.999Z";
        assert_eq!(span("YYYY-MM-DD hh:mm", "UTC", "2016-01-01 10:05"), minute);
        let stamp = "YYYY-MM-DDThh:mm:ss.fffZZ";
        let one = "2011-09-30T22:38:44.546Z/2011-09-30T22:38:44.546Z";
        assert_eq!(span(stamp, "unknown", "2011-10-01T00:38:44.546+02:00"), one);
    }

    #[test]
    fn a_zone_moves_and_an_unknown_one_widens() {
        let east = "2016-09-01T22:00:00Z/2016-09-02T21:59:59.999Z";
        assert_eq!(span("M/D/YYYY", "+02:00", "9/2/2016"), east);
        let wide = "2016-09-01T10:00:00Z/2016-09-03T11:59:59.999Z";
        assert_eq!(span("M/D/YYYY", "unknown", "9/2/2016"), wide);
        assert_eq!(span("M/D/YYYY", "Europe/Amsterdam", "9/2/2016"), east);
        // Clocks were put forward on that day, and set back on that one.
        let short = "2024-03-30T23:00:00Z/2024-03-31T21:59:59.999Z";
        assert_eq!(span("YYYY-MM-DD", "Europe/Amsterdam", "2024-03-31"), short);
        let stamp = "YYYY-MM-DD hh:mm:ss.fff";
        let either = "2024-10-27T00:30:00Z/2024-10-27T01:30:00Z";
        assert_eq!(span(stamp, "Europe/Amsterdam", "2024-10-27 02:30:00.000"), either);
        let never = "clocks were put forward over it";
        assert_eq!(span(stamp, "Europe/Amsterdam", "2024-03-31 02:30:00.000"), never);
    }

    #[test]
    fn an_end_is_the_last_moment_of_what_is_said() {
        let day = Format::read("YYYY-MM-DD").unwrap();
        let told = |zone: &str| {
            let span = day.parse_last("2016-09-02", &Zone::read(zone).unwrap()).unwrap().unwrap();
            format!("{}/{}", span.earliest(), span.latest())
        };
        assert_eq!(told("UTC"), "2016-09-02T23:59:59.999Z/2016-09-02T23:59:59.999Z");
        assert_eq!(told("unknown"), "2016-09-02T09:59:59.999Z/2016-09-03T11:59:59.999Z");
    }

    #[test]
    fn what_is_no_time_is_told() {
        let none = "there is no 2023-02-29 in the calendar";
        assert_eq!(span("YYYY-MM-DD", "UTC", "2023-02-29"), none);
        assert_eq!(span("YYYY-MM-DD", "UTC", "2023-2-3"), "another form");
        assert_eq!(span("YYYY-MM-DD", "UTC", "2023-02-03 "), "another form");
        assert_eq!(span("YYYY-MM-DD", "UTC", "1969-02-03"), "moments are from 1970 to 9999");
        assert_eq!(span("YYYY-MM-DD", "unknown", "1970-01-01"), "moments are from 1970 to 9999");
        assert!(Zone::read("Europe/Atlantis").is_err());
        assert!(Zone::read("../../etc/passwd").is_err());
        assert!(Format::read("MM/DD").is_err());
        assert!(Format::read("YYYY DD").is_err());
        assert!(Format::read("YYYY YYYY").is_err());
    }
}
