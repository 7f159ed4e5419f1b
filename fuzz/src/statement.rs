//! Statements: one text for each, and a signature that holds for it and nothing else.

use super::{input, samples};
use countersign_proof::signature::verify_any;
use countersign_proof::statement::{MAX_BYTES, fingerprint, kind_of, parse_any};
use countersign_proof::{SignatureRules, SoftwareKey, StatementKind};

/// `l`: lines of a sample are replaced; anything else: the text itself.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'l', rest)) => text(&replaced(rest)),
        Some((_, rest)) => text(rest),
        None => {}
    }
}

/// The samples as they are, and each with one of its lines replaced.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts: Vec<_> = samples::all().iter().map(|one| one.render().unwrap()).collect();
    let mut seeds: Vec<_> = texts.iter().map(|text| input(b't', &[text.as_bytes()])).collect();
    for (number, text) in (0_u8..).zip(&texts) {
        for (line, written) in (0_u8..).zip(text.lines()).skip(2) {
            if line % 3 == number % 3 {
                let value = written.split_once(": ").unwrap().1;
                seeds.push(input(b'l', &[&[number, line], value.as_bytes()]));
            }
        }
    }
    seeds
}

/// A sample, by its number, whose lines are replaced: each by its number and its new value.
fn replaced(data: &[u8]) -> Vec<u8> {
    let Some((number, edits)) = data.split_first() else { return Vec::new() };
    let all = samples::all();
    let sample = all[usize::from(*number) % all.len()].render().unwrap();
    let mut lines: Vec<Vec<u8>> = sample.lines().map(|line| line.as_bytes().to_vec()).collect();
    let count = lines.len();
    for edit in edits.split(|byte| *byte == b'\n') {
        let Some((line, value)) = edit.split_first() else { continue };
        let line = &mut lines[usize::from(*line) % count];
        let key = line.iter().position(|byte| *byte == b' ').unwrap();
        line.truncate(key + 1);
        line.extend_from_slice(value);
    }
    [lines.join(b"\n".as_slice()).as_slice(), b"\n"].concat()
}

fn text(bytes: &[u8]) {
    let rules = SignatureRules::default();
    let key = SoftwareKey::from_seed([5; 32]);
    let statement = match parse_any(bytes) {
        Ok(statement) => statement,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let Ok(kind) = kind_of(bytes) {
                // A good signature does not make a statement of what is none.
                let armoured = key.sign_text(kind.namespace(), bytes).unwrap();
                assert!(verify_any(bytes, &armoured, &rules).is_err());
            }
            return;
        }
    };
    let written = statement.render().unwrap();
    assert_eq!(written.as_bytes(), bytes, "a second text for one statement");
    assert_eq!(kind_of(bytes), Ok(statement.kind()));
    assert!(bytes.len() <= MAX_BYTES && written.ends_with('\n') && !written.contains("\n\n"));
    assert!(!written.contains(|found: char| found.is_control() && found != '\n'));
    assert!(unicode_normalization::is_nfc(&written));
    assert_eq!(fingerprint(&written).len(), 24);
    assert_eq!(statement.ledger().is_none(), statement.kind() == StatementKind::Founding);

    let armoured = key.sign_text(statement.kind().namespace(), bytes).unwrap();
    let verified = verify_any(bytes, &armoured, &rules).unwrap();
    assert_eq!(verified.statement(), &statement);
    assert_eq!((verified.text(), verified.key()), (written.as_str(), key.public_key()));
    let other = StatementKind::ALL.iter().find(|kind| **kind != statement.kind()).unwrap();
    let elsewhere = key.sign_text(other.namespace(), bytes).unwrap();
    assert!(verify_any(bytes, &elsewhere, &rules).is_err());
    let mut changed = bytes.to_vec();
    let place = changed.len() / 2;
    changed[place] ^= 1;
    assert!(verify_any(&changed, &armoured, &rules).is_err());
}
