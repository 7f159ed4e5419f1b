//! `request …`, `advise`, `decide`, `recuse`.

mod actions;
mod asked;

use super::desk::Desk;
use super::output::Output;
use super::{Failure, Global};
use crate::statements::{self, Signing};
use crate::views;
use clap::{Args, Subcommand};
use countersign_core::policy::sets_in_words;
use countersign_core::requests::{Command, Draft, Request};
use countersign_core::viewing::Matter;
use countersign_core::{Event, State, requests};
use countersign_proof::Label;
use countersign_proof::statement::kinds::{Advice, Decision};
use countersign_proof::verify;
use countersign_proof::words::{
    Act, AdviceKind, DecisionKind, ItemId, Moment, OfficeId, PartyId, PlaceId, Provisos, Quantity,
    RequestId, Revision, Window, ZoneId,
};
use std::path::{Path, PathBuf};

/// Verbs of `request`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Ask for one act
    #[command(
        after_help = "Example:\n  countersign --ledger D --as P-2C9T --key D/keys/P-2C9T request \
             submit \\\n    \
        --act use --holder UA --item ATACMS --quantity 2 --zone RU.Kursk \\\n    \
        --from 2025-12-01 --until 2025-12-20 --why 'as discussed'"
    )]
    Submit(SubmitArgs),
    /// Change what is asked for; whatever was signed on the old revision no longer counts
    Revise(ReviseArgs),
    /// Show one request
    Show {
        /// Which request, such as REQ-1
        id: RequestId,
    },
    /// Show what you (--as) can do on a request now, and which rule stands against the rest
    #[command(after_help = "Example:\n  countersign --ledger D --as P-8T4W request actions REQ-12")]
    Actions {
        /// Which request
        id: RequestId,
    },
    /// List requests
    List {
        /// Only those still open
        #[arg(long)]
        open: bool,
        /// Only those of this holder
        #[arg(long)]
        holder: Option<PartyId>,
        /// Only those of this item
        #[arg(long)]
        item: Option<ItemId>,
    },
    /// Take a request back
    Withdraw {
        /// Which request
        id: RequestId,
    },
    /// Answer a question; the clock runs again
    Answer {
        /// Which request
        id: RequestId,
        /// The answer
        #[arg(long)]
        text: String,
    },
    /// Put an interest on the record without stepping back
    DeclareInterest {
        /// Which request
        id: RequestId,
        /// Which interest
        #[arg(long)]
        interest: String,
    },
}

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct DraftArgs {
    /// use, deliver or transfer
    #[arg(long)]
    pub(super) act: Act,
    /// For whom
    #[arg(long)]
    pub(super) holder: PartyId,
    /// Of what
    #[arg(long)]
    pub(super) item: ItemId,
    /// How many units
    #[arg(long)]
    pub(super) quantity: Quantity,
    /// Where; may be given several times
    #[arg(long = "zone")]
    pub(super) zones: Vec<ZoneId>,
    /// To whom, for a transfer
    #[arg(long)]
    pub(super) recipient: Option<PartyId>,
    /// From which depot
    #[arg(long)]
    pub(super) depot: Option<PlaceId>,
}

impl DraftArgs {
    pub(super) fn draft(&self, window: Window) -> Draft {
        Draft {
            act: self.act,
            holder: self.holder.clone(),
            item: self.item.clone(),
            quantity: self.quantity,
            zones: self.zones.iter().cloned().collect(),
            recipient: self.recipient.clone(),
            depot: self.depot.clone(),
            window,
        }
    }
}

/// From when until when.
#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    /// From this moment on
    #[arg(long, value_parser = super::moment)]
    from: Moment,
    /// Up to this moment, which is no longer in it
    #[arg(long, value_parser = super::moment)]
    until: Moment,
}

impl WindowArgs {
    fn window(&self) -> Result<Window, Failure> {
        let (from, until) = (self.from, self.until);
        let reversed = || format!("the window is reversed or empty: from {from} until {until}");
        Window::new(from, until).ok_or_else(|| Failure::usage(reversed()))
    }
}

#[derive(Debug, Args)]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    draft: DraftArgs,
    #[command(flatten)]
    window: WindowArgs,
    /// Why; those who decide will see it
    #[arg(long)]
    why: String,
    /// An open request of the same holder that this one replaces
    #[arg(long)]
    supersedes: Option<RequestId>,
}

#[derive(Debug, Args)]
pub(super) struct ReviseArgs {
    /// Which request
    id: RequestId,
    /// The revision you have before you
    #[arg(long)]
    revision: Revision,
    #[command(flatten)]
    draft: DraftArgs,
    #[command(flatten)]
    window: WindowArgs,
    /// Why
    #[arg(long)]
    why: String,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Submit(args) => {
            let mut desk = Desk::open(global)?;
            let by = desk.session(global)?;
            let command = Command::SubmitRequest {
                draft: args.draft.draft(args.window.window()?),
                justification: args.why.clone(),
                supersedes: args.supersedes,
            };
            let (_, events) = desk.submit(Some(by), command)?;
            tell(&desk, events.iter().find_map(submitted), output)
        }
        Verb::Revise(args) => {
            let mut desk = Desk::open(global)?;
            let by = desk.session(global)?;
            let command = Command::ReviseRequest {
                request: args.id,
                revision: args.revision,
                draft: args.draft.draft(args.window.window()?),
                justification: args.why.clone(),
            };
            desk.submit(Some(by), command)?;
            tell(&desk, Some(args.id), output)
        }
        Verb::Show { id } => {
            let (store, state, head) = global.read()?;
            let request = seen(global, &state, *id)?;
            let matter = Matter::Request(request);
            let why = if global.may_view(&state, &matter, Label::Deliberation) {
                asked::why(store.as_ref(), head.frontier.size(), request)?
            } else {
                None
            };
            show(&state, request, why.as_deref(), output);
            Ok(())
        }
        Verb::Actions { id } => actions::actions(global, *id, output),
        Verb::List { open, holder, item } => {
            let state = global.state()?;
            let wanted = |request: &&Request| {
                (!open || request.state.is_open())
                    && holder.as_ref().is_none_or(|holder| request.draft.holder == *holder)
                    && item.as_ref().is_none_or(|item| request.draft.item == *item)
                    && global.may_see(&state, request)
            };
            list(&state, state.requests.all().iter().filter(wanted), output);
            Ok(())
        }
        Verb::Withdraw { id } => {
            by_requester(global, *id, Command::WithdrawRequest { request: *id }, output)
        }
        Verb::Answer { id, text } => {
            let command = Command::AnswerInformation { request: *id, answer: text.clone() };
            by_requester(global, *id, command, output)
        }
        Verb::DeclareInterest { id, interest } => {
            let command = Command::DeclareInterest { request: *id, interest: interest.clone() };
            by_requester(global, *id, command, output)
        }
    }
}

fn by_requester(
    global: &Global,
    id: RequestId,
    command: Command,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    desk.submit(Some(by), command)?;
    tell(&desk, Some(id), output)
}

fn find(state: &State, id: RequestId) -> Result<&Request, Failure> {
    let unknown = countersign_core::requests::Rejection::UnknownRequest { request: id };
    state.requests.request(id).ok_or_else(|| countersign_core::Rejection::from(unknown).into())
}

/// The request, for somebody to look at: whoever may not see it is told the same as if it did not
/// exist.
pub(super) fn seen<'a>(
    global: &Global,
    state: &'a State,
    id: RequestId,
) -> Result<&'a Request, Failure> {
    let unknown = countersign_core::requests::Rejection::UnknownRequest { request: id };
    let found = state.requests.request(id).filter(|request| global.may_see(state, request));
    found.ok_or_else(|| countersign_core::Rejection::from(unknown).into())
}

/// The request that an event says was submitted.
fn submitted(event: &Event) -> Option<RequestId> {
    match event {
        Event::Requests(requests::Event::RequestSubmitted { request, .. }) => Some(*request),
        Event::Requests(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => None,
    }
}

/// Tells what has become of a request after a command.
fn tell(desk: &Desk, id: Option<RequestId>, output: &mut Output) -> Result<(), Failure> {
    if desk.is_dry() {
        output.only_would();
    }
    desk.look(|state| {
        let request = id.and_then(|id| state.requests.request(id));
        let request = request.ok_or_else(|| Failure::unavailable("the request is gone"))?;
        show(state, request, None, output);
        Ok(())
    })
}

/// Shows a request; `why` it is made, for those who may see that.
fn show(state: &State, request: &Request, why: Option<&str>, output: &mut Output) {
    let mut value = views::request(state, request);
    if let (Some(fields), Some(why)) = (value.as_object_mut(), why) {
        fields.insert("justification".to_owned(), why.into());
    }
    output.value(&value);
    let draft = &request.draft;
    let zones: Vec<&str> = draft.zones.iter().map(ZoneId::as_str).collect();
    output.heading(&format!("{}, revision {}: {}", request.id, request.revision, request.state));
    let place = if zones.is_empty() { String::new() } else { format!(" in {}", zones.join(", ")) };
    output.line(&format!(
        "  {} of {} {} by {}{place}, {} to {}",
        draft.act,
        draft.quantity,
        draft.item,
        draft.holder,
        draft.window.from(),
        draft.window.until()
    ));
    output.line(&format!(
        "  asked by {} on {}, judged by policy {}",
        request.requester, request.submitted_at, request.policy
    ));
    for (line, words) in why.into_iter().flat_map(str::lines).enumerate() {
        let lead = if line == 0 { "justification: " } else { "  " };
        output.line(&format!("  {lead}{}", asked::showable(words)));
    }
    let closing = views::closing_words(request);
    if !closing.is_empty() {
        output.line(&format!("  why: {closing}"));
    }
    match views::missing(state, request) {
        Ok(missing) if !missing.is_empty() => {
            output.line(&format!("  still missing: {}", sets_in_words(&missing)));
        }
        Ok(_) => {}
        Err(problem) => output.line(&format!("  no consent can be given: {problem}")),
    }
    if let Some(deadline) = request.next_deadline() {
        let stopped = if request.stopped_at.is_some() { " (the clock stands)" } else { "" };
        output.line(&format!("  due next: {deadline}{stopped}"));
    }
    for person in &request.interests {
        output.line(&format!("  {person} declared an interest"));
    }
    for person in &request.recused {
        output.line(&format!("  {person} stepped back"));
    }
    for given in &request.advice {
        output.line(&format!("  {} {} advised: {}", given.at, given.signed.office, given.advice));
    }
    for made in &request.decisions {
        let provisos = made.provisos.as_ref().map(|p| format!(", {p}")).unwrap_or_default();
        let counts = if made.void { " (taken back)" } else { "" };
        output.line(&format!(
            "  {} {} by {}: {}{provisos}{counts}; statement {}",
            made.at,
            made.signed.office,
            made.signed.person,
            made.decision,
            short(&made.statement.to_string())
        ));
    }
    if let Some(release) = request.release.and_then(|id| state.requests.release(id)) {
        let causes = views::suspensions(release);
        let by =
            if causes.is_empty() { String::new() } else { format!(" by {}", causes.join(", ")) };
        output.line(&format!(
            "  {} {}{by}: {} of {} used",
            release.id, release.state, release.used, release.usable.quantity
        ));
    }
}

/// The first 16 digits of a digest: enough to name a statement.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

fn list<'a>(state: &State, requests: impl Iterator<Item = &'a Request>, output: &mut Output) {
    let requests: Vec<&Request> = requests.collect();
    let values = requests.iter().map(|request| views::request(state, request)).collect();
    output.value(&serde_json::Value::Array(values));
    let rows: Vec<Vec<String>> = requests
        .iter()
        .map(|request| {
            let draft = &request.draft;
            let zones: Vec<&str> = draft.zones.iter().map(ZoneId::as_str).collect();
            let missing = match views::missing(state, request) {
                Ok(missing) => sets_in_words(&missing),
                Err(_) => "no answer from policy".to_owned(),
            };
            vec![
                request.id.to_string(),
                request.state.to_string(),
                draft.act.to_string(),
                draft.holder.to_string(),
                draft.item.to_string(),
                draft.quantity.to_string(),
                zones.join(","),
                request.policy.to_string(),
                request.release.map(|id| id.to_string()).unwrap_or_default(),
                missing,
            ]
        })
        .collect();
    let headings = [
        "request", "state", "act", "holder", "item", "units", "zones", "policy", "release",
        "missing",
    ];
    output.table(&headings, &rows);
}

/// `advise`.
#[derive(Debug, Args)]
pub(super) struct AdviseArgs {
    /// Which request
    id: RequestId,
    /// For which office you advise
    #[arg(long)]
    office: OfficeId,
    /// approve, approve-with-provisos, refuse or no-objection
    #[arg(long)]
    advice: AdviceKind,
    /// Conditions, as in 'quantity=4 zones=RU.Kursk'
    #[arg(long, default_value = "-")]
    provisos: Provisos,
    /// Why
    #[arg(long)]
    reason: String,
}

pub(super) fn advise(
    global: &Global,
    args: &AdviseArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let signer = global.person()?.clone();
    let request = desk.look(|state| find(state, args.id).cloned())?;
    let binding = desk.binding::<Advice>(&signer, Some((request.id, request.revision)))?;
    let signing =
        Signing { office: args.office.clone(), signer, binding, reason: args.reason.clone() };
    let statement = statements::advice(&request, signing, args.advice, args.provisos.clone());
    let statement = desk.sign(global, &statement)?;
    desk.submit(None, Command::AdviseRequest { statement })?;
    tell(&desk, Some(args.id), output)
}

/// `decide`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    countersign --ledger D --as P-8T4W --key D/keys/P-8T4W decide REQ-12 \\\n    \
    --office US.SACEUR --decision approve --provisos 'quantity=1' --reason 'within the plan'\n\n  \
    For someone who signs on another machine:\n  \
    countersign --ledger D --as P-8T4W statement show REQ-12 \\\n    \
    --office US.SACEUR --decision approve --out S\n  \
    ssh-keygen -Y sign -f D/keys/P-8T4W -n decision@countersign S/statement.txt\n  \
    countersign --ledger D decide REQ-12 \\\n    \
    --statement S/statement.txt --signature S/statement.txt.sig")]
pub(super) struct DecideArgs {
    /// Which request
    pub(super) id: RequestId,
    #[command(flatten)]
    pub(super) terms: DecisionArgs,
    /// The statement that was signed elsewhere
    #[arg(long, value_name = "FILE", requires = "signature")]
    #[arg(conflicts_with_all = ["office", "decision", "reason", "provisos"])]
    statement: Option<PathBuf>,
    /// The signature made elsewhere by `ssh-keygen -Y sign`
    #[arg(long, value_name = "FILE", requires = "statement")]
    signature: Option<PathBuf>,
}

/// What an office decides.
#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// For which office you decide
    #[arg(long)]
    office: Option<OfficeId>,
    /// approve, refuse, withdraw or ask
    #[arg(long)]
    decision: Option<DecisionKind>,
    /// Conditions, as in 'quantity=4 zones=RU.Kursk'; only with approve
    #[arg(long)]
    provisos: Option<Provisos>,
    /// Why
    #[arg(long)]
    reason: Option<String>,
}

/// Prepares the decision that a person will sign on a request's current revision.
pub(super) fn prepare(
    desk: &mut Desk,
    global: &Global,
    id: RequestId,
    args: &DecisionArgs,
) -> Result<Decision, Failure> {
    let need = |what: &str| Failure::usage(format!("say {what}"));
    let office = args.office.clone().ok_or_else(|| need("for which office, with --office"))?;
    let decision = args.decision.ok_or_else(|| need("what is decided, with --decision"))?;
    let reason = args.reason.clone().unwrap_or_default();
    let signer = global.person()?.clone();
    let request = desk.look(|state| find(state, id).cloned())?;
    let binding = desk.binding::<Decision>(&signer, Some((request.id, request.revision)))?;
    let signing = Signing { office, signer, binding, reason };
    let provisos = args.provisos.clone().unwrap_or_default();
    let made =
        desk.look(|state| statements::decision(state, &request, signing, decision, provisos));
    made.ok_or_else(|| Failure::unavailable("the request's policy version is not known"))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

pub(super) fn decide(
    global: &Global,
    args: &DecideArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let statement = match (&args.statement, &args.signature) {
        (Some(text), Some(signature)) => {
            let armoured = String::from_utf8(read(signature)?)
                .map_err(|_| Failure::usage("the signature file is not text"))?;
            let verified = verify::<Decision>(&read(text)?, &armoured, &desk.rules())?;
            if verified.statement().terms.request != args.id {
                let named = verified.statement().terms.request;
                return Err(Failure::usage(format!("the statement is about {named}")));
            }
            verified
        }
        (Some(_) | None, Some(_) | None) => {
            let decision = prepare(&mut desk, global, args.id, &args.terms)?;
            desk.sign(global, &decision)?
        }
    };
    desk.submit(None, Command::DecideRequest { statement })?;
    tell(&desk, Some(args.id), output)
}

/// `recuse`.
#[derive(Debug, Args)]
pub(super) struct RecuseArgs {
    /// From which request
    id: RequestId,
    /// Why
    #[arg(long)]
    reason: String,
}

pub(super) fn recuse(
    global: &Global,
    args: &RecuseArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let person = by.person.clone();
    let command = Command::Recuse { request: args.id, reason: args.reason.clone() };
    let (_, events) = desk.submit(Some(by), command)?;
    let out_of_reach = events
        .iter()
        .any(|event| countersign_core::record::event_kind(event) == "QuorumOutOfReach");
    let id = args.id;
    if desk.is_dry() {
        output.only_would();
    }
    output.value(&serde_json::json!({
        "request": id.to_string(), "recused": person.as_str(), "quorum_out_of_reach": out_of_reach,
    }));
    output.line(&format!("{person} has stepped back from {id}."));
    if out_of_reach {
        output.line("Nobody is left who could complete an approval set.");
    }
    Ok(())
}
