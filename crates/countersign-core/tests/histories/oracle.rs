//! A second set of books, kept from the events alone and by simple rules: what must have been so
//! for these events to happen?

use super::books::{Books, Terms};
use super::depots::Depots;
use super::rules::{above, filled, needs, origin};
use super::shelves::{Shelves, Whose};
use super::standing::NewVersion;
use super::world::WITNESSES;
use countersign_core::requests::{
    Breach, DecisionMade, Draft, Event as Requests, Suspension, Usable,
};
use countersign_core::{Event, ledger, policy, stock};
use countersign_proof::words::{
    DecisionKind, Digest, HoldScope, Moment, Nonce, OfficeId, PartyId, ReleaseId, RequestId,
};
use std::collections::{BTreeMap, BTreeSet};

/// A request as the oracle remembers it.
pub(super) struct Asked {
    pub(super) open: bool,
    pub(super) draft: Draft,
    pub(super) revision: u32,
    pub(super) policy: String,
    authors: BTreeSet<String>,
    recused: BTreeSet<String>,
    said: Vec<DecisionMade>,
    release: Option<u64>,
}

/// A release as the oracle remembers it.
pub(super) struct Right {
    pub(super) request: u64,
    pub(super) usable: Usable,
    pub(super) used: u64,
    /// Of these, handed out by a depot for a use that is not reported yet.
    pub(super) handed: u64,
    pub(super) set: BTreeSet<OfficeId>,
    issued: Moment,
    pub(super) ended: Option<Moment>,
    pub(super) causes: BTreeSet<Suspension>,
    suspended: Vec<(Moment, Option<Moment>)>,
    /// Issued or approved under a version that demands witnesses, who have not seen it.
    pub(super) unseen: bool,
}

/// The oracle.
#[derive(Default)]
pub struct Oracle {
    nonces: BTreeMap<Nonce, (Moment, bool)>,
    doors: BTreeMap<String, Digest>,
    terms: Terms,
    pub(super) requests: Vec<Asked>,
    pub(super) releases: Vec<Right>,
    pub(super) holds: Vec<(HoldScope, bool)>,
    /// The checkpoint that was shown in this step: its size and its text.
    seen: Option<(u64, String)>,
    pub(super) new_versions: Vec<NewVersion>,
    pub(super) books: Books,
    pub(super) shelves: Shelves,
    pub(super) depots: Depots,
    in_force: String,
    coming: Vec<NewVersion>,
}

pub(super) type Found = Result<(), String>;

fn is_watched(version: &str) -> bool {
    version.split('.').next() == Some("watched")
}

pub(super) fn demand(holds: bool, what: impl FnOnce() -> String) -> Found {
    if holds { Ok(()) } else { Err(what()) }
}

impl Oracle {
    /// Takes the events of one step in; says what cannot be.
    pub fn take(&mut self, at: Moment, events: &[Event]) -> Found {
        self.seen = None;
        for event in events {
            match event {
                Event::Ledger(event) => self.of_ledger(at, event)?,
                Event::People(event) => self.terms.take(at, event),
                Event::Stock(event) => self.of_stock(at, event)?,
                Event::Policy(policy::Event::VersionPublished {
                    bundle,
                    in_force_from,
                    transition,
                    ..
                }) => {
                    demand(*in_force_from >= at, || {
                        "a version in force before it was made".into()
                    })?;
                    let (name, transition) = (bundle.version.to_string(), *transition);
                    self.coming.push(NewVersion { name, transition });
                }
                Event::Policy(policy::Event::VersionCameIntoForce { version }) => {
                    let next = self.coming.remove(0);
                    let first = next.name == version.as_str();
                    demand(first, || format!("{version} before {next:?}"))?;
                    self.in_force.clone_from(&next.name);
                    self.new_versions.push(next);
                }
                Event::Requests(event) => self.of_requests(at, event)?,
                // What they move is told by events of the stock room; a history moves nothing.
                Event::Triage(_) | Event::Rerouting(_) | Event::History(_) => {}
            }
        }
        self.stands()
    }

    fn of_ledger(&mut self, at: Moment, event: &ledger::Event) -> Found {
        match event {
            ledger::Event::LedgerFounded { charter, .. } => {
                self.terms.found(charter, at);
                for version in &charter.policies {
                    let name = version.bundle.version.to_string();
                    if version.in_force_from <= at {
                        self.in_force = name;
                    } else {
                        self.coming.push(NewVersion { name, transition: version.transition });
                    }
                }
                Ok(())
            }
            ledger::Event::NonceIssued { nonce, expires, .. } => {
                let known = self.nonces.insert(*nonce, (*expires, false));
                demand(known.is_none(), || format!("{nonce} given out twice"))
            }
            ledger::Event::NonceSpent { nonce } => {
                let found = self.nonces.get_mut(nonce);
                let (expires, spent) = found.ok_or_else(|| format!("{nonce} from nowhere"))?;
                demand(!*spent && at < *expires, || format!("{nonce} spent twice or too late"))?;
                *spent = true;
                Ok(())
            }
            ledger::Event::LogKeyRotated { .. } => Ok(()),
            ledger::Event::DoorOpened { origin, script } => {
                let before = self.doors.insert(origin.clone(), *script);
                demand(before != Some(*script), || format!("{origin} opened twice alike"))?;
                demand(origin != "http://else", || format!("{origin} is none of the charter's"))
            }
        }
    }

    fn of_stock(&mut self, at: Moment, event: &stock::Event) -> Found {
        let mut whose = None;
        if let stock::Event::UnitsReserved { release, .. } = event {
            let right = self.right(*release)?;
            let (ended, request, depot) = (right.ended, right.request, right.usable.depot.clone());
            demand(ended.is_none(), || format!("{release} has ended and reserves"))?;
            let draft = &self.asked(RequestId(request))?.draft;
            let (item, holder) = (draft.item.clone(), draft.holder.clone());
            let (party, receiver) = match draft.act.as_str() {
                "deliver" => (origin(item.as_str()).parse().unwrap(), Some(holder)),
                _ => (holder, draft.recipient.clone()),
            };
            whose = Some(Whose { item, party, receiver, depot });
        }
        self.shelves.take(at, event, whose.as_ref())?;
        self.books.take(event)
    }

    pub(super) fn asked(&mut self, id: RequestId) -> Result<&mut Asked, String> {
        let place = usize::try_from(id.0 - 1).unwrap();
        self.requests.get_mut(place).ok_or_else(|| format!("{id} from nowhere"))
    }

    pub(super) fn right(&mut self, id: ReleaseId) -> Result<&mut Right, String> {
        let place = usize::try_from(id.0 - 1).unwrap();
        self.releases.get_mut(place).ok_or_else(|| format!("{id} from nowhere"))
    }

    pub(super) fn live(&mut self, id: ReleaseId) -> Result<&mut Right, String> {
        let right = self.right(id)?;
        if right.ended.is_none() { Ok(right) } else { Err(format!("{id} lives after its end")) }
    }

    fn close(&mut self, id: RequestId, must_be_open: bool) -> Found {
        let asked = self.asked(id)?;
        demand(asked.open || !must_be_open, || format!("{id} closed twice"))?;
        asked.open = false;
        Ok(())
    }

    fn of_requests(&mut self, at: Moment, event: &Requests) -> Found {
        match event {
            Requests::RequestSubmitted {
                request, requester, draft, policy, supersedes, ..
            } => {
                demand(policy.as_str() == self.in_force, || format!("{request} under {policy}"))?;
                if let Some(old) = supersedes {
                    self.close(*old, true)?;
                }
                self.requests.push(Asked {
                    open: true,
                    draft: (**draft).clone(),
                    revision: 1,
                    policy: policy.to_string(),
                    authors: [requester.to_string()].into(),
                    recused: BTreeSet::new(),
                    said: Vec::new(),
                    release: None,
                });
            }
            Requests::RequestRevised { request, revision, reviser, draft, policy, .. } => {
                demand(policy.as_str() == self.in_force, || format!("{request} under {policy}"))?;
                let asked = self.asked(*request)?;
                demand(asked.open, || format!("{request} revised when closed"))?;
                asked.revision += 1;
                demand(asked.revision == revision.0, || format!("{request} skips a revision"))?;
                asked.draft = (**draft).clone();
                asked.policy = policy.to_string();
                asked.authors.insert(reviser.to_string());
            }
            Requests::RequestWithdrawn { request } | Requests::RequestLapsed { request } => {
                self.close(*request, true)?;
            }
            Requests::RequestApproved { request } => self.close(*request, true)?,
            Requests::RequestRefused { request, .. } => {
                self.close(*request, false)?;
                // An approved request is refused only together with its release.
                if let Some(release) = self.asked(*request)?.release {
                    let ended = self.right(ReleaseId(release))?.ended;
                    demand(ended.is_some(), || format!("{request} refused, its release lives"))?;
                }
            }
            Requests::RequestRebound { request, policy, .. } => {
                let asked = self.asked(*request)?;
                demand(asked.open, || format!("{request} rebound when closed"))?;
                asked.policy = policy.to_string();
            }
            Requests::DecisionRecorded { request, decision } => {
                self.said(at, *request, decision)?
            }
            Requests::PersonRecused { request, person } => {
                let asked = self.asked(*request)?;
                asked.recused.insert(person.to_string());
                let of_person = asked.said.iter_mut().filter(|made| made.signed.person == *person);
                of_person.for_each(|made| made.void = true);
            }
            Requests::AdviceRecorded { request, advice } => {
                let signed = &advice.signed;
                self.terms.may_sign(
                    at,
                    &signed.person,
                    &signed.office,
                    "use",
                    signed.deputy_of.as_ref(),
                )?;
                let asked = self.asked(*request)?;
                demand(asked.open && advice.revision.0 == asked.revision, || {
                    "stale advice".into()
                })?;
            }
            Requests::InformationAnswered { request, .. }
            | Requests::DecidersReminded { request, .. }
            | Requests::RequestEscalated { request, .. } => {
                let open = self.asked(*request)?.open;
                demand(open, || format!("{request} is closed"))?;
            }
            Requests::QuorumOutOfReach { .. } | Requests::InterestDeclared { .. } => {}
            Requests::HoldPlaced { hold, scope, person, office } => {
                self.terms.speaks(at, person, office)?;
                self.holds.push((scope.clone(), false));
                let last = u64::try_from(self.holds.len()).unwrap();
                demand(last == hold.0, || format!("{hold} out of order"))?;
            }
            Requests::HoldLifted { hold, person, office } => {
                self.terms.speaks(at, person, office)?;
                let place = usize::try_from(hold.0 - 1).unwrap();
                let held = self.holds.get_mut(place).ok_or_else(|| format!("no {hold}"))?;
                demand(!held.1, || format!("{hold} lifted twice"))?;
                held.1 = true;
            }
            Requests::CheckpointWitnessed { size, note } => {
                self.seen = Some((*size, note.clone()));
            }
            Requests::ReleaseIssued { .. }
            | Requests::ReleaseRebound { .. }
            | Requests::ReleasesSuspended { .. }
            | Requests::ReleasesReinstated { .. }
            | Requests::ReleaseReapproved { .. }
            | Requests::ReleaseEnded { .. }
            | Requests::UseReported { .. } => self.of_releases(at, event)?,
            Requests::CertificateIssued { .. }
            | Requests::ReceiptRecorded { .. }
            | Requests::AccountRecorded { .. }
            | Requests::SightingRecorded { .. } => self.of_depots(event)?,
        }
        Ok(())
    }

    /// A decision on the record: by one who may, on what stands.
    fn said(&mut self, at: Moment, id: RequestId, made: &DecisionMade) -> Found {
        let signed = &made.signed;
        let person = signed.person.to_string();
        let act = self.asked(id)?.draft.act.to_string();
        self.terms.may_sign(at, &signed.person, &signed.office, &act, signed.deputy_of.as_ref())?;
        self.terms.key_is_good(at, &signed.key, &person)?;
        let asked = self.asked(id)?;
        let stands = made.revision.0 == asked.revision && made.policy.as_str() == asked.policy;
        demand(stands, || format!("{id}: a stale word of {person}"))?;
        demand(!asked.authors.contains(&person), || {
            format!("{person} decides on {id}, their own")
        })?;
        demand(!asked.recused.contains(&person), || {
            format!("{person} had stepped back from {id}")
        })?;
        match made.decision {
            DecisionKind::Refuse => {
                let own = |m: &&mut DecisionMade| {
                    m.signed.person == signed.person && m.signed.office == signed.office
                };
                asked.said.iter_mut().filter(own).for_each(|m| m.void = true);
            }
            DecisionKind::Withdraw => {
                let word = |m: &&mut DecisionMade| {
                    m.signed.office == signed.office && m.decision == DecisionKind::Approve
                };
                asked.said.iter_mut().filter(word).for_each(|m| m.void = true);
            }
            DecisionKind::Approve | DecisionKind::Ask => {}
        }
        asked.said.push(made.clone());
        Ok(())
    }

    /// The approvals that stand on a request.
    fn approvals(asked: &Asked) -> Vec<&DecisionMade> {
        let stands = |made: &&DecisionMade| {
            made.decision == DecisionKind::Approve
                && !made.void
                && made.revision.0 == asked.revision
                && made.policy.as_str() == asked.policy
        };
        asked.said.iter().filter(stands).collect()
    }

    /// Whether `set` is what the rules demand, and distinct persons have signed for all of it.
    fn backed(
        &self,
        id: RequestId,
        usable: &Usable,
        set: &BTreeSet<OfficeId>,
        own: Option<u64>,
    ) -> Found {
        let asked = &self.requests[usize::try_from(id.0 - 1).unwrap()];
        let out: u64 = (self.releases.iter().enumerate())
            .filter(|(place, _)| Some(u64::try_from(*place).unwrap() + 1) != own)
            .filter(|(_, right)| right.ended.is_none())
            .filter(|(_, right)| {
                let other = &self.requests[usize::try_from(right.request - 1).unwrap()].draft;
                (&other.item, &other.holder) == (&asked.draft.item, &asked.draft.holder)
            })
            .map(|(_, right)| right.usable.quantity.units().saturating_sub(right.used))
            .sum();
        let zones: Vec<&str> = usable.zones.iter().map(|zone| zone.as_str()).collect();
        let (act, item) = (asked.draft.act.as_str(), asked.draft.item.as_str());
        let wanted = needs(&asked.policy, act, item, &zones, out);
        let set: BTreeSet<String> = set.iter().map(ToString::to_string).collect();
        demand(wanted.contains(&set), || format!("{id} rests on {set:?}, but needs {wanted:?}"))?;
        let signed: BTreeSet<(String, String)> = Self::approvals(asked)
            .iter()
            .map(|made| (made.signed.person.to_string(), made.signed.office.to_string()))
            .collect();
        let slots: Vec<&str> = set
            .iter()
            .flat_map(|office| {
                std::iter::repeat_n(office.as_str(), if office == "GB.MoD" { 2 } else { 1 })
            })
            .collect();
        demand(filled(&slots, &signed, &mut Vec::new()), || {
            format!("{id}: {set:?} by {signed:?}")
        })?;
        Self::within(asked, usable)
    }

    /// Whether the bounds lie in what was asked for and in every proviso.
    fn within(asked: &Asked, usable: &Usable) -> Found {
        let draft = &asked.draft;
        let inside = |inner: &str, outer: &BTreeSet<_>| {
            above(inner).into_iter().any(|zone| outer.contains(&zone.parse().unwrap()))
        };
        let zones = |outer: &BTreeSet<_>| usable.zones.iter().all(|z| inside(z.as_str(), outer));
        let mut fits = usable.quantity <= draft.quantity
            && draft.window.intersect(usable.window) == Some(usable.window)
            && zones(&draft.zones)
            && usable.zones.is_empty() == draft.zones.is_empty()
            && (draft.depot.is_none() || draft.depot == usable.depot);
        for proviso in Self::approvals(asked).iter().filter_map(|made| made.provisos.as_ref()) {
            fits &= proviso.quantity.is_none_or(|most| usable.quantity <= most)
                && proviso.window.is_none_or(|w| w.intersect(usable.window) == Some(usable.window))
                && proviso.zones.as_ref().is_none_or(&zones)
                && (proviso.depot.is_none() || proviso.depot == usable.depot);
        }
        demand(fits && !usable.quantity.is_zero(), || format!("{usable:?} is more than was signed"))
    }

    fn of_releases(&mut self, at: Moment, event: &Requests) -> Found {
        match event {
            Requests::ReleaseIssued { release, request, usable, set } => {
                demand(self.asked(*request)?.release.is_none(), || format!("{request} twice"))?;
                self.backed(*request, usable, set, None)?;
                let asked = self.asked(*request)?;
                asked.release = Some(release.0);
                let watched = is_watched(&asked.policy);
                self.releases.push(Right {
                    request: request.0,
                    usable: (**usable).clone(),
                    used: 0,
                    handed: 0,
                    set: set.clone(),
                    issued: at,
                    ended: None,
                    causes: BTreeSet::new(),
                    suspended: Vec::new(),
                    unseen: watched,
                });
                let last = u64::try_from(self.releases.len()).unwrap();
                demand(last == release.0, || format!("{release} out of order"))?;
            }
            Requests::ReleaseRebound { release, policy } => {
                let request = RequestId(self.live(*release)?.request);
                self.asked(request)?.policy = policy.to_string();
                let usable = self.live(*release)?.usable.clone();
                let out = Some(release.0);
                self.backed(request, &usable, &BTreeSet::new(), out)?;
                let right = self.live(*release)?;
                right.set.clear();
                right.unseen = is_watched(policy.as_str());
                self.reinstate(at, *release, &|cause| matches!(cause, Suspension::Policy(_)))?;
            }
            Requests::ReleasesSuspended { releases, cause } => {
                for id in releases {
                    let right = self.live(*id)?;
                    let request = RequestId(right.request);
                    if right.causes.is_empty() {
                        right.suspended.push((at, None));
                    }
                    if let Suspension::Policy(version) = cause {
                        right.causes.retain(|cause| !matches!(cause, Suspension::Policy(_)));
                        right.causes.insert(cause.clone());
                        self.asked(request)?.policy = version.to_string();
                    } else {
                        right.causes.insert(cause.clone());
                    }
                }
            }
            Requests::ReleasesReinstated { releases, cause } => {
                for id in releases {
                    if let Suspension::Witnesses(entry) = cause {
                        self.seen_by_witnesses(*id, entry.0)?;
                    }
                    self.reinstate(at, *id, &|other| other == cause)?;
                }
            }
            Requests::ReleaseReapproved { release, usable, set } => {
                let right = self.live(*release)?;
                let request = RequestId(right.request);
                let before = right.usable.clone();
                let narrower = usable.quantity <= before.quantity
                    && before.window.intersect(usable.window) == Some(usable.window)
                    && usable.zones.iter().all(|zone| {
                        above(zone.as_str())
                            .iter()
                            .any(|z| before.zones.contains(&z.parse().unwrap()))
                    });
                demand(narrower, || format!("{release} grew from {before:?} to {usable:?}"))?;
                self.backed(request, usable, set, Some(release.0))?;
                let right = self.live(*release)?;
                right.usable = (**usable).clone();
                right.set.clone_from(set);
                let watched = is_watched(&self.asked(request)?.policy);
                self.live(*release)?.unseen = watched;
                self.reinstate(at, *release, &|cause| matches!(cause, Suspension::Policy(_)))?;
            }
            Requests::ReleaseEnded { release, .. } => {
                let right = self.live(*release)?;
                right.ended = Some(at);
            }
            Requests::UseReported {
                release,
                quantity,
                used_at,
                zone,
                unaccounted,
                breaches,
                handed_before,
            } => {
                demand(*used_at <= at, || format!("{release} used in the future"))?;
                let zone = zone.as_ref().map(|zone| zone.as_str());
                let right = self.right(*release)?;
                let handed = right.handed.min(quantity.units());
                demand(handed == handed_before.units(), || format!("{release}: {handed} handed"))?;
                right.handed -= handed;
                let drawn = quantity.units() - handed;
                let mut seen = right.breaches(drawn, *used_at, zone);
                if drawn == 0 {
                    seen.remove(&Breach::AfterEnd);
                }
                right.used += drawn;
                if !unaccounted.is_zero() {
                    seen.insert(Breach::Unaccounted);
                }
                let told: BTreeSet<Breach> = breaches.iter().copied().collect();
                demand(seen == told, || format!("{release}: {told:?} told, {seen:?} seen"))?;
                self.books.expect_out(drawn - unaccounted.units());
                self.shelves.hand_out(*release, drawn);
            }
            other => panic!("{other:?} is none of a release"),
        }
        Ok(())
    }

    /// Two of the three witnesses have a line under a checkpoint of this step that has the entry;
    /// a version that is not watched asks for none.
    fn seen_by_witnesses(&mut self, id: ReleaseId, entry: u64) -> Found {
        let request = RequestId(self.live(id)?.request);
        let watched = is_watched(&self.asked(request)?.policy);
        let (size, text) = self.seen.clone().unwrap_or_default();
        let line = |name: &&&str| text.contains(&format!("\n\u{2014} {name} "));
        let lines = WITNESSES.iter().filter(line).count();
        demand(!watched || (entry < size && lines >= 2), || {
            format!("{id} counts, but {lines} witnesses saw entry {entry} of {size}")
        })?;
        let right = self.live(id)?;
        let others = right
            .causes
            .iter()
            .filter(|cause| matches!(cause, Suspension::Witnesses(other) if other.0 != entry));
        right.unseen = watched && others.count() > 0;
        Ok(())
    }

    fn reinstate(
        &mut self,
        at: Moment,
        id: ReleaseId,
        gone: &dyn Fn(&Suspension) -> bool,
    ) -> Found {
        let right = self.live(id)?;
        right.causes.retain(|cause| !gone(cause));
        if right.causes.is_empty()
            && let Some((_, until @ None)) = right.suspended.last_mut()
        {
            *until = Some(at);
        }
        Ok(())
    }

    /// Compares with what the ledger says of the same things.
    pub fn agrees(&self, state: &countersign_core::State) -> Found {
        for (asked, told) in self.requests.iter().zip(state.requests.all()) {
            demand(asked.open == told.state.is_open(), || {
                format!("{} is {}", told.id, told.state)
            })?;
        }
        for (right, told) in self.releases.iter().zip(state.requests.releases()) {
            let usable = right.ended.is_none() && right.causes.is_empty();
            demand(usable == told.state.is_usable(), || format!("{} is {}", told.id, told.state))?;
        }
        let mut there: BTreeMap<(String, PartyId), u64> = BTreeMap::new();
        for (account, balance) in state.stock.accounts() {
            let key = (account.item.to_string(), account.party.clone());
            *there.entry(key).or_default() += balance.on_hand;
        }
        self.shelves.agrees(state)?;
        self.books.agrees(&there)
    }
}

impl Right {
    pub(super) fn breaches(
        &self,
        units: u64,
        used_at: Moment,
        zone: Option<&str>,
    ) -> BTreeSet<Breach> {
        let mut seen = BTreeSet::new();
        let mut see = |broken: bool, breach| {
            if broken {
                seen.insert(breach);
            }
        };
        see(
            self.used + units > self.usable.quantity.units().max(self.used),
            Breach::BeyondQuantity,
        );
        see(!self.usable.window.contains(used_at), Breach::OutsideWindow);
        see(used_at < self.issued, Breach::BeforeIssue);
        let zones = &self.usable.zones;
        let inside = zone.is_none_or(|zone| {
            zones.is_empty()
                || above(zone).iter().any(|outer| zones.contains(&outer.parse().unwrap()))
        });
        see(!inside, Breach::OutsideZone);
        let suspended = |(from, until): &(Moment, Option<Moment>)| {
            *from <= used_at && until.is_none_or(|until| used_at < until)
        };
        see(self.suspended.iter().any(suspended), Breach::WhileSuspended);
        see(self.ended.is_some_and(|ended| ended <= used_at), Breach::AfterEnd);
        seen
    }
}
