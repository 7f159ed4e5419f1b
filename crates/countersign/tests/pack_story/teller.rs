//! Runs a story against the rules, in memory: founds, signs, sends, and lets the clock run.

use countersign::pack::story::{Deed, Draw, Label, Scope, Shortage, StoryAct, Word};
use countersign::pack::{FoundingPolicies, Pack, PackKey, PartyFigures};
use countersign_core::ledger::{NonceSubject, subject_of};
use countersign_core::people::{Authority, Command as PeopleCommand};
use countersign_core::policy::Command as PolicyCommand;
use countersign_core::requests::{Command as Requests, Event as Happened};
use countersign_core::rerouting::{
    Command as Reroute, Plan, Terms, Vetoes, plan, plan_digest, problem,
};
use countersign_core::stock::{Command as StockCommand, Figures};
use countersign_core::triage::Command as TriageCommand;
use countersign_core::{Command, Envelope, Event, State, apply, decide, ledger, next_due};
use countersign_proof::signature::{SignatureRules, SoftwareKey, Verified, verify};
use countersign_proof::statement::Statement;
use countersign_proof::statement::kinds::{
    Advice, Appointment, Binding, ClassOverride, Decision, DiversionOrder, Founding, Hold, Lift,
    PolicyPublication,
};
use countersign_proof::words::{
    CommandId, Digest, HoldId, HoldScope, Moment, Nonce, OfficeId, PersonId, Quantity, ReleaseId,
    RequestId, Revision,
};
use std::collections::BTreeMap;

pub(crate) struct Teller<'a> {
    pack: &'a Pack,
    state: State,
    keys: BTreeMap<PersonId, SoftwareKey>,
    count: u128,
    requests: BTreeMap<Label, RequestId>,
    holds: BTreeMap<Label, HoldId>,
    signed: BTreeMap<(Label, PersonId), Verified<Decision>>,
    plan: Option<Plan>,
}

fn sign<S: Statement>(key: &SoftwareKey, statement: &S) -> Verified<S> {
    let (text, armoured) = key.sign(statement).unwrap();
    verify(text.as_bytes(), &armoured, &SignatureRules::default()).unwrap()
}

impl<'a> Teller<'a> {
    pub(crate) fn found(pack: &'a Pack, policies: FoundingPolicies) -> Self {
        let story = pack.story.as_ref().unwrap();
        let keys: BTreeMap<PersonId, SoftwareKey> = pack
            .names()
            .keys()
            .map(|id| {
                let seed = Digest::of(id.as_str().as_bytes()).0;
                (id.clone(), SoftwareKey::from_seed(seed))
            })
            .collect();
        let pack_keys = keys
            .iter()
            .map(|(id, key)| {
                let public_key = key.public_key().to_openssh();
                (id.clone(), PackKey { public_key, expires_on: Moment::LAST })
            })
            .collect();
        let charter = pack.charter(&pack_keys, story.founded_at, policies);
        let first = &charter.policies[0].bundle;
        let founding = |signer: &PersonId| Founding {
            origin: pack.manifest.origin.clone(),
            exercise: charter.exercise,
            charter_digest: charter.digest(),
            policy: first.version.clone(),
            policy_digest: first.digest(),
            log_key: Digest([7; 32]),
            founded_at: story.founded_at,
            nonce: Nonce([1; 16]),
            signer: signer.clone(),
            reason: "An exercise.".to_owned(),
        };
        let statements = story.founders.iter().map(|id| sign(&keys[id], &founding(id))).collect();
        let mut teller = Self {
            pack,
            state: State::default(),
            keys,
            count: 0,
            requests: BTreeMap::new(),
            holds: BTreeMap::new(),
            signed: BTreeMap::new(),
            plan: None,
        };
        let found =
            ledger::Command::Found { charter: Box::new(charter), statements, names: pack.names() };
        assert_eq!(teller.send(found, None, story.founded_at).0, "ok");
        for PartyFigures { party, file, line, figures } in pack.figures() {
            let keeper = pack.stock_keeper(&party, story.founded_at).unwrap().clone();
            let command = StockCommand::ImportFigures { figures: Box::new(figures) };
            let came_to = teller.send(command, Some(&keeper), story.founded_at).0;
            assert_eq!(came_to, "ok", "{file}:{line}");
        }
        teller
    }

    fn next(&mut self) -> [u8; 16] {
        self.count += 1;
        self.count.to_be_bytes()
    }

    /// Sends a command; gives "ok" or the rejection's code, and the events.
    fn send(
        &mut self,
        command: impl Into<Command>,
        by: Option<&PersonId>,
        at: Moment,
    ) -> (&'static str, Vec<Event>) {
        let by = by.map(|person| Authority {
            person: person.clone(),
            key: self.keys[person].public_key().id(),
        });
        let envelope = Envelope { id: CommandId(self.next()), at, by, command: command.into() };
        match decide(&self.state, &envelope) {
            Ok(events) => {
                apply(&mut self.state, at, &events);
                ("ok", events)
            }
            Err(rejection) => (rejection.code(), Vec::new()),
        }
    }

    fn binding(&mut self, person: &PersonId, subject: NonceSubject, at: Moment) -> Binding {
        let nonce = Nonce(self.next());
        let head = (1, Digest([9; 32]));
        let issue = ledger::Command::IssueNonce { nonce, person: person.clone(), subject, head };
        assert_eq!(self.send(issue, None, at).0, "ok");
        self.state.ledger.binding(nonce).unwrap()
    }

    fn current(&self, label: &Label) -> (RequestId, Revision) {
        let id = self.requests[label];
        (id, self.state.requests.request(id).unwrap().revision)
    }

    fn release(&self, label: &Label) -> ReleaseId {
        let (id, _) = self.current(label);
        self.state.requests.request(id).unwrap().release.expect("the request has a release")
    }

    /// A decision of `signer`, signed with the key of `by`.
    fn decision(
        &mut self,
        word: &Word,
        signer: &PersonId,
        by: &PersonId,
        at: Moment,
    ) -> &'static str {
        let (id, revision) = self.current(&word.request);
        let binding = self.binding(signer, subject_of::<Decision>(Some((id, revision))), at);
        let request = self.state.requests.request(id).unwrap();
        let decision = Decision {
            terms: request.draft.terms(id, revision, request.digest),
            office: word.office.clone(),
            signer: signer.clone(),
            decision: word.decision,
            provisos: word.provisos.clone(),
            policy: request.policy.clone(),
            policy_digest: self.state.policy.version(&request.policy).unwrap().digest,
            binding,
            reason: word.reason.clone(),
        };
        let statement = sign(&self.keys[by], &decision);
        self.signed.insert((word.request.clone(), by.clone()), statement.clone());
        self.send(Requests::DecideRequest { statement }, None, at).0
    }

    fn signing<S: Statement>(
        &mut self,
        by: &[PersonId],
        at: Moment,
        make: impl Fn(&State, PersonId, Binding) -> S,
    ) -> Vec<Verified<S>> {
        by.iter()
            .map(|person| {
                let binding = self.binding(person, subject_of::<S>(None), at);
                let statement = make(&self.state, person.clone(), binding);
                sign(&self.keys[person], &statement)
            })
            .collect()
    }

    /// Does what an act says; gives "ok", a rejection's code, or what is not as the act says.
    pub(crate) fn play(&mut self, act: &StoryAct) -> String {
        while let Some(due) = next_due(&self.state).filter(|due| *due <= act.at) {
            assert_eq!(self.send(ledger::Command::AdvanceClock, None, due).0, "ok");
        }
        let (at, by) = (act.at, act.by.first());
        match &act.deed {
            Deed::Submit { request, draft, reason, supersedes } => {
                let command = Requests::SubmitRequest {
                    draft: draft.clone(),
                    justification: reason.clone(),
                    supersedes: supersedes.as_ref().map(|old| self.requests[old]),
                };
                let (came_to, events) = self.send(command, by, at);
                let made = events.iter().find_map(|event| match event {
                    Event::Requests(Happened::RequestSubmitted { request, .. }) => Some(*request),
                    _ => None,
                });
                self.requests.extend(made.map(|made| (request.clone(), made)));
                came_to.to_owned()
            }
            Deed::Revise { request, draft, reason } => {
                let (request, revision) = self.current(request);
                let (draft, justification) = (draft.clone(), reason.clone());
                let command = Requests::ReviseRequest { request, revision, draft, justification };
                self.send(command, by, at).0.to_owned()
            }
            Deed::Withdraw { request } => {
                let request = self.current(request).0;
                self.send(Requests::WithdrawRequest { request }, by, at).0.to_owned()
            }
            Deed::Answer { request, answer } => {
                let (request, answer) = (self.current(request).0, answer.clone());
                self.send(Requests::AnswerInformation { request, answer }, by, at).0.to_owned()
            }
            Deed::Recuse { request, reason } => {
                let (request, reason) = (self.current(request).0, reason.clone());
                self.send(Requests::Recuse { request, reason }, by, at).0.to_owned()
            }
            Deed::Surrender { request } => {
                let release = self.release(request);
                self.send(Requests::SurrenderRelease { release }, by, at).0.to_owned()
            }
            Deed::Receive { into, quantity, source, standing } => {
                let command = StockCommand::receive(into.clone(), *quantity, source, *standing);
                self.send(command, by, at).0.to_owned()
            }
            Deed::Use(draw) | Deed::Handout(draw) => self.draw(draw, by, at),
            Deed::Observe { .. } => self.observe(&act.deed),
            Deed::Advise { .. }
            | Deed::Decide(_)
            | Deed::Publish { .. }
            | Deed::Appoint(_)
            | Deed::Hold { .. }
            | Deed::Lift { .. }
            | Deed::Forge { .. }
            | Deed::Deputise(_)
            | Deed::Replay { .. } => self.play_signed(act).to_owned(),
            Deed::Shortage(shortage) => self.shortage(act, shortage, by),
        }
    }

    fn shortage(&mut self, act: &StoryAct, shortage: &Shortage, by: Option<&PersonId>) -> String {
        let at = act.at;
        match shortage {
            Shortage::Earmark(earmark) => {
                let earmarks = vec![(**earmark).clone()];
                let figures = Box::new(Figures { earmarks, ..Figures::default() });
                self.send(StockCommand::ImportFigures { figures }, by, at).0.to_owned()
            }
            Shortage::Override { item, class, until, office, reason } => {
                let statements = self.signing(&act.by, at, |_, signer, binding| ClassOverride {
                    item: item.clone(),
                    class: class.clone(),
                    until: *until,
                    office: office.clone(),
                    signer,
                    binding,
                    reason: reason.clone(),
                });
                self.send(TriageCommand::OverrideClass { statements }, None, at).0.to_owned()
            }
            Shortage::Divert(made) => {
                if !made.again {
                    let (stock, rules) = (&self.state.stock, self.state.triage.rules());
                    let terms = Terms::default();
                    let problem = problem(stock, rules, &made.item, &terms, at).unwrap();
                    self.plan = Some(plan(&problem, &Vetoes::none()));
                }
                let plan = self.plan.clone().unwrap();
                let owner = self.state.stock.item(&made.item).unwrap().origin.clone();
                let statements = self.signing(&act.by, at, |_, signer, binding| DiversionOrder {
                    item: made.item.clone(),
                    owner: owner.clone(),
                    plan: plan_digest(&plan),
                    quantity: Quantity::new(plan.units()).unwrap(),
                    recipients: plan.lines().map(|line| line.recipient.clone()).collect(),
                    certification: made.certification.clone(),
                    notice_days: made.notice_days,
                    replacement: made.replacement,
                    office: made.office.clone(),
                    signer,
                    binding,
                    reason: made.reason.clone(),
                });
                let command = Reroute::OrderDiversion { plan: Box::new(plan), statements };
                self.send(command, None, at).0.to_owned()
            }
            Shortage::Repay { debt, quantity } => {
                let command = Reroute::RepayDebt { debt: *debt, quantity: *quantity };
                self.send(command, by, at).0.to_owned()
            }
            Shortage::Class { item, class } => {
                let found = &self.state.stock.item(item).unwrap().class;
                if found == class { "ok".to_owned() } else { format!("{item} is {found}") }
            }
        }
    }

    fn draw(&mut self, draw: &Draw, by: Option<&PersonId>, at: Moment) -> String {
        let command = Requests::ReportUse {
            release: self.release(&draw.request),
            quantity: draw.quantity,
            used_at: draw.used_at,
            zone: draw.zone.clone(),
            note: draw.note.clone(),
        };
        let (came_to, events) = self.send(command, by, at);
        for event in &events {
            if let Event::Requests(Happened::UseReported { breaches, .. }) = event
                && !breaches.iter().eq(&draw.breaches)
            {
                return format!("the breaches {breaches:?}");
            }
        }
        came_to.to_owned()
    }

    fn observe(&self, deed: &Deed) -> String {
        let Deed::Observe { request, state, release } = deed else { return String::new() };
        let found = self.state.requests.request(self.requests[request]).unwrap();
        let issued = found.release.and_then(|id| self.state.requests.release(id));
        let issued = issued.map(|release| release.state);
        let as_told = state.is_none_or(|state| state == found.state)
            && release.is_none_or(|release| Some(release) == issued);
        if as_told { "ok".to_owned() } else { format!("{}, {issued:?}", found.state) }
    }

    fn play_signed(&mut self, act: &StoryAct) -> &'static str {
        let (at, person) = (act.at, &act.by[0]);
        match &act.deed {
            Deed::Decide(word) | Deed::Deputise(word) => self.decision(word, person, person, at),
            Deed::Forge { word, signer } => self.decision(word, signer, person, at),
            Deed::Replay { request } => {
                let statement = self.signed[&(request.clone(), person.clone())].clone();
                self.send(Requests::DecideRequest { statement }, None, at).0
            }
            Deed::Advise { request, office, advice, provisos, reason } => {
                let (id, revision) = self.current(request);
                let subject = subject_of::<Advice>(Some((id, revision)));
                let binding = self.binding(person, subject, at);
                let advice = Advice {
                    request: id,
                    revision,
                    revision_digest: self.state.requests.request(id).unwrap().digest,
                    office: office.clone(),
                    signer: person.clone(),
                    advice: *advice,
                    provisos: provisos.clone(),
                    binding,
                    reason: reason.clone(),
                };
                let statement = sign(&self.keys[person], &advice);
                self.send(Requests::AdviseRequest { statement }, None, at).0
            }
            Deed::Hold { hold, scope, office, reason } => {
                let scope = match scope {
                    Scope::Known(scope) => scope.clone(),
                    Scope::Request(label) => HoldScope::Request(self.current(label).0),
                    Scope::Release(label) => HoldScope::Release(self.release(label)),
                };
                let statements = self.signing(&act.by, at, |_, signer, binding| Hold {
                    scope: scope.clone(),
                    office: office.clone(),
                    signer,
                    binding,
                    reason: reason.clone(),
                });
                let (came_to, events) = self.send(Requests::PlaceHold { statements }, None, at);
                for event in events {
                    if let Event::Requests(Happened::HoldPlaced { hold: id, .. }) = event {
                        self.holds.insert(hold.clone(), id);
                    }
                }
                came_to
            }
            Deed::Lift { hold, office, reason } => {
                let hold = self.holds[hold];
                let statements = self.signing(&act.by, at, |_, signer, binding| Lift {
                    hold,
                    office: office.clone(),
                    signer,
                    binding,
                    reason: reason.clone(),
                });
                self.send(Requests::LiftHold { statements }, None, at).0
            }
            Deed::Publish { version, office, reason } => {
                self.publish(act, version, (office, reason))
            }
            Deed::Appoint(post) => {
                let statements = self.signing(&act.by, at, |_, signer, binding| Appointment {
                    change: post.change,
                    subject_office: post.post.clone(),
                    person: post.person.clone(),
                    role: post.role,
                    deputy_of: post.deputy_of.clone(),
                    acts: post.acts.clone(),
                    span: post.span,
                    office: post.office.clone(),
                    signer,
                    binding,
                    reason: post.reason.clone(),
                });
                self.send(PeopleCommand::Appoint { statements }, None, at).0
            }
            other => panic!("{} carries no signature", other.word()),
        }
    }

    fn publish(
        &mut self,
        act: &StoryAct,
        version: &countersign_proof::words::PolicyVersionId,
        (office, reason): (&OfficeId, &str),
    ) -> &'static str {
        let policy = &self.pack.version(version).unwrap().policy;
        let statements = self.signing(&act.by, act.at, |state, signer, binding| {
            let newest = state.policy.versions().last().unwrap();
            PolicyPublication {
                version: version.clone(),
                digest: policy.bundle.digest(),
                supersedes: newest.bundle.version.clone(),
                in_force_from: policy.in_force_from,
                source: policy.source.clone(),
                standing: policy.standing,
                transition: policy.transition,
                office: office.clone(),
                signer,
                binding,
                reason: reason.to_owned(),
            }
        });
        let bundle = Box::new(policy.bundle.clone());
        self.send(
            PolicyCommand::Publish { bundle, statements, proofs: Box::default() },
            None,
            act.at,
        )
        .0
    }
}
