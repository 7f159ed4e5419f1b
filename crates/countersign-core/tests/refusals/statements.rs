//! What never becomes a command: texts and signatures that a door refuses to read.

use super::asked;
use super::world::{HardwareKey, PRESENT, VERIFIED, World, key_of, rules};
use countersign_proof::render;
use countersign_proof::signature::{SignatureError, verify};
use countersign_proof::statement::{Advice, Decision, Fault, StatementError, parse};
use countersign_proof::words::{Quantity, Window};

fn decision() -> Decision {
    let kind = World::kind("approve");
    asked().decision("secdef", "US.SecDef", 1, kind, "-").unwrap()
}

/// The text of a decision, one place in it changed.
fn with(from: &str, to: &str) -> String {
    let text = render(&decision()).unwrap();
    assert!(text.contains(from), "{from:?} is not in\n{text}");
    text.replacen(from, to, 1)
}

fn fault(text: &str) -> (usize, &'static str, Fault) {
    let StatementError { line, key, fault } = parse::<Decision>(text.as_bytes()).unwrap_err();
    (line, key, fault)
}

#[test]
fn a_text_that_could_deceive_is_refused() {
    assert!(matches!(fault(&with("\n", "\r\n")).2, Fault::CarriageReturn));
    let bidi = with("reason: -", "reason: a\u{202E}b");
    assert!(matches!(fault(&bidi), (_, _, Fault::Forbidden { found: '\u{202E}', .. })));
    let invisible = with("reason: -", "reason: a\u{200B}b");
    assert!(matches!(fault(&invisible), (_, _, Fault::Forbidden { found: '\u{200B}', .. })));
    let lookalike = with("holder: UA", "holder: UА");
    assert!(matches!(fault(&lookalike), (_, "holder", Fault::NotAscii { .. })));
    let decomposed = with("reason: -", "reason: e\u{301}");
    assert!(matches!(fault(&decomposed).2, Fault::NotNfc));
    let long = with("reason: -", &format!("reason: {}", "a".repeat(4096)));
    assert!(matches!(fault(&long).2, Fault::TooLong { .. }));
}

#[test]
fn a_text_with_other_lines_is_refused() {
    let twice = with("item: STORM-SHADOW\n", "item: STORM-SHADOW\nitem: STORM-SHADOW\n");
    assert!(matches!(fault(&twice).2, Fault::Duplicate { .. }));
    let swapped = with("item: STORM-SHADOW\nquantity: 4\n", "quantity: 4\nitem: STORM-SHADOW\n");
    assert!(matches!(fault(&swapped), (_, "item", Fault::OutOfOrder { .. })));
    assert!(matches!(fault(&with("item: STORM-SHADOW\n", "")), (_, "item", Fault::Missing)));
    let unknown = with("item: STORM-SHADOW\n", "colour: red\nitem: STORM-SHADOW\n");
    assert!(matches!(fault(&unknown).2, Fault::Unknown { .. }));
    assert!(matches!(fault(&with("countersign: 1", "countersign: 2")).2, Fault::Version));
    let text = render(&decision()).unwrap();
    assert!(matches!(parse::<Advice>(text.as_bytes()).unwrap_err().fault, Fault::Kind { .. }));
}

#[test]
fn quantities_and_windows_are_refused_where_they_are_written() {
    assert!(matches!(fault(&with("quantity: 4", "quantity: 0")), (_, "quantity", Fault::Rule(_))));
    for odd in ["04", "4.0", "-4", "1000000000001", "99999999999999999999", "4e2"] {
        let text = with("quantity: 4", &format!("quantity: {odd}"));
        assert!(matches!(fault(&text), (_, "quantity", Fault::Word(_))), "{odd}");
    }
    assert!(Quantity::MAX.plus(Quantity::new(1).unwrap()).is_none());
    for odd in [
        "2025-06-22T09:00:00Z/2025-06-02T09:00:00Z",
        "2025-06-02T09:00:00Z/2025-06-02T09:00:00Z",
        "2025-06-02T09:00:00Z",
        "2025-06-02/2025-06-22",
        "2025-06-31T09:00:00Z/2025-07-02T09:00:00Z",
    ] {
        odd.parse::<Window>().unwrap_err();
        let text = with("2025-06-02T09:00:00Z/2025-06-22T09:00:00Z", odd);
        assert!(matches!(fault(&text), (_, "window", Fault::Word(_))), "{odd}");
    }
    let narrowed = with("decision: approve\nprovisos: -", "decision: refuse\nprovisos: quantity=1");
    assert!(matches!(fault(&narrowed), (_, "provisos", Fault::Rule(_))));
}

/// Whatever byte of the signed text is changed, the signature does not match.
#[test]
fn a_changed_byte_is_seen() {
    let (text, armoured) = key_of("secdef").sign(&decision()).unwrap();
    verify::<Decision>(text.as_bytes(), &armoured, &rules()).unwrap();
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        let error = verify::<Decision>(&changed, &armoured, &rules()).unwrap_err();
        assert!(matches!(error, SignatureError::Mismatch), "byte {place}: {error}");
    }
}

#[test]
fn a_signature_for_another_purpose_is_refused() {
    let text = render(&decision()).unwrap();
    for namespace in ["advice@countersign", "git", "file", ""] {
        let armoured = key_of("secdef").sign_text(namespace, text.as_bytes());
        let Ok(armoured) = armoured else { continue };
        let error = verify::<Decision>(text.as_bytes(), &armoured, &rules()).unwrap_err();
        let expected = "decision@countersign";
        assert!(
            matches!(
                &error,
                SignatureError::Namespace { expected: named, .. } if *named == expected
            ) || matches!(&error, SignatureError::Malformed(_)),
            "{namespace}: {error}"
        );
    }
}

#[test]
fn hardware_that_did_not_verify_its_user_is_refused() {
    let hardware = HardwareKey::new("secdef");
    let decision = decision();
    hardware.sign(&decision, VERIFIED).unwrap();
    let error = hardware.sign(&decision, PRESENT).unwrap_err();
    assert!(matches!(error, SignatureError::UserNotVerified), "{error}");
    let error = hardware.sign(&decision, 0x04).unwrap_err();
    assert!(matches!(error, SignatureError::UserNotPresent), "{error}");
}
