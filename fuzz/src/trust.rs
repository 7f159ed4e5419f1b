//! Trust files, with a second reading of what a quorum means.

use super::input;
use super::note::{cosignature, log, witness};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::trust::{Trust, TrustRefusal};
use countersign_proof::words::Digest;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The witnesses that cosigned the checkpoint that every file is tried on.
const SIGNED: [u8; 3] = [1, 2, 4];

/// The whole input but its first byte is a trust file.
pub fn holds(data: &[u8]) {
    let Some((_, file)) = data.split_first() else { return };
    let Ok(trust) = Trust::parse(file) else { return };
    let written = trust.to_bytes();
    let again = Trust::parse(&written).unwrap();
    assert_eq!(again, trust, "written, it means something else");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(String::from_utf8_lossy(&written), trust.to_string());
    judged(file, &trust);
}

/// Files with one quorum each.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut names = format!("log {}\n", log().verifier());
    for number in 1..=6_u8 {
        names.push_str(&format!("witness W{number} {}\n", witness(number).verifier()));
    }
    let rules = [
        "quorum none\n",
        "quorum W1\n",
        "quorum W3\n",
        "group all all W1 W2 W4\nquorum all\n",
        "group X 2 W1 W2 W3\ngroup Y any W4 W5 W6\ngroup both all X Y\nquorum both\n",
        "group X 2 W1 W3 W5\nquorum X\n",
        "# a comment\n\n\tgroup  X\tany W6  W5\ngroup Y any X W4\nquorum Y",
    ];
    let mut seeds: Vec<_> =
        rules.iter().map(|rule| input(b'f', &[names.as_bytes(), rule.as_bytes()])).collect();
    let url = format!("log {} https://ledger.example/one\nquorum none\n", log().verifier());
    seeds.push(input(b'f', &[url.as_bytes()]));
    seeds
}

fn cosigned() -> &'static SignedNote {
    static NOTE: OnceLock<SignedNote> = OnceLock::new();
    NOTE.get_or_init(|| {
        let note = log().sign(41, Digest::of(b"root"));
        let lines = SIGNED.map(|number| cosignature(&note, number)).concat();
        SignedNote::parse(format!("{note}{lines}").as_bytes()).unwrap()
    })
}

/// Whether the quorum of a file that was accepted is there, read line by line.
fn quorum(file: &[u8], signed: &[String]) -> bool {
    let mut there: BTreeMap<&[u8], bool> = BTreeMap::new();
    let mut met = false;
    for line in file.split(|byte| *byte == b'\n') {
        let words = line.split(|byte| matches!(byte, b' ' | b'\t'));
        let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [b"witness", name, key, ..] => {
                let cosigned = signed.iter().any(|one| one.as_bytes() == *key);
                there.insert(name, cosigned);
            }
            [b"group", name, needed, members @ ..] => {
                let have = members.iter().filter(|member| there[**member]).count();
                let needed = match *needed {
                    b"all" => members.len(),
                    b"any" => 1,
                    number => str::from_utf8(number).unwrap().parse().unwrap(),
                };
                there.insert(name, have >= needed);
            }
            [b"quorum", b"none"] => met = true,
            [b"quorum", name] => met = there[*name],
            _ => {}
        }
    }
    met
}

fn judged(file: &[u8], trust: &Trust) {
    let signed = SIGNED.map(|number| witness(number).verifier().to_string());
    let found = trust.judge(cosigned());
    let names_log = trust.logs().iter().any(|one| one.key == *log().verifier());
    match &found {
        Ok(trusted) => {
            assert!(names_log && quorum(file, &signed));
            assert_eq!(trusted.checkpoint.size, 41);
            assert!(trusted.cosignatures.len() <= SIGNED.len());
        }
        Err(TrustRefusal::Quorum { .. }) => assert!(names_log && !quorum(file, &signed)),
        Err(TrustRefusal::UnknownLog(_) | TrustRefusal::Checkpoint(_)) => assert!(!names_log),
    }
}
