//! The map of zones. Answers: *where do the named zones lie to each other, and which are meant?*
//!
//! Only the outlines that the pack itself draws, without a map below them: borders of countries
//! would be a claim that nobody made. Equal steps of longitude are shortened by the cosine of the
//! middle latitude, so that shapes look as on an ordinary map.
#![expect(clippy::float_arithmetic, reason = "positions on a drawing, never quantities")]

use super::drawing::{Chart, Px, Scale, fitted, nothing, width};
use crate::web::parts::{Column, Row, Table, Tone, tag};
use crate::web::{parts, words};
use maud::{Markup, html};

/// A zone with its outline.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// Its id.
    pub(crate) id: String,
    /// Its name for people.
    pub(crate) title: String,
    /// Closed rings of longitude and latitude, as in GeoJSON; holes are rings too.
    pub(crate) rings: Vec<Vec<(f64, f64)>>,
    /// Whether it is one of those that are meant.
    pub(crate) is_marked: bool,
}

/// Zones on one plane.
pub(crate) struct Zones<'a> {
    /// Names it within the page.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
    /// The zones.
    pub(crate) zones: &'a [Zone],
}

const WIDTH: f64 = 760.0;
const NARROWEST: f64 = 320.0;
const HIGHEST: f64 = 480.0;
const LOWEST: f64 = 120.0;
const MARGIN: f64 = 16.0;
/// Beyond this latitude a map of equal steps says nothing any more.
const STEEPEST: f64 = 80.0;

/// The least and greatest longitude and latitude.
#[derive(Clone, Copy, Debug)]
struct Frame {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Frame {
    fn of<'p>(points: impl Iterator<Item = &'p (f64, f64)>) -> Option<Self> {
        points.fold(None, |frame, (x, y)| {
            let point = Self { west: *x, south: *y, east: *x, north: *y };
            Some(frame.map_or(point, |frame: Self| Self {
                west: frame.west.min(*x),
                south: frame.south.min(*y),
                east: frame.east.max(*x),
                north: frame.north.max(*y),
            }))
        })
    }

    fn area(self) -> f64 {
        (self.east - self.west) * (self.north - self.south)
    }
}

impl Zone {
    /// The rings that can be drawn.
    fn outline(&self) -> impl Iterator<Item = &Vec<(f64, f64)>> {
        // Degrees are at most 360; whoever draws a plane of another unit is still drawn.
        let is_place = |(x, y): &(f64, f64)| x.abs() < 1e9 && y.abs() < 1e9;
        self.rings.iter().filter(move |ring| ring.len() > 2 && ring.iter().all(is_place))
    }

    fn frame(&self) -> Option<Frame> {
        Frame::of(self.outline().flatten())
    }
}

/// From degrees to the drawing.
struct Plane {
    x: Scale,
    y: Scale,
    size: (f64, f64),
}

impl Plane {
    fn of(frame: Frame) -> Self {
        let latitude = ((frame.south + frame.north) / 2.0).clamp(-STEEPEST, STEEPEST);
        let wide = ((frame.east - frame.west) * latitude.to_radians().cos()).max(1e-6);
        let high = (frame.north - frame.south).max(1e-6);
        let room = (WIDTH - 2.0 * MARGIN, HIGHEST - 2.0 * MARGIN);
        let scale = (room.0 / wide).min(room.1 / high);
        let (used, height) = (wide * scale, (high * scale).max(LOWEST));
        // Names of small zones stand beside them.
        let width = (used + 2.0 * MARGIN).max(NARROWEST);
        let left = (width - used) / 2.0;
        Self {
            x: Scale::new((frame.west, frame.east), (left, left + used)),
            y: Scale::new((frame.north, frame.south), (MARGIN, MARGIN + height)),
            size: (width, height + 2.0 * MARGIN),
        }
    }

    fn path(&self, zone: &Zone) -> String {
        let mut path = String::new();
        for ring in zone.outline() {
            for (at, (x, y)) in ring.iter().enumerate() {
                let pen = if at == 0 { 'M' } else { 'L' };
                path.push_str(&format!("{pen}{} {}", Px(self.x.at(*x)), Px(self.y.at(*y))));
            }
            path.push('Z');
        }
        path
    }
}

impl Zones<'_> {
    /// The map and its table.
    pub(crate) fn render(&self) -> Markup {
        let all = self.zones.iter().flat_map(Zone::outline).flatten();
        let Some(plane) = Frame::of(all).map(Plane::of) else {
            return nothing(self.id, self.message, words::NO_ZONES);
        };
        // Wide zones first, so that those inside them stay visible.
        let mut drawn: Vec<(&Zone, Frame)> =
            self.zones.iter().filter_map(|zone| Some((zone, zone.frame()?))).collect();
        drawn.sort_by(|(_, a), (_, b)| b.area().total_cmp(&a.area()));
        let marked: Vec<&str> = self
            .zones
            .iter()
            .filter(|zone| zone.is_marked)
            .map(|zone| zone.title.as_str())
            .collect();
        Chart {
            id: self.id,
            message: self.message,
            description: words::zones_described(self.zones.len(), &marked),
            size: plane.size,
            drawn: html! {
                @for (zone, _) in &drawn {
                    path class=(if zone.is_marked { "zone marked" } else { "zone" })
                        fill-rule="evenodd" d=(plane.path(zone)) {
                        title { (zone.title) }
                    }
                }
                @for label in labels(&plane, &drawn) {
                    text class=(if label.is_marked { "over told" } else { "over" })
                        x=(Px(label.x)) y=(Px(label.y)) text-anchor="middle" { (label.text) }
                }
            },
            table: self.table(),
            note: Some(words::MAP_NOTE),
        }
        .render()
    }

    fn table(&self) -> Table<'_> {
        let row = |zone: &Zone| Row {
            cells: vec![
                parts::id(&zone.id),
                html! {
                    (zone.title)
                    @if zone.frame().is_none() { " (" (words::NO_OUTLINE) ")" }
                },
                match zone.is_marked {
                    true => tag(Tone::Open, words::YES, None),
                    false => html! { (words::NO) },
                },
            ],
            is_marked: zone.is_marked,
        };
        Table {
            id: "",
            caption: self.message,
            columns: &[
                Column::Words(words::ZONE),
                Column::Words(words::TITLE),
                Column::Words(words::MARKED),
            ],
            rows: self.zones.iter().map(row).collect(),
            empty: words::NO_ZONES,
        }
    }
}

/// A name on the map.
struct Label {
    x: f64,
    y: f64,
    text: String,
    is_marked: bool,
}

impl Label {
    /// Whether two names would lie on each other.
    fn covers(&self, other: &Self) -> bool {
        let apart = (width(&self.text) + width(&other.text)) / 2.0 + 6.0;
        (self.x - other.x).abs() < apart && (self.y - other.y).abs() < 17.0
    }
}

/// Names of the small zones first, in their middles; a wide one gives way upwards or downwards
/// within itself. A name that finds no place is left out: the table has it.
fn labels(plane: &Plane, drawn: &[(&Zone, Frame)]) -> Vec<Label> {
    let mut set: Vec<Label> = Vec::new();
    for (zone, frame) in drawn.iter().rev() {
        let x = plane.x.at((frame.west + frame.east) / 2.0);
        let (top, bottom) = (plane.y.at(frame.north), plane.y.at(frame.south));
        let middle = (top + bottom) / 2.0 + 4.0;
        let text = fitted(&zone.id, plane.size.0 / 3.0);
        let half = width(&text) / 2.0;
        let x = x.clamp(half, plane.size.0 - half);
        for y in [middle, top + 18.0, bottom - 10.0, top - 5.0, bottom + 15.0] {
            let label = Label { x, y, text: text.clone(), is_marked: zone.is_marked };
            let is_inside = y > 12.0 && y < plane.size.1 - 4.0;
            if is_inside && !set.iter().any(|other| other.covers(&label)) {
                set.push(label);
                break;
            }
        }
    }
    set
}
