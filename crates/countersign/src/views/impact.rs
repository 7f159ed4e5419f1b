//! What another policy version would change, as people and programs are shown it.

use super::dependence::{answer, said_sets, sets_as_text, status};
use super::{sets, verdict_word, zones as zone_names};
use countersign_core::State;
use countersign_core::dependence::impact::{
    Change, Fate, HoldingImpact, Impact, Judged, ReleaseImpact, RequestImpact,
};
use countersign_core::dependence::report::Said;
use countersign_core::policy::Verdict;
use countersign_core::requests::Draft;
use countersign_proof::words::{OfficeId, PolicyVersionId};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is said, without the policies it rests on.
fn said(judged: &Judged) -> Said {
    judged.said.as_ref().map(|found| found.verdict.clone()).map_err(Clone::clone)
}

fn judged(judged: &Judged) -> Value {
    let said = said(judged);
    let (word, approval_sets) = match &said {
        Ok(verdict @ Verdict::Needs(needed)) => (verdict_word(verdict), sets(needed)),
        Ok(verdict) => (verdict_word(verdict), json!([])),
        Err(_) => ("no answer", json!([])),
    };
    let reasons = judged.said.as_ref().map(|found| found.reasons.clone()).unwrap_or_default();
    json!({
        "policy": judged.policy.as_str(), "verdict": word, "approval_sets": approval_sets,
        "satisfied": judged.satisfied, "reasons": reasons,
        "problem": judged.said.as_ref().err().map(ToString::to_string),
    })
}

fn request(state: &State, impact: &RequestImpact) -> Value {
    let asked = state.requests.request(impact.id);
    let draft = asked.map(|asked| &asked.draft);
    json!({
        "id": impact.id.to_string(),
        "state": asked.map(|asked| asked.state.as_str()),
        "submitted_at": asked.map(|asked| asked.submitted_at.to_string()),
        "judged_as_of": impact.at.to_string(),
        "act": draft.map(|draft| draft.act.as_str()),
        "holder": draft.map(|draft| draft.holder.as_str()),
        "item": draft.map(|draft| draft.item.as_str()),
        "quantity": draft.map(|draft| draft.quantity.units()),
        "zones": draft.map(|draft| zone_names(&draft.zones)),
        "before": judged(&impact.before), "after": judged(&impact.after),
        "missing_before": sets(&impact.before.missing),
        "missing_after": sets(&impact.after.missing),
        "change": impact.change.as_str(),
    })
}

fn release(state: &State, impact: &ReleaseImpact) -> Value {
    let asked = state.requests.request(impact.request);
    let draft = asked.map(|asked| &asked.draft);
    let found = state.requests.release(impact.id);
    json!({
        "id": impact.id.to_string(), "request": impact.request.to_string(),
        "state": found.map(|found| found.state.as_str()),
        "act": draft.map(|draft| draft.act.as_str()),
        "holder": draft.map(|draft| draft.holder.as_str()),
        "item": draft.map(|draft| draft.item.as_str()),
        "left": impact.left,
        "before": judged(&impact.before), "after": judged(&impact.after),
        "missing_before": sets(&impact.before.missing),
        "missing_after": sets(&impact.after.missing),
        "change": impact.change.as_str(), "fate": impact.fate.as_str(),
    })
}

fn names(offices: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    offices.into_iter().map(|office| office.to_string()).collect()
}

fn holding(impact: &HoldingImpact) -> Value {
    let units = impact.holding.units();
    let (before, after) = impact.locked();
    let in_zones = |zones: &std::collections::BTreeSet<_>| if zones.is_empty() { 0 } else { units };
    let (locked, freed) = (impact.newly_locked(), impact.newly_free());
    let zones: Vec<Value> = impact
        .zones
        .iter()
        .map(|zone| {
            json!({
                "zones": zone_names(&zone.zones), "change": zone.change.as_str(),
                "before": one_zone(&zone.before), "after": one_zone(&zone.after),
            })
        })
        .collect();
    json!({
        "holder": impact.holder.as_str(), "item": impact.item.as_str(),
        "units": units, "held": impact.holding.held, "to_come": impact.holding.to_come,
        "locked_before": before, "locked_after": after,
        "by_before": names(&impact.before.everywhere.vetoes),
        "by": names(&impact.after.everywhere.vetoes),
        "before": answer(&impact.before, units), "after": answer(&impact.after, units),
        "change": impact.change.as_str(), "zones": zones,
        "newly_locked": { "units": in_zones(&locked), "zones": zone_names(&locked) },
        "newly_free": { "units": in_zones(&freed), "zones": zone_names(&freed) },
    })
}

fn one_zone(said: &Said) -> Value {
    let approval_sets = match said {
        Ok(Verdict::Needs(needed)) => sets(needed),
        Ok(Verdict::Standing | Verdict::Prohibited) | Err(_) => json!([]),
    };
    json!({ "status": status(said), "approval_sets": approval_sets })
}

/// How many of each change, all of them named.
#[must_use]
pub fn changes(all: impl Iterator<Item = Change>) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&'static str, u64> =
        Change::ALL.iter().map(|change| (change.as_str(), 0)).collect();
    for change in all {
        let count = counts.entry(change.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// Sums over all holdings, in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Held or to come.
    pub units: u64,
    /// Not usable everywhere with nobody's consent, before.
    pub locked_before: u64,
    /// The same, after.
    pub locked_after: u64,
    /// Locked in a zone where they were free.
    pub newly_locked: u64,
    /// Free in a zone where they were not.
    pub newly_free: u64,
}

/// Adds the holdings up.
#[must_use]
pub fn sums(impact: &Impact) -> Sums {
    let mut sums = Sums::default();
    for holding in &impact.holdings {
        let units = holding.holding.units();
        let (before, after) = holding.locked();
        let locked = if holding.newly_locked().is_empty() { 0 } else { units };
        let freed = if holding.newly_free().is_empty() { 0 } else { units };
        for (sum, more) in [
            (&mut sums.units, units),
            (&mut sums.locked_before, before),
            (&mut sums.locked_after, after),
            (&mut sums.newly_locked, locked),
            (&mut sums.newly_free, freed),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
    sums
}

/// The whole comparison.
#[must_use]
pub fn impact(
    state: &State,
    impact: &Impact,
    from: Option<&PolicyVersionId>,
    to: &PolicyVersionId,
) -> Value {
    let offices = |pick: fn(&OfficeTotals) -> u64| -> BTreeMap<String, u64> {
        impact.offices.iter().map(|(office, units)| (office.to_string(), pick(units))).collect()
    };
    let office_rows: Vec<Value> = offices(|units| units.0)
        .into_iter()
        .zip(offices(|units| units.1).into_values())
        .map(|((office, before), after)| {
            json!({ "office": office, "locked_before": before, "locked_after": after })
        })
        .collect();
    let sums = sums(impact);
    let mut fates: BTreeMap<&'static str, u64> =
        [Fate::Ended, Fate::Stands, Fate::Waits, Fate::Ends].map(|fate| (fate.as_str(), 0)).into();
    for release in &impact.releases {
        let count = fates.entry(release.fate.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    json!({
        "from": from.map(PolicyVersionId::as_str), "to": to.as_str(),
        "as_of": state.ledger.clock.to_string(),
        "requests": impact.requests.iter().map(|one| request(state, one)).collect::<Vec<_>>(),
        "releases": impact.releases.iter().map(|one| release(state, one)).collect::<Vec<_>>(),
        "holdings": impact.holdings.iter().map(holding).collect::<Vec<_>>(),
        "offices": office_rows,
        "totals": {
            "requests": changes(impact.requests.iter().map(|one| one.change)),
            "releases": fates,
            "holdings": {
                "units": sums.units, "locked_before": sums.locked_before,
                "locked_after": sums.locked_after, "newly_locked": sums.newly_locked,
                "newly_free": sums.newly_free,
            },
        },
    })
}

type OfficeTotals = (u64, u64);

/// The comparison as rows of one table: requests, releases, and holdings by class of zones.
#[must_use]
pub fn rows(state: &State, impact: &Impact) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let headings = vec![
        "kind",
        "id",
        "act",
        "holder",
        "item",
        "units",
        "zones",
        "policy_before",
        "before",
        "sets_before",
        "missing_before",
        "policy_after",
        "after",
        "sets_after",
        "missing_after",
        "change",
        "fate",
    ];
    let requests = impact.requests.iter().map(|one| {
        let draft = state.requests.request(one.id).map(|asked| &*asked.draft);
        let units = draft.map_or(0, |draft| draft.quantity.units());
        let about = About { kind: "request", id: one.id.to_string(), draft, units };
        about.row((&one.before, &one.after), one.change, "")
    });
    let releases = impact.releases.iter().map(|one| {
        let draft = state.requests.request(one.request).map(|asked| &*asked.draft);
        let about = About { kind: "release", id: one.id.to_string(), draft, units: one.left };
        about.row((&one.before, &one.after), one.change, one.fate.as_str())
    });
    let holdings = impact.holdings.iter().flat_map(|one| {
        let everywhere = [("everywhere".to_owned(), &one.before.everywhere.said)]
            .into_iter()
            .map(|(zones, before)| (zones, before, &one.after.everywhere.said, one.change));
        let zones = one.zones.iter().map(|zone| {
            (zone_names(&zone.zones).join(" "), &zone.before, &zone.after, zone.change)
        });
        everywhere.chain(zones).map(|(zones, before, after, change)| {
            vec![
                "holding".to_owned(),
                String::new(),
                "use".to_owned(),
                one.holder.to_string(),
                one.item.to_string(),
                one.holding.units().to_string(),
                zones,
                String::new(),
                status(before).to_owned(),
                said_sets(before),
                String::new(),
                String::new(),
                status(after).to_owned(),
                said_sets(after),
                String::new(),
                change.as_str().to_owned(),
                String::new(),
            ]
        })
    });
    (headings, requests.chain(releases).chain(holdings).collect())
}

/// What a row of a request or a release is about.
struct About<'a> {
    kind: &'static str,
    id: String,
    draft: Option<&'a Draft>,
    units: u64,
}

impl About<'_> {
    fn row(&self, (before, after): (&Judged, &Judged), change: Change, fate: &str) -> Vec<String> {
        let draft = self.draft;
        let cell = |text: Option<String>| text.unwrap_or_default();
        vec![
            self.kind.to_owned(),
            self.id.clone(),
            cell(draft.map(|draft| draft.act.to_string())),
            cell(draft.map(|draft| draft.holder.to_string())),
            cell(draft.map(|draft| draft.item.to_string())),
            self.units.to_string(),
            cell(draft.map(|draft| zone_names(&draft.zones).join(" "))),
            before.policy.to_string(),
            status(&said(before)).to_owned(),
            said_sets(&said(before)),
            sets_as_text(&before.missing),
            after.policy.to_string(),
            status(&said(after)).to_owned(),
            said_sets(&said(after)),
            sets_as_text(&after.missing),
            change.as_str().to_owned(),
            fate.to_owned(),
        ]
    }
}

/// What a version says of a request, in a few words: who must consent, and who is still missing.
#[must_use]
pub fn words(judged: &Judged) -> String {
    let who = super::dependence::said_in_words(&said(judged));
    let missing: Vec<&OfficeId> = judged.missing.iter().flatten().collect();
    match said(judged) {
        Ok(Verdict::Needs(_)) if judged.satisfied => format!("{who} (signed)"),
        Ok(Verdict::Needs(sets)) if judged.missing != sets && !missing.is_empty() => {
            format!("{who} (missing: {})", countersign_core::policy::sets_in_words(&judged.missing))
        }
        Ok(Verdict::Needs(_) | Verdict::Standing | Verdict::Prohibited) | Err(_) => who,
    }
}
