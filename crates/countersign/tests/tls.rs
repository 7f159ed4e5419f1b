//! Serving over TLS: with a certificate that openssl has made, and with files that do not fit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "stage/certificate.rs"]
mod certificate;
#[path = "doors/served.rs"]
mod served;

use certificate::certificate;
use reqwest::{Certificate, Client, StatusCode};
use served::again;
use std::path::{Path, PathBuf};

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A ledger whose charter names an origin.
fn founded(folder: &Path, origin: &str) -> PathBuf {
    let (pack, ledger) = (folder.join("pack"), folder.join("D"));
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/long-range-2025");
    copy(Path::new(from), &pack);
    let manifest = pack.join("pack.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("http://localhost:8600"));
    std::fs::write(&manifest, text.replace("http://localhost:8600", origin)).unwrap();
    let (pack, dir) = (pack.to_str().unwrap(), ledger.to_str().unwrap());
    let (code, told) = again::output(&["demo", "--no-serve", "--pack", pack, "--dir", dir]);
    assert_eq!(code, 0, "{told}");
    ledger
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for found in std::fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let to = to.join(found.file_name());
        if found.file_type().unwrap().is_dir() {
            copy(&found.path(), &to);
        } else {
            std::fs::copy(found.path(), to).unwrap();
        }
    }
}

#[test]
fn a_ledger_is_served_over_tls_with_its_certificate_and_not_without() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(folder.path(), "mine");
    let (other, _) = certificate(folder.path(), "other");
    // The port has to be known before the ledger is founded: its charter names it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("https://localhost:{port}");
    let ledger = founded(folder.path(), &origin);
    let words = ["--origin", &origin, "--tls-cert", cert.to_str().unwrap(), "--tls-key"];
    let words = [&words[..], &[key.to_str().unwrap()]].concat();
    let server = again::serve(&ledger, &port.to_string(), &words);
    run(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trusting = |cert: &Path| {
            let cert = Certificate::from_pem(&std::fs::read(cert).unwrap()).unwrap();
            let client = Client::builder().tls_certs_only([cert]).no_proxy();
            client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
        };
        let client = trusting(&cert);
        let answer = client.get(format!("{origin}/health/ready")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().contains_key("strict-transport-security"));
        let answer = client.get(format!("{origin}/sign-in")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.text().await.unwrap().contains("sign-in"));
        // Another name than the origin's is not served, also over TLS.
        let answer = client.get(format!("{origin}/sign-in")).header("host", "evil.example");
        assert_eq!(answer.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
        // Whoever does not trust the certificate gets no further, and neither does plain HTTP.
        assert!(trusting(&other).get(&origin).send().await.is_err());
        assert!(client.get(format!("http://localhost:{port}/")).send().await.is_err());
    });
    server.stop();
}

#[test]
fn files_that_do_not_fit_are_told_with_their_names_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(folder.path(), "mine");
    let (_, wrong) = certificate(folder.path(), "other");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let nowhere = folder.path().join("nowhere.pem");
    for (cert, key) in [
        (&cert, &wrong),
        (&key, &cert),
        (&empty, &key),
        (&cert, &empty),
        (&nowhere, &key),
        (&cert, &nowhere),
    ] {
        let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
        let words = ["serve", "--ledger", "nowhere", "--listen", "127.0.0.1:0"];
        let words = [&words[..], &["--tls-cert", cert, "--tls-key", key]].concat();
        let (code, told) = again::output(&words);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains(cert) && told.contains(key), "{told}");
        assert!(told.contains("private key that belongs to it"), "{told}");
        assert!(!told.contains("BEGIN"), "{told}");
    }
}
