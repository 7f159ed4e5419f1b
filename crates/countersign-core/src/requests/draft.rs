//! What is asked for, and what is left of it under provisos.

use countersign_proof::statement::kinds::Terms;
use countersign_proof::words::{
    Act, Digest, ItemId, PartyId, PlaceId, Provisos, Quantity, RequestId, Revision, Window, ZoneId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What one revision of a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The act.
    pub act: Act,
    /// For whom.
    pub holder: PartyId,
    /// Of what.
    pub item: ItemId,
    /// How many units.
    pub quantity: Quantity,
    /// Where, for a use; empty otherwise.
    pub zones: BTreeSet<ZoneId>,
    /// To whom, for a transfer.
    pub recipient: Option<PartyId>,
    /// From which depot, if the request says.
    pub depot: Option<PlaceId>,
    /// When.
    pub window: Window,
}

impl Draft {
    /// The digest of a revision: of all its terms and its justification, written as lines.
    #[must_use]
    pub fn digest(&self, request: RequestId, revision: Revision, justification: &str) -> Digest {
        let zones: Vec<&str> = self.zones.iter().map(ZoneId::as_str).collect();
        let recipient = self.recipient.as_ref().map_or("-", PartyId::as_str);
        let depot = self.depot.as_ref().map_or("-", PlaceId::as_str);
        let mut text = String::from("countersign revision 1\n");
        // Writing into a string cannot fail.
        let _ = writeln!(text, "request: {request}\nrevision: {revision}\nact: {}", self.act);
        let _ = writeln!(text, "holder: {}\nitem: {}", self.holder, self.item);
        let _ = writeln!(text, "quantity: {}\nzones: {}", self.quantity, zones.join(","));
        let _ = writeln!(text, "recipient: {recipient}\ndepot: {depot}\nwindow: {}", self.window);
        let _ = writeln!(text, "justification: {}", Digest::of(justification.as_bytes()));
        Digest::of(text.as_bytes())
    }

    /// The terms that a decision on this revision carries.
    #[must_use]
    pub fn terms(&self, request: RequestId, revision: Revision, digest: Digest) -> Terms {
        Terms {
            request,
            revision,
            revision_digest: digest,
            act: self.act,
            item: self.item.clone(),
            quantity: self.quantity,
            zones: self.zones.clone(),
            holder: self.holder.clone(),
            depot: self.depot.clone(),
            window: self.window,
        }
    }

    /// What would be usable with no provisos.
    #[must_use]
    pub fn usable(&self) -> Usable {
        Usable {
            quantity: self.quantity,
            zones: self.zones.clone(),
            window: self.window,
            depot: self.depot.clone(),
        }
    }

    /// The draft narrowed to what is usable.
    #[must_use]
    pub fn narrowed(&self, usable: &Usable) -> Self {
        Self {
            quantity: usable.quantity,
            zones: usable.zones.clone(),
            window: usable.window,
            depot: usable.depot.clone(),
            ..self.clone()
        }
    }
}

/// Gives the areas that two sets of zones share.
pub type SharedZones<'a> = dyn Fn(&BTreeSet<ZoneId>, &BTreeSet<ZoneId>) -> BTreeSet<ZoneId> + 'a;

/// The bounds of a release: the terms asked for, narrowed by every signer's provisos.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usable {
    /// How many units.
    pub quantity: Quantity,
    /// Where.
    pub zones: BTreeSet<ZoneId>,
    /// When.
    pub window: Window,
    /// From which depot.
    pub depot: Option<PlaceId>,
}

impl Usable {
    /// Narrows by one signer's provisos; `None` where nothing is left.
    #[must_use]
    pub fn narrow(self, provisos: &Provisos, shared: &SharedZones<'_>) -> Option<Self> {
        let quantity = provisos.quantity.map_or(self.quantity, |most| most.min(self.quantity));
        let zones = match &provisos.zones {
            Some(only) => shared(&self.zones, only),
            None => self.zones.clone(),
        };
        let window = match provisos.window {
            Some(window) => self.window.intersect(window)?,
            None => self.window,
        };
        let depot = match (self.depot, &provisos.depot) {
            (Some(asked), Some(only)) if asked != *only => return None,
            (asked, only) => asked.or_else(|| only.clone()),
        };
        let emptied = quantity.is_zero() || (zones.is_empty() && !self.zones.is_empty());
        (!emptied).then_some(Self { quantity, zones, window, depot })
    }
}
