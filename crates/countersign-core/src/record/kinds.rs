//! The names of commands and events in the open part, and the opaque ids it lists.

use crate::{Command, Event, history, ledger, people, policy, requests, rerouting, stock, triage};
use smol_str::{SmolStr, ToSmolStr};

/// The name of a command in the open part.
#[must_use]
pub fn command_kind(of: &Command) -> &'static str {
    match of {
        Command::Ledger(of) => match of {
            ledger::Command::Found { .. } => "found",
            ledger::Command::AdvanceClock => "advance_clock",
            ledger::Command::IssueNonce { .. } => "issue_nonce",
            ledger::Command::OpenDoor { .. } => "open_door",
            ledger::Command::RotateLogKey { .. } => "rotate_log_key",
        },
        Command::People(of) => match of {
            people::Command::RegisterPerson { .. } => "register_person",
            people::Command::Appoint { .. } => "appoint",
            people::Command::EnrolKey { .. } => "enrol_key",
            people::Command::RevokeKey { .. } => "revoke_key",
            people::Command::EraseIdentity { .. } => "erase_identity",
        },
        Command::Stock(of) => match of {
            stock::Command::ReceiveStock { .. } => "receive_stock",
            stock::Command::MoveStock { .. } => "move_stock",
            stock::Command::IssueStock { .. } => "issue_stock",
            stock::Command::CountStock { .. } => "count_stock",
            stock::Command::ImportFigures { .. } => "import_figures",
        },
        Command::Policy(of) => match of {
            policy::Command::Publish { .. } => "publish",
        },
        Command::Requests(of) => match of {
            requests::Command::SubmitRequest { .. } => "submit_request",
            requests::Command::ReviseRequest { .. } => "revise_request",
            requests::Command::WithdrawRequest { .. } => "withdraw_request",
            requests::Command::AnswerInformation { .. } => "answer_information",
            requests::Command::AdviseRequest { .. } => "advise_request",
            requests::Command::DecideRequest { .. } => "decide_request",
            requests::Command::Recuse { .. } => "recuse",
            requests::Command::DeclareInterest { .. } => "declare_interest",
            requests::Command::ReportUse { .. } => "report_use",
            requests::Command::SurrenderRelease { .. } => "surrender_release",
            requests::Command::PlaceHold { .. } => "place_hold",
            requests::Command::LiftHold { .. } => "lift_hold",
            requests::Command::RecordCosignatures { .. } => "record_cosignatures",
            requests::Command::IssueCertificate { .. } => "issue_certificate",
            requests::Command::RecordReceipt { .. } => "record_receipt",
            requests::Command::RecordAccount { .. } => "record_account",
            requests::Command::RecordSighting { .. } => "record_sighting",
        },
        Command::Triage(of) => match of {
            triage::Command::OverrideClass { .. } => "override_class",
            triage::Command::LiftOverride { .. } => "lift_override",
        },
        Command::Rerouting(of) => match of {
            rerouting::Command::OrderDiversion { .. } => "order_diversion",
            rerouting::Command::RepayDebt { .. } => "repay_debt",
        },
        Command::History(of) => match of {
            history::Command::ImportRow { .. } => "import_row",
        },
    }
}

/// The name of an event in the open part.
#[must_use]
pub fn event_kind(of: &Event) -> &'static str {
    match of {
        Event::Ledger(of) => match of {
            ledger::Event::LedgerFounded { .. } => "LedgerFounded",
            ledger::Event::NonceIssued { .. } => "NonceIssued",
            ledger::Event::NonceSpent { .. } => "NonceSpent",
            ledger::Event::DoorOpened { .. } => "DoorOpened",
            ledger::Event::LogKeyRotated { .. } => "LogKeyRotated",
        },
        Event::People(of) => match of {
            people::Event::PersonRegistered { .. } => "PersonRegistered",
            people::Event::IncumbentAppointed(_) => "IncumbentAppointed",
            people::Event::DeputyAppointed(_) => "DeputyAppointed",
            people::Event::IncumbencyEnded { .. } => "IncumbencyEnded",
            people::Event::DeputationEnded { .. } => "DeputationEnded",
            people::Event::KeyEnrolled(_) => "KeyEnrolled",
            people::Event::KeyRevoked { .. } => "KeyRevoked",
            people::Event::IdentityErased { .. } => "IdentityErased",
        },
        Event::Stock(of) => match of {
            stock::Event::StockReceived { .. } => "StockReceived",
            stock::Event::StockMoved { .. } => "StockMoved",
            stock::Event::StockCounted { .. } => "StockCounted",
            stock::Event::FiguresImported { .. } => "FiguresImported",
            stock::Event::UnitsReserved { .. } => "UnitsReserved",
            stock::Event::ReservationPosted { .. } => "ReservationPosted",
            stock::Event::UnitsPosted { .. } => "UnitsPosted",
            stock::Event::SlotsDelivered { .. } => "SlotsDelivered",
            stock::Event::ReservationVoided { .. } => "ReservationVoided",
            stock::Event::SlotDiverted { .. } => "SlotDiverted",
            stock::Event::SlotRestored { .. } => "SlotRestored",
            stock::Event::ItemClassed { .. } => "ItemClassed",
        },
        Event::Policy(of) => match of {
            policy::Event::VersionPublished { .. } => "VersionPublished",
            policy::Event::VersionCameIntoForce { .. } => "VersionCameIntoForce",
        },
        Event::Requests(of) => match of {
            requests::Event::RequestSubmitted { .. } => "RequestSubmitted",
            requests::Event::RequestRevised { .. } => "RequestRevised",
            requests::Event::RequestWithdrawn { .. } => "RequestWithdrawn",
            requests::Event::InformationAnswered { .. } => "InformationAnswered",
            requests::Event::AdviceRecorded { .. } => "AdviceRecorded",
            requests::Event::DecisionRecorded { .. } => "DecisionRecorded",
            requests::Event::RequestApproved { .. } => "RequestApproved",
            requests::Event::RequestRefused { .. } => "RequestRefused",
            requests::Event::RequestLapsed { .. } => "RequestLapsed",
            requests::Event::DecidersReminded { .. } => "DecidersReminded",
            requests::Event::RequestEscalated { .. } => "RequestEscalated",
            requests::Event::RequestRebound { .. } => "RequestRebound",
            requests::Event::PersonRecused { .. } => "PersonRecused",
            requests::Event::QuorumOutOfReach { .. } => "QuorumOutOfReach",
            requests::Event::InterestDeclared { .. } => "InterestDeclared",
            requests::Event::ReleaseIssued { .. } => "ReleaseIssued",
            requests::Event::ReleaseRebound { .. } => "ReleaseRebound",
            requests::Event::ReleasesSuspended { .. } => "ReleasesSuspended",
            requests::Event::ReleasesReinstated { .. } => "ReleasesReinstated",
            requests::Event::ReleaseReapproved { .. } => "ReleaseReapproved",
            requests::Event::ReleaseEnded { .. } => "ReleaseEnded",
            requests::Event::UseReported { .. } => "UseReported",
            requests::Event::HoldPlaced { .. } => "HoldPlaced",
            requests::Event::HoldLifted { .. } => "HoldLifted",
            requests::Event::CheckpointWitnessed { .. } => "CheckpointWitnessed",
            requests::Event::CertificateIssued { .. } => "CertificateIssued",
            requests::Event::ReceiptRecorded { .. } => "ReceiptRecorded",
            requests::Event::AccountRecorded { .. } => "AccountRecorded",
            requests::Event::SightingRecorded { .. } => "SightingRecorded",
        },
        Event::Triage(of) => match of {
            triage::Event::ItemsJudged { .. } => "ItemsJudged",
            triage::Event::ClassChanged { .. } => "ClassChanged",
            triage::Event::ClassOverridden { .. } => "ClassOverridden",
            triage::Event::OverrideLifted { .. } => "OverrideLifted",
        },
        Event::Rerouting(of) => match of {
            rerouting::Event::DiversionOrdered { .. } => "DiversionOrdered",
            rerouting::Event::RecipientNotified { .. } => "RecipientNotified",
            rerouting::Event::DiversionExecuted { .. } => "DiversionExecuted",
            rerouting::Event::DiversionLapsed { .. } => "DiversionLapsed",
            rerouting::Event::DebtIncurred { .. } => "DebtIncurred",
            rerouting::Event::DebtRepaid { .. } => "DebtRepaid",
        },
        Event::History(of) => match of {
            history::Event::RowImported { .. } => "RowImported",
        },
    }
}

/// The opaque ids of what an entry is about: at most one of each kind, never a name or a place.
pub(super) fn subjects(command: &Command, events: &[Event]) -> Vec<SmolStr> {
    let mut subjects = Vec::new();
    let mut add = |subject: SmolStr| {
        if !subjects.contains(&subject) && subjects.len() < 8 {
            subjects.push(subject);
        }
    };
    if let Command::Requests(command) = command {
        of_request_command(command, &mut add);
    }
    for event in events {
        match event {
            Event::Requests(requests::Event::RequestSubmitted { request, .. }) => {
                add(request.to_smolstr());
            }
            Event::Requests(requests::Event::ReleaseIssued { release, .. }) => {
                add(release.to_smolstr());
            }
            Event::Requests(requests::Event::HoldPlaced { hold, .. }) => add(hold.to_smolstr()),
            Event::Rerouting(rerouting::Event::DiversionOrdered { order }) => {
                add(order.id.to_smolstr());
            }
            Event::Rerouting(
                rerouting::Event::DiversionExecuted { order }
                | rerouting::Event::DiversionLapsed { order, .. },
            ) => add(order.to_smolstr()),
            Event::Rerouting(rerouting::Event::DebtRepaid { debt, .. }) => add(debt.to_smolstr()),
            Event::Requests(_)
            | Event::Ledger(_)
            | Event::People(_)
            | Event::Stock(_)
            | Event::Policy(_)
            | Event::Triage(_)
            | Event::Rerouting(_)
            | Event::History(_) => {}
        }
    }
    subjects
}

fn of_request_command(command: &requests::Command, add: &mut dyn FnMut(SmolStr)) {
    use requests::Command as Requests;
    match command {
        Requests::SubmitRequest { .. }
        | Requests::PlaceHold { .. }
        | Requests::RecordCosignatures { .. } => {}
        Requests::ReviseRequest { request, .. }
        | Requests::WithdrawRequest { request }
        | Requests::AnswerInformation { request, .. }
        | Requests::Recuse { request, .. }
        | Requests::DeclareInterest { request, .. } => add(request.to_smolstr()),
        Requests::AdviseRequest { statement } => add(statement.statement().request.to_smolstr()),
        Requests::DecideRequest { statement } => {
            add(statement.statement().terms.request.to_smolstr());
        }
        Requests::ReportUse { release, .. } | Requests::SurrenderRelease { release } => {
            add(release.to_smolstr());
        }
        Requests::IssueCertificate { terms } => {
            add(terms.release.to_smolstr());
            add(terms.id.to_smolstr());
        }
        Requests::RecordReceipt { receipt } => {
            add(receipt.said().release.to_smolstr());
            add(receipt.said().certificate.to_smolstr());
        }
        Requests::RecordAccount { account } => {
            add(account.said().release.to_smolstr());
            add(account.said().certificate.to_smolstr());
        }
        Requests::RecordSighting { sighting } => {
            add(sighting.said().certificate.to_smolstr());
        }
        Requests::LiftHold { statements } => {
            statements.iter().for_each(|lift| add(lift.statement().hold.to_smolstr()));
        }
    }
}
