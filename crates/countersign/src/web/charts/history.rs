//! The class history. Answers: *in which class was an item, and since when?*
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, Scale, fitted, nothing, width};
use crate::web::parts::{Column, Row, Table, Tone, tag};
use crate::web::{parts, words};
use countersign_proof::words::Date;
use maud::{Markup, html};

/// A time in one class.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The first day.
    pub(crate) from: Date,
    /// The day that is no longer in it; `None` while it lasts.
    pub(crate) until: Option<Date>,
    /// How bad the class is.
    pub(crate) tone: Tone,
    /// The class in the pack's own words.
    pub(crate) class: String,
}

/// Spans one after the other.
pub(crate) struct ClassHistory<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// The spans in order.
    pub(crate) spans: &'a [Span],
    /// The day up to which a span that lasts is drawn.
    pub(crate) today: Date,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 92.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = 752.0;
const TOP: f64 = 8.0;
const BAND: f64 = 44.0;

/// A day as a number that a position can hold.
pub(super) fn day(date: Date) -> f64 {
    f64::from(u32::from(date))
}

impl ClassHistory<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        let Some((first, last)) = self.spans.first().zip(self.spans.last()) else {
            return nothing(self.id, self.message, words::NO_HISTORY);
        };
        let firsts = self.spans.iter().map(|span| span.from);
        let ends = self.spans.iter().map(|span| span.until.unwrap_or(self.today));
        let start = firsts.clone().min().unwrap_or(first.from);
        let end = firsts.chain(ends).max().unwrap_or(self.today);
        let days = Scale::new((day(start), day(end.max(start.next()))), (LEFT, RIGHT));
        Chart {
            id: self.id,
            message: self.message,
            description: words::history_described(self.spans.len(), &last.class),
            size: (WIDTH, HEIGHT),
            drawn: html! {
                @for span in self.spans { (self.span(days, span)) }
                (starts(days, self.spans, end))
            },
            table: self.table(),
            note: None,
        }
        .render()
    }

    fn span(&self, days: Scale, span: &Span) -> Markup {
        let from = days.at(day(span.from)).min(RIGHT - 2.0);
        let until = days.at(day(span.until.unwrap_or(self.today)));
        let room = (until - from - 2.0).max(1.0);
        html! {
            rect class={ "span " (span.tone.class()) } x=(Px(from + 1.0)) y=(Px(TOP))
                width=(Px(room)) height=(Px(BAND)) rx="3" {}
            @if room > 24.0 {
                g class={ "mark " (span.tone.class()) }
                    transform={ "translate(" (Px(from + 16.0)) " " (Px(TOP + BAND / 2.0)) ")" } {
                    (parts::outline(span.tone))
                }
            }
            @if room > 30.0 + width("abc") {
                text class="name" x=(Px(from + 30.0)) y=(Px(TOP + BAND / 2.0 + 4.0)) {
                    (fitted(&span.class, room - 34.0))
                }
            }
        }
    }

    fn table(&self) -> Table<'_> {
        let row = |span: &Span| {
            Row::from(vec![
                parts::date(span.from),
                match span.until {
                    Some(until) => parts::date(until),
                    None => html! { (words::TO_THIS_DAY) },
                },
                tag(span.tone, &span.class, None),
            ])
        };
        Table {
            id: "",
            caption: self.message,
            columns: &[
                Column::Words(words::FROM),
                Column::Words(words::UNTIL),
                Column::Words(words::CLASS),
            ],
            rows: self.spans.iter().map(row).collect(),
            empty: words::NO_HISTORY,
        }
    }
}

/// The first day of each span, where there is room, and the last day of all.
fn starts(days: Scale, spans: &[Span], end: Date) -> Markup {
    let last = end.to_string();
    let mut free = LEFT;
    let limit = RIGHT - width(&last) - 12.0;
    let mut told = Vec::new();
    for span in spans {
        let (x, text) = (days.at(day(span.from)), span.from.to_string());
        if x >= free && x + width(&text) <= limit {
            free = x + width(&text) + 12.0;
            told.push((x, text));
        }
    }
    html! {
        @for (x, text) in told {
            text class="figure" x=(Px(x)) y=(Px(TOP + BAND + 22.0)) { (text) }
        }
        text class="figure" x=(Px(RIGHT)) y=(Px(TOP + BAND + 22.0)) text-anchor="end" { (last) }
    }
}
