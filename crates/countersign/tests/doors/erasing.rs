//! Names that leave the record while others do: what is said to be gone is gone.

use super::run;
use super::served::{Guest, Served};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The names that the record knows, by person.
async fn names(guest: &Guest<'_>) -> Value {
    guest.read("people?limit=200").await["items"].clone()
}

fn name(names: &Value, person: &str) -> Option<String> {
    let found = names.as_array().unwrap().iter().find(|one| one["person"] == person);
    found.and_then(|one| one["name"].as_str()).map(str::to_owned)
}

/// Whether a name stands in any file of the record.
fn is_written(served: &Served, name: &str) -> bool {
    let files = std::fs::read_dir(served.ledger()).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.to_string_lossy().contains("ledger.db"));
    files.into_iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(name.len()).any(|found| found == name.as_bytes())
    })
}

async fn erasure(registrar: &Guest<'_>, person: &str) -> Value {
    let wanted = json!({ "kind": "erasure", "person": person, "reason": "asked for" });
    json!({ "statements": [registrar.signed(&wanted).await] })
}

#[test]
fn two_names_that_leave_the_record_at_once_are_both_gone() {
    let served = Served::start();
    run(async {
        let (one, other) = (served.enter("P-6V3R").await, served.enter("P-1G8M").await);
        // The former Secretary holds no office; another's term is ended first.
        let (first, second) = ("P-7K2A", "P-5W2K");
        let ends = json!({
            "kind": "end-term", "post": "GB.Logistics", "person": second,
            // The exercise goes on from nine o'clock; both sign for the same end.
            "until": "2025-12-01T09:00:10Z",
            "office": "Programme.Registrar", "reason": "moves on",
        });
        let signed = [one.signed(&ends).await, other.signed(&ends).await];
        let (status, told) = one.command("signed", &json!({ "statements": signed })).await;
        assert!(status.is_success(), "{told}");
        let last = json!({ "kind": "erasure", "person": second, "reason": "asked for" });
        while one.command("statements", &last).await.1["code"] == "people/still-in-office" {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let before = names(&one).await;
        let (of_first, of_second) = (name(&before, first).unwrap(), name(&before, second).unwrap());
        assert!(is_written(&served, &of_first) && is_written(&served, &of_second));

        // Both texts are made before either is handed in. The first act writes the other names
        // down anew, in its own entry; the second text does not name that entry.
        let (early, late) = (erasure(&one, first).await, erasure(&other, second).await);
        let (status, told) = one.command("signed", &early).await;
        assert!(status.is_success(), "{told}");
        assert!(!is_written(&served, &of_first));
        let (status, told) = other.command("signed", &late).await;
        assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("people/names-moved")));
        assert_eq!(name(&names(&one).await, second), Some(of_second.clone()));

        // Made anew, it names every entry that has the name.
        let (status, told) = other.command("signed", &erasure(&other, second).await).await;
        assert!(status.is_success(), "{told}");
        let after = names(&one).await;
        assert_eq!((name(&after, first), name(&after, second)), (None, None));
        assert!(!is_written(&served, &of_first), "the first name is back");
        assert!(!is_written(&served, &of_second), "the second name is still there");
        let kept = before.as_array().unwrap().len() - 2;
        let named = after.as_array().unwrap().iter().filter(|one| one["name"].is_string());
        assert_eq!(named.count(), kept, "somebody else lost their name");
    });
    let (code, told) = served.command(&["--json", "log", "verify"]);
    assert_eq!(code, 0, "{told}");
}
