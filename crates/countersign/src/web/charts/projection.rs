//! The projection. Answers: *when will an item be short, and how short?*
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, Scale, counted, fitted, nothing, real, ticks};
use crate::web::parts::{Column, Row, Table, Tone, tag, thin};
use crate::web::{parts, words};
use countersign_proof::words::Month;
use maud::{Markup, html};

/// What is expected at the end of a month.
#[derive(Clone, Debug)]
pub(crate) struct MonthEnd {
    /// The month.
    pub(crate) month: Month,
    /// Units; below zero is what is missing. `None` where nobody can say.
    pub(crate) position: Option<i64>,
    /// Below so many units the item is in short supply; `None` where no rule says.
    pub(crate) yellow: Option<i64>,
    /// Below so many units it is worse.
    pub(crate) red: Option<i64>,
    /// How bad the class is then.
    pub(crate) tone: Tone,
    /// The class in the pack's own words.
    pub(crate) class: String,
}

/// Months side by side.
pub(crate) struct Projection<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// The months in order.
    pub(crate) months: &'a [MonthEnd],
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 304.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 652.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 272.0;

/// Where months and units lie.
struct Plane {
    step: f64,
    units: Scale,
    ticks: Vec<i64>,
}

impl Plane {
    fn of(months: &[MonthEnd]) -> Self {
        let all = || months.iter().flat_map(|m| [m.position, m.yellow, m.red]).flatten();
        let low = all().min().unwrap_or(0).min(0);
        let high = all().max().unwrap_or(0).max(low.saturating_add(1));
        let ticks = ticks(low, high, 5);
        let ends = (ticks.first().copied().unwrap_or(low), ticks.last().copied().unwrap_or(high));
        Self {
            step: (RIGHT - LEFT) / counted(months.len().max(1)),
            units: Scale::new((real(ends.0), real(ends.1)), (BOTTOM, TOP)),
            ticks,
        }
    }

    fn start(&self, at: usize) -> f64 {
        LEFT + self.step * counted(at)
    }

    fn middle(&self, at: usize) -> f64 {
        self.start(at) + self.step / 2.0
    }

    /// Within the frame, whatever the number.
    fn level(&self, units: i64) -> f64 {
        self.units.at(real(units)).clamp(TOP, BOTTOM)
    }
}

impl Projection<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        let known = || self.months.iter().filter_map(|m| Some((m.position?, m.month)));
        let ends = self.months.first().zip(self.months.last());
        let Some(((first, last), (lowest, when))) = ends.zip(known().min()) else {
            return nothing(self.id, self.message, words::NO_PROJECTION);
        };
        let plane = Plane::of(self.months);
        Chart {
            id: self.id,
            message: self.message,
            description: words::projection_described(
                &first.month.to_string(),
                &last.month.to_string(),
                &thin(lowest.into()),
                &when.to_string(),
            ),
            size: (WIDTH, HEIGHT),
            drawn: html! {
                (bands(&plane, self.months))
                (axes(&plane, self.months))
                (limits(&plane, self.months))
                (line(&plane, self.months))
                (marks(&plane, self.months))
            },
            table: self.table(),
            note: None,
        }
        .render()
    }

    fn table(&self) -> Table<'_> {
        let told = |units: Option<i64>| match units {
            Some(units) => parts::signed(units.into()),
            None => html! { (words::UNKNOWN) },
        };
        let row = |m: &MonthEnd| {
            Row::from(vec![
                html! { (m.month) },
                told(m.position),
                told(m.yellow),
                told(m.red),
                tag(m.tone, &m.class, None),
            ])
        };
        Table {
            id: "",
            caption: self.message,
            columns: &[
                Column::Words(words::MONTH),
                Column::Numbers(words::AT_MONTH_END),
                Column::Numbers(words::YELLOW_BELOW),
                Column::Numbers(words::RED_BELOW),
                Column::Words(words::CLASS),
            ],
            rows: self.months.iter().map(row).collect(),
            empty: words::NO_PROJECTION,
        }
    }
}

/// Green, yellow and red behind each month, as far as a rule says where they begin.
fn bands(plane: &Plane, months: &[MonthEnd]) -> Markup {
    let band = |at: usize, class: &str, top: f64, bottom: f64| {
        html! {
            @if bottom > top {
                rect class={ "band " (class) } x=(Px(plane.start(at))) y=(Px(top))
                    width=(Px(plane.step)) height=(Px(bottom - top)) {}
            }
        }
    };
    html! {
        @for (at, m) in months.iter().enumerate() {
            @let red = m.red.map_or(BOTTOM, |units| plane.level(units));
            @let yellow = m.yellow.map_or(red, |units| plane.level(units)).min(red);
            @if m.yellow.is_some() || m.red.is_some() {
                (band(at, "good", TOP, yellow))
                (band(at, "watch", yellow, red))
                (band(at, "bad", red, BOTTOM))
            }
        }
    }
}

fn axes(plane: &Plane, months: &[MonthEnd]) -> Markup {
    let every = months.len().div_ceil(9).max(1);
    html! {
        @for tick in &plane.ticks {
            @let y = plane.level(*tick);
            line class=(if *tick == 0 { "axis" } else { "grid" })
                x1=(Px(LEFT)) x2=(Px(RIGHT)) y1=(Px(y)) y2=(Px(y)) {}
            text class="figure" x=(Px(LEFT - 8.0)) y=(Px(y + 4.0)) text-anchor="end" {
                (thin((*tick).into()))
            }
        }
        @for (at, m) in months.iter().enumerate().step_by(every) {
            text class="figure" x=(Px(plane.middle(at))) y=(Px(BOTTOM + 22.0))
                text-anchor="middle" { (m.month) }
        }
    }
}

/// The thresholds as steps, named at their right ends.
fn limits(plane: &Plane, months: &[MonthEnd]) -> Markup {
    let steps = |limit: fn(&MonthEnd) -> Option<i64>| {
        let mut path = String::new();
        let mut is_down = false;
        for (at, m) in months.iter().enumerate() {
            let Some(units) = limit(m) else {
                is_down = false;
                continue;
            };
            let y = Px(plane.level(units));
            let pen = if is_down { 'L' } else { 'M' };
            let (from, until) = (Px(plane.start(at)), Px(plane.start(at.saturating_add(1))));
            path.push_str(&format!("{pen}{from} {y}L{until} {y}"));
            is_down = true;
        }
        path
    };
    let last = |limit: fn(&MonthEnd) -> Option<i64>| months.last().and_then(limit);
    let mut names = Vec::new();
    let mut taken = f64::INFINITY;
    // From the bottom up, so that a name that would lie on another moves away from it.
    for (limit, class, word) in [
        (last(|m| m.red), "bad", words::RED_BELOW),
        (last(|m| m.yellow), "watch", words::YELLOW_BELOW),
    ] {
        if let Some(units) = limit {
            let y = (plane.level(units) + 4.0).min(taken);
            taken = y - 30.0;
            names.push((y, class, word, units));
        }
    }
    html! {
        path class="limit watch" d=(steps(|m| m.yellow)) {}
        path class="limit bad" d=(steps(|m| m.red)) {}
        @for (y, class, word, units) in names {
            text class={ "name " (class) } x=(Px(RIGHT + 8.0)) y=(Px(y)) {
                (fitted(word, WIDTH - RIGHT - 8.0))
                tspan x=(Px(RIGHT + 8.0)) dy="14" { (thin(units.into())) }
            }
        }
    }
}

fn line(plane: &Plane, months: &[MonthEnd]) -> Markup {
    let mut path = String::new();
    let mut is_down = false;
    for (at, m) in months.iter().enumerate() {
        match m.position {
            Some(units) => {
                let pen = if is_down { 'L' } else { 'M' };
                path.push_str(&format!("{pen}{} {}", Px(plane.middle(at)), Px(plane.level(units))));
                is_down = true;
            }
            None => is_down = false,
        }
    }
    html! { path class="position" d=(path) {} }
}

/// The class of each month by its shape, and the number at the first, the last and the lowest.
fn marks(plane: &Plane, months: &[MonthEnd]) -> Markup {
    let lowest = months.iter().enumerate().filter_map(|(at, m)| Some((m.position?, at))).min();
    let final_one = months.len().saturating_sub(1);
    let is_told = |at: usize| at == 0 || at == final_one || Some(at) == lowest.map(|(_, at)| at);
    html! {
        @for (at, m) in months.iter().enumerate() {
            @if let Some(units) = m.position {
                @let (x, y) = (plane.middle(at), plane.level(units));
                g class={ "mark " (m.tone.class()) }
                    transform={ "translate(" (Px(x)) " " (Px(y)) ")" } {
                    (parts::outline(m.tone))
                }
                @if is_told(at) {
                    @let is_lowest = Some(at) == lowest.map(|(_, at)| at);
                    @let below = if is_lowest { BOTTOM - y > 30.0 } else { y - TOP < 24.0 };
                    @let beside = if below { y + 22.0 } else { y - 12.0 };
                    text class="told" x=(Px(x)) y=(Px(beside)) text-anchor="middle" {
                        (thin(units.into()))
                    }
                }
            } @else {
                text class="told" x=(Px(plane.middle(at))) y=(Px(BOTTOM - 8.0))
                    text-anchor="middle" { "?" }
            }
        }
    }
}
