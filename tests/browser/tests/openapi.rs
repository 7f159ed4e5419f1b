//! The API does what its description says, whatever it is sent.

use countersign_browser::fault::Fault;
use countersign_browser::planted::{Answer, serve};
use countersign_browser::schemathesis::{Trial, put_through};
use countersign_browser::served::Served;
use serde_json::json;

/// Three operations: one keeps its word, one breaks down, one answers what nobody was told of.
fn description() -> String {
    let named = |schema: &str| {
        json!({"content": {"application/json": {"schema": {"type": schema}}},
        "description": "What there is"})
    };
    json!({
        "openapi": "3.1.0", "info": {"title": "Planted", "version": "1"},
        "paths": {
            "/kept": {"get": {"responses": {"200": named("object")}}},
            "/broken/{id}": {"get": {
                "parameters": [{"name": "id", "in": "path", "required": true,
                    "schema": {"type": "integer"}}],
                "responses": {"200": named("object")}}},
            "/unsaid": {"get": {"responses": {"200": named("object")}}},
            "/twisted": {"get": {"responses": {"200": named("array")}}},
        }
    })
    .to_string()
}

fn planted() -> Result<String, Fault> {
    serve(|method, path| match (method, path) {
        ("GET", "/openapi.json") => Answer::json("200 OK", description()),
        ("GET", "/kept" | "/twisted") => Answer::json("200 OK", "{}"),
        ("GET", "/unsaid") => Answer::json("418 I'm a teapot", "{}"),
        ("GET", path) if path.starts_with("/broken/") => {
            Answer::json("500 Internal Server Error", "{}")
        }
        ("GET", _) => Answer::json("404 Not Found", "{}"),
        _ => Answer::json("405 Method Not Allowed", "{}").with("Allow: GET"),
    })
}

#[test]
fn planted_faults_are_found_and_a_kept_word_has_none() -> Result<(), Fault> {
    let description = format!("{}/openapi.json", planted()?);
    let trial = Trial {
        description: &description,
        headers: &["X-Trial: planted".to_owned()],
        checks: Trial::CHECKS,
        examples: 5,
        rest: &[],
    };
    let found = put_through(&trial)?;
    let told = found.must_be_clean().map_err(|fault| fault.to_string());
    let expected = [
        ("Server error", "/broken/{id}"),
        ("Undocumented status code", "/unsaid"),
        ("Response violates schema", "/twisted"),
    ];
    for (title, operation) in expected {
        let hit = |line: &String| line.starts_with(title) && line.contains(operation);
        assert!(found.failures.iter().any(hit), "{title}, {operation}: {:?}", found.failures);
    }
    assert!(found.failures.iter().all(|line| !line.contains("/kept")), "{:?}", found.failures);
    assert!(told.is_err_and(|text| text.contains("/unsaid")));

    let kept = put_through(&Trial { rest: &["--include-path", "/kept"], ..trial.clone() })?;
    kept.must_be_clean()?;
    assert_eq!(kept.operations, 1);

    let absent = put_through(&Trial { description: "http://localhost:9/openapi.json", ..trial });
    assert!(absent.is_err(), "{absent:?}");
    Ok(())
}

/// The API, put through everything; `who` is signed in where they are somebody.
fn api(who: Option<&str>) -> Result<(), Fault> {
    let folder = tempfile::tempdir().map_err(|error| Fault::new(error.to_string()))?;
    let served = Served::exercise(folder.path())?;
    let headers = match who {
        Some(who) => vec![format!("Authorization: Bearer {}", served.token(who)?)],
        None => Vec::new(),
    };
    let description = served.at("/api/v1/openapi.json");
    // Whoever signs out on the way would try the rest as nobody.
    let rest = ["--exclude-operation-id", "close"];
    let trial = Trial {
        description: &description,
        headers: &headers,
        checks: Trial::CHECKS,
        examples: 2,
        rest: if who.is_some() { &rest } else { &[] },
    };
    let found = put_through(&trial)?;
    found.must_be_clean()?;
    assert!(found.operations > 50, "{} operations", found.operations);
    served.stop()
}

#[test]
fn the_api_keeps_its_word_to_strangers() -> Result<(), Fault> {
    api(None)
}

#[test]
fn the_api_keeps_its_word_to_the_holder() -> Result<(), Fault> {
    api(Some("UA.GenStaff"))
}
