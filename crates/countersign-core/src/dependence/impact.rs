//! What would another version have asked of requests, releases and holdings?
//!
//! Past requests are put to the other version as policy saw them then; what is open or live, and
//! what is held, as it stands now. Nothing is changed, and nothing here decides anything: an
//! approval given under one version counts under no other until it is given anew. What is still
//! missing is told as if those who signed would sign again.

use super::history::{History, Seen};
use super::holdings::{Holding, holdings};
use super::report::{Answer, Judge, Said, Terms};
use crate::State;
use crate::people::{Mark, open_offices};
use crate::policy::{
    Compiled, Explained, ItemQuestion, PolicyError, Preconditions, Question, Replay, Subject,
    Totals, Verdict,
};
use crate::requests::{Draft, Release, Request, totals_beside};
use crate::stock::{Item, ItemClass};
use countersign_proof::signature::Assurance;
use countersign_proof::words::{
    DecisionKind, ItemId, Moment, OfficeId, PartyId, PersonId, PolicyVersionId, Quantity,
    ReleaseId, RequestId, ZoneId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the versions are compared on.
#[derive(Clone, Debug)]
pub struct Comparing<'a> {
    /// The version that judges before; for what is past, the one that judged it then where this is
    /// `None`, and for the rest the one in force.
    pub from: Option<(&'a PolicyVersionId, &'a Compiled)>,
    /// The other version.
    pub to: (&'a PolicyVersionId, &'a Compiled),
    /// Only requests made at this moment or later, and the releases that came of them.
    pub since: Option<Moment>,
    /// How many units of a holding a request would ask for.
    pub quantity: Quantity,
}

/// What becomes of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing.
    Same,
    /// Nobody's consent was needed; now somebody's is.
    Locked,
    /// Somebody's consent was needed, or it was prohibited; now nobody's is.
    Freed,
    /// Other offices must consent.
    OtherSigners,
    /// It is prohibited now.
    Prohibited,
    /// It was prohibited; now it can be consented to.
    Opened,
}

impl Change {
    /// All of them, in order.
    pub const ALL: &'static [Self] = &[
        Self::Same,
        Self::Locked,
        Self::Freed,
        Self::OtherSigners,
        Self::Prohibited,
        Self::Opened,
    ];

    /// What lies between two verdicts; no answer counts as prohibited.
    #[must_use]
    pub fn between(before: &Verdict, after: &Verdict) -> Self {
        match (before, after) {
            (before, after) if before == after => Self::Same,
            (_, Verdict::Standing) => Self::Freed,
            (_, Verdict::Prohibited) => Self::Prohibited,
            (Verdict::Standing, Verdict::Needs(_)) => Self::Locked,
            (Verdict::Prohibited, Verdict::Needs(_)) => Self::Opened,
            (Verdict::Needs(_), Verdict::Needs(_)) => Self::OtherSigners,
        }
    }

    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Locked => "locked",
            Self::Freed => "freed",
            Self::OtherSigners => "other signers",
            Self::Prohibited => "prohibited",
            Self::Opened => "opened",
        }
    }
}

/// What is asked of policy: the facts of a request, wherever they come from.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What is asked for.
    pub draft: &'a Draft,
    /// The item, in its class of then.
    pub item: &'a Item,
    /// What the holder had out and had used.
    pub totals: Totals,
    /// When.
    pub at: Moment,
    /// Whether a signature at hand was made without user verification.
    pub key_only: bool,
    /// Whether the ledger is an exercise.
    pub exercise: bool,
}

impl Asked<'_> {
    /// Puts it to a version.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn put_to(&self, version: &mut Replay<'_>) -> Result<Arc<Explained>, PolicyError> {
        let draft = self.draft;
        let question = Question {
            act: draft.act,
            subject: Subject::Item(ItemQuestion {
                holder: &draft.holder,
                item: self.item,
                zone: None,
                quantity: draft.quantity,
                recipient: draft.recipient.as_ref(),
                requested: draft.act,
                totals: self.totals,
                preconditions: Preconditions::default(),
            }),
            now: self.at,
            key_only: self.key_only,
            exercise: self.exercise,
        };
        version.verdict_over(&question, &draft.zones)
    }
}

/// What one version says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which version; `None` where its name is not known any more.
    pub policy: PolicyVersionId,
    /// Who must consent, and by which policies.
    pub said: Result<Arc<Explained>, PolicyError>,
    /// The offices still missing of each approval set, given the signatures at hand, least sets
    /// only; empty where nothing is missing, or nothing would help.
    pub missing: BTreeSet<BTreeSet<OfficeId>>,
    /// Whether the signatures at hand, or nobody's, would do.
    pub satisfied: bool,
}

impl Judged {
    /// Who must consent; nobody can where policy gives no answer.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        self.said.as_ref().map_or(&Verdict::Prohibited, |explained| &explained.verdict)
    }
}

/// A request under both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestImpact {
    /// Which request.
    pub id: RequestId,
    /// As of when it was put to the versions: when it was decided, or now if it is open.
    pub at: Moment,
    /// What is said before.
    pub before: Judged,
    /// What is said after.
    pub after: Judged,
    /// What lies between.
    pub change: Change,
}

/// What would become of a release if the other version came into force and had it judged anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It has ended.
    Ended,
    /// It stands without anybody's consent.
    Stands,
    /// It is suspended until it is approved anew.
    Waits,
    /// It ends, for it is prohibited.
    Ends,
}

impl Fate {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Stands => "stands",
            Self::Waits => "waits",
            Self::Ends => "ends",
        }
    }
}

/// A release under both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseImpact {
    /// Which release.
    pub id: ReleaseId,
    /// The request that it came from.
    pub request: RequestId,
    /// Units that may still be drawn; 0 once it has ended.
    pub left: u64,
    /// What is said before.
    pub before: Judged,
    /// What is said after.
    pub after: Judged,
    /// What lies between.
    pub change: Change,
    /// What would become of it.
    pub fate: Fate,
}

/// Zones in which the use of a holding is judged alike before, and alike after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneImpact {
    /// Which zones.
    pub zones: BTreeSet<ZoneId>,
    /// What is said before.
    pub before: Said,
    /// What is said after.
    pub after: Said,
    /// What lies between.
    pub change: Change,
}

/// A holding under both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingImpact {
    /// Who holds.
    pub holder: PartyId,
    /// What.
    pub item: ItemId,
    /// How much.
    pub holding: Holding,
    /// Its use before.
    pub before: Arc<Answer>,
    /// Its use after.
    pub after: Arc<Answer>,
    /// What lies between, for use in every zone at once.
    pub change: Change,
    /// The same zone by zone.
    pub zones: Vec<ZoneImpact>,
}

impl HoldingImpact {
    /// Units that cannot be used everywhere with nobody's consent: before, and after.
    #[must_use]
    pub fn locked(&self) -> (u64, u64) {
        let locked = |answer: &Answer| match answer.everywhere.verdict() {
            Verdict::Standing => 0,
            Verdict::Needs(_) | Verdict::Prohibited => self.holding.units(),
        };
        (locked(&self.before), locked(&self.after))
    }

    /// The zones where nobody's consent was needed and now is, or nobody's would do any more.
    #[must_use]
    pub fn newly_locked(&self) -> BTreeSet<ZoneId> {
        self.between(|zone| {
            let was_free = matches!(zone.before, Ok(Verdict::Standing));
            was_free && zone.change != Change::Same
        })
    }

    /// The zones where nobody's consent is needed any more.
    #[must_use]
    pub fn newly_free(&self) -> BTreeSet<ZoneId> {
        self.between(|zone| zone.change == Change::Freed)
    }

    fn between(&self, wanted: impl Fn(&ZoneImpact) -> bool) -> BTreeSet<ZoneId> {
        self.zones.iter().filter(|zone| wanted(zone)).flat_map(|z| z.zones.clone()).collect()
    }
}

/// What another version would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// Every request, in the order of the record.
    pub requests: Vec<RequestImpact>,
    /// Every release, in the order of the record.
    pub releases: Vec<ReleaseImpact>,
    /// Every holding of which there are units.
    pub holdings: Vec<HoldingImpact>,
    /// For every office that can lock units alone: how many before, and after.
    pub offices: BTreeMap<OfficeId, (u64, u64)>,
}

/// Compares two versions on all that is in the record.
///
/// # Errors
/// A rejection where the ledger has no version in force, or one that cannot be evaluated.
pub fn impact(
    state: &State,
    history: &History,
    comparing: &Comparing<'_>,
) -> Result<Impact, crate::policy::Rejection> {
    let mut bench = Bench::new(state, history, comparing);
    let since = |request: &Request| comparing.since.is_none_or(|at| request.submitted_at >= at);
    let mut requests = Vec::new();
    for request in state.requests.all().iter().filter(|request| since(request)) {
        requests.push(bench.request(request)?);
    }
    let mut releases = Vec::new();
    for release in state.requests.releases() {
        let Some(request) = state.requests.request(release.request) else { continue };
        if since(request) {
            releases.push(bench.release(release, request)?);
        }
    }
    let held = held(state, comparing)?;
    let mut offices: BTreeMap<OfficeId, (u64, u64)> = BTreeMap::new();
    for holding in &held {
        let units = holding.holding.units();
        for office in &holding.before.everywhere.vetoes {
            let sums = offices.entry(office.clone()).or_default();
            sums.0 = sums.0.saturating_add(units);
        }
        for office in &holding.after.everywhere.vetoes {
            let sums = offices.entry(office.clone()).or_default();
            sums.1 = sums.1.saturating_add(units);
        }
    }
    Ok(Impact { requests, releases, holdings: held, offices })
}

/// Where requests and releases are put to the versions.
struct Bench<'a> {
    state: &'a State,
    history: &'a History,
    before: BTreeMap<PolicyVersionId, Replay<'a>>,
    from: Option<&'a PolicyVersionId>,
    to: &'a PolicyVersionId,
    after: Replay<'a>,
    /// Items in a class that they are not in now.
    items: BTreeMap<(ItemId, ItemClass), Arc<Item>>,
}

/// Where the facts of a question are taken from.
enum Facts<'a> {
    Then(&'a Seen),
    Now(Option<&'a Release>),
}

impl<'a> Bench<'a> {
    fn new(state: &'a State, history: &'a History, comparing: &Comparing<'a>) -> Self {
        let mut before = BTreeMap::new();
        if let Some((id, version)) = comparing.from {
            before.insert(id.clone(), Replay::of(version));
        }
        let (to, after) = comparing.to;
        let from = comparing.from.map(|(id, _)| id);
        let (after, items) = (Replay::of(after), BTreeMap::new());
        Self { state, history, before, from, to, after, items }
    }

    fn request(&mut self, request: &Request) -> Result<RequestImpact, crate::policy::Rejection> {
        let seen = self.history.request(request.id);
        let facts = match seen {
            Some(seen) if !request.state.is_open() => Facts::Then(seen),
            Some(_) | None => Facts::Now(None),
        };
        let policy = match &facts {
            Facts::Then(seen) => seen.policy.clone(),
            Facts::Now(_) => request.policy.clone(),
        };
        let (at, before, after) = self.judge(request, &request.draft, &facts, &policy)?;
        let change = Change::between(before.verdict(), after.verdict());
        Ok(RequestImpact { id: request.id, at, before, after, change })
    }

    fn release(
        &mut self,
        release: &Release,
        request: &Request,
    ) -> Result<ReleaseImpact, crate::policy::Rejection> {
        let ended = release.state.has_ended();
        let facts = match self.history.release(release.id) {
            Some(seen) if ended => Facts::Then(seen),
            Some(_) | None => Facts::Now(Some(release)),
        };
        let policy = match &facts {
            Facts::Then(seen) => seen.policy.clone(),
            Facts::Now(_) => release.policy.clone(),
        };
        let draft = request.draft.narrowed(&release.usable);
        let (_, before, after) = self.judge(request, &draft, &facts, &policy)?;
        let change = Change::between(before.verdict(), after.verdict());
        let fate = match (ended, after.verdict()) {
            (true, _) => Fate::Ended,
            (false, Verdict::Standing) => Fate::Stands,
            (false, Verdict::Needs(_)) => Fate::Waits,
            // Where policy gives no answer a release is suspended and not ended.
            (false, Verdict::Prohibited) if after.said.is_err() => Fate::Waits,
            (false, Verdict::Prohibited) => Fate::Ends,
        };
        Ok(ReleaseImpact {
            id: release.id,
            request: request.id,
            left: if ended { 0 } else { release.left().units() },
            before,
            after,
            change,
            fate,
        })
    }

    fn judge(
        &mut self,
        request: &Request,
        draft: &Draft,
        facts: &Facts<'_>,
        policy: &PolicyVersionId,
    ) -> Result<(Moment, Judged, Judged), crate::policy::Rejection> {
        let state = self.state;
        let (at, totals, class) = match facts {
            Facts::Then(seen) => (seen.at, seen.totals, Some(&seen.class)),
            Facts::Now(own) => (state.ledger.clock, totals_beside(state, draft, *own), None),
        };
        let item = self.item(&draft.item, class);
        let from = self.from.unwrap_or(policy).clone();
        if !self.before.contains_key(&from) {
            let version = state.policy.version(&from)?.compiled()?;
            self.before.insert(from.clone(), Replay::of(version));
        }
        let judged = |id: &PolicyVersionId, replay: Option<&mut Replay<'a>>| {
            let approvals = Approvals::on(request, id);
            let said = match (&item, replay) {
                (Some(item), Some(replay)) => Asked {
                    draft,
                    item,
                    totals,
                    at,
                    key_only: approvals.key_only,
                    exercise: state.ledger.exercise,
                }
                .put_to(replay),
                (None, _) | (_, None) => {
                    Err(PolicyError::UnknownEntity { kind: "item", id: draft.item.to_string() })
                }
            };
            approvals.judged(state, id, said)
        };
        let before = judged(&from, self.before.get_mut(&from));
        let after = judged(self.to, Some(&mut self.after));
        Ok((at, before, after))
    }

    /// The item in the class that it had.
    fn item(&mut self, id: &ItemId, class: Option<&ItemClass>) -> Option<Arc<Item>> {
        let now = self.state.stock.item(id)?;
        let class = class.unwrap_or(&now.class);
        let key = (id.clone(), class.clone());
        let made = || Arc::new(Item { class: class.clone(), ..now.clone() });
        Some(Arc::clone(self.items.entry(key).or_insert_with(made)))
    }
}

/// The approvals at hand on a request.
struct Approvals<'r> {
    signed: Vec<(&'r PersonId, &'r OfficeId)>,
    key_only: bool,
}

impl<'r> Approvals<'r> {
    /// Under the version that the request stands under, those that count. Under another, those of
    /// the last revision that were not taken back, whatever version they were given under.
    fn on(request: &'r Request, policy: &PolicyVersionId) -> Self {
        let own = request.policy == *policy;
        let at_hand = request.decisions.iter().filter(|made| {
            made.decision == DecisionKind::Approve
                && !made.void
                && made.revision == request.revision
                && (!own || made.policy == request.policy)
        });
        let at_hand: Vec<_> = at_hand.collect();
        let key_only = at_hand.iter().any(|made| made.signed.assurance == Assurance::KeyOnly);
        let signed = at_hand.iter().map(|made| (&made.signed.person, &made.signed.office));
        Self { signed: signed.collect(), key_only }
    }

    fn judged(
        &self,
        state: &State,
        policy: &PolicyVersionId,
        said: Result<Arc<Explained>, PolicyError>,
    ) -> Judged {
        let (missing, satisfied) = match said.as_ref().map(|explained| &explained.verdict) {
            Ok(Verdict::Needs(sets)) if self.signed.is_empty() => (sets.clone(), false),
            Ok(Verdict::Needs(sets)) => self.missing(state, sets),
            Ok(Verdict::Standing) => (BTreeSet::new(), true),
            Ok(Verdict::Prohibited) | Err(_) => (BTreeSet::new(), false),
        };
        Judged { policy: policy.clone(), said, missing, satisfied }
    }

    fn missing(
        &self,
        state: &State,
        sets: &BTreeSet<BTreeSet<OfficeId>>,
    ) -> (BTreeSet<BTreeSet<OfficeId>>, bool) {
        let mark = |(person, office)| Mark { person, office };
        let marks: Vec<Mark<'_>> = self.signed.iter().copied().map(mark).collect();
        let quorum = state.people.quorum();
        let open: BTreeSet<BTreeSet<OfficeId>> = sets
            .iter()
            .map(|set| open_offices(set, &quorum, &marks).into_iter().cloned().collect())
            .collect();
        if open.contains(&BTreeSet::new()) {
            return (BTreeSet::new(), true);
        }
        let least = |set: &&BTreeSet<OfficeId>| {
            !open.iter().any(|other| other != *set && other.is_subset(set))
        };
        (open.iter().filter(least).cloned().collect(), false)
    }
}

/// The holdings under both versions.
fn held(
    state: &State,
    comparing: &Comparing<'_>,
) -> Result<Vec<HoldingImpact>, crate::policy::Rejection> {
    let from = match comparing.from {
        Some((_, version)) => version,
        None => state.policy.current()?.compiled()?,
    };
    let at = state.ledger.clock;
    let quantity = comparing.quantity;
    let before = Terms { quantity, ..Terms::all(from, at) };
    let after = Terms { quantity, ..Terms::all(comparing.to.1, at) };
    let (mut before, mut after) =
        (Judge::new(&before, state.ledger.exercise), Judge::new(&after, state.ledger.exercise));
    let mut found = Vec::new();
    for (holder, items) in holdings(state) {
        for (id, holding) in items {
            let item = state.stock.item(&id).filter(|_| holding.units() > 0);
            let Some(item) = item else { continue };
            let totals = state.requests.totals(&holder, &id);
            let before = before.usable(&holder, item, totals);
            let after = after.usable(&holder, item, totals);
            let change = Change::between(before.everywhere.verdict(), after.everywhere.verdict());
            let zones = zones(&before, &after);
            let holder = holder.clone();
            found.push(HoldingImpact { holder, item: id, holding, before, after, change, zones });
        }
    }
    Ok(found)
}

/// Every pair of verdicts that zones get, in the order of their first zones.
fn zones(before: &Answer, after: &Answer) -> Vec<ZoneImpact> {
    let mut found = Vec::new();
    for was in &before.zones {
        for is in &after.zones {
            let zones: BTreeSet<ZoneId> = was.zones.intersection(&is.zones).cloned().collect();
            if !zones.is_empty() {
                let change = Change::between(was.consent.verdict(), is.consent.verdict());
                let (before, after) = (was.consent.said.clone(), is.consent.said.clone());
                found.push(ZoneImpact { zones, before, after, change });
            }
        }
    }
    found.sort_by(|a, b| a.zones.cmp(&b.zones));
    found
}
