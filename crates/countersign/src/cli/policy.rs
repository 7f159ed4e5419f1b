//! `policy …`.

mod check;
mod impact;

use super::desk::{Desk, Signer};
use super::output::Output;
use super::people::done;
use super::requests::DraftArgs;
use super::{Failure, Global};
use crate::pack::Pack;
use crate::views;
pub(crate) use check::SolvingArgs;
use check::{Candidate, Coming};
use clap::{Args, Subcommand};
use countersign_core::policy::{Command, Deciding, Finding, Proofs, Verdict, sets_in_words};
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::words::{Moment, PolicyVersionId, Window};
use serde_json::Value;
use std::path::PathBuf;

/// Verbs of `policy`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the versions, and which is in force
    List,
    /// Show one version: its policies and who decides
    Show {
        /// Which version, such as v4
        version: PolicyVersionId,
    },
    /// Say who would have to consent to an act, without asking for it
    #[command(
        after_help = "Example:\n  countersign --ledger D policy explain --act use --holder UA \
             --item ATACMS \\\n    \
        --quantity 2 --zone RU.Kursk --at 2025-06-01 --json"
    )]
    Explain(ExplainArgs),
    /// Check a version of a pack: what it changes, and whether it keeps what is claimed of it
    #[command(after_help = "What is claimed: no policy ever fails; more consent never takes a \
             permission away; and the\nstanding properties that the version promises. A solver \
             (cvc5, found by CVC5 or on PATH)\nproves each for every request there could be, or \
             finds one for which it is not so.\n\n\
             Examples:\n  countersign policy check D/pack\n  \
             countersign policy check D/pack --version v4 --against v3 --require-proof")]
    Check(check::CheckArgs),
    /// Show what another version would change: for requests, releases, and what is held
    #[command(
        after_help = "Examples:\n  countersign --ledger D policy impact --to v4 --from v3\n  \
             countersign --ledger D policy impact --to D/pack --version v5 --since 2025-06-01\n  \
             countersign --ledger D policy impact --to v4 --csv -\n\n\
             Past requests are judged as policy saw them then; what is open, live or held, as it \
             stands now. Nothing is changed. Who is missing is told as if those who signed under \
             another version would sign again."
    )]
    Impact(impact::ImpactArgs),
    /// Publish a version of a pack
    Publish(PublishArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    draft: DraftArgs,
    /// On which date or at which moment; at the ledger's clock, if not given
    #[arg(long, value_parser = super::moment, value_name = "DATE|MOMENT")]
    at: Option<Moment>,
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// The pack that holds the version
    pack: PathBuf,
    /// Which version of it
    #[arg(long)]
    version: PolicyVersionId,
    /// From when it is in force; as the pack says, if not given
    #[arg(long, value_parser = super::moment)]
    in_force_from: Option<Moment>,
    /// Who signs, and with which key; may be given several times
    #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
    signers: Vec<Signer>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    solving: SolvingArgs,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List => {
            let state = global.state()?;
            let versions = state.policy.versions();
            output.value(&versions.iter().map(|v| views::version(&state, v)).collect());
            let current = state.policy.current().map(|current| current.digest).ok();
            let rows: Vec<Vec<String>> = versions
                .iter()
                .map(|version| {
                    let now = if current == Some(version.digest) { "in force" } else { "" };
                    vec![
                        version.bundle.version.to_string(),
                        version.in_force_from.to_string(),
                        now.to_owned(),
                        version.standing.to_string(),
                        version.transition.to_string(),
                        version.source.clone(),
                    ]
                })
                .collect();
            let headings = ["version", "in force from", "", "standing", "transition", "source"];
            output.table(&headings, &rows);
            Ok(())
        }
        Verb::Show { version } => show(global, version, output),
        Verb::Explain(args) => explain(global, args, output),
        Verb::Check(args) => check::run(args, output),
        Verb::Impact(args) => impact::run(global, args, output),
        Verb::Publish(args) => publish(global, args, output),
    }
}

fn show(global: &Global, id: &PolicyVersionId, output: &mut Output) -> Result<(), Failure> {
    let state = global.state()?;
    let version = state.policy.version(id)?;
    let mut value = views::version(&state, version);
    if let Value::Object(fields) = &mut value {
        let policies =
            version.bundle.policies.iter().map(|(file, text)| (file.clone(), text.clone().into()));
        fields.insert("policies".to_owned(), Value::Object(policies.collect()));
        let properties = &version.bundle.properties;
        fields.insert("properties".to_owned(), serde_json::json!(properties));
        if let Some(rule) = &version.bundle.witnesses {
            let rule = serde_json::json!({ "quorum": rule.quorum, "keys": rule.keys });
            fields.insert("witnesses".to_owned(), rule);
        }
    }
    output.value(&value);
    output.heading(&format!("{id}, in force from {}", version.in_force_from));
    output.line(&format!("  {} ({})", version.source, version.standing));
    output.line(&format!("  digest {}", version.digest));
    let mut rows = Vec::new();
    for (party, acts) in &version.bundle.deciding {
        for (act, deciding) in acts {
            let who = match deciding {
                Deciding::Office(office) => office.to_string(),
                Deciding::Standing => "a standing permission".to_owned(),
            };
            rows.push(vec![party.to_string(), act.to_string(), who]);
        }
    }
    output.table(&["party", "act", "decides"], &rows);
    if let Some(rule) = &version.bundle.witnesses {
        output
            .line(&format!("\nA release counts once witnesses have seen it: {}.", rule.in_words()));
    }
    if let Some(proofs) = &version.proofs {
        output.line(&format!("\nWhen it was published: {}.", proved_in_words(proofs)));
        for (act, direction, finding) in &proofs.differences {
            if let Finding::Refuted { counterexample } = finding {
                output.line(&format!("  {direction}, {act}: for example, {counterexample}"));
            }
        }
    }
    for (file, text) in &version.bundle.properties {
        output.heading(&format!("\nproperties/{file}"));
        output.line(text.trim_end());
    }
    for (file, text) in &version.bundle.policies {
        output.heading(&format!("\n{file}"));
        output.line(text.trim_end());
    }
    Ok(())
}

fn explain(global: &Global, args: &ExplainArgs, output: &mut Output) -> Result<(), Failure> {
    let state = global.state()?;
    let at = args.at.unwrap_or(state.ledger.clock);
    let window = Window::new(at, at.plus_days(1))
        .ok_or_else(|| Failure::usage("--at lies beyond the last moment"))?;
    let draft = args.draft.draft(window);
    state.check_draft(&draft, at)?;
    let (version, explained) = state.explain(&draft, at)?;
    let mut value = views::explained(version, &explained);
    if let Value::Object(fields) = &mut value {
        fields.insert("at".to_owned(), at.to_string().into());
        fields.insert("act".to_owned(), draft.act.as_str().into());
        fields.insert("item".to_owned(), draft.item.as_str().into());
        fields.insert("holder".to_owned(), draft.holder.as_str().into());
    }
    output.value(&value);
    let who = match &explained.verdict {
        Verdict::Standing => "allowed with nobody's consent: a standing permission".to_owned(),
        Verdict::Needs(sets) => format!("needs {}", sets_in_words(sets)),
        Verdict::Prohibited => "prohibited: nobody's consent would allow it".to_owned(),
    };
    output.heading(&format!("{}: {who}", version.bundle.version));
    output.line(&format!("  {} ({})", version.source, version.standing));
    for reason in &explained.reasons {
        output.line(&format!("  {reason}"));
    }
    Ok(())
}

fn publish(global: &Global, args: &PublishArgs, output: &mut Output) -> Result<(), Failure> {
    let pack = Pack::load(&args.pack).map_err(|faults| super::pack::faulty(&faults))?;
    let wanted = pack.version(&args.version).map(|version| &version.policy);
    let policy = wanted
        .ok_or_else(|| Failure::usage(format!("the pack has no version {}", args.version)))?;
    let mut desk = Desk::open(global)?;
    let newest = desk.look(|state| state.policy.versions().last().cloned());
    let newest = newest.ok_or_else(|| Failure::unavailable("the ledger has no policy version"))?;
    let supersedes = newest.bundle.version.clone();
    let in_force_from = args.in_force_from.unwrap_or(policy.in_force_from);
    let after = Coming { bundle: &policy.bundle, from: in_force_from };
    let candidate = desk.look(|state| Candidate::in_ledger(state, &after, Some(&newest.bundle)));
    let examined = candidate.examine(&args.solving, output)?;
    if !output.is_json() {
        examined.tell(&args.version, output);
        output.line("");
    }
    examined.judge(&args.solving)?;
    let statements = desk.signed_by_all(&args.signers, |signer, binding| PolicyPublication {
        version: args.version.clone(),
        digest: policy.bundle.digest(),
        supersedes: supersedes.clone(),
        in_force_from,
        source: policy.source.clone(),
        standing: policy.standing,
        transition: policy.transition,
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: args.reason.clone(),
    })?;
    let bundle = Box::new(policy.bundle.clone());
    let proofs = Box::new(examined.proofs);
    let told = proved_in_words(&proofs);
    desk.submit(None, Command::Publish { bundle, statements, proofs })?;
    let words = format!("{} is published, in force from {in_force_from}; {told}.", args.version);
    done(&desk, output, &words);
    Ok(())
}

/// Proves what is claimed of a version that is to follow the newest of a ledger; refused is what is
/// false.
///
/// # Errors
/// [`Failure::Refused`] where a claim is false or the policies do not pass the checks.
pub(crate) fn proved(
    state: &countersign_core::State,
    bundle: &countersign_core::policy::PolicyBundle,
    from: Moment,
    solving: &SolvingArgs,
) -> Result<Proofs, Failure> {
    let newest = state.policy.versions().last();
    let newest = newest.ok_or_else(|| Failure::unavailable("the ledger has no policy version"))?;
    let after = Coming { bundle, from };
    let examined = Candidate::in_ledger(state, &after, Some(&newest.bundle))
        .examine(solving, &Output::new(true))?;
    examined.judge(solving)?;
    Ok(examined.proofs)
}

/// How much of what is claimed was proved: *all 23 claims proved by cvc5 1.0.3*.
fn proved_in_words(proofs: &Proofs) -> String {
    let total = proofs.findings.len();
    let proved = proofs.findings.iter().filter(|(_, found)| *found == Finding::Proved).count();
    match &proofs.solver {
        None => "nothing proved: no solver".to_owned(),
        Some(solver) if proved == total => format!("all {total} claims proved by {solver}"),
        Some(solver) => format!("{proved} of {total} claims proved by {solver}"),
    }
}
