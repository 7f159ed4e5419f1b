//! The web door. Answers: *how does a person at a browser see the record and act on it?*
//!
//! Pages are functions from what a viewer may see to markup; every action is a plain link or form
//! first, and scripts only add to it. The modules in the order to read them:
//!
//! - [`words`]: every string that a person reads;
//! - [`parts`], [`charts`]: what pages are built of;
//! - [`page`], [`places`]: the frame around every page, and where one can go;
//! - [`mistakes`]: problems as pages, and forms that are not lost;
//! - [`asked`], [`stock`], [`rerouting`]: what there is, what is short, and what could be diverted;
//! - [`policy`]: the versions, what they say, and what others would change;
//! - [`signing`]: signing in, enrolling a passkey, and the page on which people sign.

pub(crate) mod words;

pub(crate) mod parts;

pub(crate) mod charts;

pub(crate) mod page;
pub(crate) mod places;

pub(crate) mod mistakes;

pub(crate) mod signing;

pub(crate) mod asked;
pub(crate) mod policy;
pub(crate) mod rerouting;
pub(crate) mod stock;

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod gallery;

use crate::server::App;
use axum::Router;

/// Every page.
pub(crate) fn router(app: &App) -> Router<App> {
    let pages = Router::new().merge(signing::router()).merge(stock::router()).merge(rerouting::router()).merge(policy::router());
    mistakes::around(pages, app)
}
