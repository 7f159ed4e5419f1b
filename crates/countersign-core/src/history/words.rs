//! What was missing of an act, in words for a person.

use super::audit::{Certainty, Kind, asked_by};
use super::facts::{Fact, Names, OfficeNo, What};
use super::rules::Rule;
use crate::policy::sets_in_words;
use countersign_proof::words::{OfficeId, Quantity};
use std::collections::BTreeSet;

pub(super) fn missing(
    names: &Names,
    case: &[Fact],
    (act, quantity): (&Fact, Quantity),
    rules: &[&Rule],
    (kind, certainty): (Kind, Certainty),
) -> String {
    let needed: Vec<String> = rules.iter().map(|rule| demand(names, rule)).collect();
    let needed = needed.join("; or ");
    let found = match kind {
        Kind::Without if own_approvals(case) > 0 => {
            "whoever approved it had asked for it".to_owned()
        }
        Kind::Without => "no such approval covers it".to_owned(),
        Kind::Before => "such an approval came only later".to_owned(),
        Kind::Beyond => {
            let totals = totals(case, act);
            format!("it was approved, but {totals}; this act is {quantity}")
        }
    };
    match certainty {
        Certainty::Certain => format!("{needed}; {found}"),
        Certainty::Possible => format!("{needed}; the times leave it open that {found}"),
    }
}

/// What a rule demands.
fn demand(names: &Names, rule: &Rule) -> String {
    match rule {
        Rule::Standing => "needs nobody's consent".to_owned(),
        Rule::Needs(sets) => {
            let office = |number: &OfficeNo| names.office_of(*number).cloned();
            let named = |set: &BTreeSet<OfficeNo>| set.iter().filter_map(office).collect();
            let sets: BTreeSet<BTreeSet<OfficeId>> = sets.iter().map(named).collect();
            format!("needs {}", sets_in_words(&sets))
        }
        Rule::Prohibited => "policy allows it with nobody's consent".to_owned(),
        Rule::NoVersion => "no policy version was in force".to_owned(),
        Rule::NoAnswer(why) => format!("policy gave no answer: {why}"),
    }
}

/// How many approvals were given by whoever asked.
fn own_approvals(case: &[Fact]) -> usize {
    let own = |fact: &&Fact| matches!(fact.what, What::Approved { .. }) && asked_by(case, fact.by);
    case.iter().filter(own).count()
}

/// What was approved and done in the whole case.
fn totals(case: &[Fact], act: &Fact) -> String {
    let mut approved: Option<u64> = Some(0);
    let (mut done, mut other, mut ends) = (0u64, false, false);
    for fact in case {
        match fact.what {
            What::Approved { quantity, until, .. } if !asked_by(case, fact.by) => {
                approved =
                    approved.zip(quantity).map(|(all, more)| all.saturating_add(more.units()));
                other |= fact.matter != act.matter;
                ends |= until.is_some();
            }
            What::Acted { quantity } => done = done.saturating_add(quantity.units()),
            What::Approved { .. } | What::Asked { .. } | What::Refused | What::Withdrawn { .. } => {
            }
        }
    }
    let mut told = match approved {
        Some(approved) => format!("in all {approved} were approved and {done} done"),
        None => format!("in all {done} were done"),
    };
    if other {
        told.push_str(", approvals are for something else too");
    }
    if ends {
        told.push_str(", approvals end");
    }
    told
}
