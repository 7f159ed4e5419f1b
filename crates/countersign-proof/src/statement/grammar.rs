//! The lines of each kind of statement: keys, order, how each value is written, and the rules that
//! the values of one statement keep among themselves.

use super::kinds::{
    Advice, Appointment, Binding, ClassOverride, Decision, DiversionOrder, Erasure, Founding, Hold,
    KeyEnrolment, KeyRevocation, Lift, LogKeyRotation, OverrideLift, PolicyPublication, Session,
    Terms,
};
use super::lines::{LineReader, LineWriter, Lines};
use super::value::{
    Head, Maybe, OpenSshKey, Origin, Reason, Set, Source, SourceOrNone, Value, Word, YesNo,
};
use super::{Fault, Statement, StatementError, StatementKind};
use crate::words::{
    AdviceKind, DecisionKind, Digest, Moment, Nonce, OfficeId, PersonId, Role, Window,
};

fn put<V: Value<T>, T>(out: &mut LineWriter, key: &'static str, value: &T) {
    out.line(key, |text| V::write(value, text));
}

fn take<V: Value<T>, T>(
    lines: &mut LineReader<'_>,
    key: &'static str,
) -> Result<T, StatementError> {
    let (line, written) = lines.take(key)?;
    let foreign = written.chars().find(|found| !V::FREE && !found.is_ascii());
    let value = match foreign {
        Some(found) => Err(Fault::NotAscii { found }),
        None => V::read(written),
    };
    value.map_err(|fault| StatementError { line, key, fault })
}

/// Writes a window as its two moments, each in a line.
fn put_validity(out: &mut LineWriter, validity: Window) {
    put::<Word, _>(out, "not-before", &validity.from());
    put::<Word, _>(out, "expires", &validity.until());
}

fn take_validity(lines: &mut LineReader<'_>) -> Result<Window, StatementError> {
    let from: Moment = take::<Word, _>(lines, "not-before")?;
    let until: Moment = take::<Word, _>(lines, "expires")?;
    let rule = Fault::Rule("expires must be later than not-before");
    Window::new(from, until).ok_or_else(|| lines.at("expires", rule))
}

/// Appends the keys of a part.
fn keys_of<W, P: Lines>(_part: fn(&W) -> &P, out: &mut Vec<&'static str>) {
    P::keys(out);
}

/// One table for each kind: `group` for lines of another table, `span` for the two moments of a
/// validity, otherwise a key and how its value is written.
macro_rules! lines {
    ($type:ident { $($field:ident: $how:tt $(($key:literal))?),+ $(,)? } $($rule:expr)?) => {
        impl Lines for $type {
            fn write_lines(&self, out: &mut LineWriter) {
                $(lines!(@put self, out, $field, $how $(($key))?);)+
            }
            fn read_lines(lines: &mut LineReader<'_>) -> Result<Self, StatementError> {
                Ok(Self { $($field: lines!(@take lines, $how $(($key))?)),+ })
            }
            fn keys(out: &mut Vec<&'static str>) {
                $(lines!(@keys $type, out, $field, $how $(($key))?);)+
            }
            $(fn broken_rule(&self) -> Option<(&'static str, &'static str)> {
                $rule(self)
            })?
        }
    };
    (@put $self:ident, $out:ident, $field:ident, group) => { $self.$field.write_lines($out) };
    (@put $self:ident, $out:ident, $field:ident, span) => { put_validity($out, $self.$field) };
    (@put $self:ident, $out:ident, $field:ident, $how:tt ($key:literal)) => {
        put::<$how, _>($out, $key, &$self.$field)
    };
    (@take $lines:ident, group) => { Lines::read_lines($lines)? };
    (@take $lines:ident, span) => { take_validity($lines)? };
    (@take $lines:ident, $how:tt ($key:literal)) => { take::<$how, _>($lines, $key)? };
    (@keys $type:ident, $out:ident, $field:ident, group) => {
        keys_of(|whole: &$type| &whole.$field, $out)
    };
    (@keys $type:ident, $out:ident, $field:ident, span) => {
        $out.extend(["not-before", "expires"])
    };
    (@keys $type:ident, $out:ident, $field:ident, $how:tt ($key:literal)) => { $out.push($key) };
}

lines!(Binding {
    ledger: Word("ledger"),
    exercise: YesNo("exercise"),
    checkpoint: Head("checkpoint"),
    nonce: Word("nonce"),
    validity: span,
});

lines!(Terms {
    request: Word("request"),
    revision: Word("revision"),
    revision_digest: Word("revision-digest"),
    act: Word("act"),
    item: Word("item"),
    quantity: Word("quantity"),
    zones: Set("zones"),
    holder: Word("holder"),
    depot: Maybe("depot"),
    window: Word("window"),
});

lines!(Decision {
    terms: group,
    office: Word("office"),
    signer: Word("signer"),
    decision: Word("decision"),
    provisos: Word("provisos"),
    policy: Word("policy"),
    policy_digest: Word("policy-digest"),
    binding: group,
    reason: Reason("reason"),
} |decision: &Decision| {
    let approves = match decision.decision {
        DecisionKind::Approve => true,
        DecisionKind::Refuse | DecisionKind::Withdraw | DecisionKind::Ask => false,
    };
    if decision.terms.quantity.is_zero() {
        Some(("quantity", "the quantity is at least 1"))
    } else if !approves && !decision.provisos.is_empty() {
        Some(("provisos", "provisos go only with `approve`; write `-`"))
    } else {
        None
    }
});

lines!(Advice {
    request: Word("request"),
    revision: Word("revision"),
    revision_digest: Word("revision-digest"),
    office: Word("office"),
    signer: Word("signer"),
    advice: Word("advice"),
    provisos: Word("provisos"),
    binding: group,
    reason: Reason("reason"),
} |advice: &Advice| {
    let wants = match advice.advice {
        AdviceKind::ApproveWithProvisos => true,
        AdviceKind::Approve | AdviceKind::Refuse | AdviceKind::NoObjection => false,
    };
    match (wants, advice.provisos.is_empty()) {
        (true, true) => Some(("provisos", "`approve-with-provisos` must name at least one")),
        (false, false) => {
            Some(("provisos", "provisos go only with `approve-with-provisos`; write `-`"))
        }
        (true, false) | (false, true) => None,
    }
});

lines!(Appointment {
    change: Word("change"),
    subject_office: Word("subject-office"),
    person: Word("person"),
    role: Word("role"),
    deputy_of: Maybe("deputy-of"),
    acts: Set("acts"),
    span: Word("span"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
} |appointment: &Appointment| {
    match (appointment.role, &appointment.deputy_of, appointment.acts.is_empty()) {
        (Role::Incumbent, None, true) | (Role::Deputy, Some(_), false) => None,
        (Role::Incumbent, Some(_), _) => Some(("deputy-of", "only a deputy has one; write `-`")),
        (Role::Incumbent, None, false) => Some(("acts", "only a deputy has them; write `-`")),
        (Role::Deputy, None, _) => Some(("deputy-of", "a deputy must name the incumbent")),
        (Role::Deputy, Some(_), true) => Some(("acts", "a deputy must name at least one act")),
    }
});

lines!(KeyEnrolment {
    person: Word("person"),
    public_key: OpenSshKey("public-key"),
    expires_on: Word("expires-on"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(KeyRevocation {
    person: Word("person"),
    key: Word("key"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(Erasure {
    person: Word("person"),
    entries: Set("entries"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
} |erasure: &Erasure| {
    let seen = erasure.binding.checkpoint.size;
    if erasure.entries.is_empty() {
        Some(("entries", "an erasure names the entries that it is about"))
    } else if erasure.entries.iter().any(|entry| entry.0 >= seen) {
        Some(("entries", "an erasure is about entries that its checkpoint has"))
    } else if erasure.reason.trim().is_empty() {
        Some(("reason", "an erasure cannot be undone; say why"))
    } else {
        None
    }
});

lines!(PolicyPublication {
    version: Word("version"),
    digest: Word("digest"),
    supersedes: Word("supersedes"),
    in_force_from: Word("in-force-from"),
    source: Source("source"),
    standing: Word("standing"),
    transition: Word("transition"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(Hold {
    scope: Word("scope"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(Lift {
    hold: Word("hold"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(ClassOverride {
    item: Word("item"),
    class: Word("class"),
    until: Word("until"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(OverrideLift {
    item: Word("item"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(DiversionOrder {
    item: Word("item"),
    owner: Word("owner"),
    plan: Word("plan"),
    quantity: Word("quantity"),
    recipients: Set("recipients"),
    certification: SourceOrNone("certification"),
    notice_days: Word("notice-days"),
    replacement: Maybe("replacement"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
} |order: &DiversionOrder| {
    if order.quantity.is_zero() {
        Some(("quantity", "the quantity is at least 1"))
    } else if order.recipients.is_empty() {
        Some(("recipients", "an order takes from somebody; name whom"))
    } else {
        None
    }
});

lines!(LogKeyRotation {
    log_key: Word("log-key"),
    replaces: Word("replaces"),
    office: Word("office"),
    signer: Word("signer"),
    binding: group,
    reason: Reason("reason"),
});

lines!(Founding {
    origin: Origin("origin"),
    exercise: YesNo("exercise"),
    charter_digest: Word("charter-digest"),
    policy: Word("policy"),
    policy_digest: Word("policy-digest"),
    log_key: Word("log-key"),
    founded_at: Word("founded-at"),
    nonce: Word("nonce"),
    signer: Word("signer"),
    reason: Reason("reason"),
});

lines!(Session {
    ledger: Word("ledger"),
    signer: Word("signer"),
    nonce: Word("nonce"),
    validity: span,
});

/// The kinds that are bound to a ledger: with an office, or without one.
macro_rules! bound {
    ($($type:ident = $kind:ident $($office:ident)?),+ $(,)?) => {
        $(impl Statement for $type {
            const KIND: StatementKind = StatementKind::$kind;
            fn signer(&self) -> &PersonId {
                &self.signer
            }
            fn nonce(&self) -> Nonce {
                self.binding.nonce
            }
            fn binding(&self) -> Option<&Binding> {
                Some(&self.binding)
            }
            $(fn office(&self) -> Option<&OfficeId> {
                Some(&self.$office)
            })?
            fn reason(&self) -> Option<&str> {
                Some(&self.reason)
            }
        })+
    };
}

bound!(
    Decision = Decision office,
    Advice = Advice office,
    Appointment = Appointment office,
    KeyEnrolment = Enrolment,
    KeyRevocation = Revocation,
    Erasure = Erasure,
    PolicyPublication = Publication office,
    Hold = Hold office,
    Lift = Lift office,
    ClassOverride = Override office,
    OverrideLift = OverrideLift office,
    DiversionOrder = Diversion office,
    LogKeyRotation = Rotation office,
);

impl Statement for Founding {
    const KIND: StatementKind = StatementKind::Founding;
    fn signer(&self) -> &PersonId {
        &self.signer
    }
    fn nonce(&self) -> Nonce {
        self.nonce
    }
    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
}

impl Statement for Session {
    const KIND: StatementKind = StatementKind::Session;
    fn signer(&self) -> &PersonId {
        &self.signer
    }
    fn nonce(&self) -> Nonce {
        self.nonce
    }
    fn ledger(&self) -> Option<Digest> {
        Some(self.ledger)
    }
    fn validity(&self) -> Option<Window> {
        Some(self.validity)
    }
}
