//! What can only be checked of a pack as a whole: the charter, the policies, and what looks odd.

use super::fault::{Fault, Report, code};
use super::source::plain;
use super::versions::PROPERTIES;
use super::{FoundingPolicies, Gathered, Pack, PackVersion, PartyFigures, Table, VERSIONS, gather};
use countersign_core::people::Function;
use countersign_core::policy::{self, ProblemCode, World};
use countersign_proof::words::{Moment, PartyId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The codes of warnings; stable, and never reused.
pub mod warning {
    /// A file that nothing reads.
    pub const FILE_UNREAD: &str = "file-unread";
    /// An office that too few persons hold, at any time, to make its word.
    pub const OFFICE_VACANT: &str = "office-vacant";
    /// Figures of a party that has no office to take them in.
    pub const STOCK_UNKEPT: &str = "stock-unkept";
    /// It could not be shown that approvals only ever help; such acts are answered slowly.
    pub const POLICY_SLOW: &str = "policy-slow";
    /// A policy file with lines that end in CR LF: another editor would change its digest.
    pub const POLICY_LINE_ENDS: &str = "policy-line-ends";
}

/// Checks the pack in the folder `dir`: every file, the charter it makes, and its policies.
#[must_use]
pub fn check(dir: &Path) -> Report {
    let Gathered { pack, faults, intact } = gather(dir);
    let mut report = Report { faults, warnings: unread(dir), summary: pack.summary() };
    report.warnings.extend(unpromised(dir, &pack.versions));
    if report.faults.is_empty() {
        pack.check_into(&mut report);
    } else if intact {
        let tables = report.faults.iter().all(|fault| fault.file != VERSIONS);
        pack.check_policies(tables, &mut report);
    }
    report.settle();
    report
}

/// Sorts by file and line, and tells nothing twice. What a file holds is quoted in messages, so
/// whatever would not show there is written as its code.
pub(super) fn in_order(faults: &mut Vec<Fault>) {
    for fault in faults.iter_mut() {
        for text in [&mut fault.file, &mut fault.message, &mut fault.remedy] {
            *text = plain(text);
        }
    }
    faults.sort();
    faults.dedup();
}

impl Report {
    fn settle(&mut self) {
        in_order(&mut self.faults);
        in_order(&mut self.warnings);
    }
}

impl Pack {
    /// Checks the charter that the pack makes and its policies. [`check`] does this and names what
    /// could not even be read.
    #[must_use]
    pub fn check(&self) -> Report {
        let mut report = Report { summary: self.summary(), ..Report::default() };
        self.check_into(&mut report);
        report.settle();
        report
    }

    fn check_into(&self, report: &mut Report) {
        let charter = self.charter(&BTreeMap::new(), Moment::LAST, FoundingPolicies::All);
        if let Err(problem) = charter.check() {
            let message = format!("the ledger would refuse the charter: {problem}");
            let remedy = "correct what the message names";
            report.faults.push(Fault::of_file(
                super::MANIFEST,
                code::CHARTER_UNFIT,
                &message,
                remedy,
            ));
        }
        self.check_policies(true, report);
        self.look_for_vacancies(report);
    }

    /// Checks the policies; `tables`: also what stands in the tables of the versions, which is left
    /// out where those hold mistakes that are told already.
    pub(super) fn check_policies(&self, tables: bool, report: &mut Report) {
        let world = self.charter(&BTreeMap::new(), Moment::LAST, FoundingPolicies::All).world();
        for version in &self.versions {
            let bundle = &version.policy.bundle;
            let found = policy::check(bundle, &world, self.manifest.exercise);
            for problem in found.problems.into_iter().filter(|p| tables || p.file.is_some()) {
                let in_file = problem.file.map(|file| match file.starts_with("properties/") {
                    true => format!("policy/{file}"),
                    false => format!("{}/{file}", version.folder),
                });
                let line = match in_file {
                    Some(_) => problem.line.and_then(|line| u32::try_from(line).ok()),
                    None => Some(version.line),
                };
                report.faults.push(Fault {
                    file: in_file.unwrap_or_else(|| VERSIONS.to_owned()),
                    line,
                    column: None,
                    code: problem.code.as_str(),
                    message: format!("{}: {}", version.id(), problem.message),
                    remedy: problem.remedy,
                });
            }
            for act in found.enumerated {
                let message = format!(
                    "{}: it could not be shown that approvals only ever help {act}",
                    version.id()
                );
                let remedy = "say which approvals are needed, not which must be absent";
                report.warnings.push(of_version(version, warning::POLICY_SLOW, message, remedy));
            }
            for (name, _) in bundle.policies.iter().filter(|(_, text)| text.contains('\r')) {
                let file = format!("{}/{name}", version.folder);
                let message = "lines end in CR LF; an editor that changes that changes the digest";
                let remedy = "save the file with LF alone";
                report.warnings.push(Fault::of_file(
                    &file,
                    warning::POLICY_LINE_ENDS,
                    message,
                    remedy,
                ));
            }
            if tables {
                self.look_for_deciders(version, &world, report);
            }
        }
    }

    /// Every party that an item comes from has entries in the deciding table; without them, policy
    /// gives no answer, and so refuses. The check of a version does not know the items: it sees to
    /// the parties that control an input, and to those that the table names.
    fn look_for_deciders(&self, version: &PackVersion, world: &World, report: &mut Report) {
        let deciding = &version.policy.bundle.deciding;
        let seen_to = |party: &PartyId| {
            deciding.contains_key(party) || world.inputs.values().any(|i| i.controller == *party)
        };
        let origins: BTreeSet<&PartyId> = self.items.items.iter().map(|i| &i.origin).collect();
        for party in origins.into_iter().filter(|party| !seen_to(party)) {
            let message = format!(
                "{}: items come from {party}, but the deciding table has no entry of it",
                version.id()
            );
            let remedy = "name the offices that decide, or `standing` for a standing permission";
            let code = ProblemCode::DecidingMissing.as_str();
            report.faults.push(of_version(version, code, message, remedy));
        }
    }

    fn look_for_vacancies(&self, report: &mut Report) {
        for fact in &self.people.offices {
            let office = &fact.office;
            let terms = self.people.terms.iter().filter(|term| term.office == office.id);
            let holders: BTreeSet<_> = terms.map(|term| &term.person).collect();
            if holders.len() < usize::from(office.quorum) {
                report.warnings.push(Fault {
                    file: super::PEOPLE.to_owned(),
                    line: Some(fact.line),
                    column: None,
                    code: warning::OFFICE_VACANT,
                    message: format!(
                        "{} needs {} to make its word, but {} ever hold it",
                        office.id,
                        office.quorum,
                        holders.len()
                    ),
                    remedy: "add a [[term]], or appoint someone later".to_owned(),
                });
            }
        }
        for PartyFigures { party, file, line, figures: _ } in self.figures() {
            let kept = self.people.offices.iter().any(|fact| {
                fact.office.party == party && fact.office.functions.contains(&Function::Stock)
            });
            if !kept {
                report.warnings.push(Fault {
                    file,
                    line: Some(line),
                    column: None,
                    code: warning::STOCK_UNKEPT,
                    message: format!("{party} has no office that could take its figures in"),
                    remedy: "give an office of the party the function stock".to_owned(),
                });
            }
        }
    }
}

fn of_version(version: &PackVersion, code: &'static str, message: String, remedy: &str) -> Fault {
    Fault { line: Some(version.line), ..Fault::of_file(VERSIONS, code, &message, remedy) }
}

/// Standing properties that no version promises.
fn unpromised(dir: &Path, versions: &[PackVersion]) -> Vec<Fault> {
    let promised = |name: &str| {
        versions.iter().any(|version| version.policy.bundle.properties.contains_key(name))
    };
    let entries = std::fs::read_dir(dir.join(PROPERTIES)).into_iter().flatten();
    let names = entries.filter_map(Result::ok).filter_map(|e| e.file_name().into_string().ok());
    let message = "no version promises this property";
    let remedy = "name it in a version's `properties` in policy/versions.toml, or take it out";
    names
        .filter(|name| !promised(name))
        .map(|name| {
            let file = format!("{PROPERTIES}/{name}");
            Fault::of_file(&file, warning::FILE_UNREAD, message, remedy)
        })
        .collect()
}

/// Files in the folder that nothing reads: often a name with a typing mistake.
fn unread(dir: &Path) -> Vec<Fault> {
    let read = [
        super::MANIFEST,
        super::PEOPLE,
        super::ITEMS,
        super::ZONES,
        super::triage::TRIAGE,
        super::STORY,
        "policy",
        "README.md",
    ];
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_table = |name: &str| Table::ALL.iter().any(|table| table.file() == name);
    let unread = names
        .filter(|name| !read.contains(&name.as_str()) && !is_table(name) && !name.starts_with('.'));
    let message = "nothing reads this file";
    let remedy = "correct its name if a file of the pack is meant, or take it out";
    unread.map(|name| Fault::of_file(&name, warning::FILE_UNREAD, message, remedy)).collect()
}
