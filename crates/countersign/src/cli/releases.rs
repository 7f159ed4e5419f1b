//! `release …` and `use report`.

mod certificate;

use super::desk::{Desk, Signer};
use super::output::Output;
use super::{Failure, Global, holds};
use crate::views;
use clap::{Args, Subcommand};
use countersign_core::State;
use countersign_core::requests::{Command, Release};
use countersign_proof::words::{HoldId, HoldScope, Moment, Quantity, ReleaseId, ZoneId};
use serde_json::Value;

/// Verbs of `release`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show one release
    Show {
        /// Which release, such as REL-1
        id: ReleaseId,
    },
    /// List releases
    List {
        /// Only those that have not ended
        #[arg(long)]
        live: bool,
    },
    /// Suspend one release: a hold on it alone
    Suspend {
        /// Which release
        id: ReleaseId,
        /// Who signs, and with which key; may be given several times
        #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
        signers: Vec<Signer>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Reinstate a suspended release: lift the hold on it
    Reinstate {
        /// Which release
        id: ReleaseId,
        /// Who signs, and with which key; may be given several times
        #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
        signers: Vec<Signer>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Revoke a release: an office that approved takes its authorisation back
    Revoke(RevokeArgs),
    /// Give back what is left of a release
    Surrender {
        /// Which release
        id: ReleaseId,
    },
    /// Report units handed out under a release
    Handout(ReportArgs),
    /// Carry a release to a depot that has no network
    Certificate(Box<certificate::CertificateArgs>),
    /// Write the evidence of the officials' decisions again, under the checkpoint that most
    /// witnesses have cosigned by now
    Evidence(certificate::DecisionsArgs),
    /// Write the list of certificates that are no longer valid
    StatusList(certificate::StatusListArgs),
    /// Write what a depot pins: the issuer key, the log, the officials' keys
    Trust(certificate::TrustArgs),
    /// Record what a depot carries back: receipts, accounts, certificates not honoured
    Receipts(certificate::ReceiptsArgs),
}

#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// Which release
    id: ReleaseId,
    /// The office that takes its authorisation back
    #[arg(long)]
    office: countersign_proof::words::OfficeId,
    /// Why
    #[arg(long)]
    reason: String,
}

/// Verbs of `use`.
#[derive(Debug, Subcommand)]
pub(super) enum UseVerb {
    /// Report units used under a release; a use beyond it is recorded and flagged as a breach
    #[command(
        after_help = "Example:\n  countersign --ledger D --as P-2C9T --key D/keys/P-2C9T use \
             report REL-8 \\\n    \
        --quantity 1 --zone RU.Kursk --at 2025-11-10T12:00:00Z"
    )]
    Report(ReportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Under which release
    id: ReleaseId,
    /// How many units
    #[arg(long)]
    quantity: Quantity,
    /// When it happened; now, if not given
    #[arg(long, value_parser = super::moment)]
    at: Option<Moment>,
    /// Where, for a use
    #[arg(long)]
    zone: Option<ZoneId>,
    /// Remarks
    #[arg(long, default_value = "")]
    note: String,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { id } => {
            let state = global.state()?;
            let release = find(&state, *id).ok().filter(|found| seen(global, &state, found));
            show(&state, release.ok_or_else(|| unknown(*id))?, output);
            Ok(())
        }
        Verb::List { live } => {
            let state = global.state()?;
            let wanted = |release: &&Release| {
                (!live || !release.state.has_ended()) && seen(global, &state, release)
            };
            list(&state, state.requests.releases().iter().filter(wanted), output);
            Ok(())
        }
        Verb::Suspend { id, signers, reason } => {
            let mut desk = Desk::open(global)?;
            holds::place_signed(&mut desk, &HoldScope::Release(*id), signers, reason)?;
            tell(&desk, *id, output)
        }
        Verb::Reinstate { id, signers, reason } => {
            let mut desk = Desk::open(global)?;
            let hold = desk.look(|state| hold_on(state, *id))?;
            holds::lift_signed(&mut desk, hold, signers, reason)?;
            tell(&desk, *id, output)
        }
        Verb::Revoke(args) => revoke(global, args, output),
        Verb::Surrender { id } => {
            let mut desk = Desk::open(global)?;
            let by = desk.session(global)?;
            desk.submit(Some(by), Command::SurrenderRelease { release: *id })?;
            tell(&desk, *id, output)
        }
        Verb::Handout(args) => hand_in_report(global, args, output),
        Verb::Certificate(args) => certificate::issue(global, args, output),
        Verb::Evidence(args) => certificate::evidence(global, args, output),
        Verb::StatusList(args) => certificate::status_list(global, args, output),
        Verb::Trust(args) => certificate::trust(global, args, output),
        Verb::Receipts(args) => certificate::receipts(global, args, output),
    }
}

pub(super) fn report(global: &Global, verb: &UseVerb, output: &mut Output) -> Result<(), Failure> {
    let UseVerb::Report(args) = verb;
    hand_in_report(global, args, output)
}

fn hand_in_report(global: &Global, args: &ReportArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let used_at = match args.at {
        Some(at) => at,
        None => desk.now()?,
    };
    let command = Command::ReportUse {
        release: args.id,
        quantity: args.quantity,
        used_at,
        zone: args.zone.clone(),
        note: args.note.clone(),
    };
    desk.submit(Some(by), command)?;
    tell(&desk, args.id, output)
}

/// Reports units handed out under a release, now.
pub(super) fn hand_out(
    global: &Global,
    id: ReleaseId,
    quantity: Quantity,
    output: &mut Output,
) -> Result<(), Failure> {
    let (at, zone, note) = (None, None, String::new());
    hand_in_report(global, &ReportArgs { id, quantity, at, zone, note }, output)
}

fn revoke(global: &Global, args: &RevokeArgs, output: &mut Output) -> Result<(), Failure> {
    use crate::statements::{self, Signing};
    use countersign_proof::statement::kinds::Decision;
    use countersign_proof::words::{DecisionKind, Provisos};
    let mut desk = Desk::open(global)?;
    let signer = global.person()?.clone();
    let request = desk.look(|state| {
        let release = find(state, args.id)?;
        let gone = || Failure::unavailable("the release has no request");
        state.requests.request(release.request).cloned().ok_or_else(gone)
    })?;
    let binding = desk.binding::<Decision>(&signer, Some((request.id, request.revision)))?;
    let signing =
        Signing { office: args.office.clone(), signer, binding, reason: args.reason.clone() };
    let withdrawal = desk.look(|state| {
        let (kind, provisos) = (DecisionKind::Withdraw, Provisos::default());
        statements::decision(state, &request, signing, kind, provisos)
    });
    let withdrawal = withdrawal
        .ok_or_else(|| Failure::unavailable("the request's policy version is not known"))?;
    let statement = desk.sign(global, &withdrawal)?;
    desk.submit(None, Command::DecideRequest { statement })?;
    tell(&desk, args.id, output)
}

fn find(state: &State, id: ReleaseId) -> Result<&Release, Failure> {
    state.requests.release(id).ok_or_else(|| unknown(id))
}

fn unknown(id: ReleaseId) -> Failure {
    let unknown = countersign_core::requests::Rejection::UnknownRelease { release: id };
    countersign_core::Rejection::from(unknown).into()
}

/// Whether somebody may look at a release: whoever may see the request it came from.
fn seen(global: &Global, state: &State, release: &Release) -> bool {
    let request = state.requests.request(release.request);
    request.is_some_and(|request| global.may_see(state, request))
}

/// The standing hold on one release alone.
fn hold_on(state: &State, id: ReleaseId) -> Result<HoldId, Failure> {
    find(state, id)?;
    let scope = HoldScope::Release(id);
    let standing = |hold: &&countersign_core::requests::HoldPlaced| {
        hold.lifted_at.is_none() && hold.scope == scope
    };
    let found = state.requests.holds().iter().rfind(standing).map(|hold| hold.id);
    found.ok_or_else(|| Failure::Refused {
        code: "requests/unknown-hold".to_owned(),
        message: format!("no hold stands on {id} alone; see `hold list` for what suspends it"),
    })
}

fn tell(desk: &Desk, id: ReleaseId, output: &mut Output) -> Result<(), Failure> {
    if desk.is_dry() {
        output.only_would();
    }
    desk.look(|state| {
        show(state, find(state, id)?, output);
        Ok(())
    })
}

fn show(state: &State, release: &Release, output: &mut Output) {
    output.value(&views::release(state, release));
    let usable = &release.usable;
    let causes = views::suspensions(release);
    let by = if causes.is_empty() { String::new() } else { format!(" by {}", causes.join(", ")) };
    output.heading(&format!("{}: {}{by}", release.id, release.state));
    output.line(&format!(
        "  {} units, {} used, {} left; {} to {}",
        usable.quantity,
        release.used,
        release.left(),
        usable.window.from(),
        usable.window.until()
    ));
    let zones: Vec<&str> = usable.zones.iter().map(ZoneId::as_str).collect();
    if !zones.is_empty() {
        output.line(&format!("  in {}", zones.join(", ")));
    }
    let set: Vec<String> = release.set.iter().map(ToString::to_string).collect();
    let consent =
        if set.is_empty() { "a standing permission".to_owned() } else { set.join(" and ") };
    output
        .line(&format!("  from {} under policy {}, by {consent}", release.request, release.policy));
    for breach in &release.breaches {
        output.line(&format!("  breach: {}", breach.as_str()));
    }
}

fn list<'a>(state: &State, releases: impl Iterator<Item = &'a Release>, output: &mut Output) {
    let releases: Vec<&Release> = releases.collect();
    let values = releases.iter().map(|release| views::release(state, release)).collect();
    output.value(&Value::Array(values));
    let rows: Vec<Vec<String>> = releases
        .iter()
        .map(|release| {
            let breaches: Vec<&str> = release.breaches.iter().map(|b| b.as_str()).collect();
            vec![
                release.id.to_string(),
                release.state.to_string(),
                release.request.to_string(),
                release.usable.quantity.to_string(),
                release.used.to_string(),
                release.left().to_string(),
                release.usable.window.until().to_string(),
                release.policy.to_string(),
                views::suspensions(release).join(", "),
                breaches.join(", "),
            ]
        })
        .collect();
    let headings = [
        "release",
        "state",
        "request",
        "units",
        "used",
        "left",
        "until",
        "policy",
        "suspended by",
        "breaches",
    ];
    output.table(&headings, &rows);
}
