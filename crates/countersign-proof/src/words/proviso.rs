//! Provisos: conditions that narrow quantity, zones, window or depot, and combine by intersection.

use super::{PlaceId, Quantity, Window, WordError, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The conditions under which an authorisation or an advice stands; every part is optional.
///
/// Written as `quantity=4 zones=RU.Kursk,RU.Bryansk window=…/… depot=UA.Depot-1`, the parts in
/// this order, zones sorted, and `-` where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provisos {
    /// At most this many units.
    pub quantity: Option<Quantity>,
    /// Only in these zones; `None` leaves the zones as they are, an empty set allows none.
    pub zones: Option<BTreeSet<ZoneId>>,
    /// Only within this window.
    pub window: Option<Window>,
    /// Only from this depot.
    pub depot: Option<PlaceId>,
}

impl Provisos {
    /// Whether nothing is narrowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Provisos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(quantity) = self.quantity {
            parts.push(format!("quantity={quantity}"));
        }
        if let Some(zones) = &self.zones {
            let zones: Vec<_> = zones.iter().map(ZoneId::as_str).collect();
            parts.push(format!("zones={}", zones.join(",")));
        }
        if let Some(window) = self.window {
            parts.push(format!("window={window}"));
        }
        if let Some(depot) = &self.depot {
            parts.push(format!("depot={depot}"));
        }
        if parts.is_empty() { f.write_str("-") } else { f.write_str(&parts.join(" ")) }
    }
}

impl FromStr for Provisos {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = || WordError::new(text, "provisos such as quantity=4 zones=RU.Kursk, or -");
        let mut provisos = Self::default();
        if text == "-" {
            return Ok(provisos);
        }
        for part in text.split(' ') {
            let (name, value) = part.split_once('=').ok_or_else(bad)?;
            match name {
                "quantity" => provisos.quantity = Some(value.parse()?),
                "zones" => {
                    let zones: Result<BTreeSet<ZoneId>, _> =
                        value.split(',').filter(|z| !z.is_empty()).map(str::parse).collect();
                    provisos.zones = Some(zones?);
                }
                "window" => provisos.window = Some(value.parse()?),
                "depot" => provisos.depot = Some(value.parse()?),
                _ => return Err(bad()),
            }
        }
        if provisos.to_string() == text { Ok(provisos) } else { Err(bad()) }
    }
}
