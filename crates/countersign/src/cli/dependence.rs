//! `dependence`.

use super::output::Output;
use super::table::{CsvArgs, put, put_text};
use super::{Failure, Global, known};
use crate::views::dependence::{
    self as view, Told, said_in_words, verdict_in_words, zones_in_words,
};
use crate::views::graph::dot;
use clap::Args;
use countersign_core::State;
use countersign_core::dependence::consent::{Lock, LockError};
use countersign_core::dependence::report::{
    HolderReport, ItemReport, Report, Split, Terms, report,
};
use countersign_core::policy::Version;
use countersign_proof::words::{
    InputId, Moment, OfficeId, PartyId, PolicyVersionId, Quantity, ZoneId,
};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `dependence`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    countersign --ledger D dependence --holder UA --as-of 2025-06-01\n  \
    countersign --ledger D dependence --holder UA --policy v4 --before v3\n  \
    countersign --ledger D dependence --holder UA --without us-targeting-data --json\n  \
    countersign --ledger D dependence --holder UA --lock-share 50 --zone RU.Border\n  \
    countersign --ledger D dependence --holder UA --dot -\n\n\
    A unit counts as free if policy allows its use with nobody's consent in every zone asked \
    about. Units authorised for delivery and still to come count beside those that are there.")]
pub(super) struct DependenceArgs {
    /// Only this holder
    #[arg(long)]
    holder: Option<PartyId>,
    /// With the record, and the policy, as they were on this date or at this moment
    #[arg(long, value_parser = super::moment, value_name = "DATE|MOMENT")]
    as_of: Option<Moment>,
    /// Under this policy version, instead of the one in force
    #[arg(long, value_name = "VERSION")]
    policy: Option<PolicyVersionId>,
    /// Only in this zone; may be given several times. Every zone of the programme, if not given
    #[arg(long = "zone", value_name = "ZONE")]
    zones: Vec<ZoneId>,
    /// Suppose that this office refuses everything, or that this input is withheld; may be given
    /// several times
    #[arg(long, value_name = "OFFICE|INPUT")]
    without: Vec<String>,
    /// Find the fewest offices whose refusal locks this share of a holder's units, in percent
    #[arg(long, value_name = "PERCENT", value_parser = share, allow_negative_numbers = true)]
    lock_share: Option<u8>,
    /// Compare with this policy version
    #[arg(long, value_name = "VERSION")]
    before: Option<PolicyVersionId>,
    /// How many units a request for use would ask for
    #[arg(long, default_value = "1", value_parser = super::units, allow_negative_numbers = true,
        value_name = "UNITS")]
    quantity: Quantity,
    #[command(flatten)]
    csv: CsvArgs,
    /// Write a Graphviz graph to this file, or to standard output for -
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["json", "csv"])]
    dot: Option<PathBuf>,
}

fn share(text: &str) -> Result<u8, String> {
    let share = text.parse().ok().filter(|share| (1..=100).contains(share));
    share.ok_or_else(|| format!("{text:?} is not a share in whole percent, 1 to 100"))
}

pub(super) fn run(
    global: &Global,
    args: &DependenceArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let (newest, past) = global.state_as_of(args.as_of)?;
    let state = past.as_ref().unwrap_or(&newest);
    match &args.holder {
        None => known::whole(global, &newest)?,
        Some(holder) => known::seen_party(global, &newest, holder)?,
    }
    let at = args.as_of.unwrap_or(state.ledger.clock);
    let version = match &args.policy {
        Some(id) => newest.policy.version(id)?,
        None => state.policy.version_at(at)?,
    };
    let terms = terms(state, args, version, at)?;
    let before = args.before.as_ref().map(|id| newest.policy.version(id)).transpose()?;
    let before = before
        .map(|other| {
            let terms = Terms { version: other.compiled()?, ..terms.clone() };
            Ok::<_, Failure>((&other.bundle.version, report(state, &terms)))
        })
        .transpose()?;
    let found = report(state, &terms);
    if let Some(sink) = args.csv.sink() {
        let (headings, rows) = view::rows(&found);
        return put(sink, &headings, &rows, output);
    }
    if let Some(sink) = &args.dot {
        return put_text(sink, &dot(state, &version.bundle, &found), output);
    }
    let told = Told {
        terms: &terms,
        policy: &version.bundle.version,
        before: before.as_ref().map(|(id, found)| (*id, found)),
    };
    output.value(&view::report(&found, &told));
    if !output.is_json() {
        tell(&found, &told, output);
    }
    Ok(())
}

fn terms<'a>(
    state: &State,
    args: &DependenceArgs,
    version: &'a Version,
    at: Moment,
) -> Result<Terms<'a>, Failure> {
    args.holder.as_ref().map_or(Ok(()), |holder| known::party(state, holder))?;
    for zone in &args.zones {
        if !state.policy.world().zones.contains_key(zone) {
            return Err(Failure::usage(format!("the ledger declares no zone {zone}")));
        }
    }
    let (refusing, withheld) = without(state, &args.without)?;
    Ok(Terms {
        holder: args.holder.clone(),
        zones: args.zones.iter().cloned().collect(),
        quantity: args.quantity,
        refusing,
        withheld,
        lock_percent: args.lock_share,
        ..Terms::all(version.compiled()?, at)
    })
}

/// Which of the names are offices, and which inputs.
fn without(
    state: &State,
    names: &[String],
) -> Result<(BTreeSet<OfficeId>, BTreeSet<InputId>), Failure> {
    let (mut refusing, mut withheld) = (BTreeSet::new(), BTreeSet::new());
    for name in names {
        let office: Option<OfficeId> = name.parse().ok();
        let office = office.filter(|id| state.people.office(id).is_some());
        let input: Option<InputId> = name.parse().ok();
        let input = input.filter(|id| state.stock.inputs().contains_key(id));
        match (office, input) {
            (Some(office), None) => refusing.insert(office),
            (None, Some(input)) => withheld.insert(input),
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!(
                    "--without {name}: it is the name of an office and of an input"
                )));
            }
            (None, None) => {
                let offices = state.people.offices().map(|office| office.id.to_string());
                let offices: Vec<String> = offices.collect();
                let inputs: Vec<String> =
                    state.stock.inputs().keys().map(ToString::to_string).collect();
                return Err(Failure::usage(format!(
                    "--without {name}: the ledger declares neither an office nor an input of that \
                     name; offices: {}; inputs: {}",
                    offices.join(", "),
                    inputs.join(", ")
                )));
            }
        };
    }
    Ok((refusing, withheld))
}

fn tell(found: &Report, told: &Told<'_>, output: &mut Output) {
    let terms = told.terms;
    let names: Vec<String> = found.zones.iter().map(ToString::to_string).collect();
    output.line(&format!(
        "As of {}, under {}. In every zone at once: {}.",
        terms.at,
        told.policy,
        names.join(", ")
    ));
    if terms.is_what_if() {
        let refusing = terms.refusing.iter().map(|office| format!("{office} refuses everything"));
        let withheld = terms.withheld.iter().map(|input| format!("{input} is withheld"));
        let all: Vec<String> = refusing.chain(withheld).collect();
        output.line(&format!("Supposed: {}.", all.join(", ")));
    }
    if found.holders.is_empty() {
        output.line("Nobody has any units, and none are to come.");
    }
    for holder in &found.holders {
        tell_holder(holder, found, told, output);
    }
}

fn tell_holder(holder: &HolderReport, found: &Report, told: &Told<'_>, output: &mut Output) {
    output.heading(&format!("\n{}", holder.holder));
    let before = told.before_of(holder);
    let mut headings = vec!["item", "held", "to come", "earmarked", "delivered", "cleared"];
    headings.push("who must consent");
    if let Some((version, _)) = told.before {
        // The heading has to live as long as the table.
        output.line(&format!("(before: under {version})"));
        headings.push("before");
    }
    headings.push("can lock it alone");
    if told.terms.is_what_if() {
        headings.extend(["left", "left to come", "who then"]);
    }
    let rows: Vec<Vec<String>> = holder
        .items
        .iter()
        .map(|item| {
            let same = |was: &&ItemReport| was.item == item.item;
            let was = before.and_then(|before| before.items.iter().find(same));
            item_row(item, told.before.is_some().then_some(was))
        })
        .collect();
    output.table(&headings, &rows);
    output.line(&format!("\n{}", split_in_words(&holder.split)));
    for (office, units) in &holder.vetoes {
        output.line(&format!("{office} alone can lock {units} of them."));
    }
    if let Some(before) = before {
        output.line(&format!("Before: {}", split_in_words(&before.split)));
    }
    if let Some(left) = &holder.left {
        output.line(&format!("In the case supposed: {}", split_in_words(left)));
    }
    if let Some((lock, percent)) = holder.lock.as_ref().zip(told.terms.lock_percent) {
        output.line(&lock_in_words(lock, percent, holder.split.units()));
    }
    tell_zones(holder, found, output);
}

fn item_row(item: &ItemReport, before: Option<Option<&ItemReport>>) -> Vec<String> {
    let holding = &item.holding;
    let consent = &item.answer.everywhere;
    let vetoes: Vec<String> = consent.vetoes.iter().map(ToString::to_string).collect();
    let mut row = vec![
        item.item.to_string(),
        holding.held.to_string(),
        holding.to_come.to_string(),
        holding.earmarked.to_string(),
        holding.delivered.to_string(),
        holding.cleared.to_string(),
        said_in_words(&consent.said),
    ];
    if let Some(before) = before {
        let said = before.map(|before| said_in_words(&before.answer.everywhere.said));
        row.push(said.unwrap_or_default());
    }
    row.push(vetoes.join(", "));
    if let Some(left) = &item.remainder {
        let inputs: Vec<String> = left.lost_inputs.iter().map(ToString::to_string).collect();
        row.push(left.held.to_string());
        row.push(left.to_come.to_string());
        row.push(if inputs.is_empty() {
            verdict_in_words(&left.everywhere)
        } else {
            format!("unusable without {}", inputs.join(", "))
        });
    }
    row
}

/// How many units it takes how many offices.
fn split_in_words(split: &Split) -> String {
    format!(
        "{} units: {} usable with nobody's consent, {} with one office's, {} with that of two or \
         more, {} prohibited.",
        split.units(),
        split.free,
        split.one,
        split.more,
        split.prohibited
    )
}

fn lock_in_words(lock: &Result<Lock, LockError>, percent: u8, units: u64) -> String {
    match lock {
        Ok(lock) if lock.offices.is_empty() => format!(
            "{percent} % of {units} units are locked without anybody refusing: {} are prohibited.",
            lock.units
        ),
        Ok(lock) => {
            let offices: Vec<String> = lock.offices.iter().map(ToString::to_string).collect();
            format!(
                "To lock {percent} % of {units} units it takes the refusal of {}; that locks {}.",
                offices.join(" and "),
                lock.units
            )
        }
        Err(error) => format!("To lock {percent} %: {error}."),
    }
}

fn tell_zones(holder: &HolderReport, found: &Report, output: &mut Output) {
    let mut rows = Vec::new();
    for item in &holder.items {
        for (n, class) in item.answer.zones.iter().enumerate() {
            rows.push(vec![
                if n == 0 { item.item.to_string() } else { String::new() },
                zones_in_words(&class.zones, &found.zones),
                said_in_words(&class.consent.said),
            ]);
        }
    }
    output.line("");
    output.table(&["item", "zones", "who must consent"], &rows);
}
