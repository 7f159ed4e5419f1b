//! Countersign: keeps the release of scarce, controlled stock behind the personal authorisation of
//! named officials, and makes every decision provable to people who do not trust the server.
//!
//! The modules in the order to read them:
//!
//! - [`clock`]: where moments and random bits come from;
//! - [`keys`]: how a person signs from the command line;
//! - [`statements`]: which exact text a person signs;
//! - [`opening`]: what the record says the state is;
//! - [`writer`]: the only place that writes;
//! - [`node`]: which of several processes does, and what the others show;
//! - [`pack`]: the folder that a person reads and edits, and a ledger is founded from;
//! - `audit`: a foreign history against the policy in force at each date;
//! - [`founding`]: how a record begins;
//! - [`copying`]: how it moves to another store;
//! - [`verification`]: whether a record is what was written;
//! - [`evidence`]: what a file must hold so that others can see who authorised what;
//! - [`actions`]: what the ledger allows a person to do on a request now;
//! - [`names`], [`views`]: the state as people and programs are shown it;
//! - [`signed`]: which command signed texts make;
//! - [`depot`]: what a depot without a network does;
//! - `server`, `api`, `web`: the doors over HTTP;
//! - [`tiles`], [`cosigned`], [`timestamps`], [`proving`]: the log as files, what witnesses and
//!   time-stamping authorities say of it, and what proves an entry elsewhere;
//! - [`witness`]: seeing that the logs of others only grow;
//! - [`demo`]: the exercise, from beginning to end;
//! - [`cli`]: the command line.

pub mod clock;

pub mod keys;

pub mod solver;
pub mod statements;

pub mod opening;

pub mod writer;

pub mod node;

pub mod signed;

pub mod pack;

mod audit;

pub mod founding;

pub mod copying;

pub mod verification;

pub mod evidence;

pub mod actions;

pub mod names;

pub mod views;

pub mod depot;

mod server;

mod api;

pub mod tiles;

pub mod cosigned;

pub mod proving;

pub mod timestamps;

pub mod witness;

mod web;

pub mod demo;

pub mod cli;
