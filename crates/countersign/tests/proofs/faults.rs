//! A solver that is missing, hangs, dies, or says what is not so.

use super::version::{Version, pack, proving};
use countersign::solver::Cvc5;
use countersign_core::policy::{Claim, Finding, NO_SOLVER, Proofs, Reply, Solver, prove};
use countersign_proof::words::Act;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

const VERSION: &str = "if [ \"$1\" = --version ]; then echo This is cvc5 version 9.9.9; exit; fi\n";

/// A program that says it is the solver, and then does this.
fn script(folder: &tempfile::TempDir, body: &str) -> PathBuf {
    let path = folder.path().join("cvc5");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What is found with a program that does this, within `millis` for each question.
fn found_with(body: &str, millis: u64) -> Proofs {
    let folder = tempfile::tempdir().unwrap();
    let program = script(&folder, &format!("{VERSION}{body}"));
    // Its own name takes it no time, but the machine may be busy.
    let mut solver = Cvc5::at(program, Duration::from_secs(60)).unwrap();
    solver.limit(Duration::from_millis(millis));
    let version = Version::with(
        r#"@id("one") permit (principal, action == Action::"use", resource)
           when { context.approvals.contains(Office::"US.SecDef") };"#,
    );
    version.prove(&mut solver).1
}

/// Why it is not known whether more consent helps a use.
fn why(proofs: &Proofs) -> String {
    let found = proofs.of(&Claim::ApprovalsHelp { act: Act::Use });
    let Finding::NotProved { why } = found else { panic!("{found:?}") };
    why
}

#[test]
fn without_a_solver_everything_is_open_and_says_so() {
    let pack = pack();
    let version = Version::shipped(&pack, pack.versions.last().unwrap());
    let proofs = prove(&version.compiled(), &[], &mut proving(&version, None));
    assert_eq!(proofs.solver, None);
    assert!(!proofs.findings.is_empty());
    for (claim, finding) in &proofs.findings {
        assert_eq!(*finding, Finding::NotProved { why: NO_SOLVER.to_owned() }, "{claim}");
    }
}

#[test]
fn a_solver_that_hangs_is_given_up() {
    let proofs = found_with("sleep 1000", 50);
    assert_eq!(why(&proofs), "no answer within 50 ms");
}

#[test]
fn a_solver_that_is_killed_gives_no_answer() {
    let told = why(&found_with("kill -9 $$", 60_000));
    assert!(told.starts_with("it gave no answer (signal: 9"), "{told}");
}

#[test]
fn a_solver_that_does_not_know_proves_nothing() {
    assert_eq!(
        why(&found_with("cat > /dev/null; echo unknown", 60_000)),
        "the solver does not know"
    );
    let told = why(&found_with("cat > /dev/null; echo proved, trust me", 60_000));
    assert_eq!(told, "the solver said \"proved, trust me\"");
    let told = why(&found_with("cat > /dev/null; echo '(error \"no memory\")'", 60_000));
    assert_eq!(told, "the solver said \"(error \\\"no memory\\\")\"");
}

/// An example is shown only if it is one: this claims that there is one and gives nonsense, or
/// one that is none.
#[test]
fn an_example_that_is_none_is_not_shown() {
    for model in ["", "(", "(\n)", "(\n(define-fun x () Int 3)\n)", "\u{1F600}"] {
        let body = format!("cat > /dev/null; printf 'sat\\n%s\\n' '{model}'");
        let told = why(&found_with(&body, 60_000));
        assert!(!told.is_empty(), "{model:?}");
    }
}

#[test]
fn a_program_that_is_no_solver_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let limit = Duration::from_secs(60);
    let told = Cvc5::at(script(&folder, "echo hello"), limit).unwrap_err().to_string();
    assert!(told.contains("does not say which version of cvc5 it is, but \"hello\""), "{told}");
    let told = Cvc5::at(script(&folder, "exit 3"), limit).unwrap_err().to_string();
    assert!(told.contains("it gave no answer"), "{told}");
    let told = Cvc5::at("/nowhere/cvc5".into(), limit).unwrap_err().to_string();
    assert!(told.contains("it cannot be run"), "{told}");
}

/// A solver that finds an example for everything, in its own words, is not believed either.
struct Eager;

impl Solver for Eager {
    fn name(&self) -> String {
        "eager 1".to_owned()
    }

    fn solve(&mut self, _: &str, _: bool) -> Reply {
        Reply::Sat(String::new())
    }
}

#[test]
fn a_solver_that_says_yes_to_everything_refutes_nothing() {
    let pack = pack();
    let version = Version::shipped(&pack, pack.versions.last().unwrap());
    let (_, proofs) = version.prove(&mut Eager);
    assert_eq!(proofs.refuted().count(), 0, "{:?}", proofs.refuted().next());
}
