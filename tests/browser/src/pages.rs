//! Which pages are there, and who looks at them? One table: what is judged for accessibility is
//! what is photographed.

use crate::case::{ask, say};
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
    /// Where it is.
    pub place: Place,
}

/// Where a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Always there, in the exercise with one more request.
    At(&'static str),
    /// Where the link of a person or office leads.
    Link(&'static str),
    /// Where the text that waits for a signature is read.
    Text,
}

/// Who is asked for their word on the request that is open.
const OFFICIAL: &str = "US.SACEUR";
/// Who has asked.
const HOLDER: &str = "UA.GenStaff";

/// Every page.
pub const PAGES: &[Sight] = &[
    nobody("sign-in", Place::At("/sign-in")),
    nobody("nowhere-to-go", Place::At("/requests")),
    nobody("enter", Place::Link("FR.MinArm")),
    seen("inbox-official", OFFICIAL, "/inbox"),
    seen("inbox-empty", "US.SecDef", "/inbox"),
    seen("inbox-holder", HOLDER, "/inbox"),
    seen("requests", HOLDER, "/requests"),
    seen("request-new", HOLDER, "/requests/new"),
    seen("request-open", OFFICIAL, "/requests/REQ-12"),
    seen("request-asked", HOLDER, "/requests/REQ-12"),
    seen("request-approved", HOLDER, "/requests/REQ-2"),
    seen("request-refused", "US.SecDef", "/requests/REQ-3"),
    seen("request-delivery", "US.Logistics", "/requests/REQ-9"),
    seen("request-lapsed", HOLDER, "/requests/REQ-10"),
    seen("request-overseen", "US.IG", "/requests/REQ-11"),
    seen("use", HOLDER, "/requests/REQ-11/use"),
    seen("decide", OFFICIAL, "/requests/REQ-12/decide"),
    seen("decide-again", OFFICIAL, "/requests/REQ-11/decide"),
    seen("decide-not", OFFICIAL, "/requests/REQ-10/decide"),
    Sight { name: "sign", who: Some(OFFICIAL), place: Place::Text },
    seen("recuse", OFFICIAL, "/requests/REQ-12/recuse"),
    seen("interest", OFFICIAL, "/requests/REQ-12/interest"),
    seen("advise", "US.USDP", "/requests/REQ-12/advise"),
    seen("revise", HOLDER, "/requests/REQ-12/revise"),
    seen("withdraw", HOLDER, "/requests/REQ-12/withdraw"),
    seen("surrender", HOLDER, "/requests/REQ-11/surrender"),
    seen("enrol", "US.SecDef", "/enrol"),
    seen("stock", "US.Logistics", "/stock"),
    seen("stock-item", "US.Logistics", "/stock/PATRIOT-INTERCEPTOR"),
    seen("rerouting", "US.Logistics", "/rerouting"),
    seen("dependence", HOLDER, "/dependence"),
    seen("dependence-without", "US.IG", "/dependence?without=US.SACEUR"),
    seen("policy", "US.IG", "/policy"),
    seen("policy-version", "US.IG", "/policy/v5"),
    seen("policy-impact", "US.IG", "/policy/impact?from=v3&to=v4"),
    seen("policy-explain", HOLDER, "/policy/explain"),
    seen("record", "US.IG", "/record"),
    seen("record-entry", "US.IG", "/record/68"),
    seen("evidence", HOLDER, "/evidence?of=REQ-2"),
    seen("oversight", "US.IG", "/oversight"),
    seen("people", "Programme.Registrar", "/people"),
    seen("search", HOLDER, "/search?q=at"),
];

const fn nobody(name: &'static str, place: Place) -> Sight {
    Sight { name, who: None, place }
}

const fn seen(name: &'static str, who: &'static str, path: &'static str) -> Sight {
    Sight { name, who: Some(who), place: Place::At(path) }
}

/// Everyone who looks, each in a tab of their own in which they have entered.
pub struct Viewers<'a> {
    chromium: &'a Chromium,
    served: &'a Served,
    tabs: BTreeMap<Option<&'static str>, Tab>,
    /// Where the text that waits for a signature is read.
    text: String,
}

impl<'a> Viewers<'a> {
    /// Two who have begun something: one has asked, the other is about to sign.
    ///
    /// # Errors
    /// [`Fault`] when they are not let in, or cannot do that.
    pub async fn of(chromium: &'a Chromium, served: &'a Served) -> Result<Self, Fault> {
        let (tabs, text) = Default::default();
        let mut viewers = Self { chromium, served, tabs, text };
        let request = ask(viewers.tab(Some(HOLDER), View::DESK).await?, served).await?;
        let official = viewers.tab(Some(OFFICIAL), View::DESK).await?;
        official.open(&served.at(&format!("/requests/{request}"))).await?;
        let way = format!("Approve ({OFFICIAL})");
        say(official, &way, "Approve", "Approved for the United States.").await?;
        viewers.text = official.url().await?;
        Ok(viewers)
    }

    /// The tab of someone, who has entered.
    async fn tab(&mut self, who: Option<&'static str>, view: View) -> Result<&Tab, Fault> {
        match self.tabs.entry(who) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let tab = self.chromium.visitor(view).await?;
                if let Some(who) = who {
                    enter(&tab, self.served, who).await?;
                }
                Ok(place.insert(tab))
            }
        }
    }

    /// Opens a page as its viewer sees it, and gives their tab.
    ///
    /// # Errors
    /// [`Fault`] when there is no such viewer, they are not let in, or the page is not there.
    pub async fn see(&mut self, sight: &Sight, view: View) -> Result<&Tab, Fault> {
        let here = |fault: Fault| fault.during(sight.name);
        let url = match sight.place {
            Place::At(path) => self.served.at(path),
            Place::Link(who) => self.served.entrance(who)?.url.clone(),
            Place::Text => self.text.clone(),
        };
        let tab = self.tab(sight.who, view).await.map_err(here)?;
        tab.look_through(view).await?;
        tab.open(&url).await.map_err(here)?;
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
