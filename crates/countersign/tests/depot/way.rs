//! The way of a certificate: issued by the ledger, honoured by a depot that has nothing but files,
//! signed for with stock `ssh-keygen`, and carried back.

use super::stage::{Ledger, Run};
use serde_json::Value;

const AT: &str = "2025-12-20T09:00:00Z";
const LATER: &str = "2026-01-02T09:00:00Z";

fn at_ledger(ledger: &Ledger, clock: &str, args: &str) -> Run {
    let person = "P-4X6H";
    ledger.shell(&format!(
        "countersign --json --clock {clock} --as {person} --key D/keys/{person} {args}"
    ))
}

fn at_depot(ledger: &Ledger, clock: &str, args: &str) -> Run {
    ledger
        .shell(&format!("COUNTERSIGN_DEPOT=depot countersign --json --clock {clock} depot {args}"))
}

const ISSUE: &str = "release certificate REL-8 --depot UA.Depot-1 --depot-key depot/depot.key.pub \
                     --collector collector.pub";

/// A ledger with a depot beside it, and a certificate of two units carried there.
fn carried() -> Ledger {
    carried_to("")
}

/// The same to a depot that was told more when it was made.
fn carried_to(told: &str) -> Ledger {
    let ledger = Ledger::new();
    ledger
        .shell(
            "countersign log checkpoint --json | \
             sed -n 's/.*\"vkey\": \"\\(.*\\)\".*/\\1/p' > log && \
             countersign witness init --dir W --name w.example --log \"$(cat log)\" > witness && \
             printf 'log %s\\nwitness w %s\\nquorum w\\n' \"$(cat log)\" \
             \"$(cat witness)\" > believed",
        )
        .good();
    at_ledger(&ledger, AT, "release trust -o trust").good();
    ledger.shell("ssh-keygen -q -t ed25519 -N '' -C '' -f collector").good();
    at_depot(
        &ledger,
        AT,
        &format!(
            "init depot --name UA.Depot-1 --exercise --issuer trust/issuer.pub --log trust/log \
             --officials trust/officials --demand US.SACEUR {told}"
        ),
    )
    .good();
    let issued = at_ledger(&ledger, AT, &format!("{ISSUE} --quantity 2 -o cert --qr cert.svg"));
    let issued = issued.good().json();
    assert_eq!(issued["certificate"], "CERT-1");
    assert_eq!(issued["decisions"], 1);
    let bytes = std::fs::read(ledger.folder().join("cert")).unwrap();
    assert_eq!(issued["bytes"].as_u64(), Some(u64::try_from(bytes.len()).unwrap()));
    assert!(bytes.len() < 500, "{} bytes: more than a code that telephones read", bytes.len());
    std::fs::write(ledger.folder().join("code"), issued["code"].as_str().unwrap()).unwrap();
    at_ledger(&ledger, AT, "release status-list -o list").good();
    at_depot(&ledger, AT, "status import list").good();
    ledger
}

fn hand_out(ledger: &Ledger, clock: &str, number: u64, units: u64) -> Run {
    let text = format!("text-{number}");
    at_depot(ledger, clock, &format!("nonce cert --quantity {units} -o {text}")).good();
    ledger
        .shell(&format!("ssh-keygen -q -Y sign -f collector -n collect@countersign {text}"))
        .good();
    at_depot(ledger, clock, &format!("release cert --quantity {units} --proof {text}"))
}

fn gaps(ledger: &Ledger, at: &str) -> Vec<String> {
    let told = ledger.run(&["--json", "evidence", "gaps", "--at", at]).good().json();
    let code = |gap: &Value| gap["code"].as_str().unwrap().to_owned();
    told.as_array().unwrap().iter().map(code).collect()
}

#[test]
fn from_the_ledger_to_the_depot_and_back() {
    let ledger = carried();
    let checked = at_depot(&ledger, AT, "check cert").good().json();
    assert_eq!(checked["mode"], "full");
    assert_eq!(checked["approvals"][0]["person"], "P-8T4W");
    assert_eq!(checked["approvals"][0]["office"], "US.SACEUR");
    let handed = hand_out(&ledger, AT, 1, 1).good().json();
    assert_eq!((handed["handed_out"].as_u64(), handed["left"].as_u64()), (Some(1), Some(1)));
    // The depot's receipt is a signature that the stock tool checks, by the depot's public key.
    std::fs::write(ledger.folder().join("receipt"), handed["receipt"].as_str().unwrap()).unwrap();
    let signature = handed["signature"].as_str().unwrap();
    std::fs::write(ledger.folder().join("receipt.sig"), signature).unwrap();
    ledger
        .shell(
            "echo \"UA.Depot-1 $(cat depot/depot.key.pub)\" > allowed && ssh-keygen -Y verify -f \
             allowed -I UA.Depot-1 -n receipt@countersign -s receipt.sig < receipt",
        )
        .good();
    at_depot(&ledger, AT, "receipts export -o back").good();
    let recorded = at_ledger(&ledger, AT, "release receipts back").good().json();
    assert_eq!((recorded["recorded"].as_u64(), recorded["known"].as_u64()), (Some(2), Some(0)));
    let again = at_ledger(&ledger, AT, "release receipts back").good().json();
    assert_eq!((again["recorded"].as_u64(), again["known"].as_u64()), (Some(0), Some(2)));
    let release = ledger.run(&["--json", "release", "show", "REL-8"]).good().json();
    assert_eq!((release["used"].as_u64(), release["left"].as_u64()), (Some(1), Some(1)));
    assert_eq!(gaps(&ledger, AT), Vec::<String>::new());
    assert_eq!(gaps(&ledger, LATER), ["no-account"]);
    at_depot(&ledger, AT, "close cert").good();
    assert_eq!(hand_out_refused(&ledger), "depot/closed");
    at_depot(&ledger, AT, "receipts export -o back").good();
    at_ledger(&ledger, AT, "release receipts back").good();
    assert_eq!(gaps(&ledger, LATER), Vec::<String>::new());
    let verified = ledger.run(&["--json", "log", "verify"]).good().json();
    assert_eq!(verified["verified"], true);
}

/// What is wrong with one text that was carried back is told of that one; the others are taken.
#[test]
fn a_receipt_that_is_refused_takes_no_other_with_it() {
    let ledger = carried();
    hand_out(&ledger, AT, 1, 1).good();
    hand_out(&ledger, AT, 2, 1).good();
    at_depot(&ledger, AT, "receipts export -o back").good();
    let back = ledger.folder().join("back");
    let mut file: Value = serde_json::from_slice(&std::fs::read(&back).unwrap()).unwrap();
    let text = file["receipts"][0]["text"].as_str().unwrap();
    file["receipts"][0]["text"] = text.replace("\nquantity: 1\n", "\nquantity: 2\n").into();
    std::fs::write(ledger.folder().join("forged"), file.to_string()).unwrap();
    let told = at_ledger(&ledger, AT, "release receipts forged");
    assert_eq!(told.code, 1, "{told:?}");
    let brought = told.json();
    let became = |place: usize| brought["papers"][place]["became"].as_str().unwrap().to_owned();
    assert_eq!([became(0), became(1), became(2)], ["refused", "recorded", "recorded"]);
    assert_eq!(brought["papers"][0]["code"], "signature");
    assert_eq!(brought["error"]["code"], "depot/some-refused");
    // The rest is there, and is not taken twice.
    let again = at_ledger(&ledger, AT, "release receipts back").good().json();
    assert_eq!((again["recorded"].as_u64(), again["known"].as_u64()), (Some(1), Some(2)));
    // What is no file of receipts at all is a mistake of whoever hands it in.
    let nothing = at_ledger(&ledger, AT, "release receipts list");
    assert_eq!((nothing.code, nothing.error_code().as_str()), (2, "depot/malformed"));
}

/// The book and the file that says how far it had come, both out of a backup: the depot cannot
/// know.
#[test]
fn a_depot_brought_back_from_a_backup_hands_out_twice_and_the_ledger_finds_it() {
    let ledger = carried();
    ledger.shell("cp -r depot backup").good();
    hand_out(&ledger, AT, 1, 2).good();
    at_depot(&ledger, AT, "receipts export -o first").good();
    let used = at_depot(&ledger, AT, "check cert");
    assert_eq!((used.code, used.error_code().as_str()), (1, "depot/exhausted"));
    ledger.shell("cp backup/book backup/reached depot/").good();
    at_depot(&ledger, AT, "check cert").good();
    at_ledger(&ledger, AT, "release receipts first").good();
    // What was told before is more than the book knows of now.
    at_depot(&ledger, AT, "close cert").good();
    at_depot(&ledger, AT, "receipts export -o closed --also cert").good();
    at_ledger(&ledger, AT, "release receipts closed").good();
    assert_eq!(gaps(&ledger, LATER), ["receipts-missing"]);
    // And where it did hand out again:
    let ledger = carried();
    ledger.shell("cp -r depot backup").good();
    hand_out(&ledger, AT, 1, 2).good();
    at_depot(&ledger, AT, "receipts export -o first").good();
    ledger.shell("cp backup/book backup/reached depot/").good();
    hand_out(&ledger, AT, 2, 2).good();
    at_depot(&ledger, AT, "receipts export -o second").good();
    at_ledger(&ledger, AT, "release receipts first").good();
    at_ledger(&ledger, AT, "release receipts second");
    let found = gaps(&ledger, AT);
    assert!(found.contains(&"beyond-certificate".to_owned()), "{found:?}");
}

fn hand_out_refused(ledger: &Ledger) -> String {
    let refused = at_depot(ledger, AT, "nonce cert --quantity 1 -o text-9");
    assert_eq!(refused.code, 1, "{refused:?}");
    refused.error_code()
}

#[test]
fn the_record_bounds_what_is_carried_out() {
    let ledger = carried();
    let refused = |args: &str| {
        let run = at_ledger(&ledger, AT, args);
        assert_eq!(run.code, 1, "{run:?}");
        run.error_code()
    };
    let more = format!("{ISSUE} --quantity 1 -o other");
    assert_eq!(refused(&more), "requests/certificates-exceed-release");
    assert!(!ledger.folder().join("other").exists());
    let ended = more.replace("REL-8", "REL-3");
    assert_eq!(refused(&ended), "requests/release-ended");
    let abroad = more.replace("UA.Depot-1", "US.Depot-1");
    assert_eq!(refused(&abroad), "requests/depot-of-another");
    let unknown = more.replace("UA.Depot-1", "UA.Depot-7");
    assert_eq!(refused(&unknown), "requests/unknown-place");
}

#[test]
fn a_certificate_shown_to_two_depots_is_honoured_by_one() {
    let ledger = carried();
    ledger
        .shell(&format!(
            "countersign --clock {AT} depot init second --name UA.Depot-2 --exercise --issuer \
             trust/issuer.pub --log trust/log --officials trust/officials"
        ))
        .good();
    let second = |args: &str| {
        ledger.shell(&format!("countersign --json --clock {AT} depot {args} --depot second"))
    };
    second("status import list").good();
    let refused = second("nonce cert --quantity 1 -o text-2");
    assert_eq!((refused.code, refused.error_code().as_str()), (1, "depot/other-depot"));
    hand_out(&ledger, AT, 1, 2).good();
    second("receipts export -o seen").good();
    let recorded = at_ledger(&ledger, AT, "release receipts seen").good().json();
    assert_eq!(recorded["recorded"].as_u64(), Some(1));
    assert_eq!(gaps(&ledger, AT), ["shown-elsewhere"]);
}

#[test]
fn a_certificate_whose_people_the_depot_does_not_know_is_refused() {
    let ledger = carried();
    let officials = std::fs::read_to_string(ledger.folder().join("trust/officials")).unwrap();
    let others: Vec<&str> = officials.lines().filter(|line| !line.starts_with("P-8T4W")).collect();
    std::fs::write(ledger.folder().join("others"), others.join("\n")).unwrap();
    at_depot(&ledger, AT, "officials import others").good();
    assert_eq!(hand_out_refused(&ledger), "decisions/unknown-signer");
    at_depot(&ledger, AT, "officials import trust/officials").good();
    hand_out(&ledger, AT, 1, 1).good();
    // The evidence of another time or place, and none at all.
    let evidence = std::fs::read_to_string(ledger.folder().join("cert.evidence")).unwrap();
    let changed = evidence.replacen("REL-8", "REL-7", 1).replacen("approve", "refuse", 1);
    assert_ne!(changed, evidence);
    std::fs::write(ledger.folder().join("cert.evidence"), changed).unwrap();
    assert!(hand_out_refused(&ledger).starts_with("decisions/"));
    std::fs::remove_file(ledger.folder().join("cert.evidence")).unwrap();
    assert_eq!(hand_out_refused(&ledger), "depot/no-evidence");
    let alone = at_depot(&ledger, AT, "check cert --certificate-only");
    assert_eq!(alone.error_code(), "depot/full-only");
}

#[test]
fn a_code_alone_is_honoured_where_that_is_allowed_and_the_receipt_says_so() {
    let ledger = carried();
    let settings = ledger.folder().join("depot/depot.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let allowed = text.replace("certificate_only = false", "certificate_only = true");
    assert_ne!(allowed, text);
    std::fs::write(&settings, allowed).unwrap();
    at_depot(&ledger, AT, "nonce code --quantity 1 -o text-1 --certificate-only").good();
    ledger.shell("ssh-keygen -q -Y sign -f collector -n collect@countersign text-1").good();
    let release = "release code --quantity 1 --proof text-1 --certificate-only";
    let handed = at_depot(&ledger, AT, release).good().json();
    assert!(handed["receipt"].as_str().unwrap().contains("\nmode: certificate-only\n"));
}

#[test]
fn a_release_that_was_revoked_is_on_the_next_list() {
    let ledger = carried();
    at_depot(&ledger, AT, "check cert").good();
    ledger.run_as("P-2C9T", AT, &["release", "surrender", "REL-8"]).good();
    at_ledger(&ledger, AT, "release status-list -o list").good();
    at_depot(&ledger, AT, "status import list").good();
    assert_eq!(hand_out_refused(&ledger), "depot/revoked");
}

#[test]
fn a_depot_that_believes_witnesses_hands_nothing_out_without_their_word() {
    let ledger = carried_to("--witnesses believed");
    let refused = at_depot(&ledger, AT, "check cert");
    assert_eq!((refused.code, refused.error_code()), (1, "decisions/witnesses".to_owned()));
    ledger
        .shell(
            "countersign log request-cosignature --out asked && countersign witness sign --dir W \
             asked --out said && countersign log cosign --from said --witness $(cat witness)",
        )
        .good();
    at_ledger(&ledger, AT, "release evidence REL-8 -o cert.evidence").good();
    let handed = hand_out(&ledger, AT, 1, 1).good().json();
    assert_eq!(handed["handed_out"], 1);
    // The word of a witness whom the depot does not believe is none.
    ledger.shell("countersign witness init --dir V --name v.example > other").good();
    let read = |name: &str| std::fs::read_to_string(ledger.folder().join(name)).unwrap();
    let settings = read("depot/depot.toml");
    let other = settings.replace(read("witness").trim(), read("other").trim());
    assert_ne!(other, settings);
    std::fs::write(ledger.folder().join("depot/depot.toml"), other).unwrap();
    let refused = at_depot(&ledger, AT, "check cert");
    assert_eq!((refused.code, refused.error_code()), (1, "decisions/witnesses".to_owned()));
}
