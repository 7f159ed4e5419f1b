//! stub
use countersign_core::ledger::{Charter, CharterPolicy};
use countersign_proof::words::*;
use std::collections::BTreeMap;
use std::path::Path;
/// x
#[derive(Debug)]
pub struct Pack { pub origin: String, pub exercise: bool, pub names: BTreeMap<PersonId, String>, pub policies: Vec<CharterPolicy> }
#[derive(Debug)]
pub enum FoundingPolicies { All }
#[derive(Debug, serde::Serialize)]
pub struct Fault;
impl std::fmt::Display for Fault { fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
#[derive(Debug, serde::Serialize)]
pub struct Report { pub faults: Vec<Fault> }
impl std::fmt::Display for Report { fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
impl Pack { pub fn load(_d: &Path) -> Result<Self, Vec<Fault>> { Err(vec![]) } pub fn charter(&self, _at: Moment, _p: FoundingPolicies) -> Charter { loop {} } }
pub fn check(_d: &Path) -> Report { Report { faults: vec![] } }
