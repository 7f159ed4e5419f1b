//! `hold …`.

use super::desk::{Desk, Signer};
use super::output::Output;
use super::{Failure, Global};
use crate::views;
use clap::Subcommand;
use countersign_core::Event;
use countersign_core::requests::{self, Command, HoldPlaced};
use countersign_proof::statement::kinds::{Hold, Lift};
use countersign_proof::words::{HoldId, HoldScope};
use serde_json::Value;

/// Verbs of `hold`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Suspend everything within a scope
    #[command(
        after_help = "Example:\n  countersign --ledger D hold place --scope item:ATACMS \\\n    \
        --sign US.DepSecDef:P-5Q1R=D/keys/P-5Q1R --reason 'pending review'"
    )]
    Place {
        /// all, holder:UA, item:ATACMS, zone:RU.Kursk, act:use, office:US.SecDef, request:REQ-1 or
        /// release:REL-1
        #[arg(long)]
        scope: HoldScope,
        /// Who signs, and with which key; may be given several times
        #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
        signers: Vec<Signer>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lift a hold
    Lift {
        /// Which hold, such as HOLD-1
        id: HoldId,
        /// Who signs, and with which key; may be given several times
        #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
        signers: Vec<Signer>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// List holds
    List,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Place { scope, signers, reason } => {
            let mut desk = Desk::open(global)?;
            let placed = place_signed(&mut desk, scope, signers, reason)?;
            tell(&desk, placed, output)
        }
        Verb::Lift { id, signers, reason } => {
            let mut desk = Desk::open(global)?;
            lift_signed(&mut desk, *id, signers, reason)?;
            tell(&desk, Some(*id), output)
        }
        Verb::List => {
            let state = global.state()?;
            let person = global.person.as_ref();
            let holds = state.requests.holds().iter();
            let holds: Vec<&HoldPlaced> = holds
                .filter(|hold| person.is_none_or(|person| state.may_see_hold(hold, person)))
                .collect();
            output.value(&Value::Array(holds.iter().map(|hold| views::hold(hold)).collect()));
            let rows: Vec<Vec<String>> = holds
                .iter()
                .map(|hold| {
                    let lifted = hold
                        .lifted_at
                        .map_or_else(|| "standing".to_owned(), |at| format!("lifted {at}"));
                    vec![
                        hold.id.to_string(),
                        hold.scope.to_string(),
                        hold.office.to_string(),
                        hold.person.to_string(),
                        hold.placed_at.to_string(),
                        lifted,
                    ]
                })
                .collect();
            output.table(&["hold", "scope", "office", "by", "placed", "state"], &rows);
            Ok(())
        }
    }
}

/// Has the signers place a hold; gives its id.
pub(super) fn place_signed(
    desk: &mut Desk,
    scope: &HoldScope,
    signers: &[Signer],
    reason: &str,
) -> Result<Option<HoldId>, Failure> {
    let statements = desk.signed_by_all(signers, |signer, binding| Hold {
        scope: scope.clone(),
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: reason.to_owned(),
    })?;
    let (_, events) = desk.submit(None, Command::PlaceHold { statements })?;
    Ok(events.iter().find_map(|event| match event {
        Event::Requests(requests::Event::HoldPlaced { hold, .. }) => Some(*hold),
        Event::Requests(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => None,
    }))
}

/// Has the signers lift a hold.
pub(super) fn lift_signed(
    desk: &mut Desk,
    hold: HoldId,
    signers: &[Signer],
    reason: &str,
) -> Result<(), Failure> {
    let statements = desk.signed_by_all(signers, |signer, binding| Lift {
        hold,
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: reason.to_owned(),
    })?;
    desk.submit(None, Command::LiftHold { statements })?;
    Ok(())
}

/// Tells of one hold.
fn tell(desk: &Desk, id: Option<HoldId>, output: &mut Output) -> Result<(), Failure> {
    if desk.is_dry() {
        output.only_would();
    }
    desk.look(|state| {
        let hold = id.and_then(|id| state.requests.hold(id));
        let hold = hold.ok_or_else(|| Failure::unavailable("the hold is gone"))?;
        let suspended = state.requests.live().filter(|release| !release.state.is_usable()).count();
        output.value(&views::hold(hold));
        let verb = if hold.lifted_at.is_some() { "was lifted from" } else { "suspends" };
        output.line(&format!("{} {verb} {}.", hold.id, hold.scope));
        output.line(&format!("Releases suspended now, for whatever cause: {suspended}."));
        Ok(())
    })
}
