//! `policy/versions.toml` and the Cedar files of each version.

use super::fault::{Fault, code};
use super::fields::{Fields, Spot, key_word};
use super::known::Known;
use super::node::{Node, Value};
use super::source::{Reading, Source, refuse_links};
use countersign_core::ledger::CharterPolicy;
use countersign_core::policy::{DATA_SHAPE, Deciding, KeyOnlyRule, PolicyBundle, WitnessRule};
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::words::{
    Act, Moment, OfficeId, PartyId, PolicyVersionId, Standing, Transition, WordError,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

/// The folder of the standing properties.
pub(super) const PROPERTIES: &str = "policy/properties";

/// A policy version of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackVersion {
    /// The version as the charter and a publication take it.
    pub policy: CharterPolicy,
    /// What it says, in a sentence.
    pub title: String,
    /// The folder of its Cedar files, as a path within the pack.
    pub folder: String,
    /// Its line in `policy/versions.toml`.
    pub line: u32,
}

impl PackVersion {
    /// The version's name.
    #[must_use]
    pub fn id(&self) -> &PolicyVersionId {
        &self.policy.bundle.version
    }
}

/// The rule for software keys, as it is written.
struct KeyOnly(KeyOnlyRule);

impl FromStr for KeyOnly {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "allow" => Ok(Self(KeyOnlyRule::Allow)),
            "refuse-red" => Ok(Self(KeyOnlyRule::RefuseRed)),
            other => Err(WordError::new(other, "a rule for software keys (refuse-red, allow)")),
        }
    }
}

/// The name of a folder beside `versions.toml`; not a path.
struct Folder(String);

impl FromStr for Folder {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let named = PolicyVersionId::new(text).is_ok();
        let expected = "the name of a folder beside versions.toml, such as v4";
        if named { Ok(Self(text.to_owned())) } else { Err(WordError::new(text, expected)) }
    }
}

/// The name of a file in `policy/properties`, without its ending; not a path.
struct PropertyName(String);

impl FromStr for PropertyName {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let named = PolicyVersionId::new(text).is_ok() && !text.starts_with('.');
        let expected = "the name of a file in policy/properties without .cedar, such as divert-red";
        if named { Ok(Self(text.to_owned())) } else { Err(WordError::new(text, expected)) }
    }
}

/// A witness: its verifier key, as it was written.
struct Witness(String);

impl FromStr for Witness {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let expected = "the key of a witness, as `countersign witness status` prints it";
        let read = text.parse::<WitnessVerifier>();
        read.map(|key| Self(key.to_string())).map_err(|_| WordError::new(text, expected))
    }
}

/// Who decides, as it is written: an office, or `standing`.
fn deciding(r: &mut Reading<'_>, office: Spot<OfficeId>, known: &Known) -> Option<Deciding> {
    if office.value.as_str() == "standing" {
        return Some(Deciding::Standing);
    }
    known.offices.check(r, &office).then_some(Deciding::Office(office.value))
}

pub(super) fn read(
    r: &mut Reading<'_>,
    dir: &Path,
    node: &Node,
    known: &mut Known,
) -> Vec<PackVersion> {
    let mut versions: Vec<PackVersion> = Vec::new();
    let Some(mut fields) = Fields::new(r, node, "policy/versions.toml") else { return versions };
    let tables = fields.tables(r, "version");
    if tables.is_empty() {
        let message = "there is no policy version";
        r.fault(fields.at, code::KEY_MISSING, message, "add one, beginning with [[version]]");
    }
    let mut newest: Option<Moment> = None;
    for mut table in tables {
        let read = read_version(r, dir, &mut table, known);
        if let Some(version) = read {
            let from = version.policy.in_force_from;
            if newest.is_some_and(|newest| newest >= from) {
                let id = version.id();
                let message = format!("{id} comes into force no later than the one before it");
                let remedy = "give the versions oldest first, each from its own moment";
                r.fault(table.at, code::ORDER_WRONG, message, remedy);
            }
            newest = newest.max(Some(from));
            versions.push(version);
        }
        table.finish(r);
    }
    known.versions.complete = true;
    fields.finish(r);
    versions
}

fn read_version(
    r: &mut Reading<'_>,
    dir: &Path,
    fields: &mut Fields<'_>,
    known: &mut Known,
) -> Option<PackVersion> {
    let version: Option<Spot<PolicyVersionId>> = fields.word(r, "version");
    if let Some(version) = &version {
        known.versions.declare(r, version);
    }
    let in_force_from = fields.moment(r, "in_force_from");
    let title = fields.text(r, "title");
    let source = fields.text(r, "source");
    let standing: Option<Spot<Standing>> = fields.word(r, "standing");
    let transition: Option<Spot<Transition>> = fields.word(r, "transition");
    let key_only: Option<Spot<KeyOnly>> = fields.word_or_none(r, "key_only");
    let shape = fields.number(r, "data_shape", 1..=u32::from(u16::MAX));
    let deciding = read_deciding(r, fields, known);
    let folder = read_folder(r, fields);
    let folder = folder.map(|name| format!("policy/{name}"));
    let policies = folder.as_ref().map(|folder| read_files(r, dir, folder));
    let properties = read_properties(r, dir, fields);
    let witnesses = read_witnesses(r, fields);
    let bundle = PolicyBundle {
        version: version?.value,
        data_shape: shape.and_then(|shape| u16::try_from(shape).ok()).unwrap_or(DATA_SHAPE),
        deciding,
        key_only: key_only.map_or(KeyOnlyRule::RefuseRed, |rule| rule.value.0),
        policies: policies?,
        properties,
        witnesses,
    };
    let (line, _) = r.source.place(fields.at);
    let (in_force_from, standing) = (in_force_from?, standing?.value);
    let transition = transition?.value;
    let policy = CharterPolicy { bundle, in_force_from, source, standing, transition };
    Some(PackVersion { policy, title, folder: folder?, line })
}

fn read_folder(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<String> {
    let node = fields.get("folder");
    let leads_out = |text: &str| text.contains(['/', '\\']) || text.starts_with('.');
    if let Some(node) = node
        && let Value::Text(text) = &node.value
        && leads_out(text)
    {
        let message = format!("folder: {text:?} leads out of the folder policy/");
        let remedy = "write the name of a folder beside versions.toml, such as v4";
        r.fault(node.at, code::PATH_OUTSIDE, message, remedy);
        return None;
    }
    let folder: Option<Spot<Folder>> = fields.word(r, "folder");
    folder.map(|folder| folder.value.0)
}

fn read_deciding(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    known: &Known,
) -> BTreeMap<PartyId, BTreeMap<Act, Deciding>> {
    let mut table = BTreeMap::new();
    let found = fields.get("deciding").and_then(|node| Fields::new(r, node, "deciding"));
    for (party, node) in found.iter().flat_map(Fields::all) {
        let Some(party) = key_word::<PartyId>(r, &party) else { continue };
        known.parties.check(r, &party);
        let Some(acts) = Fields::new(r, node, "the deciding offices of a party") else { continue };
        let mut offices = BTreeMap::new();
        for (act, node) in acts.all() {
            let Some(act) = key_word::<Act>(r, &act) else { continue };
            let office = super::fields::word::<OfficeId>(r, node, act.value.as_str());
            if let Some(office) = office.and_then(|office| deciding(r, office, known)) {
                offices.insert(act.value, office);
            }
        }
        table.insert(party.value, offices);
    }
    table
}

/// The witnesses that a version demands, as `witness status` prints them.
fn read_witnesses(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<WitnessRule> {
    let node = fields.get("witnesses")?;
    let mut table = Fields::new(r, node, "witnesses")?;
    let quorum = table.number(r, "quorum", 1..=u32::from(u8::MAX));
    let keys: BTreeSet<String> =
        table.words::<Witness>(r, "keys").into_iter().map(|key| key.value.0).collect();
    let quorum = quorum.and_then(|quorum| u8::try_from(quorum).ok()).or_else(|| {
        let remedy = "write quorum = and how many of the witnesses must have cosigned";
        r.fault(table.at, code::KEY_MISSING, "witnesses: quorum is missing", remedy);
        None
    });
    table.finish(r);
    quorum.map(|quorum| WitnessRule { quorum, keys })
}

/// The standing properties that a version promises: files in `policy/properties`, by name.
fn read_properties(
    r: &mut Reading<'_>,
    dir: &Path,
    fields: &mut Fields<'_>,
) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::new();
    for spot in fields.words::<PropertyName>(r, "properties") {
        let name = format!("{}.cedar", spot.value.0);
        let file = format!("{PROPERTIES}/{name}");
        if std::fs::symlink_metadata(dir.join(&file)).is_err() {
            let message = format!("properties: there is no file {file}");
            let remedy = "correct the name, or write the property";
            r.fault(spot.at, code::REFERENCE_DANGLING, &message, remedy);
        } else if let Err(fault) = refuse_links(dir, PROPERTIES) {
            r.faults.push(*fault);
        } else if let Some(source) = Source::read(dir, &file, r.faults) {
            properties.insert(name, source.text);
        }
    }
    properties
}

/// The Cedar files of a version, by name.
fn read_files(r: &mut Reading<'_>, dir: &Path, folder: &str) -> BTreeMap<String, String> {
    let mut policies = BTreeMap::new();
    if let Err(fault) = refuse_links(dir, folder) {
        r.faults.push(*fault);
        return policies;
    }
    let listed = std::fs::read_dir(dir.join(folder)).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()
    });
    let mut names = match listed {
        Ok(names) => names,
        Err(error) => {
            let message = format!("the folder cannot be read: {error}");
            let remedy = "make it an ordinary folder that you may read";
            r.faults.push(Fault::of_file(folder, code::FILE_UNREADABLE, &message, remedy));
            return policies;
        }
    };
    names.sort();
    for name in names {
        let Some(name) = name.to_str().filter(|name| name.ends_with(".cedar")) else { continue };
        if let Some(source) = Source::read(dir, &format!("{folder}/{name}"), r.faults) {
            policies.insert(name.to_owned(), source.text);
        }
    }
    if policies.is_empty() {
        let message = "the folder holds no policy that can be read";
        let remedy = "add a file such as use.cedar";
        r.faults.push(Fault::of_file(folder, code::FILE_MISSING, message, remedy));
    }
    policies
}
