//! The checks before a policy version is published: *can this version be relied upon?*

use super::{Compiled, Deciding, KeyOnlyRule, PolicyBundle, Property, World};
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::words::{Act, InputId, OfficeId, PartyId, ZoneId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is wrong with a policy version. The codes are stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemCode {
    /// Written for another data shape than this program has.
    DataShape,
    /// An exercise's rule for software keys in a ledger that is none.
    KeyOnlyOutsideExercise,
    /// Something in the world names something that is not there.
    WorldUnknown,
    /// Zones or inputs lie in themselves.
    WorldCycle,
    /// The deciding table names a party or an office that is not there.
    DecidingUnknown,
    /// The deciding table gives a party's decision to another party's office.
    DecidingForeignOffice,
    /// The deciding table has a gap where a policy needs an entry.
    DecidingMissing,
    /// Not Cedar.
    PolicySyntax,
    /// A template: only static policies are taken.
    PolicyTemplate,
    /// A policy without an `@id`.
    PolicyIdMissing,
    /// Two policies with the same `@id`.
    PolicyIdDuplicate,
    /// An `@id` that begins with `builtin-`.
    PolicyIdReserved,
    /// Refused by strict validation against the schema.
    PolicyInvalid,
    /// Valid, but almost certainly not what was meant.
    PolicySuspicious,
    /// A policy that could fail while it is evaluated.
    PolicyMayFail,
    /// A policy names something that is not in the world, so it would silently never match.
    UnknownLiteral,
    /// A policy names one item; items come and go, so policies go by class, label and controller.
    ItemLiteral,
    /// A standing property that does not say what it promises.
    PromiseMissing,
    /// Witnesses that could never be met, or would count twice.
    WitnessesUnusable,
}

impl ProblemCode {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::DataShape,
        Self::KeyOnlyOutsideExercise,
        Self::WorldUnknown,
        Self::WorldCycle,
        Self::DecidingUnknown,
        Self::DecidingForeignOffice,
        Self::DecidingMissing,
        Self::PolicySyntax,
        Self::PolicyTemplate,
        Self::PolicyIdMissing,
        Self::PolicyIdDuplicate,
        Self::PolicyIdReserved,
        Self::PolicyInvalid,
        Self::PolicySuspicious,
        Self::PolicyMayFail,
        Self::UnknownLiteral,
        Self::ItemLiteral,
        Self::PromiseMissing,
        Self::WitnessesUnusable,
    ];

    /// The code as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataShape => "policy-data-shape",
            Self::KeyOnlyOutsideExercise => "policy-key-only-outside-exercise",
            Self::WorldUnknown => "policy-world-unknown",
            Self::WorldCycle => "policy-world-cycle",
            Self::DecidingUnknown => "policy-deciding-unknown",
            Self::DecidingForeignOffice => "policy-deciding-foreign-office",
            Self::DecidingMissing => "policy-deciding-missing",
            Self::PolicySyntax => "policy-syntax",
            Self::PolicyTemplate => "policy-template",
            Self::PolicyIdMissing => "policy-id-missing",
            Self::PolicyIdDuplicate => "policy-id-duplicate",
            Self::PolicyIdReserved => "policy-id-reserved",
            Self::PolicyInvalid => "policy-invalid",
            Self::PolicySuspicious => "policy-suspicious",
            Self::PolicyMayFail => "policy-may-fail",
            Self::UnknownLiteral => "policy-unknown-literal",
            Self::ItemLiteral => "policy-item-literal",
            Self::PromiseMissing => "policy-promise-missing",
            Self::WitnessesUnusable => "policy-witnesses-unusable",
        }
    }
}

/// One thing to mend before the version can be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing.
    pub code: ProblemCode,
    /// The policy file; `None` where the deciding table or the world is at fault.
    pub file: Option<String>,
    /// The line in the file, counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(code: ProblemCode, message: String, remedy: &str) -> Self {
        Self { code, file: None, line: None, message, remedy: remedy.to_owned() }
    }

    pub(super) fn at(self, file: &str, line: Option<usize>) -> Self {
        Self { file: Some(file.to_owned()), line, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            write!(f, " ")?;
        }
        write!(f, "{} [{}]; {}", self.message, self.code.as_str(), self.remedy)
    }
}

/// What the checks found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What has to be mended; empty where the version can be published.
    pub problems: Vec<Problem>,
    /// The acts for which it could not be shown that approvals only ever help. They are still
    /// answered exactly, by asking about every set of offices, which is slow.
    pub enumerated: BTreeSet<Act>,
}

impl Report {
    /// Whether the version can be published.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Runs every check on a version against the world it would come into force in.
#[must_use]
pub fn check(bundle: &PolicyBundle, world: &World, exercise: bool) -> Report {
    match Compiled::compile(bundle, world, exercise) {
        Ok(compiled) => Report {
            problems: Property::all(bundle, world, exercise).err().unwrap_or_default(),
            enumerated: compiled.enumerated(),
        },
        Err(problems) => Report { problems, enumerated: BTreeSet::new() },
    }
}

/// The acts on items for which every controller needs an entry in the deciding table.
pub(super) const CONTROLLED: [Act; 4] = [Act::Use, Act::Deliver, Act::Transfer, Act::Divert];

/// The rule for software keys.
pub(super) fn key_only_problem(bundle: &PolicyBundle, exercise: bool) -> Option<Problem> {
    match bundle.key_only {
        KeyOnlyRule::Allow if !exercise => Some(Problem::new(
            ProblemCode::KeyOnlyOutsideExercise,
            "the version allows signatures without user verification for class red".to_owned(),
            "remove key_only = \"allow\", or use the version in an exercise ledger",
        )),
        KeyOnlyRule::Allow | KeyOnlyRule::RefuseRed => None,
    }
}

/// The witnesses can be met, each is one, and none counts twice.
pub(super) fn witness_problem(bundle: &PolicyBundle) -> Option<Problem> {
    let rule = bundle.witnesses.as_ref()?;
    let problem =
        |what: String, remedy| Some(Problem::new(ProblemCode::WitnessesUnusable, what, remedy));
    let witnesses = match rule.verifiers() {
        Ok(witnesses) => witnesses,
        Err(error) => {
            let remedy = "write each witness as `witness status` prints it";
            return problem(format!("the version names a witness that is none: {error}"), remedy);
        }
    };
    let keys: BTreeSet<[u8; 32]> = witnesses.iter().map(WitnessVerifier::public_key).collect();
    if keys.len() < witnesses.len() {
        let what = "the version names one witness under two names".to_owned();
        return problem(what, "name each witness once: one key serves one witness");
    }
    let (quorum, count) = (usize::from(rule.quorum), witnesses.len());
    if (1..=count).contains(&quorum) {
        return None;
    }
    let what = format!("the version asks for {quorum} of {count} witnesses");
    problem(what, "ask for at least 1 and at most all of them")
}

/// Everything that the world names must be in it, and nothing may lie in itself.
pub(super) fn world_problems(world: &World) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut missing = |what: String| {
        let remedy = "add what is missing, or correct the name";
        problems.push(Problem::new(ProblemCode::WorldUnknown, what, remedy));
    };
    for (office, party) in &world.offices {
        if !world.parties.contains(party) {
            missing(format!("office {office} belongs to {party}, which is not a party"));
        }
    }
    for (id, input) in &world.inputs {
        if !world.parties.contains(&input.controller) {
            missing(format!("input {id} is controlled by {}, not a party", input.controller));
        }
        for need in input.needs.iter().filter(|need| !world.inputs.contains_key(*need)) {
            missing(format!("input {id} needs {need}, which is not an input"));
        }
    }
    for (id, zone) in &world.zones {
        if let Some(within) = zone.within.as_ref().filter(|w| !world.zones.contains_key(*w)) {
            missing(format!("zone {id} lies in {within}, which is not a zone"));
        }
    }
    let mut cycle = |what: String| {
        let remedy = "break the circle";
        problems.push(Problem::new(ProblemCode::WorldCycle, what, remedy));
    };
    for id in world.zones.keys() {
        if returns_to(id, |zone: &ZoneId| {
            world.zones.get(zone).and_then(|zone| zone.within.as_ref()).into_iter().collect()
        }) {
            cycle(format!("zone {id} lies in itself"));
        }
    }
    for id in world.inputs.keys() {
        if returns_to(id, |input: &InputId| {
            world.inputs.get(input).map(|input| input.needs.iter().collect()).unwrap_or_default()
        }) {
            cycle(format!("input {id} needs itself"));
        }
    }
    problems
}

/// Whether following `next` from `start` comes back to `start`.
fn returns_to<'a, T: Ord>(start: &'a T, next: impl Fn(&'a T) -> Vec<&'a T>) -> bool {
    let mut seen: BTreeSet<&T> = BTreeSet::new();
    let mut open = next(start);
    while let Some(id) = open.pop() {
        if id == start {
            return true;
        }
        if seen.insert(id) {
            open.extend(next(id));
        }
    }
    false
}

/// The deciding table names only what exists, gives each party its own offices, and has no gap.
///
/// `needs`: the acts, beyond the four on items, for which a policy reads deciding offices.
pub(super) fn deciding_problems(
    bundle: &PolicyBundle,
    world: &World,
    needs: &BTreeSet<Act>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (party, acts) in &bundle.deciding {
        if !world.parties.contains(party) {
            problems.push(Problem::new(
                ProblemCode::DecidingUnknown,
                format!("the deciding table names {party}, which is not a party"),
                "add the party, or correct the name",
            ));
        }
        for (act, deciding) in acts {
            problems.extend(office_problem(world, party, *act, deciding));
        }
    }
    let controllers: BTreeSet<&PartyId> =
        world.inputs.values().map(|input| &input.controller).collect();
    let listed = bundle.deciding.iter().filter(|(_, acts)| names_item_act(acts));
    let controlling: BTreeSet<&PartyId> =
        controllers.into_iter().chain(listed.map(|(party, _)| party)).collect();
    let with_offices: BTreeSet<&PartyId> = world.offices.values().collect();
    for act in CONTROLLED.into_iter().chain(needs.iter().copied()) {
        match act {
            Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit | Act::Override => {
                problems.extend(gaps(bundle, &controlling, act));
            }
            Act::Appoint | Act::View => problems.extend(gaps(bundle, &with_offices, act)),
            Act::Publish | Act::Suspend => {
                if !bundle.deciding.values().any(|acts| acts.contains_key(&act)) {
                    problems.push(missing(format!("no party names a deciding office for {act}")));
                }
            }
        }
    }
    problems
}

fn names_item_act(acts: &BTreeMap<Act, Deciding>) -> bool {
    CONTROLLED.iter().any(|act| acts.contains_key(act))
}

fn office_problem(
    world: &World,
    party: &PartyId,
    act: Act,
    deciding: &Deciding,
) -> Option<Problem> {
    let office: &OfficeId = match deciding {
        Deciding::Office(office) => office,
        Deciding::Standing => return None,
    };
    match world.offices.get(office) {
        Some(owner) if owner == party => None,
        Some(owner) => Some(Problem::new(
            ProblemCode::DecidingForeignOffice,
            format!("{office}, which decides {act} for {party}, is an office of {owner}"),
            "name an office of the party itself, or `standing` with the consent in a policy",
        )),
        None => Some(Problem::new(
            ProblemCode::DecidingUnknown,
            format!("{office}, which decides {act} for {party}, is not an office"),
            "add the office, or correct the name",
        )),
    }
}

fn gaps<'a>(
    bundle: &'a PolicyBundle,
    parties: &'a BTreeSet<&PartyId>,
    act: Act,
) -> impl Iterator<Item = Problem> + 'a {
    parties
        .iter()
        .filter(move |party| {
            !bundle.deciding.get(**party).is_some_and(|acts| acts.contains_key(&act))
        })
        .map(move |party| missing(format!("the deciding table has no entry of {party} for {act}")))
}

fn missing(message: String) -> Problem {
    Problem::new(
        ProblemCode::DecidingMissing,
        message,
        "name the office that decides, or `standing` for a standing permission",
    )
}
