//! The pages of stock, re-routing, policy and dependence: each is there, and none is heavy.

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

use reqwest::StatusCode;
use served::{Served, words};

const LOGISTICS: &str = "P-4L8V";
const INSPECTOR: &str = "P-9B3C";

/// The heaviest that a page may be, in bytes.
const HEAVIEST: usize = 100 * 1024;

const PAGES: &[&str] = &[
    "/stock",
    "/stock?class=red",
    "/stock.csv",
    "/stock/ATACMS",
    "/stock/PATRIOT-INTERCEPTOR",
    "/rerouting",
    "/policy",
    "/policy/v1",
    "/policy/v5",
    "/policy/impact",
    "/policy/impact?from=v3&to=v4",
    "/policy/explain",
    "/policy/explain?act=use&holder=UA&item=ATACMS&quantity=2&zone=RU.Kursk",
    "/dependence",
    "/dependence?without=US.SACEUR&input=us-components&version=v4",
];

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn every_page_of_these_rooms_is_there_and_light() {
    let served = Served::start();
    run(async {
        for person in [LOGISTICS, INSPECTOR] {
            let guest = served.enter(person).await;
            for path in PAGES {
                let (status, page) = guest.get(path).await;
                // An impact tells of every party's requests and holdings.
                let told = person == INSPECTOR || !path.starts_with("/policy/impact");
                let wanted = if told { StatusCode::OK } else { StatusCode::FORBIDDEN };
                assert_eq!(status, wanted, "{person} {path}: {}", words(&page));
                assert!(page.len() <= HEAVIEST, "{person} {path}: {} bytes", page.len());
                assert!(!page.contains("style="), "{person} {path}");
            }
        }
    });
}

#[test]
fn what_is_supposed_of_dependence_changes_what_is_told() {
    let served = Served::start();
    run(async {
        let guest = served.enter(INSPECTOR).await;
        let cases = |page: &str| page.matches("as\u{a0}supposed").count();
        // What a cell of the sums says of whoever can lock alone.
        let veto = |office: &str| format!("<td><span class=\"id\">{office}</span>");
        let (_, plain) = guest.get("/dependence").await;
        assert_eq!(cases(&plain), 0);
        assert!(plain.contains(&veto("US.SACEUR")) && !plain.contains(&veto("US.SecDef")));
        // Whoever refuses everything has nothing left to lock; the row before still says so.
        let (_, refused) = guest.get("/dependence?without=US.SACEUR").await;
        assert!(cases(&refused) > 0);
        assert_eq!(
            refused.matches(&veto("US.SACEUR")).count(),
            plain.matches(&veto("US.SACEUR")).count()
        );
        let (_, other) = guest.get("/dependence?version=v4").await;
        assert!(cases(&other) > 0 && other.contains(&veto("US.SecDef")));
        for (path, status) in [
            ("/dependence?without=Nobody", StatusCode::BAD_REQUEST),
            ("/dependence?input=nothing", StatusCode::BAD_REQUEST),
            ("/dependence?colour=red", StatusCode::BAD_REQUEST),
            ("/dependence?version=v99", StatusCode::NOT_FOUND),
        ] {
            let (found, page) = guest.get(path).await;
            assert_eq!(found, status, "{path}: {}", words(&page));
        }
    });
}
