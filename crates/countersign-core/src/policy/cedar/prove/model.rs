//! A solver's example, read back as a situation. What cannot be read gives none.

use crate::policy::situation::{About, AboutItem, AboutView, Situation};
use crate::policy::{Preconditions, Totals, World};
use crate::stock::Item;
use cedar_policy::{Context, Entity, EntityUid, EvalResult};
use cedar_policy_symcc::Env;
use countersign_proof::entry::Label;
use countersign_proof::words::{
    Act, Date, InputId, ItemClass, Moment, OfficeId, Quantity, Standing, ZoneId,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The situation that an example describes.
pub(super) fn situation(
    act: Act,
    env: &Env,
    world: &World,
    exercise: bool,
    from: Moment,
) -> Option<Situation> {
    let context = env.request.context()?;
    let resource = env.request.resource()?;
    let about = match act {
        Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit | Act::Override => {
            let lies_in = env.entities.ancestors(resource)?;
            let inputs = lies_in.filter(|uid| uid.type_name().to_string() == "Input");
            let inputs = inputs.filter_map(|uid| id(uid).parse().ok()).collect();
            let item = item(env.entities.get(resource)?, inputs, world)?;
            About::Item(Box::new(about_item(act, context, item, world)?))
        }
        Act::Appoint => About::Office(id(resource).parse().ok()?),
        Act::View => About::View(about_view(env.request.principal()?, context)?),
        Act::Publish | Act::Suspend => About::Programme { proved: truth(context, "proved")? },
    };
    Some(Situation {
        act,
        about,
        now: moment(context).unwrap_or(from),
        key_only: truth(context, "key_only")?,
        exercise,
        approvals: offices(context, "approvals")?,
        // Free where a claim does not speak of more consent, and then it may be anything.
        more: offices(context, super::condition::MORE).unwrap_or_default(),
    })
}

fn about_item(act: Act, context: &Context, item: Item, world: &World) -> Option<AboutItem> {
    let zones: BTreeSet<ZoneId> = entities(context, "zones")?;
    // The zone whose chain this is.
    let alone = |zone: &&ZoneId| world.zone_with_ancestors(zone).is_ok_and(|chain| chain == zones);
    let zone = zones.iter().find(alone).cloned();
    if zone.is_none() && !zones.is_empty() {
        return None;
    }
    let recipient = match context.get("recipient") {
        Some(EvalResult::EntityUid(uid)) => Some(id(&uid).parse().ok()?),
        Some(_) => return None,
        None => None,
    };
    let days = u16::try_from(long(context, "notice_days")?).ok()?;
    let requested = if act == Act::Admit { text(context, "requested")?.parse().ok()? } else { act };
    let EvalResult::EntityUid(holder) = context.get("holder")? else { return None };
    Some(AboutItem {
        holder: id(&holder).parse().ok()?,
        item,
        real: false,
        zone,
        quantity: quantity(context, "quantity")?,
        recipient,
        requested,
        totals: Totals {
            released: quantity(context, "released_total")?,
            used: quantity(context, "used_total")?,
        },
        preconditions: Preconditions {
            certified: truth(context, "certified")?,
            notice_days: days,
            replaced: truth(context, "replaced")?,
        },
    })
}

fn about_view(office: &EntityUid, context: &Context) -> Option<AboutView> {
    let label = text(context, "label")?;
    Some(AboutView {
        office: id(office).parse().ok()?,
        label: Label::ALL.iter().copied().find(|known| known.as_str() == label)?,
        concerned: truth(context, "concerned")?,
        consulted: truth(context, "consulted")?,
    })
}

/// An item that nobody has, but that policy would see like this.
fn item(entity: &Entity, inputs: BTreeSet<InputId>, world: &World) -> Option<Item> {
    let attribute = |name| entity.attr(name)?.ok();
    let EvalResult::String(class) = attribute("class")? else { return None };
    let EvalResult::EntityUid(origin) = attribute("origin")? else { return None };
    let range_km = match attribute("range_km") {
        Some(EvalResult::Long(range)) => Some(u32::try_from(range).ok()?),
        Some(_) => return None,
        None => None,
    };
    let EvalResult::Set(set) = attribute("labels")? else { return None };
    let labels: BTreeSet<String> = set.iter().filter_map(word).collect();
    let known = inputs.into_iter().filter(|input| world.inputs.contains_key(input));
    Some(Item {
        id: "EXAMPLE".parse().ok()?,
        title: "an item thought up".to_owned(),
        origin: id(&origin).parse().ok()?,
        inputs: known.collect(),
        class: ItemClass::new(&class).ok()?,
        range_km,
        labels,
        packs: BTreeMap::new(),
        serial: false,
        source: "a solver's example".to_owned(),
        standing: Standing::Assumed,
    })
}

fn word(result: &EvalResult) -> Option<String> {
    if let EvalResult::String(word) = result { Some(word.clone()) } else { None }
}

fn id(uid: &EntityUid) -> &str {
    uid.id().unescaped()
}

fn truth(context: &Context, name: &str) -> Option<bool> {
    match context.get(name) {
        Some(EvalResult::Bool(truth)) => Some(truth),
        Some(_) => None,
        None => Some(false),
    }
}

fn long(context: &Context, name: &str) -> Option<i64> {
    let Some(EvalResult::Long(number)) = context.get(name) else { return None };
    Some(number)
}

fn quantity(context: &Context, name: &str) -> Option<Quantity> {
    Quantity::new(u64::try_from(long(context, name)?).ok()?)
}

fn text(context: &Context, name: &str) -> Option<String> {
    let Some(EvalResult::String(text)) = context.get(name) else { return None };
    Some(text)
}

/// The moment: a date with an offset in milliseconds, where it is written so.
fn moment(context: &Context) -> Option<Moment> {
    let all = context.to_json_value().ok()?;
    let now = all.get("now")?.get("__extn")?;
    let text = |value: &Value| Some(value.get("__extn")?.get("arg")?.as_str()?.to_owned());
    let (date, offset) = match now.get("args").and_then(Value::as_array).map(Vec::as_slice) {
        Some([date, offset]) => (text(date)?, text(offset)?),
        Some(_) => return None,
        None => (now.get("arg")?.as_str()?.to_owned(), "0ms".to_owned()),
    };
    let date: Date = date.parse().ok()?;
    let millis: u64 = offset.strip_suffix("ms")?.parse().ok()?;
    Moment::from_millis(date.start().millis().checked_add(millis)?)
}

fn offices(context: &Context, name: &str) -> Option<BTreeSet<OfficeId>> {
    entities(context, name)
}

fn entities<T: std::str::FromStr + Ord>(context: &Context, name: &str) -> Option<BTreeSet<T>> {
    let Some(EvalResult::Set(set)) = context.get(name) else { return None };
    set.iter()
        .map(|one| {
            let EvalResult::EntityUid(uid) = one else { return None };
            id(uid).parse().ok()
        })
        .collect()
}
