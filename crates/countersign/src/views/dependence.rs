//! Dependence as people and programs are shown it.

use super::{sets, verdict_word, zones as zone_names};
use countersign_core::dependence::consent::{Lock, LockError};
use countersign_core::dependence::report::{
    Answer, Consent, HolderReport, ItemReport, Report, Said, Split, Terms, ZoneClass,
};
use countersign_core::policy::{Verdict, sets_in_words};
use countersign_proof::words::{OfficeId, PolicyVersionId};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Names as a list.
fn names<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

/// What is said of a use, in one word: `free`, `locked` (somebody must consent), `prohibited`, or
/// `no answer`, under which nothing is allowed either.
#[must_use]
pub fn status(said: &Said) -> &'static str {
    match said {
        Ok(Verdict::Standing) => "free",
        Ok(Verdict::Needs(_)) => "locked",
        Ok(Verdict::Prohibited) => "prohibited",
        Err(_) => "no answer",
    }
}

/// Who must consent, in words for a table.
#[must_use]
pub fn said_in_words(said: &Said) -> String {
    match said {
        Ok(verdict) => verdict_in_words(verdict),
        Err(error) => format!("no answer: {error}"),
    }
}

/// The same of a verdict.
#[must_use]
pub fn verdict_in_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Standing => "nobody".to_owned(),
        Verdict::Needs(sets) => sets_in_words(sets),
        Verdict::Prohibited => "prohibited".to_owned(),
    }
}

/// Zones in words; `everywhere` where they are all that is asked about.
#[must_use]
pub fn zones_in_words(
    zones: &BTreeSet<countersign_proof::words::ZoneId>,
    all: &BTreeSet<countersign_proof::words::ZoneId>,
) -> String {
    if zones == all { "all of them".to_owned() } else { zone_names(zones).join(", ") }
}

/// A verdict with its sets and with the units that each of them allows.
fn verdict_fields(said: &Said, units: u64) -> Map<String, Value> {
    let (word, by_sets) = match said {
        Ok(verdict) => (verdict_word(verdict), by_sets(verdict, units)),
        Err(_) => ("no answer", json!([])),
    };
    let free = if matches!(said, Ok(Verdict::Standing)) { units } else { 0 };
    let mut fields = Map::new();
    fields.insert("status".to_owned(), status(said).into());
    fields.insert("verdict".to_owned(), word.into());
    fields.insert("free".to_owned(), free.into());
    fields.insert("locked".to_owned(), units.saturating_sub(free).into());
    fields.insert("by_sets".to_owned(), by_sets);
    let problem = said.as_ref().err().map(ToString::to_string);
    fields.insert("problem".to_owned(), problem.into());
    fields
}

fn by_sets(verdict: &Verdict, units: u64) -> Value {
    match verdict {
        Verdict::Needs(sets) => {
            sets.iter().map(|set| json!({ "offices": names(set), "units": units })).collect()
        }
        Verdict::Standing | Verdict::Prohibited => json!([]),
    }
}

fn consent_fields(consent: &Consent, units: u64) -> Map<String, Value> {
    let mut fields = verdict_fields(&consent.said, units);
    fields.insert("vetoes".to_owned(), json!(names(&consent.vetoes)));
    fields.insert("blocking".to_owned(), sets(&consent.blocking));
    fields
}

fn zone_class(class: &ZoneClass, units: u64) -> Value {
    let mut fields = consent_fields(&class.consent, units);
    fields.insert("zones".to_owned(), json!(zone_names(&class.zones)));
    Value::Object(fields)
}

/// What policy says of the use of a holding.
#[must_use]
pub fn answer(answer: &Answer, units: u64) -> Map<String, Value> {
    let mut fields = consent_fields(&answer.everywhere, units);
    let zones: Vec<Value> = answer.zones.iter().map(|class| zone_class(class, units)).collect();
    fields.insert("zones".to_owned(), Value::Array(zones));
    fields
}

fn item(item: &ItemReport, before: Option<&ItemReport>) -> Value {
    let holding = &item.holding;
    let units = holding.units();
    let mut fields = answer(&item.answer, units);
    for (name, units) in [
        ("held", holding.held),
        ("to_come", holding.to_come),
        ("earmarked", holding.earmarked),
        ("authorised", holding.authorised),
        ("delivered", holding.delivered),
        ("cleared", holding.cleared),
        ("units", units),
    ] {
        fields.insert(name.to_owned(), units.into());
    }
    fields.insert("item".to_owned(), item.item.as_str().into());
    if let Some(delivery) = &item.delivery {
        let told = consent_fields(delivery, holding.to_come);
        fields.insert("delivery".to_owned(), Value::Object(told));
    }
    if let Some(left) = &item.remainder {
        let mut told =
            verdict_fields(&Ok(left.everywhere.clone()), left.held.saturating_add(left.to_come));
        let zones = item.answer.zones.iter().zip(&left.zones);
        let zones: Vec<Value> = zones
            .map(|(class, verdict)| {
                let units = if *verdict == Verdict::Prohibited { 0 } else { units };
                let mut told = verdict_fields(&Ok(verdict.clone()), units);
                told.insert("zones".to_owned(), json!(zone_names(&class.zones)));
                Value::Object(told)
            })
            .collect();
        told.insert("zones".to_owned(), Value::Array(zones));
        told.insert("held".to_owned(), left.held.into());
        told.insert("to_come".to_owned(), left.to_come.into());
        told.insert("lost_inputs".to_owned(), json!(names(&left.lost_inputs)));
        fields.insert("left".to_owned(), Value::Object(told));
    }
    if let Some(before) = before {
        let told = answer(&before.answer, units);
        fields.insert("before".to_owned(), Value::Object(told));
    }
    Value::Object(fields)
}

fn split(split: &Split) -> Value {
    json!({
        "units": split.units(), "free": split.free, "one_office": split.one,
        "two_or_more": split.more, "prohibited": split.prohibited,
    })
}

/// A least group of offices that locks a share, or why there is none.
#[must_use]
pub fn lock(found: &Result<Lock, LockError>, percent: u8) -> Value {
    match found {
        Ok(Lock { offices, units }) => {
            json!({
                "percent": percent, "offices": names(offices), "units": units, "problem": null,
            })
        }
        Err(error) => {
            json!({
                "percent": percent, "offices": null, "units": null, "problem": error.to_string(),
            })
        }
    }
}

fn holder(report: &HolderReport, terms: &Terms<'_>, before: Option<&HolderReport>) -> Value {
    let items: Vec<Value> = report
        .items
        .iter()
        .map(|one| {
            let same = |was: &&ItemReport| was.item == one.item;
            item(one, before.and_then(|before| before.items.iter().find(same)))
        })
        .collect();
    let by_sets: Vec<Value> = report
        .by_sets
        .iter()
        .map(|(set, units)| json!({ "offices": names(set), "units": units }))
        .collect();
    let vetoes: Vec<Value> = report
        .vetoes
        .iter()
        .map(|(office, units)| json!({ "office": office.as_str(), "units": units }))
        .collect();
    let mut value = json!({
        "holder": report.holder.as_str(), "items": items, "totals": split(&report.split),
        "by_sets": by_sets, "vetoes": vetoes,
    });
    if let Value::Object(fields) = &mut value {
        if let Some(left) = &report.left {
            fields.insert("left".to_owned(), split(left));
        }
        if let Some((found, percent)) = report.lock.as_ref().zip(terms.lock_percent) {
            fields.insert("lock".to_owned(), lock(found, percent));
        }
        if let Some(before) = before {
            fields.insert("before".to_owned(), split(&before.split));
        }
    }
    value
}

/// What a report is told with.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// What was asked.
    pub terms: &'a Terms<'a>,
    /// The version that judged.
    pub policy: &'a PolicyVersionId,
    /// The other version and what it says.
    pub before: Option<(&'a PolicyVersionId, &'a Report)>,
}

impl Told<'_> {
    /// What the other version says of a holder.
    #[must_use]
    pub fn before_of(&self, report: &HolderReport) -> Option<&HolderReport> {
        let (_, before) = self.before?;
        before.holders.iter().find(|was| was.holder == report.holder)
    }
}

/// The whole report. Of one holder, where one was asked for, its fields stand at the top.
#[must_use]
pub fn report(report: &Report, told: &Told<'_>) -> Value {
    let terms = told.terms;
    let holders = report.holders.iter().map(|one| holder(one, terms, told.before_of(one)));
    let mut value = match (&terms.holder, report.holders.first()) {
        (Some(_), Some(one)) => holder(one, terms, told.before_of(one)),
        (None, _) | (_, None) => json!({ "holders": holders.collect::<Vec<_>>() }),
    };
    if let Value::Object(fields) = &mut value {
        let before = told.before.map(|(version, _)| version.as_str());
        fields.insert("as_of".to_owned(), terms.at.to_string().into());
        fields.insert("policy".to_owned(), told.policy.as_str().into());
        fields.insert("policy_before".to_owned(), before.into());
        fields.insert("zones".to_owned(), json!(zone_names(&report.zones)));
        fields.insert("asked_units".to_owned(), terms.quantity.units().into());
        let without = json!({
            "offices": names(&terms.refusing), "inputs": names(&terms.withheld),
        });
        fields.insert("without".to_owned(), without);
    }
    value
}

/// The report as rows of a table: one for each holder, item and class of zones, and one for all
/// zones at once.
#[must_use]
pub fn rows(report: &Report) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let headings = vec![
        "holder",
        "item",
        "zones",
        "held",
        "to_come",
        "earmarked",
        "authorised",
        "delivered",
        "cleared",
        "status",
        "approval_sets",
        "vetoes",
        "blocking",
        "left_held",
        "left_to_come",
        "left_approval_sets",
    ];
    let mut rows = Vec::new();
    for holder in &report.holders {
        for item in &holder.items {
            let everywhere = item.remainder.as_ref().map(|left| &left.everywhere);
            rows.push(row(holder, item, "everywhere", &item.answer.everywhere, everywhere));
            for (index, class) in item.answer.zones.iter().enumerate() {
                let left = item.remainder.as_ref().and_then(|left| left.zones.get(index));
                let zones = zone_names(&class.zones).join(" ");
                rows.push(row(holder, item, &zones, &class.consent, left));
            }
        }
    }
    (headings, rows)
}

/// Sets as text that is read back easily: `A + B | C`.
#[must_use]
pub fn sets_as_text(sets: &BTreeSet<BTreeSet<OfficeId>>) -> String {
    let sets: Vec<String> = sets.iter().map(|set| names(set).join(" + ")).collect();
    sets.join(" | ")
}

/// The approval sets of what is said, as text; empty where there are none.
#[must_use]
pub fn said_sets(said: &Said) -> String {
    match said {
        Ok(Verdict::Needs(sets)) => sets_as_text(sets),
        Ok(Verdict::Standing | Verdict::Prohibited) | Err(_) => String::new(),
    }
}

fn row(
    holder: &HolderReport,
    item: &ItemReport,
    zones: &str,
    consent: &Consent,
    left: Option<&Verdict>,
) -> Vec<String> {
    let holding = &item.holding;
    let usable = left.is_some_and(|verdict| *verdict != Verdict::Prohibited);
    let still = |units: u64| match left {
        None => String::new(),
        Some(_) if usable => units.to_string(),
        Some(_) => "0".to_owned(),
    };
    let to_come = item.remainder.as_ref().map_or(0, |left| left.to_come);
    vec![
        holder.holder.to_string(),
        item.item.to_string(),
        zones.to_owned(),
        holding.held.to_string(),
        holding.to_come.to_string(),
        holding.earmarked.to_string(),
        holding.authorised.to_string(),
        holding.delivered.to_string(),
        holding.cleared.to_string(),
        status(&consent.said).to_owned(),
        said_sets(&consent.said),
        names(&consent.vetoes).join(" "),
        sets_as_text(&consent.blocking),
        still(holding.held),
        if zones == "everywhere" { still(to_come) } else { String::new() },
        left.map(|left| said_sets(&Ok(left.clone()))).unwrap_or_default(),
    ]
}
