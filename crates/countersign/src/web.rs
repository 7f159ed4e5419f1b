//! The web door. Answers: *how does a person at a browser see the record and act on it?*
//!
//! Pages are functions from what a viewer may see to markup; every action is a plain link or form
//! first, and scripts only add to it. The modules in the order to read them:
//!
//! - [`words`]: every string that a person reads;
//! - [`parts`], [`charts`]: what pages are built of;
//! - [`page`], [`places`]: the frame around every page, and where one can go;
//! - [`mistakes`]: problems as pages, and forms that are not lost;
//! - [`inbox`], [`requests`]: what waits, what is asked for, and the word on it;
//! - [`asked`], [`stock`], [`rerouting`]: what there is, what is short, and what could be diverted;
//! - [`policy`]: the versions, what they say, and what others would change;
//! - [`dependence`]: who depends on whose consent;
//! - [`record`]: the entries, and whether they are all there;
//! - [`evidence`]: what proves a case elsewhere;
//! - [`oversight`], [`people`]: how it is done, and by whom;
//! - [`search`]: what has this name;
//! - [`signing`]: signing in, enrolling a passkey, and the page on which people sign.

pub(crate) mod words;

pub(crate) mod parts;

pub(crate) mod charts;

pub(crate) mod page;
pub(crate) mod places;

pub(crate) mod mistakes;

pub(crate) mod signing;

pub(crate) mod inbox;
pub(crate) mod requests;

pub(crate) mod asked;
pub(crate) mod map;
pub(crate) mod stock;

pub(crate) mod rerouting;

pub(crate) mod dependence;

pub(crate) mod policy;

pub(crate) mod record;

pub(crate) mod evidence;

pub(crate) mod oversight;
pub(crate) mod people;

pub(crate) mod search;

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod gallery;

use crate::server::App;
use axum::Router;

/// Every page.
pub(crate) fn router(app: &App) -> Router<App> {
    let pages = Router::new()
        .merge(signing::router())
        .merge(inbox::router())
        .merge(requests::router())
        .merge(stock::router())
        .merge(rerouting::router())
        .merge(dependence::router())
        .merge(policy::router())
        .merge(record::router())
        .merge(evidence::router())
        .merge(oversight::router())
        .merge(people::router())
        .merge(search::router());
    mistakes::around(pages, app)
}
