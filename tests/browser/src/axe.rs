//! Can everyone use this page, as far as a program can tell?
//!
//! axe-core sees perhaps half of what makes a page hard to use. What it reports is a fault; that it
//! reports nothing does not make a page a good one.

use crate::fault::{Fault, while_};
use crate::provided::{installed, run};
use crate::tab::Tab;
use serde_json::Value;
use std::fmt;
use std::process::Command;

const VERSION: &str = "4.14.1";

/// What is demanded: WCAG 2.2 up to AA, and what axe-core's authors call good practice.
const RUN: &str = "axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', \
     values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })";

/// One rule that a page breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's id, as `color-contrast`.
    pub rule: String,
    /// How bad axe-core finds it.
    pub impact: String,
    /// The rule in words.
    pub help: String,
    /// The elements, as selectors, each with what is wrong with it.
    pub places: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.places.iter().try_for_each(|place| write!(formatter, "\n    {place}"))
    }
}

/// The text of axe-core itself, from npm.
///
/// # Errors
/// [`Fault`] when npm is absent or cannot bring it, with the remedy.
pub fn axe_core() -> Result<String, Fault> {
    let dir = installed(&format!("axe-core-{VERSION}"), |dir| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        npm.arg(dir).arg(format!("axe-core@{VERSION}"));
        let remedy = "install npm (Debian: nodejs and npm), and let it reach its registry";
        run(&mut npm, remedy).map(drop)
    })?;
    let file = dir.join("node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file).map_err(while_(file.display()))
}

/// Judges the page that a tab shows.
///
/// # Errors
/// [`Fault`] when axe-core cannot be had or does not run, or has found nothing to look at.
pub async fn violations(tab: &Tab) -> Result<Vec<Violation>, Fault> {
    // The browser itself sets it going, so the page's content security policy stays as it is.
    tab.ask(&format!("{}\n;0", axe_core()?)).await?;
    let found = tab.ask(RUN).await?;
    let list = |key: &str| found.get(key).and_then(Value::as_array);
    if list("passes").is_none_or(Vec::is_empty) {
        let url = tab.url().await?;
        return Err(Fault::new(format!("axe-core found nothing to look at, at {url}")));
    }
    let violations = list("violations").ok_or_else(|| Fault::new("axe-core gave no result"))?;
    Ok(violations.iter().map(violation).collect())
}

/// Demands that axe-core has nothing against the page that a tab shows.
///
/// # Errors
/// [`Fault`] with everything it has against it.
pub async fn must_have_no_violations(tab: &Tab) -> Result<(), Fault> {
    let found = violations(tab).await?;
    if found.is_empty() {
        return Ok(());
    }
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    Err(Fault::new(format!("axe-core:\n  {}", found.join("\n  "))))
}

fn violation(found: &Value) -> Violation {
    let nodes = found.get("nodes").and_then(Value::as_array);
    let place = |node: &Value| {
        let targets = node.get("target").and_then(Value::as_array);
        let targets = targets.into_iter().flatten().map(Value::to_string).collect::<Vec<_>>();
        let summary = text(node, "failureSummary").replace('\n', " ");
        format!("{}: {summary}", targets.join(" "))
    };
    Violation {
        rule: text(found, "id"),
        impact: text(found, "impact"),
        help: text(found, "help"),
        places: nodes.into_iter().flatten().map(place).collect(),
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
