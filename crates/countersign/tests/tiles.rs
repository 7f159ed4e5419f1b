//! The log over HTTP as files that anyone may fetch (C2SP tlog-tiles), without being signed in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "doors/served.rs"]
mod served;

use countersign_proof::tiles::{Tile, TileSource, VerifiedTiles, tiles_between};
use countersign_proof::{Checkpoint, LogVerifier, OpenPart};
use reqwest::StatusCode;
use served::Served;
use std::collections::BTreeMap;

/// What was fetched.
struct Fetched(BTreeMap<Tile, Vec<u8>>);

impl TileSource for Fetched {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        self.0.get(&tile).cloned().ok_or_else(|| "not fetched".to_owned())
    }
}

#[test]
fn anyone_fetches_the_log_and_checks_it() {
    let served = Served::start();
    let opened =
        countersign::opening::open_reader(served.ledger().to_str().unwrap()).expect("a ledger");
    let ledger = &opened.1.ledger;
    let log = LogVerifier::new(&ledger.origin, ledger.log_key.0).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let get = async |path: &str| {
            let url = format!("{}{path}", served.url.trim_end_matches('/'));
            let answer = served.client.get(url).send().await.unwrap();
            let header = |name: &str| {
                answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
            };
            let told = (answer.status(), header("content-type"), header("cache-control"));
            (told, answer.bytes().await.unwrap().to_vec())
        };
        let ((status, kind, cache), note) = get("/log/checkpoint").await;
        assert_eq!(
            (status, kind.as_str(), cache.as_str()),
            (StatusCode::OK, "text/plain; charset=utf-8", "no-cache")
        );
        let checkpoint = Checkpoint::open(&note, &log).unwrap();
        let mut fetched = BTreeMap::new();
        for tile in tiles_between(0, checkpoint.size) {
            let ((status, kind, cache), bytes) = get(&format!("/log/{tile}")).await;
            assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/octet-stream"));
            assert!(cache.contains("immutable"), "{cache}");
            fetched.insert(tile, bytes);
        }
        let tiles = VerifiedTiles::open(Fetched(fetched), checkpoint.size, checkpoint.root);
        let entries = tiles.unwrap().entries(0).unwrap();
        assert_eq!(OpenPart::parse(&entries[7]).unwrap().seq, 7);
        // What an earlier checkpoint had is still there; what the log has not reached is not.
        assert_eq!(get("/log/tile/0/000.p/5").await.1, get("/log/tile/0/000.p/9").await.1[..160]);
        for path in [
            "tile/0/000",
            "tile/0/001",
            "tile/8/000.p/1",
            "tile/0/0",
            "tile/entries/001.p/1",
            "tile/0/000.p/256",
            "nothing",
        ] {
            let ((status, ..), _) = get(&format!("/log/{path}")).await;
            assert!(!status.is_success(), "{path}: {status}");
        }
    });
}
