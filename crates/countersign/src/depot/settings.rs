//! What a depot is told once: who it is, and whom it believes. A file for people to read.

use super::book::Book;
use super::refusal::{DepotError, io};
use super::trust;
use crate::clock::{Entropy, SystemEntropy};
use crate::keys;
use countersign_proof::PublicKey;
use countersign_proof::checkpoint::LogVerifier;
use countersign_proof::signature::SignatureRules;
use countersign_proof::trust::Trust;
use countersign_proof::words::{Moment, OfficeId, PlaceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The settings: `depot.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The place: only certificates for it are honoured.
    pub name: String,
    /// Whether this is an exercise.
    pub exercise: bool,
    /// The ledger's issuer keys (OpenSSH lines).
    pub issuers: Vec<String>,
    /// The ledger's log, as `name+hash+key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Which witnesses must have cosigned the log's checkpoint (C2SP tlog-policy).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<String>,
    /// How old a status list may be, in hours.
    pub status_max_age_hours: u32,
    /// Whether the issuer's word alone will do, where somebody says so for one hand-out.
    pub certificate_only: bool,
    /// The offices whose signatures must be there.
    #[serde(default)]
    pub demanded: BTreeSet<String>,
    /// The applications that a hardware key may be bound to.
    #[serde(default)]
    pub applications: BTreeSet<String>,
    /// The web origins from which a passkey may have signed.
    #[serde(default)]
    pub origins: BTreeSet<String>,
}

/// What a new depot is told.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its settings.
    pub settings: Settings,
    /// The officials' keys, as an allowed-signers file; may be empty.
    pub officials: String,
    /// The moment, from the clock.
    pub now: Moment,
}

const SETTINGS: &str = "depot.toml";
const OFFICIALS: &str = "officials";

/// The depot's own key.
pub(super) fn key_file(folder: &Path) -> PathBuf {
    folder.join("depot.key")
}

impl Settings {
    /// Reads the settings of the depot in `folder`.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when there is no depot, or a value is not as it should be.
    pub fn read(folder: &Path) -> Result<Self, DepotError> {
        let path = folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let path = path.display();
            DepotError::Unavailable(format!("{path}: {error}; make a depot with `depot init`"))
        })?;
        let wrong = |why: String| DepotError::Unavailable(format!("{}: {why}", path.display()));
        let settings: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        settings.place().map_err(|_| wrong("`name` is not a place id".to_owned()))?;
        settings.pinned()?;
        settings.log()?;
        settings.witnesses()?;
        settings.offices()?;
        Ok(settings)
    }

    /// The place.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when the name is not a place id.
    pub fn place(&self) -> Result<PlaceId, DepotError> {
        self.name.parse().map_err(|error| DepotError::Unavailable(format!("{error}")))
    }

    /// The issuer keys that are believed.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when a line is not a key.
    pub fn pinned(&self) -> Result<Vec<PublicKey>, DepotError> {
        let key = |line: &String| {
            PublicKey::from_openssh(line)
                .map_err(|error| DepotError::Unavailable(format!("{SETTINGS}: issuers: {error}")))
        };
        self.issuers.iter().map(key).collect()
    }

    /// The log that is believed, where there is one.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when the line is not a verifier key.
    pub fn log(&self) -> Result<Option<LogVerifier>, DepotError> {
        let log = self.log.as_ref().map(|line| line.parse()).transpose();
        log.map_err(|error| DepotError::Unavailable(format!("{SETTINGS}: log: {error}")))
    }

    /// Which witnesses must have cosigned, where any must.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when the text is not a trust file.
    pub fn witnesses(&self) -> Result<Option<Trust>, DepotError> {
        let trust = self.witnesses.as_ref().map(|text| Trust::parse(text.as_bytes())).transpose();
        trust.map_err(|error| DepotError::Unavailable(format!("{SETTINGS}: witnesses: {error}")))
    }

    /// The offices whose signatures must be there.
    ///
    /// # Errors
    /// [`DepotError::Unavailable`] when one is not an office id.
    pub fn offices(&self) -> Result<BTreeSet<OfficeId>, DepotError> {
        let office = |office: &String| {
            let wrong = |error| DepotError::Unavailable(format!("{SETTINGS}: demanded: {error}"));
            office.parse().map_err(wrong)
        };
        self.demanded.iter().map(office).collect()
    }

    /// Where keys in authenticators may have signed.
    #[must_use]
    pub fn rules(&self) -> SignatureRules {
        SignatureRules { applications: self.applications.clone(), origins: self.origins.clone() }
    }

    /// The officials' keys.
    pub(super) fn officials(folder: &Path) -> Result<String, DepotError> {
        let path = folder.join(OFFICIALS);
        std::fs::read_to_string(&path).map_err(io(&path))
    }

    /// Puts other officials' keys in the place of those at hand.
    pub(super) fn write_officials(folder: &Path, text: &str) -> Result<(), DepotError> {
        super::book::replace(&folder.join(OFFICIALS), text.as_bytes())
    }
}

impl Opening {
    /// Makes the depot in `folder`, which must not exist or be empty; gives its public key.
    ///
    /// # Errors
    /// [`DepotError`] when there is something already, or a value is not as it should be.
    pub fn make(&self, folder: &Path) -> Result<PublicKey, DepotError> {
        let settings = &self.settings;
        settings.place()?;
        settings.pinned()?;
        settings.log()?;
        settings.witnesses()?;
        settings.offices()?;
        trust::known_keys(&self.officials)?;
        std::fs::create_dir_all(folder).map_err(io(folder))?;
        let mut entries = std::fs::read_dir(folder).map_err(io(folder))?;
        if entries.next().is_some() {
            let folder = folder.display();
            return Err(DepotError::Unavailable(format!(
                "{folder} is not empty; a depot is made in a folder of its own"
            )));
        }
        let mut seed = [0; 32];
        SystemEntropy
            .fill(&mut seed)
            .map_err(|failed| DepotError::Unavailable(failed.to_string()))?;
        let path = key_file(folder);
        keys::write_software_key(&path, seed, &settings.name)
            .map_err(|error| DepotError::Unavailable(error.to_string()))?;
        let key = countersign_proof::SoftwareKey::from_seed(seed).public_key().clone();
        Settings::write_officials(folder, &self.officials)?;
        Book::create(folder, &settings.name, self.now)?;
        // Last, because a depot is there once its settings are.
        let text = toml::to_string(settings)
            .map_err(|error| DepotError::Unavailable(error.to_string()))?;
        super::book::replace(&folder.join(SETTINGS), text.as_bytes())?;
        Ok(key)
    }
}
