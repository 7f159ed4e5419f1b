//! Which questions can policies not tell apart?
//!
//! Where a number is only ever compared with literals, two numbers that lie alike to all of them
//! give every policy the same truth values. A key then needs no more than where the number lies:
//! on one of the literals, or between which two. In the same way, where policies only ever ask
//! whether the zones contain some they name, a key needs no more than which of those they contain.

use super::super::World;
use super::super::memo::Fact;
use super::syntax::{children, context_fact};
use cedar_policy::pst::{BinaryOp, Expr, Literal, UnaryOp, Var};
use countersign_proof::words::{Date, Moment, ZoneId};
use std::collections::{BTreeMap, BTreeSet};

/// The literals that each number is compared with, those that the zones are searched for, and what
/// is read in other ways.
#[derive(Clone, Debug, Default)]
pub(super) struct Alike {
    cuts: BTreeMap<Fact, BTreeSet<i64>>,
    zones: BTreeSet<String>,
    by_value: BTreeSet<Fact>,
}

impl Alike {
    /// Notes every number that an expression reads, and how it reads the zones.
    pub(super) fn note(&mut self, expr: &Expr) {
        if let Expr::BinaryOp { op, left, right } = expr
            && compares(*op)
            && let Some((fact, literal)) = compared(left, right).or_else(|| compared(right, left))
        {
            self.cuts.entry(fact).or_default().insert(literal);
            return;
        }
        if let Some(zones) = zones_sought(expr) {
            self.zones.extend(zones);
            return;
        }
        // That it is there at all is a fact of its own, and always in the key.
        if matches!(expr, Expr::HasAttr { expr, .. } if matches!(&**expr, Expr::Var(_))) {
            return;
        }
        if let Some(fact) = number(expr) {
            self.by_value.insert(fact);
        }
        if is_zones(expr) {
            self.by_value.insert(Fact::Zone);
        }
        for part in children(expr).unwrap_or_default() {
            self.note(part);
        }
    }

    /// What several policies read together.
    pub(super) fn joined<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for one in all {
            joined.by_value.extend(one.by_value.iter().copied());
            joined.zones.extend(one.zones.iter().cloned());
            for (fact, literals) in &one.cuts {
                joined.cuts.entry(*fact).or_default().extend(literals.iter().copied());
            }
        }
        joined
    }

    /// The literals, ascending, of each number that is only compared with literals.
    pub(super) fn cuts(&self) -> BTreeMap<Fact, Vec<i128>> {
        let only_compared = self.cuts.iter().filter(|(fact, _)| !self.by_value.contains(fact));
        only_compared
            .map(|(fact, cuts)| (*fact, cuts.iter().copied().map(i128::from).collect()))
            .collect()
    }

    /// For every zone of the world, one bit that it shares with the zones that contain the same of
    /// those sought. `None` where zones are read in another way, or there are too many bits.
    pub(super) fn zone_bits(&self, world: &World) -> Option<BTreeMap<ZoneId, u64>> {
        if self.by_value.contains(&Fact::Zone) {
            return None;
        }
        let mut classes: BTreeMap<BTreeSet<ZoneId>, u64> = BTreeMap::new();
        let mut bits = BTreeMap::new();
        for zone in world.zones.keys() {
            let mut contained = world.zone_with_ancestors(zone).ok()?;
            contained.retain(|zone| self.zones.contains(zone.as_str()));
            let next = u32::try_from(classes.len()).ok().and_then(|n| 1u64.checked_shl(n))?;
            bits.insert(zone.clone(), *classes.entry(contained).or_insert(next));
        }
        Some(bits)
    }
}

/// The zones that `context.zones` is searched for, where an expression does that and names them.
fn zones_sought(expr: &Expr) -> Option<Vec<String>> {
    let Expr::BinaryOp { op, left, right } = expr else { return None };
    if !is_zones(left) {
        return None;
    }
    if *op == BinaryOp::Contains {
        return Some(vec![zone(right)?]);
    }
    let some = matches!(op, BinaryOp::ContainsAll | BinaryOp::ContainsAny);
    let Expr::Set(named) = &**right else { return None };
    if some { named.iter().map(|named| zone(named)).collect() } else { None }
}

fn zone(expr: &Expr) -> Option<String> {
    let Expr::Literal(Literal::EntityUID(uid)) = expr else { return None };
    (uid.ty.to_string() == "Zone").then(|| uid.eid.to_string())
}

fn is_zones(expr: &Expr) -> bool {
    matches!(expr, Expr::GetAttr { expr, attr }
        if attr == "zones" && matches!(&**expr, Expr::Var(Var::Context)))
}

/// Whether an operator compares two values, which cannot fail.
pub(super) fn compares(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Less
            | BinaryOp::LessEq
            | BinaryOp::Greater
            | BinaryOp::GreaterEq
    )
}

/// A number on one side and a literal on the other.
fn compared(read: &Expr, fixed: &Expr) -> Option<(Fact, i64)> {
    let fact = number(read)?;
    let literal = if fact == Fact::Now { moment(fixed) } else { long(fixed) };
    Some((fact, literal?))
}

/// The number that an expression reads, if it reads one.
fn number(expr: &Expr) -> Option<Fact> {
    let Expr::GetAttr { expr, attr } = expr else { return None };
    let fact = if matches!(&**expr, Expr::Var(Var::Context)) {
        context_fact(attr.as_str())?
    } else if matches!(&**expr, Expr::Var(Var::Resource)) && attr == "range_km" {
        Fact::Range
    } else {
        return None;
    };
    let numbers =
        [Fact::Quantity, Fact::Range, Fact::Now, Fact::Released, Fact::Used, Fact::Notice];
    numbers.contains(&fact).then_some(fact)
}

fn long(expr: &Expr) -> Option<i64> {
    if let Expr::Literal(Literal::Long(literal)) = expr { Some(*literal) } else { None }
}

/// The milliseconds of `datetime("…")`, where it is written as this program writes moments.
fn moment(expr: &Expr) -> Option<i64> {
    let Expr::UnaryOp { op: UnaryOp::Datetime, expr } = expr else { return None };
    let Expr::Literal(Literal::String(text)) = &**expr else { return None };
    let date = text.parse::<Date>().ok().map(Date::start);
    let moment: Moment = date.or_else(|| text.parse().ok())?;
    i64::try_from(moment.millis()).ok()
}
