//! Policy files to policies, with every problem that can be found without asking a question.

use super::super::check::{Problem, ProblemCode};
use super::super::{PolicyBundle, World};
use super::syntax::{Survey, survey};
use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// What the ids of the built-in policies begin with.
const RESERVED: &str = "builtin-";

/// A policy as it stands in its file.
#[derive(Debug)]
pub(super) struct Parsed {
    pub file: String,
    pub line: Option<usize>,
    pub policy: Policy,
    pub survey: Survey,
}

/// Reads every file and checks every policy on its own and all of them together.
pub(super) fn parse(
    bundle: &PolicyBundle,
    world: &World,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Parsed> {
    let mut all = BTreeMap::new();
    for (file, text) in &bundle.policies {
        match PolicySet::from_str(text) {
            Ok(set) => parse_file(file, text, &set, &mut all, problems),
            Err(errors) => problems.extend(errors.iter().map(|error| {
                let detail = DetailedError::from(error);
                Problem::new(ProblemCode::PolicySyntax, said(&detail), "correct the policy")
                    .at(file, line_of_error(text, &detail))
            })),
        }
    }
    validate(bundle, schema, &all, problems);
    for parsed in all.values() {
        problems.extend(survey_problems(world, parsed));
    }
    all
}

fn parse_file(
    file: &str,
    text: &str,
    set: &PolicySet,
    all: &mut BTreeMap<String, Parsed>,
    problems: &mut Vec<Problem>,
) {
    for template in set.templates() {
        let line = text.find(&template.to_cedar()).map(|offset| line_at(text, offset));
        let remedy = "write one policy for each case in full";
        let message = "a template; only static policies are taken".to_owned();
        problems.push(Problem::new(ProblemCode::PolicyTemplate, message, remedy).at(file, line));
    }
    let mut in_order: Vec<&Policy> = set.policies().collect();
    in_order.sort_by_key(|policy| {
        let id: &str = policy.id().as_ref();
        id.strip_prefix("policy").and_then(|number| number.parse::<usize>().ok())
    });
    let mut from = 0;
    for policy in in_order {
        let source = policy.to_cedar().unwrap_or_default();
        let found = text.get(from..).and_then(|rest| rest.find(&source));
        let offset = found.map(|ahead| from.saturating_add(ahead));
        from = offset.map_or(from, |offset| offset.saturating_add(source.len()));
        let line = offset.map(|offset| line_at(text, offset));
        let mut problem = |code, message: String, remedy| {
            problems.push(Problem::new(code, message, remedy).at(file, line));
        };
        let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
            let remedy = "give it one: @id(\"what-it-rules\")";
            problem(ProblemCode::PolicyIdMissing, "a policy without an @id".to_owned(), remedy);
            continue;
        };
        if id.starts_with(RESERVED) {
            let message = format!("the id {id} begins with {RESERVED}, which is reserved");
            problem(ProblemCode::PolicyIdReserved, message, "choose another id");
        }
        let body = match policy.to_pst() {
            Ok(pst) => pst,
            Err(error) => {
                let message = format!("policy {id} cannot be read: {error}");
                problem(ProblemCode::PolicySyntax, message, "correct the policy");
                continue;
            }
        };
        let parsed = Parsed {
            file: file.to_owned(),
            line,
            policy: policy.new_id(PolicyId::new(id)),
            survey: survey(body.body()),
        };
        if let Some(earlier) = all.get(id) {
            let message = format!("the id {id} is already taken in {}", earlier.file);
            problem(ProblemCode::PolicyIdDuplicate, message, "choose another id");
        } else {
            all.insert(id.to_owned(), parsed);
        }
    }
}

/// A policy that is part of this program.
pub(super) fn builtin(id: &str, text: &str) -> Result<Parsed, Problem> {
    let broken = |error: String| {
        Problem::new(ProblemCode::PolicySyntax, error, "this program is broken: report it")
    };
    let policy =
        Policy::parse(Some(PolicyId::new(id)), text).map_err(|error| broken(error.to_string()))?;
    let body = policy.to_pst().map_err(|error| broken(error.to_string()))?;
    let survey = survey(body.body());
    Ok(Parsed { file: id.to_owned(), line: None, policy, survey })
}

/// Strict validation of all policies together; a warning is a problem as well.
fn validate(
    bundle: &PolicyBundle,
    schema: &Schema,
    all: &BTreeMap<String, Parsed>,
    problems: &mut Vec<Problem>,
) {
    let set = match PolicySet::from_policies(all.values().map(|parsed| parsed.policy.clone())) {
        Ok(set) => set,
        Err(error) => {
            let remedy = "correct the policies";
            problems.push(Problem::new(ProblemCode::PolicyInvalid, error.to_string(), remedy));
            return;
        }
    };
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let mut found: Vec<Problem> = Vec::new();
    let mut note = |code, id: &PolicyId, detail: &DetailedError, remedy: &str| {
        let problem = Problem::new(code, said(detail), remedy);
        let id: &str = id.as_ref();
        found.push(match all.get(id) {
            Some(parsed) => {
                let text = bundle.policies.get(&parsed.file).map_or("", String::as_str);
                problem.at(&parsed.file, line_of_error(text, detail).or(parsed.line))
            }
            None => problem,
        });
    };
    for error in result.validation_errors() {
        let remedy = "name only what the schema has, with its types";
        let detail = DetailedError::from(error);
        note(ProblemCode::PolicyInvalid, error.policy_id(), &detail, remedy);
    }
    for warning in result.validation_warnings() {
        let remedy = "say what is meant, or remove the policy";
        let detail = DetailedError::from(warning);
        note(ProblemCode::PolicySuspicious, warning.policy_id(), &detail, remedy);
    }
    // Cedar reports in no fixed order.
    found.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    problems.extend(found);
}

fn survey_problems(world: &World, parsed: &Parsed) -> Vec<Problem> {
    let id: &str = parsed.policy.id().as_ref();
    let mut found = Vec::new();
    for what in &parsed.survey.may_fail {
        let message = format!("policy {id} could fail while it is evaluated: {what}");
        let remedy = "compare with fixed values; a policy that fails is one that is skipped";
        found.push(Problem::new(ProblemCode::PolicyMayFail, message, remedy));
    }
    let literals: &BTreeSet<(String, String)> = &parsed.survey.literals;
    for (kind, name) in literals {
        if kind == "Item" {
            let message = format!("policy {id} names the item {name}");
            let remedy = "give the item a label and ask for resource.labels.contains(\"…\")";
            found.push(Problem::new(ProblemCode::ItemLiteral, message, remedy));
        } else if !known(world, kind, name) {
            let message = format!("policy {id} names {kind} {name}, which is not there");
            let remedy = "correct the name, or add it to the pack";
            found.push(Problem::new(ProblemCode::UnknownLiteral, message, remedy));
        }
    }
    found.into_iter().map(|problem| problem.at(&parsed.file, parsed.line)).collect()
}

fn known(world: &World, kind: &str, name: &str) -> bool {
    match kind {
        "Party" | "Holder" => name.parse().is_ok_and(|id| world.parties.contains(&id)),
        "Office" => name.parse().is_ok_and(|id| world.offices.contains_key(&id)),
        "Input" => name.parse().is_ok_and(|id| world.inputs.contains_key(&id)),
        "Zone" => name.parse().is_ok_and(|id| world.zones.contains_key(&id)),
        "Programme" => name == super::PROGRAMME,
        // Validation reports an action that is none, and every other type.
        // catch-all: strings, or Cedar's own types, which are not ours to list
        _ => true,
    }
}

/// Cedar's message with its help, where it has any.
fn said(detail: &DetailedError) -> String {
    match &detail.help {
        Some(help) => format!("{} ({help})", detail.message),
        None => detail.message.clone(),
    }
}

fn line_of_error(text: &str, detail: &DetailedError) -> Option<usize> {
    detail.source_locations.first().map(|label| line_at(text, label.loc.start))
}

/// The line, counted from 1, that holds the byte at `offset`.
fn line_at(text: &str, offset: usize) -> usize {
    let newlines = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    newlines.saturating_add(1)
}
