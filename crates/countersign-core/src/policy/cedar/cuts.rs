//! Comparisons with a fixed value: all that a policy can tell of a number is on which side it lies.

use super::super::memo::Fact;
use super::slice::Slice;
use super::syntax::Survey;
use cedar_policy::pst::{BinaryOp, Expr, Literal, UnaryOp, Var};
use countersign_proof::words::{Date, Moment};
use std::collections::BTreeSet;

/// How the policies of an act read a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not at all.
    Unread,
    /// Only by comparing it with these.
    Cuts(BTreeSet<u64>),
    /// In some other way.
    Free,
}

/// What a verdict on an act can depend on, beside the holder, the item, the zone and the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// The quantity, in units.
    pub quantity: Reading,
    /// The moment, in milliseconds since 1970.
    pub now: Reading,
    /// Something that only the books of a ledger tell, in words: running totals, or what an order
    /// to divert undertakes.
    pub books: Option<&'static str>,
}

impl Reading {
    /// Where a value lies: two values of the same place get the same verdict. `None` where only the
    /// value itself tells.
    #[must_use]
    pub fn place(&self, value: u64) -> Option<u64> {
        match self {
            Self::Unread => Some(0),
            Self::Cuts(cuts) => {
                let below = cuts.range(..value).count();
                let on = u64::from(cuts.contains(&value));
                Some(u64::try_from(below).ok()?.saturating_mul(2).saturating_add(on))
            }
            Self::Free => None,
        }
    }
}

/// What the policies of an act read.
pub(super) fn reads(slice: &Slice) -> Reads {
    let surveys = || slice.policies.values().map(|(_, survey)| survey);
    let reading = |fact: Fact| {
        let free = |survey: &Survey| survey.opaque || survey.free.contains(&fact);
        if surveys().any(free) {
            return Reading::Free;
        }
        let cuts = surveys().flat_map(|survey| survey.cuts.iter());
        let cuts: BTreeSet<u64> = cuts.filter(|(of, _)| *of == fact).map(|(_, cut)| *cut).collect();
        if cuts.is_empty() { Reading::Unread } else { Reading::Cuts(cuts) }
    };
    let books = |survey: &Survey| {
        let told = [
            (Fact::Released, "how much is released"),
            (Fact::Used, "how much was used"),
            (Fact::Certified, "whether an order is certified"),
            (Fact::Notice, "the notice of an order"),
            (Fact::Replaced, "whether an order replaces"),
        ];
        told.into_iter().find(|(fact, _)| survey.facts.contains(fact)).map(|(_, words)| words)
    };
    Reads {
        quantity: reading(Fact::Quantity),
        now: reading(Fact::Now),
        books: surveys().find_map(books),
    }
}

/// A comparison of the quantity or the moment with a fixed value.
pub(super) fn compared(expr: &Expr) -> Option<(Fact, &'static str, u64)> {
    let Expr::BinaryOp { op, left, right } = expr else { return None };
    let compares = matches!(
        op,
        BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Less
            | BinaryOp::LessEq
            | BinaryOp::Greater
            | BinaryOp::GreaterEq
    );
    if !compares {
        return None;
    }
    let (read, fixed) = if number(left).is_some() { (left, right) } else { (right, left) };
    let (fact, name) = number(read)?;
    Some((fact, name, value(fixed)?))
}

fn number(expr: &Expr) -> Option<(Fact, &'static str)> {
    let Expr::GetAttr { expr, attr } = expr else { return None };
    if !matches!(&**expr, Expr::Var(Var::Context)) {
        return None;
    }
    match attr.as_str() {
        "quantity" => Some((Fact::Quantity, "quantity")),
        "now" => Some((Fact::Now, "now")),
        // catch-all: strings
        _ => None,
    }
}

/// A number, or a moment in one of the plainest forms; every quantity and every moment lies above
/// what is negative.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Cedar's expressions are an open set: what is not named here counts as read freely"
)]
fn value(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Literal(Literal::Long(number)) => u64::try_from(*number).ok(),
        Expr::UnaryOp { op: UnaryOp::Datetime, expr } => {
            let Expr::Literal(Literal::String(text)) = &**expr else { return None };
            let date = text.parse::<Date>().map(Date::start);
            date.or_else(|_| text.parse::<Moment>()).ok().map(Moment::millis)
        }
        // catch-all: Cedar's own expressions: what is not named here counts as read freely
        _ => None,
    }
}
