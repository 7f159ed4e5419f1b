//! The map of zones: what a file of outlines may say, and how the pages show it.

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
use served::{Served, again};

const HOLDER: &str = "P-2C9T";

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// The drawings of a page.
fn drawings(page: &str) -> Vec<String> {
    let parts = page.split("<svg").skip(1);
    parts.map(|part| format!("<svg{}</svg>", part.split("</svg>").next().unwrap())).collect()
}

/// The map of a page: the names of all its zones, and of those that are marked.
fn map(page: &str) -> (Vec<String>, Vec<String>) {
    let drawing = drawings(page).into_iter().find(|drawing| drawing.contains("class=\"zone"));
    let drawing = drawing.expect("the page has a map");
    let document = roxmltree::Document::parse(&drawing).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for name in ["title", "desc"] {
        let told = root.children().find(|node| node.has_tag_name(name));
        assert!(told.and_then(|node| node.text()).is_some_and(|words| !words.is_empty()), "{name}");
    }
    let paths = document.descendants().filter(|node| node.has_tag_name("path"));
    let (mut all, mut marked) = (Vec::new(), Vec::new());
    for path in paths {
        let title = path.children().find(|node| node.has_tag_name("title")).unwrap();
        let title = title.text().unwrap().to_owned();
        if path.attribute("class").unwrap().contains("marked") {
            marked.push(title.clone());
        }
        all.push(title);
    }
    (all, marked)
}

#[test]
fn a_case_and_a_question_show_where_they_are_about_as_a_map_and_as_an_equal_table() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let (status, page) = holder.get("/requests/REQ-1").await;
        assert_eq!(status, StatusCode::OK);
        let (all, marked) = map(&page);
        assert!(all.len() > 5 && marked.len() == 1, "{all:?} {marked:?}");
        // The table says of every zone what the map does.
        for title in &all {
            assert!(page.matches(title.as_str()).count() >= 2, "{title}");
        }
        let ask = "/policy/explain?act=use&holder=UA&item=ATACMS&quantity=2";
        let (_, none) = holder.get(ask).await;
        let (_, two) = holder.get(&format!("{ask}&zone=RU.Kursk&zone=UA.East")).await;
        assert_eq!(map(&none).1.len(), 0);
        assert_eq!(map(&two).1.len(), 2);
        assert_eq!(map(&none).0.len(), map(&two).0.len());
    });
}

#[test]
fn a_file_of_outlines_that_is_wrong_is_refused_with_the_place_and_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zones.geojson");
    let zone = |coordinates: &str| {
        format!(
            "{{\"type\": \"FeatureCollection\", \"features\": [\n{{\"type\": \"Feature\", \
             \"properties\": {{\"id\": \"UA\", \"title\": \"Ukraine\"}},\n\"geometry\": \
             {{\"type\": \"Polygon\", \"coordinates\": {coordinates}}}}}]}}"
        )
    };
    let square = "[[[1, 1], [2, 1], [2, 2], [1, 1]]]";
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = zone(&format!("[[{}[1, 1]]]", "[1, 1], ".repeat(2_200_000)));
    let cases: &[(String, &str)] = &[
        (zone("[[[1, 1], [2, 1], [2, 2], [1, 2]]]"), ".geojson:3:"),
        (zone("[[[1, 1], [2, 1], [2, 2], [1, 2]]]"), "not closed"),
        (zone("[[[1, 1], [1, 1]]]"), "fewer than four points"),
        (zone("[[[NaN, 1], [2, 1], [2, 2], [NaN, 1]]]"), ".geojson:3:"),
        (zone("[[[1e999, 1], [2, 1], [2, 2], [1e999, 1]]]"), "number out of range"),
        (zone("[[[37.5, 155], [2, 1], [2, 2], [37.5, 155]]]"), "no point within the plane"),
        (zone("[[[1, 1, 1], [2, 1], [2, 2], [1, 1, 1]]]"), "no point within the plane"),
        (zone("[]"), "no ring"),
        (zone("\"x\""), "a list"),
        (zone(&nested), "recursion limit"),
        (huge, "larger than 16 MiB"),
        (zone(square).replace("FeatureCollection", "Topology"), "FeatureCollection"),
        (zone(square).replace("\"UA\"", "\"../x\""), ".geojson:2:"),
        (zone(square).replace("}]}", "}"), ".geojson:"),
        (String::new(), "empty"),
        ("\u{feff}{}".to_owned(), "byte order mark"),
    ];
    for (text, wanted) in cases {
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let words = ["serve", "--ledger", "nowhere", "--listen", "127.0.0.1:0", "--zones", file];
        let (code, told) = again::output(&words);
        let begins = text.chars().take(200).collect::<String>();
        assert_eq!(code, 1, "{begins}: {told}");
        assert!(told.contains(wanted), "{wanted}: {begins}: {told}");
        assert!(told.len() < 20_000, "{begins}");
    }
}

#[test]
fn zones_that_are_not_the_ledgers_are_refused() {
    let served = Served::start();
    run(async {
        let ready = served.client.get(format!("{}/health/ready", served.url)).send().await;
        assert_eq!(ready.unwrap().status(), StatusCode::OK);
    });
    let (code, ledger) = served.stop();
    assert_eq!(code, 0);
    let file = ledger.join("pack/zones.geojson");
    let good = std::fs::read_to_string(&file).unwrap();
    let try_with = |text: &str| {
        let other = ledger.join("zones.geojson");
        std::fs::write(&other, text).unwrap();
        let (ledger, other) = (ledger.to_str().unwrap(), other.to_str().unwrap());
        // Only what is wrong with the zones is of interest: the origin is none of the charter's.
        again::output(&["serve", "--ledger", ledger, "--listen", "127.0.0.1:0", "--zones", other])
    };
    let (code, told) = try_with(&good.replace("UA.East", "UA.Orient"));
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("declares no zone UA.Orient"), "{told}");
    let within = good.replace("\"within\": \"UA\"", "\"within\": \"RU\"");
    let (code, told) = try_with(&within);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("UA.East lies in UA, but in the file in RU"), "{told}");
}
