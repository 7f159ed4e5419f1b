//! The record of the exercise, from the command line and under OpenSSH's eyes.

use countersign_browser::commands::{Ledger, countersign, ssh_sign, ssh_verify};
use countersign_browser::fault::Fault;
use countersign_browser::served::Served;
use std::process::Command;

#[test]
fn it_verifies_and_its_keys_sign() -> Result<(), Fault> {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let played = Command::new(countersign()?)
        .args(["demo", "--no-serve", "--dir"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(played.status.success(), "{played:?}");
    let ledger = Ledger::at(dir)?;
    let verified = ledger.json(&["log", "verify"])?;
    assert!(verified.get("entries").and_then(|n| n.as_u64()).is_some_and(|n| n > 0), "{verified}");
    let absent = ledger.run(&["request", "show", "no-such-request"])?;
    assert!(absent.code.is_some_and(|code| code != 0), "{absent:?}");
    assert!(absent.must_succeed().is_err());

    let keys = std::fs::read_dir(dir.join("keys")).unwrap();
    let key = keys.map(|entry| entry.unwrap().path()).min().unwrap();
    let text = dir.join("text");
    std::fs::write(&text, "what is signed\n").unwrap();
    let signature = ssh_sign(&key, "trial@countersign", &text)?;
    let public = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&key).output().unwrap();
    let signers = dir.join("signers");
    let public = String::from_utf8(public.stdout).unwrap();
    std::fs::write(&signers, format!("one {public}")).unwrap();
    let said = ssh_verify(&signers, "one", "trial@countersign", &signature, &text, None)?;
    assert!(said.contains("Good \"trial@countersign\" signature for one"), "{said}");
    assert!(ssh_verify(&signers, "one", "other@countersign", &signature, &text, None).is_err());
    std::fs::write(&text, "what was not signed\n").unwrap();
    assert!(ssh_verify(&signers, "one", "trial@countersign", &signature, &text, None).is_err());
    Ok(())
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let told = Served::exercise_with(folder.path(), &["--no-such-flag"]).map(drop);
    let told = told.map_err(|fault| fault.to_string());
    assert!(told.as_ref().is_err_and(|text| text.contains("unexpected argument")), "{told:?}");
}
