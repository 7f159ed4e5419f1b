//! Errors as people and programs get them: exit codes, codes, and what is left untouched.

use crate::played::{copy, json, played, run};

#[test]
fn each_kind_of_failure_has_its_exit_code() {
    let ledger = played().ledger();
    let (code, answer) = json(&ledger, &["request", "show", "REQ-99"]);
    assert_eq!((code, answer["error"]["code"].as_str()), (1, Some("requests/unknown-request")));
    assert!(answer["error"]["message"].as_str().unwrap().contains("REQ-99"));
    let (code, answer) = json(
        &ledger,
        &[
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
            "--from",
            "2025-01-01",
            "--until",
            "2025-02-01",
            "--why",
            "x",
        ],
    );
    assert_eq!((code, answer["error"]["code"].as_str()), (2, Some("usage")), "{answer}");
    let nowhere = ledger.join("nowhere");
    let (code, answer) = json(&nowhere, &["request", "list"]);
    assert_eq!((code, answer["error"]["code"].as_str()), (4, Some("unavailable")), "{answer}");
    for arguments in [
        &["request", "submit", "--quantity", "-1"][..],
        &["request", "submit", "--quantity", "99999999999999999999"],
        &["policy", "explain", "--act", "fly"],
        &["no-such-noun"],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn unknown_words_are_refused_by_name() {
    let ledger = played().ledger();
    let ask = |item: &str, holder: &str, zone: &str| {
        let arguments = [
            "policy",
            "explain",
            "--act",
            "use",
            "--holder",
            holder,
            "--item",
            item,
            "--quantity",
            "2",
            "--zone",
            zone,
        ];
        let (code, answer) = json(&ledger, &arguments);
        (code, answer["error"]["code"].as_str().map(str::to_owned))
    };
    assert_eq!(ask("NO-SUCH", "UA", "RU"), (1, Some("requests/unknown-item".to_owned())));
    assert_eq!(ask("ATACMS", "XX", "RU"), (1, Some("requests/unknown-party".to_owned())));
    assert_eq!(ask("ATACMS", "UA", "MARS"), (1, Some("requests/unknown-zone".to_owned())));
}

#[test]
fn a_dry_run_changes_nothing() {
    let (_folder, ledger) = copy();
    let key = ledger.join("keys/P-5Q1R");
    let sign = format!("US.DepSecDef:P-5Q1R={}", key.display());
    let head = |ledger| json(ledger, &["log", "checkpoint"]).1["root"].clone();
    let before = head(&ledger);
    let hold = [
        "hold",
        "place",
        "--scope",
        "item:ATACMS",
        "--sign",
        &sign,
        "--reason",
        "review",
        "--clock",
        "2025-12-02T09:00:00Z",
    ];
    let (code, answer) = json(&ledger, &[&hold[..], &["--dry-run"]].concat());
    assert_eq!(code, 0, "{answer}");
    assert_eq!(head(&ledger), before);
    let (code, answer) = json(&ledger, &hold);
    assert_eq!(code, 0, "{answer}");
    assert_ne!(head(&ledger), before);
    let (code, _) = json(&ledger, &["log", "verify"]);
    assert_eq!(code, 0);
}

#[test]
fn the_same_command_id_gets_the_same_answer() {
    let (_folder, ledger) = copy();
    let key = ledger.join("keys/P-2C9T");
    let submit = [
        "--as",
        "P-2C9T",
        "--key",
        key.to_str().unwrap(),
        "--clock",
        "2025-12-02T09:00:00Z",
        "--command-id",
        "00000000000000000000000000000abc",
        "request",
        "submit",
        "--act",
        "use",
        "--holder",
        "UA",
        "--item",
        "FLAMINGO",
        "--quantity",
        "1",
        "--zone",
        "RU",
        "--from",
        "2025-12-02",
        "--until",
        "2025-12-20",
        "--why",
        "again",
    ];
    let (code, first) = json(&ledger, &submit);
    assert_eq!(code, 0, "{first}");
    let size = || json(&ledger, &["log", "checkpoint"]).1["size"].clone();
    let after = size();
    let (code, second) = json(&ledger, &submit);
    assert_eq!((code, &second["id"]), (0, &first["id"]));
    assert_eq!(size(), after);
}
