//! What a depot honours: one thing is wrong in each case, and the rule that it breaks is named.

use super::scene::{Scene, certificate, code, collector, file, issuer, list, moment, sign, units};
use countersign::depot::{Carried, Depot, DepotError, Standing, known_keys, papers};
use countersign_proof::SoftwareKey;
use countersign_proof::certificate::{Certificate, Collection, DepotText, IssuerKey, ReceiptMode};
use countersign_proof::status::{Bits, EXPANDED_MAX, Status, StatusList};
use countersign_proof::words::{CertificateId, Nonce, Window};

#[test]
fn a_good_certificate_is_honoured_up_to_its_ceiling() {
    let mut scene = Scene::new();
    let good = certificate(5);
    let handed = scene.hand_out(&good, 3).unwrap();
    let said = handed.receipt.said();
    assert_eq!((said.quantity, said.total, handed.left), (units(3), units(3), units(2)));
    assert_eq!(said.mode, ReceiptMode::CertificateOnly);
    assert_eq!(code(scene.signed(&good, 3)), "depot/beyond-ceiling");
    scene.hand_out(&good, 2).unwrap();
    assert_eq!(code(scene.signed(&good, 1)), "depot/beyond-ceiling");
    assert_eq!(scene.total(), 5);
}

#[test]
fn what_was_offered_together_is_not_handed_out_twice() {
    let mut scene = Scene::new();
    let good = certificate(5);
    let (one, other) = (scene.signed(&good, 4).unwrap(), scene.signed(&good, 4).unwrap());
    scene.hand(&good, 4, &one).unwrap();
    assert_eq!(code(scene.hand(&good, 4, &other)), "depot/beyond-ceiling");
    assert_eq!(code(scene.hand(&good, 4, &one)), "depot/booked-already");
    assert_eq!(scene.total(), 4);
}

#[test]
fn a_certificate_is_for_one_depot_in_its_time() {
    let scene = Scene::new();
    let elsewhere = Certificate { depot: "UA.Depot-2".parse().unwrap(), ..certificate(5) };
    assert_eq!(code(scene.check(&elsewhere)), "depot/other-depot");
    let real = Certificate { exercise: false, ..certificate(5) };
    assert_eq!(code(scene.check(&real)), "depot/other-exercise");
    let window = |from, until| Window::new(moment(from), moment(until)).unwrap();
    let late = window("2025-06-02T00:00:00Z", "2025-06-02T12:00:00Z");
    assert_eq!(code(scene.check(&Certificate { window: late, ..certificate(5) })), "depot/expired");
    let early = window("2025-06-02T12:00:01Z", "2025-06-09T00:00:00Z");
    let early = Certificate { window: early, ..certificate(5) };
    assert_eq!(code(scene.check(&early)), "depot/not-yet-valid");
    let just = window("2025-06-02T12:00:00Z", "2025-06-02T12:00:01Z");
    scene.check(&Certificate { window: just, ..certificate(5) }).unwrap();
    let signed = Certificate { issued_at: moment("2025-06-02T12:00:01Z"), ..certificate(5) };
    assert_eq!(code(scene.check(&signed)), "depot/clock-behind");
}

#[test]
fn only_the_pinned_issuer_counts() {
    let scene = Scene::new();
    let stranger = IssuerKey::from_seed([66; 32]);
    let bytes = certificate(5).issue(&stranger).unwrap();
    let checked = scene.open().check(&bytes, Standing::CertificateOnly);
    assert_eq!(code(checked), "certificate/signature");
    let good = file(&certificate(5));
    for place in 0..good.len() {
        let mut flipped = good.clone();
        flipped[place] ^= 1;
        let checked = scene.open().check(&flipped, Standing::CertificateOnly);
        assert!(code(checked).starts_with("certificate/"), "byte {place}");
    }
}

#[test]
fn two_certificates_of_one_number_are_both_refused_after_the_first() {
    let mut scene = Scene::new();
    scene.hand_out(&certificate(5), 1).unwrap();
    let other = Certificate { quantity: units(50), ..certificate(5) };
    assert_eq!(code(scene.check(&other)), "depot/number-reused");
    scene.hand_out(&certificate(5), 1).unwrap();
}

#[test]
fn a_clock_that_was_set_back_is_refused() {
    let mut scene = Scene::new();
    scene.check(&certificate(5)).unwrap();
    scene.now = moment("2025-06-02T11:59:59.999Z");
    assert_eq!(code(scene.try_open().map(|_| ())), "depot/clock-went-back");
    // The clock had run ahead once: the present time is accepted by hand, and it is in the book.
    scene.now = moment("2025-06-05T12:00:00Z");
    scene.open();
    scene.now = moment("2025-06-02T12:30:00Z");
    assert_eq!(code(scene.try_open().map(|_| ())), "depot/clock-went-back");
    let reason = "the battery had run out";
    Depot::set_clock_back(&scene.folder(), Some(scene.now), reason).unwrap();
    scene.check(&certificate(5)).unwrap();
    // But never before what the ledger signed.
    let early = moment("2025-06-02T11:00:00Z");
    let back = Depot::set_clock_back(&scene.folder(), Some(early), reason);
    assert_eq!(code(back), "depot/clock-behind");
}

#[test]
fn a_status_list_is_needed_and_must_be_fresh() {
    let mut scene = Scene::new();
    let good = certificate(5);
    scene.now = moment("2025-06-03T11:59:59Z");
    scene.check(&good).unwrap();
    scene.now = moment("2025-06-03T12:00:00Z");
    assert_eq!(code(scene.check(&good)), "depot/status-too-old");
    let fresh = list("2025-06-03T11:00:00Z", &[Status::Valid]);
    scene.open().take_status(&fresh).unwrap();
    scene.check(&good).unwrap();
    let later = Certificate {
        status: countersign_proof::certificate::StatusReference { index: 4, ..good.status.clone() },
        ..good.clone()
    };
    assert_eq!(code(scene.check(&later)), "status/beyond-end");
    // An older list does not take the place of a newer one; one from the future tells of the clock.
    let old = list("2025-06-03T10:00:00Z", &[Status::Valid]);
    assert_eq!(code(scene.open().take_status(&old)), "depot/status-older");
    let ahead = list("2025-06-03T12:00:01Z", &[Status::Valid]);
    assert_eq!(code(scene.open().take_status(&ahead)), "depot/clock-behind");
    for (status, expected) in
        [(Status::Invalid, "depot/revoked"), (Status::Suspended, "depot/suspended")]
    {
        let next = list("2025-06-03T12:00:00Z", &[status]);
        scene.open().take_status(&next).unwrap();
        assert_eq!(code(scene.check(&good)), expected);
    }
    std::fs::remove_file(scene.folder().join("status.list")).unwrap();
    assert_eq!(code(scene.check(&good)), "depot/no-status-list");
}

#[test]
fn a_list_put_back_to_an_older_one_is_found_out() {
    let mut scene = Scene::new();
    let old = std::fs::read(scene.folder().join("status.list")).unwrap();
    scene.now = moment("2025-06-02T13:00:00Z");
    let revoked = list("2025-06-02T13:00:00Z", &[Status::Invalid]);
    scene.open().take_status(&revoked).unwrap();
    std::fs::write(scene.folder().join("status.list"), old).unwrap();
    assert_eq!(code(scene.check(&certificate(5))), "depot/status-put-back");
}

#[test]
fn a_list_that_expands_without_end_is_refused() {
    let scene = Scene::new();
    let bomb = papers::deflate(&vec![0; EXPANDED_MAX + 1]).unwrap();
    assert!(bomb.len() < 10_000, "it is small: {}", bomb.len());
    let wrong = |compressed: Vec<u8>| {
        let issued_at = moment("2025-06-02T12:00:00Z");
        let list = StatusList {
            uri: super::scene::URI.to_owned(),
            issued_at,
            expires: issued_at.plus_days(1),
            time_to_live: 3_600,
            bits: Bits::Two,
            compressed,
        };
        code(scene.open().take_status(&list.issue(&issuer()).unwrap()))
    };
    assert_eq!(wrong(bomb), "depot/status-unreadable");
    assert_eq!(wrong(b"no zlib".to_vec()), "depot/status-unreadable");
}

#[test]
fn the_collector_signs_a_text_of_this_depot_once_and_in_time() {
    let mut scene = Scene::new();
    let good = certificate(5);
    let (text, signature) = scene.signed(&good, 2).unwrap();
    let stranger = SoftwareKey::from_seed([55; 32]);
    let forged = stranger.sign_text(Collection::NAMESPACE, text.as_bytes()).unwrap();
    assert_eq!(code(scene.hand(&good, 2, &(text.clone(), forged))), "certificate/other-key");
    let session = collector().sign_text("session@countersign", text.as_bytes()).unwrap();
    assert_eq!(code(scene.hand(&good, 2, &(text.clone(), session))), "signature");
    let more = text.replace("quantity: 2", "quantity: 3");
    assert_eq!(code(scene.hand(&good, 3, &(more.clone(), signature.clone()))), "signature");
    // The collector's own key under a text that this depot did not make.
    let resigned = (more.clone(), sign(&more));
    assert_eq!(code(scene.hand(&good, 3, &resigned)), "depot/nonce-unknown");
    let other =
        text.replace(&Nonce(1_u128.to_be_bytes()).to_string(), &Nonce([200; 16]).to_string());
    let resigned = (other.clone(), sign(&other));
    assert_eq!(code(scene.hand(&good, 2, &resigned)), "depot/nonce-unknown");
    let signed = (text, signature);
    assert_eq!(code(scene.hand(&good, 3, &signed)), "depot/other-quantity");
    let another = Certificate { id: CertificateId(2), ..good.clone() };
    assert_eq!(code(scene.hand(&another, 2, &signed)), "depot/nonce-unknown");
    scene.now = moment("2025-06-02T12:15:00Z");
    assert_eq!(code(scene.hand(&good, 2, &signed)), "depot/nonce-expired");
    assert_eq!(scene.total(), 0);
    let zero =
        scene.open().offer(&file(&good), units(0), Standing::CertificateOnly, Nonce([9; 16]));
    assert_eq!(code(zero), "depot/quantity-zero");
}

#[test]
fn the_issuer_s_word_alone_must_be_asked_for_and_allowed() {
    let scene = Scene::new();
    let good = file(&certificate(5));
    assert_eq!(code(scene.open().check(&good, Standing::Nothing)), "depot/no-evidence");
    assert_eq!(code(scene.open().check(&good, Standing::Evidence(b"{}"))), "depot/no-log");
    let strict = Scene::with(|settings| settings.certificate_only = false);
    let checked = strict.open().check(&good, Standing::CertificateOnly);
    assert_eq!(code(checked), "depot/full-only");
    let log = countersign_proof::LogKey::from_seed("ledger.example/one", [4; 32]).unwrap();
    let pinned = Scene::with(|settings| settings.log = Some(log.verifier().to_string()));
    let checked = pinned.open().check(&good, Standing::Evidence(b"{}"));
    assert_eq!(code(checked), "depot/evidence-unreadable");
}

#[test]
fn a_closed_account_stays_closed() {
    let mut scene = Scene::new();
    let good = certificate(5);
    scene.hand_out(&good, 2).unwrap();
    scene.open().close(&file(&good)).unwrap();
    assert_eq!(code(scene.check(&good)), "depot/closed");
    let carried = Carried::read(&scene.open().carry_back(&[]).unwrap()).unwrap();
    let account = carried.accounts[0].as_ref().unwrap().said();
    assert_eq!((account.total, account.receipts, account.closed), (units(2), 1, true));
    assert_eq!(account.last, Some(carried.receipts[0].as_ref().unwrap().digest()));
}

#[test]
fn what_is_carried_back_tells_everything() {
    let mut scene = Scene::new();
    let good = certificate(5);
    scene.hand_out(&good, 2).unwrap();
    scene.hand_out(&good, 1).unwrap();
    let elsewhere = Certificate { depot: "UA.Depot-2".parse().unwrap(), ..certificate(5) };
    assert_eq!(code(scene.check(&elsewhere)), "depot/other-depot");
    assert_eq!(code(scene.check(&elsewhere)), "depot/other-depot");
    let never = Certificate { id: CertificateId(2), ..certificate(7) };
    let bytes = scene.open().carry_back(&[file(&never)]).unwrap();
    let carried = Carried::read(&bytes).unwrap();
    assert_eq!(carried.receipts.len(), 2);
    assert_eq!(carried.sightings.len(), 1, "once for each reason");
    assert!(carried.sightings[0].as_ref().unwrap().said().elsewhere);
    let told: Vec<_> = carried
        .accounts
        .iter()
        .map(|one| one.as_ref().unwrap())
        .map(|one| (one.said().certificate.0, one.said().total.units(), one.said().closed))
        .collect();
    assert_eq!(told, [(1, 3, false), (2, 0, false)]);
    // Past the end nothing more can be handed out, and the account says so.
    scene.now = moment("2025-06-09T00:00:00Z");
    let carried = Carried::read(&scene.open().carry_back(&[]).unwrap()).unwrap();
    assert!(carried.accounts[0].as_ref().unwrap().said().closed);
    // Every byte counts, and what does not hold takes nothing else with it.
    let text = String::from_utf8(bytes).unwrap();
    let forged = text.replace("quantity: 2", "quantity: 1");
    assert_ne!(forged, text);
    let carried = Carried::read(forged.as_bytes()).unwrap();
    let good: Vec<bool> = carried.receipts.iter().map(Result::is_ok).collect();
    assert_eq!(good, [false, true]);
    assert!(matches!(Carried::read(b"{}"), Err(DepotError::Malformed(_))));
}

#[test]
fn officials_keys_are_read_strictly() {
    let key = SoftwareKey::from_seed([3; 32]).public_key().to_openssh();
    let options = "namespaces=\"decision@countersign\",valid-after=\"20250101000000Z\",\
                   valid-before=\"20251231235959Z\"";
    let good = format!("# a comment\n\nP-3F9A,US.SecDef,US.NSC {options} {key}\n");
    let keys = known_keys(&good).unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].offices.len(), 2);
    assert_eq!(keys[0].span.until(), moment("2026-01-01T00:00:00Z"));
    for wrong in [
        format!("P-3F9A {key}"),
        format!("P-3F9A cert-authority,{options} {key}"),
        format!("P-3F9A,US SecDef {options} {key}"),
        format!("P-3F9A namespaces=\"session@countersign\" {key}"),
        format!("P-3F9A {options} ssh-rsa AAAA"),
        format!("P-3F9A namespaces=\"decision@countersign\" {key}"),
    ] {
        let refused = known_keys(&wrong);
        assert_eq!(code(refused), "depot/trust-unreadable", "{wrong}");
    }
}

#[test]
fn a_code_is_the_certificate() {
    let bytes = file(&certificate(5));
    let code = papers::code(&bytes);
    assert_eq!(papers::certificate(code.as_bytes()).unwrap(), bytes);
    assert_eq!(papers::certificate(format!("{code}\n").as_bytes()).unwrap(), bytes);
    assert_eq!(papers::certificate(&bytes).unwrap(), bytes);
    assert!(papers::certificate(b"CERT1:a").is_err());
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    assert!(code.chars().all(|letter| alphabet.contains(letter)), "{code}");
    let picture = papers::picture(&bytes).unwrap();
    roxmltree::Document::parse(&picture).unwrap();
    let scene = Scene::new();
    let checked = scene.open().check(code.as_bytes(), Standing::CertificateOnly).unwrap();
    assert_eq!(checked.certificate, certificate(5));
}
