//! A reader that is not ours: PyPI's `cwt`, which knows COSE, CWT and Ed25519 from elsewhere.
//!
//! It is installed under `target` when first asked for, in one exact version, and is no part of the
//! repository. Where it cannot be had, the test says so; in CI it fails.

use super::certificates::{certificate, collector, issuer};
use countersign_proof::PublicKey;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

const CWT: &str = "cwt==3.3.0";

/// The folder with the installed package; `None` where it cannot be had.
fn package() -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap().join("oracles");
    std::fs::create_dir_all(&target).unwrap();
    let held = File::create(target.join(".lock")).unwrap();
    held.lock().unwrap();
    let dir = target.join(CWT);
    if dir.join(".installed").is_file() {
        return Some(dir);
    }
    let said = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--target"])
        .arg(&dir)
        .arg(CWT)
        .output();
    if said.as_ref().is_ok_and(|said| said.status.success()) {
        std::fs::write(dir.join(".installed"), CWT).unwrap();
        return Some(dir);
    }
    not_run(&format!("{CWT} cannot be installed with pip: {said:?}"));
    None
}

#[expect(clippy::print_stdout, reason = "what is left out is said aloud")]
#[expect(clippy::disallowed_methods, reason = "whether this is CI, where nothing may be left out")]
fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("NOT RUN: {why}");
}

/// The 32 bytes of an Ed25519 key, as digits.
fn raw(key: &PublicKey) -> String {
    key.blob()[19..].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ask(package: &Path, script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .env("PYTHONPATH", package)
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const READ: &str = "
import sys
from cwt import COSE, COSEKey
import cbor2
data = open(sys.argv[1], 'rb').read()
key = COSEKey.new({1: 1, 3: -8, -1: 6, -2: bytes.fromhex(sys.argv[2])})
payload = COSE.new().decode(data, key)
claims = cbor2.loads(payload) if isinstance(payload, bytes) else payload
release = claims[-65537]
print(claims[1], claims[3], claims[4], claims[5], claims[7].decode(), release[7], release[6],
    claims[8][1][-2].hex(), claims[65535]['status_list']['idx'], len(release[9]))
tampered = bytearray(data)
tampered[-80] ^= 1
try:
    COSE.new().decode(bytes(tampered), key)
except Exception as error:
    print('refused:', type(error).__name__)
else:
    print('accepted')
";

#[test]
fn the_python_package_cwt_reads_our_certificate() {
    let Some(package) = package() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("certificate");
    std::fs::write(&file, certificate().issue(&issuer()).unwrap()).unwrap();
    let said = ask(&package, READ, &[file.to_str().unwrap(), &raw(issuer().public_key())]);
    let mut lines = said.lines();
    let expected = format!(
        "ledger.example/one UA.Depot-1 1749427200 1748822400 CERT-3 4 ATACMS {} 2 2",
        raw(collector().public_key())
    );
    assert_eq!(lines.next(), Some(expected.as_str()));
    assert_eq!(lines.next(), Some("refused: VerifyError"));
}
