//! `zones.geojson`: named areas, drawn in an abstract plane of 0 to 100 by 0 to 100.
//!
//! The outlines are schematic, for a picture of which zone lies in which; they are no map, and
//! numbers outside the plane are refused so that no real outline slips in.

use super::fault::code;
use super::fields::{Fields, Spot, kind};
use super::known::Known;
use super::node::{Node, Value};
use super::source::Reading;
use countersign_core::policy::Zone;
use countersign_proof::words::ZoneId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A zone and its schematic outline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ZoneShape {
    /// The zone.
    pub zone: Zone,
    /// Closed rings, the outer one first (RFC 7946 §3.1.6), in the plane of 0 to 100.
    pub rings: Vec<Vec<[f64; 2]>>,
}

pub(super) fn read(r: &mut Reading<'_>, node: &Node, known: &mut Known) -> Vec<ZoneShape> {
    let mut shapes = Vec::new();
    let Some(mut fields) = Fields::new(r, node, "zones.geojson") else { return shapes };
    literal(r, &mut fields, "FeatureCollection");
    let _ = fields.text_or_none(r, "name");
    if fields.get("features").is_none() {
        let message = "the collection has no \"features\"";
        r.fault(fields.at, code::KEY_MISSING, message, "add \"features\": […]");
    }
    let mut within: BTreeMap<ZoneId, Spot<ZoneId>> = BTreeMap::new();
    for mut feature in fields.tables(r, "features") {
        literal(r, &mut feature, "Feature");
        shapes.extend(read_feature(r, &mut feature, known, &mut within));
        feature.finish(r);
    }
    known.zones.complete = true;
    for outer in within.values() {
        known.zones.check(r, outer);
    }
    circles(r, &within);
    fields.finish(r);
    shapes
}

/// The `type` of a GeoJSON object must be the one that belongs there.
fn literal(r: &mut Reading<'_>, fields: &mut Fields<'_>, wanted: &str) {
    let at = fields.get("type").map_or(fields.at, |node| node.at);
    let found = fields.text(r, "type");
    if found != wanted && !found.is_empty() {
        let message = format!("the type is {found:?}, not {wanted:?}");
        r.fault(at, code::WORD_UNFIT, message, format!("write \"type\": \"{wanted}\""));
    }
}

fn read_feature(
    r: &mut Reading<'_>,
    feature: &mut Fields<'_>,
    known: &mut Known,
    all_within: &mut BTreeMap<ZoneId, Spot<ZoneId>>,
) -> Option<ZoneShape> {
    let mut zone = None;
    match feature.get("properties") {
        Some(node) => {
            let mut properties = Fields::new(r, node, "properties")?;
            let id: Option<Spot<ZoneId>> = properties.word(r, "id");
            if let Some(id) = &id {
                known.zones.declare(r, id);
            }
            let title = properties.text(r, "title");
            let null = matches!(properties.get("within"), Some(Node { value: Value::Nothing, .. }));
            let within: Option<Spot<ZoneId>> =
                if null { None } else { properties.word_or_none(r, "within") };
            properties.finish(r);
            if let Some(id) = id {
                let outer = within.as_ref().map(|within| within.value.clone());
                if let Some(within) = within {
                    all_within.insert(id.value.clone(), within);
                }
                zone = Some(Zone { id: id.value, title, within: outer });
            }
        }
        None => {
            let message = "the feature has no \"properties\"";
            let remedy = "add \"properties\": {\"id\": …, \"title\": …}";
            r.fault(feature.at, code::KEY_MISSING, message, remedy);
        }
    }
    let rings = match feature.get("geometry") {
        Some(node) => {
            let mut geometry = Fields::new(r, node, "geometry")?;
            literal(r, &mut geometry, "Polygon");
            let rings = read_rings(r, &mut geometry);
            geometry.finish(r);
            rings
        }
        None => {
            outline(r, feature.at, "the zone has no outline");
            Vec::new()
        }
    };
    Some(ZoneShape { zone: zone?, rings })
}

fn outline(r: &mut Reading<'_>, at: usize, message: &str) {
    let remedy =
        "draw each ring as at least four points [x, y] from 0 to 100, the last as the first";
    r.fault(at, code::OUTLINE_UNFIT, message, remedy);
}

fn read_rings(r: &mut Reading<'_>, geometry: &mut Fields<'_>) -> Vec<Vec<[f64; 2]>> {
    let Some(node) = geometry.get("coordinates") else {
        outline(r, geometry.at, "the outline has no \"coordinates\"");
        return Vec::new();
    };
    let Some(rings) = items(r, node) else { return Vec::new() };
    if rings.is_empty() {
        outline(r, node.at, "the outline has no ring");
    }
    rings.iter().filter_map(|ring| read_ring(r, ring)).collect()
}

fn items<'n>(r: &mut Reading<'_>, node: &'n Node) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(list) => Some(list),
        Value::Text(_) | Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::Table(_) => {
            kind(r, node, "this part of the outline", "a list");
            None
        }
    }
}

fn read_ring(r: &mut Reading<'_>, node: &Node) -> Option<Vec<[f64; 2]>> {
    let mut ring = Vec::new();
    for point in items(r, node)? {
        ring.push(read_point(r, point)?);
    }
    if ring.len() < 4 {
        outline(r, node.at, "the ring has fewer than four points");
        return None;
    }
    if ring.first() != ring.last() {
        outline(r, node.at, "the ring is not closed: its last point is not its first");
        return None;
    }
    Some(ring)
}

fn read_point(r: &mut Reading<'_>, node: &Node) -> Option<[f64; 2]> {
    let numbers: Vec<f64> = items(r, node)?.iter().filter_map(number).collect();
    let point = <[f64; 2]>::try_from(numbers).ok();
    if point.is_none() {
        outline(r, node.at, "this is no point within the plane");
    }
    point
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Bare(written) => {
            written.parse().ok().filter(|number: &f64| (0.0..=100.0).contains(number))
        }
        Value::Text(_) | Value::Flag(_) | Value::Nothing | Value::List(_) | Value::Table(_) => None,
    }
}

/// Zones that lie in themselves, directly or by way of others.
fn circles(r: &mut Reading<'_>, within: &BTreeMap<ZoneId, Spot<ZoneId>>) {
    for (id, outer) in within {
        let mut seen = BTreeSet::new();
        let mut next = Some(outer);
        while let Some(zone) = next.filter(|zone| seen.insert(&zone.value)) {
            next = within.get(&zone.value);
        }
        if seen.contains(id) {
            let message = format!("zone {id} lies in itself, by way of {}", outer.value);
            r.fault(outer.at, code::CYCLE, message, "break the circle: remove one \"within\"");
        }
    }
}
