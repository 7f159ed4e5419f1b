//! With which fixed numbers do policies compare a fact?
//!
//! Where a number is only ever compared with literals, two numbers that lie alike to all of them
//! give every policy the same truth values. A key then needs no more than where the number lies:
//! on one of the literals, or between which two.

use super::super::memo::Fact;
use super::syntax::{children, context_fact};
use cedar_policy::pst::{BinaryOp, Expr, Literal, UnaryOp, Var};
use countersign_proof::words::{Date, Moment};
use std::collections::{BTreeMap, BTreeSet};

/// The literals that each number is compared with, and the numbers that are read in other ways.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    cuts: BTreeMap<Fact, BTreeSet<i64>>,
    by_value: BTreeSet<Fact>,
}

impl Numbers {
    /// Notes every number that an expression reads.
    pub(super) fn note(&mut self, expr: &Expr) {
        if let Expr::BinaryOp { op, left, right } = expr
            && compares(*op)
            && let Some((fact, literal)) = compared(left, right).or_else(|| compared(right, left))
        {
            self.cuts.entry(fact).or_default().insert(literal);
            return;
        }
        // That it is there at all is a fact of its own, and always in the key.
        if matches!(expr, Expr::HasAttr { expr, .. } if matches!(&**expr, Expr::Var(_))) {
            return;
        }
        if let Some(fact) = number(expr) {
            self.by_value.insert(fact);
        }
        for part in children(expr).unwrap_or_default() {
            self.note(part);
        }
    }

    /// What several policies read together: the literals of each number that none of them reads in
    /// another way, ascending.
    pub(super) fn joined<'a>(all: impl Iterator<Item = &'a Self>) -> BTreeMap<Fact, Vec<i128>> {
        let mut joined = Self::default();
        for numbers in all {
            joined.by_value.extend(numbers.by_value.iter().copied());
            for (fact, literals) in &numbers.cuts {
                joined.cuts.entry(*fact).or_default().extend(literals.iter().copied());
            }
        }
        let Self { cuts, by_value } = joined;
        let only_compared = cuts.into_iter().filter(|(fact, _)| !by_value.contains(fact));
        only_compared
            .map(|(fact, cuts)| (fact, cuts.into_iter().map(i128::from).collect()))
            .collect()
    }
}

fn compares(op: BinaryOp) -> bool {
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
    let fact = match &**expr {
        Expr::Var(Var::Context) => context_fact(attr.as_str())?,
        Expr::Var(Var::Resource) if attr == "range_km" => Fact::Range,
        // catch-all: Cedar's own type, which is not ours to list
        _ => return None,
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
