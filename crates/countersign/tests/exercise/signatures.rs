//! What stock OpenSSH says of the statements of the record, and signing elsewhere.

use crate::played::{copy, json, played};
use std::path::Path;
use std::process::{Command, Stdio};

fn ssh_keygen(arguments: &[&str], input: &Path) -> bool {
    let file = std::fs::File::open(input).unwrap();
    let run = Command::new("ssh-keygen").args(arguments).stdin(Stdio::from(file)).output();
    let output = run.expect("ssh-keygen is missing: install OpenSSH's client (openssh-client)");
    output.status.success()
}

/// The entry that refused the forged decision.
fn forged_entry() -> serde_json::Value {
    let (_, log) = json(&played().ledger(), &["log", "show", "--limit", "1000"]);
    let entries = log.as_array().unwrap();
    let refused = entries.iter().find(|entry| entry["code"] == "people/key-of-another");
    refused.expect("a forged decision is in the story")["seq"].clone()
}

#[test]
fn stock_openssh_verifies_every_statement_of_the_record() {
    let ledger = played().ledger();
    let (_, list) = json(&ledger, &["statement", "list"]);
    let statements = list.as_array().unwrap();
    let decisions = statements.iter().filter(|s| s["kind"] == "decision").count();
    assert!(decisions >= 10, "{decisions} decisions");
    for statement in statements {
        // The exercise holds a forged decision, which was refused; stock tools refuse it too.
        let accepted = statement["accepted"] == true;
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_str().unwrap();
        let digest = statement["digest"].as_str().unwrap();
        let (code, shown) = json(&ledger, &["statement", "show", digest, "--out", out]);
        assert_eq!(code, 0, "{shown}");
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (signers, signature, text) =
            (at("allowed_signers"), at("statement.txt.sig"), at("statement.txt"));
        let signer = statement["signer"].as_str().unwrap();
        let namespace = shown["namespace"].as_str().unwrap();
        let verify =
            ["-Y", "verify", "-f", &signers, "-I", signer, "-n", namespace, "-s", &signature];
        let forged = statement["entry"] == forged_entry();
        assert_eq!(ssh_keygen(&verify, Path::new(&text)), !forged, "{statement}");
        assert!(accepted || statement["kind"] != "founding");
        let mut bytes = std::fs::read(&text).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&text, bytes).unwrap();
        assert!(!ssh_keygen(&verify, Path::new(&text)), "a changed statement passes");
    }
}

#[test]
fn a_decision_signed_on_another_machine_is_taken_once() {
    let (_folder, ledger) = copy();
    let clock = ["--clock", "2025-12-02T09:00:00Z"];
    let staff = ledger.join("keys/P-2C9T");
    let submit = [
        "--as",
        "P-2C9T",
        "--key",
        staff.to_str().unwrap(),
        "request",
        "submit",
        "--act",
        "use",
        "--holder",
        "UA",
        "--item",
        "ATACMS",
        "--quantity",
        "2",
        "--zone",
        "RU.Kursk",
        "--from",
        "2025-12-02",
        "--until",
        "2025-12-20",
        "--why",
        "asked",
    ];
    let (code, request) = json(&ledger, &[&clock[..], &submit].concat());
    assert_eq!(code, 0, "{request}");
    let id = request["id"].as_str().unwrap();
    let out = ledger.join("to-sign");
    let show = [
        "--as",
        "P-8T4W",
        "statement",
        "show",
        id,
        "--office",
        "US.SACEUR",
        "--decision",
        "approve",
        "--reason",
        "signed elsewhere",
        "--out",
        out.to_str().unwrap(),
    ];
    let (code, shown) = json(&ledger, &[&clock[..], &show].concat());
    assert_eq!(code, 0, "{shown}");
    let text = out.join("statement.txt");
    let signed = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-q", "-n", "decision@countersign", "-f"])
        .arg(ledger.join("keys/P-8T4W"))
        .arg(&text)
        .status()
        .expect("ssh-keygen is missing: install OpenSSH's client (openssh-client)");
    assert!(signed.success());
    let signature = out.join("statement.txt.sig");
    let decide = [
        "decide",
        id,
        "--statement",
        text.to_str().unwrap(),
        "--signature",
        signature.to_str().unwrap(),
    ];
    let decide = [&clock[..], &decide].concat();
    let whole = std::fs::read(&text).unwrap();
    let mut changed = whole.clone();
    changed[60] ^= 1;
    std::fs::write(&text, &changed).unwrap();
    let (code, answer) = json(&ledger, &decide);
    assert_eq!((code, answer["error"]["code"].as_str()), (1, Some("signature")), "{answer}");
    std::fs::write(&text, &whole).unwrap();
    let (code, decided) = json(&ledger, &decide);
    assert_eq!((code, decided["state"].as_str()), (0, Some("approved")), "{decided}");
    let (code, answer) = json(&ledger, &decide);
    let found = (code, answer["error"]["code"].as_str());
    assert_eq!(found, (1, Some("ledger/nonce-replayed")), "{answer}");
}
