//! Keys of people at this machine. Answers: *how does a person sign from the command line?*
//!
//! A software key is read from its OpenSSH file and signs here. Everything else (an agent, a FIDO
//! key, a key with a passphrase) signs through `ssh-keygen -Y sign`, which asks its owner.

use countersign_proof::key::{KeyError, PublicKey};
use countersign_proof::signature::{SignatureRules, SoftwareKey, Verified, verify};
use countersign_proof::{SignatureError, Statement, render};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a person cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key file cannot be read.
    #[error("the key file {path} cannot be read: {why}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// `ssh-keygen` is missing or refused.
    #[error("ssh-keygen could not sign with {path}: {why}")]
    SshKeygen {
        /// The key.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The statement or signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The public key is of a kind that is not accepted.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A key that a person named with `--key`.
#[derive(Debug)]
pub enum PersonalKey {
    /// A software key, read from its file.
    Software(Box<SoftwareKey>),
    /// A key that only `ssh-keygen` can use.
    External(PathBuf),
}

impl PersonalKey {
    /// Reads `path`: an OpenSSH private key, or a public key whose private half an agent or a
    /// FIDO device holds.
    ///
    /// # Errors
    /// [`SignError::KeyFile`] when there is no such file.
    pub fn open(path: &Path) -> Result<Self, SignError> {
        let why = |why: String| SignError::KeyFile { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|error| why(error.to_string()))?;
        let Ok(private) = ssh_key::PrivateKey::from_openssh(&text) else {
            return Ok(Self::External(path.to_owned()));
        };
        Ok(match private.key_data().ed25519() {
            Some(pair) => Self::Software(Box::new(SoftwareKey::from_seed(pair.private.to_bytes()))),
            None => Self::External(path.to_owned()),
        })
    }

    /// Signs a statement and checks the result as the ledger will.
    ///
    /// # Errors
    /// [`SignError`] when it cannot be signed, or the signature does not hold under `rules`.
    pub fn sign<S: Statement>(
        &self,
        statement: &S,
        rules: &SignatureRules,
    ) -> Result<Verified<S>, SignError> {
        let text = render(statement).map_err(SignatureError::from)?;
        let armoured = self.sign_text(S::KIND.namespace(), text.as_bytes())?;
        Ok(verify(text.as_bytes(), &armoured, rules)?)
    }

    /// Signs bytes under a namespace; gives the armoured signature.
    ///
    /// # Errors
    /// [`SignError`] when it cannot be signed.
    pub fn sign_text(&self, namespace: &str, text: &[u8]) -> Result<String, SignError> {
        match self {
            Self::Software(key) => Ok(key.sign_text(namespace, text)?),
            Self::External(path) => ssh_keygen(path, namespace, text),
        }
    }

    /// The public half.
    ///
    /// # Errors
    /// [`SignError`] when there is no readable public key beside an external one.
    pub fn public_key(&self) -> Result<PublicKey, SignError> {
        match self {
            Self::Software(key) => Ok(key.public_key().clone()),
            Self::External(path) => {
                let beside = if path.extension().is_some_and(|extension| extension == "pub") {
                    path.clone()
                } else {
                    let mut name = path.clone().into_os_string();
                    name.push(".pub");
                    PathBuf::from(name)
                };
                let why = |why: String| SignError::KeyFile { path: beside.clone(), why };
                let line = std::fs::read_to_string(&beside).map_err(|e| why(e.to_string()))?;
                Ok(PublicKey::from_openssh(line.trim_end())?)
            }
        }
    }
}

fn ssh_keygen(path: &Path, namespace: &str, text: &[u8]) -> Result<String, SignError> {
    let why = |why: String| SignError::SshKeygen { path: path.to_owned(), why };
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", namespace, "-f"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| why(format!("{error}; is OpenSSH's client installed?")))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text).map_err(|error| why(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| why(error.to_string()))?;
    if !output.status.success() {
        return Err(why(format!("it ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| why("its output is not text".to_owned()))
}

/// Writes a file that only its owner can read; never over an existing one.
///
/// # Errors
/// An I/O error when it exists or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a software key as an OpenSSH private key file, and its public half beside it.
///
/// # Errors
/// [`SignError::KeyFile`] when the files cannot be written.
pub fn write_software_key(path: &Path, seed: [u8; 32], comment: &str) -> Result<(), SignError> {
    let why = |why: String| SignError::KeyFile { path: path.to_owned(), why };
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&seed);
    let private =
        ssh_key::PrivateKey::new(pair.into(), comment).map_err(|error| why(error.to_string()))?;
    let text =
        private.to_openssh(ssh_key::LineEnding::LF).map_err(|error| why(error.to_string()))?;
    write_secret(path, text.as_bytes()).map_err(|error| why(error.to_string()))?;
    let public = SoftwareKey::from_seed(seed).public_key().to_openssh();
    let mut beside = path.to_owned().into_os_string();
    beside.push(".pub");
    std::fs::write(PathBuf::from(beside), format!("{public} {comment}\n"))
        .map_err(|error| why(error.to_string()))
}
