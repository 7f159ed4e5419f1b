//! What must be so after every step, whatever the step was: holds cover, versions bind, units are
//! kept.

use super::oracle::{Asked, Found, Oracle, Right, demand};
use super::rules::above;
use countersign_core::requests::Suspension;
use countersign_proof::words::{HoldId, HoldScope, ReleaseId, RequestId, Transition};

/// A version that came into force in this step, and what it does to what is open.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub name: String,
    pub transition: Transition,
}

fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap() + 1
}

fn covers(scope: &HoldScope, asked: &Asked, right: &Right, id: ReleaseId) -> bool {
    let within = |inner: &str, outer: &str| above(inner).contains(&outer);
    match scope {
        HoldScope::All => true,
        HoldScope::Holder(party) => asked.draft.holder == *party,
        HoldScope::Item(item) => asked.draft.item == *item,
        HoldScope::Zone(zone) => {
            right.usable.zones.iter().any(|own| {
                within(own.as_str(), zone.as_str()) || within(zone.as_str(), own.as_str())
            })
        }
        HoldScope::Act(act) => asked.draft.act == *act,
        HoldScope::Office(office) => right.set.contains(office),
        HoldScope::Request(request) => *request == RequestId(right.request),
        HoldScope::Release(release) => *release == id,
    }
}

impl Oracle {
    /// Looks at everything that stands.
    pub fn stands(&mut self) -> Found {
        self.reserved_as_left()?;
        self.kept_at_depots()?;
        self.holds_cover()?;
        self.unseen_waits()?;
        for version in std::mem::take(&mut self.new_versions) {
            self.binds(&version)?;
        }
        Ok(())
    }

    /// What each release reserves is what it still allows, less what counts have cut, and nothing
    /// once it has ended.
    fn reserved_as_left(&self) -> Found {
        for (place, right) in self.releases.iter().enumerate() {
            let id = ReleaseId(number(place));
            let left = right.usable.quantity.units().saturating_sub(right.used);
            let due = left.saturating_sub(self.books.cut(id));
            let due = if right.ended.is_some() { 0 } else { due };
            let reserved = self.books.reserved(id);
            demand(reserved == due, || format!("{id} reserves {reserved}, and has {due} left"))?;
        }
        self.books.check()
    }

    fn kept_at_depots(&mut self) -> Found {
        let named = self.releases.iter().enumerate();
        let named = named.filter_map(|(place, right)| {
            Some((ReleaseId(number(place)), right.usable.depot.clone()?))
        });
        let depots = named.collect();
        self.shelves.stands(&depots)
    }

    /// A live release that its witnesses have not seen is not usable.
    fn unseen_waits(&self) -> Found {
        let named = self.releases.iter().enumerate();
        for (place, right) in named.filter(|(_, right)| right.ended.is_none() && right.unseen) {
            let waits = right.causes.iter().any(|cause| matches!(cause, Suspension::Witnesses(_)));
            demand(waits, || format!("{} counts unseen", ReleaseId(number(place))))?;
        }
        Ok(())
    }

    /// Every live release that a standing hold covers is suspended by it.
    fn holds_cover(&self) -> Found {
        for (place, (scope, lifted)) in self.holds.iter().enumerate() {
            let hold = HoldId(number(place));
            let live = self.releases.iter().enumerate().filter(|(_, right)| right.ended.is_none());
            for (place, right) in live {
                let id = ReleaseId(number(place));
                let asked = &self.requests[usize::try_from(right.request - 1).unwrap()];
                let by_hold = right.causes.contains(&Suspension::Hold(hold));
                let covered = !lifted && covers(scope, asked, right, id);
                demand(by_hold || !covered, || format!("{hold} on {scope} leaves {id} usable"))?;
                demand(!by_hold || !lifted, || format!("{hold} is lifted, but suspends {id}"))?;
            }
        }
        Ok(())
    }

    /// A version that does not keep what was there binds everything open; none lives unjudged.
    fn binds(&self, version: &NewVersion) -> Found {
        if version.transition == Transition::Keep {
            return Ok(());
        }
        for (place, asked) in self.requests.iter().enumerate() {
            let bound = !asked.open || asked.policy == version.name;
            demand(bound, || format!("REQ-{} is not under {}", number(place), version.name))?;
        }
        for (place, right) in self.releases.iter().enumerate() {
            let asked = &self.requests[usize::try_from(right.request - 1).unwrap()];
            let judged = asked.policy == version.name && version.transition != Transition::Revoke;
            let holds = right.ended.is_some() || judged;
            demand(holds, || format!("REL-{} outlives {version:?}", number(place)))?;
        }
        Ok(())
    }
}
