//! The policies of an act as one condition. Answers: *when is it allowed, in terms that mean the
//! same under every version?*
//!
//! Two versions can be alike word for word and differ in who decides. What a version's deciding
//! table makes true is therefore put in terms of it: that the item lies in an office means that the
//! party which this office decides for controls it. The one set of offices that each version
//! derives is told apart from the other's by its name.

use super::super::Compiled;
use super::super::slice::Slice;
use super::terms::{all, any, attribute, binary, context, entity, equal, not, value, var};
use crate::policy::{Deciding, PolicyBundle, World};
use cedar_policy::{Effect, Policy};
use countersign_proof::words::{Act, OfficeId, PartyId};
use serde_json::{Map, Value};

/// What a version's facts are called, and what its places mean.
pub(super) struct Names<'a> {
    act: Act,
    bundle: &'a PolicyBundle,
    world: &'a World,
    /// The name of the approvals.
    approvals: &'static str,
    /// What is put behind the names of the sets that a version derives.
    suffix: &'static str,
}

/// Behind the names of the derived sets of the version before.
pub(super) const BEFORE: &str = "_before";

/// The approvals with more among them.
pub(super) const MORE: &str = "approvals_more";

/// The sets that a version derives.
pub(super) const DERIVED: [&str; 3] = ["foreign_controllers", "origin_deciding", "deciding"];

impl<'a> Names<'a> {
    fn new(
        compiled: &'a Compiled,
        act: Act,
        approvals: &'static str,
        suffix: &'static str,
    ) -> Self {
        Self { act, bundle: compiled.bundle(), world: compiled.world(), approvals, suffix }
    }

    pub(super) fn plain(compiled: &'a Compiled, act: Act) -> Self {
        Self::new(compiled, act, "approvals", "")
    }

    pub(super) fn more(compiled: &'a Compiled, act: Act) -> Self {
        Self::new(compiled, act, MORE, "")
    }

    pub(super) fn before(compiled: &'a Compiled, act: Act) -> Self {
        Self::new(compiled, act, "approvals", BEFORE)
    }
}

/// When a slice's policies allow: some permit holds and no forbid does, and there is an answer at
/// all. Where a controller has no deciding office named, and one is needed, there is none, and that
/// refuses.
///
/// # Errors
/// What in a policy is not followed here.
pub(super) fn allowed(slice: &Slice, names: &Names<'_>) -> Result<Value, String> {
    let (mut permits, mut forbids) = (Vec::new(), Vec::new());
    for (id, (policy, _)) in &slice.policies {
        let condition = condition(policy, names).map_err(|why| format!("policy {id}: {why}"))?;
        match policy.effect() {
            Effect::Permit => permits.push(condition),
            Effect::Forbid => forbids.push(condition),
        }
    }
    let unanswered = if slice.deciding_required { names.unanswered() } else { Vec::new() };
    Ok(all([any(permits), not(any(forbids)), not(any(unanswered))]))
}

/// When a policy holds; its action aside, which the slice has seen to.
fn condition(policy: &Policy, names: &Names<'_>) -> Result<Value, String> {
    let json = policy.to_json().map_err(|error| error.to_string())?;
    let mut parts = Vec::new();
    for name in ["principal", "resource"] {
        let scope = json.get(name).ok_or("it has no scope")?;
        parts.push(names.scope(name, scope)?);
    }
    for clause in json.get("conditions").and_then(Value::as_array).into_iter().flatten() {
        let body = clause.get("body").ok_or("a clause without a body")?;
        let body = names.rewrite(body)?;
        match clause.get("kind").and_then(Value::as_str) {
            Some("when") => parts.push(body),
            Some("unless") => parts.push(not(body)),
            Some(_) | None => return Err("a clause of an unknown kind".to_owned()),
        }
    }
    Ok(all(parts))
}

/// An entity in JSON, as type and id.
fn named(json: &Value) -> Option<(&str, &str)> {
    let entity = json.get("__entity").unwrap_or(json);
    Some((entity.get("type")?.as_str()?, entity.get("id")?.as_str()?))
}

impl Names<'_> {
    /// The cases in which somebody would have to be named who is not.
    fn unanswered(&self) -> Vec<Value> {
        let named = |party: &PartyId| {
            self.bundle.deciding.get(party).is_some_and(|acts| acts.contains_key(&self.act))
        };
        let subject = if self.act == Act::View { "principal" } else { "resource" };
        match self.of(subject) {
            Of::Item => {
                let parties = self.world.parties.iter().filter(|party| !named(party));
                let controlled =
                    |party: &PartyId| binary("in", var(subject), entity("Party", party.as_str()));
                parties.map(controlled).collect()
            }
            Of::Office => {
                let offices = self.world.offices.iter().filter(|(_, party)| !named(party));
                let asked =
                    |office: &OfficeId| equal(var(subject), entity("Office", office.as_str()));
                offices.map(|(office, _)| asked(office)).collect()
            }
            Of::Holder | Of::Programme => Vec::new(),
        }
    }

    fn scope(&self, name: &str, scope: &Value) -> Result<Value, String> {
        let target = || {
            let found = scope.get("entity").and_then(named);
            found.ok_or_else(|| "a scope that is not followed".to_owned())
        };
        match scope.get("op").and_then(Value::as_str) {
            Some("All") => Ok(value(true)),
            Some("==") => {
                let (kind, id) = target()?;
                Ok(equal(var(name), entity(kind, id)))
            }
            Some("in") => {
                let (kind, id) = target()?;
                self.lies_in(name, kind, id)
            }
            Some("is") => {
                let wanted = scope.get("entity_type").and_then(Value::as_str);
                let wanted = wanted.ok_or("a scope that is not followed")?;
                let is = serde_json::json!({
                    "is": { "left": var(name), "entity_type": wanted }
                });
                match scope.get("in").and_then(|within| within.get("entity")).and_then(named) {
                    Some((kind, id)) => Ok(all([is, self.lies_in(name, kind, id)?])),
                    None if scope.get("in").is_some() => {
                        Err("a scope that is not followed".to_owned())
                    }
                    None => Ok(is),
                }
            }
            Some(_) | None => Err("a scope that is not followed".to_owned()),
        }
    }

    /// A condition as it stands in a policy, in terms that mean the same everywhere.
    fn rewrite(&self, body: &Value) -> Result<Value, String> {
        match body {
            Value::Object(fields) => {
                if let Some(read) = fields.get(".") {
                    return self.attribute(read);
                }
                if let Some(within) = fields.get("in") {
                    return self.within(within);
                }
                if let Some(is) = fields.get("is")
                    && is.get("in").is_some()
                {
                    return Err("`is … in`; write two conditions".to_owned());
                }
                if fields.contains_key("Value") {
                    return Ok(body.clone());
                }
                let rewritten: Result<Map<String, Value>, String> = fields
                    .iter()
                    .map(|(key, part)| Ok((key.clone(), self.rewrite(part)?)))
                    .collect();
                Ok(Value::Object(rewritten?))
            }
            Value::Array(parts) => {
                let parts: Result<Vec<Value>, String> =
                    parts.iter().map(|part| self.rewrite(part)).collect();
                Ok(Value::Array(parts?))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(body.clone()),
        }
    }

    fn attribute(&self, read: &Value) -> Result<Value, String> {
        let base = read.get("left").ok_or("an attribute of nothing")?;
        let attr = read.get("attr").and_then(Value::as_str).ok_or("an attribute without a name")?;
        if *base != var("context") {
            return Ok(attribute(self.rewrite(base)?, attr));
        }
        if attr == "approvals" {
            return Ok(context(self.approvals));
        }
        if DERIVED.contains(&attr) {
            return Ok(context(&format!("{attr}{}", self.suffix)));
        }
        Ok(context(attr))
    }

    /// `left in right`.
    fn within(&self, within: &Value) -> Result<Value, String> {
        let (left, right) = (within.get("left"), within.get("right"));
        let (left, right) = (left.ok_or("`in` of nothing")?, right.ok_or("`in` nothing")?);
        let targets: Vec<&Value> = match (right.get("Set"), right.get("Value")) {
            (Some(Value::Array(parts)), _) => {
                parts.iter().map(|part| part.get("Value").unwrap_or(part)).collect()
            }
            (_, Some(one)) => vec![one],
            (_, None) => return Err("`in` something that is not named".to_owned()),
        };
        let name = left.get("Var").and_then(Value::as_str);
        let mut either = Vec::new();
        for target in targets {
            let (kind, id) = named(target).ok_or("`in` something that is not named")?;
            either.push(match name {
                Some(name) => self.lies_in(name, kind, id)?,
                None if matches!(kind, "Party" | "Office") => {
                    return Err(format!("`in {kind}` of something other than a variable"));
                }
                None => binary("in", self.rewrite(left)?, entity(kind, id)),
            });
        }
        Ok(any(either))
    }

    /// That the principal or the resource lies in an entity.
    fn lies_in(&self, name: &str, kind: &str, id: &str) -> Result<Value, String> {
        let itself = |kind: &str| equal(var(name), entity(kind, id));
        Ok(match (self.of(name), kind) {
            (Of::Holder, "Party") => equal(var(name), entity("Holder", id)),
            (Of::Office, "Party") => {
                let party: PartyId = id.parse().map_err(|_| format!("no such party: {id}"))?;
                let offices = self.world.offices.iter().filter(|(_, of)| **of == party);
                any(offices.map(|(office, _)| equal(var(name), entity("Office", office.as_str()))))
            }
            (Of::Item, "Office") => {
                let office: OfficeId = id.parse().map_err(|_| format!("no such office: {id}"))?;
                let party = self.world.offices.get(&office);
                match party.filter(|party| decides(self.bundle, party, self.act) == Some(&office)) {
                    Some(party) => {
                        let party = entity("Party", party.as_str());
                        binary("in", var(name), party)
                    }
                    None => value(false),
                }
            }
            (Of::Item, _) => binary("in", var(name), entity(kind, id)),
            (Of::Holder, _) => only_if(kind == "Holder", itself("Holder")),
            (Of::Office, _) => only_if(kind == "Office", itself("Office")),
            (Of::Programme, _) => only_if(kind == "Programme", itself("Programme")),
        })
    }

    /// What the principal or the resource of the act is.
    fn of(&self, name: &str) -> Of {
        let principal = name == "principal";
        match self.act {
            Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit if principal => {
                Of::Holder
            }
            Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit | Act::Override
                if !principal =>
            {
                Of::Item
            }
            Act::Appoint if !principal => Of::Office,
            Act::View if principal => Of::Office,
            Act::Use
            | Act::Deliver
            | Act::Transfer
            | Act::Divert
            | Act::Admit
            | Act::Override
            | Act::Appoint
            | Act::View
            | Act::Publish
            | Act::Suspend => Of::Programme,
        }
    }
}

enum Of {
    Holder,
    Item,
    Office,
    Programme,
}

/// The condition where it can be met at all.
fn only_if(can: bool, condition: Value) -> Value {
    if can { condition } else { value(false) }
}

/// The office that decides for a party, where one does.
pub(super) fn decides<'a>(
    bundle: &'a PolicyBundle,
    party: &PartyId,
    act: Act,
) -> Option<&'a OfficeId> {
    match bundle.deciding.get(party).and_then(|acts| acts.get(&act)) {
        Some(Deciding::Office(office)) => Some(office),
        Some(Deciding::Standing) | None => None,
    }
}
