//! The world, and a question, as Cedar sees them.

#![expect(clippy::disallowed_types, reason = "Cedar's API takes hash maps and sets")]

use super::super::closure::DecidingSets;
use super::super::{Deciding, ItemQuestion, PolicyBundle, PolicyError, Question, Subject, World};
use super::PROGRAMME;
use crate::stock::Item;
use cedar_policy::{
    Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
};
use countersign_proof::words::{Act, OfficeId, PartyId, Quantity};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;

/// The entity types, parsed once.
#[derive(Debug)]
pub(super) struct Kinds {
    party: EntityTypeName,
    office: EntityTypeName,
    input: EntityTypeName,
    item: EntityTypeName,
    zone: EntityTypeName,
    holder: EntityTypeName,
    programme: EntityTypeName,
    action: EntityTypeName,
}

impl Kinds {
    pub(super) fn new() -> Result<Self, String> {
        let kind = |name| EntityTypeName::from_str(name).map_err(|error| error.to_string());
        Ok(Self {
            party: kind("Party")?,
            office: kind("Office")?,
            input: kind("Input")?,
            item: kind("Item")?,
            zone: kind("Zone")?,
            holder: kind("Holder")?,
            programme: kind("Programme")?,
            action: kind("Action")?,
        })
    }

    fn office(&self, office: &OfficeId) -> EntityUid {
        uid(&self.office, office.as_str())
    }

    fn offices<'a>(&self, offices: impl IntoIterator<Item = &'a OfficeId>) -> RestrictedExpression {
        let office = |id| RestrictedExpression::new_entity_uid(self.office(id));
        RestrictedExpression::new_set(offices.into_iter().map(office))
    }

    pub(super) fn holder(&self, holder: &PartyId) -> EntityUid {
        uid(&self.holder, holder.as_str())
    }

    pub(super) fn action(&self, act: Act) -> EntityUid {
        uid(&self.action, act.as_str())
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// Every entity but the item, for one act.
pub(super) fn base(
    kinds: &Kinds,
    schema: &Schema,
    bundle: &PolicyBundle,
    world: &World,
    act: Act,
) -> Result<Entities, String> {
    let party = |id: &PartyId| uid(&kinds.party, id.as_str());
    let mut all = vec![Entity::with_uid(uid(&kinds.programme, PROGRAMME))];
    for id in &world.parties {
        all.push(Entity::with_uid(party(id)));
        let holder = uid(&kinds.holder, id.as_str());
        all.push(Entity::new_no_attrs(holder, HashSet::from([party(id)])));
    }
    for (office, of) in &world.offices {
        all.push(Entity::new_no_attrs(kinds.office(office), HashSet::from([party(of)])));
    }
    for (id, input) in &world.inputs {
        let mut parents = controlled_by(kinds, bundle, &input.controller, act);
        parents.extend(input.needs.iter().map(|need| uid(&kinds.input, need.as_str())));
        all.push(Entity::new_no_attrs(uid(&kinds.input, id.as_str()), parents));
    }
    for (id, zone) in &world.zones {
        let parents = zone.within.iter().map(|within| uid(&kinds.zone, within.as_str())).collect();
        all.push(Entity::new_no_attrs(uid(&kinds.zone, id.as_str()), parents));
    }
    Entities::from_entities(all, Some(schema)).map_err(|error| error.to_string())
}

/// What a thing lies in by its controller: the party, and the office that decides for it.
fn controlled_by(
    kinds: &Kinds,
    bundle: &PolicyBundle,
    controller: &PartyId,
    act: Act,
) -> HashSet<EntityUid> {
    let mut parents = HashSet::from([uid(&kinds.party, controller.as_str())]);
    match bundle.deciding.get(controller).and_then(|acts| acts.get(&act)) {
        Some(Deciding::Office(office)) => {
            parents.insert(kinds.office(office));
        }
        Some(Deciding::Standing) | None => {}
    }
    parents
}

/// A question, ready to be asked with any approvals.
pub(super) struct Asked {
    pub principal: EntityUid,
    pub action: EntityUid,
    pub resource: EntityUid,
    /// The context but for the approvals.
    pub context: Vec<(String, RestrictedExpression)>,
}

/// The context as it is put together: only the attributes that are read, where that is known.
struct Wanted<'a> {
    read: Option<&'a BTreeSet<String>>,
    context: Vec<(String, RestrictedExpression)>,
}

impl Wanted<'_> {
    fn put(&mut self, name: &str, value: impl FnOnce() -> RestrictedExpression) {
        if self.read.is_none_or(|read| read.contains(name)) {
            self.context.push(pair(name, value()));
        }
    }
}

/// Puts a question into Cedar's terms. Everything it names has been found in the world.
///
/// `read`: the attributes of the context that are put in; all, where it is `None`.
pub(super) fn ask(
    kinds: &Kinds,
    world: &World,
    question: &Question<'_>,
    sets: &DecidingSets,
    read: Option<&BTreeSet<String>>,
) -> Result<Asked, PolicyError> {
    let programme = || uid(&kinds.programme, PROGRAMME);
    let mut context = Wanted { read, context: Vec::new() };
    context.put("now", || RestrictedExpression::new_datetime(question.now.to_string()));
    context.put("key_only", || RestrictedExpression::new_bool(question.key_only));
    context.put("exercise", || RestrictedExpression::new_bool(question.exercise));
    let (principal, resource) = match &question.subject {
        Subject::Item(asked) => {
            item_context(kinds, world, asked, sets, &mut context)?;
            let principal = if question.act == Act::Override {
                programme()
            } else {
                uid(&kinds.holder, asked.holder.as_str())
            };
            (principal, uid(&kinds.item, asked.item.id.as_str()))
        }
        Subject::Office(office) => {
            context.put("deciding", || kinds.offices(&sets.deciding));
            context.put("proved", || RestrictedExpression::new_bool(false));
            (programme(), kinds.office(office))
        }
        Subject::View(view) => {
            let (text, truth) = (RestrictedExpression::new_string, RestrictedExpression::new_bool);
            context.put("deciding", || kinds.offices(&sets.deciding));
            context.put("proved", || truth(false));
            context.put("label", || text(view.label.as_str().to_owned()));
            context.put("concerned", || truth(view.concerned));
            context.put("consulted", || truth(view.consulted));
            (kinds.office(view.office), programme())
        }
        Subject::Programme { proved } => {
            context.put("deciding", || kinds.offices(&sets.deciding));
            context.put("proved", || RestrictedExpression::new_bool(*proved));
            (programme(), programme())
        }
    };
    let context = context.context;
    Ok(Asked { principal, action: kinds.action(question.act), resource, context })
}

fn item_context(
    kinds: &Kinds,
    world: &World,
    asked: &ItemQuestion<'_>,
    sets: &DecidingSets,
    context: &mut Wanted<'_>,
) -> Result<(), PolicyError> {
    let zones = match asked.zone {
        Some(zone) => world.zone_with_ancestors(zone)?,
        None => BTreeSet::new(),
    };
    let quantity = whole(asked.quantity)?;
    let (released, used) = (whole(asked.totals.released)?, whole(asked.totals.used)?);
    let zone = |id: &str| RestrictedExpression::new_entity_uid(uid(&kinds.zone, id));
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let (long, truth) = (RestrictedExpression::new_long, RestrictedExpression::new_bool);
    context
        .put("zones", || RestrictedExpression::new_set(zones.iter().map(|id| zone(id.as_str()))));
    context.put("quantity", || long(quantity));
    context.put("foreign_controllers", || kinds.offices(&sets.foreign));
    context.put("origin_deciding", || kinds.offices(&sets.origin));
    context.put("class", || text(asked.item.class.as_str()));
    context.put("requested", || text(asked.requested.as_str()));
    context.put("released_total", || long(released));
    context.put("used_total", || long(used));
    context.put("certified", || truth(asked.preconditions.certified));
    context.put("notice_days", || long(asked.preconditions.notice_days.into()));
    context.put("replaced", || truth(asked.preconditions.replaced));
    if let Some(recipient) = asked.recipient {
        let recipient = || uid(&kinds.party, recipient.as_str());
        context.put("recipient", || RestrictedExpression::new_entity_uid(recipient()));
    }
    Ok(())
}

/// An entity of `base` with everything it lies in, itself without attributes.
pub(super) fn with_ancestors(base: &Entities, uid: &EntityUid) -> Option<Entity> {
    let above: HashSet<EntityUid> = base.ancestors(uid)?.cloned().collect();
    Some(Entity::new_no_attrs(uid.clone(), above))
}

/// The entity of that kind and name.
pub(super) fn named(kind: &str, name: &str) -> Option<EntityUid> {
    EntityTypeName::from_str(kind).ok().map(|kind| uid(&kind, name))
}

/// The item, which lies in its inputs and with its origin, and in all that these lie in.
pub(super) fn item_entity(
    kinds: &Kinds,
    bundle: &PolicyBundle,
    base: &Entities,
    item: &Item,
    act: Act,
) -> Result<Entity, PolicyError> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let origin = uid(&kinds.party, item.origin.as_str());
    let labels = item.labels.iter().map(|label| text(label));
    let mut attributes = HashMap::from([
        pair("class", text(item.class.as_str())),
        pair("origin", RestrictedExpression::new_entity_uid(origin)),
        pair("labels", RestrictedExpression::new_set(labels)),
    ]);
    if let Some(range) = item.range_km {
        attributes.extend([pair("range_km", RestrictedExpression::new_long(range.into()))]);
    }
    let mut parents = controlled_by(kinds, bundle, &item.origin, act);
    parents.extend(item.inputs.iter().map(|input| uid(&kinds.input, input.as_str())));
    let above = parents.iter().filter_map(|parent| base.ancestors(parent)).flatten();
    let above: Vec<EntityUid> = above.cloned().collect();
    parents.extend(above);
    Entity::new(uid(&kinds.item, item.id.as_str()), attributes, parents)
        .map_err(|error| PolicyError::Question(error.to_string()))
}

/// The approvals, as the context's last attribute.
pub(super) fn approvals<'a>(
    kinds: &Kinds,
    offices: impl IntoIterator<Item = &'a OfficeId>,
) -> (String, RestrictedExpression) {
    pair("approvals", kinds.offices(offices))
}

fn pair(name: &str, value: RestrictedExpression) -> (String, RestrictedExpression) {
    (name.to_owned(), value)
}

fn whole(quantity: Quantity) -> Result<i64, PolicyError> {
    i64::try_from(quantity.units()).map_err(|error| PolicyError::Question(error.to_string()))
}
