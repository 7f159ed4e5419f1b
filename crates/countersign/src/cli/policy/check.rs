//! `policy check`: what a version of a pack changes, and whether it keeps what is claimed of it.

use super::super::Failure;
use super::super::log::progress;
use super::super::output::Output;
use super::super::pack::faulty;
use crate::pack::{FoundingPolicies, Pack, PackVersion};
use crate::solver::Cvc5;
use crate::views;
use clap::Args;
use countersign_core::State;
use countersign_core::people::Function;
use countersign_core::policy::{
    self, Changes, Claim, Comparison, Compiled, Deciding, DecidingChange, Direction, Edit, Finding,
    Proofs, Property, Proving, Solver, WitnessRule, World,
};
use countersign_core::stock::Item;
use countersign_proof::words::{ItemId, Moment, PartyId, PolicyVersionId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Debug, Args)]
pub(in super::super) struct CheckArgs {
    /// The pack that holds the versions
    dir: PathBuf,
    /// Which version of it; the last, if not given
    #[arg(long)]
    version: Option<PolicyVersionId>,
    /// The version it is held against; the one before it, if not given
    #[arg(long, value_name = "VERSION")]
    against: Option<PolicyVersionId>,
    /// A property to prove beside those that the version promises: a file of Cedar policies that
    /// allow whatever may be allowed, with @promise("…")
    #[arg(long = "property", value_name = "FILE")]
    properties: Vec<PathBuf>,
    #[command(flatten)]
    solving: SolvingArgs,
}

/// How the solver is used.
#[derive(Clone, Debug, Args)]
pub(crate) struct SolvingArgs {
    /// How long the solver may take for each question
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    time_limit: u64,
    /// Refuse where anything is left unproved
    #[arg(long)]
    require_proof: bool,
}

impl SolvingArgs {
    /// So many seconds for each question; refused is what is not proved, where that is required.
    pub(crate) fn new(time_limit: u64, require_proof: bool) -> Self {
        Self { time_limit, require_proof }
    }
}

/// A version among others: what there is to know of it before it is published.
pub(super) struct Candidate<'a> {
    pub world: World,
    pub exercise: bool,
    pub items: BTreeMap<ItemId, Item>,
    pub holders: BTreeSet<PartyId>,
    pub after: &'a Coming<'a>,
    pub before: Option<&'a policy::PolicyBundle>,
    pub more: Vec<(String, String)>,
}

/// A version with the moment from which it is, or would be, in force.
pub(super) struct Coming<'a> {
    pub bundle: &'a policy::PolicyBundle,
    pub from: Moment,
}

/// What was found about a candidate.
pub(super) struct Examined {
    pub proofs: Proofs,
    pub changes: Option<Changes>,
    pub comparison: Option<Comparison>,
    pub world: World,
}

pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Result<(), Failure> {
    let pack = Pack::load(&args.dir).map_err(|faults| faulty(&faults))?;
    let report = pack.check();
    if !report.faults.is_empty() {
        return Err(faulty(&report.faults));
    }
    let at = position(&pack, args.version.as_ref())?;
    let after = pack.versions.get(at).ok_or_else(|| Failure::usage("the pack has no version"))?;
    let before = match &args.against {
        Some(id) => Some(named(&pack, id)?),
        None => at.checked_sub(1).and_then(|before| pack.versions.get(before)),
    };
    let charter = pack.charter(&BTreeMap::new(), Moment::LAST, FoundingPolicies::All);
    let asks =
        |office: &&countersign_core::people::Office| office.functions.contains(&Function::Request);
    let holders = charter.offices.iter().filter(asks).map(|office| office.party.clone());
    let more: Result<Vec<_>, Failure> = args.properties.iter().map(read_property).collect();
    let candidate = Candidate {
        world: charter.world(),
        exercise: charter.exercise,
        items: charter.items.iter().map(|item| (item.id.clone(), item.clone())).collect(),
        holders: holders.collect(),
        after: &Coming { bundle: &after.policy.bundle, from: after.policy.in_force_from },
        before: before.map(|version| &version.policy.bundle),
        more: more?,
    };
    let examined = candidate.examine(&args.solving, output)?;
    examined.tell(after.id(), output);
    examined.judge(&args.solving)
}

fn position(pack: &Pack, wanted: Option<&PolicyVersionId>) -> Result<usize, Failure> {
    match wanted {
        None => Ok(pack.versions.len().saturating_sub(1)),
        Some(id) => pack
            .versions
            .iter()
            .position(|version| version.id() == id)
            .ok_or_else(|| no_version(pack, id)),
    }
}

fn named<'a>(pack: &'a Pack, id: &PolicyVersionId) -> Result<&'a PackVersion, Failure> {
    pack.version(id).ok_or_else(|| no_version(pack, id))
}

fn no_version(pack: &Pack, id: &PolicyVersionId) -> Failure {
    let there: Vec<String> = pack.versions.iter().map(|version| version.id().to_string()).collect();
    Failure::usage(format!("the pack has no version {id}; it has {}", there.join(", ")))
}

fn read_property(path: &PathBuf) -> Result<(String, String), Failure> {
    let failed = |error| Failure::unavailable(format!("{}: {error}", path.display()));
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8", path.display())))?;
    Ok((path.display().to_string(), text))
}

impl<'a> Candidate<'a> {
    /// A version that is to follow `before` in a ledger.
    pub(super) fn in_ledger(
        state: &State,
        after: &'a Coming<'a>,
        before: Option<&'a policy::PolicyBundle>,
    ) -> Self {
        let asking = state.people.offices().filter(|o| o.functions.contains(&Function::Request));
        Self {
            world: state.policy.world().clone(),
            exercise: state.ledger.exercise,
            items: state.stock.items().map(|item| (item.id.clone(), item.clone())).collect(),
            holders: asking.map(|office| office.party.clone()).collect(),
            after,
            before,
            more: Vec::new(),
        }
    }

    /// Proves what is claimed, and compares with the version before.
    pub(super) fn examine(
        &self,
        solving: &SolvingArgs,
        output: &Output,
    ) -> Result<Examined, Failure> {
        let started = Instant::now();
        let limit = Duration::from_secs(solving.time_limit);
        let mut solver =
            Cvc5::find(limit).map_err(|failed| Failure::unavailable(failed.to_string()))?;
        let compile =
            |bundle| Compiled::compile(bundle, &self.world, self.exercise).map_err(unpublishable);
        let after = compile(self.after.bundle)?;
        let mut properties =
            Property::all(self.after.bundle, &self.world, self.exercise).map_err(unpublishable)?;
        for (file, text) in &self.more {
            let read = Property::read(file, text, self.after.bundle, &self.world, self.exercise);
            properties.push(read.map_err(unpublishable)?);
        }
        let before = self.before.map(compile).transpose()?;
        let bar = progress(output, "{bar:40} {pos}/{len} questions to the solver, {eta} left");
        let mut proving = Proving {
            solver: solver.as_mut().map(|solver| -> &mut dyn Solver { solver }),
            items: &self.items,
            holders: &self.holders,
            from: self.after.from,
            progress: &mut |done, total| {
                bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            },
        };
        let mut proofs = policy::prove(&after, &properties, &mut proving);
        let comparison =
            before.as_ref().map(|before| policy::compare(before, &after, &mut proving));
        bar.finish_and_clear();
        let differences = comparison.iter().flat_map(|found| &found.differences);
        proofs.differences = differences.map(|d| (d.act, d.direction, d.finding.clone())).collect();
        proofs.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let changes = before.as_ref().map(|before| {
            policy::changes(before, &after, &self.items, &self.holders, self.after.from)
        });
        Ok(Examined { proofs, changes, comparison, world: self.world.clone() })
    }
}

/// The refusal of policies that do not pass the checks.
fn unpublishable(problems: Vec<policy::Problem>) -> Failure {
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::Refused { code: "policy/check-failed".to_owned(), message: told.join("\n  ") }
}

impl Examined {
    /// Tells everything that was found.
    pub(super) fn tell(&self, id: &PolicyVersionId, output: &mut Output) {
        output.value(&self.value(id));
        let against = match &self.comparison {
            Some(comparison) => format!(", held against {}", comparison.before),
            None => String::new(),
        };
        let by = match &self.proofs.solver {
            Some(solver) => format!("{solver}, {} ms", self.proofs.millis),
            None => "no solver: set CVC5 or put cvc5 on PATH to have proofs".to_owned(),
        };
        output.heading(&format!("{id}{against} ({by})"));
        if let (Some(changes), Some(comparison)) = (&self.changes, &self.comparison) {
            self.tell_changes(changes, output);
            for direction in [Direction::NoLongerAllowed, Direction::NewlyAllowed] {
                tell_direction(comparison, direction, output);
            }
        }
        self.tell_claims(output);
    }

    fn tell_changes(&self, changes: &Changes, output: &mut Output) {
        let mut lines: Vec<String> = changes.deciding.iter().map(decided).collect();
        let texts = [("policy", &changes.policies), ("property", &changes.properties)];
        for (kind, edits) in texts {
            lines.extend(edits.iter().map(|(id, edit)| format!("{kind} {id} {}", edited(*edit))));
        }
        lines.extend(changes.witnesses.as_ref().map(ToString::to_string));
        lines.extend(changes.verdicts.iter().map(|change| change.told(&self.world)));
        output.heading("\nWhat changes");
        if lines.is_empty() {
            output.line("  nothing, for the items, holders and zones there are");
        }
        for line in lines {
            output.line(&format!("  {line}"));
        }
    }

    fn tell_claims(&self, output: &mut Output) {
        let mut alike: Vec<(Tally, &Finding, usize)> = Vec::new();
        output.heading("\nWhat is claimed");
        for (claim, finding) in &self.proofs.findings {
            let tally = match claim {
                Claim::Promise { .. } => None,
                Claim::ApprovalsHelp { .. } => Some(Tally::Acts),
                Claim::NeverFails { .. } => Some(Tally::Policies),
            };
            match (claim, finding, tally) {
                (_, Finding::Proved | Finding::NotProved { .. }, Some(tally)) => {
                    let same = alike.iter_mut().find(|(of, f, _)| (*of, *f) == (tally, finding));
                    match same {
                        Some((_, _, count)) => *count = count.saturating_add(1),
                        None => alike.push((tally, finding, 1)),
                    }
                }
                (Claim::Promise { sentence, .. }, _, _) => claimed(sentence, finding, output),
                (_, Finding::Refuted { .. }, _) => claimed(&claim.to_string(), finding, output),
                (_, Finding::Proved | Finding::NotProved { .. }, None) => {}
            }
        }
        for (tally, finding, count) in alike {
            let sentence = match tally {
                Tally::Acts => {
                    format!("More consent never takes a permission away, for {count} acts.")
                }
                Tally::Policies => format!("{count} policies never fail."),
            };
            claimed(&sentence, finding, output);
        }
    }

    fn value(&self, id: &PolicyVersionId) -> Value {
        let mut value = json!({
            "version": id.as_str(),
            "proofs": views::proofs(&self.proofs),
        });
        let Some(fields) = value.as_object_mut() else { return value };
        if let (Some(changes), Some(comparison)) = (&self.changes, &self.comparison) {
            fields.insert("against".to_owned(), comparison.before.as_str().into());
            fields.insert("changes".to_owned(), self.changes_value(changes));
        }
        value
    }

    fn changes_value(&self, changes: &Changes) -> Value {
        let deciding = changes.deciding.iter().map(|change| {
            json!({
                "party": change.party.as_str(),
                "act": change.act.as_str(),
                "before": change.before.as_ref().map(decides),
                "after": change.after.as_ref().map(decides),
            })
        });
        let edits = |edits: &[(String, Edit)]| -> Value {
            edits.iter().map(|(id, edit)| json!({ "id": id, "edit": edited(*edit) })).collect()
        };
        let verdicts = changes.verdicts.iter().map(|change| {
            json!({
                "act": change.act.as_str(),
                "holder": change.holder.as_str(),
                "items": change.items.iter().map(ItemId::as_str).collect::<Vec<_>>(),
                "zones": change.zones.iter().map(|zone| zone.as_str()).collect::<Vec<_>>(),
                "sentence": change.told(&self.world),
            })
        });
        let rule = |rule: &Option<WitnessRule>| {
            rule.as_ref().map(|rule| json!({ "quorum": rule.quorum, "keys": rule.keys }))
        };
        let witnesses = changes
            .witnesses
            .as_ref()
            .map(|change| json!({ "before": rule(&change.before), "after": rule(&change.after) }));
        json!({
            "witnesses": witnesses,
            "deciding": deciding.collect::<Value>(),
            "policies": edits(&changes.policies),
            "properties": edits(&changes.properties),
            "verdicts": verdicts.collect::<Value>(),
        })
    }

    /// Refuses what is false; and, where proof is required, what is not proved.
    pub(super) fn judge(&self, solving: &SolvingArgs) -> Result<(), Failure> {
        if let Some((claim, counterexample)) = self.proofs.refuted().next() {
            return Err(Failure::Refused {
                code: "policy/claim-refuted".to_owned(),
                message: format!(
                    "the version does not keep what is claimed of it: {claim}. {counterexample}"
                ),
            });
        }
        let open = self.proofs.findings.iter().find_map(|(claim, finding)| match finding {
            Finding::NotProved { why } => Some((claim, why)),
            Finding::Proved | Finding::Refuted { .. } => None,
        });
        match open {
            Some((claim, why)) if solving.require_proof => Err(Failure::Refused {
                code: "policy/not-proved".to_owned(),
                message: format!("not proved, {why}: {claim}"),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Claims of a kind, told together where the same was found about them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tally {
    Acts,
    Policies,
}

fn claimed(sentence: &str, finding: &Finding, output: &mut Output) {
    match finding {
        Finding::Proved => output.line(&format!("  proved      {sentence}")),
        Finding::Refuted { counterexample } => {
            output.line(&format!("  FALSE       {sentence}"));
            output.line(&format!("              {counterexample}"));
        }
        Finding::NotProved { why } => {
            output.line(&format!("  not proved  {sentence} ({why})"));
        }
    }
}

fn tell_direction(comparison: &Comparison, direction: Direction, output: &mut Output) {
    let found = comparison.differences.iter().filter(|d| d.direction == direction);
    output.heading(&format!("\n{}", capital(&direction.to_string())));
    let (mut none, mut told) = (Vec::new(), false);
    for difference in found {
        match &difference.finding {
            Finding::Proved => none.push(difference.act.as_str()),
            Finding::Refuted { counterexample } => {
                output.line(&format!("  {}: for example, {counterexample}", difference.act));
                told = true;
            }
            Finding::NotProved { why } => {
                output.line(&format!("  {}: not known, {why}", difference.act));
                told = true;
            }
        }
    }
    if !told {
        output.line("  nothing at all (proved for every act)");
    } else if !none.is_empty() {
        output.line(&format!("  nothing (proved) for {}", none.join(", ")));
    }
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn decides(deciding: &Deciding) -> String {
    match deciding {
        Deciding::Office(office) => office.to_string(),
        Deciding::Standing => "a standing permission".to_owned(),
    }
}

fn decided(change: &DecidingChange) -> String {
    let who = |deciding: &Option<Deciding>| {
        deciding.as_ref().map_or_else(|| "nobody named".to_owned(), decides)
    };
    let DecidingChange { party, act, before, after } = change;
    format!("{act} for {party} was decided by {}; by {} now", who(before), who(after))
}

fn edited(edit: Edit) -> &'static str {
    match edit {
        Edit::Added => "added",
        Edit::Removed => "removed",
        Edit::Reworded => "reworded",
    }
}
