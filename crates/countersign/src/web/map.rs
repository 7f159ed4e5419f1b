//! The map of zones, as pages show it. Answers: *which of the named zones are meant here?*

use super::charts::{Zone, Zones};
use crate::pack::ZoneShape;
use countersign_core::State;
use countersign_proof::words::ZoneId;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The map with its table; nothing where the server was given no outlines. Names are those of the
/// ledger; a zone without an outline stands in the table.
pub(crate) fn map(
    shapes: &[ZoneShape],
    state: &State,
    message: &str,
    marked: &BTreeSet<ZoneId>,
) -> Markup {
    if shapes.is_empty() {
        return html! {};
    }
    let known = state.policy.world().zones.values();
    let zones: Vec<Zone> = known
        .map(|zone| {
            let shape = shapes.iter().find(|shape| shape.zone.id == zone.id);
            let rings = shape.map(|shape| shape.rings.as_slice()).unwrap_or_default();
            Zone {
                id: zone.id.to_string(),
                title: zone.title.clone(),
                rings: rings
                    .iter()
                    .map(|ring| ring.iter().map(|[x, y]| (*x, *y)).collect())
                    .collect(),
                is_marked: marked.contains(&zone.id),
            }
        })
        .collect();
    Zones { id: "map", message, zones: &zones }.render()
}
