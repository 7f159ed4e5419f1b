//! What proofs take: everything that is claimed of a version, and two versions held against each
//! other. The floor is the solver alone on the very same scripts.
//!
//! `cargo bench -p countersign --bench proofs [-- --quick] [-- --json FILE]`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../../countersign-core/benches/report/report.rs"]
mod report;
#[path = "../tests/proofs/version.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod version;

use countersign_core::policy::{
    Claim, Compiled, Finding, Proofs, Property, Reply, Solver, compare, prove,
};
use report::{Report, timed};
use version::{Version, cvc5, pack, proving};

/// A solver that keeps what it is asked, and how long the answers take.
struct Kept<S> {
    solver: S,
    asked: Vec<(String, bool)>,
    seconds: f64,
}

impl<S: Solver> Solver for Kept<S> {
    fn name(&self) -> String {
        self.solver.name()
    }

    fn solve(&mut self, script: &str, model: bool) -> Reply {
        self.asked.push((script.to_owned(), model));
        let (seconds, reply) = timed(|| self.solver.solve(script, model));
        self.seconds += seconds;
        reply
    }
}

fn shipped(id: &str) -> Version {
    let pack = pack();
    Version::shipped(&pack, pack.version(&id.parse().unwrap()).unwrap())
}

fn proved(version: &Version, properties: &[Property], compiled: &Compiled) -> (f64, f64, Proofs) {
    let mut kept = Kept { solver: cvc5(), asked: Vec::new(), seconds: 0.0 };
    let (took, proofs) =
        timed(|| prove(compiled, properties, &mut proving(version, Some(&mut kept))));
    for (claim, finding) in &proofs.findings {
        assert_eq!(*finding, Finding::Proved, "{claim}");
    }
    // The same scripts again, to the solver alone.
    let (bare, ()) = timed(|| {
        let mut solver = cvc5();
        for (script, model) in &kept.asked {
            let _ = solver.solve(script, *model);
        }
    });
    (took, bare, proofs)
}

fn main() {
    let mut report = Report::from_arguments();
    let names: &[&str] = if report.quick { &["v5"] } else { &["v1", "v2", "v3", "v4", "v5"] };
    let (mut all, mut floor, mut promises) = (0.0, 0.0, 0_usize);
    for name in names {
        let version = shipped(name);
        let compiled = version.compiled();
        let properties = Property::all(&version.bundle, &version.world, true).unwrap();
        let (took, bare, proofs) = proved(&version, &properties, &compiled);
        all += took;
        floor += bare;
        let promised = proofs.findings.iter().filter(|(claim, _)| match claim {
            Claim::Promise { .. } => true,
            Claim::NeverFails { .. } | Claim::ApprovalsHelp { .. } => false,
        });
        promises += promised.count();
        report.add(
            format!("{name}: all {} claims", proofs.findings.len()),
            took * 1e3,
            "ms",
            "2 s",
            took / 2.0,
        );
    }
    let what = format!("all versions together, {promises} promises among the claims");
    report.add(what, all * 1e3, "ms", "2 s", all / 2.0);
    report.add("the solver alone on the same scripts", floor * 1e3, "ms", "all", floor / all);
    let (before, after) = (shipped("v4"), shipped("v5"));
    let mut solver = cvc5();
    let (took, _) = timed(|| {
        compare(&before.compiled(), &after.compiled(), &mut proving(&after, Some(&mut solver)))
    });
    report.add("v4 and v5 compared, both ways", took * 1e3, "ms", "2 s", took / 2.0);
    report.finish();
}
