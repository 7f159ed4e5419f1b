//! Signatures by software keys, with `ssh-keygen` and the crate `ssh-key` as oracles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "samples/keygen.rs"]
mod keygen;
#[path = "samples/statements.rs"]
mod samples;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::signature::{KeyError, allowed_signers_line, verify_any};
use countersign_proof::statement::{Advice, Decision};
use countersign_proof::{
    Assurance, PublicKey, SignatureError, SignatureRules, SoftwareKey, Sshsig, Statement,
    StatementKind, render, verify,
};
use proptest::prelude::*;

fn rules() -> SignatureRules {
    SignatureRules::default()
}

fn software_keys() -> [SoftwareKey; 2] {
    [SoftwareKey::from_seed([5; 32]), SoftwareKey::p256_from_seed([5; 32]).unwrap()]
}

/// The armour around other bytes.
fn armour(blob: &[u8]) -> String {
    let body = STANDARD.encode(blob);
    let lines: Vec<_> = body.as_bytes().chunks(70).map(|l| str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

#[test]
fn stock_signatures_are_verified() {
    let dir = tempfile::tempdir().unwrap();
    let text = render(&samples::decision()).unwrap();
    for kind in ["ed25519", "ecdsa"] {
        let line = keygen::make_key(dir.path(), kind, kind);
        let armoured = keygen::sign(dir.path(), kind, "decision@countersign", text.as_bytes());
        let verified = verify::<Decision>(text.as_bytes(), &armoured, &rules()).unwrap();
        assert_eq!(verified.statement(), &samples::decision());
        assert_eq!(verified.text(), text);
        assert_eq!(verified.armoured(), armoured);
        assert_eq!(verified.assurance(), Assurance::KeyOnly);
        assert_eq!(verified.authenticator(), None);
        assert_eq!(verified.key(), &PublicKey::from_openssh(&line).unwrap());
        let listed = keygen::run(dir.path(), &["-l", "-f", &format!("{kind}.pub")], b"").stdout;
        let listed = String::from_utf8(listed).unwrap();
        assert!(listed.contains(&verified.key_id().to_string()), "{listed}");

        let any = verify_any(text.as_bytes(), &armoured, &rules()).unwrap();
        assert_eq!(any.statement().kind(), StatementKind::Decision);
        let other = keygen::sign(dir.path(), kind, "file", text.as_bytes());
        let error = verify::<Decision>(text.as_bytes(), &other, &rules()).unwrap_err();
        assert!(matches!(error, SignatureError::Namespace { .. }), "{error}");
        assert!(error.to_string().contains("-n decision@countersign"));
    }
}

#[test]
fn stock_tools_verify_our_signatures() {
    let dir = tempfile::tempdir().unwrap();
    let person = samples::decision().signer;
    let span = samples::window("2025-06-01T00:00:00Z/2025-07-01T00:00:00Z");
    for key in software_keys() {
        let (text, armoured) = key.sign(&samples::decision()).unwrap();
        let kinds = [StatementKind::Decision, StatementKind::Advice];
        let line = allowed_signers_line(&person, &kinds, span, key.public_key());
        let ask = |person: &str, namespace: &str, text: &str, at: &str| {
            let who = (line.as_str(), person, namespace);
            keygen::verify(dir.path(), who, (text.as_bytes(), &armoured), Some(at))
        };
        let name = person.as_str();
        let good = ask(name, "decision@countersign", &text, "20250615120000Z").unwrap();
        assert!(good.starts_with("Good \"decision@countersign\" signature for P-3F9A"), "{good}");
        // The first and the last second of the span, and those beside them.
        assert!(ask(name, "decision@countersign", &text, "20250601000000Z").is_ok());
        assert!(ask(name, "decision@countersign", &text, "20250630235959Z").is_ok());
        assert!(ask(name, "decision@countersign", &text, "20250531235959Z").is_err());
        assert!(ask(name, "decision@countersign", &text, "20250701000000Z").is_err());
        assert!(ask(name, "advice@countersign", &text, "20250615120000Z").is_err());
        assert!(ask("P-3F9B", "decision@countersign", &text, "20250615120000Z").is_err());
        let changed = text.replace("quantity: 8", "quantity: 9");
        assert!(ask(name, "decision@countersign", &changed, "20250615120000Z").is_err());
    }
}

#[test]
fn the_allowed_signers_line_never_allows_more_than_the_span() {
    let key = SoftwareKey::from_seed([5; 32]);
    let span = samples::window("2025-06-01T00:00:00.001Z/2025-06-01T00:00:02.001Z");
    let line = allowed_signers_line(
        &samples::decision().signer,
        &[StatementKind::Hold],
        span,
        key.public_key(),
    );
    let expected = "P-3F9A namespaces=\"hold@countersign\",valid-after=\"20250601000001Z\",\
                    valid-before=\"20250601000002Z\" ssh-ed25519 ";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn another_implementation_verifies_our_signatures() {
    for key in software_keys() {
        let (text, armoured) = key.sign(&samples::decision()).unwrap();
        let theirs = ssh_key::PublicKey::from_openssh(&key.public_key().to_openssh()).unwrap();
        let signature: ssh_key::SshSig = armoured.parse().unwrap();
        theirs.verify("decision@countersign", text.as_bytes(), &signature).unwrap();
        assert!(theirs.verify("advice@countersign", text.as_bytes(), &signature).is_err());
        let fingerprint = theirs.fingerprint(ssh_key::HashAlg::Sha256).to_string();
        assert_eq!(fingerprint, key.public_key().id().to_string());
    }
}

#[test]
fn another_implementations_signatures_are_verified_under_both_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let text = render(&samples::decision()).unwrap();
    for kind in ["ed25519", "ecdsa"] {
        let line = keygen::make_key(dir.path(), kind, kind);
        let private = ssh_key::PrivateKey::read_openssh_file(&dir.path().join(kind)).unwrap();
        for hash in [ssh_key::HashAlg::Sha256, ssh_key::HashAlg::Sha512] {
            let signature = private.sign("decision@countersign", hash, text.as_bytes()).unwrap();
            let pem = signature.to_pem(ssh_key::LineEnding::LF).unwrap();
            let verified = verify::<Decision>(text.as_bytes(), &pem, &rules()).unwrap();
            assert_eq!(verified.key(), &PublicKey::from_openssh(&line).unwrap());
        }
    }
}

#[test]
fn each_changed_byte_of_text_or_signature_is_refused() {
    for key in software_keys() {
        let (text, armoured) = key.sign(&samples::decision()).unwrap();
        let text = text.into_bytes();
        for place in 0..text.len() {
            let mut changed = text.clone();
            changed[place] ^= 1;
            let error = verify::<Decision>(&changed, &armoured, &rules()).unwrap_err();
            assert_eq!(error, SignatureError::Mismatch, "text, byte {place}");
        }
        let blob = Sshsig::parse(&armoured).unwrap().blob().to_vec();
        for place in 0..blob.len() {
            for flip in [1, 0x80] {
                let mut changed = blob.clone();
                changed[place] ^= flip;
                assert!(verify::<Decision>(&text, &armour(&changed), &rules()).is_err(), "{place}");
            }
            assert!(verify::<Decision>(&text, &armour(&blob[..place]), &rules()).is_err());
        }
        assert!(verify::<Decision>(&text, &armour(&blob), &rules()).is_ok());
        assert!(verify::<Decision>(&text, &armour(&[&blob[..], &[0]].concat()), &rules()).is_err());
        for place in 0..armoured.len() {
            let mut changed = armoured.clone().into_bytes();
            changed[place] ^= 1;
            if let Ok(changed) = String::from_utf8(changed) {
                assert!(verify::<Decision>(&text, &changed, &rules()).is_err(), "armour, {place}");
            }
        }
    }
}

#[test]
fn a_signature_counts_for_one_kind_and_one_key() {
    let [one, two] = software_keys();
    let (text, armoured) = one.sign(&samples::decision()).unwrap();
    let error = verify::<Advice>(text.as_bytes(), &armoured, &rules()).unwrap_err();
    assert!(matches!(error, SignatureError::Namespace { .. }));
    // Advice signed as a decision is no decision, and the text is read only after that.
    let advice = render(&samples::advice()).unwrap();
    let crossed = one.sign_text(Decision::KIND.namespace(), advice.as_bytes()).unwrap();
    let error = verify::<Decision>(advice.as_bytes(), &crossed, &rules()).unwrap_err();
    assert!(matches!(error, SignatureError::Statement(_)), "{error}");
    assert!(matches!(
        verify_any(advice.as_bytes(), &crossed, &rules()),
        Err(SignatureError::Namespace { .. })
    ));
    // Another key's blob around this signature.
    let blob = Sshsig::parse(&armoured).unwrap().blob().to_vec();
    let other = SoftwareKey::from_seed([6; 32]);
    let key = one.public_key().blob();
    let place = blob.windows(key.len()).position(|window| window == key).unwrap();
    let mut swapped = blob.clone();
    swapped[place..place + key.len()].copy_from_slice(other.public_key().blob());
    assert_eq!(
        verify::<Decision>(text.as_bytes(), &armour(&swapped), &rules()).unwrap_err(),
        SignatureError::Mismatch
    );
    assert_ne!(one.public_key().id(), two.public_key().id());
}

#[test]
fn armour_is_read_strictly() {
    let (text, good) = SoftwareKey::from_seed([5; 32]).sign(&samples::decision()).unwrap();
    let check = |armoured: &str| verify::<Decision>(text.as_bytes(), armoured, &rules());
    assert!(check(&good).is_ok());
    assert!(check(good.strip_suffix('\n').unwrap()).is_ok());
    let body = good.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let wrapped = |width: usize| {
        let lines: Vec<_> =
            body.as_bytes().chunks(width).map(|l| str::from_utf8(l).unwrap()).collect();
        format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            lines.join("\n")
        )
    };
    assert_eq!(check(&wrapped(76)).unwrap().armoured(), good);
    let bad = [
        wrapped(77),
        good.replace('\n', "\r\n"),
        format!("\n{good}"),
        format!("{good}\n"),
        format!("{good}{good}"),
        good.replacen("SSH", "PGP", 1),
        good.replacen('\n', "\n\n", 1),
        good.replacen("\n-----END", "=\n-----END", 1),
        good.replacen('U', " U", 1),
        good.to_lowercase(),
        String::new(),
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n".to_owned(),
        "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n".to_owned(),
        wrapped(70).replace("-----END", &format!("{}\n-----END", "A".repeat(9000))),
    ];
    for armoured in bad {
        let error = check(&armoured).expect_err(&armoured);
        assert!(
            matches!(error, SignatureError::Armour(_) | SignatureError::Malformed(_)),
            "{error}: {armoured}"
        );
    }
}

#[test]
fn other_keys_are_refused_and_the_accepted_ones_named() {
    let dir = tempfile::tempdir().unwrap();
    let text = render(&samples::decision()).unwrap();
    for (kind, name) in [("rsa", "ssh-rsa"), ("ecdsa -b 384", "ecdsa-sha2-nistp384")] {
        let mut arguments = vec!["-q", "-N", "", "-f", name, "-t"];
        arguments.extend(kind.split(' '));
        assert!(keygen::run(dir.path(), &arguments, b"").status.success());
        let line = std::fs::read_to_string(dir.path().join(format!("{name}.pub"))).unwrap();
        let error = PublicKey::from_openssh(&line).unwrap_err();
        assert_eq!(error, KeyError::Algorithm { found: name.to_owned() });
        let armoured = keygen::sign(dir.path(), name, "decision@countersign", text.as_bytes());
        let error = verify::<Decision>(text.as_bytes(), &armoured, &rules()).unwrap_err();
        assert!(error.to_string().contains("accepted are ssh-ed25519, ecdsa-sha2-nistp256"));
    }
    // A certificate.
    let line = keygen::make_key(dir.path(), "ed25519", "ca");
    keygen::make_key(dir.path(), "ed25519", "user");
    let output = keygen::run(dir.path(), &["-q", "-s", "ca", "-I", "x", "user.pub"], b"");
    assert!(output.status.success());
    let certificate = std::fs::read_to_string(dir.path().join("user-cert.pub")).unwrap();
    let error = PublicKey::from_openssh(&certificate).unwrap_err();
    assert!(error.to_string().contains("ssh-ed25519-cert-v01@openssh.com"), "{error}");

    let good = PublicKey::from_openssh(&line).unwrap();
    assert_eq!(good.to_openssh().parse::<PublicKey>().unwrap(), good);
    let base64 = line.split(' ').nth(1).unwrap();
    for bad in [
        String::new(),
        "ssh-ed25519".to_owned(),
        "ssh-ed25519 ".to_owned(),
        "ssh-ed25519 AAAA".to_owned(),
        format!("ecdsa-sha2-nistp256 {base64}"),
        format!("ssh-ed25519  {base64}"),
        format!(" ssh-ed25519 {base64}"),
        format!("ssh-ed25519 {base64}\r\n"),
        format!("ssh-ed25519 {base64}\n{line}"),
        format!("restrict ssh-ed25519 {base64}"),
    ] {
        assert!(PublicKey::from_openssh(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn points_that_prove_nothing_are_refused() {
    let blob = |name: &str, parts: &[&[u8]]| {
        let mut blob = Vec::new();
        for part in [&[name.as_bytes()], parts].concat() {
            blob.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            blob.extend_from_slice(part);
        }
        blob
    };
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert_eq!(PublicKey::from_blob(&blob("ssh-ed25519", &[&neutral])), Err(KeyError::Weak));
    assert_eq!(PublicKey::from_blob(&blob("ssh-ed25519", &[&[0; 32]])), Err(KeyError::Weak));
    let p256 = SoftwareKey::p256_from_seed([5; 32]).unwrap();
    let point = &p256.public_key().blob()[p256.public_key().blob().len() - 65..];
    let name = "ecdsa-sha2-nistp256";
    assert!(PublicKey::from_blob(&blob(name, &[b"nistp256", point])).is_ok());
    assert!(PublicKey::from_blob(&blob(name, &[b"nistp384", point])).is_err());
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    assert!(PublicKey::from_blob(&blob(name, &[b"nistp256", &compressed])).is_err());
    let mut off = point.to_vec();
    off[64] ^= 1;
    assert!(PublicKey::from_blob(&blob(name, &[b"nistp256", &off])).is_err());
    assert!(PublicKey::from_blob(&blob(name, &[b"nistp256", &[0]])).is_err());
    assert!(PublicKey::from_passkey(point, "").is_err());
    assert!(PublicKey::from_passkey(point, "a b").is_err());
    assert!(SoftwareKey::p256_from_seed([0; 32]).is_err());
    assert!(SoftwareKey::p256_from_seed([0xFF; 32]).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let key = SoftwareKey::from_seed([0xAB; 32]);
    let shown = format!("{key:?}").to_lowercase();
    assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_signatures_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,300}",
    ) {
        let _ = Sshsig::from_blob(bytes.clone());
        let _ = Sshsig::from_blob([b"SSHSIG\0\0\0\x01".as_slice(), &bytes].concat());
        let _ = PublicKey::from_blob(&bytes);
        let _ = PublicKey::from_openssh(&text);
        let _ = Sshsig::parse(&text);
        prop_assert!(verify_any(&bytes, &armour(&bytes), &rules()).is_err());
    }

    #[test]
    fn spliced_signatures_never_count(
        place in 0..300_usize, byte in any::<u8>(), cut in 0..9_usize,
    ) {
        let (text, armoured) = software_keys()[place % 2].sign(&samples::decision()).unwrap();
        let mut blob = Sshsig::parse(&armoured).unwrap().blob().to_vec();
        let place = place % blob.len();
        let end = (place + cut).min(blob.len());
        let was = blob.clone();
        blob.splice(place..end, [byte]);
        let checked = verify::<Decision>(text.as_bytes(), &armour(&blob), &rules());
        prop_assert!(blob == was || checked.is_err());
    }
}
