//! The browser itself, before it is shown ours: it does what the other tests rely on, and it sees
//! what they must not miss.

use countersign_browser::chromium::{Chromium, View};
use countersign_browser::fault::Fault;
use countersign_browser::planted::{Answer, serve};
use countersign_browser::spot::Spot;
use serde_json::json;

const FORM: &str = r#"<!doctype html><html lang="en"><title>Form</title>
<style>
  body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }
</style>
<h1>Form</h1>
<label>Quantity <input id="quantity" value="1"></label>
<label for="depot">Depot</label>
<select id="depot"><option value="a">North</option><option value="b">South</option></select>
<label><input type="checkbox" id="sure"> I am sure</label>
<label>Until <input type="date" id="until"></label>
<button id="count" onclick="this.textContent = 'Counted'">Count</button>
<button disabled>Never</button>
<div style="position: relative"><button>Under</button>
<div style="position: absolute; inset: 0">a cover</div></div>
<p hidden>Not to be read</p>
<a href="/next">The next page</a>
"#;

fn site() -> Result<String, Fault> {
    serve(|_, path| match path {
        "/" => Answer::page(FORM),
        "/next" => Answer::page("<!doctype html><title>Next</title><h1>Here   at last</h1>"),
        "/favicon.ico" => Answer::page(""),
        _ => Answer { status: "404 Not Found", headers: Vec::new(), body: "Nothing".to_owned() },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_filled_in_and_left() -> Result<(), Fault> {
    let (chromium, site) = (Chromium::launch().await?, site()?);
    let tab = chromium.visitor(View::DESK).await?;
    tab.open(&site).await?;
    tab.fill(Spot::Label("Quantity"), "12").await?;
    tab.fill(Spot::Label("Depot"), "South").await?;
    tab.fill(Spot::Label("Until"), "2026-01-31").await?;
    tab.press(Spot::Label("I am sure")).await?;
    tab.press(Spot::Words("Count")).await?;
    tab.wait_for(Spot::Words("Counted")).await?;
    let held = tab.ask("[quantity.value, depot.value, until.value, sure.checked]").await?;
    assert_eq!(held, json!(["12", "b", "2026-01-31", true]));
    assert_eq!(tab.read(Spot::Css("h1")).await?, "Form");
    assert!(!tab.text().await?.contains("Not to be read"));
    tab.follow(Spot::Words("The next page")).await?;
    tab.wait_for_text("Here at last").await?;
    assert_eq!(tab.url().await?, format!("{site}/next"));
    assert_eq!(tab.goto(&format!("{site}/nowhere")).await?, 404);
    let refused = tab.open(&format!("{site}/nowhere")).await.map_err(|fault| fault.to_string());
    assert!(refused.as_ref().is_err_and(|text| text.contains("status 404")), "{refused:?}");
    chromium.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_pressed_is_not_pressed() -> Result<(), Fault> {
    let (chromium, site) = (Chromium::launch().await?, site()?);
    let tab = chromium.visitor(View::DESK).await?.patient_for(std::time::Duration::from_secs(1));
    tab.open(&site).await?;
    let table = [
        (Spot::Words("Never"), "it is disabled"),
        (Spot::Words("Under"), "something lies over it"),
        (Spot::Words("Absent"), "0 things are called that"),
        (Spot::Css("p[hidden]"), "none of them visible"),
    ];
    for (spot, why) in table {
        let text = tab.press(spot).await.map_err(|fault| fault.to_string());
        assert!(text.as_ref().is_err_and(|text| text.contains(why)), "{spot:?}: {text:?}");
        // The failure shows the page.
        assert!(text.is_err_and(|text| text.contains("I am sure") && text.contains(&site)));
    }
    let choice = tab.fill(Spot::Label("Depot"), "East").await.map_err(|fault| fault.to_string());
    assert!(choice.as_ref().is_err_and(|text| text.contains("North | South")), "{choice:?}");
    chromium.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_is_what_was_asked_for() -> Result<(), Fault> {
    let (chromium, site) = (Chromium::launch().await?, site()?);
    let tab = chromium.visitor(View::DESK).await?;
    let seen = "[innerWidth, innerHeight, getComputedStyle(document.body).backgroundColor]";
    let table = [
        (View::DESK, json!([1280, 900, "rgb(255, 255, 255)"])),
        (View::NIGHT, json!([1280, 900, "rgb(0, 0, 0)"])),
        (View::PHONE, json!([390, 844, "rgb(255, 255, 255)"])),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (view, expected) in table {
        tab.look_through(view).await?;
        tab.open(&site).await?;
        assert_eq!(tab.ask(seen).await?, expected);
        let file = folder.path().join("page.png");
        tab.screenshot(&file).await?;
        // A PNG says its width in the bytes 16 to 20.
        let picture = std::fs::read(file).unwrap();
        assert_eq!(picture.get(16..20), Some(&view.width.to_be_bytes()[..]));
    }
    chromium.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_browser_complains_of_is_heard() -> Result<(), Fault> {
    let planted = |script: &str| format!("<!doctype html><title>Planted</title>{script}");
    let site = serve(move |_, path| match path {
        "/quiet" => Answer::page(planted("<p>Nothing wrong</p>")),
        "/console" => Answer::page(planted("<script>console.error('a bad', {a: 1})</script>")),
        "/thrown" => Answer::page(planted("<script>throw new Error('not held')</script>")),
        "/csp" => Answer::page(planted("<script>document.title = 'Ran'</script>"))
            .with("Content-Security-Policy: default-src 'self'"),
        "/style" => Answer::page(planted("<p style='color: red'>Red</p>"))
            .with("Content-Security-Policy: default-src 'self'"),
        "/missing" => Answer::page(planted("<script src='/no.js'></script>")),
        "/favicon.ico" => Answer::page(""),
        _ => Answer { status: "404 Not Found", headers: Vec::new(), body: String::new() },
    })?;
    let chromium = Chromium::launch().await?;
    let tab = chromium.visitor(View::DESK).await?;
    tab.open(&format!("{site}/quiet")).await?;
    tab.must_be_quiet().await?;
    let table = [
        ("console", "a bad"),
        ("thrown", "not held"),
        ("csp", "Content Security Policy"),
        ("style", "Content Security Policy"),
        ("missing", "404"),
    ];
    for (path, words) in table {
        tab.open(&format!("{site}/{path}")).await?;
        let complaints = tab.complaints().await?;
        assert!(complaints.iter().any(|one| one.contains(words)), "{path}: {complaints:?}");
    }
    // What was taken is gone.
    tab.must_be_quiet().await?;
    chromium.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_visitor_has_cookies_of_their_own() -> Result<(), Fault> {
    let (chromium, site) = (Chromium::launch().await?, site()?);
    let (one, other) = (chromium.visitor(View::DESK).await?, chromium.visitor(View::DESK).await?);
    one.open(&site).await?;
    other.open(&site).await?;
    one.ask("document.cookie = 'who=one'").await?;
    assert_eq!(one.ask("document.cookie").await?, json!("who=one"));
    assert_eq!(other.ask("document.cookie").await?, json!(""));
    chromium.close().await
}

const PASSKEY: &str = r"(async () => {
    const bytes = text => new TextEncoder().encode(text);
    const made = await navigator.credentials.create({ publicKey: {
        rp: { name: 'Trial' },
        user: { id: bytes(location.pathname), name: 'one', displayName: 'One' },
        challenge: bytes('first'), pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        authenticatorSelection: { userVerification: 'required', residentKey: 'required' } } });
    window.signed = () => navigator.credentials.get({ publicKey: {
        challenge: bytes('second'), userVerification: 'required',
        allowCredentials: [{ type: 'public-key', id: made.rawId }] } })
        .then(got => new DataView(got.response.authenticatorData).getUint8(32), e => e.name);
    return await window.signed();
})()";

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_only_for_whom_it_knows() -> Result<(), Fault> {
    let (chromium, site) = (Chromium::launch().await?, site()?);
    let tab = chromium.visitor(View::DESK).await?;
    tab.open(&site).await?;
    let authenticator = tab.authenticator().await?;
    // Present and verified.
    assert_eq!(tab.ask(PASSKEY).await?, json!(5));
    let held = authenticator.passkeys().await?;
    assert_eq!(held.iter().map(|one| one.site.as_str()).collect::<Vec<_>>(), ["localhost"]);
    authenticator.set_user_verified(false).await?;
    assert_eq!(tab.ask("signed()").await?, json!("NotAllowedError"));
    // It is still there when the page is another one.
    authenticator.set_user_verified(true).await?;
    tab.open(&format!("{site}/next")).await?;
    assert_eq!(tab.ask(PASSKEY).await?, json!(5));
    assert_eq!(authenticator.passkeys().await?.len(), 2);
    chromium.close().await
}
