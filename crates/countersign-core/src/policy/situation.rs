//! A request that could be made, with the consent at hand: what a counterexample is.

use super::{
    Compiled, ItemQuestion, Preconditions, Question, Subject, Totals, ViewQuestion, World,
};
use crate::stock::Item;
use countersign_proof::entry::Label;
use countersign_proof::words::{
    Act, ItemClass, ItemId, Moment, OfficeId, PartyId, Quantity, ZoneId,
};
use std::collections::{BTreeMap, BTreeSet};

/// A question that owns what it is about, and who has consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The act.
    pub act: Act,
    /// What it is done to.
    pub about: About,
    /// The moment.
    pub now: Moment,
    /// Whether one of the signatures was made without user verification.
    pub key_only: bool,
    /// Whether the ledger is an exercise.
    pub exercise: bool,
    /// Who has consented.
    pub approvals: BTreeSet<OfficeId>,
    /// For a question about more consent: who has consented then.
    pub more: BTreeSet<OfficeId>,
}

/// What a situation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Units of an item.
    Item(Box<AboutItem>),
    /// An office.
    Office(OfficeId),
    /// What an office may see of a matter.
    View(AboutView),
    /// The programme as a whole; for a publication, whether everything was proved.
    Programme {
        /// Whether it was.
        proved: bool,
    },
}

/// What an office may see, as in [`ViewQuestion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutView {
    /// Who asks.
    pub office: OfficeId,
    /// Which kind of part.
    pub label: Label,
    /// Whether the matter concerns its party.
    pub concerned: bool,
    /// Whether it advises or decides on it.
    pub consulted: bool,
}

/// Units of an item, as in [`ItemQuestion`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutItem {
    /// For whom.
    pub holder: PartyId,
    /// Of what.
    pub item: Item,
    /// Whether the item is one of the programme's own, not one thought up.
    pub real: bool,
    /// Where.
    pub zone: Option<ZoneId>,
    /// How many.
    pub quantity: Quantity,
    /// To whom, for a transfer.
    pub recipient: Option<PartyId>,
    /// The act asked for.
    pub requested: Act,
    /// What the holder has out and has used.
    pub totals: Totals,
    /// What an order to divert undertakes.
    pub preconditions: Preconditions,
}

impl Situation {
    /// The question, to be put to a version.
    #[must_use]
    pub fn question(&self) -> Question<'_> {
        let subject = match &self.about {
            About::Item(about) => Subject::Item(ItemQuestion {
                holder: &about.holder,
                item: &about.item,
                zone: about.zone.as_ref(),
                quantity: about.quantity,
                recipient: about.recipient.as_ref(),
                requested: about.requested,
                totals: about.totals,
                preconditions: about.preconditions,
            }),
            About::Office(office) => Subject::Office(office),
            About::View(AboutView { office, label, concerned, consulted }) => {
                let (label, concerned, consulted) = (*label, *concerned, *consulted);
                Subject::View(ViewQuestion { office, label, concerned, consulted })
            }
            About::Programme { proved } => Subject::Programme { proved: *proved },
        };
        let Self { act, now, key_only, exercise, .. } = *self;
        Question { act, subject, now, key_only, exercise }
    }

    /// Whether a version allows it with the consent at hand; where the version gives no answer, it
    /// does not.
    #[must_use]
    pub fn allowed_by(&self, version: &Compiled) -> bool {
        self.allowed_with(version, &self.approvals)
    }

    /// [`Situation::allowed_by`] with other consent.
    #[must_use]
    pub fn allowed_with(&self, version: &Compiled, approvals: &BTreeSet<OfficeId>) -> bool {
        version.satisfied(&self.question(), approvals) == Ok(true)
    }

    /// The same situation in the plainest form that `still` accepts: of one of these items for one
    /// of these holders where that will do, with as few consents, units and peculiarities as
    /// possible.
    pub(super) fn plainest(
        self,
        items: &BTreeMap<ItemId, Item>,
        holders: &BTreeSet<PartyId>,
        world: &World,
        from: Moment,
        still: &dyn Fn(&Self) -> bool,
    ) -> Self {
        let mut best = self.known(items, holders, world, still).unwrap_or(self);
        let in_zone = |zone: &ZoneId| best.with_item(|about| about.zone = Some(zone.clone()));
        let elsewhere = world.zones.keys().filter_map(in_zone).find(|tried| still(tried));
        best = elsewhere.unwrap_or(best);
        let mut tries: Vec<Self> = best.without_each_approval();
        while let Some(tried) = tries.pop() {
            if still(&tried) {
                best = tried;
                tries = best.without_each_approval();
            }
        }
        for simpler in SIMPLER {
            if let Some(tried) = simpler(&best, from)
                && still(&tried)
            {
                best = tried;
            }
        }
        best
    }

    /// The same for a holder and an item that there are: the item as it stands before the same item
    /// in the class at hand, and the consent at hand before everybody's, of which the rest can be
    /// dropped.
    fn known(
        &self,
        items: &BTreeMap<ItemId, Item>,
        holders: &BTreeSet<PartyId>,
        world: &World,
        still: &dyn Fn(&Self) -> bool,
    ) -> Option<Self> {
        let class = self.class()?;
        let everybody: BTreeSet<OfficeId> = world.offices.keys().cloned().collect();
        let classed = |item: &Item| Item { class: class.clone(), ..item.clone() };
        let forms: Vec<Item> = items.values().cloned().chain(items.values().map(classed)).collect();
        let asking = holders.iter().map(Some).chain([None]);
        for holder in asking {
            for item in &forms {
                let tried = self.with_item(|about| {
                    about.holder = holder.unwrap_or(&about.holder).clone();
                    about.item = item.clone();
                    about.real = true;
                })?;
                let all = Self { approvals: everybody.clone(), ..tried.clone() };
                if let Some(found) = [tried, all].into_iter().find(|tried| still(tried)) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn with_item(&self, change: impl FnOnce(&mut AboutItem)) -> Option<Self> {
        let mut other = self.clone();
        match &mut other.about {
            About::Item(about) => change(about),
            About::Office(_) | About::View(_) | About::Programme { .. } => return None,
        }
        Some(other)
    }

    fn with_view(&self, change: impl FnOnce(&mut AboutView)) -> Option<Self> {
        let mut other = self.clone();
        match &mut other.about {
            About::View(about) => change(about),
            About::Item(_) | About::Office(_) | About::Programme { .. } => return None,
        }
        Some(other)
    }

    fn class(&self) -> Option<ItemClass> {
        match &self.about {
            About::Item(about) => Some(about.item.class.clone()),
            About::Office(_) | About::View(_) | About::Programme { .. } => None,
        }
    }

    fn without_each_approval(&self) -> Vec<Self> {
        let less = |office: &OfficeId| {
            let mut other = self.clone();
            other.approvals.remove(office);
            other.more.remove(office);
            other
        };
        let both = self.approvals.union(&self.more);
        both.map(less).collect()
    }

    /// What is asked for, told as the beginning of a sentence: *UA asks to use 1 unit of ATACMS in
    /// RU.Kursk*.
    #[must_use]
    pub fn told(&self, world: &World) -> String {
        let act = self.act;
        let mut words = match &self.about {
            About::Item(about) => about.told(act, world),
            About::Office(office) => format!("somebody asks to {act} the holder of {office}"),
            About::View(about) => about.told(),
            About::Programme { proved: _ } => match act {
                Act::Publish => "somebody asks to publish a policy version".to_owned(),
                Act::Suspend => "somebody asks to place a hold".to_owned(),
                Act::Use
                | Act::Deliver
                | Act::Transfer
                | Act::Divert
                | Act::Admit
                | Act::Appoint
                | Act::Override
                | Act::View => format!("somebody asks to {act}"),
            },
        };
        if self.key_only {
            words.push_str(", one of the signatures made without user verification");
        }
        words
    }
}

/// A set of offices, as the end of a sentence: *with nobody's consent*.
#[must_use]
pub fn consent_in_words(offices: &BTreeSet<OfficeId>) -> String {
    if offices.is_empty() {
        return "with nobody's consent".to_owned();
    }
    let names: Vec<&str> = offices.iter().map(OfficeId::as_str).collect();
    format!("with the consent of {}", names.join(" and "))
}

impl AboutView {
    /// *GB.MoD asks to see the deliberation of a matter that concerns its party and on which it
    /// neither advises nor decides*.
    fn told(&self) -> String {
        let office = &self.office;
        let part = match self.label {
            Label::Parties => "what a matter is about",
            Label::Deliberation => "the deliberation of a matter",
            Label::Identity => "the names in a matter",
        };
        let concerned = if self.concerned { "concerns" } else { "does not concern" };
        let consulted =
            if self.consulted { "advises or decides" } else { "neither advises nor decides" };
        format!(
            "{office} asks to see {part} that {concerned} its party and on which it {consulted}"
        )
    }
}

impl AboutItem {
    fn told(&self, act: Act, world: &World) -> String {
        let unit = if self.quantity.units() == 1 { "unit" } else { "units" };
        let what = if self.real {
            format!("{} (class {})", self.item.id, self.item.class)
        } else {
            self.described(world)
        };
        let units = format!("{} {unit} of {what}", self.quantity);
        let holder = &self.holder;
        let mut words = match act {
            Act::Divert => format!("{units}, promised to {holder}, are to be diverted"),
            Act::Override => format!("the class of {what} is to be set by hand"),
            Act::Admit => format!("{holder} hands in a new request to {} {units}", self.requested),
            Act::Deliver => format!("{units} are to be delivered to {holder}"),
            Act::Use | Act::Transfer | Act::Appoint | Act::Publish | Act::Suspend | Act::View => {
                format!("{holder} asks to {act} {units}")
            }
        };
        if let Some(recipient) = &self.recipient {
            words.push_str(&format!(" to {recipient}"));
        }
        if let Some(zone) = &self.zone {
            words.push_str(&format!(" in {zone}"));
        }
        let Totals { released, used } = self.totals;
        if released.units() > 0 || used.units() > 0 {
            words.push_str(&format!(", having {released} released and {used} used"));
        }
        let Preconditions { certified, notice_days, replaced } = self.preconditions;
        if certified {
            words.push_str(", certified");
        }
        if notice_days > 0 {
            words.push_str(&format!(", with {notice_days} days of notice"));
        }
        if replaced {
            words.push_str(", to be replaced");
        }
        words
    }

    /// An item thought up, by what policy can see of it.
    fn described(&self, world: &World) -> String {
        let item = &self.item;
        let mut words = format!("an item of class {} and origin {}", item.class, item.origin);
        let inputs: Vec<String> = item
            .inputs
            .iter()
            .map(|id| match world.inputs.get(id) {
                Some(input) => format!("{id} (controlled by {})", input.controller),
                None => id.to_string(),
            })
            .collect();
        if inputs.is_empty() {
            words.push_str(" that depends on no input");
        } else {
            words.push_str(&format!(" that depends on {}", inputs.join(" and ")));
        }
        if let Some(range) = item.range_km {
            words.push_str(&format!(", with a range of {range} km"));
        }
        if !item.labels.is_empty() {
            let labels: Vec<String> = item.labels.iter().map(|l| format!("{l:?}")).collect();
            words.push_str(&format!(", labelled {}", labels.join(" and ")));
        }
        words
    }
}

/// A change that makes a situation plainer; `None` where it does not apply.
type Simpler = fn(&Situation, Moment) -> Option<Situation>;

const SIMPLER: &[Simpler] = &[
    |situation, _| Some(Situation { key_only: false, ..situation.clone() }),
    |situation, from| Some(Situation { now: from, ..situation.clone() }),
    |situation, _| {
        situation.with_item(|about| about.quantity = Quantity::new(1).unwrap_or_default())
    },
    |situation, _| situation.with_item(|about| about.totals = Totals::default()),
    |situation, _| situation.with_item(|about| about.preconditions.certified = false),
    |situation, _| situation.with_item(|about| about.preconditions.notice_days = 0),
    |situation, _| situation.with_item(|about| about.preconditions.replaced = false),
    |situation, _| {
        situation.with_item(|about| {
            if !about.real {
                about.item.labels = BTreeSet::new();
            }
        })
    },
    |situation, _| {
        situation.with_item(|about| {
            if !about.real {
                about.item.range_km = None;
            }
        })
    },
    |situation, _| situation.with_item(|about| about.zone = None),
    |situation, _| situation.with_view(|about| about.concerned = false),
    |situation, _| situation.with_view(|about| about.consulted = false),
];
