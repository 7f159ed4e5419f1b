//! Everyone must be able to use every page: axe-core finds nothing against any of them, and nothing
//! is wider than a phone.

use countersign_browser::axe;
use countersign_browser::chromium::{Chromium, View};
use countersign_browser::fault::Fault;
use countersign_browser::pages::{PAGES, Viewers};
use countersign_browser::planted::{Answer, serve};
use countersign_browser::served::Served;
use countersign_browser::tab::Tab;
use std::collections::BTreeMap;

/// As strict as a page of ours.
const POLICY: &str = "Content-Security-Policy: default-src 'none'; img-src 'self'; style-src \
     'self'; require-trusted-types-for 'script'; trusted-types 'none'";

const PLANTED: &str = r#"<!doctype html><html lang="en"><title>Planted faults</title>
<link rel="stylesheet" href="/planted.css">
<main><h1>Planted faults</h1>
<p class="pale">Hardly to be seen</p>
<button></button>
<img src="/planted.png">
<input id="nameless"></main>
"#;

const SOUND: &str = r#"<!doctype html><html lang="en"><title>Sound</title>
<main><h1>Sound</h1><p>Black on white</p><label>Name <input></label></main>
"#;

#[tokio::test(flavor = "multi_thread")]
async fn planted_faults_are_found_and_a_sound_page_has_none() -> Result<(), Fault> {
    let site = serve(|_, path| match path {
        "/planted" => Answer::page(PLANTED).with(POLICY),
        "/sound" => Answer::page(SOUND).with(POLICY),
        "/planted.css" => Answer {
            status: "200 OK",
            headers: vec!["Content-Type: text/css".to_owned()],
            body: ".pale { color: #ccc; background: #fff }".to_owned(),
        },
        _ => Answer::page(""),
    })?;
    let chromium = Chromium::launch().await?;
    let tab = chromium.visitor(View::DESK).await?;
    tab.open(&format!("{site}/planted")).await?;
    let found = axe::violations(&tab).await?;
    for rule in ["button-name", "color-contrast", "image-alt", "label"] {
        assert!(found.iter().any(|one| one.rule == rule), "{rule} is not among {found:?}");
    }
    let told = axe::must_have_no_violations(&tab).await.map_err(|fault| fault.to_string());
    assert!(told.as_ref().is_err_and(|text| text.contains("#nameless")), "{told:?}");
    tab.open(&format!("{site}/sound")).await?;
    axe::must_have_no_violations(&tab).await?;
    chromium.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_sound_in_every_view() -> Result<(), Fault> {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::exercise(folder.path())?;
    let chromium = Chromium::launch().await?;
    let mut viewers = Viewers::of(&chromium, &served).await?;
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for view in [View::DESK, View::NIGHT, View::PHONE] {
        for sight in PAGES {
            let tab = viewers.see(sight, view).await?;
            for found in [
                tab.must_be_quiet().await,
                axe::must_have_no_violations(tab).await,
                fits_its_window(tab).await,
            ] {
                let Err(fault) = found else { continue };
                let place = format!("{} at {}, {:?}", sight.name, view.width, view.scheme);
                faults.entry(fault.to_string()).or_default().push(place);
            }
        }
    }
    chromium.close().await?;
    served.stop()?;
    let told: Vec<String> = faults
        .iter()
        .map(|(fault, places)| format!("{fault}\n  on {}", places.join("; ")))
        .collect();
    assert!(told.is_empty(), "{} faults:\n{}", told.len(), told.join("\n\n"));
    Ok(())
}

/// Nobody scrolls sideways to read: what is wide, such as a table, scrolls within itself.
async fn fits_its_window(tab: &Tab) -> Result<(), Fault> {
    let over = tab.ask("document.documentElement.scrollWidth - innerWidth").await?;
    match over.as_i64() {
        Some(over) if over <= 0 => Ok(()),
        _ => Err(Fault::new(format!("the page is {over} pixels wider than its window"))),
    }
}
