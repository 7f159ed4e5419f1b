//! What can be read off a policy's text: what it reads, what it names, whether it can fail, and
//! whether approvals only ever help.

use super::super::memo::Fact;
use super::alike::{Alike, compares};
use cedar_policy::pst::{
    ActionConstraint, BinaryOp, Clause, Effect, EntityOrSlot, EntityUID, Expr, Literal,
    PrincipalConstraint, ResourceConstraint, Template, UnaryOp, Var,
};
use countersign_proof::words::{Act, OfficeId};
use std::collections::BTreeSet;

/// What was read off one policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    /// The acts its scope can match; `None` for every act.
    pub acts: Option<BTreeSet<Act>>,
    /// What it reads.
    pub facts: BTreeSet<Fact>,
    /// The attributes of the context among that, by name.
    pub context: BTreeSet<String>,
    /// In which values of that it cannot tell questions apart.
    pub alike: Alike,
    /// It reads in a way that is not understood: nothing about it is kept.
    pub opaque: bool,
    /// The entities it names, as type and id.
    pub literals: BTreeSet<(String, String)>,
    /// What in it could fail while it is evaluated.
    pub may_fail: Vec<String>,
    /// Approvals only ever help; where not, `candidates` says nothing.
    pub monotone: bool,
    /// The offices whose approval can make a difference to it.
    pub candidates: Candidates,
}

/// Where the offices come from whose approval can make a difference.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    /// Named in the policy.
    pub offices: BTreeSet<OfficeId>,
    /// Everyone in `context.foreign_controllers`.
    pub foreign: bool,
    /// Everyone in `context.origin_deciding`.
    pub origin: bool,
    /// Everyone in `context.deciding`.
    pub deciding: bool,
    /// The office that asks, or that it is done to.
    pub subject: bool,
}

/// How the truth of an expression moves when approvals are added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polarity {
    /// Not at all.
    Free,
    /// At most from false to true.
    Up,
    /// At most from true to false.
    Down,
    /// Not understood.
    Unknown,
}

impl Polarity {
    fn flip(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            Self::Free | Self::Unknown => self,
        }
    }

    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Free, moves) | (moves, Self::Free) => moves,
            (Self::Up, Self::Up) => Self::Up,
            (Self::Down, Self::Down) => Self::Down,
            (Self::Up | Self::Down | Self::Unknown, Self::Up | Self::Down | Self::Unknown) => {
                Self::Unknown
            }
        }
    }
}

/// Reads a policy.
pub(super) fn survey(policy: &Template) -> Survey {
    let mut survey = Survey::default();
    survey.scope(policy);
    let mut polarity = Polarity::Free;
    for clause in policy.clauses() {
        let (expr, moves) = match clause {
            Clause::When(expr) => (expr, survey.polarity(expr)),
            Clause::Unless(expr) => (expr, survey.polarity(expr).flip()),
        };
        polarity = polarity.with(moves);
        survey.visit(expr);
        survey.alike.note(expr);
    }
    survey.monotone = !survey.opaque
        && match policy.effect {
            Effect::Permit => matches!(polarity, Polarity::Free | Polarity::Up),
            Effect::Forbid => matches!(polarity, Polarity::Free | Polarity::Down),
        };
    survey
}

impl Survey {
    /// Whether the policy's scope can match the act.
    pub(super) fn rules_on(&self, act: Act) -> bool {
        self.acts.as_ref().is_none_or(|acts| acts.contains(&act))
    }

    /// Whether the policy depends on which office decides for whom.
    pub(super) fn reads_deciding(&self) -> bool {
        let by_place = self.facts.contains(&Fact::Resource)
            && self.literals.iter().any(|(kind, _)| kind == "Office");
        self.opaque
            || by_place
            || self.facts.contains(&Fact::Controllers)
            || self.facts.contains(&Fact::Deciding)
    }

    fn scope(&mut self, policy: &Template) {
        match &policy.principal {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {}
            PrincipalConstraint::Eq(at)
            | PrincipalConstraint::In(at)
            | PrincipalConstraint::IsIn(_, at) => {
                self.facts.insert(Fact::Principal);
                self.scope_entity(at);
            }
        }
        match &policy.resource {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
            ResourceConstraint::Eq(at)
            | ResourceConstraint::In(at)
            | ResourceConstraint::IsIn(_, at) => {
                self.facts.insert(Fact::Resource);
                self.scope_entity(at);
            }
        }
        let named: &[EntityUID] = match &policy.action {
            ActionConstraint::Any => return,
            ActionConstraint::Eq(action) => std::slice::from_ref(action),
            ActionConstraint::In(actions) => actions,
        };
        // An action that is no act is reported by validation.
        self.acts = Some(named.iter().filter_map(|uid| uid.eid.parse().ok()).collect());
    }

    fn scope_entity(&mut self, at: &EntityOrSlot) {
        match at {
            EntityOrSlot::Entity(uid) => self.literal(uid),
            EntityOrSlot::Slot(_) => self.opaque = true,
        }
    }

    fn literal(&mut self, uid: &EntityUID) {
        self.literals.insert((uid.ty.to_string(), uid.eid.to_string()));
    }

    /// Notes what an expression reads, names and could fail at.
    fn visit(&mut self, expr: &Expr) {
        match fallible(expr) {
            Some(what) => self.may_fail.push(what),
            None => self.read(expr),
        }
        match (expr, children(expr)) {
            (Expr::GetAttr { expr: base, .. } | Expr::HasAttr { expr: base, .. }, _)
                if matches!(&**base, Expr::Var(_)) => {}
            (_, Some(parts)) => parts.into_iter().for_each(|part| self.visit(part)),
            (_, None) => self.opaque = true,
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "Cedar's expressions are an open set: what is not named here is reads nothing of \
             its own"
    )]
    fn read(&mut self, expr: &Expr) {
        let attribute = match expr {
            Expr::GetAttr { expr, attr } => Some((expr, attr)),
            Expr::HasAttr { expr, attrs } => Some((expr, &attrs.head)),
            Expr::Literal(Literal::EntityUID(uid)) => return self.literal(uid),
            Expr::Var(Var::Principal) => return self.note(Fact::Principal),
            Expr::Var(Var::Resource) => return self.note(Fact::Resource),
            Expr::Var(Var::Context) => {
                self.opaque = true;
                None
            }
            // catch-all: strings, or Cedar's own types, which are not ours to list
            _ => None,
        };
        let Some((base, attr)) = attribute else { return };
        match (&**base, attr.as_str()) {
            // Approvals are what is asked for, not what is given.
            (Expr::Var(Var::Context), "approvals") => {}
            (Expr::Var(Var::Context), name) => match context_fact(name) {
                Some(fact) => {
                    self.context.insert(name.to_owned());
                    self.note(fact);
                }
                None => self.opaque = true,
            },
            (Expr::Var(Var::Resource), "class") => self.note(Fact::Class),
            (Expr::Var(Var::Resource), "range_km") => self.note(Fact::Range),
            (Expr::Var(Var::Resource), "origin") => self.note(Fact::Origin),
            (Expr::Var(Var::Resource), "labels") => self.note(Fact::Labels),
            // catch-all: strings, or Cedar's own types, which are not ours to list
            _ => self.opaque = true,
        }
    }

    fn note(&mut self, fact: Fact) {
        self.facts.insert(fact);
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "Cedar's expressions are an open set: what is not named here is not understood"
    )]
    fn polarity(&mut self, expr: &Expr) -> Polarity {
        if !mentions(expr) {
            return Polarity::Free;
        }
        match expr {
            Expr::UnaryOp { op: UnaryOp::Not, expr } => self.polarity(expr).flip(),
            Expr::BinaryOp { op: BinaryOp::And | BinaryOp::Or, left, right } => {
                let left = self.polarity(left);
                left.with(self.polarity(right))
            }
            Expr::BinaryOp { op, left, right } => match approvals_atom(*op, left, right) {
                Some(other) => self.atom(other),
                None => Polarity::Unknown,
            },
            Expr::IfThenElse { cond, then_expr, else_expr } if !mentions(cond) => {
                let then = self.polarity(then_expr);
                then.with(self.polarity(else_expr))
            }
            // catch-all: strings, or Cedar's own types, which are not ours to list
            _ => Polarity::Unknown,
        }
    }

    /// `context.approvals` has, or shares, what `other` gives: notes which offices that can be.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "Cedar's expressions are an open set: what is not named here is not understood"
    )]
    fn atom(&mut self, other: &Expr) -> Polarity {
        match other {
            Expr::Literal(Literal::EntityUID(uid)) if uid.ty.to_string() == "Office" => {
                match uid.eid.parse() {
                    Ok(office) => {
                        self.candidates.offices.insert(office);
                        Polarity::Up
                    }
                    Err(_) => Polarity::Unknown,
                }
            }
            Expr::Var(Var::Principal | Var::Resource) => {
                self.candidates.subject = true;
                Polarity::Up
            }
            Expr::GetAttr { expr, attr } if matches!(&**expr, Expr::Var(Var::Context)) => {
                let wanted = match attr.as_str() {
                    "foreign_controllers" => &mut self.candidates.foreign,
                    "origin_deciding" => &mut self.candidates.origin,
                    "deciding" => &mut self.candidates.deciding,
                    // catch-all: strings, or Cedar's own types, which are not ours to list
                    _ => return Polarity::Unknown,
                };
                *wanted = true;
                Polarity::Up
            }
            Expr::Set(parts) => {
                parts.iter().fold(Polarity::Up, |all, part| all.with(self.atom(part)))
            }
            Expr::IfThenElse { then_expr, else_expr, .. } => {
                let then = self.atom(then_expr);
                then.with(self.atom(else_expr))
            }
            // catch-all: strings, or Cedar's own types, which are not ours to list
            _ => Polarity::Unknown,
        }
    }
}

/// The other side of `approvals.contains(x)`, `approvals.containsAll(x)`, and `containsAny` either
/// way round: the four that can only become true when approvals are added.
fn approvals_atom<'a>(op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Option<&'a Expr> {
    let having = matches!(op, BinaryOp::Contains | BinaryOp::ContainsAll | BinaryOp::ContainsAny);
    if having && is_approvals(left) && !mentions(right) {
        Some(right)
    } else if matches!(op, BinaryOp::ContainsAny) && is_approvals(right) && !mentions(left) {
        Some(left)
    } else {
        None
    }
}

fn is_approvals(expr: &Expr) -> bool {
    matches!(expr, Expr::GetAttr { expr, attr }
        if attr == "approvals" && matches!(&**expr, Expr::Var(Var::Context)))
}

/// Whether the approvals, or the context as a whole, occur in it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Cedar's expressions are an open set: what is not named here is searched through"
)]
fn mentions(expr: &Expr) -> bool {
    match expr {
        Expr::GetAttr { expr: base, .. } | Expr::HasAttr { expr: base, .. }
            if matches!(&**base, Expr::Var(_)) =>
        {
            is_approvals(expr)
        }
        Expr::Var(Var::Context) => true,
        other => children(other).is_none_or(|parts| parts.into_iter().any(mentions)),
    }
}

pub(super) fn context_fact(name: &str) -> Option<Fact> {
    Some(match name {
        "zones" => Fact::Zone,
        "quantity" => Fact::Quantity,
        "foreign_controllers" | "origin_deciding" => Fact::Controllers,
        "deciding" => Fact::Deciding,
        "proved" => Fact::Proved,
        "label" => Fact::Label,
        "concerned" => Fact::Concerned,
        "consulted" => Fact::Consulted,
        "class" => Fact::Class,
        "requested" => Fact::Requested,
        "recipient" => Fact::Recipient,
        "now" => Fact::Now,
        "released_total" => Fact::Released,
        "used_total" => Fact::Used,
        "certified" => Fact::Certified,
        "notice_days" => Fact::Notice,
        "replaced" => Fact::Replaced,
        "key_only" => Fact::KeyOnly,
        "exercise" => Fact::Exercise,
        // catch-all: strings, or Cedar's own types, which are not ours to list
        _ => return None,
    })
}

/// The parts of an expression; `None` for a kind that this program does not know.
pub(super) fn children(expr: &Expr) -> Option<Vec<&Expr>> {
    Some(match expr {
        Expr::Literal(_) | Expr::Var(_) => Vec::new(),
        Expr::UnaryOp { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::Like { expr, .. } => vec![expr],
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Is { expr, in_expr, .. } => {
            std::iter::once(&**expr).chain(in_expr.as_deref()).collect()
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => vec![cond, then_expr, else_expr],
        Expr::Set(parts) => parts.iter().map(|part| &**part).collect(),
        Expr::Record(fields) => fields.values().map(|part| &**part).collect(),
        Expr::Slot(_) | Expr::Unknown { .. } => return None,
        // catch-all: strings, or Cedar's own types, which are not ours to list
        _ => return None,
    })
}

/// What an expression itself, its parts aside, could fail at. Only what is known to be safe after
/// strict validation passes: no arithmetic, which can overflow; attributes of the request's own
/// entities, which are there, and of nothing else; extension values from literals.
fn fallible(expr: &Expr) -> Option<String> {
    match expr {
        Expr::UnaryOp { op, expr } => {
            let literal = matches!(&**expr, Expr::Literal(Literal::String(_)));
            let made = matches!(op, UnaryOp::Datetime | UnaryOp::Duration | UnaryOp::Decimal);
            let safe = matches!(op, UnaryOp::Not | UnaryOp::IsEmpty) || (made && literal);
            (!safe).then(|| format!("`{op}` can fail"))
        }
        Expr::BinaryOp { op, .. } => (!never_fails(*op)).then(|| format!("`{op}` can fail")),
        Expr::GetAttr { expr, attr } => {
            (!matches!(&**expr, Expr::Var(_))).then(|| format!("`.{attr}` of another entity"))
        }
        Expr::HasAttr { expr, attrs } => (!matches!(&**expr, Expr::Var(_))
            || !attrs.tail.is_empty())
        .then(|| format!("`has {}` of another entity", attrs.head)),
        Expr::Literal(_)
        | Expr::Var(_)
        | Expr::Like { .. }
        | Expr::Is { .. }
        | Expr::IfThenElse { .. }
        | Expr::Set(_)
        | Expr::Record(_) => None,
        Expr::Slot(_) | Expr::Unknown { .. } => Some("a slot".to_owned()),
        // catch-all: strings, or Cedar's own types, which are not ours to list
        _ => Some("an expression unknown to this program".to_owned()),
    }
}

fn never_fails(op: BinaryOp) -> bool {
    let joins_or_searches = matches!(
        op,
        BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::In
            | BinaryOp::Contains
            | BinaryOp::ContainsAll
            | BinaryOp::ContainsAny
            | BinaryOp::DecimalLessThan
            | BinaryOp::DecimalLessEq
            | BinaryOp::DecimalGreater
            | BinaryOp::DecimalGreaterEq
    );
    compares(op) || joins_or_searches
}
