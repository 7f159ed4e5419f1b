//! Evidence bundles and the open parts of entries, with `tlog_tiles` as oracle of what a root says.

use super::input;
use super::note::{ORIGIN, log};
use countersign_proof::bundle::{
    ABOUT, About, Bundle, BundleEntry, CHECKPOINT, ENTRIES, LOG_KEY, Matter, Proved, SEEN, SeenLine,
};
use countersign_proof::merkle::{consistency_proof, inclusion_proof, leaf_hash, tree_head};
use countersign_proof::words::{CommandId, Digest, RequestId};
use countersign_proof::{Body, Frontier, Label, OpenPart, Outcome, SealedPart};
use std::collections::BTreeMap;
use tlog_tiles::tlog;

const FILES: [&str; 5] = [ABOUT, CHECKPOINT, LOG_KEY, ENTRIES, SEEN];
/// What stands between the files of a bundle in an input.
const BETWEEN: u8 = 0x1E;

/// `o`: the open part of an entry; `m`: what a bundle is of; `s`: the files, whose checkpoint is
/// made for their entries and signed; anything else: the files.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'o', rest)) => open_part(rest),
        Some((b'm', rest)) => {
            if let Ok(Ok(matter)) = str::from_utf8(rest).map(str::parse::<Matter>) {
                assert_eq!(matter.to_string().as_bytes(), rest);
            }
        }
        Some((b's', rest)) => bundle(&signed_anew(files(rest))),
        Some((_, rest)) => bundle(&files(rest)),
        None => {}
    }
}

/// A bundle of a whole small log, one of two of its entries, and their parts.
pub fn seeds() -> Vec<Vec<u8>> {
    let (whole, part) = (sample(true), sample(false));
    let flat = |bundle: &Bundle| {
        let files = bundle.to_files();
        FILES.map(|name| files[name].clone()).join(&BETWEEN)
    };
    let mut seeds = vec![
        input(b'f', &[&flat(&whole)]),
        input(b'f', &[&flat(&part)]),
        input(b's', &[&flat(&whole)]),
        input(b's', &[&flat(&Bundle { seen: Vec::new(), ..whole.clone() })]),
        input(b'm', &[b"REQ-7"]),
        input(b'm', &[b"REL-3"]),
        input(b'm', &[b"0..109"]),
    ];
    seeds.extend(whole.entries.iter().map(|entry| input(b'o', &[entry.open.as_bytes()])));
    // The same said in other ways, which mutations rarely come upon.
    for (written, other) in [("{\"v\"", "{ \"v\""), ("decide", "\\u0064ecide"), (":1,", ":1e0,")] {
        seeds.push(input(b'o', &[open(1).replace(written, other).as_bytes()]));
    }
    seeds
}

fn sealed(seq: u64) -> Vec<SealedPart> {
    let count = usize::try_from(seq).unwrap();
    let part = |label: &Label| SealedPart { label: *label, salt: [2; 16], bytes: b"{}".to_vec() };
    Label::ALL.iter().take(count).map(part).collect()
}

fn body() -> Body {
    Body { salt: [1; 16], bytes: b"body".to_vec() }
}

fn open(seq: u64) -> String {
    let code = || Outcome::Refused { code: "stock/short".into() };
    let open = OpenPart {
        ledger: Digest::of(b"ledger"),
        seq,
        time: "2025-06-01T12:00:00.250Z".parse().unwrap(),
        id: CommandId([0xBB; 16]),
        command: "decide_request".into(),
        outcome: if seq == 1 { code() } else { Outcome::Accepted },
        events: vec!["DecisionRecorded".into(); usize::try_from(seq).unwrap()],
        subjects: vec!["REQ-1".into(), "P-3F9A".into()],
        body: body().digest(),
        sealed: sealed(seq).iter().map(SealedPart::seal).collect(),
    };
    String::from_utf8(open.encode().unwrap()).unwrap()
}

fn sample(whole: bool) -> Bundle {
    let leaves: Vec<_> = (0..4).map(|seq| leaf_hash(open(seq).as_bytes())).collect();
    let root = tree_head(&leaves, 4).unwrap();
    let mut entries = Vec::new();
    for seq in (0..4).filter(|seq| whole || seq % 2 == 1) {
        let context = !whole && seq == 1;
        entries.push(BundleEntry {
            seq,
            context,
            open: open(seq),
            path: (!whole).then(|| inclusion_proof(&leaves, seq, 4).unwrap()),
            body: (!context).then(body),
            sealed: if context { Vec::new() } else { sealed(seq) },
        });
    }
    let of = if whole { Matter::Entries(0, 4) } else { Matter::Request(RequestId(1)) };
    let mut about = About::new(of, true, ORIGIN.to_owned(), Digest::of(b"ledger"));
    about.whole = whole;
    let path = consistency_proof(&leaves, 3, 4).unwrap();
    let seen = vec![SeenLine { size: 3, root: tree_head(&leaves, 3).unwrap(), path }];
    let (checkpoint, log) = (log().sign(4, root), log().verifier().clone());
    Bundle { about, checkpoint, log, entries, seen }
}

fn files(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let parts = bytes.split(|byte| *byte == BETWEEN);
    FILES.iter().zip(parts).map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
}

/// A checkpoint of our own over the entries that stand there, so that what lies behind the
/// signature is reached.
fn signed_anew(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let entries = files.get(ENTRIES).cloned().unwrap_or_default();
    let mut tree = Frontier::new();
    for line in entries.split(|byte| *byte == b'\n') {
        if let Ok(entry) = serde_json::from_slice::<BundleEntry>(line) {
            tree.append(leaf_hash(entry.open.as_bytes()));
        }
    }
    files.insert(CHECKPOINT.to_owned(), log().sign(tree.size(), tree.root()).into_bytes());
    files
}

fn bundle(files: &BTreeMap<String, Vec<u8>>) {
    let Ok(bundle) = Bundle::from_files(files) else { return };
    let written = bundle.to_files();
    for name in FILES {
        assert_eq!(written.get(name), files.get(name), "{name}: a second form");
    }
    assert_eq!(Bundle::from_files(&written).as_ref(), Ok(&bundle));
    if let Ok(proved) = bundle.prove(log().verifier()) {
        proves(&bundle, &proved);
    }
}

/// What was proved is so by the oracle's reading of the root.
fn proves(bundle: &Bundle, proved: &Proved) {
    let (size, root) = (proved.checkpoint.size, tlog::Hash(proved.checkpoint.root.0));
    assert_eq!(proved.checkpoint.origin, bundle.about.origin);
    assert_eq!(proved.open.len(), bundle.entries.len());
    let mut missing = 0;
    for (entry, open) in bundle.entries.iter().zip(&proved.open) {
        assert_eq!(open.encode().unwrap(), entry.open.as_bytes());
        assert_eq!((open.seq, open.ledger), (entry.seq, bundle.about.ledger));
        for part in &entry.sealed {
            assert!(open.sealed.contains(&part.seal()));
        }
        if let Some(body) = &entry.body {
            assert_eq!(body.digest(), open.body);
        }
        if !entry.context {
            missing += open.sealed.len() - entry.sealed.len();
        }
        if let Some(path) = &entry.path {
            let path: Vec<_> = path.iter().map(|hash| tlog::Hash(hash.0)).collect();
            let leaf = tlog::record_hash(entry.open.as_bytes());
            tlog::check_record(&path, size, root, entry.seq, leaf).unwrap();
        }
    }
    assert_eq!(proved.withheld.values().sum::<u64>(), u64::try_from(missing).unwrap());
    if bundle.about.whole {
        assert_eq!(u64::try_from(bundle.entries.len()), Ok(size));
        let leaves: Vec<_> =
            bundle.entries.iter().map(|entry| leaf_hash(entry.open.as_bytes())).collect();
        assert_eq!(tree_head(&leaves, size).unwrap().0, root.0);
    }
    for seen in bundle.seen.iter().filter(|seen| seen.size > 0) {
        let path: Vec<_> = seen.path.iter().map(|hash| tlog::Hash(hash.0)).collect();
        tlog::check_tree(&path, size, root, seen.size, tlog::Hash(seen.root.0)).unwrap();
    }
}

/// An open part has one form, and says nothing that its JSON does not.
fn open_part(bytes: &[u8]) {
    let Ok(open) = OpenPart::parse(bytes) else { return };
    assert_eq!(open.encode().unwrap(), bytes);
    let said: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(serde_json::to_vec(&said).unwrap().len(), bytes.len(), "white space or escapes");
    assert_eq!((&said["v"], said["seq"].as_u64()), (&1.into(), Some(open.seq)));
    assert_eq!(said["ledger"], open.ledger.to_string().as_str());
    assert_eq!(said["time"], open.time.to_string().as_str());
    assert_eq!(said["command"], open.command.as_str());
    let code = match &open.outcome {
        Outcome::Accepted => None,
        Outcome::Refused { code } => Some(code.as_str()),
    };
    assert_eq!((said["code"].as_str(), said["outcome"] == "refused"), (code, code.is_some()));
}
