//! Statements: every kind round-trips, every departure from the one text is refused with its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "samples/statements.rs"]
mod samples;

use countersign_proof::statement::{
    Decision, Fault, MAX_BYTES, Session, fingerprint, kind_of, parse_any,
};
use countersign_proof::words::{
    AdviceKind, DecisionKind, Digest, Provisos, Quantity, Role, WordError,
};
use countersign_proof::{AnyStatement, StatementKind, parse, render};
use proptest::prelude::*;

const DECISION: &str = "\
countersign: 1
kind: decision
request: REQ-12
revision: 2
revision-digest: {revision}
act: use
item: ATACMS
quantity: 8
zones: RU.Bryansk,RU.Kursk
holder: UA
depot: UA.Depot-1
window: 2025-06-02T00:00:00Z/2025-06-09T00:00:00Z
office: US.SecDef
signer: P-3F9A
decision: approve
provisos: quantity=4
policy: v4
policy-digest: {policy}
ledger: {ledger}
exercise: yes
checkpoint: 41 {root}
nonce: 07070707070707070707070707070707
not-before: 2025-06-01T12:00:00Z
expires: 2025-06-01T14:00:00Z
reason: Within the limits agreed;\\nsee C:\\\\minutes – naïve Łódź.
";

fn decision_text() -> String {
    let mut text = DECISION.to_owned();
    for (place, of) in [
        ("{revision}", "revision"),
        ("{policy}", "policy"),
        ("{ledger}", "ledger"),
        ("{root}", "root"),
    ] {
        text = text.replace(place, &Digest::of(of.as_bytes()).to_string());
    }
    text
}

#[test]
fn a_decision_is_written_as_the_grammar_says() {
    assert_eq!(render(&samples::decision()).unwrap(), decision_text());
    assert_eq!(parse::<Decision>(decision_text().as_bytes()).unwrap(), samples::decision());
}

#[test]
fn every_kind_round_trips_and_knows_its_kind() {
    let all = samples::all();
    let kinds: Vec<_> = all.iter().map(AnyStatement::kind).collect();
    assert_eq!(kinds, StatementKind::ALL);
    for statement in all {
        let text = statement.render().unwrap();
        assert!(text.len() <= MAX_BYTES);
        assert_eq!(parse_any(text.as_bytes()).unwrap(), statement, "{text}");
        assert_eq!(kind_of(text.as_bytes()).unwrap(), statement.kind());
        assert_eq!(statement.kind().to_string().parse(), Ok(statement.kind()));
        assert_eq!(statement.kind().namespace(), format!("{}@countersign", statement.kind()));
        let bound = !matches!(statement, AnyStatement::Founding(_) | AnyStatement::Session(_));
        assert_eq!(statement.binding().is_some(), bound);
    }
}

#[test]
fn a_text_of_one_kind_is_not_read_as_another() {
    let error = parse::<Session>(decision_text().as_bytes()).unwrap_err();
    assert_eq!((error.line, error.key), (2, "kind"));
    assert!(error.to_string().contains("decision") && error.to_string().contains("session"));
}

/// A change to the good text, and the line, key and words that the refusal must name.
type Row = (&'static str, &'static str, &'static str, usize, &'static str, &'static str);

#[test]
fn each_departure_is_refused_with_line_key_and_remedy() {
    let rows: &[Row] = &[
        ("CR LF", "REQ-12\n", "REQ-12\r\n", 3, "", "save the text with LF line ends"),
        ("right-to-left override", "Within", "With\u{202E}in", 25, "", "U+202E"),
        ("bidi isolate", "Within", "With\u{2066}in", 25, "", "bidirectional control (U+2066)"),
        ("zero-width space", "Within", "With\u{200B}in", 25, "", "invisible character (U+200B)"),
        ("soft hyphen", "Within", "With\u{AD}in", 25, "", "U+00AD"),
        ("Hangul filler", "Within", "With\u{3164}in", 25, "", "U+3164"),
        ("variation selector", "Within", "With\u{FE0F}in", 25, "", "U+FE0F"),
        ("tag", "Within", "With\u{E0041}in", 25, "", "U+E0041"),
        ("no-break space", "Within", "With\u{A0}in", 25, "", "space or separator"),
        ("line separator", "Within", "With\u{2028}in", 25, "", "space or separator"),
        ("private use", "Within", "With\u{E000}in", 25, "", "private-use or unassigned"),
        ("noncharacter", "Within", "With\u{FFFE}in", 25, "", "private-use or unassigned"),
        ("tab", "Within", "With\tin", 25, "", "control"),
        ("bell", "REQ-12", "REQ-\u{7}12", 3, "", "control"),
        ("C1 control", "Within", "With\u{85}in", 25, "", "control"),
        ("not NFC", "naïve", "nai\u{308}ve", 25, "", "NFC"),
        ("singleton", "naïve", "na\u{212B}ve", 25, "", "NFC"),
        (
            "marks piled up",
            "naïve",
            "nq\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
            25,
            "",
            "marks",
        ),
        ("mark first", "reason: W", "reason: \u{301}W", 25, "reason", "combining mark"),
        ("space last", "Łódź.\n", "Łódź. \n", 25, "reason", "trim"),
        ("space first", "reason: W", "reason:  W", 25, "reason", "trim"),
        ("Cyrillic in an id", "UA.Depot-1", "UA.D\u{435}pot-1", 11, "depot", "U+0435"),
        ("two spaces", "holder: UA", "holder:  UA", 10, "holder", "party id"),
        ("space behind", "holder: UA\n", "holder: UA \n", 10, "holder", "party id"),
        ("no space", "holder: UA", "holder:UA", 10, "", "key: value"),
        ("no value", "holder: UA", "holder: ", 10, "", "write `-`"),
        ("no value, no space", "holder: UA", "holder:", 10, "", "write `-`"),
        ("empty line", "holder: UA\n", "\nholder: UA\n", 10, "", "key: value"),
        ("version 2", "countersign: 1", "countersign: 2", 1, "", "countersign: 1"),
        ("no version", "countersign: 1\n", "", 1, "", "countersign: 1"),
        ("blank before", "countersign: 1\n", " countersign: 1\n", 1, "", "countersign: 1"),
        ("byte order mark", "countersign: 1\n", "\u{FEFF}countersign: 1\n", 1, "", "U+FEFF"),
        ("no kind", "kind: decision\n", "", 2, "kind", "missing"),
        ("unknown kind", "kind: decision", "kind: decree", 2, "kind", "publication"),
        ("missing key", "holder: UA\n", "", 10, "holder", "missing"),
        ("missing last", "reason: Within", "", 25, "", "key: value"),
        ("duplicate", "holder: UA\n", "holder: UA\nholder: UA\n", 11, "", "twice"),
        ("second kind", "holder: UA\n", "kind: decision\nholder: UA\n", 10, "", "twice"),
        (
            "unknown key",
            "holder: UA\n",
            "target: x\nholder: UA\n",
            10,
            "",
            "\"target\" is not a key",
        ),
        (
            "key of another kind",
            "holder: UA\n",
            "advice: refuse\n",
            10,
            "",
            "\"advice\" is not a key",
        ),
        ("upper case key", "holder: UA", "Holder: UA", 10, "", "not a key"),
        (
            "out of order",
            "item: ATACMS\nquantity: 8\n",
            "quantity: 8\nitem: ATACMS\n",
            7,
            "item",
            "out of order",
        ),
        ("set unsorted", "RU.Bryansk,RU.Kursk", "RU.Kursk,RU.Bryansk", 9, "zones", "sorted"),
        ("set doubled", "RU.Bryansk,RU.Kursk", "RU.Kursk,RU.Kursk", 9, "zones", "sorted"),
        ("set with gap", "RU.Bryansk,", ",", 9, "zones", "zone id"),
        ("set with space", "RU.Bryansk,", "RU.Bryansk, ", 9, "zones", "sorted"),
        ("quantity 0", "quantity: 8", "quantity: 0", 8, "quantity", "at least 1"),
        ("quantity 08", "quantity: 8", "quantity: 08", 8, "quantity", "digits only"),
        ("quantity +8", "quantity: 8", "quantity: +8", 8, "quantity", "digits only"),
        (
            "quantity too large",
            "quantity: 8\n",
            "quantity: 1000000000001\n",
            8,
            "quantity",
            "10^12",
        ),
        ("no quantity", "quantity: 8", "quantity: -", 8, "quantity", "digits only"),
        ("revision 0", "revision: 2", "revision: 0", 4, "revision", "revision number"),
        ("window reversed", "2025-06-09T00", "2025-06-02T00", 12, "window", "window"),
        ("offset", "2025-06-01T14:00:00Z", "2025-06-01T16:00:00+02:00", 24, "expires", "UTC"),
        ("lower case z", "2025-06-01T14:00:00Z", "2025-06-01T14:00:00z", 24, "expires", "UTC"),
        ("zero millis", "2025-06-01T14:00:00Z", "2025-06-01T14:00:00.000Z", 24, "expires", "UTC"),
        (
            "microseconds",
            "2025-06-01T14:00:00Z",
            "2025-06-01T14:00:00.000001Z",
            24,
            "expires",
            "UTC",
        ),
        ("leap second", "2025-06-01T14:00:00Z", "2025-06-01T13:59:60Z", 24, "expires", "UTC"),
        ("expires early", "2025-06-01T14", "2025-06-01T12", 24, "expires", "later than not-before"),
        ("checkpoint", "checkpoint: 41 ", "checkpoint: 041 ", 21, "checkpoint", "tree size"),
        ("upper case nonce", "nonce: 0707", "nonce: 07AF", 22, "nonce", "lower-case"),
        (
            "provisos refused",
            "decision: approve",
            "decision: refuse",
            16,
            "provisos",
            "only with `approve`",
        ),
        ("proviso order", "quantity=4", "depot=A quantity=4", 16, "provisos", "provisos such as"),
        ("bad escape", "agreed;\\n", "agreed;\\t", 25, "reason", "backslash"),
        ("lone backslash", "Łódź.\n", "Łódź.\\\n", 25, "reason", "backslash"),
        ("hyphen escaped inside", "Within", "\\-Within", 25, "reason", "backslash"),
        ("trailing data", "Łódź.\n", "Łódź.\nmore: text\n", 26, "", "not a key"),
        ("trailing line", "Łódź.\n", "Łódź.\nreason: -\n", 26, "", "twice"),
        ("trailing blank line", "Łódź.\n", "Łódź.\n\n", 26, "", "key: value"),
        ("no final line feed", "Łódź.\n", "Łódź.", 0, "", "line feed"),
    ];
    for (what, from, to, line, key, words) in rows {
        let text = decision_text();
        assert_eq!(text.matches(from).count(), 1, "{what}: {from:?} must stand once");
        let error = parse::<Decision>(text.replace(from, to).as_bytes()).expect_err(what);
        assert_eq!((error.line, error.key), (*line, *key), "{what}: {error}");
        assert!(error.to_string().contains(words), "{what}: {error}");
    }
}

#[test]
fn length_and_encoding_are_bounded() {
    let mut statement = samples::decision();
    statement.reason = "x".repeat(1024);
    assert!(render(&statement).is_ok());
    statement.reason.push('x');
    let error = render(&statement).unwrap_err();
    assert_eq!(error.fault, Fault::TextTooLong { bytes: 1025, max: 1024 });
    statement.reason = "\n".repeat(513);
    assert_eq!(render(&statement).unwrap_err().key, "reason");
    statement.reason.clear();
    statement.terms.zones =
        (0..60).map(|number| format!("Z{number:063}").parse().unwrap()).collect();
    assert!(matches!(render(&statement).unwrap_err().fault, Fault::TooLong { .. }));

    let mut bytes = decision_text().into_bytes();
    bytes.insert(20, 0xFF);
    let error = parse::<Decision>(&bytes).unwrap_err();
    assert_eq!((error.line, error.fault), (2, Fault::NotUtf8 { offset: 20 }));
    assert!(parse::<Decision>(b"").is_err());
    assert!(parse::<Decision>(b"\n").is_err());
    assert!(kind_of(b"countersign: 1\n").is_err());
}

#[test]
fn values_that_contradict_each_other_have_no_text() {
    let provisos = Provisos { quantity: Quantity::new(2), ..Provisos::default() };
    let mut advice = samples::advice();
    advice.provisos = Provisos::default();
    assert_eq!(render(&advice).unwrap_err().key, "provisos");
    for kind in [AdviceKind::Approve, AdviceKind::Refuse, AdviceKind::NoObjection] {
        advice.advice = kind;
        advice.provisos = Provisos::default();
        assert!(render(&advice).is_ok());
        advice.provisos = provisos.clone();
        assert_eq!(render(&advice).unwrap_err().key, "provisos");
    }
    let mut decision = samples::decision();
    for kind in [DecisionKind::Refuse, DecisionKind::Withdraw, DecisionKind::Ask] {
        decision.decision = kind;
        decision.provisos = provisos.clone();
        assert_eq!(render(&decision).unwrap_err().key, "provisos");
        decision.provisos = Provisos::default();
        assert!(render(&decision).is_ok());
    }
    decision.terms.quantity = Quantity::ZERO;
    assert_eq!(render(&decision).unwrap_err().key, "quantity");

    let good = samples::appointment();
    let mut bad = good.clone();
    bad.role = Role::Incumbent;
    assert_eq!(render(&bad).unwrap_err().key, "deputy-of");
    bad.deputy_of = None;
    assert_eq!(render(&bad).unwrap_err().key, "acts");
    bad.acts.clear();
    assert!(render(&bad).is_ok());
    bad.role = Role::Deputy;
    assert_eq!(render(&bad).unwrap_err().key, "deputy-of");
    bad.deputy_of = good.deputy_of;
    assert_eq!(render(&bad).unwrap_err().key, "acts");
}

#[test]
fn keys_and_origins_are_checked_where_they_stand() {
    let find = |kind| samples::all().into_iter().find(|any| any.kind() == kind).unwrap();
    let AnyStatement::Enrolment(mut enrolment) = find(StatementKind::Enrolment) else { panic!() };
    enrolment.public_key.push_str(" a comment");
    assert_eq!(render(&enrolment).unwrap_err().key, "public-key");
    enrolment.public_key = "ssh-rsa AAAA".to_owned();
    assert_eq!(render(&enrolment).unwrap_err().key, "public-key");
    let AnyStatement::Founding(mut founding) = find(StatementKind::Founding) else { panic!() };
    for origin in ["", "-", "a b", "a+b", "https://a.example", "é.example"] {
        founding.origin = origin.to_owned();
        assert!(render(&founding).is_err(), "{origin}");
    }
}

#[test]
fn a_hyphen_and_nothing_are_told_apart() {
    let mut statement = samples::decision();
    for (reason, written) in
        [("", "-"), ("-", "\\-"), ("--", "--"), ("- x", "- x"), ("\\-", "\\\\-")]
    {
        statement.reason = reason.to_owned();
        let text = render(&statement).unwrap();
        assert!(text.ends_with(&format!("\nreason: {written}\n")), "{text}");
        assert_eq!(parse::<Decision>(text.as_bytes()).unwrap().reason, reason);
    }
}

#[test]
fn the_fingerprint_is_short_and_of_the_bytes() {
    // printf 'abc' | sha256sum
    assert_eq!(fingerprint("abc"), "ba78 16bf 8f01 cfea 4141");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_reason_round_trips_or_is_refused(
        reason in "\\PC{0,60}|[ -~\n\\\\-]{0,40}|\\p{L}{0,20}",
    ) {
        let mut statement = samples::decision();
        statement.reason = reason;
        if let Ok(text) = render(&statement) {
            prop_assert_eq!(parse::<Decision>(text.as_bytes()).unwrap(), statement);
        }
    }

    #[test]
    fn visible_ascii_reasons_always_have_a_text(reason in "[!-~]([ -~\n]{0,80}[!-~])?") {
        let mut statement = samples::decision();
        statement.reason = reason;
        let text = render(&statement).unwrap();
        prop_assert_eq!(parse::<Decision>(text.as_bytes()).unwrap(), statement);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
        let _ = parse_any(&bytes);
        let _ = parse::<Decision>(&bytes);
    }

    #[test]
    fn arbitrary_lines_never_panic(
        kind in 0..10_usize,
        lines in proptest::collection::vec("[a-z-]{0,12}(: ?)?\\PC{0,20}", 0..30),
    ) {
        let kind = StatementKind::ALL[kind];
        let text = format!("countersign: 1\nkind: {kind}\n{}\n", lines.join("\n"));
        if let Ok(any) = parse_any(text.as_bytes()) {
            prop_assert_eq!(any.render().unwrap(), text);
        }
    }

    #[test]
    fn spliced_texts_have_one_form(
        kind in 0..10_usize, cut in 0..2000_usize, gone in 0..40_usize, put in "[ -~\n]{0,20}",
    ) {
        let text = samples::all()[kind].render().unwrap().into_bytes();
        let from = cut % text.len();
        let until = (from + gone).min(text.len());
        let spliced = [&text[..from], put.as_bytes(), &text[until..]].concat();
        if let Ok(any) = parse_any(&spliced) {
            prop_assert_eq!(any.render().unwrap().into_bytes(), spliced);
        }
    }
}

#[test]
fn each_change_of_one_byte_is_refused_or_is_another_statement() {
    let mut meant_something_else = 0;
    for original in samples::all() {
        let text = original.render().unwrap().into_bytes();
        for place in 0..text.len() {
            for byte in
                [0, b'\n', b'\r', b' ', b'-', b'0', b'1', b'A', b'a', b',', b'\\', 0x80, 0xC3]
                    .into_iter()
                    .chain([text[place] ^ 1, text[place] ^ 0x20])
                    .filter(|byte| *byte != text[place])
            {
                let mut changed = text.clone();
                changed[place] = byte;
                if let Ok(other) = parse_any(&changed) {
                    assert_ne!(other, original);
                    assert_eq!(other.render().unwrap().into_bytes(), changed);
                    meant_something_else += 1;
                }
            }
            let shorter = [&text[..place], &text[place + 1..]].concat();
            if let Ok(other) = parse_any(&shorter) {
                assert_ne!(other, original);
            }
        }
    }
    // Digits of quantities, dates and digests do mean something else.
    assert!(meant_something_else > 1000, "{meant_something_else}");
}

#[test]
fn errors_show_hostile_text_safely() {
    let error = parse::<Decision>(decision_text().replace("use", "u\u{1b}[2Jse").as_bytes());
    assert!(!error.unwrap_err().to_string().contains('\u{1b}'));
    let word = WordError::new("\u{202E}\u{1b}x", "an id");
    assert!(word.to_string().is_ascii());
}

/// A character is allowed only if the older table knows it; the normaliser must know it too.
#[test]
fn the_normaliser_knows_every_character_that_is_allowed() {
    let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
    let normaliser = (u64::from(major), u64::from(minor), u64::from(patch));
    assert!(unicode_properties::UNICODE_VERSION <= normaliser);
}
