//! The exercise, from beginning to end. Answers: *what does the system do, shown on one case?*
//!
//! A ledger with a scripted clock and demo keys is founded from the long-range pack, its story is
//! played act by act, and the record is verified. An act that does not come out as the story says
//! ends the demo with a failure.

mod links;
mod play;
mod shortage;

use crate::cli::serve::{open_notices, open_oidc};
use crate::cli::{Failure, Output, tell_verified};
use crate::clock::{ScriptedClock, ScriptedEntropy};
use crate::founding::{self, Founders};
use crate::keys::{PersonalKey, write_software_key};
use crate::pack::story::{Deed, Story};
use crate::pack::{FoundingPolicies, Pack, PackKey};
use crate::server::running::{self, ServeError};
use crate::server::settings::Origin;
use crate::verification;
use crate::views;
use clap::Args;
use countersign_core::State;
use countersign_core::policy::{Verdict, sets_in_words};
use countersign_core::requests::Draft;
use countersign_proof::SoftwareKey;
use countersign_proof::words::{Digest, Moment, PersonId, Window};
use include_dir::{Dir, include_dir};
use play::Player;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The pack as it was when the program was built.
static PACK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../packs/long-range-2025");

/// `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  countersign demo --no-serve --dir D\n  countersign --ledger D \
         request list"
)]
pub struct DemoArgs {
    /// Where to put the ledger, its keys and the pack; a new folder beside other temporary files,
    /// if not given
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Another pack with a story, instead of the one in the program
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// Only play the story, and do not serve it afterwards
    #[arg(long)]
    no_serve: bool,
    /// The port on localhost to serve at; 0 takes a free one
    #[arg(long, default_value_t = 8600, conflicts_with = "no_serve")]
    port: u16,
    /// Who else may say who somebody is: as for `serve`
    #[arg(long, value_name = "FILE", conflicts_with = "no_serve")]
    oidc: Option<PathBuf>,
    /// Whom to tell of what happens: as for `serve`
    #[arg(long, value_name = "FILE", conflicts_with = "no_serve")]
    notices: Option<PathBuf>,
}

/// The demo key of a person: anyone can make it from their id.
fn key_seed(person: &PersonId) -> [u8; 32] {
    Digest::of(format!("countersign demo key 1\n{person}\n").as_bytes()).0
}

/// Plays the story.
///
/// # Errors
/// [`Failure`] when files cannot be made, or an act does not come out as the story says.
pub(crate) fn run(
    args: &DemoArgs,
    ledger: Option<&str>,
    output: &mut Output,
) -> Result<(), Failure> {
    let database = ledger.filter(|location| countersign_store::is_apart(location));
    let dir = match (database, &args.dir) {
        (Some(_), Some(_)) => {
            let message = "the files of a ledger in a database lie where its location says \
                           (folder=DIR); leave --dir out";
            return Err(Failure::usage(message));
        }
        (Some(location), None) => countersign_store::folder_beside(location)?,
        (None, Some(dir)) => dir.clone(),
        (None, None) => {
            std::env::temp_dir().join(format!("countersign-demo-{}", std::process::id()))
        }
    };
    let io = |what: &Path| {
        let what = what.display().to_string();
        move |error: std::io::Error| Failure::unavailable(format!("{what}: {error}"))
    };
    if dir.join("ledger.db").exists() {
        let message = format!("{} already holds a ledger; name another folder", dir.display());
        return Err(Failure::unavailable(message));
    }
    let keys = dir.join("keys");
    std::fs::create_dir_all(&keys).map_err(io(&keys))?;
    let folder = match &args.pack {
        Some(folder) => folder.clone(),
        None => {
            let folder = dir.join("pack");
            std::fs::create_dir_all(&folder).map_err(io(&folder))?;
            PACK.extract(&folder).map_err(io(&folder))?;
            folder
        }
    };
    let mut pack = Pack::load(&folder).map_err(|faults| crate::cli::faulty_pack(&faults))?;
    if !pack.manifest.exercise {
        return Err(Failure::usage("only a pack that is an exercise can be played"));
    }
    for person in &pack.people.persons {
        let path = keys.join(person.id.as_str());
        if !path.exists() {
            write_software_key(&path, key_seed(&person.id), person.id.as_str())?;
        }
    }
    let location = database.map_or_else(|| dir.display().to_string(), str::to_owned);
    let oidc = open_oidc(args.oidc.as_deref())?;
    let notices = open_notices(args.notices.as_deref(), &location)?;
    // The port is taken before the ledger is founded: its charter says where passkeys may sign.
    let listener = match args.no_serve {
        true => None,
        false => Some(running::listen(SocketAddr::from(([127, 0, 0, 1], args.port)))?),
    };
    if let Some(listener) = &listener {
        let port = listener.local_addr().map_err(ServeError::Failed)?.port();
        pack.manifest.signing.origins = [Origin::localhost(port).to_string()].into();
    }
    let story = pack.story.as_ref();
    let story = story.ok_or_else(|| Failure::usage("the pack tells no story"))?;
    let mut player = begin(&location, &pack, story)?;
    output.heading(&format!("{} — an exercise: scripted clock, demo keys", pack.manifest.title));
    let mut acts = Vec::new();
    for act in &story.acts {
        acts.push(player.play(act)?);
    }
    let versions = player.state(|state| versions_table(state, story));
    let people = player.state(links::of);
    player.end();
    let found = verification::verify(&location, &mut |_, _| {})?;
    tell(&versions, &acts, output);
    let told = json!({
        "dir": location, "versions": versions.iter().map(VersionRow::value).collect::<Vec<Value>>(),
        "acts": acts.iter().map(play::Played::value).collect::<Vec<Value>>(),
        "verified": {
            "entries": found.entries,
            "signatures": found.signatures,
            "root": found.root.to_string(),
        },
    });
    if listener.is_none() {
        output.value(&told);
    }
    output.heading("\nlog verify");
    if !output.is_json() {
        tell_verified(&found, output);
    }
    output.line(&format!(
        "\nThe ledger is in {location}, the demo keys in {}. Look around:",
        keys.display()
    ));
    let named = if database.is_some() { format!("'{location}'") } else { location.clone() };
    output.line(&format!("  countersign --ledger {named} request list"));
    output.line(&format!("  countersign --ledger {named} log show"));
    match listener {
        Some(listener) => {
            let named = (oidc, notices, pack.zones.clone());
            links::serve(&location, people, &pack.names(), listener, (output, told), named)
        }
        None => Ok(()),
    }
}

/// Founds the ledger of the story and takes in the figures of the pack.
fn begin<'a>(location: &str, pack: &'a Pack, story: &Story) -> Result<Player<'a>, Failure> {
    let at = story.founded_at;
    let software: BTreeMap<PersonId, SoftwareKey> = pack
        .people
        .persons
        .iter()
        .map(|person| (person.id.clone(), SoftwareKey::from_seed(key_seed(&person.id))))
        .collect();
    let keys: BTreeMap<PersonId, PackKey> = software
        .iter()
        .map(|(person, key)| {
            let public_key = key.public_key().to_openssh();
            (person.clone(), PackKey { public_key, expires_on: Moment::LAST })
        })
        .collect();
    let founders = Founders {
        origin: &pack.manifest.origin,
        reason: &pack.manifest.title,
        names: pack.names(),
        keys: story
            .founders
            .iter()
            .map(|person| {
                let key = SoftwareKey::from_seed(key_seed(person));
                (person.clone(), PersonalKey::Software(Box::new(key)))
            })
            .collect(),
    };
    let clock = ScriptedClock::new(at);
    let charter = pack.charter(&keys, at, FoundingPolicies::InForce);
    let mut entropy = ScriptedEntropy::new("countersign demo founding 1");
    let prepared = founding::prepare(charter, founders, &clock, &mut entropy)?;
    let entropy = ScriptedEntropy::new("countersign demo record 1");
    let (writer, receipt) =
        founding::found(location, prepared, Box::new(clock.clone()), Box::new(entropy))?;
    Failure::of(&receipt.answer)?;
    let mut player = Player::new(pack, writer, clock, software);
    player.take_figures(at)?;
    Ok(player)
}

/// One and the same request under one policy version.
struct VersionRow {
    version: String,
    from: Moment,
    rule: String,
    verdict: Verdict,
    standing: String,
}

impl VersionRow {
    fn value(&self) -> Value {
        let sets = match &self.verdict {
            Verdict::Needs(sets) => views::sets(sets),
            Verdict::Standing | Verdict::Prohibited => json!([]),
        };
        json!({
            "version": self.version, "in_force_from": self.from.to_string(), "rule": self.rule,
            "verdict": views::verdict_word(&self.verdict), "approval_sets": sets,
            "standing": self.standing,
        })
    }
}

/// What the story asks for first, under every version.
fn versions_table(state: &State, story: &Story) -> Vec<VersionRow> {
    let asked = story.acts.iter().find_map(|act| {
        if let Deed::Submit { draft, .. } = &act.deed { Some(draft) } else { None }
    });
    let Some(first) = asked else { return Vec::new() };
    let row = |version: &countersign_core::policy::Version| {
        let at = version.in_force_from;
        let window = Window::new(at, at.plus_days(1)).unwrap_or(first.window);
        let draft = Draft { window, ..first.clone() };
        let (_, explained) = state.explain(&draft, at).ok()?;
        Some(VersionRow {
            version: version.bundle.version.to_string(),
            from: at,
            rule: version.source.clone(),
            verdict: explained.verdict,
            standing: version.standing.to_string(),
        })
    };
    state.policy.versions().iter().filter_map(row).collect()
}

fn tell(versions: &[VersionRow], acts: &[play::Played], output: &mut Output) {
    output.heading("\nOne and the same request under every version of the policy");
    let rows: Vec<Vec<String>> = versions
        .iter()
        .map(|row| {
            let who = match &row.verdict {
                Verdict::Standing => "nobody: a standing permission".to_owned(),
                Verdict::Needs(sets) => sets_in_words(sets),
                Verdict::Prohibited => "nobody can".to_owned(),
            };
            vec![
                row.version.clone(),
                row.from.date().to_string(),
                views::verdict_word(&row.verdict).to_owned(),
                who,
                format!("{} ({})", row.rule, row.standing),
            ]
        })
        .collect();
    output.table(&["version", "from", "verdict", "who must sign", "stated by"], &rows);
    output.heading("\nThe story");
    let rows: Vec<Vec<String>> = acts.iter().map(play::Played::row).collect();
    output.table(&["date", "by", "what happens", "what comes of it"], &rows);
}
