//! Which pages are there, and who looks at them? One table: what is judged for accessibility is
//! what is photographed.

use crate::chromium::{Chromium, View};
use crate::fault::Fault;
use crate::served::Served;
use crate::spot::Spot;
use crate::tab::Tab;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A page, seen by one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Names it in messages and files.
    pub name: &'static str,
    /// The person or the office that looks; nobody: before signing in.
    pub who: Option<&'static str>,
    /// Where it is in the exercise.
    pub path: &'static str,
}

/// Every page.
pub const PAGES: &[Sight] = &[
    nobody("sign-in", "/sign-in"),
    nobody("nowhere-to-go", "/requests"),
    seen("inbox-official", "US.SecDef", "/inbox"),
    seen("inbox-holder", "UA.GenStaff", "/inbox"),
    seen("requests", "UA.GenStaff", "/requests"),
    seen("request-new", "UA.GenStaff", "/requests/new"),
    seen("request-approved", "UA.GenStaff", "/requests/REQ-2"),
    seen("request-refused", "US.SecDef", "/requests/REQ-3"),
    seen("request-delivery", "US.Logistics", "/requests/REQ-9"),
    seen("request-lapsed", "UA.GenStaff", "/requests/REQ-10"),
    seen("request-overseen", "US.IG", "/requests/REQ-11"),
    seen("use", "UA.GenStaff", "/requests/REQ-11/use"),
    seen("decide", "US.SACEUR", "/requests/REQ-11/decide"),
    seen("decide-not", "US.SACEUR", "/requests/REQ-10/decide"),
    seen("enrol", "US.SecDef", "/enrol"),
    seen("stock", "US.Logistics", "/stock"),
    seen("stock-item", "US.Logistics", "/stock/PATRIOT-INTERCEPTOR"),
    seen("rerouting", "US.Logistics", "/rerouting"),
    seen("dependence", "UA.GenStaff", "/dependence"),
    seen("dependence-without", "US.IG", "/dependence?without=US.SACEUR"),
    seen("policy", "US.IG", "/policy"),
    seen("policy-version", "US.IG", "/policy/v5"),
    seen("policy-impact", "US.IG", "/policy/impact?from=v3&to=v4"),
    seen("policy-explain", "UA.GenStaff", "/policy/explain"),
    seen("record", "US.IG", "/record"),
    seen("record-entry", "US.IG", "/record/68"),
    seen("evidence", "UA.GenStaff", "/evidence?of=REQ-2"),
    seen("oversight", "US.IG", "/oversight"),
    seen("people", "Programme.Registrar", "/people"),
    seen("search", "UA.GenStaff", "/search?q=at"),
];

const fn nobody(name: &'static str, path: &'static str) -> Sight {
    Sight { name, who: None, path }
}

const fn seen(name: &'static str, who: &'static str, path: &'static str) -> Sight {
    Sight { name, who: Some(who), path }
}

/// Everyone who looks, each in a tab of their own in which they have entered.
pub struct Viewers<'a> {
    chromium: &'a Chromium,
    served: &'a Served,
    tabs: BTreeMap<Option<&'static str>, Tab>,
}

impl<'a> Viewers<'a> {
    /// Nobody yet.
    #[must_use]
    pub fn of(chromium: &'a Chromium, served: &'a Served) -> Self {
        Self { chromium, served, tabs: BTreeMap::new() }
    }

    /// Opens a page as its viewer sees it, and gives their tab.
    ///
    /// # Errors
    /// [`Fault`] when there is no such viewer, they are not let in, or the page is not there.
    pub async fn see(&mut self, sight: &Sight, view: View) -> Result<&Tab, Fault> {
        let here = |fault: Fault| fault.during(sight.name);
        let tab = match self.tabs.entry(sight.who) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let tab = self.chromium.visitor(view).await?;
                if let Some(who) = sight.who {
                    enter(&tab, self.served, who).await.map_err(here)?;
                }
                place.insert(tab)
            }
        };
        tab.look_through(view).await?;
        tab.open(&self.served.at(sight.path)).await.map_err(here)?;
        Ok(tab)
    }
}

/// Enters as someone: opens their link, reads for whom it is, and goes on. A link opens one
/// session.
///
/// # Errors
/// [`Fault`] when nobody is called that, or they are not let in.
pub async fn enter(tab: &Tab, served: &Served, who: &str) -> Result<(), Fault> {
    tab.open(&served.entrance(who)?.url).await?;
    tab.follow(Spot::Words("Continue")).await
}
