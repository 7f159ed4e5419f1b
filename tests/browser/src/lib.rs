//! Countersign in a real browser.
