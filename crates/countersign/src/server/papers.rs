//! Papers. Answers: *which exact text waits for whose signature, and what comes of it?*
//!
//! A paper is a text made ready for one person to sign: on the signing page with a passkey, or
//! elsewhere with `ssh-keygen`. It approves nothing by itself and is kept in memory only; the
//! ledger knows the nonce in it, and takes it once.

use super::app::blocking;
use super::fields::Fields;
use super::sessions::How;
use super::{App, Problem};
use crate::clock::{SystemEntropy, random16};
use crate::signed::{self, Pair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::people::{self, Authority};
use countersign_core::rerouting::{self, Plan};
use countersign_core::{Command, Rejection};
use countersign_proof::signature::{PublicKey, Sshsig, verify};
use countersign_proof::statement::kinds::{DiversionOrder, KeyEnrolment, Session};
use countersign_proof::statement::{Statement, StatementKind, fingerprint};
use countersign_proof::words::{CommandId, Digest, Nonce, PersonId, Window};
use countersign_proof::{SignatureError, render};
use std::sync::Arc;

/// What comes of the signature.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// The command that the text makes by itself.
    Command,
    /// The order that a plan is carried out; the text names the plan by its digest.
    Diversion {
        /// The plan.
        plan: Arc<Plan>,
    },
    /// A session.
    SignIn,
    /// The new key's own signature under its enrolment; then the witness signs the same text.
    Possession,
    /// The witness's signature, which completes the enrolment.
    Witness {
        /// What the new key has signed.
        possession: Pair,
    },
}

/// A text that waits for a signature.
#[derive(Clone, Debug)]
pub(crate) struct Paper {
    /// The token in its address.
    pub(crate) token: String,
    /// The exact text.
    pub(crate) text: String,
    /// What kind of statement it is.
    pub(crate) kind: StatementKind,
    /// Who is to sign it.
    pub(crate) signer: PersonId,
    /// What comes of it.
    pub(crate) purpose: Purpose,
    /// Where to go then: a path on this server.
    pub(crate) back: String,
}

impl Paper {
    /// The fingerprint for two people to compare by voice.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.text)
    }
}

/// What came of a signature.
#[derive(Clone, Debug)]
pub(crate) enum Came {
    /// The command was carried out.
    Done {
        /// Where to go.
        back: String,
    },
    /// Somebody is signed in.
    SignedIn {
        /// The token of the session.
        token: String,
        /// Where to go.
        back: String,
    },
    /// The witness has to sign now.
    WitnessNext {
        /// Who.
        witness: PersonId,
    },
}

impl App {
    /// Makes a statement ready for its signer.
    ///
    /// # Errors
    /// [`Problem`] when it has no canonical text: a reason too long, a character not allowed.
    pub(crate) fn paper<S: Statement>(
        &self,
        statement: &S,
        purpose: Purpose,
        back: &str,
    ) -> Result<Paper, Problem> {
        let text = render(statement).map_err(SignatureError::from)?;
        self.paper_for(text, S::KIND, statement.signer().clone(), purpose, back)
    }

    /// Lays the text that the new key has signed before its witness.
    fn paper_for(
        &self,
        text: String,
        kind: StatementKind,
        signer: PersonId,
        purpose: Purpose,
        back: &str,
    ) -> Result<Paper, Problem> {
        let failed = |failed: crate::clock::SourceFailed| Problem::unavailable(failed.to_string());
        let token = super::sessions::token().map_err(failed)?;
        let back = back.to_owned();
        let paper = Paper { token: token.clone(), text, kind, signer, purpose, back };
        self.papers.keep_as(&token, paper.clone());
        Ok(paper)
    }

    /// The paper at an address, for whoever may sign it.
    ///
    /// # Errors
    /// [`Problem`], the same whether there is none or it is another's.
    pub(crate) fn find_paper(
        &self,
        token: &str,
        viewer: Option<&PersonId>,
    ) -> Result<Paper, Problem> {
        let paper = self.papers.look(token);
        let fits = |paper: &Paper| match &paper.purpose {
            Purpose::SignIn => true,
            Purpose::Command | Purpose::Diversion { .. } | Purpose::Witness { .. } => {
                viewer == Some(&paper.signer)
            }
            Purpose::Possession => viewer.is_some_and(|viewer| {
                countersign_proof::parse::<KeyEnrolment>(paper.text.as_bytes())
                    .is_ok_and(|enrolment| enrolment.person == *viewer)
            }),
        };
        let gone = "text to sign (they are kept for an hour, and used once)";
        paper.filter(fits).ok_or_else(|| Problem::not_found(gone))
    }

    /// The papers that wait for a person.
    pub(crate) fn papers_of(&self, person: &PersonId) -> Vec<Paper> {
        let mut papers = self.papers.all();
        papers.retain(|paper| {
            paper.signer == *person
                && match paper.purpose {
                    Purpose::Witness { .. } => true,
                    Purpose::Command
                    | Purpose::Diversion { .. }
                    | Purpose::SignIn
                    | Purpose::Possession => false,
                }
        });
        papers
    }

    /// Takes the signature under a paper and does what it is for.
    ///
    /// # Errors
    /// [`Problem`] when the signature does not hold or a rule refuses; the paper then stays.
    pub(crate) async fn sign(&self, paper: &Paper, signature: String) -> Result<Came, Problem> {
        let pair = Pair { text: paper.text.clone(), signature };
        let rules = self.signature_rules();
        match &paper.purpose {
            Purpose::Command => {
                let id = command_id(&pair);
                let command = signed_command(vec![pair], rules).await?;
                self.submit(Some(id), None, command).await?;
                self.papers.take(&paper.token);
                Ok(Came::Done { back: paper.back.clone() })
            }
            Purpose::Diversion { plan } => {
                let id = command_id(&pair);
                let statements =
                    vec![verify::<DiversionOrder>(pair.text.as_bytes(), &pair.signature, &rules)?];
                let plan = Box::new(Plan::clone(plan));
                let command = rerouting::Command::OrderDiversion { plan, statements };
                self.submit(Some(id), None, command).await?;
                self.papers.take(&paper.token);
                Ok(Came::Done { back: paper.back.clone() })
            }
            Purpose::SignIn => self.sign_in(paper, &pair).await,
            Purpose::Possession => {
                let new = verify::<KeyEnrolment>(pair.text.as_bytes(), &pair.signature, &rules)?;
                let key = PublicKey::from_openssh(&new.statement().public_key);
                if !key.is_ok_and(|key| key.id() == new.key_id()) {
                    return Err(Rejection::from(people::Rejection::PossessionMissing).into());
                }
                let witness = new.statement().signer.clone();
                let purpose = Purpose::Witness { possession: pair };
                let (text, kind) = (paper.text.clone(), paper.kind);
                self.paper_for(text, kind, witness.clone(), purpose, "/people")?;
                self.papers.take(&paper.token);
                Ok(Came::WitnessNext { witness })
            }
            Purpose::Witness { possession } => {
                let verified = |pair: &Pair| {
                    verify::<KeyEnrolment>(pair.text.as_bytes(), &pair.signature, &rules)
                };
                let (witness, possession) = (verified(&pair)?, verified(possession)?);
                let command = people::Command::EnrolKey { witness, possession };
                self.submit(Some(command_id(&pair)), None, command).await?;
                self.papers.take(&paper.token);
                Ok(Came::Done { back: paper.back.clone() })
            }
        }
    }

    /// The text by which `person` shows that they hold an enrolled key. Whether there is such a
    /// person is not told: whoever is not known has no key to sign it with.
    ///
    /// # Errors
    /// [`Problem`] when the clock or the random source fails.
    pub(crate) fn challenge(&self, person: PersonId) -> Result<Session, Problem> {
        let failed = |failed: crate::clock::SourceFailed| Problem::unavailable(failed.to_string());
        let nonce = Nonce(random16(&mut SystemEntropy).map_err(failed)?);
        let now = self.now()?;
        let validity = Window::new(now, now.plus_minutes(5));
        let validity =
            validity.ok_or_else(|| Problem::unavailable("the clock stands at its end"))?;
        let ledger = self.look(|state| state.ledger.digest);
        self.challenges.keep(nonce).map_err(failed)?;
        Ok(Session { ledger, signer: person, nonce, validity })
    }

    /// Opens a session for whoever signed its text.
    async fn sign_in(&self, paper: &Paper, pair: &Pair) -> Result<Came, Problem> {
        let (token, _) = self.open_session(pair)?;
        self.papers.take(&paper.token);
        Ok(Came::SignedIn { token, back: paper.back.clone() })
    }

    /// Opens a session for whoever signed the text of a challenge; gives its token and its person.
    ///
    /// # Errors
    /// [`Problem`] when the signature does not hold, the key may not sign, or the text was used.
    pub(crate) fn open_session(&self, pair: &Pair) -> Result<(String, PersonId), Problem> {
        let rules = self.signature_rules();
        let verified = verify::<Session>(pair.text.as_bytes(), &pair.signature, &rules)?;
        let session = verified.statement();
        let authority = Authority { person: session.signer.clone(), key: verified.key_id() };
        let now = self.now()?;
        self.look(|state| state.people.check_authority(&authority, now))
            .map_err(Rejection::from)?;
        let stale = || {
            let detail = "this text to sign in with was used already or is too old; ask for \
                          another";
            Problem::door(axum::http::StatusCode::CONFLICT, "challenge-used", detail)
        };
        if !session.validity.contains(now) {
            return Err(stale());
        }
        self.challenges.take_where(|nonce| *nonce == session.nonce).ok_or_else(stale)?;
        let failed = |failed: crate::clock::SourceFailed| Problem::unavailable(failed.to_string());
        let person = session.signer.clone();
        let token = self.sessions.open(person.clone(), Some(authority), How::Signed);
        Ok((token.map_err(failed)?, person))
    }

    /// The armoured signature that a form brings: one made elsewhere, or what a browser says of a
    /// passkey, put into the same form.
    ///
    /// # Errors
    /// [`Problem`] when there is none, or no key of the signer has made it.
    pub(crate) fn signature_of(&self, paper: &Paper, fields: &Fields) -> Result<String, Problem> {
        let typed = fields.typed("signature").replace("\r\n", "\n");
        if !typed.trim().is_empty() {
            return Ok(format!("{}\n", typed.trim()));
        }
        let bytes = |name: &str| {
            let decoded = URL_SAFE_NO_PAD.decode(fields.typed(name));
            decoded.map_err(|_| Problem::unreadable(format!("{name} is not base64url")))
        };
        let (data, client) = (bytes("authenticator_data")?, bytes("client_data")?);
        let mark = bytes("mark")?;
        if mark.is_empty() {
            let detail = "no signature was given: sign with your passkey, or give the .sig file \
                          that ssh-keygen wrote";
            return Err(Problem::unreadable(detail));
        }
        let origin = self.origin.to_string();
        let rules = self.signature_rules();
        let mut worst = SignatureError::Mismatch;
        for key in self.passkeys_for(paper) {
            let namespace = paper.kind.namespace();
            let made = Sshsig::from_assertion(&key, namespace, &origin, &data, &client, &mark)?;
            let armoured = made.to_armoured();
            let text = paper.text.as_bytes();
            match countersign_proof::signature::verify_any(text, &armoured, &rules) {
                Ok(_) => return Ok(armoured),
                Err(SignatureError::Mismatch) => {}
                Err(other) => worst = other,
            }
        }
        if worst == SignatureError::Mismatch {
            let key = "no passkey of this person is enrolled here that made this signature; choose \
                       the right passkey, or enrol this one first";
            return Err(Problem::door(axum::http::StatusCode::FORBIDDEN, "unknown-passkey", key));
        }
        Err(worst.into())
    }

    /// The passkeys that may have signed: those of the signer, or the one being enrolled.
    fn passkeys_for(&self, paper: &Paper) -> Vec<PublicKey> {
        if let Purpose::Possession = paper.purpose {
            let enrolment = countersign_proof::parse::<KeyEnrolment>(paper.text.as_bytes());
            let key =
                enrolment.ok().map(|enrolment| PublicKey::from_openssh(&enrolment.public_key));
            return key.and_then(Result::ok).into_iter().collect();
        }
        self.look(|state| {
            let keys = state.people.keys().filter(|key| key.person == paper.signer);
            let keys = keys.filter_map(|key| PublicKey::from_openssh(&key.public_key).ok());
            keys.filter(|key| key.application().is_some()).collect()
        })
    }
}

/// Checks signatures and makes the command, away from the threads that answer.
pub(crate) async fn signed_command(
    pairs: Vec<Pair>,
    rules: countersign_proof::SignatureRules,
) -> Result<Command, Problem> {
    blocking(move || {
        signed::command(&pairs, &rules).map_err(|error| {
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Problem::door(status, "signature", error.to_string())
        })
    })
    .await
}

/// The same text under the same signature is the same command, however often it is sent.
pub(crate) fn command_id(pair: &Pair) -> CommandId {
    command_id_of(std::slice::from_ref(pair))
}

/// The same texts under the same signatures are the same command.
pub(crate) fn command_id_of(pairs: &[Pair]) -> CommandId {
    let all: String = pairs.iter().flat_map(|pair| [&*pair.text, &*pair.signature]).collect();
    let digest = Digest::of(all.as_bytes());
    let mut id = [0; 16];
    id.iter_mut().zip(digest.0).for_each(|(byte, of)| *byte = of);
    CommandId(id)
}
