//! `items.toml`: items, the inputs they depend on, the places that keep them, and stated figures.

use super::fault::code;
use super::fields::{Fields, Spot, key_word, number};
use super::known::Known;
use super::node::Node;
use super::source::Reading;
use countersign_core::stock::{Input, Item, ItemClass, Place};
use countersign_proof::words::{InputId, ItemId, PlaceId, Quantity, Standing, WordError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// A figure stated of an item; evidence, not stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Of which item.
    pub item: ItemId,
    /// What is counted or stated.
    pub what: String,
    /// How many units, where it is a number of units.
    pub units: Option<Quantity>,
    /// Where it is stated.
    pub source: String,
    /// How well it is established.
    pub standing: Standing,
}

/// What `items.toml` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PackItems {
    /// The items.
    pub items: Vec<Item>,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The places.
    pub places: Vec<Place>,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// A class or label as it is written.
struct Class(ItemClass);

impl FromStr for Class {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        ItemClass::new(text).map(Self)
    }
}

pub(super) fn read(r: &mut Reading<'_>, node: &Node, known: &mut Known) -> PackItems {
    let mut found = PackItems::default();
    let Some(mut fields) = Fields::new(r, node, "items.toml") else { return found };
    let mut needs: BTreeMap<InputId, Vec<Spot<InputId>>> = BTreeMap::new();
    for mut input in fields.tables(r, "input") {
        found.inputs.extend(read_input(r, &mut input, known, &mut needs));
        input.finish(r);
    }
    known.inputs.complete = true;
    needs.values().flatten().for_each(|need| {
        known.inputs.check(r, need);
    });
    circles(r, &needs);
    for mut place in fields.tables(r, "place") {
        let id: Option<Spot<PlaceId>> = place.word(r, "id");
        if let Some(id) = &id {
            known.places.declare(r, id);
        }
        let title = place.text(r, "title");
        let party = place.word(r, "party").filter(|party| known.parties.check(r, party));
        if let (Some(id), Some(party)) = (id, party) {
            found.places.push(Place { id: id.value, title, party: party.value });
        }
        place.finish(r);
    }
    known.places.complete = true;
    for mut item in fields.tables(r, "item") {
        let figures = item.tables(r, "figure");
        let read = read_item(r, &mut item, known);
        for mut figure in figures {
            let item = read.as_ref().map(|item| &item.id);
            found.figures.extend(read_figure(r, &mut figure, item));
            figure.finish(r);
        }
        found.items.extend(read);
        item.finish(r);
    }
    known.items.complete = true;
    fields.finish(r);
    found
}

fn read_input(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    known: &mut Known,
    needs: &mut BTreeMap<InputId, Vec<Spot<InputId>>>,
) -> Option<Input> {
    let id: Option<Spot<InputId>> = fields.word(r, "id");
    if let Some(id) = &id {
        known.inputs.declare(r, id);
    }
    let title = fields.text(r, "title");
    let controller = fields.word(r, "controller").filter(|party| known.parties.check(r, party));
    let needed: Vec<Spot<InputId>> = fields.words(r, "needs");
    let source = fields.text(r, "source");
    let standing = fields.word(r, "standing");
    let id = id?.value;
    let all = needed.iter().map(|need| need.value.clone()).collect();
    needs.insert(id.clone(), needed);
    let (controller, standing) = (controller?.value, standing?.value);
    Some(Input { id, title, controller, needs: all, source, standing })
}

/// Inputs that need themselves, directly or by way of others.
fn circles(r: &mut Reading<'_>, needs: &BTreeMap<InputId, Vec<Spot<InputId>>>) {
    for (id, own) in needs {
        for need in own {
            let mut open = vec![&need.value];
            let mut seen = BTreeSet::new();
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(needs.get(next).into_iter().flatten().map(|spot| &spot.value));
                }
            }
            if seen.contains(id) {
                let message = format!("input {id} needs itself, by way of {}", need.value);
                let remedy = "break the circle: remove one of the needs";
                r.fault(need.at, code::CYCLE, message, remedy);
            }
        }
    }
}

fn read_item(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &mut Known) -> Option<Item> {
    let id: Option<Spot<ItemId>> = fields.word(r, "id");
    if let Some(id) = &id {
        known.items.declare(r, id);
    }
    let title = fields.text(r, "title");
    let origin = fields.word(r, "origin").filter(|party| known.parties.check(r, party));
    let mut inputs: Vec<Spot<InputId>> = fields.words(r, "inputs");
    inputs.retain(|input| known.inputs.check(r, input));
    let class: Option<Spot<Class>> = fields.word(r, "class");
    let range_km = fields.number(r, "range_km", 1..=40_000);
    let labels: Vec<Spot<Class>> = fields.words(r, "labels");
    let packs = read_packs(r, fields);
    let serial = fields.flag(r, "serial");
    let source = fields.text(r, "source");
    let standing = fields.word(r, "standing");
    Some(Item {
        id: id?.value,
        title,
        origin: origin?.value,
        inputs: inputs.into_iter().map(|input| input.value).collect(),
        class: class?.value.0,
        range_km,
        labels: labels.into_iter().map(|label| label.value.0.as_str().to_owned()).collect(),
        packs,
        serial,
        source,
        standing: standing?.value,
    })
}

/// Sizes of pack, by their name: `packs = { case = 12 }`.
fn read_packs(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> BTreeMap<String, u32> {
    let mut packs = BTreeMap::new();
    let Some(node) = fields.get("packs") else { return packs };
    let Some(sizes) = Fields::new(r, node, "packs") else { return packs };
    for (name, node) in sizes.all() {
        let name = key_word::<Class>(r, &name);
        let units = number(r, node, "packs", 1..=1_000_000);
        if let (Some(name), Some(units)) = (name, units) {
            packs.insert(name.value.0.as_str().to_owned(), units);
        }
    }
    packs
}

fn read_figure(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    item: Option<&ItemId>,
) -> Option<Figure> {
    let what = fields.text(r, "what");
    let units = match fields.get("units") {
        Some(_) => fields.quantity(r, "units"),
        None => None,
    };
    let source = fields.text(r, "source");
    let standing: Option<Spot<Standing>> = fields.word(r, "standing");
    let standing = standing?.value;
    Some(Figure { item: item?.clone(), what, units, source, standing })
}
