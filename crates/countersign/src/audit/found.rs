//! What an audit finds: numbers, a line for each finding, and the rows that were left out.

use super::{Failed, Sink};
use crate::pack::Fault;
use countersign_core::history::{Certainty, Judged, Kind, Tally};
use smol_str::SmolStr;

/// How many findings are sorted by line before they are written.
const SORTED: usize = 50_000;
/// How many faults stop the reading.
const FAULTS_MAX: usize = 1_000;
/// How many skipped rows, and cases that could not be judged, are listed.
const LISTED_MAX: usize = 10_000;

/// A finding.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The case, as the history names it.
    pub case: SmolStr,
    /// The line of the act.
    pub line: u64,
    /// The act, with item and holder.
    pub act: String,
    /// When, as it is given.
    pub at: SmolStr,
    /// What is found.
    pub kind: Kind,
    /// How sure that is.
    pub certainty: Certainty,
    /// Who acted.
    pub by: SmolStr,
    /// What was missing.
    pub missing: String,
}

/// A case that could not be judged.
#[derive(Clone, Debug)]
pub(crate) struct Undetermined {
    pub case: SmolStr,
    pub line: u32,
    pub acts: usize,
    pub why: String,
}

/// What an audit comes to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The numbers.
    pub tally: Tally,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were left out.
    pub skipped: u64,
    /// Why, for the first of them.
    pub faults: Vec<Fault>,
    /// The first cases that could not be judged.
    pub undetermined: Vec<Undetermined>,
    /// The acts of all such cases.
    pub undetermined_acts: u64,
}

/// Keeps count.
pub(super) struct Keeper<'a, 's> {
    sink: &'a mut Sink<'s>,
    tally: Tally,
    skipped: u64,
    listed: Vec<Fault>,
    stopped: Vec<Fault>,
    held: Vec<Found>,
    undetermined: Vec<Undetermined>,
    undetermined_acts: u64,
}

impl<'a, 's> Keeper<'a, 's> {
    pub(super) fn new(sink: &'a mut Sink<'s>) -> Self {
        Self {
            sink,
            tally: Tally::default(),
            skipped: 0,
            listed: Vec::new(),
            stopped: Vec::new(),
            held: Vec::new(),
            undetermined: Vec::new(),
            undetermined_acts: 0,
        }
    }

    pub(super) fn stopped(&mut self, faults: Vec<Fault>) {
        self.stopped.extend(faults);
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.stopped.is_empty()
    }

    pub(super) fn has_enough(&self) -> bool {
        self.stopped.len() >= FAULTS_MAX
    }

    pub(super) fn faults(&mut self) -> Failed {
        Failed::Faulty(std::mem::take(&mut self.stopped))
    }

    /// The file breaks off: what was read of it stands for nothing.
    pub(super) fn broken(&mut self, faults: Vec<Fault>) -> Failed {
        self.stopped.extend(faults);
        self.faults()
    }

    pub(super) fn skipped(&mut self, faults: Vec<Fault>) {
        self.skipped = self.skipped.saturating_add(1);
        if self.listed.len() < LISTED_MAX {
            self.listed.extend(faults);
        }
    }

    pub(super) fn case(&mut self) {
        self.tally.cases = self.tally.cases.saturating_add(1);
    }

    pub(super) fn act(&mut self, person: &SmolStr, judged: Judged) {
        self.tally.add(person, judged);
    }

    pub(super) fn undetermined(&mut self, case: &str, line: u32, acts: usize, why: &str) {
        self.case();
        self.tally.undetermined = self.tally.undetermined.saturating_add(1);
        let more = u64::try_from(acts).unwrap_or(u64::MAX);
        self.undetermined_acts = self.undetermined_acts.saturating_add(more);
        if self.undetermined.len() < LISTED_MAX {
            let (case, why) = (SmolStr::new(case), why.to_owned());
            self.undetermined.push(Undetermined { case, line, acts, why });
        }
    }

    pub(super) fn found(&mut self, found: Found) -> Result<(), Failed> {
        self.held.push(found);
        if self.held.len() >= SORTED { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Failed> {
        self.held.sort_by_key(|found| (found.line, found.kind));
        for found in self.held.drain(..) {
            (self.sink)(&found).map_err(|error| Failed::Io("the list".to_owned(), error))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rows: u64) -> Result<Outcome, Failed> {
        if self.has_faults() {
            return Err(self.faults());
        }
        self.write()?;
        Ok(Outcome {
            tally: self.tally,
            rows,
            skipped: self.skipped,
            faults: self.listed,
            undetermined: self.undetermined,
            undetermined_acts: self.undetermined_acts,
        })
    }
}
