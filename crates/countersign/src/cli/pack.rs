//! `pack …`.

use super::Failure;
use super::output::Output;
use crate::pack::{self, Fault, FoundingPolicies, Pack};
use clap::Subcommand;
use countersign_core::State;
use countersign_core::ledger::Charter;
use countersign_core::people::Party;
use countersign_core::stock::{Figures, Item, Place};
use countersign_proof::words::{ItemClass, ItemId, Moment, PartyId, PlaceId, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Verbs of `pack`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Check a pack: every mistake with file, line and remedy
    #[command(after_help = "Example:\n  countersign pack check D/pack")]
    Check {
        /// The folder of the pack
        dir: PathBuf,
    },
}

pub(super) fn run(verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    let Verb::Check { dir } = verb;
    let report = pack::check(dir);
    let value = serde_json::to_value(&report)
        .map_err(|error| Failure::unavailable(format!("the report: {error}")))?;
    if report.faults.is_empty() {
        output.value(&value);
        output.line(report.to_string().trim_end());
        return Ok(());
    }
    Err(faulty(&report.faults))
}

/// The refusal of a pack with mistakes.
pub(crate) fn faulty(faults: &[Fault]) -> Failure {
    Failure::Faulty {
        code: "pack/faulty",
        message: match faults.len() {
            1 => "the pack has a mistake".to_owned(),
            many => format!("the pack has {many} mistakes"),
        },
        faults: faults.to_vec(),
    }
}

/// The books of a pack, to plan from without a ledger: at a moment, or at the newest day that its
/// stock is of.
pub(super) fn books(folder: &Path, at: Option<Moment>) -> Result<State, Failure> {
    let pack = Pack::for_planning(folder).map_err(|faults| faulty(&faults))?;
    let at = at.unwrap_or_else(|| pack.newest_figure());
    let mut charter = pack.charter(&BTreeMap::new(), at, FoundingPolicies::All);
    let figures: Vec<Figures> = pack.figures().into_iter().map(|own| own.figures).collect();
    declare_what_is_named(&mut charter, &figures);
    Ok(State::of_figures(&charter, &figures, at)?)
}

/// Planning needs no more of a party, or of an item or a place that a pack without `items.toml`
/// names, than its id.
fn declare_what_is_named(charter: &mut Charter, figures: &[Figures]) {
    let earmarks = || figures.iter().flat_map(|figures| &figures.earmarks);
    let counts = || figures.iter().flat_map(|figures| &figures.counts);
    let mut parties: BTreeSet<PartyId> = BTreeSet::new();
    parties.extend(figures.iter().flat_map(Figures::parties).cloned());
    parties.extend(earmarks().map(|earmark| earmark.recipient.clone()));
    // Whoever promises an item, or has a requirement of it, is whose stock is planned; whoever
    // only has some of it comes last.
    let mut owners: BTreeMap<ItemId, PartyId> = BTreeMap::new();
    let promised = earmarks().map(|e| (&e.item, &e.owner));
    let required = figures.iter().flat_map(|figures| &figures.requirements);
    let required = required.map(|r| (&r.item, &r.party));
    let there = counts().map(|c| (&c.account.item, &c.account.party));
    for (item, party) in promised.chain(required).chain(there) {
        owners.entry(item.clone()).or_insert_with(|| party.clone());
    }
    let places: BTreeSet<PlaceId> = charter.places.iter().map(|place| place.id.clone()).collect();
    let named = counts().filter_map(|c| Some((c.account.place.clone()?, c.account.party.clone())));
    let named: BTreeMap<PlaceId, PartyId> = named.collect();
    let unknown = named.into_iter().filter(|(id, _)| !places.contains(id));
    charter.places.extend(unknown.map(|(id, party)| Place { title: id.to_string(), id, party }));
    parties.extend(charter.places.iter().map(|place| place.party.clone()));
    parties.extend(charter.items.iter().map(|item| item.origin.clone()));
    let known: BTreeSet<PartyId> = charter.parties.iter().map(|party| party.id.clone()).collect();
    let party = |id: &PartyId| Party { id: id.clone(), title: id.to_string() };
    charter.parties.extend(parties.difference(&known).map(party));
    if !charter.items.is_empty() {
        return;
    }
    charter.items.extend(owners.into_iter().map(|(id, origin)| Item {
        title: id.to_string(),
        id,
        origin,
        inputs: BTreeSet::new(),
        class: ItemClass::unknown(),
        range_km: None,
        labels: BTreeSet::new(),
        packs: BTreeMap::new(),
        serial: false,
        source: "the tables of the pack".to_owned(),
        standing: Standing::Assumed,
    }));
}
