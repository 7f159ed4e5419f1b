//! What must hold after every step, each as a function that names what it found broken.
//!
//! The invariants read only the state and share no code with `decide`, so that they can be wrong
//! independently of it. They are run after every step of every random history.

use crate::State;
use crate::people::Office;
use crate::requests::{DecisionMade, Release, ReleaseState, Request};
use crate::rerouting::OrderState;
use crate::stock::Outside;
use countersign_proof::words::{DecisionKind, EarmarkId, ItemId, Moment, OfficeId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// An invariant that does not hold, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {found}")]
pub struct Broken {
    /// Which one.
    pub invariant: &'static str,
    /// What was found.
    pub found: String,
}

/// An invariant: a name and a function that looks.
pub type Invariant = (&'static str, fn(&State) -> Result<(), String>);

/// All of them.
pub const ALL: &[Invariant] = &[
    ("a release is backed by its approval set", invariant_release_is_backed),
    ("a release counts once its witnesses have seen it", invariant_witnessed),
    ("one depot honours a release at a time", invariant_one_depot),
    ("a personal office signs in person", invariant_personal_in_person),
    ("no balance is below what is reserved", invariant_reserved_is_there),
    ("every unit is in exactly one account", invariant_units_add_up),
    ("no slot promises more than it has", invariant_slots_add_up),
    ("what is diverted was ordered", invariant_diverted_as_ordered),
    ("a class is the one that was judged", invariant_class_as_judged),
    ("a serial number stands for one unit", invariant_serials_are_single),
    ("what is executed was signed", invariant_executed_as_signed),
    ("what is open or live is on the agenda", invariant_agenda_is_complete),
    ("no requester signs their own request", invariant_four_eyes),
];

/// Checks every invariant.
///
/// # Errors
/// The first that is [`Broken`].
pub fn check(state: &State) -> Result<(), Broken> {
    for (invariant, holds) in ALL {
        holds(state).map_err(|found| Broken { invariant, found })?;
    }
    Ok(())
}

fn request_of<'a>(state: &'a State, release: &Release) -> Result<&'a Request, String> {
    let request = state.requests.request(release.request);
    request.ok_or_else(|| format!("{} has no request", release.id))
}

/// The approvals that a live release rests on.
fn approvals<'a>(request: &'a Request, release: &Release) -> Vec<&'a DecisionMade> {
    let counts = |made: &&DecisionMade| {
        made.decision == DecisionKind::Approve
            && !made.void
            && made.revision == release.revision
            && made.policy == release.policy
            && release.set.contains(&made.signed.office)
    };
    request.decisions.iter().filter(counts).collect()
}

/// Whether `person` held `office` at some time of the moment `at`: a term may be ended in the same
/// moment in which a signature was made, by a later entry.
fn held(state: &State, office: &OfficeId, person: &PersonId, at: Moment) -> bool {
    let mut terms = state.people.terms(office).filter(|term| term.person == *person);
    terms.any(|term| term.span.from <= at && at <= term.span.until)
}

/// Distinct persons for every slot, by trying all ways: small sets, no shared code.
fn fill(slots: &[&OfficeId], signers: &BTreeMap<&OfficeId, BTreeSet<&PersonId>>) -> bool {
    fn place<'a>(
        slots: &[&'a OfficeId],
        signers: &BTreeMap<&'a OfficeId, BTreeSet<&'a PersonId>>,
        taken: &mut BTreeSet<&'a PersonId>,
    ) -> bool {
        let Some((slot, rest)) = slots.split_first() else { return true };
        let people = signers.get(slot).cloned().unwrap_or_default();
        people.into_iter().any(|person| {
            taken.insert(person) && {
                let placed = place(rest, signers, taken);
                if !placed {
                    taken.remove(person);
                }
                placed
            }
        })
    }
    place(slots, signers, &mut BTreeSet::new())
}

/// A release under a version that demands witnesses is born suspended: it has been reinstated, or
/// is not usable.
fn invariant_witnessed(state: &State) -> Result<(), String> {
    for release in state.requests.live().filter(|release| release.state == ReleaseState::Issued) {
        let mut versions = state.policy.versions().iter();
        let version = versions.find(|version| version.bundle.version == release.policy);
        if version.is_none_or(|version| version.bundle.witnesses.is_some()) {
            return Err(format!("{} counts, and no witness has seen it", release.id));
        }
    }
    Ok(())
}

/// What is on certificates that are out is with one depot for each release; a certificate is of a
/// release that there is, and no depot has handed out on one what is not on the record.
fn invariant_one_depot(state: &State) -> Result<(), String> {
    let mut depots = BTreeMap::new();
    for one in state.requests.certificates() {
        let (id, release) = (one.terms.id, one.terms.release);
        if state.requests.release(release).is_none() {
            return Err(format!("{id} is of {release}, which there is not"));
        }
        let drawn = one.receipts > 0 || one.handed_out.is_zero();
        if !drawn {
            return Err(format!("{id}: units without a receipt"));
        }
        let account = one.account.as_ref();
        if account.is_some_and(|account| account.closed) {
            continue;
        }
        let depot = depots.entry(release).or_insert(&one.terms.depot);
        if **depot != one.terms.depot {
            return Err(format!("{release} is out to {depot} and {}", one.terms.depot));
        }
    }
    Ok(())
}

/// Invariant 1: a usable release has valid approvals by distinct persons, each in office when they
/// signed, that fill its whole approval set.
fn invariant_release_is_backed(state: &State) -> Result<(), String> {
    for release in state.requests.live().filter(|release| release.state.is_usable()) {
        let request = request_of(state, release)?;
        let mut signers: BTreeMap<&OfficeId, BTreeSet<&PersonId>> = BTreeMap::new();
        for made in approvals(request, release) {
            let signed = &made.signed;
            let speaks = signed.deputy_of.as_ref().unwrap_or(&signed.person);
            if !held(state, &signed.office, speaks, made.at) {
                let (person, office) = (&signed.person, &signed.office);
                return Err(format!("{}: {person} did not speak for {office}", release.id));
            }
            signers.entry(&signed.office).or_default().insert(&signed.person);
        }
        let quorum = |office: &&OfficeId| {
            usize::from(state.people.office(office).map_or(u8::MAX, |office| office.quorum))
        };
        let slots: Vec<&OfficeId> = release
            .set
            .iter()
            .flat_map(|office| std::iter::repeat_n(office, quorum(&office)))
            .collect();
        if !fill(&slots, &signers) {
            return Err(format!("{}: {:?} is not filled by {signers:?}", release.id, release.set));
        }
    }
    Ok(())
}

/// Invariant 2: whatever was signed for a personal office was signed by its incumbent.
fn invariant_personal_in_person(state: &State) -> Result<(), String> {
    let personal: BTreeSet<&OfficeId> =
        state.people.offices().filter(|office| office.personal).map(|o: &Office| &o.id).collect();
    for request in state.requests.all() {
        for made in request.decisions.iter().filter(|m| personal.contains(&m.signed.office)) {
            let signed = &made.signed;
            let incumbent = held(state, &signed.office, &signed.person, made.at);
            if signed.deputy_of.is_some() || !incumbent {
                return Err(format!(
                    "{}: {} signed for {}",
                    request.id, signed.person, signed.office
                ));
            }
        }
    }
    Ok(())
}

/// Invariant 3a: reserved ≤ on hand, and the reservations add up to what is reserved.
fn invariant_reserved_is_there(state: &State) -> Result<(), String> {
    let mut reserved = BTreeMap::new();
    for (release, lines) in state.stock.reservations() {
        let live = state.requests.release(release).is_some_and(|r| !r.state.has_ended());
        if !live {
            return Err(format!("{release} has ended, but still reserves units"));
        }
        for line in lines {
            let sum: &mut u64 = reserved.entry(&line.account).or_default();
            *sum = sum.saturating_add(line.units);
        }
    }
    for (account, balance) in state.stock.accounts() {
        let promised = reserved.remove(account).unwrap_or(0);
        if balance.reserved != promised || balance.reserved > balance.on_hand {
            return Err(format!("{account:?}: {balance:?}, but releases reserve {promised}"));
        }
    }
    match reserved.into_iter().next() {
        Some((account, units)) => {
            Err(format!("{units} units are reserved in no account {account:?}"))
        }
        None => Ok(()),
    }
}

/// Invariant 3b: what came in is on hand or used up, unit for unit.
fn invariant_units_add_up(state: &State) -> Result<(), String> {
    let mut on_hand: BTreeMap<&ItemId, u64> = BTreeMap::new();
    for (account, balance) in state.stock.accounts() {
        let sum = on_hand.entry(&account.item).or_default();
        *sum = sum.saturating_add(balance.on_hand);
    }
    for item in state.stock.items() {
        let sum = |sides: &[Outside]| {
            let units = sides.iter().map(|side| state.stock.outside(&item.id, *side));
            units.fold(0, u64::saturating_add)
        };
        let came = sum(&[Outside::Supply, Outside::Found]);
        let gone = sum(&[Outside::Used, Outside::Issued, Outside::Missing]);
        let there = on_hand.get(&item.id).copied().unwrap_or(0);
        if there.checked_add(gone) != Some(came) {
            return Err(format!("{}: {came} came in, {there} there, {gone} gone", item.id));
        }
    }
    Ok(())
}

/// Invariant 3c: what releases draw on is what slots have committed; nothing is promised twice; and
/// what earmarks keep follows from their slots.
fn invariant_slots_add_up(state: &State) -> Result<(), String> {
    let mut drawn = BTreeMap::new();
    for (release, draws) in state.stock.draws() {
        if state.requests.release(release).is_none_or(|release| release.state.has_ended()) {
            return Err(format!("{release} has ended, but still draws on an earmark"));
        }
        for draw in draws {
            let sum: &mut u64 = drawn.entry((&draw.earmark, draw.month)).or_default();
            *sum = sum.saturating_add(draw.units);
        }
    }
    let mut kept = BTreeMap::new();
    for earmark in state.stock.earmarks() {
        for (month, slot) in &earmark.slots {
            let committed = drawn.remove(&(&earmark.id, *month)).unwrap_or(0);
            let bound = slot.committed.saturating_add(slot.delivered);
            let within = bound <= slot.quantity && slot.made <= slot.quantity;
            if slot.committed != committed || !within || slot.delivered > slot.made {
                let id = &earmark.id;
                return Err(format!("{id}, {month}: {slot:?}, but releases draw {committed}"));
            }
            let sum: &mut u64 = kept.entry((&earmark.item, &earmark.owner)).or_default();
            *sum = sum.saturating_add(slot.made.saturating_sub(bound));
        }
    }
    for (item, owner, told) in state.stock.all_kept() {
        let units = kept.remove(&(item, owner)).unwrap_or(0);
        if told != units {
            return Err(format!("{item} of {owner}: {told} kept, {units} by the slots"));
        }
    }
    if let Some(((item, owner), units)) = kept.into_iter().find(|(_, units)| *units > 0) {
        return Err(format!("{item} of {owner}: {units} are kept by the slots alone"));
    }
    match drawn.into_iter().next() {
        Some(((earmark, month), units)) => {
            Err(format!("{units} units are drawn from no slot: {earmark}, {month}"))
        }
        None => Ok(()),
    }
}

/// Nobody loses promised units but by an order that was signed and executed; what an order owes is
/// what it took; and no more is given back than is owed.
fn invariant_diverted_as_ordered(state: &State) -> Result<(), String> {
    let mut ordered: BTreeMap<&EarmarkId, u64> = BTreeMap::new();
    for order in state.rerouting.orders() {
        if order.signed.is_empty() {
            return Err(format!("{} was signed by nobody", order.id));
        }
        let executed = order.state == OrderState::Executed;
        let taken = order.plan.lines().filter(|_| executed);
        for line in taken {
            let sum = ordered.entry(line.earmark).or_default();
            *sum = sum.saturating_add(line.slot.quantity);
        }
        let owed = state.rerouting.debts().iter().filter(|debt| debt.order == order.id);
        let owed = owed.map(|debt| debt.units).fold(0, u64::saturating_add);
        let owes = if executed && order.replacement.is_some() { order.plan.units() } else { 0 };
        if owed != owes {
            return Err(format!("{} owes {owed} units instead of {owes}", order.id));
        }
    }
    for earmark in state.stock.earmarks() {
        let diverted = earmark.slots.values().map(|slot| slot.diverted);
        let diverted = diverted.fold(0, u64::saturating_add);
        let by_order = ordered.remove(&earmark.id).unwrap_or(0);
        if diverted != by_order {
            return Err(format!("{}: {diverted} diverted, {by_order} by order", earmark.id));
        }
    }
    let too_much = state.rerouting.debts().iter().find(|debt| debt.repaid > debt.units);
    too_much.map_or(Ok(()), |debt| Err(format!("{} is repaid more than once", debt.id)))
}

/// The class that policy reads is the one that the last judgement gave.
fn invariant_class_as_judged(state: &State) -> Result<(), String> {
    for item in state.stock.items() {
        let remembered = state.triage.memory(&item.id).map(|memory| &memory.class);
        if remembered.is_some_and(|class| *class != item.class) {
            return Err(format!("{}: {} in the books, {remembered:?} judged", item.id, item.class));
        }
    }
    Ok(())
}

/// Invariant 3d: every unit of a serial item that is there has its number, and no two the same.
fn invariant_serials_are_single(state: &State) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (account, balance) in state.stock.accounts() {
        let there = account.state.is_there() && balance.on_hand > 0;
        if !there || !state.stock.item(&account.item).is_some_and(|item| item.serial) {
            continue;
        }
        let new = account.lot.as_ref().is_some_and(|lot| seen.insert((&account.item, lot)));
        if !new || balance.on_hand > 1 {
            return Err(format!("{account}: {} units", balance.on_hand));
        }
    }
    Ok(())
}

/// Invariant 4: a release lies within the revision that was signed, under the policy it was signed
/// under, and within every signer's provisos on quantity and window.
fn invariant_executed_as_signed(state: &State) -> Result<(), String> {
    for release in state.requests.live().filter(|release| release.state.is_usable()) {
        let request = request_of(state, release)?;
        let (draft, usable) = (&request.draft, &release.usable);
        let mut windows = vec![draft.window];
        let mut most = draft.quantity;
        for made in approvals(request, release) {
            let provisos = made.provisos.clone().unwrap_or_default();
            windows.extend(provisos.window);
            most = provisos.quantity.map_or(most, |quantity| most.min(quantity));
        }
        let inside = |window: &countersign_proof::words::Window| {
            window.from() <= usable.window.from() && usable.window.until() <= window.until()
        };
        if usable.quantity > most || !windows.iter().all(inside) {
            return Err(format!("{} allows more than was signed", release.id));
        }
        if request.revision != release.revision || request.policy != release.policy {
            return Err(format!("{} is of another revision or policy", release.id));
        }
    }
    Ok(())
}

/// Everything that can fall due has its place on the agenda, and nothing on it has passed.
fn invariant_agenda_is_complete(state: &State) -> Result<(), String> {
    let first = state.requests.next_due().map(|(moment, _)| moment);
    for request in state.requests.open() {
        let deadline = request.next_deadline();
        if deadline.is_none() || first.is_none_or(|first| Some(first) > deadline) {
            return Err(format!("{} is open, but nothing is due on it", request.id));
        }
        if deadline > Some(request.draft.window.until()) {
            return Err(format!("{} stays open beyond its window", request.id));
        }
    }
    for release in state.requests.live() {
        if first.is_none_or(|first| first > release.usable.window.until()) {
            return Err(format!("{} is live, but will never expire", release.id));
        }
    }
    Ok(())
}

/// Nobody's decision on their own request is on the record, nor on terms that they wrote.
fn invariant_four_eyes(state: &State) -> Result<(), String> {
    for request in state.requests.all() {
        for made in &request.decisions {
            let person = &made.signed.person;
            let wrote = request.revisers.get(person).is_some_and(|first| *first <= made.revision);
            if *person == request.requester || wrote {
                return Err(format!("{person} decided on {}", request.id));
            }
        }
    }
    Ok(())
}
