//! Sign-in by another organisation (OpenID Connect Core 1.0, authorisation code with PKCE).
//! Answers: *which of our people does that organisation say this is?*
//!
//! It opens a session that can look and never act: whoever acts signs in with a key of their own.
//! Who of theirs is who of ours stands in a file of the operator, and nobody else comes in.

use super::sessions::Kept;
use super::{App, Problem};
use axum::http::StatusCode;
use countersign_proof::words::PersonId;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse as _,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How long somebody may take at the other organisation.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What the operator says of the other organisation: a TOML file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcSettings {
    /// Its issuer, an https URL.
    issuer: String,
    /// The name for the link on the sign-in page.
    title: String,
    /// Our id there.
    client_id: String,
    /// The file with our secret there; none for a public client.
    client_secret_file: Option<std::path::PathBuf>,
    /// Which subject (`sub`) of theirs is which person of ours.
    people: BTreeMap<String, PersonId>,
}

impl OidcSettings {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Somebody who is at the other organisation.
#[derive(Clone)]
pub(crate) struct Gone {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
}

/// The other organisation.
pub(crate) struct Oidc {
    settings: OidcSettings,
    secret: Option<ClientSecret>,
    http: reqwest::Client,
    gone: Kept<Gone>,
}

/// Why an HTTP request to the other organisation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// It could not be sent or answered.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The answer makes no sense.
    #[error(transparent)]
    Answer(#[from] axum::http::Error),
}

/// What comes back from the other organisation.
#[derive(Debug, Deserialize)]
pub(crate) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

impl Oidc {
    /// Makes ready to ask; nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub(crate) fn new(settings: OidcSettings) -> Result<Self, String> {
        let secret = match &settings.client_secret_file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                Some(ClientSecret::new(text.trim_end().to_owned()))
            }
            None => None,
        };
        IssuerUrl::new(settings.issuer.clone()).map_err(|error| error.to_string())?;
        let local = settings.issuer.starts_with("http://localhost:");
        if !settings.issuer.starts_with("https://") && !local {
            return Err(format!("the issuer {} is not https", settings.issuer));
        }
        // Redirects are not followed: they could lead to where nobody meant to ask (OAuth 2.0
        // Security Best Current Practice).
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { settings, secret, http, gone: Kept::new(PATIENCE, 10_000) })
    }

    /// The name for the link on the sign-in page.
    pub(crate) fn title(&self) -> &str {
        &self.settings.title
    }

    async fn call(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Failed> {
        let answer = http.execute(request.try_into()?).await?;
        let mut made = axum::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            made = made.header(name, value);
        }
        Ok(made.body(answer.bytes().await?.to_vec())?)
    }

    async fn provider(&self) -> Result<CoreProviderMetadata, Problem> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|error| Problem::unavailable(error.to_string()))?;
        let http = self.http.clone();
        let ask = move |request| Self::call(http.clone(), request);
        let found = CoreProviderMetadata::discover_async(issuer, &ask).await;
        found.map_err(|error| self.away(&error))
    }

    fn away(&self, error: &dyn std::error::Error) -> Problem {
        tracing::warn!("sign-in at {}: {error}", self.settings.issuer);
        let title = self.title();
        Problem::unavailable(format!("{title} does not answer; sign in with your passkey or key"))
    }

    fn redirect(app: &App) -> Result<RedirectUrl, Problem> {
        let url = RedirectUrl::new(format!("{}/sign-in/oidc/return", app.origin));
        url.map_err(|error| Problem::unavailable(error.to_string()))
    }

    /// Where to send somebody, and what their browser must bring back.
    ///
    /// # Errors
    /// [`Problem`] when the other organisation does not answer.
    pub(crate) async fn leave(&self, app: &App, next: &str) -> Result<(String, String), Problem> {
        let provider = self.provider().await?;
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(provider, id, self.secret.clone())
            .set_redirect_uri(Self::redirect(app)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let asked = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (url, state, nonce) = asked.set_pkce_challenge(challenge).url();
        let gone = Gone {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next: next.to_owned(),
        };
        let failed = |failed: crate::clock::SourceFailed| Problem::unavailable(failed.to_string());
        let token = self.gone.keep(gone).map_err(failed)?;
        Ok((url.to_string(), token))
    }

    /// Who somebody is that comes back, and where they wanted to go; `token` is what their browser
    /// was given when they left.
    ///
    /// # Errors
    /// [`Problem`] when anything does not fit, or they are nobody of ours.
    pub(crate) async fn come_back(
        &self,
        app: &App,
        token: &str,
        returned: Returned,
    ) -> Result<(PersonId, String), Problem> {
        let refused = |detail: &str| Problem::door(StatusCode::FORBIDDEN, "oidc-refused", detail);
        let gone = self.gone.take(token);
        let gone = gone.filter(|gone| gone.state == returned.state && !gone.state.is_empty());
        let gone = gone.ok_or_else(|| refused("this sign-in was not begun here; begin again"))?;
        if !returned.error.is_empty() || returned.code.is_empty() {
            return Err(refused("the other organisation did not let you in"));
        }
        let provider = self.provider().await?;
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(provider, id, self.secret.clone())
            .set_redirect_uri(Self::redirect(app)?);
        let http = self.http.clone();
        let ask = move |request| Self::call(http.clone(), request);
        let exchange = client
            .exchange_code(AuthorizationCode::new(returned.code))
            .map_err(|error| self.away(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(gone.verifier));
        let tokens = exchange.request_async(&ask).await.map_err(|error| self.away(&error))?;
        let token = tokens.id_token().ok_or_else(|| refused("there is no identity in it"))?;
        let verifier: CoreIdTokenVerifier<'_> = client.id_token_verifier();
        let claims = token.claims(&verifier, &Nonce::new(gone.nonce)).map_err(|error| {
            tracing::warn!("sign-in at {}: {error}", self.settings.issuer);
            refused("what the other organisation says of you does not hold")
        })?;
        let subject = claims.subject().as_str();
        let person = self.settings.people.get(subject).cloned();
        let known =
            person.filter(|person| app.look(|state| state.people.party_of(person).is_some()));
        let person = known.ok_or_else(|| refused("you are nobody that this ledger knows"))?;
        Ok((person, gone.next))
    }
}
