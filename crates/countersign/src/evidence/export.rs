//! Taking from a ledger what belongs to a matter.

use super::examine::{TrustedLog, look};
use super::{AllStated, EvidenceError, Files, STATED, write_stated};
use crate::cosigned::Cosigned;
use crate::opening::{self, OpenError, body, read_body, sealed_part};
use crate::verification::statements_in;
use countersign_core::State;
use countersign_core::evidence::{Concern, concerns, is_foundation, totals_judged};
use countersign_core::record::{Answer, Recorded, replay};
use countersign_proof::bundle::{About, Bundle, BundleEntry, BundleError, Matter, SeenLine};
use countersign_proof::merkle::{Levels, MerkleError, consistency_proof, inclusion_proof};
use countersign_proof::statement::parse_any;
use countersign_proof::words::{Digest, ItemId, ReleaseId, RequestId};
use countersign_proof::{Label, LogVerifier, OpenPart, SealedPart};
use countersign_store::{Store, StoredEntry};
use std::collections::{BTreeMap, BTreeSet};

/// Entries read at a time.
const CHUNK: usize = 1024;

/// What was taken.
#[derive(Debug)]
pub struct Exported {
    /// The files.
    pub files: Files,
    /// How many entries are in them.
    pub entries: u64,
    /// How many statements.
    pub statements: u64,
    /// Which witnesses have cosigned the head that all of it stands under.
    pub witnesses: Vec<String>,
}

/// Takes what belongs to a matter, without the parts that `redact` names. What is taken is examined
/// before it is given away. `progress` is told how many of how many entries were looked at.
///
/// Whoever may not see what the parties see may not see what was deliberated either, for signed
/// texts repeat the terms; so `parties` leaves out `deliberation` too. Founding, appointments, keys
/// and policy versions stay: without them nothing could be checked.
///
/// # Errors
/// [`EvidenceError::Nothing`] for a matter that the ledger does not have; others when the ledger
/// cannot be read or does not hold.
pub fn export(
    location: &str,
    of: Matter,
    redact: &BTreeSet<Label>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Exported, EvidenceError> {
    let (store, state, head) = opening::open_reader(location)?;
    let size = head.frontier.size();
    let wanted = Wanted::of(&state, of, size)?;
    let mut picking = Picking::default();
    let (tree, before) = picking.all(store.as_ref(), &wanted, size, progress)?;
    drop(before);
    let ledger = &state.ledger;
    let log = LogVerifier::new(&ledger.origin, ledger.log_key.0).map_err(BundleError::from)?;
    let least = picking.full.last().map_or(0, |last| last.saturating_add(1));
    let cosigned = Cosigned::beside(&opening::folder(location), vec![log.clone()]);
    // Those under a key that the log had before are of no use here, and no reason to worry.
    let cosigned = cosigned.best(least, &mut |told| tracing::debug!("{told}"))?;
    let (size, checkpoint, by) = match cosigned {
        Some(best) => (best.checkpoint.size, best.note.to_string(), best.cosignatures),
        None => (size, head.note.clone(), Vec::new()),
    };
    let witnesses = by.into_iter().map(|by| by.witness).collect();
    let mut about = About::new(of, ledger.exercise, ledger.origin.clone(), ledger.digest);
    about.redacted.clone_from(redact);
    if redact.contains(&Label::Parties) {
        about.redacted.insert(Label::Deliberation);
    }
    let taking = Taking { store: store.as_ref(), tree: &tree, size, redacted: &about.redacted };
    let (entries, seen) = taking.entries(picking.full)?;
    about.whole = entries.iter().all(|entry| entry.path.is_none());
    let bundle = Bundle { about, checkpoint, log, entries, seen };
    let mut files = bundle.to_files();
    let entries = u64::try_from(bundle.entries.len()).unwrap_or(u64::MAX);
    let (report, made) = look(bundle, &picking.stated, TrustedLog::FromBundle)?;
    if report.examined.stated > 0 {
        files.insert(STATED.to_owned(), write_stated(&picking.stated));
    }
    files.extend(made);
    let statements = u64::try_from(report.examined.signatures.len()).unwrap_or(u64::MAX);
    Ok(Exported { files, entries, statements, witnesses })
}

/// What is asked for.
enum Wanted {
    Matter(BTreeSet<Concern>),
    Entries(u64, u64),
}

impl Wanted {
    fn of(state: &State, of: Matter, size: u64) -> Result<Self, EvidenceError> {
        let requests = &state.requests;
        let matter = |request: RequestId, release: Option<ReleaseId>| {
            let release = release.map(Concern::Release);
            Self::Matter(std::iter::once(Concern::Request(request)).chain(release).collect())
        };
        let nothing = || EvidenceError::Nothing(format!("there is no {of} in this ledger"));
        match of {
            Matter::Request(id) => {
                let request = requests.request(id).ok_or_else(nothing)?;
                Ok(matter(id, request.release))
            }
            Matter::Release(id) => {
                let release = requests.release(id).ok_or_else(nothing)?;
                Ok(matter(release.request, Some(id)))
            }
            Matter::Entries(_, to) if to > size => {
                let what = format!("this ledger has {size} entries, so there are none up to {to}");
                Err(EvidenceError::Nothing(what))
            }
            Matter::Entries(from, to) => Ok(Self::Entries(from, to)),
        }
    }

    fn holds(&self, seq: u64, concern: &Concern) -> bool {
        match self {
            Self::Matter(concerns) => concerns.contains(concern),
            Self::Entries(from, to) => (*from..*to).contains(&seq),
        }
    }
}

/// Which entries belong to it, and what policy was told beside them.
#[derive(Default)]
struct Picking {
    full: BTreeSet<u64>,
    stated: AllStated,
    classed: BTreeMap<ItemId, u64>,
}

impl Picking {
    fn all(
        &mut self,
        store: &dyn Store,
        wanted: &Wanted,
        size: u64,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Levels, State), EvidenceError> {
        let (mut tree, mut state) = (Levels::default(), State::default());
        while tree.size() < size {
            let entries = store.read(tree.size(), CHUNK).map_err(OpenError::from)?;
            let seq = tree.size();
            if entries.is_empty() {
                return Err(EvidenceError::Nothing(format!("entry {seq} is missing")));
            }
            for entry in entries.iter().filter(|entry| entry.seq < size) {
                let seq = entry.seq;
                let recorded =
                    read_body(&entry.body).map_err(|error| EvidenceError::Entry { seq, error })?;
                self.one(&state, wanted, entry, &recorded)?;
                replay(&mut state, &recorded);
                tree.push(entry.leaf);
            }
            progress(tree.size(), size);
        }
        Ok((tree, state))
    }

    fn one(
        &mut self,
        state: &State,
        wanted: &Wanted,
        entry: &StoredEntry,
        recorded: &Recorded,
    ) -> Result<(), EvidenceError> {
        let seq = entry.seq;
        let events = match &recorded.result {
            Answer::Accepted(events) => events,
            Answer::Refused { .. } => {
                if self.refused(wanted, entry)? {
                    self.full.insert(seq);
                }
                return Ok(());
            }
        };
        let span = match wanted {
            Wanted::Matter(_) => false,
            Wanted::Entries(from, to) => (*from..*to).contains(&seq),
        };
        let mut keep = span || events.iter().any(is_foundation);
        for event in events {
            let mut about = false;
            concerns(event, &mut |concern| match &concern {
                Concern::Class(item) => {
                    self.classed.insert(item.clone(), seq);
                }
                Concern::Request(_) | Concern::Release(_) => {
                    about |= wanted.holds(seq, &concern);
                }
            });
            keep |= about;
            if about && let Some(judged) = totals_judged(state, events, event) {
                self.full.extend(self.classed.get(&judged.item));
                self.stated.insert((seq, judged.release), judged.totals);
            }
        }
        if keep {
            self.full.insert(seq);
        }
        Ok(())
    }

    /// A refused command says in its open part alone what it was about.
    fn refused(&self, wanted: &Wanted, entry: &StoredEntry) -> Result<bool, EvidenceError> {
        let seq = entry.seq;
        let open = OpenPart::parse(&entry.open)
            .map_err(|error| BundleError::Entry { seq, what: error.to_string() })?;
        Ok(match wanted {
            Wanted::Entries(from, to) => (*from..*to).contains(&seq),
            Wanted::Matter(concerns) => open.subjects.iter().any(|subject| {
                let request = subject.parse().map(Concern::Request);
                let concern = request.or_else(|_| subject.parse().map(Concern::Release));
                concern.is_ok_and(|concern| concerns.contains(&concern))
            }),
        })
    }
}

/// Takes entries out of the store, each with its path to the root.
struct Taking<'a> {
    store: &'a dyn Store,
    tree: &'a Levels,
    size: u64,
    redacted: &'a BTreeSet<Label>,
}

impl Taking<'_> {
    fn entries(
        &self,
        full: BTreeSet<u64>,
    ) -> Result<(Vec<BundleEntry>, Vec<SeenLine>), EvidenceError> {
        let whole = full.len() == usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut entries: BTreeMap<u64, BundleEntry> = BTreeMap::new();
        let mut heads: BTreeMap<u64, Digest> = BTreeMap::new();
        for seq in &full {
            let (entry, seen) = self.entry(*seq, whole)?;
            heads.extend(seen);
            entries.insert(*seq, entry);
        }
        let mut lines = Vec::new();
        for (size, root) in heads {
            let path = consistency_proof(self.tree, size, self.size)
                .map_err(|error| BundleError::Seen { size, error })?;
            lines.push(SeenLine { size, root, path });
            // The last entry of a head tells after which moment it was seen.
            if let Some(last) = size.checked_sub(1)
                && !full.contains(&last)
            {
                let context = BundleEntry {
                    seq: last,
                    context: true,
                    open: text(last, self.stored(last)?.open)?,
                    path: self.path(last, whole)?,
                    body: None,
                    sealed: Vec::new(),
                };
                entries.insert(last, context);
            }
        }
        Ok((entries.into_values().collect(), lines))
    }

    fn stored(&self, seq: u64) -> Result<StoredEntry, EvidenceError> {
        let entry = self.store.entry(seq).map_err(OpenError::from)?;
        entry.ok_or_else(|| EvidenceError::Nothing(format!("entry {seq} is missing")))
    }

    fn path(&self, seq: u64, whole: bool) -> Result<Option<Vec<Digest>>, EvidenceError> {
        if whole {
            return Ok(None);
        }
        let fault = |error: MerkleError| BundleError::Entry { seq, what: error.to_string() };
        Ok(Some(inclusion_proof(self.tree, seq, self.size).map_err(fault)?))
    }

    /// An entry less what is left out, and the heads that its signers had seen.
    fn entry(
        &self,
        seq: u64,
        whole: bool,
    ) -> Result<(BundleEntry, Vec<(u64, Digest)>), EvidenceError> {
        let stored = self.stored(seq)?;
        let broken = |what: &str| BundleError::Entry { seq, what: what.to_owned() };
        let body = body(&stored.body).ok_or_else(|| broken("its body has no salt"))?;
        let recorded =
            read_body(&stored.body).map_err(|error| EvidenceError::Entry { seq, error })?;
        let foundation = match &recorded.result {
            Answer::Accepted(events) => events.iter().any(is_foundation),
            Answer::Refused { .. } => false,
        };
        let parts: Option<Vec<SealedPart>> = stored.sealed.iter().map(sealed_part).collect();
        let mut sealed = parts.ok_or_else(|| broken("a sealed part cannot be read"))?;
        let closed = [Label::Parties, Label::Deliberation];
        let closed = !foundation && closed.iter().any(|label| self.redacted.contains(label));
        sealed.retain(|part| {
            let kept = foundation && part.label != Label::Identity;
            kept || !self.redacted.contains(&part.label)
        });
        let mut seen = Vec::new();
        let accepted = match &recorded.result {
            Answer::Accepted(_) => statements_in(&sealed),
            Answer::Refused { .. } => Vec::new(),
        };
        for (statement, _) in accepted {
            let parsed = parse_any(statement.as_bytes());
            let parsed = parsed.map_err(|error| broken(&error.to_string()))?;
            seen.extend(parsed.binding().map(|b| (b.checkpoint.size, b.checkpoint.root)));
        }
        let body = (!closed).then_some(body);
        let open = text(seq, stored.open)?;
        let path = self.path(seq, whole)?;
        Ok((BundleEntry { seq, context: false, open, path, body, sealed }, seen))
    }
}

fn text(seq: u64, open: Vec<u8>) -> Result<String, EvidenceError> {
    let what = "its open part is not text".to_owned();
    Ok(String::from_utf8(open).map_err(|_| BundleError::Entry { seq, what })?)
}
