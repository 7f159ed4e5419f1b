//! Bars. Answers: *which of these is how much?*
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, Scale, counted, fitted, nothing};
use crate::web::parts::{Column, Row, Table, Tone, thin};
use crate::web::{parts, words};
use maud::{Markup, html};

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// What is counted.
    pub(crate) label: String,
    /// How much.
    pub(crate) number: u64,
    /// Out of how much, where that means something; drawn as a frame.
    pub(crate) of: Option<u64>,
    /// How it is to be taken; `Closed` says nothing.
    pub(crate) tone: Tone,
}

/// Rows one below the other, from nought.
pub(crate) struct Bars<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// The rows in the order in which they are read.
    pub(crate) rows: &'a [Bar],
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 232.0;
const RIGHT: f64 = 628.0;
const ROW: f64 = 32.0;
const TOP: f64 = 8.0;

impl Bars<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        let longest = self.rows.iter().max_by_key(|bar| bar.number);
        let most = self.rows.iter().map(|bar| bar.number.max(bar.of.unwrap_or(0))).max();
        let Some((longest, most)) = longest.zip(most) else {
            return nothing(self.id, self.message, words::NO_BARS);
        };
        let scale = Scale::new((0.0, drawn(most)), (LABELS, RIGHT));
        Chart {
            id: self.id,
            message: self.message,
            description: words::bars_described(
                self.rows.len(),
                &longest.label,
                &thin(longest.number.into()),
            ),
            size: (WIDTH, TOP * 2.0 + ROW * counted(self.rows.len())),
            drawn: html! {
                @for (at, bar) in self.rows.iter().enumerate() {
                    (one(scale, TOP + ROW * counted(at), bar))
                }
                line class="axis" x1=(Px(LABELS)) x2=(Px(LABELS)) y1=(Px(TOP))
                    y2=(Px(TOP + ROW * counted(self.rows.len()))) {}
            },
            table: self.table(),
            note: None,
        }
        .render()
    }

    fn table(&self) -> Table<'_> {
        let has_whole = self.rows.iter().any(|bar| bar.of.is_some());
        let row = |bar: &Bar| {
            let mut cells = vec![html! { (bar.label) }, parts::quantity(bar.number)];
            if has_whole {
                cells.push(bar.of.map_or_else(|| html! { (words::NOTHING) }, parts::quantity));
            }
            Row::from(cells)
        };
        Table {
            id: "",
            caption: self.message,
            columns: if has_whole { &WITH_WHOLE } else { &WITHOUT },
            rows: self.rows.iter().map(row).collect(),
            empty: words::NO_BARS,
        }
    }
}

const WITH_WHOLE: [Column<'static>; 3] =
    [Column::Words(words::WHAT), Column::Numbers(words::NUMBER), Column::Numbers(words::OUT_OF)];
const WITHOUT: [Column<'static>; 2] = [Column::Words(words::WHAT), Column::Numbers(words::NUMBER)];

/// A quantity as a length can hold it.
fn drawn(number: u64) -> f64 {
    number as f64
}

fn one(scale: Scale, top: f64, bar: &Bar) -> Markup {
    let end = scale.at(drawn(bar.number));
    let frame = bar.of.map(|of| scale.at(drawn(of)));
    let told = match bar.of {
        Some(of) => format!("{} / {}", thin(bar.number.into()), thin(of.into())),
        None => thin(bar.number.into()),
    };
    let beside = end.max(frame.unwrap_or(end)) + 8.0;
    html! {
        text x=(Px(LABELS - 10.0)) y=(Px(top + 20.0)) text-anchor="end" {
            (fitted(&bar.label, LABELS - 14.0))
        }
        @if let Some(frame) = frame {
            rect class="whole" x=(Px(LABELS)) y=(Px(top + 5.0)) width=(Px(frame - LABELS))
                height="22" {}
        }
        rect class={ "amount " (bar.tone.class()) } x=(Px(LABELS)) y=(Px(top + 5.0))
            width=(Px(end - LABELS)) height="22" {}
        text class="told" x=(Px(beside)) y=(Px(top + 20.0)) { (told) }
    }
}
