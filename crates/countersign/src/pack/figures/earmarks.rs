//! `earmarks.csv`: what is promised to whom, one row for each month.

use super::{Placed, Row};
use crate::pack::fault::code;
use countersign_core::stock::{Earmark, Origin, Priority};
use countersign_proof::words::{EarmarkId, Month, Standing, WordError};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The columns of `earmarks.csv`.
pub(super) const COLUMNS: [&str; 12] = [
    "earmark",
    "item",
    "owner",
    "recipient",
    "origin",
    "month",
    "quantity",
    "priority",
    "harm",
    "divertible",
    "source",
    "standing",
];

/// The longest source of an earmark, in bytes: that of a text.
const SOURCE_MAX: usize = 1000;

/// Harm for each unit diverted, a whole number up to 10^9.
struct Harm(u64);

impl FromStr for Harm {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = digits && (text == "0" || !text.starts_with('0'));
        let harm = text.parse().ok().filter(|harm| plain && *harm <= 1_000_000_000);
        harm.map(Self).ok_or_else(|| WordError::new(text, "a whole number from 0 to 10^9"))
    }
}

/// A row of `earmarks.csv`: the earmark with one month.
pub(super) struct Promise {
    pub earmark: Earmark,
    month: Month,
    id: EarmarkId,
}

pub(super) fn read_row(row: &mut Row<'_, '_>) -> Option<Promise> {
    let id: Option<EarmarkId> = row.word("earmark");
    let item = row.item();
    let owner = row.party("owner");
    let recipient = row.party("recipient");
    let origin: Option<Origin> = row.word("origin");
    let month = row.month("month");
    let quantity = row.units("quantity", 1, item.as_ref().and_then(|(_, known)| *known));
    let priority: Option<Priority> = row.number("priority");
    let harm: Option<Option<Harm>> = row.or_empty("harm", Row::number);
    let divertible = row.flag("divertible");
    let source = row.words("source");
    let standing: Option<Standing> = row.word("standing");
    let (owner, recipient) = (owner?, recipient?);
    if owner == recipient {
        let message = format!("{owner} promises itself its own stock");
        let remedy = "name another recipient; what a party keeps for itself is a requirement";
        row.fault("recipient", code::EARMARK_FOR_OWNER, message, remedy);
        return None;
    }
    let (id, month, origin) = (id?, month?, origin?);
    let earmark = Earmark {
        id: id.clone(),
        item: item?.0,
        owner,
        recipient,
        origin,
        priority: priority?,
        harm: harm?.map(|harm| harm.0),
        divertible: divertible?,
        source: source?.to_string(),
        standing: standing?,
        slots: BTreeMap::from([(month, Earmark::slot(origin, quantity?))]),
    };
    Some(Promise { earmark, month, id })
}

/// Which earmark stands where, and which line promises what of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    places: BTreeMap<EarmarkId, usize>,
    lines: Vec<Vec<(u32, u32)>>,
}

impl Slots {
    /// Adds a month to its earmark; whether it fits the rows before.
    pub(super) fn add(
        &mut self,
        earmarks: &mut Vec<Placed<Earmark>>,
        file: u16,
        promise: Promise,
        row: &mut Row<'_, '_>,
    ) -> bool {
        let Promise { earmark, month, id } = promise;
        let line = row.line();
        let known = self.places.get(&id).copied();
        let known = known.and_then(|at| Some((earmarks.get_mut(at)?, self.lines.get_mut(at)?)));
        let Some((first, lines)) = known else {
            self.places.insert(id, earmarks.len());
            self.lines.push(vec![(month.into(), line)]);
            earmarks.push(Placed { file, line, value: earmark });
            return true;
        };
        let differs = differences(&first.value, &earmark);
        if let Some(name) = differs.first() {
            let message = format!(
                "the rows of earmark {id} disagree on {}: see line {}",
                differs.join(", "),
                first.line
            );
            let remedy = "let the rows of one earmark differ in month and quantity, source and \
                          standing only, or give this one another id";
            row.fault(name, code::EARMARK_DISAGREES, message, remedy);
            return false;
        }
        if first.value.slots.contains_key(&month) {
            let before = lines.iter().find(|(known, _)| *known == u32::from(month));
            let before = before.map_or(first.line, |(_, line)| *line);
            let message =
                format!("earmark {id} has {month} twice: in line {before} and in line {line}");
            let remedy = "add the two up in one row, or correct the month";
            row.fault("month", code::ID_TWICE, message, remedy);
            return false;
        }
        lines.push((month.into(), line));
        first.value.slots.extend(earmark.slots);
        join_sources(&mut first.value, &earmark.source, earmark.standing);
        true
    }
}

/// The columns in which two rows of one earmark differ and must not.
fn differences(first: &Earmark, next: &Earmark) -> Vec<&'static str> {
    let columns = [
        ("item", first.item == next.item),
        ("owner", first.owner == next.owner),
        ("recipient", first.recipient == next.recipient),
        ("origin", first.origin == next.origin),
        ("priority", first.priority == next.priority),
        ("harm", first.harm == next.harm),
        ("divertible", first.divertible == next.divertible),
    ];
    columns.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect()
}

/// An earmark is as well established as its weakest row, and rests on the sources of all.
fn join_sources(earmark: &mut Earmark, source: &str, standing: Standing) {
    let doubt = |standing: Standing| match standing {
        Standing::Official => 0,
        Standing::Reported => 1,
        Standing::Disputed => 2,
        Standing::Assumed => 3,
    };
    if doubt(standing) > doubt(earmark.standing) {
        earmark.standing = standing;
    }
    let length = earmark.source.len().saturating_add(source.len()).saturating_add(2);
    if earmark.source != source
        && !earmark.source.split("; ").any(|known| known == source)
        && length <= SOURCE_MAX
    {
        earmark.source.push_str("; ");
        earmark.source.push_str(source);
    }
}
