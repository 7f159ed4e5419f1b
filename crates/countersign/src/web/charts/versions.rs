//! The policy time line. Answers: *which rules were in force when, and how sure is that?*
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, Scale, counted, fitted, nothing, width};
use super::history::day;
use crate::web::parts::{Column, Row, Table};
use crate::web::{parts, words};
use countersign_proof::words::{Date, Standing};
use maud::{Markup, html};

/// When a version is in force.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// Its name.
    pub(crate) name: String,
    /// The first day.
    pub(crate) from: Date,
    /// The day that is no longer in it; `None` while nothing follows.
    pub(crate) until: Option<Date>,
    /// How well it is established.
    pub(crate) standing: Standing,
    /// Whether it is the one in force now.
    pub(crate) is_current: bool,
}

/// Versions one below the other over one time.
pub(crate) struct Versions<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// The versions in order.
    pub(crate) versions: &'a [Version],
    /// The day that is marked, up to which a version that lasts is drawn.
    pub(crate) today: Date,
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 220.0;
const RIGHT: f64 = 740.0;
const ROW: f64 = 38.0;
const TOP: f64 = 26.0;
const BAR: f64 = 22.0;

impl Versions<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        let starts = self.versions.iter().map(|version| version.from);
        let ends = self.versions.iter().filter_map(|version| version.until);
        let Some(first) = starts.clone().min() else {
            return nothing(self.id, self.message, words::NO_VERSIONS);
        };
        let last = starts.chain(ends).max().unwrap_or(first).max(self.today);
        let days = Scale::new((day(first), day(last)), (LABELS, RIGHT - 14.0));
        let current = self.versions.iter().find(|version| version.is_current);
        let bottom = TOP + ROW * counted(self.versions.len());
        Chart {
            id: self.id,
            message: self.message,
            description: words::versions_described(
                self.versions.len(),
                current.map(|version| version.name.as_str()),
            ),
            size: (WIDTH, bottom + 26.0),
            drawn: html! {
                (self.now(days.at(day(self.today)), bottom))
                @for (at, version) in self.versions.iter().enumerate() {
                    (self.one(days, TOP + ROW * counted(at), version))
                }
                line class="axis" x1=(Px(LABELS)) x2=(Px(RIGHT)) y1=(Px(bottom))
                    y2=(Px(bottom)) {}
                text class="figure" x=(Px(LABELS)) y=(Px(bottom + 18.0)) { (first) }
                text class="figure" x=(Px(RIGHT)) y=(Px(bottom + 18.0)) text-anchor="end" {
                    (last)
                }
            },
            table: self.table(),
            note: None,
        }
        .render()
    }

    /// The day that is marked, with its name above the rows.
    fn now(&self, x: f64, bottom: f64) -> Markup {
        let told = self.today.to_string();
        let middle = x.min(RIGHT - width(&told) / 2.0);
        html! {
            line class="today" x1=(Px(x)) x2=(Px(x)) y1=(Px(TOP - 6.0)) y2=(Px(bottom)) {}
            text class="figure" x=(Px(middle)) y=(Px(TOP - 10.0)) text-anchor="middle" { (told) }
        }
    }

    fn one(&self, days: Scale, top: f64, version: &Version) -> Markup {
        let from = days.at(day(version.from));
        let is_open = version.until.is_none();
        let until = version.until.map_or(RIGHT, |until| days.at(day(until)));
        // However short, it is seen.
        let length = (until - from).max(2.0);
        let word = version.standing.as_str();
        // Beside the bar where it has no room inside.
        let is_inside = length > width(word) + 16.0;
        let (x, anchor) = match (is_inside, from - LABELS > width(word) + 12.0) {
            (true, _) => (from + 8.0, "start"),
            (false, true) => (from - 8.0, "end"),
            (false, false) => (until + 8.0, "start"),
        };
        let class = if version.is_current { "version current" } else { "version" };
        html! {
            text class=[version.is_current.then_some("told")] x=(Px(LABELS - 10.0))
                y=(Px(top + 16.0)) text-anchor="end" { (fitted(&version.name, LABELS - 14.0)) }
            @if is_open {
                path class={ (class) " " (word) } d=(arrow(from, until, top)) {}
            } @else {
                rect class={ (class) " " (word) } x=(Px(from)) y=(Px(top)) width=(Px(length))
                    height=(Px(BAR)) {}
            }
            text class=(if is_inside { "inside" } else { "over" }) x=(Px(x)) y=(Px(top + 16.0))
                text-anchor=(anchor) { (word) }
        }
    }

    fn table(&self) -> Table<'_> {
        let row = |version: &Version| Row {
            cells: vec![
                parts::id(&version.name),
                parts::date(version.from),
                match version.until {
                    Some(until) => parts::date(until),
                    None => html! { (words::OPEN_END) },
                },
                html! { (version.standing.as_str()) },
            ],
            is_marked: version.is_current,
        };
        Table {
            id: "",
            caption: self.message,
            columns: &[
                Column::Words(words::VERSION),
                Column::Words(words::FROM),
                Column::Words(words::UNTIL),
                Column::Words(words::STANDING),
            ],
            rows: self.versions.iter().map(row).collect(),
            empty: words::NO_VERSIONS,
        }
    }
}

/// A bar whose end points on: nothing ends it.
fn arrow(from: f64, until: f64, top: f64) -> String {
    let (neck, middle, bottom) = ((until - 9.0).max(from), top + BAR / 2.0, top + BAR);
    format!(
        "M{} {}H{}L{} {}L{} {}H{}Z",
        Px(from),
        Px(top),
        Px(neck),
        Px(until),
        Px(middle),
        Px(neck),
        Px(bottom),
        Px(from)
    )
}
