//! Many questions to one version in a row, each distinct one worked out once.

use super::super::memo;
use super::super::{PolicyError, Question, Subject, closure};
use super::renaming::{Above, Form};
use super::{Compiled, Explained, Shape, Slice};
use cedar_policy::Entities;
use countersign_proof::words::ZoneId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many verdicts a replay keeps; then all are forgotten and it begins anew.
const VERDICTS_MAX: usize = 65_536;

/// How many items it keeps as Cedar sees them, likewise.
const ITEMS_MAX: usize = 4_096;

/// A version that is asked one question after another.
///
/// It gives what [`Compiled::verdict_over`] gives. It keeps its own memory, which nobody else has
/// to wait for, and looks up a question that names several zones as one.
#[derive(Debug)]
pub struct Replay<'a> {
    version: &'a Compiled,
    verdicts: BTreeMap<Vec<u8>, Arc<Explained>>,
    items: BTreeMap<Vec<u8>, Arc<Entities>>,
    above: BTreeMap<Vec<u8>, Arc<Above>>,
    forms: BTreeMap<Vec<u8>, (Form, Arc<Explained>)>,
    key: Vec<u8>,
    /// The zones asked about last, which are known.
    zones: BTreeSet<ZoneId>,
    asked: u64,
    worked_out: u64,
}

impl<'a> Replay<'a> {
    /// A replay that remembers nothing yet.
    #[must_use]
    pub fn of(version: &'a Compiled) -> Self {
        Self {
            version,
            verdicts: BTreeMap::new(),
            items: BTreeMap::new(),
            above: BTreeMap::new(),
            forms: BTreeMap::new(),
            key: Vec::new(),
            zones: BTreeSet::new(),
            asked: 0,
            worked_out: 0,
        }
    }

    /// The version that is asked.
    #[must_use]
    pub fn version(&self) -> &'a Compiled {
        self.version
    }

    /// How many questions were asked, and how many of them had to be worked out.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.asked, self.worked_out)
    }

    /// Who must consent to an act that spans several zones: every zone must be satisfied. Whatever
    /// zone the question names is left aside, unless `zones` is empty.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict_over(
        &mut self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
    ) -> Result<Arc<Explained>, PolicyError> {
        self.asked = self.asked.saturating_add(1);
        let slice = self.admit(question, zones)?;
        let Some(reads) = &slice.reads else { return self.work_out(slice, question, zones) };
        let mut key = std::mem::take(&mut self.key);
        memo::write_key(&mut key, &self.version.world, (question, zones), reads);
        if let Some(known) = self.verdicts.get(&key) {
            let known = Arc::clone(known);
            self.key = key;
            return Ok(known);
        }
        let made = self.work_out(slice, question, zones)?;
        if self.verdicts.len() >= VERDICTS_MAX {
            self.verdicts.clear();
        }
        self.verdicts.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// What makes questions alike over the same zones: two with the same bytes get the same
    /// verdict on each of these zones and on all of them. `None` where what policies read is not
    /// understood.
    ///
    /// # Errors
    /// [`PolicyError`] for a question that is refused before it is decided.
    pub fn likeness(
        &mut self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
    ) -> Result<Option<&[u8]>, PolicyError> {
        let slice = self.admit(question, zones)?;
        let Some(reads) = &slice.reads else { return Ok(None) };
        memo::write_key(&mut self.key, &self.version.world, (question, zones), reads);
        Ok(Some(&self.key))
    }

    /// Refuses what cannot be decided safely, before anything is looked up.
    fn admit(
        &mut self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
    ) -> Result<&'a Slice, PolicyError> {
        match (&question.subject, zones.first()) {
            (Subject::Item(asked), Some(first)) => {
                let mut asked = asked.clone();
                asked.zone = Some(first);
                let one = Question { subject: Subject::Item(asked), ..question.clone() };
                if self.zones != *zones {
                    let known = |zone| closure::known_zone(&self.version.world, zone);
                    zones.iter().try_for_each(known)?;
                    self.zones.clone_from(zones);
                }
                self.version.admit(&one)
            }
            (
                Subject::Item(_)
                | Subject::Office(_)
                | Subject::View(_)
                | Subject::Programme { .. },
                _,
            ) => self.version.admit(question),
        }
    }

    fn work_out(
        &mut self,
        slice: &'a Slice,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
    ) -> Result<Arc<Explained>, PolicyError> {
        if zones.len() <= 1 {
            let questions = super::over(question, zones)?;
            return self.one(slice, questions.first().unwrap_or(question));
        }
        let version = self.version;
        version
            .join(question, zones, |question| self.verdict_over(question, &BTreeSet::new()))
            .map(Arc::new)
    }

    /// One question in one zone, unless one of its form has been worked out.
    fn one(
        &mut self,
        slice: &'a Slice,
        question: &Question<'_>,
    ) -> Result<Arc<Explained>, PolicyError> {
        let form = self.form(slice, question)?;
        if let Some(form) = &form
            && let Some((other, known)) = self.forms.get(&form.key)
        {
            return Ok(Arc::new(form.renamed(other, known)));
        }
        self.worked_out = self.worked_out.saturating_add(1);
        let entities = self.entities(slice, question)?;
        let case = self.version.case_over(slice, question, entities)?;
        let made = case.derive(|| self.version.offices()).map(Arc::new)?;
        if let Some(form) = form {
            if self.forms.len() >= VERDICTS_MAX {
                self.forms.clear();
            }
            self.forms.insert(form.key.clone(), (form, Arc::clone(&made)));
        }
        Ok(made)
    }

    /// The question without the names that no policy names. None where every office is tried:
    /// those that do not matter would then have to be exchanged as well.
    fn form(
        &mut self,
        slice: &Slice,
        question: &Question<'_>,
    ) -> Result<Option<Form>, PolicyError> {
        let Subject::Item(asked) = &question.subject else { return Ok(None) };
        match slice.shape {
            Shape::Any => return Ok(None),
            Shape::Monotone => {}
        }
        let sets = self.version.deciding_sets(slice, question)?;
        let key = memo::item_key(question.act, asked.item, None);
        let above = match self.above.get(&key) {
            Some(known) => Arc::clone(known),
            None => {
                let Compiled { world, bundle, .. } = self.version;
                if self.above.len() >= ITEMS_MAX {
                    self.above.clear();
                }
                let made = Arc::new(Above::of(world, bundle, asked.item, question.act));
                self.above.insert(key, Arc::clone(&made));
                made
            }
        };
        Ok(Form::of(&self.version.world, slice, (question, asked), &sets, &above))
    }

    fn entities(
        &mut self,
        slice: &Slice,
        question: &Question<'_>,
    ) -> Result<Arc<Entities>, PolicyError> {
        let Subject::Item(asked) = &question.subject else { return Ok(Arc::clone(&slice.base)) };
        let holder = slice.holder_read(asked.holder);
        let key = memo::item_key(question.act, asked.item, holder);
        if let Some(known) = self.items.get(&key) {
            return Ok(Arc::clone(known));
        }
        let made = self.version.entities_with(slice, asked.item, holder, question.act)?;
        if self.items.len() >= ITEMS_MAX {
            self.items.clear();
        }
        let made = Arc::new(made);
        self.items.insert(key, Arc::clone(&made));
        Ok(made)
    }
}
