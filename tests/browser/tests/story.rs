//! One case from the asking to the use, by the people whose case it is, each in a browser of their
//! own: and what happens to those who may not.

use countersign_browser::authenticator::Authenticator;
use countersign_browser::axe;
use countersign_browser::case::{ask, say};
use countersign_browser::chromium::{Chromium, View};
use countersign_browser::commands::{ssh_sign, ssh_verify};
use countersign_browser::fault::Fault;
use countersign_browser::pages::enter;
use countersign_browser::served::Served;
use countersign_browser::spot::Spot::{Css, Label, Words};
use countersign_browser::tab::Tab;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// The exercise, served, and a browser before it.
struct Stage {
    served: Served,
    chromium: Chromium,
    folder: TempDir,
}

impl Stage {
    async fn set() -> Result<Self, Fault> {
        let folder = tempfile::tempdir().map_err(|error| Fault::new(error.to_string()))?;
        let served = Served::unproved(folder.path())?;
        Ok(Self { served, chromium: Chromium::launch().await?, folder })
    }

    /// A person, or whoever holds an office, signed in.
    async fn person(&self, who: &str) -> Result<Tab, Fault> {
        let tab = self.chromium.visitor(View::DESK).await?;
        enter(&tab, &self.served, who).await?;
        Ok(tab)
    }

    async fn open(&self, tab: &Tab, path: &str) -> Result<(), Fault> {
        tab.open(&self.served.at(path)).await
    }

    /// Signs the text of a signing page with the demo key of a person, by OpenSSH, and hands the
    /// signature in.
    async fn sign_elsewhere(&self, tab: &Tab, person: &str) -> Result<(), Fault> {
        tab.wait_for(Css("#statement")).await?;
        let text = tab
            .ask("fetch(document.getElementById('statement').dataset.address).then(a => a.text())")
            .await?;
        let namespace = tab.ask("document.getElementById('statement').dataset.namespace").await?;
        let (text, namespace) = (text.as_str().unwrap_or(""), namespace.as_str().unwrap_or(""));
        let dir = tempfile::tempdir().map_err(|error| Fault::new(error.to_string()))?;
        let file = dir.path().join("statement.txt");
        std::fs::write(&file, text).map_err(|error| Fault::new(error.to_string()))?;
        let key = self.folder.path().join("keys").join(person);
        let signature = ssh_sign(&key, namespace, &file)?;
        let signature = std::fs::read_to_string(signature);
        let signature = signature.map_err(|error| Fault::new(error.to_string()))?;
        tab.press(Words("Sign elsewhere, with an SSH or FIDO key")).await?;
        tab.fill(Label("Or its content"), &signature).await?;
        tab.follow(Words("Hand the signature in")).await
    }

    /// Makes a passkey for whoever is signed in, witnessed by a person of the demo.
    async fn enrol(&self, tab: &Tab, witness: &str) -> Result<Authenticator, Fault> {
        let authenticator = tab.authenticator().await?;
        self.open(tab, "/enrol").await?;
        tab.fill(Label("Who witnesses that this key is yours"), witness).await?;
        tab.follow(Words("Make a passkey on this device")).await?;
        // Only ES256 is asked for, because OpenSSH verifies no other passkey; Chromium warns of it.
        let said = tab.complaints().await?;
        assert!(said.iter().all(|one| one.contains("pubKeyCredParams")), "{said:?}");
        tab.follow(Words("Sign with passkey")).await?;
        tab.wait_for_text("Now your witness signs").await?;
        let beside = self.person(witness).await?;
        self.open(&beside, "/inbox").await?;
        beside.follow(Css("main a[href^='/sign/']")).await?;
        self.sign_elsewhere(&beside, witness).await?;
        Ok(authenticator)
    }

    /// Ends the stage; the whole record must verify.
    async fn end(self) -> Result<(), Fault> {
        self.chromium.close().await?;
        let ledger = self.served.ledger()?;
        self.served.stop()?;
        let verified = ledger.json(&["log", "verify"])?;
        let entries = verified.get("entries").and_then(Value::as_u64);
        if entries.is_some_and(|entries| entries > 0) {
            Ok(())
        } else {
            Err(Fault::new(format!("nothing was verified: {verified}")))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_from_the_asking_to_the_use() -> Result<(), Fault> {
    let stage = Stage::set().await?;
    let holder = stage.person("UA.GenStaff").await?;
    let request = ask(&holder, &stage.served).await?;
    let case = format!("/requests/{request}");
    // Whatever happens from here on must come to this page by itself.
    holder.ask("window.sameDocument = true").await?;

    let reviewer = stage.person("US.USDP").await?;
    stage.open(&reviewer, &case).await?;
    say(&reviewer, "Advise (US.USDP)", "No objection", "Within the rules of the day.").await?;
    stage.sign_elsewhere(&reviewer, "P-3M9D").await?;
    reviewer.wait_for_text("No objection").await?;
    reviewer.must_be_quiet().await?;
    holder.wait_for_text("Advice was given").await?;

    let first = stage.person("GB.MoD").await?;
    stage.open(&first, &case).await?;
    say(&first, "Approve (GB.MoD)", "Approve", "Approved for the United Kingdom.").await?;
    stage.sign_elsewhere(&first, "P-6D1X").await?;
    first.must_be_quiet().await?;

    let official = stage.person("US.SACEUR").await?;
    let authenticator = stage.enrol(&official, "P-5T7L").await?;
    stage.open(&official, &case).await?;
    say(&official, "Approve (US.SACEUR)", "Approve", "Approved for the United States.").await?;
    axe::must_have_no_violations(&official).await?;

    // Whoever the device does not know signs nothing.
    authenticator.set_user_verified(false).await?;
    official.press(Words("Sign with passkey")).await?;
    official.wait_for_text("Nothing was signed: the passkey did not verify you").await?;
    assert!(!holder.text().await?.contains("A release was issued"));
    authenticator.set_user_verified(true).await?;
    official.follow(Words("Sign with passkey")).await?;
    official.wait_for_text("Approved").await?;
    official.must_be_quiet().await?;

    holder.wait_for_text("A release was issued").await?;
    holder.wait_for_text("2 / 2").await?;
    assert_eq!(holder.ask("window.sameDocument").await?, json!(true));
    holder.follow(Words("Report a use or hand-out")).await?;
    holder.fill(Label("Units"), "1").await?;
    holder.fill(Label("Where"), "RU.Border").await?;
    holder.follow(Words("Report a use or hand-out")).await?;
    holder.wait_for_text("1 / 2").await?;
    holder.must_be_quiet().await?;

    openssh_accepts_the_passkey(&stage, "P-8T4W")?;
    stage.end().await
}

/// The official's decision, as the record keeps it, passes under stock OpenSSH too.
fn openssh_accepts_the_passkey(stage: &Stage, person: &str) -> Result<(), Fault> {
    let ledger = stage.served.ledger()?;
    let listed = ledger.json(&["statement", "list"])?;
    let rows = listed.as_array().or_else(|| listed.get("statements")?.as_array());
    let theirs = |row: &&Value| {
        row.get("signer") == Some(&json!(person)) && row.get("kind") == Some(&json!("decision"))
    };
    let last = rows.into_iter().flatten().rfind(theirs);
    let digest = last.and_then(|row| row.get("digest")).and_then(Value::as_str);
    let digest = digest.ok_or_else(|| Fault::new(format!("no decision of {person}: {listed}")))?;
    let out = stage.folder.path().join("statement");
    let to = out.display().to_string();
    let shown = ledger.json(&["statement", "show", digest, "--out", &to])?;
    let namespace = shown.get("namespace").and_then(Value::as_str).unwrap_or_default();
    let file = |name: &str| out.join(name);
    let signature = file("statement.txt.sig");
    let (signers, text) = (file("allowed_signers"), file("statement.txt"));
    let time = shown.get("verify_time").and_then(Value::as_str);
    let said = ssh_verify(&signers, person, namespace, &signature, &text, time)?;
    assert!(said.contains("Good"), "{said}");
    assert!(said.contains("ECDSA-SK"), "it was no passkey: {said}");
    tampered_text_is_refused(&signers, (person, namespace, time), &signature, &text)
}

fn tampered_text_is_refused(
    signers: &Path,
    (person, namespace, time): (&str, &str, Option<&str>),
    signature: &Path,
    text: &Path,
) -> Result<(), Fault> {
    let io = |error: std::io::Error| Fault::new(error.to_string());
    let honest = std::fs::read_to_string(text).map_err(io)?;
    let more = honest.replace("quantity: 2", "quantity: 9");
    assert_ne!(honest, more, "the text names no quantity: {honest}");
    std::fs::write(text, more).map_err(io)?;
    let refused = ssh_verify(signers, person, namespace, signature, text, time);
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_on_what_has_changed_meanwhile_does_not_count() -> Result<(), Fault> {
    let stage = Stage::set().await?;
    let holder = stage.person("UA.GenStaff").await?;
    let case = format!("/requests/{}", ask(&holder, &stage.served).await?);
    let official = stage.person("GB.MoD").await?;
    stage.open(&official, &case).await?;
    say(&official, "Approve (GB.MoD)", "Approve", "Approved for the United Kingdom.").await?;

    holder.follow(Words("Revise")).await?;
    holder.fill(Label("How many units"), "3").await?;
    holder.fill(Label("Why"), "One more is needed.").await?;
    holder.follow(Words("Submit the revision")).await?;
    holder.must_be_quiet().await?;

    official.must_be_quiet().await?;
    stage.sign_elsewhere(&official, "P-6D1X").await?;
    assert_eq!(official.status().await?, 409);
    official.wait_for_text("The request has changed since this text was made").await?;
    // It says what has changed.
    official.wait_for(Css("main li")).await?;
    axe::must_have_no_violations(&official).await?;
    stage.open(&holder, &case).await?;
    holder.wait_for_text("Nobody has decided yet.").await?;
    stage.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_say_is_told_so_by_the_rule() -> Result<(), Fault> {
    let stage = Stage::set().await?;
    let holder = stage.person("UA.GenStaff").await?;
    let case = format!("/requests/{}", ask(&holder, &stage.served).await?);
    let overseer = stage.person("US.IG").await?;
    stage.open(&overseer, &case).await?;
    overseer.wait_for_text("What you can do").await?;
    assert!(!overseer.text().await?.contains("Approve ("));

    // An office that has no say in this request: the page says why before anybody signs.
    let other = stage.person("US.SecDef").await?;
    stage.open(&other, &case).await?;
    other.press(Words("What you cannot do here, and why")).await?;
    other.wait_for_text("requests/office-has-no-say").await?;
    other.must_be_quiet().await?;
    // There is no form to fill in vain: the page where one would be says the same.
    stage.open(&other, &format!("{case}/decide")).await?;
    other.press(Words("What you cannot do here, and why")).await?;
    other.wait_for_text("requests/office-has-no-say").await?;
    assert!(!other.text().await?.contains("For which office"));
    axe::must_have_no_violations(&other).await?;

    // Nobody who is not signed in sees anything of it.
    let nobody = stage.chromium.visitor(View::DESK).await?;
    stage.open(&nobody, &case).await?;
    assert!(nobody.url().await?.contains("/sign-in"));
    assert!(!nobody.text().await?.contains("STORM-SHADOW"));
    stage.end().await
}
