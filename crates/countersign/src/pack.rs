//! The pack. Answers: *which charter do these files stand for, and what is wrong with them?*
//!
//! A pack is a folder that a person reads and edits; `packs/README.md` describes its files. Bad
//! input is normal: [`Pack::load`] and [`check`] tell every mistake with its file, its line and
//! what to do about it, and never only the first.

mod fault;
mod source;

mod json;
mod node;

mod fields;
mod known;

mod items;
mod manifest;
mod people;
mod triage;

mod versions;
mod zones;

mod declared;
mod table;

mod figures;

mod import;

mod history;

pub mod story;

mod checks;

pub use checks::{check, warning};
pub(crate) use declared::Declared;
pub use fault::{Fault, Report, Summary, code};
pub(crate) use figures::Terms;
pub use figures::{FigureRows, PartyFigures, Placed, Table};
pub(crate) use history::{
    Duplicates, Foreigners, HistoryRow, HistoryRows, Mapping, Next, OnFault, Opened, RowFact,
    read_mapping,
};
pub(crate) use import::{ImportError, read_files, read_text};
pub use items::{Figure, PackItems};
pub use manifest::Manifest;
pub use people::{OfficeFact, PackKey, PackPeople, Person};
pub use triage::triage_rules;

pub use versions::PackVersion;
pub use zones::ZoneShape;

use countersign_core::ledger::{Charter, CharterKey, CharterPolicy};
use countersign_core::people::Function;
use countersign_core::triage::Rules;

use countersign_proof::words::{Moment, PartyId, PersonId, PolicyVersionId};
use known::Known;
use node::Node;
use serde::Serialize;
use source::{Reading, Source};
use std::collections::BTreeMap;
use std::path::Path;
use story::Story;

/// What the pack says of itself.
const MANIFEST: &str = "pack.toml";
/// Parties, offices, persons and terms.
const PEOPLE: &str = "people.toml";
/// Items, inputs and places.
const ITEMS: &str = "items.toml";
/// The zones.
const ZONES: &str = "zones.geojson";
/// The policy versions.
const VERSIONS: &str = "policy/versions.toml";
/// The story.
const STORY: &str = "story.toml";

/// A pack that could be read without a fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Pack {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Parties, offices, persons and terms.
    pub people: PackPeople,
    /// Items, inputs, places and figures.
    pub items: PackItems,
    /// By which limits items fall into classes; none where classes stand in the items.
    pub triage: Rules,
    /// What is there, promised, required and used up when the ledger begins, row by row.
    pub rows: FigureRows,
    /// The zones and their schematic outlines.
    pub zones: Vec<ZoneShape>,
    /// The policy versions, oldest first.
    pub versions: Vec<PackVersion>,
    /// The story, if the pack tells one.
    pub story: Option<Story>,
}

/// Which policy versions a charter begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundingPolicies {
    /// All of them, also those that come into force later.
    All,
    /// Those that have come into force by the founding; later ones have to be published.
    InForce,
}

/// What could be read of a pack, faults or not.
struct Gathered {
    pack: Pack,
    faults: Vec<Fault>,
    /// Whether manifest, people, items and zones could be read without a fault, so that policies
    /// can be checked against what they name.
    intact: bool,
}

impl Pack {
    /// Reads the pack in the folder `dir`.
    ///
    /// # Errors
    /// Every mistake in its files, by file and line. Whether its policies can be relied upon is
    /// asked by [`Pack::check`].
    pub fn load(dir: &Path) -> Result<Self, Vec<Fault>> {
        let Gathered { pack, mut faults, intact: _ } = gather(dir);
        if faults.is_empty() {
            return Ok(pack);
        }
        checks::in_order(&mut faults);
        Err(faults)
    }

    /// The charter of a ledger founded from the pack at `founded_at`.
    ///
    /// `keys`: the keys of persons, by which those of the pack itself are replaced. Figures are
    /// taken in by commands of their own, see [`Pack::figures`], and names are no part of a
    /// charter, see [`Pack::names`].
    #[must_use]
    pub fn charter(
        &self,
        keys: &BTreeMap<PersonId, PackKey>,
        founded_at: Moment,
        policies: FoundingPolicies,
    ) -> Charter {
        let persons = &self.people.persons;
        let keys = persons.iter().filter_map(|person| {
            let key = keys.get(&person.id).or(person.key.as_ref())?;
            Some(CharterKey {
                person: person.id.clone(),
                public_key: key.public_key.clone(),
                expires_on: key.expires_on,
            })
        });
        let begins_with = |policy: &&CharterPolicy| match policies {
            FoundingPolicies::All => true,
            FoundingPolicies::InForce => policy.in_force_from <= founded_at,
        };
        let versions = self.versions.iter().map(|version| &version.policy);
        Charter {
            exercise: self.manifest.exercise,
            parties: self.people.parties.clone(),
            offices: self.people.offices.iter().map(|fact| fact.office.clone()).collect(),
            people: persons.iter().map(|p| (p.id.clone(), p.party.clone())).collect(),
            keys: keys.collect(),
            incumbencies: self.people.terms.clone(),
            items: self.items.items.clone(),
            inputs: self.items.inputs.clone(),
            places: self.items.places.clone(),
            zones: self.zones.iter().map(|shape| shape.zone.clone()).collect(),
            calendar: self.manifest.calendar.clone(),
            signing: self.manifest.signing.clone(),
            triage: self.triage.clone(),
            policies: versions.filter(begins_with).cloned().collect(),
        }
    }

    /// Reads of the pack in the folder `dir` what planning needs; a file that is not there is let
    /// pass, and references into it are.
    ///
    /// # Errors
    /// Every mistake in the files that are there.
    pub fn for_planning(dir: &Path) -> Result<Self, Vec<Fault>> {
        let Gathered { pack, mut faults, intact: _ } = gather(dir);
        let missing = |fault: &Fault| fault.code == code::FILE_MISSING && dir.is_dir();
        faults.retain(|fault| !missing(fault));
        if faults.is_empty() {
            return Ok(pack);
        }
        checks::in_order(&mut faults);
        Err(faults)
    }

    /// Reads of the pack in the folder `dir` what an audit needs: who there is, what there is, and
    /// the policy versions. Tables of stock and zones may be missing, a story is not read.
    ///
    /// # Errors
    /// Every mistake in the files that are there, and every version that cannot be relied upon.
    pub(crate) fn for_audit(dir: &Path) -> Result<Self, Vec<Fault>> {
        let Gathered { pack, mut faults, intact: _ } = gather(dir);
        let spared = [Table::Stock.file(), ZONES];
        let missing =
            |fault: &Fault| fault.code == code::FILE_MISSING && spared.contains(&&*fault.file);
        faults.retain(|fault| !missing(fault) && fault.file != STORY);
        if faults.is_empty() {
            let mut report = Report::default();
            pack.check_policies(true, &mut report);
            faults = report.faults;
        }
        if faults.is_empty() {
            return Ok(pack);
        }
        checks::in_order(&mut faults);
        Err(faults)
    }

    /// The newest day that a count of what is there is of; 1970-01-01 where there is none.
    #[must_use]
    pub fn newest_figure(&self) -> Moment {
        let counts = self.rows.counts.iter().map(|row| &row.value);
        let there = counts.filter(|count| count.account.state.due().is_none());
        let days = there.map(|count| count.as_of.start());
        days.max().unwrap_or_else(|| Moment::from_millis(0).unwrap_or(Moment::LAST))
    }

    /// The figures of each party, which its stock keeper takes in by one command.
    #[must_use]
    pub fn figures(&self) -> Vec<PartyFigures> {
        self.rows.by_party()
    }

    /// The person who may take in, and hand out, stock of `party` at `at`.
    #[must_use]
    pub fn stock_keeper(&self, party: &PartyId, at: Moment) -> Option<&PersonId> {
        let keeps = |fact: &&OfficeFact| {
            fact.office.party == *party && fact.office.functions.contains(&Function::Stock)
        };
        let offices = self.people.offices.iter().filter(keeps);
        offices.into_iter().find_map(|fact| {
            let terms = self.people.terms.iter();
            let mut holders =
                terms.filter(|term| term.office == fact.office.id && term.span.contains(at));
            holders.next().map(|term| &term.person)
        })
    }

    /// The names of the persons, for the sealed identity part of the record.
    #[must_use]
    pub fn names(&self) -> BTreeMap<PersonId, String> {
        let persons = self.people.persons.iter();
        persons.map(|person| (person.id.clone(), person.name.clone())).collect()
    }

    /// The version of that name.
    #[must_use]
    pub fn version(&self, id: &PolicyVersionId) -> Option<&PackVersion> {
        self.versions.iter().find(|version| version.id() == id)
    }

    /// How much there is.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let units = self.rows.counts.iter().map(|row| row.value.units.units());
        Summary {
            parties: self.people.parties.len(),
            offices: self.people.offices.len(),
            persons: self.people.persons.len(),
            terms: self.people.terms.len(),
            items: self.items.items.len(),
            inputs: self.items.inputs.len(),
            places: self.items.places.len(),
            zones: self.zones.len(),
            stock_rows: self.rows.counts.len(),
            units: units.fold(0, u64::saturating_add),
            requirements: self.rows.requirements.len(),
            earmarks: self.rows.earmarks.len(),
            slots: self.rows.slot_count(),
            consumption: self.rows.consumption.len(),
            versions: self.versions.len(),
            acts: self.story.as_ref().map_or(0, |story| story.acts.len()),
        }
    }
}

/// Reads zones and their outlines from a file of their own, written as a pack's `zones.geojson`.
///
/// # Errors
/// Every mistake in it, by line.
pub(crate) fn read_zones(path: &Path) -> Result<Vec<ZoneShape>, Vec<Fault>> {
    let mut faults = Vec::new();
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let mut shapes = Vec::new();
    if let Some(source) = Source::read(folder, &name, &mut faults) {
        let mut r = Reading { source: &source, faults: &mut faults };
        if let Some(node) = json::json(&mut r) {
            shapes = zones::read(&mut r, &node, &mut Known::default());
        }
    }
    if faults.is_empty() { Ok(shapes) } else { Err(faults) }
}

/// Reads what can be read. References into a file that cannot be read are let pass.
fn gather(dir: &Path) -> Gathered {
    let mut faults = Vec::new();
    let mut known = Known::default();
    let mut pack = Pack::default();
    if !dir.is_dir() {
        let place = dir.display().to_string();
        let remedy = "name a folder that holds a pack.toml";
        faults.push(Fault::of_file(&place, code::FILE_MISSING, "there is no such folder", remedy));
        return Gathered { pack, faults, intact: false };
    }
    if let Some(manifest) = toml_file(dir, MANIFEST, &mut faults, manifest::read) {
        pack.manifest = manifest;
    }
    let people = toml_file(dir, PEOPLE, &mut faults, |r, node| people::read(r, node, &mut known));
    pack.people = people.unwrap_or_default();
    let items = toml_file(dir, ITEMS, &mut faults, |r, node| items::read(r, node, &mut known));
    pack.items = items.unwrap_or_default();
    if std::fs::symlink_metadata(dir.join(triage::TRIAGE)).is_ok() {
        let rules =
            toml_file(dir, triage::TRIAGE, &mut faults, |r, node| triage::read(r, node, &known));
        pack.triage = rules.unwrap_or_default();
    }
    if let Some(source) = Source::read(dir, ZONES, &mut faults) {
        let mut r = Reading { source: &source, faults: &mut faults };
        if let Some(node) = json::json(&mut r) {
            pack.zones = zones::read(&mut r, &node, &mut known);
        }
    }
    let intact = faults.is_empty();
    let declared = Declared::in_pack(&known, &pack.items);
    for table in Table::ALL {
        figures::read_file(dir, table, &declared, &mut pack.rows, &mut faults);
    }
    pack.rows.settle(&mut faults);
    let versions =
        toml_file(dir, VERSIONS, &mut faults, |r, node| versions::read(r, dir, node, &mut known));
    pack.versions = versions.unwrap_or_default();
    if std::fs::symlink_metadata(dir.join(STORY)).is_ok() {
        let story = toml_file(dir, STORY, &mut faults, |r, node| {
            story::read(r, node, &known, &pack.versions)
        });
        pack.story = story.flatten();
    }
    Gathered { pack, faults, intact }
}

fn toml_file<T>(
    dir: &Path,
    file: &str,
    faults: &mut Vec<Fault>,
    read: impl FnOnce(&mut Reading<'_>, &Node) -> T,
) -> Option<T> {
    let source = Source::read(dir, file, faults)?;
    let mut r = Reading { source: &source, faults };
    let node = node::toml(&mut r)?;
    Some(read(&mut r, &node))
}
