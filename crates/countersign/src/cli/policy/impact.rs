//! `policy impact`: what another version would change.

use crate::cli::output::Output;
use crate::cli::table::{CsvArgs, put};
use crate::cli::{Failure, Global, known, pack as packs};
use crate::opening::rebuild_watched;
use crate::pack::Pack;
use crate::views::dependence::{said_in_words, zones_in_words};
use crate::views::impact::{self as view, words};
use clap::Args;
use countersign_core::State;
use countersign_core::dependence::impact::{Change, Comparing, Impact};
use countersign_core::dependence::{History, impact};
use countersign_core::policy::{Compiled, PolicyBundle, Report};
use countersign_proof::words::{Moment, PolicyVersionId, Quantity, ZoneId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(in crate::cli) struct ImpactArgs {
    /// The other version: its name, or a folder: a pack, or one version of a pack
    #[arg(long, value_name = "VERSION|DIR")]
    to: String,
    /// Which version of the pack; its last, if not given
    #[arg(long, value_name = "VERSION")]
    version: Option<PolicyVersionId>,
    /// The version to compare with; if not given, what judged each request and release then, and
    /// the one in force for what is held
    #[arg(long, value_name = "VERSION")]
    from: Option<PolicyVersionId>,
    /// Only requests made on this date or at this moment, or later
    #[arg(long, value_parser = crate::cli::moment, value_name = "DATE|MOMENT")]
    since: Option<Moment>,
    /// How many units a use of what is held would ask for
    #[arg(long, default_value = "1", value_parser = crate::cli::units,
        allow_negative_numbers = true, value_name = "UNITS")]
    quantity: Quantity,
    #[command(flatten)]
    csv: CsvArgs,
}

/// A version to compare with, ready to be asked.
struct Other {
    id: PolicyVersionId,
    version: Version,
    /// What is to be said of its name.
    note: Option<String>,
}

/// Of the ledger, or of a folder.
enum Version {
    Published,
    Made(Box<Compiled>),
}

pub(super) fn run(global: &Global, args: &ImpactArgs, output: &mut Output) -> Result<(), Failure> {
    let (store, newest, head) = global.read()?;
    known::whole(global, &newest)?;
    if let Some(since) = args.since {
        check_since(&newest, since)?;
    }
    let other = other(&newest, args)?;
    let from = args.from.as_ref().map(|id| newest.policy.version(id)?.compiled()).transpose()?;
    let to = match &other.version {
        Version::Published => newest.policy.version(&other.id)?.compiled()?,
        Version::Made(compiled) => compiled,
    };
    let mut history = History::default();
    // The record as far as it was read above; what was written since is left aside.
    let read = head.frontier.size();
    rebuild_watched(store.as_ref(), read, &mut |state, at, events| {
        history.note(state, at, events);
    })?;
    let state = &newest;
    let comparing = Comparing {
        from: args.from.as_ref().zip(from),
        to: (&other.id, to),
        since: args.since,
        quantity: args.quantity,
    };
    let found = impact(state, &history, &comparing)?;
    if let Some(sink) = args.csv.sink() {
        let (headings, rows) = view::rows(state, &found);
        return put(sink, &headings, &rows, output);
    }
    output.value(&view::impact(state, &found, args.from.as_ref(), &other.id));
    if !output.is_json() {
        tell(state, args, &other, &found, output);
    }
    Ok(())
}

fn check_since(state: &State, since: Moment) -> Result<(), Failure> {
    let founded = state.policy.versions().first().map_or(since, |first| first.published_at);
    if since > state.ledger.clock {
        let clock = state.ledger.clock;
        return Err(Failure::usage(format!("--since {since} is yet to come; it is {clock}")));
    }
    if since < founded.date().start() {
        return Err(Failure::usage(format!(
            "--since {since} is before the ledger was founded, at {founded}; leave it out to \
             compare everything"
        )));
    }
    Ok(())
}

/// The version that `--to` names.
fn other(state: &State, args: &ImpactArgs) -> Result<Other, Failure> {
    let name: Option<PolicyVersionId> = args.to.parse().ok();
    let published = name.filter(|id| state.policy.version(id).is_ok());
    if let Some(id) = published {
        if args.version.is_some() {
            return Err(Failure::usage(format!(
                "--version picks a version of a pack, but --to {id} is a version of the ledger; \
                 write --to ./{id} for a folder of that name"
            )));
        }
        state.policy.version(&id)?.compiled()?;
        return Ok(Other { id, version: Version::Published, note: None });
    }
    let path = Path::new(&args.to);
    if !path.is_dir() {
        let known: Vec<String> =
            state.policy.versions().iter().map(|v| v.bundle.version.to_string()).collect();
        return Err(Failure::usage(format!(
            "--to {} is neither a version of the ledger ({}) nor a folder",
            args.to,
            known.join(", ")
        )));
    }
    of_folder(state, path, args)
}

/// The version of a pack, or the one whose folder it is.
fn of_folder(state: &State, path: &Path, args: &ImpactArgs) -> Result<Other, Failure> {
    let (root, folder) = pack_of(path)?;
    let pack = Pack::load(&root).map_err(|faults| packs::faulty(&faults))?;
    let found = match (&args.version, &folder) {
        (Some(id), _) => pack.version(id),
        (None, Some(folder)) => pack.versions.iter().find(|version| version.folder == *folder),
        (None, None) => pack.versions.last(),
    };
    let found = found.ok_or_else(|| {
        let known: Vec<String> = pack.versions.iter().map(|v| v.id().to_string()).collect();
        let wanted = args.version.as_ref().map_or_else(
            || format!("whose policies are in {}", path.display()),
            |id| format!("named {id}"),
        );
        Failure::usage(format!(
            "{} has no version {wanted}; it has {}",
            root.display(),
            known.join(", ")
        ))
    })?;
    let bundle = &found.policy.bundle;
    let (id, note) = name_of(state, bundle, &root)?;
    let compiled = Compiled::compile(bundle, state.policy.world(), state.ledger.exercise);
    let compiled = compiled.map_err(|problems| {
        let report = Report { problems, enumerated: BTreeSet::new() };
        let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        Failure::Refused {
            code: "policy/check-failed".to_owned(),
            message: format!(
                "{} of {} cannot be asked over this ledger: {}",
                bundle.version,
                root.display(),
                told.join("; ")
            ),
        }
    })?;
    Ok(Other { id, version: Version::Made(Box::new(compiled)), note })
}

/// The pack that a folder is, or that it is a version of, and then which.
fn pack_of(path: &Path) -> Result<(PathBuf, Option<String>), Failure> {
    if path.join("pack.toml").is_file() {
        return Ok((path.to_owned(), None));
    }
    let whole = std::fs::canonicalize(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))?;
    let policy = whole.parent().filter(|parent| parent.join("versions.toml").is_file());
    let root = policy.and_then(Path::parent).filter(|root| root.join("pack.toml").is_file());
    let name = whole.file_name().and_then(|name| name.to_str());
    match root.zip(name) {
        Some((root, name)) => Ok((root.to_owned(), Some(format!("policy/{name}")))),
        None => Err(Failure::usage(format!(
            "{} is neither a pack (it has no pack.toml) nor the folder of a version in one; name \
             the folder of a pack, or one such as PACK/policy/v4",
            path.display()
        ))),
    }
}

/// A version that is not the ledger's of that name is told apart from it.
fn name_of(
    state: &State,
    bundle: &PolicyBundle,
    root: &Path,
) -> Result<(PolicyVersionId, Option<String>), Failure> {
    let id = bundle.version.clone();
    match state.policy.version(&id) {
        Ok(published) if published.digest != bundle.digest() => {
            let name = format!("{id}.draft");
            let draft = PolicyVersionId::new(&name).map_err(|_| {
                Failure::usage(format!("the name {id} is too long to be told from the ledger's"))
            })?;
            let note = format!(
                "{draft} is {id} of {}, which differs from {id} of the ledger.",
                root.display()
            );
            Ok((draft, Some(note)))
        }
        Ok(_) | Err(_) => Ok((id, None)),
    }
}

fn tell(state: &State, args: &ImpactArgs, other: &Other, found: &Impact, output: &mut Output) {
    let before = args.from.as_ref().map_or("as judged then".to_owned(), ToString::to_string);
    let now = args.from.as_ref().map_or("in force now".to_owned(), ToString::to_string);
    let after = &other.id;
    if let Some(note) = &other.note {
        output.line(note);
    }
    output.heading(&format!("Requests: {before} → {after}"));
    let rows: Vec<Vec<String>> = found
        .requests
        .iter()
        .filter_map(|one| {
            let asked = state.requests.request(one.id)?;
            let draft = &asked.draft;
            Some(vec![
                one.id.to_string(),
                draft.act.to_string(),
                draft.item.to_string(),
                draft.quantity.to_string(),
                asked.state.to_string(),
                format!("{}: {}", one.before.policy, words(&one.before)),
                words(&one.after),
                marked(one.change),
            ])
        })
        .collect();
    let headings =
        ["request", "act", "item", "units", "it was", "who, before", "who, after", "change"];
    output.table(&headings, &rows);
    output.heading("\nReleases");
    let rows: Vec<Vec<String>> = found
        .releases
        .iter()
        .map(|one| {
            vec![
                one.id.to_string(),
                one.request.to_string(),
                one.left.to_string(),
                format!("{}: {}", one.before.policy, words(&one.before)),
                words(&one.after),
                marked(one.change),
                one.fate.as_str().to_owned(),
            ]
        })
        .collect();
    let headings =
        ["release", "of", "units left", "who, before", "who, after", "change", "it would be"];
    output.table(&headings, &rows);
    tell_holdings(state, found, (&now, after), output);
}

fn tell_holdings(
    state: &State,
    found: &Impact,
    (now, after): (&str, &PolicyVersionId),
    output: &mut Output,
) {
    output.heading(&format!("\nWhat is held or to come, and its use: {now} → {after}"));
    let all: BTreeSet<ZoneId> = state.policy.world().zones.keys().cloned().collect();
    let mut rows = Vec::new();
    for holding in &found.holdings {
        for (n, zone) in holding.zones.iter().enumerate() {
            let first = n == 0;
            let once = |text: String| if first { text } else { String::new() };
            rows.push(vec![
                once(holding.holder.to_string()),
                once(holding.item.to_string()),
                once(holding.holding.held.to_string()),
                once(holding.holding.to_come.to_string()),
                zones_in_words(&zone.zones, &all),
                said_in_words(&zone.before),
                said_in_words(&zone.after),
                marked(zone.change),
            ]);
        }
    }
    let headings =
        ["holder", "item", "held", "to come", "zones", "who, before", "who, after", "change"];
    output.table(&headings, &rows);
    let sums = view::sums(found);
    output.line(&format!(
        "\nOf {} units (those that one holder has promised another count for both), {} could not \
         be used everywhere with nobody's consent before, {} after. In some zone, {} become \
         locked and {} free.",
        sums.units, sums.locked_before, sums.locked_after, sums.newly_locked, sums.newly_free
    ));
    for (office, (before, after)) in &found.offices {
        output.line(&format!(
            "{office} alone can keep {before} units from being used everywhere before, {after} \
             after."
        ));
    }
}

/// A change in words; nothing where nothing changes.
fn marked(change: Change) -> String {
    match change {
        Change::Same => String::new(),
        Change::Locked
        | Change::Freed
        | Change::OtherSigners
        | Change::Prohibited
        | Change::Opened => change.as_str().to_owned(),
    }
}
