//! Gauges and spark lines. Answers: *at a glance down a column, which row is short?*
//!
//! They stand in a table whose cells have their numbers, so they bring no table of their own.
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Px, Scale, counted, real};
use crate::web::parts::{Tone, outline, thin};
use crate::web::words;
use maud::{Markup, html};

/// A position against its thresholds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// Whose position it is.
    pub(crate) title: &'a str,
    /// Units.
    pub(crate) position: i64,
    /// Below so many units the item is in short supply.
    pub(crate) yellow: Option<i64>,
    /// Below so many units it is worse.
    pub(crate) red: Option<i64>,
    /// How bad its class is.
    pub(crate) tone: Tone,
}

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 22.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = 112.0;

impl Gauge<'_> {
    /// The gauge: bands along a line, and the class's shape at the position.
    pub(crate) fn render(&self) -> Markup {
        let all = || [Some(self.position), self.yellow, self.red].into_iter().flatten();
        let low = all().min().unwrap_or(0).min(0);
        // A quarter of air above the highest threshold, so that "green" has some room.
        let high = all().max().unwrap_or(0).max(low.saturating_add(1));
        let limit = self.yellow.max(self.red).unwrap_or(high);
        let high = high.max(limit.saturating_add(limit / 4));
        let scale = Scale::new((real(low), real(high)), (LEFT, RIGHT));
        let at = |units: Option<i64>| units.map(|units| scale.at(real(units)));
        let red = at(self.red).unwrap_or(LEFT);
        let yellow = at(self.yellow).unwrap_or(red).max(red);
        let told = |units: Option<i64>| {
            units.map_or_else(|| words::UNKNOWN.to_owned(), |units| thin(units.into()))
        };
        let description = words::gauge_described(
            &thin(self.position.into()),
            &told(self.yellow),
            &told(self.red),
        );
        let band = |class: &str, from: f64, until: f64| {
            html! {
                @if until > from {
                    rect class={ "band " (class) } x=(Px(from)) y="6" width=(Px(until - from))
                        height="10" {}
                }
            }
        };
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="gauge" role="img"
                viewBox={ "0 0 " (Px(WIDTH)) " " (Px(HEIGHT)) }
                aria-labelledby={ (self.id) "-title " (self.id) "-desc" } {
                title id={ (self.id) "-title" } { (self.title) }
                desc id={ (self.id) "-desc" } { (description) }
                @if self.red.is_none() && self.yellow.is_none() {
                    line class="axis" x1=(Px(LEFT)) x2=(Px(RIGHT)) y1="11" y2="11" {}
                } @else {
                    (band("bad", LEFT, red)) (band("watch", red, yellow))
                    (band("good", yellow, RIGHT))
                }
                g class={ "mark " (self.tone.class()) }
                    transform={ "translate(" (Px(scale.at(real(self.position)))) " 11)" } {
                    (outline(self.tone))
                }
            }
        }
    }
}

/// Positions month by month, and the threshold they should stay above.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spark<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// Whose positions they are.
    pub(crate) title: &'a str,
    /// Units at the end of each month.
    pub(crate) months: &'a [i64],
    /// Below so many units it is short.
    pub(crate) threshold: Option<i64>,
    /// How bad the class is now.
    pub(crate) tone: Tone,
}

impl Spark<'_> {
    /// The line; the word for "not known" where there are no months.
    pub(crate) fn render(&self) -> Markup {
        let ends = self.months.first().zip(self.months.last()).zip(self.months.iter().min());
        let Some(((first, last), lowest)) = ends else {
            return html! { (words::UNKNOWN) };
        };
        let all = || self.months.iter().copied().chain(self.threshold);
        let low = all().min().unwrap_or(0).min(0);
        let high = all().max().unwrap_or(0).max(low.saturating_add(1));
        let units = Scale::new((real(low), real(high)), (HEIGHT - 3.0, 3.0));
        let steps = counted(self.months.len().saturating_sub(1).max(1));
        let x = |at: usize| LEFT + (RIGHT - LEFT) * counted(at) / steps;
        let mut path = String::new();
        for (at, position) in self.months.iter().enumerate() {
            let pen = if at == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{pen}{} {}", Px(x(at)), Px(units.at(real(*position)))));
        }
        let description = words::spark_described(
            &thin((*first).into()),
            &thin((*last).into()),
            &thin((*lowest).into()),
        );
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="gauge" role="img"
                viewBox={ "0 0 " (Px(WIDTH)) " " (Px(HEIGHT)) }
                aria-labelledby={ (self.id) "-title " (self.id) "-desc" } {
                title id={ (self.id) "-title" } { (self.title) }
                desc id={ (self.id) "-desc" } { (description) }
                @if let Some(threshold) = self.threshold {
                    @let y = units.at(real(threshold));
                    line class="limit bad" x1=(Px(LEFT)) x2=(Px(RIGHT)) y1=(Px(y)) y2=(Px(y)) {}
                }
                path class="position" d=(path) {}
                circle class={ "end " (self.tone.class()) }
                    cx=(Px(x(self.months.len().saturating_sub(1))))
                    cy=(Px(units.at(real(*last)))) r="3" {}
            }
        }
    }
}
