//! Every byte of a bundle, and archives that no honest program writes.
//!
//! `COUNTERSIGN_FLIPS=1` changes every byte; the suite changes a fixed choice of them.

use super::{exported, verified};
use crate::stage::Ledger;
use countersign::evidence::{self, TrustedLog};
use std::io::Write as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// As a file: whatever byte is changed, the file is refused.
#[test]
fn every_byte_of_the_file_counts() {
    let ledger = Ledger::new();
    let file = ledger.folder().join(exported(&ledger, "REQ-1", &["--redact", "deliberation"]));
    let whole = std::fs::read(&file).unwrap();
    let changed = ledger.folder().join("changed.zip");
    let step = std::env::var("COUNTERSIGN_FLIPS").map_or(61, |_| 1);
    // The last kilobytes are the directory of the archive, where nothing is checked by sums.
    let directory = whole.len().saturating_sub(2048)..whole.len();
    for at in (0..whole.len()).step_by(step).chain(directory) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&changed, bytes).unwrap();
        assert!(evidence::read(&changed).is_err(), "byte {at} was changed unseen");
    }
    std::fs::write(&changed, &whole).unwrap();
    assert_eq!(evidence::read(&changed).unwrap(), evidence::read(&file).unwrap());
    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(&changed, &whole[..cut]).unwrap();
        assert!(evidence::read(&changed).is_err(), "{cut} bytes were taken for all");
    }
}

/// As a folder, where no checksum of an archive helps: every file by itself.
#[test]
fn every_byte_of_every_file_counts() {
    let ledger = Ledger::new();
    let file = ledger.folder().join(exported(&ledger, "REQ-1", &[]));
    let files = evidence::read(&file).unwrap();
    evidence::examine(&files, TrustedLog::FromBundle).unwrap();
    let step = std::env::var("COUNTERSIGN_FLIPS").map_or(1009, |_| 1);
    let mut tried = 0_usize;
    for (name, whole) in &files {
        for at in (0..whole.len()).step_by(step).chain(whole.len().checked_sub(1)) {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
            let found = evidence::examine(&changed, TrustedLog::FromBundle);
            let explains = ["README.txt", "policy/schema.cedarschema"].contains(&&name[..]);
            match found {
                Err(_) => assert!(!explains, "byte {at} of {name} explains only"),
                Ok(report) => assert!(
                    explains && report.foreign.iter().eq([name]),
                    "byte {at} of {name} was changed unseen"
                ),
            }
            tried += 1;
        }
        let mut without = files.clone();
        without.remove(name);
        assert!(evidence::examine(&without, TrustedLog::FromBundle).is_err(), "without {name}");
    }
    let mut more = files.clone();
    more.insert("statements/more.txt".to_owned(), b"more".to_vec());
    assert!(evidence::examine(&more, TrustedLog::FromBundle).is_err(), "a file too many");
    println!("{tried} bytes of {} files", files.len());
    assert!(tried > files.len());
}

#[test]
fn archives_that_climb_expand_or_hide_are_refused() {
    let ledger = Ledger::new();
    let honest = evidence::read(&ledger.folder().join(exported(&ledger, "REQ-1", &[]))).unwrap();
    let pack = |name: &str, method: CompressionMethod, extra: &[u8]| {
        let path = ledger.folder().join("hostile.zip");
        let mut writer = ZipWriter::new(std::fs::File::create(&path).unwrap());
        let options = SimpleFileOptions::default().compression_method(method);
        for (file, bytes) in &honest {
            writer.start_file(file.as_str(), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.start_file(name, options).unwrap();
        writer.write_all(extra).unwrap();
        writer.finish().unwrap();
        evidence::read(&path)
    };
    for name in ["../../climb", "/etc/passwd", "a/../../b", "a\\b", ".hidden", "entries.jsonl/x"] {
        let read = pack(name, CompressionMethod::Stored, b"x");
        assert!(read.is_err(), "{name}");
    }
    for nonsense in [&b""[..], b"PK", b"PK\x05\x06", &[0; 4096]] {
        let path = ledger.folder().join("nonsense.zip");
        std::fs::write(&path, nonsense).unwrap();
        let told = verified(ledger.folder(), "nonsense.zip");
        assert_eq!((told.code, told.error_code().as_str()), (2, "evidence/archive"));
    }
}
