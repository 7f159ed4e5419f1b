//! A condition in one act's terms, to the solver and back.
//!
//! The translation to SMT-LIB is Cedar's own; its interface is made for a solver that one waits
//! for. Ours answers at once, so nothing ever waits and no runtime is needed.

use super::super::SCHEMA;
use super::condition::{BEFORE, DERIVED, MORE};
use super::terms::{all, relevant};
use crate::policy::proofs::{Reply, Solver};
use cedar_policy::{EntityTypeName, EntityUid, Policy, PolicyId, RequestEnv, Schema};
use cedar_policy_symcc::err::Error;
use cedar_policy_symcc::solver::{Decision, DecisionWithModel, SolverError};
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, Env, solver};
use countersign_proof::words::Act;
use serde_json::{Value, json};
use std::future::ready;
use std::pin::pin;
use std::str::FromStr;
use std::task::{Context, Poll, Waker};

type Compiler<'a> = CedarSymCompiler<Scripts<'a>>;

/// What was found.
pub(super) enum Found {
    /// The condition can never hold.
    Nothing,
    /// Here it does.
    Example(Box<Env>),
}

/// Asks one solver.
pub(super) struct Engine<'a> {
    compiler: Result<Compiler<'a>, String>,
    schema: Result<Schema, String>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(solver: &'a mut dyn Solver) -> Self {
        let scripts = Scripts { solver, script: Vec::new(), why: None };
        let compiler = CedarSymCompiler::new(scripts).map_err(|error| error.to_string());
        Self { compiler, schema: schema() }
    }

    /// A request for which the condition holds while everything assumed does, if there is one.
    ///
    /// The condition is first asked about with only what it can depend on: that is quicker by far,
    /// and where it cannot hold then, it cannot hold at all.
    ///
    /// # Errors
    /// Why nobody knows.
    pub(super) fn example(
        &mut self,
        act: Act,
        assumed: &[Value],
        condition: &Value,
    ) -> Result<Found, String> {
        let relevant = relevant(assumed, condition);
        let policy = permit(&all(relevant.cloned().chain([condition.clone()])))?;
        let compiled = self.compile(act, &policy)?;
        // What failed would hold nowhere, and so prove anything.
        if !self.ask(|compiler| now(compiler.check_never_errors_opt(&compiled)))? {
            return Err("the claim itself could fail while it is evaluated".to_owned());
        }
        if self.ask(|compiler| now(compiler.check_never_matches_opt(&compiled)))? {
            return Ok(Found::Nothing);
        }
        let policy = permit(&all(assumed.iter().cloned().chain([condition.clone()])))?;
        let compiled = self.compile(act, &policy)?;
        let found = self
            .ask(|compiler| now(compiler.check_never_matches_with_counterexample_opt(&compiled)))?;
        Ok(found.map_or(Found::Nothing, |env| Found::Example(Box::new(env))))
    }

    /// Whether a policy never fails for an act.
    ///
    /// # Errors
    /// Why nobody knows.
    pub(super) fn never_fails(&mut self, act: Act, policy: &Policy) -> Result<bool, String> {
        let compiled = self.compile(act, policy)?;
        self.ask(|compiler| now(compiler.check_never_errors_opt(&compiled)))
    }

    fn compile(&self, act: Act, policy: &Policy) -> Result<CompiledPolicy, String> {
        let schema = self.schema.as_ref().map_err(String::clone)?;
        let (principal, resource) = kinds(act);
        let kind = |name| EntityTypeName::from_str(name).map_err(|error| error.to_string());
        let action = EntityUid::from_str(&format!("Action::\"{act}\""));
        let action = action.map_err(|error| error.to_string())?;
        let env = RequestEnv::new(kind(principal)?, action, kind(resource)?);
        CompiledPolicy::compile(policy, &env, schema).map_err(|error| {
            if let Error::PolicyNotWellTyped { errs } = &error {
                let told: Vec<String> = errs.iter().map(ToString::to_string).collect();
                return format!("the claim does not fit the schema: {}", told.join("; "));
            }
            error.to_string()
        })
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Compiler<'a>) -> Result<Result<T, Error>, String>,
    ) -> Result<T, String> {
        let compiler = self.compiler.as_mut().map_err(|why| why.clone())?;
        compiler.solver_mut().why = None;
        let answer = question(compiler)?;
        let why = compiler.solver_mut().why.take();
        answer.map_err(|error| why.unwrap_or_else(|| error.to_string()))
    }
}

/// A policy that permits where the condition holds.
fn permit(condition: &Value) -> Result<Policy, String> {
    let policy = json!({
        "effect": "permit",
        "principal": { "op": "All" }, "action": { "op": "All" }, "resource": { "op": "All" },
        "conditions": [{ "kind": "when", "body": condition }],
    });
    Policy::from_json(Some(PolicyId::new("claim")), policy).map_err(|error| error.to_string())
}

/// The schema with what claims name beside it.
fn schema() -> Result<Schema, String> {
    let set_of_offices = |names: &[String]| -> String {
        names.iter().map(|name| format!("  {name}: Set<Office>,\n")).collect()
    };
    let [foreign, origin, deciding] = DERIVED.map(|name| format!("{name}{BEFORE}"));
    let more = MORE.to_owned();
    let item = format!("  holder: Holder,\n{}", set_of_offices(&[foreign, origin, more.clone()]));
    let programme = set_of_offices(&[deciding, more]);
    let view = programme.clone();
    let added = [("ItemContext", item), ("ProgrammeContext", programme), ("ViewContext", view)];
    let mut text = SCHEMA.to_owned();
    for (kind, added) in added {
        let opening = format!("type {kind} = {{\n");
        if text.matches(&opening).count() != 1 {
            return Err(format!("the schema has no {kind}"));
        }
        text = text.replace(&opening, &format!("{opening}{added}"));
    }
    Schema::from_str(&text).map_err(|error| error.to_string())
}

/// The types of principal and resource of an act.
fn kinds(act: Act) -> (&'static str, &'static str) {
    match act {
        Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit => ("Holder", "Item"),
        Act::Override => ("Programme", "Item"),
        Act::Appoint => ("Programme", "Office"),
        Act::View => ("Office", "Programme"),
        Act::Publish | Act::Suspend => ("Programme", "Programme"),
    }
}

/// The value of a future that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> Result<T, String> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("the translation waits for something".to_owned()),
    }
}

/// Our solver behind the interface that the translation writes to.
struct Scripts<'a> {
    solver: &'a mut dyn Solver,
    script: Vec<u8>,
    /// Why the last script had no answer.
    why: Option<String>,
}

impl Scripts<'_> {
    fn reply(&mut self, model: bool) -> Result<Reply, SolverError> {
        let unreadable = || SolverError::Solver("the script is no text".to_owned());
        let mut script =
            String::from_utf8(std::mem::take(&mut self.script)).map_err(|_| unreadable())?;
        script.push_str("(check-sat)\n");
        let reply = self.solver.solve(&script, model);
        if let Reply::Unknown(why) = &reply {
            self.why = Some(why.clone());
        }
        Ok(reply)
    }
}

impl solver::Solver for Scripts<'_> {
    fn smtlib_input(&mut self) -> &mut (dyn tokio::io::AsyncWrite + Unpin + Send) {
        &mut self.script
    }

    fn enable_models(&mut self) -> impl Future<Output = Result<(), SolverError>> + Send {
        self.script.extend_from_slice(b"(set-option :produce-models true)\n");
        ready(Ok(()))
    }

    fn check_sat(&mut self) -> impl Future<Output = Result<Decision, SolverError>> + Send {
        ready(self.reply(false).map(|reply| match reply {
            Reply::Unsat => Decision::Unsat,
            Reply::Sat(_) => Decision::Sat,
            Reply::Unknown(_) => Decision::Unknown,
        }))
    }

    fn check_sat_with_model(
        &mut self,
    ) -> impl Future<Output = Result<DecisionWithModel, SolverError>> + Send {
        ready(self.reply(true).map(|reply| match reply {
            Reply::Unsat => DecisionWithModel::Unsat,
            Reply::Sat(model) => DecisionWithModel::Sat { model },
            Reply::Unknown(_) => DecisionWithModel::Unknown,
        }))
    }
}
