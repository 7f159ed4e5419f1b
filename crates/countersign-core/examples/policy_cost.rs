//! What one verdict costs: `cargo run --release -p countersign-core --example policy_cost`.
//!
//! Prints figures and asserts nothing; read them as ratios within one run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement, not product code"
)]

#[path = "../tests/policy/world.rs"]
mod policy;

use countersign_core::policy::Compiled;
use countersign_proof::words::Act;
use policy::{Ask, bundle, item, long_range, text, world};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// `total` policies on `use`: v4's two, and gates that read quantity, class and range.
fn ten(total: usize) -> String {
    let mut text = r#"
@id("use-in-ukraine")
permit (principal, action == Action::"use", resource)
when { context.zones.contains(Zone::"UA") };
@id("use-in-russia")
permit (principal, action == Action::"use", resource)
when {
  context.zones.contains(Zone::"RU") &&
  context.approvals.containsAll(context.foreign_controllers)
};
"#
    .to_owned();
    for n in 2..total {
        write!(
            text,
            "@id(\"gate-{n}\")\nforbid (principal, action == Action::\"use\", resource)\n\
             when {{ context.quantity > {n}000 && resource has range_km \
             && resource.range_km > {n} }}\n\
             unless {{ context.approvals.contains(Office::\"US.DepSecDef\") }};\n"
        )
        .unwrap();
    }
    text
}

/// The median over batches of the time of one call.
fn median(calls: u32, mut call: impl FnMut()) -> Duration {
    let mut batches: Vec<Duration> = (0..9)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed() / calls
        })
        .collect();
    batches.sort();
    batches[4]
}

fn main() {
    let mut gated = bundle(&ten(10));
    gated.key_only = countersign_core::policy::KeyOnlyRule::Allow;
    let ten = Compiled::compile(&gated, &world(), true).unwrap();
    for (name, compiled) in [("pack v4", &long_range("v4")), ("10 policies on use", &ten)] {
        for (id, quantity) in
            [("FLAMINGO", 4), ("ATACMS", 4), ("STORM-SHADOW", 4), ("STORM-SHADOW", 3500)]
        {
            let item = item(id, "green");
            let mut ask = Ask::new(Act::Use, &item).zone("RU.Kursk");
            ask.quantity = quantity;
            let question = ask.question();
            let verdict = text(&compiled.verdict(&question).unwrap().verdict);
            let fresh = median(2_000, || drop(compiled.verdict_unmemoised(&question)));
            let kept = median(20_000, || drop(compiled.verdict_shared(&question)));
            let approvals = policy::offices(&["GB.MoD", "US.SecDef"]);
            let asked = median(2_000, || drop(compiled.satisfied(&question, &approvals)));
            println!("{name}, {id} × {quantity}: {verdict}");
            println!("    derived {fresh:?}, from memory {kept:?}, one set asked about {asked:?}");
        }
    }
    let start = Instant::now();
    drop(Compiled::compile(&policy::version("v4"), &world(), true));
    println!("compile and check pack v4: {:?}", start.elapsed());
}
