//! The oracle's ledgers of units, terms and keys.

use countersign_core::ledger::Charter;
use countersign_core::people::{Deputation, Event as People, Incumbency};
use countersign_core::stock::{Change, Destination, Event as Stock, Line};
use countersign_proof::PublicKey;
use countersign_proof::words::{EarmarkId, KeyId, Moment, OfficeId, PartyId, PersonId, ReleaseId};
use std::collections::BTreeMap;

type Found = Result<(), String>;

/// Units by item and party, and by release.
#[derive(Default)]
pub struct Books {
    supplied: BTreeMap<String, u64>,
    used: BTreeMap<String, u64>,
    there: BTreeMap<(String, PartyId), u64>,
    reserved: BTreeMap<ReleaseId, u64>,
    /// What counts have taken from reservations.
    cut: BTreeMap<ReleaseId, u64>,
    /// What a report said has left; the movements after it must add up to it.
    expected_out: u64,
    earmarks: BTreeMap<EarmarkId, (String, PartyId)>,
}

fn units(lines: &[Line]) -> u64 {
    lines.iter().map(|line| line.units).sum()
}

impl Books {
    pub fn expect_out(&mut self, units: u64) {
        self.expected_out = units;
    }

    pub fn reserved(&self, release: ReleaseId) -> u64 {
        self.reserved.get(&release).copied().unwrap_or(0)
    }

    pub fn cut(&self, release: ReleaseId) -> u64 {
        self.cut.get(&release).copied().unwrap_or(0)
    }

    pub fn take(&mut self, event: &Stock) -> Found {
        match event {
            // What was on order was counted when it was ordered.
            Stock::StockReceived { from_order: Some(_), .. } => {}
            Stock::StockReceived { into, quantity, .. } => {
                let item = into.item.to_string();
                *self.supplied.entry(item.clone()).or_default() += quantity.units();
                *self.there.entry((item, into.party.clone())).or_default() += quantity.units();
            }
            Stock::UnitsReserved { release, lines, draws: _ } => {
                *self.reserved.entry(*release).or_default() += units(lines);
                self.cut.remove(release);
            }
            Stock::ReservationVoided { release } => {
                self.reserved.remove(release);
            }
            Stock::ReservationPosted { release, lines, to } => {
                let kept = self.reserved.entry(*release).or_default();
                *kept = kept.checked_sub(units(lines)).ok_or("more posted than reserved")?;
                self.out(lines, to)?;
            }
            Stock::UnitsPosted { lines, to: to @ Destination::Issued(_) } => {
                self.expected_out += units(lines);
                self.out(lines, to)?;
            }
            Stock::UnitsPosted { lines, to } => self.out(lines, to)?,
            // Within one party nothing is gained or lost.
            Stock::StockMoved { .. }
            | Stock::SlotsDelivered { .. }
            | Stock::SlotRestored { .. }
            | Stock::ItemClassed { .. } => {}
            Stock::StockCounted { changes, reason: _ } => self.counted(changes)?,
            Stock::FiguresImported { changes, earmarks, .. } => {
                self.counted(changes)?;
                for earmark in earmarks {
                    let owner = (earmark.item.to_string(), earmark.owner.clone());
                    self.earmarks.insert(earmark.id.clone(), owner);
                }
            }
            Stock::SlotDiverted { earmark, to_be_made, .. } => {
                let owner = self.earmarks.get(earmark).ok_or("an earmark nobody made")?.clone();
                *self.supplied.entry(owner.0.clone()).or_default() += to_be_made;
                *self.there.entry(owner).or_default() += to_be_made;
            }
        }
        Ok(())
    }

    fn counted(&mut self, changes: &[Change]) -> Found {
        for change in changes {
            let item = change.account.item.to_string();
            let there = self.there.entry((item.clone(), change.account.party.clone())).or_default();
            *there = (*there + change.to).checked_sub(change.from).ok_or("fewer than none")?;
            *self.supplied.entry(item.clone()).or_default() +=
                change.to.saturating_sub(change.from);
            *self.used.entry(item).or_default() += change.from.saturating_sub(change.to);
            for (release, units) in &change.cut {
                let kept = self.reserved.entry(*release).or_default();
                *kept = kept.checked_sub(*units).ok_or("more cut than reserved")?;
                *self.cut.entry(*release).or_default() += units;
            }
        }
        Ok(())
    }

    fn out(&mut self, lines: &[Line], to: &Destination) -> Found {
        for line in lines {
            let item = line.account.item.to_string();
            let key = (item.clone(), line.account.party.clone());
            let there = self.there.entry(key).or_default();
            *there = there.checked_sub(line.units).ok_or("units out of an empty account")?;
            match to {
                Destination::Used | Destination::Issued(_) => {
                    *self.used.entry(item).or_default() += line.units;
                }
                Destination::Party { party, .. } => {
                    *self.there.entry((item, party.clone())).or_default() += line.units;
                }
            }
            let left = self.expected_out.checked_sub(line.units);
            self.expected_out = left.ok_or("more left than was reported")?;
        }
        Ok(())
    }

    /// Every unit that came in is somewhere, and everything reported has moved.
    pub fn check(&self) -> Found {
        for (item, supplied) in &self.supplied {
            let there: u64 =
                self.there.iter().filter(|((of, _), _)| of == item).map(|(_, units)| units).sum();
            let used = self.used.get(item).copied().unwrap_or(0);
            if there + used != *supplied {
                return Err(format!("{item}: {supplied} came, {there} there, {used} used"));
            }
        }
        if self.expected_out > 0 {
            return Err(format!("{} units reported, but not moved", self.expected_out));
        }
        Ok(())
    }

    pub fn agrees(&self, told: &BTreeMap<(String, PartyId), u64>) -> Found {
        for (key, units) in &self.there {
            let said = told.get(key).copied().unwrap_or(0);
            if said != *units {
                return Err(format!("{key:?}: {units} by the movements, {said} by the state"));
            }
        }
        Ok(())
    }
}

/// Who holds what, and whose keys are good.
#[derive(Default)]
pub struct Terms {
    personal: Vec<OfficeId>,
    terms: Vec<Incumbency>,
    deputies: Vec<Deputation>,
    keys: BTreeMap<KeyId, (String, Moment, Moment)>,
}

impl Terms {
    pub fn found(&mut self, charter: &Charter, at: Moment) {
        let personal = charter.offices.iter().filter(|office| office.personal);
        self.personal = personal.map(|office| office.id.clone()).collect();
        self.terms.clone_from(&charter.incumbencies);
        for key in &charter.keys {
            let id = PublicKey::from_openssh(&key.public_key).unwrap().id();
            self.keys.insert(id, (key.person.to_string(), at, key.expires_on));
        }
    }

    pub fn take(&mut self, at: Moment, event: &People) {
        match event {
            People::PersonRegistered { .. } => {}
            People::IncumbentAppointed(term) => self.terms.push(term.clone()),
            People::DeputyAppointed(deputy) => self.deputies.push(deputy.clone()),
            People::IncumbencyEnded { office, person, until } => {
                for term in &mut self.terms {
                    if term.office == *office && term.person == *person {
                        term.span.until = term.span.until.min(*until);
                    }
                }
            }
            People::DeputationEnded { office, person, until } => {
                for deputy in &mut self.deputies {
                    if deputy.office == *office && deputy.deputy == *person {
                        deputy.span.until = deputy.span.until.min(*until);
                    }
                }
            }
            People::KeyEnrolled(key) => {
                self.keys.insert(key.key, (key.person.to_string(), at, key.until));
            }
            People::KeyRevoked { key } => {
                self.keys.remove(key);
            }
            People::IdentityErased { .. } => {}
        }
    }

    fn holds(&self, at: Moment, person: &PersonId, office: &OfficeId) -> bool {
        self.terms.iter().any(|term| {
            term.office == *office
                && term.person == *person
                && term.span.from <= at
                && at < term.span.until
        })
    }

    /// In office, or standing in for one who is, for this act.
    pub fn may_sign(
        &self,
        at: Moment,
        person: &PersonId,
        office: &OfficeId,
        act: &str,
        deputy_of: Option<&PersonId>,
    ) -> Found {
        let Some(principal) = deputy_of else {
            return if self.holds(at, person, office) {
                Ok(())
            } else {
                Err(format!("{person} signed for {office}, and does not hold it"))
            };
        };
        let named = self.deputies.iter().any(|deputy| {
            deputy.office == *office
                && deputy.deputy == *person
                && deputy.principal == *principal
                && deputy.span.from <= at
                && at < deputy.span.until
                && deputy.acts.contains(&act.parse().unwrap())
        });
        if named && self.holds(at, principal, office) && !self.personal.contains(office) {
            Ok(())
        } else {
            Err(format!("{person} signed at {office} for {principal}, and may not for {act}"))
        }
    }

    /// In office, or standing in for one who is.
    pub fn speaks(&self, at: Moment, person: &PersonId, office: &OfficeId) -> Found {
        let principals = self.deputies.iter().filter(|deputy| deputy.deputy == *person);
        let mut ways = std::iter::once(None)
            .chain(principals.map(|deputy| Some(&deputy.principal)))
            .map(|deputy_of| self.may_sign(at, person, office, "suspend", deputy_of));
        let first = ways.next().unwrap_or(Ok(()));
        first.or_else(|said| if ways.any(|way| way.is_ok()) { Ok(()) } else { Err(said) })
    }

    pub fn key_is_good(&self, at: Moment, key: &KeyId, person: &str) -> Found {
        let good = self
            .keys
            .get(key)
            .is_some_and(|(owner, from, until)| owner == person && *from <= at && at < *until);
        if good { Ok(()) } else { Err(format!("{person} signed with {key}, which is not good")) }
    }
}
