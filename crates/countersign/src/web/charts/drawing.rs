//! What all drawings share. Answers: *how does a chart stand on a page, and how wide is a word?*
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use crate::web::parts::{Table, details};
use crate::web::words;
use maud::{Markup, Render, html};
use std::fmt;

/// A position or length on a drawing, written to a tenth.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Px(pub(crate) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() / 10.0;
        // A minus before a nought says nothing.
        write!(f, "{}", if tenths == 0.0 { 0.0 } else { tenths })
    }
}

impl Render for Px {
    fn render_to(&self, buffer: &mut String) {
        use fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(buffer, "{self}");
    }
}

/// A number as a position can hold it.
pub(crate) fn real(number: i64) -> f64 {
    // A position is written to a tenth of a pixel; what is lost beyond 2^53 is not seen.
    number as f64
}

/// A count as a position can hold it.
pub(crate) fn counted(count: usize) -> f64 {
    count as f64
}

/// From numbers to positions along a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    from: f64,
    span: f64,
    start: f64,
    length: f64,
}

impl Scale {
    /// Puts `from` at `start` and `until` at `end`. Equal ends are held apart by one.
    pub(crate) fn new((from, until): (f64, f64), (start, end): (f64, f64)) -> Self {
        let span = if until - from == 0.0 { 1.0 } else { until - from };
        Self { from, span, start, length: end - start }
    }

    /// Where a number lies.
    pub(crate) fn at(self, number: f64) -> f64 {
        self.start + (number - self.from) / self.span * self.length
    }
}

/// Round numbers from at or below `from` to at or above `until`, about `count` of them.
pub(crate) fn ticks(from: i64, until: i64, count: u32) -> Vec<i64> {
    let span = i128::from(until).saturating_sub(from.into()).max(1);
    let least = span.checked_div(count.into()).unwrap_or(span);
    let mut step: i128 = 1;
    // 1, 2, 5, 10, 20, 50 …
    for factor in [2_i128, 5, 10].iter().cycle() {
        if step >= least {
            break;
        }
        let decade = 10_i128.pow(step.checked_ilog10().unwrap_or(0));
        step = decade.saturating_mul(*factor);
    }
    let first = i128::from(from).div_euclid(step);
    let last = i128::from(until).saturating_add(step.saturating_sub(1)).div_euclid(step);
    (first..=last).filter_map(|n| i64::try_from(n.saturating_mul(step)).ok()).collect()
}

/// About how wide a letter of the chart's type is. Fonts differ; this is that of a wide one.
const LETTER: f64 = 7.1;

/// About how wide a text is.
pub(crate) fn width(text: &str) -> f64 {
    text.chars().map(|letter| if is_wide(letter) { 2.0 } else { 1.0 }).sum::<f64>() * LETTER
}

/// East Asian letters and pictures take two places.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}')
}

/// As much of a text as fits; the table has all of it.
pub(crate) fn fitted(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut used = LETTER;
    let mut kept = String::new();
    for letter in text.chars() {
        used += if is_wide(letter) { 2.0 * LETTER } else { LETTER };
        if used > room {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

/// A chart on its page.
pub(crate) struct Chart<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says, in a sentence: its heading, and the title of the drawing.
    pub(crate) message: &'a str,
    /// What is drawn, for those who cannot see it.
    pub(crate) description: String,
    /// The width and height of the drawing.
    pub(crate) size: (f64, f64),
    /// What is inside the drawing.
    pub(crate) drawn: Markup,
    /// The same numbers; its id is given here.
    pub(crate) table: Table<'a>,
    /// A sentence below the drawing.
    pub(crate) note: Option<&'a str>,
}

/// From this many rows on, the table is folded away.
const FOLDED: usize = 5;

/// Below this width a drawing keeps its own size.
const NARROW: f64 = 600.0;

impl Chart<'_> {
    /// The chart and its table.
    pub(crate) fn render(&self) -> Markup {
        let (width, height) = (Px(self.size.0), Px(self.size.1));
        // A narrow drawing is not blown up to the width of the page.
        let is_narrow = self.size.0 < NARROW;
        let table_id = format!("{}-table", self.id);
        let table = Table { id: &table_id, ..self.table.clone() }.render();
        html! {
            figure class="chart" id=(self.id) {
                figcaption { (self.message) }
                div class="pane" role="group" tabindex="0" aria-labelledby={ (self.id) "-title" } {
                    svg xmlns="http://www.w3.org/2000/svg" role="img"
                        viewBox={ "0 0 " (width) " " (height) }
                        width=[is_narrow.then_some(width)] height=[is_narrow.then_some(height)]
                        aria-labelledby={ (self.id) "-title " (self.id) "-desc" } {
                        title id={ (self.id) "-title" } { (self.message) }
                        desc id={ (self.id) "-desc" } { (self.description) }
                        (self.drawn)
                    }
                }
                @if let Some(note) = self.note { p class="hint" { (note) } }
                @if self.table.rows.len() < FOLDED {
                    (table)
                } @else {
                    (details(words::AS_TABLE, false, &table))
                }
            }
        }
    }
}

/// The sentence in the place of a chart that has nothing to show.
pub(crate) fn nothing(id: &str, message: &str, sentence: &str) -> Markup {
    html! {
        figure class="chart empty" id=(id) { figcaption { (message) } p { (sentence) } }
    }
}
