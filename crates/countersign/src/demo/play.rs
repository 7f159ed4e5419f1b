//! Playing a story: each act is carried out as its person would, and held against what it must
//! come to.

use crate::cli::Failure;
use crate::clock::{Entropy, ScriptedClock, ScriptedEntropy, random16};
use crate::pack::story::{Deed, Draw, Label, Post, Scope, StoryAct, Word};
use crate::pack::{Pack, PartyFigures};
use crate::solver::Cvc5;
use crate::statements::{self, Signing};
use crate::views;
use crate::writer::{Asked, Receipt, Submission, Writer};
use countersign_core::ledger::subject_of;
use countersign_core::people::{self, Authority};
use countersign_core::policy::{
    self, Compiled, PolicyBundle, Proofs, Property, Proving, Solver, sets_in_words,
};
use countersign_core::record::Answer;
use countersign_core::requests::{self, Request};
use countersign_core::rerouting::Plan;
use countersign_core::{Command, State, stock};
use countersign_proof::statement::kinds::{
    Advice, Appointment, Binding, Decision, Hold, Lift, PolicyPublication,
};
use countersign_proof::words::{
    CommandId, HoldId, HoldScope, Moment, OfficeId, PersonId, ReleaseId, RequestId, Revision,
};
use countersign_proof::{SoftwareKey, Statement, Verified, verify};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An act that came out as the story says.
#[derive(Clone, Debug)]
pub(super) struct Played {
    at: Moment,
    by: String,
    say: String,
    came: String,
    code: Option<String>,
}

impl Played {
    pub(super) fn row(&self) -> Vec<String> {
        vec![self.at.date().to_string(), self.by.clone(), self.say.clone(), self.came.clone()]
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "at": self.at.to_string(), "by": self.by, "say": self.say, "came": self.came,
            "refused": self.code,
        })
    }
}

/// Plays a story on a writer whose clock it moves.
pub(super) struct Player<'a> {
    pack: &'a Pack,
    writer: Writer,
    clock: ScriptedClock,
    keys: BTreeMap<PersonId, SoftwareKey>,
    ids: ScriptedEntropy,
    requests: BTreeMap<Label, RequestId>,
    holds: BTreeMap<Label, HoldId>,
    sent: BTreeMap<(Label, PersonId), Verified<Decision>>,
    /// The plan that was ordered last.
    pub(super) plan: Option<Plan>,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        pack: &'a Pack,
        writer: Writer,
        clock: ScriptedClock,
        keys: BTreeMap<PersonId, SoftwareKey>,
    ) -> Self {
        Self {
            pack,
            writer,
            clock,
            keys,
            ids: ScriptedEntropy::new("countersign demo commands 1"),
            requests: BTreeMap::new(),
            holds: BTreeMap::new(),
            sent: BTreeMap::new(),
            plan: None,
        }
    }

    /// Reads the state.
    pub(super) fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.writer.read(look)
    }

    /// Ends the writer.
    pub(super) fn end(self) {
        self.writer.stop();
    }

    /// Takes in the figures of the pack, those of each party by its own stock keeper.
    pub(super) fn take_figures(&mut self, at: Moment) -> Result<(), Failure> {
        for PartyFigures { party, file, line, figures } in self.pack.figures() {
            let keeper = self.pack.stock_keeper(&party, at).cloned();
            let keeper = keeper.ok_or_else(|| {
                Failure::usage(format!("{file}:{line}: nobody keeps the stock of {party}"))
            })?;
            let command = stock::Command::ImportFigures { figures: Box::new(figures) };
            let receipt = self.send(Some(&keeper), command.into())?;
            Failure::of(&receipt.answer)?;
        }
        Ok(())
    }

    /// Plays one act and holds it against what it must come to.
    pub(super) fn play(&mut self, act: &StoryAct) -> Result<Played, Failure> {
        self.clock.set(act.at);
        let failed = |what: String| {
            Failure::Integrity(format!("story.toml:{}: {what} ({})", act.line, act.say))
        };
        let receipt = self.act(act)?;
        let code = match receipt.as_ref().map(|receipt| &receipt.answer) {
            Some(Answer::Refused { code, message: _ }) => Some(code.clone()),
            Some(Answer::Accepted(_)) | None => None,
        };
        if code.as_deref() != act.refused {
            let came = match receipt.map(|receipt| receipt.answer) {
                Some(Answer::Refused { code, message }) => {
                    format!("refused with {code}: {message}")
                }
                Some(Answer::Accepted(_)) | None => "accepted".to_owned(),
            };
            let must = act
                .refused
                .map_or("be accepted".to_owned(), |code| format!("be refused with {code}"));
            return Err(failed(format!("this must {must}, but it was {came}")));
        }
        if code.is_none() {
            self.remember(act);
            self.observe(act).map_err(failed)?;
        }
        let names = self.pack.names();
        let name =
            |person: &PersonId| names.get(person).cloned().unwrap_or_else(|| person.to_string());
        let by: Vec<String> = act.by.iter().map(name).collect();
        let came = match &code {
            Some(code) => format!("refused: {code}"),
            None => self.came_of(act),
        };
        Ok(Played { at: act.at, by: by.join(", "), say: act.say.clone(), came, code })
    }

    fn id(&mut self) -> Result<CommandId, Failure> {
        let source: &mut dyn Entropy = &mut self.ids;
        let id = random16(source).map_err(|failed| Failure::unavailable(failed.to_string()))?;
        Ok(CommandId(id))
    }

    fn key(&self, person: &PersonId) -> Result<&SoftwareKey, Failure> {
        let missing = || Failure::usage(format!("{person} is not in the pack"));
        self.keys.get(person).ok_or_else(missing)
    }

    pub(super) fn send(
        &mut self,
        by: Option<&PersonId>,
        command: Command,
    ) -> Result<Receipt, Failure> {
        let by = match by {
            Some(person) => {
                let key = self.key(person)?.public_key().id();
                Some(Authority { person: person.clone(), key })
            }
            None => None,
        };
        let asked = Asked::Command(Box::new(command));
        let id = self.id()?;
        Ok(self.writer.submit(Submission { id, by, asked })?)
    }

    fn binding<S: Statement>(
        &mut self,
        person: &PersonId,
        request: Option<(RequestId, Revision)>,
    ) -> Result<Binding, Failure> {
        let asked = Asked::Nonce { person: person.clone(), subject: subject_of::<S>(request) };
        let id = self.id()?;
        let receipt = self.writer.submit(Submission { id, by: None, asked })?;
        Failure::of(&receipt.answer)?;
        let nonce = receipt.nonce();
        let binding = nonce.and_then(|nonce| self.state(|state| state.ledger.binding(nonce)));
        binding.ok_or_else(|| Failure::unavailable("the ledger made no nonce"))
    }

    fn sign<S: Statement>(&self, person: &PersonId, statement: &S) -> Result<Verified<S>, Failure> {
        let (text, armoured) = self.key(person)?.sign(statement)?;
        let rules = self.state(|state| state.ledger.signature_rules());
        Ok(verify(text.as_bytes(), &armoured, &rules)?)
    }

    fn request(&self, label: &Label) -> Result<RequestId, Failure> {
        let unknown = || Failure::usage(format!("no act of the story has made {label} yet"));
        self.requests.get(label).copied().ok_or_else(unknown)
    }

    fn find(&self, label: &Label) -> Result<Request, Failure> {
        let id = self.request(label)?;
        let found = self.state(|state| state.requests.request(id).cloned());
        found.ok_or_else(|| Failure::unavailable(format!("{id} is gone")))
    }

    fn release(&self, label: &Label) -> Result<ReleaseId, Failure> {
        let release = self.find(label)?.release;
        release.ok_or_else(|| Failure::usage(format!("{label} has no release")))
    }

    /// Carries out an act; none comes of an observation.
    fn act(&mut self, act: &StoryAct) -> Result<Option<Receipt>, Failure> {
        let first = act.by.first();
        let by = || first.ok_or_else(|| Failure::usage(format!("line {}: by whom?", act.line)));
        let receipt = match &act.deed {
            Deed::Submit { request: _, draft, reason, supersedes } => {
                let supersedes = supersedes.as_ref().map(|old| self.request(old)).transpose()?;
                let (draft, justification) = (draft.clone(), reason.clone());
                let command = requests::Command::SubmitRequest { draft, justification, supersedes };
                self.send(Some(by()?), command.into())?
            }
            Deed::Revise { request, draft, reason } => {
                let open = self.find(request)?;
                let command = requests::Command::ReviseRequest {
                    request: open.id,
                    revision: open.revision,
                    draft: draft.clone(),
                    justification: reason.clone(),
                };
                self.send(Some(by()?), command.into())?
            }
            Deed::Withdraw { request } => {
                let command =
                    requests::Command::WithdrawRequest { request: self.request(request)? };
                self.send(Some(by()?), command.into())?
            }
            Deed::Advise { request, office, advice, provisos, reason } => {
                let open = self.find(request)?;
                let binding = self.binding::<Advice>(by()?, Some((open.id, open.revision)))?;
                let signing = signing(by()?, office, binding, reason);
                let statement = statements::advice(&open, signing, *advice, provisos.clone());
                let statement = self.sign(by()?, &statement)?;
                self.send(None, requests::Command::AdviseRequest { statement }.into())?
            }
            Deed::Decide(word) | Deed::Deputise(word) => self.decide(word, by()?, by()?)?,
            Deed::Forge { word, signer } => self.decide(word, signer, by()?)?,
            Deed::Replay { request } => {
                let sent = self.sent.get(&(request.clone(), by()?.clone())).cloned();
                let nothing = || Failure::usage(format!("nothing was sent on {request} yet"));
                let statement = sent.ok_or_else(nothing)?;
                self.send(None, requests::Command::DecideRequest { statement }.into())?
            }
            Deed::Answer { request, answer } => {
                let (request, answer) = (self.request(request)?, answer.clone());
                let command = requests::Command::AnswerInformation { request, answer };
                self.send(Some(by()?), command.into())?
            }
            Deed::Recuse { request, reason } => {
                let (request, reason) = (self.request(request)?, reason.clone());
                let command = requests::Command::Recuse { request, reason };
                self.send(Some(by()?), command.into())?
            }
            Deed::Use(draw) | Deed::Handout(draw) => self.draw(draw, by()?)?,
            Deed::Surrender { request } => {
                let release = self.release(request)?;
                let command = requests::Command::SurrenderRelease { release };
                self.send(Some(by()?), command.into())?
            }
            Deed::Publish { version, office, reason } => {
                self.publish(act, version, office, reason)?
            }
            Deed::Appoint(post) => self.appoint(act, post)?,
            Deed::Hold { hold: _, scope, office, reason } => {
                let scope = self.scope(scope)?;
                let statements = self.signed_by_all(act, |signer, binding| Hold {
                    scope: scope.clone(),
                    office: office.clone(),
                    signer: signer.clone(),
                    binding,
                    reason: reason.clone(),
                })?;
                self.send(None, requests::Command::PlaceHold { statements }.into())?
            }
            Deed::Lift { hold, office, reason } => {
                let unknown = || Failure::usage(format!("no act has placed {hold} yet"));
                let hold = self.holds.get(hold).copied().ok_or_else(unknown)?;
                let statements = self.signed_by_all(act, |signer, binding| Lift {
                    hold,
                    office: office.clone(),
                    signer: signer.clone(),
                    binding,
                    reason: reason.clone(),
                })?;
                self.send(None, requests::Command::LiftHold { statements }.into())?
            }
            Deed::Receive { into, quantity, source, standing } => {
                let command = stock::Command::receive(into.clone(), *quantity, source, *standing);
                self.send(Some(by()?), command.into())?
            }
            Deed::Shortage(shortage) => return self.shortage(act, shortage),
            Deed::Observe { .. } => {
                self.let_time_pass()?;
                return Ok(None);
            }
        };
        Ok(Some(receipt))
    }

    /// What is due by now happens before anything is looked at.
    pub(super) fn let_time_pass(&mut self) -> Result<(), Failure> {
        self.writer.let_time_pass()?;
        Ok(())
    }

    fn decide(
        &mut self,
        word: &Word,
        signer: &PersonId,
        hand: &PersonId,
    ) -> Result<Receipt, Failure> {
        let open = self.find(&word.request)?;
        let binding = self.binding::<Decision>(signer, Some((open.id, open.revision)))?;
        let signing = signing(signer, &word.office, binding, &word.reason);
        let (kind, provisos) = (word.decision, word.provisos.clone());
        let made = self.state(|state| statements::decision(state, &open, signing, kind, provisos));
        let made = made.ok_or_else(|| Failure::unavailable("the policy version is not known"))?;
        let statement = self.sign(hand, &made)?;
        self.sent.insert((word.request.clone(), hand.clone()), statement.clone());
        self.send(None, requests::Command::DecideRequest { statement }.into())
    }

    fn draw(&mut self, draw: &Draw, by: &PersonId) -> Result<Receipt, Failure> {
        let command = requests::Command::ReportUse {
            release: self.release(&draw.request)?,
            quantity: draw.quantity,
            used_at: draw.used_at,
            zone: draw.zone.clone(),
            note: draw.note.clone(),
        };
        let receipt = self.send(Some(by), command.into())?;
        if let Answer::Accepted(events) = &receipt.answer {
            let found = events.iter().find_map(|event| match event {
                countersign_core::Event::Requests(requests::Event::UseReported {
                    breaches,
                    ..
                }) => Some(breaches.iter().copied().collect()),
                countersign_core::Event::Requests(_)
                | countersign_core::Event::Ledger(_)
                | countersign_core::Event::People(_)
                | countersign_core::Event::Stock(_)
                | countersign_core::Event::Policy(_)
                | countersign_core::Event::Triage(_)
                | countersign_core::Event::Rerouting(_)
                | countersign_core::Event::History(_) => None,
            });
            if found.as_ref() != Some(&draw.breaches) {
                let what = format!("{}: breaches {found:?}, not {:?}", draw.request, draw.breaches);
                return Err(Failure::Integrity(what));
            }
        }
        Ok(receipt)
    }

    pub(super) fn signed_by_all<S: Statement>(
        &mut self,
        act: &StoryAct,
        make: impl Fn(&PersonId, Binding) -> S,
    ) -> Result<Vec<Verified<S>>, Failure> {
        let mut signed = Vec::new();
        for person in &act.by {
            let binding = self.binding::<S>(person, None)?;
            signed.push(self.sign(person, &make(person, binding))?);
        }
        Ok(signed)
    }

    fn publish(
        &mut self,
        act: &StoryAct,
        version: &countersign_proof::words::PolicyVersionId,
        office: &OfficeId,
        reason: &str,
    ) -> Result<Receipt, Failure> {
        let unknown = || Failure::usage(format!("the pack has no version {version}"));
        let policy = self.pack.version(version).map(|version| &version.policy);
        let policy = policy.ok_or_else(unknown)?.clone();
        let newest = self.state(|state| {
            state.policy.versions().last().map(|version| version.bundle.version.clone())
        });
        let supersedes = newest.ok_or_else(unknown)?;
        let statements = self.signed_by_all(act, |signer, binding| PolicyPublication {
            version: version.clone(),
            digest: policy.bundle.digest(),
            supersedes: supersedes.clone(),
            in_force_from: policy.in_force_from,
            source: policy.source.clone(),
            standing: policy.standing,
            transition: policy.transition,
            office: office.clone(),
            signer: signer.clone(),
            binding,
            reason: reason.to_owned(),
        })?;
        let proofs = Box::new(self.proofs(&policy.bundle, policy.in_force_from)?);
        let bundle = Box::new(policy.bundle);
        self.send(None, policy::Command::Publish { bundle, statements, proofs }.into())
    }

    /// What is claimed of a version, put to the solver where there is one. In an exercise time
    /// stands still, so it takes none.
    fn proofs(&self, bundle: &PolicyBundle, from: Moment) -> Result<Proofs, Failure> {
        let unfit = |problems: Vec<policy::Problem>| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failure::usage(told.join("; "))
        };
        let found = Cvc5::find(Duration::from_secs(10));
        let mut solver = found.map_err(|failed| Failure::unavailable(failed.to_string()))?;
        self.state(|state| {
            let (world, exercise) = (state.policy.world(), state.ledger.exercise);
            let compiled = Compiled::compile(bundle, world, exercise).map_err(unfit)?;
            let properties = Property::all(bundle, world, exercise).map_err(unfit)?;
            let items = state.stock.items().map(|item| (item.id.clone(), item.clone())).collect();
            let holders = BTreeSet::new();
            let mut proving = Proving {
                solver: solver.as_mut().map(|solver| -> &mut dyn Solver { solver }),
                items: &items,
                holders: &holders,
                from,
                progress: &mut |_, _| (),
            };
            Ok(policy::prove(&compiled, &properties, &mut proving))
        })
    }

    fn appoint(&mut self, act: &StoryAct, post: &Post) -> Result<Receipt, Failure> {
        let statements = self.signed_by_all(act, |signer, binding| Appointment {
            change: post.change,
            subject_office: post.post.clone(),
            person: post.person.clone(),
            role: post.role,
            deputy_of: post.deputy_of.clone(),
            acts: post.acts.clone(),
            span: post.span,
            office: post.office.clone(),
            signer: signer.clone(),
            binding,
            reason: post.reason.clone(),
        })?;
        self.send(None, people::Command::Appoint { statements }.into())
    }

    fn scope(&self, scope: &Scope) -> Result<HoldScope, Failure> {
        match scope {
            Scope::Known(scope) => Ok(scope.clone()),
            Scope::Request(label) => Ok(HoldScope::Request(self.request(label)?)),
            Scope::Release(label) => Ok(HoldScope::Release(self.release(label)?)),
        }
    }

    /// Keeps the id of what an act has made under its label.
    fn remember(&mut self, act: &StoryAct) {
        if let Deed::Submit { request, .. } = &act.deed
            && let Some(id) =
                self.state(|state| state.requests.all().last().map(|request| request.id))
        {
            self.requests.insert(request.clone(), id);
        }
        if let Deed::Hold { hold, .. } = &act.deed
            && let Some(id) = self.state(|state| state.requests.holds().last().map(|hold| hold.id))
        {
            self.holds.insert(hold.clone(), id);
        }
    }

    fn observe(&self, act: &StoryAct) -> Result<(), String> {
        let Deed::Observe { request, state, release } = &act.deed else { return Ok(()) };
        let found = self.find(request).map_err(|failure| failure.to_string())?;
        if state.is_some_and(|state| state != found.state) {
            return Err(format!("{request} is {}", found.state));
        }
        let stands = self.state(|state| {
            found.release.and_then(|id| state.requests.release(id).map(|release| release.state))
        });
        if release.is_some() && *release != stands {
            return Err(format!("its release is {stands:?}"));
        }
        Ok(())
    }

    /// What came of an act, in words.
    fn came_of(&self, act: &StoryAct) -> String {
        let label = act.deed.request();
        let id = label.and_then(|label| self.requests.get(label)).copied();
        let Some(id) = id else {
            return match &act.deed {
                Deed::Hold { hold, .. } | Deed::Lift { hold, .. } => {
                    self.holds.get(hold).map(ToString::to_string).unwrap_or_default()
                }
                Deed::Publish { version, .. } => format!("{version} published"),
                Deed::Shortage(shortage) => self.came_of_shortage(shortage),
                Deed::Submit { .. }
                | Deed::Revise { .. }
                | Deed::Withdraw { .. }
                | Deed::Advise { .. }
                | Deed::Decide(_)
                | Deed::Answer { .. }
                | Deed::Recuse { .. }
                | Deed::Use(_)
                | Deed::Handout(_)
                | Deed::Surrender { .. }
                | Deed::Appoint(_)
                | Deed::Receive { .. }
                | Deed::Forge { .. }
                | Deed::Deputise(_)
                | Deed::Replay { .. }
                | Deed::Observe { .. } => "done".to_owned(),
            };
        };
        self.state(|state| standing_words(state, id))
    }
}

fn signing(signer: &PersonId, office: &OfficeId, binding: Binding, reason: &str) -> Signing {
    Signing { office: office.clone(), signer: signer.clone(), binding, reason: reason.to_owned() }
}

/// Where a request stands, in a few words.
fn standing_words(state: &State, id: RequestId) -> String {
    let Some(request) = state.requests.request(id) else { return String::new() };
    let mut words = format!("{id} {}", request.state);
    if let Some(release) = request.release.and_then(|id| state.requests.release(id)) {
        let (used, of) = (release.used, release.usable.quantity);
        words.push_str(&format!("; {} {}, {used} of {of} used", release.id, release.state));
        if !release.breaches.is_empty() {
            let breaches: Vec<&str> = release.breaches.iter().map(|b| b.as_str()).collect();
            words.push_str(&format!(", breach: {}", breaches.join(", ")));
        }
    }
    if let Ok(missing) = views::missing(state, request)
        && !missing.is_empty()
    {
        words.push_str(&format!("; missing {}", sets_in_words(&missing)));
    }
    words
}
