//! What a depot tells, in words and as JSON.

use super::super::Failure;
use super::super::output::Output;
use crate::depot::{Carried, Checked, Depot, HandedOut, Offered, Settings};
use countersign_proof::PublicKey;
use countersign_proof::certificate::{Certificate, Collection, DepotText, ReceiptMode};
use countersign_proof::status::StatusList;
use countersign_proof::words::{Digest, Moment, OfficeId};
use serde_json::{Value, json};
use std::path::Path;

/// A short form of a digest, for two people to compare.
fn short(digest: Digest) -> String {
    digest.to_string().chars().take(16).collect()
}

fn certificate_value(certificate: &Certificate, digest: Digest) -> Value {
    json!({
        "certificate": certificate.id.to_string(),
        "digest": digest.to_string(),
        "issuer": certificate.issuer,
        "ledger": certificate.ledger.to_string(),
        "exercise": certificate.exercise,
        "depot": certificate.depot.as_str(),
        "release": certificate.release.to_string(),
        "request": certificate.request.to_string(),
        "revision": certificate.revision.0,
        "act": certificate.act.as_str(),
        "item": certificate.item.as_str(),
        "quantity": certificate.quantity.units(),
        "holder": certificate.holder.as_str(),
        "from": certificate.window.from().to_string(),
        "until": certificate.window.until().to_string(),
        "issued_at": certificate.issued_at.to_string(),
        "collector": certificate.collector.id().to_string(),
        "decisions": certificate.decisions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "policy_digest": certificate.policy.to_string(),
        "entry": certificate.entry,
        "status": { "index": certificate.status.index, "uri": certificate.status.uri },
    })
}

fn certificate_lines(certificate: &Certificate, digest: Digest, output: &mut Output) {
    let exercise = if certificate.exercise { " (exercise)" } else { "" };
    output.heading(&format!("{}{exercise}, digest {}…", certificate.id, short(digest)));
    output.line(&format!(
        "  at most {} {} for {} to {}, from {} alone",
        certificate.quantity,
        certificate.item,
        certificate.holder,
        certificate.act,
        certificate.depot
    ));
    let window = certificate.window;
    output.line(&format!("  {} to {}", window.from(), window.until()));
    output.line(&format!(
        "  {} from {} revision {}, entry {} of {}",
        certificate.release,
        certificate.request,
        certificate.revision,
        certificate.entry,
        certificate.issuer
    ));
    output.line(&format!("  collected with the key {}", certificate.collector.id()));
}

/// A certificate that the ledger signed.
pub(super) fn certificate(certificate: &Certificate, digest: Digest, output: &mut Output) {
    output.value(&certificate_value(certificate, digest));
    certificate_lines(certificate, digest, output);
    output.line(
        "  The ledger signed it. Whether it may be honoured is another question: `depot check`.",
    );
}

fn checked_value(checked: &Checked) -> Value {
    let approvals: Vec<Value> = checked
        .approvals
        .iter()
        .map(|approval| {
            json!({
                "person": approval.person.as_str(),
                "office": approval.office.as_str(),
                "at": approval.at.to_string(),
                "entry": approval.entry,
                "statement": approval.statement.to_string(),
            })
        })
        .collect();
    json!({
        "certificate": certificate_value(&checked.certificate, checked.digest),
        "mode": checked.mode.to_string(),
        "approvals": approvals,
        "status_of": checked.status_of.to_string(),
        "left": checked.left.units(),
    })
}

fn checked_lines(checked: &Checked, output: &mut Output) {
    certificate_lines(&checked.certificate, checked.digest, output);
    match checked.mode {
        ReceiptMode::Full => {
            for approval in &checked.approvals {
                let (person, office) = (&approval.person, &approval.office);
                let (at, entry) = (approval.at, approval.entry);
                output.line(&format!("  signed by {person} for {office}: entry {entry}, {at}"));
            }
        }
        ReceiptMode::CertificateOnly => {
            output.line("  no official's signature was checked: the issuer's word alone");
        }
    }
    output.line(&format!("  valid by the status list of {}", checked.status_of));
}

/// A certificate that may be honoured.
pub(super) fn checked(checked: &Checked, output: &mut Output) {
    output.value(&checked_value(checked));
    checked_lines(checked, output);
    let (left, ceiling) = (checked.left, checked.certificate.quantity);
    output.line(&format!("  may be honoured here now: {left} of {ceiling} left"));
}

/// A text for the collector.
pub(super) fn offered(offered: &Offered, path: &Path, output: &mut Output) {
    let namespace = Collection::NAMESPACE;
    output.value(&json!({
        "text": offered.text,
        "file": path.display().to_string(),
        "namespace": namespace,
        "expires": offered.expires.to_string(),
        "checked": checked_value(&offered.checked),
    }));
    output.line(&format!("{} is for the collector to sign:", path.display()));
    output.line(&format!("  ssh-keygen -Y sign -f KEY -n {namespace} {}", path.display()));
    output.line(&format!("It can be used until {}.", offered.expires));
}

/// Units that were handed out.
pub(super) fn handed_out(handed: &HandedOut, output: &mut Output) {
    let said = handed.receipt.said();
    output.value(&json!({
        "handed_out": said.quantity.units(),
        "total": said.total.units(),
        "left": handed.left.units(),
        "line": said.line,
        "receipt": handed.receipt.text(),
        "receipt_digest": handed.receipt.digest().to_string(),
        "signature": handed.receipt.armoured(),
        "checked": checked_value(&handed.checked),
    }));
    checked_lines(&handed.checked, output);
    let (quantity, item) = (said.quantity, &said.item);
    output.heading(&format!("Hand out {quantity} {item}: booked on line {}", said.line));
    let (total, ceiling) = (said.total, handed.checked.certificate.quantity);
    output.line(&format!("  {total} of {ceiling} are out now, {} left", handed.left));
    output.line(&format!("  receipt {}…", short(handed.receipt.digest())));
}

/// A closed account.
pub(super) fn closed(certificate: &Certificate, output: &mut Output) {
    output.value(&json!({ "closed": certificate.id.to_string() }));
    output.line(&format!(
        "The account of {} is closed: nothing more is handed out on it here.",
        certificate.id
    ));
}

/// A status list that was taken in.
pub(super) fn status_list(list: &StatusList, output: &mut Output) {
    output.value(&json!({ "taken": list.uri, "made": list.issued_at.to_string() }));
    output.line(&format!("Taken in: the status list of {}.", list.issued_at));
}

/// How many keys were taken in.
pub(super) fn officials(keys: usize, output: &mut Output) {
    output.value(&json!({ "keys": keys }));
    output.line(&format!("Taken in: {keys} keys of officials."));
}

/// The moment that counts from now on.
pub(super) fn clock(now: Moment, output: &mut Output) {
    output.value(&json!({ "highest": now.to_string() }));
    output.line(&format!("From now on {now} is the latest time seen; it is in the book."));
}

/// A new depot.
pub(super) fn made(folder: &Path, settings: &Settings, key: &PublicKey, output: &mut Output) {
    output.value(&json!({
        "depot": settings.name,
        "folder": folder.display().to_string(),
        "key": key.to_openssh(),
        "key_id": key.id().to_string(),
    }));
    output.line(&format!("{} is in {}.", settings.name, folder.display()));
    output.line("The ledger needs its public key, depot.key.pub, to issue certificates for it.");
    if settings.log.is_none() {
        output.line("It pins no log, so it cannot check officials' decisions (--log VKEY).");
    }
}

/// How a depot stands.
pub(super) fn depot(depot: &Depot, output: &mut Output) -> Result<(), Failure> {
    let (settings, totals) = (depot.settings(), depot.totals());
    let officials = depot.officials()?.len();
    let list = depot.status_list().ok();
    let usable = list.as_ref().is_some_and(|(_, until)| depot.now() < *until);
    let demanded: Vec<OfficeId> = settings.offices()?.into_iter().collect();
    let rows: Vec<Vec<String>> = totals
        .certificates
        .iter()
        .map(|(id, booked)| {
            vec![
                id.to_string(),
                booked.total.to_string(),
                booked.receipts.to_string(),
                if booked.closed { "closed" } else { "open" }.to_owned(),
            ]
        })
        .collect();
    let certificates: Vec<Value> = totals
        .certificates
        .iter()
        .map(|(id, booked)| {
            json!({
                "certificate": id.to_string(), "digest": booked.digest.to_string(),
                "handed_out": booked.total.units(), "receipts": booked.receipts,
                "closed": booked.closed,
            })
        })
        .collect();
    output.value(&json!({
        "depot": settings.name,
        "exercise": settings.exercise,
        "now": depot.now().to_string(),
        "lines": depot.lines().len(),
        "torn": totals.torn,
        "status_list": list.as_ref().map(|(list, until)| json!({
            "made": list.issued_at.to_string(), "until": until.to_string(), "usable": usable,
        })),
        "officials": officials,
        "demanded": demanded.iter().map(OfficeId::as_str).collect::<Vec<_>>(),
        "certificate_only": settings.certificate_only,
        "key": depot.public_key()?.to_openssh(),
        "certificates": certificates,
    }));
    let exercise = if settings.exercise { " (exercise)" } else { "" };
    output.heading(&format!("{}{exercise}, {}", settings.name, depot.now()));
    output.line(&format!("  the book has {} lines and holds", depot.lines().len()));
    match &list {
        Some((list, until)) => {
            let word = if usable { "usable until" } else { "too old since" };
            output.line(&format!("  status list of {}, {word} {until}", list.issued_at));
        }
        None => output.line("  no status list: nothing can be handed out"),
    }
    let names: Vec<&str> = demanded.iter().map(OfficeId::as_str).collect();
    let names = if names.is_empty() { "any one official".to_owned() } else { names.join(", ") };
    output.line(&format!("  {officials} officials' keys; {names} must have signed"));
    if !rows.is_empty() {
        output.table(&["certificate", "handed out", "receipts", "account"], &rows);
    }
    Ok(())
}

/// What is carried back.
pub(super) fn carried(path: &Path, bytes: &[u8], output: &mut Output) -> Result<(), Failure> {
    let carried = Carried::read(bytes)?;
    let (receipts, sightings, accounts) =
        (carried.receipts.len(), carried.sightings.len(), carried.accounts.len());
    output.value(&json!({
        "file": path.display().to_string(),
        "receipts": receipts, "sightings": sightings, "accounts": accounts,
    }));
    output.line(&format!(
        "{}: {receipts} receipts, {accounts} accounts, {sightings} certificates not honoured.",
        path.display()
    ));
    Ok(())
}
