//! A passkey without a hand: a virtual authenticator that a test holds.

use crate::fault::Fault;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddVirtualAuthenticatorParams, AuthenticatorId, AuthenticatorProtocol, AuthenticatorTransport,
    EnableParams, GetCredentialsParams, SetUserVerifiedParams, VirtualAuthenticatorOptions,
};

/// Built into the device, keeps its keys, and knows who is there until told otherwise.
pub struct Authenticator {
    page: Page,
    id: AuthenticatorId,
}

/// A passkey that an authenticator holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id, in base64.
    pub id: String,
    /// For which site.
    pub site: String,
    /// How often it has signed.
    pub signatures: i64,
}

impl Authenticator {
    /// Gives one to a page; no other page sees it.
    pub(crate) async fn of(page: &Page) -> Result<Self, Fault> {
        page.execute(EnableParams::default()).await?;
        let mut options = VirtualAuthenticatorOptions::new(
            AuthenticatorProtocol::Ctap2,
            AuthenticatorTransport::Internal,
        );
        options.has_resident_key = Some(true);
        options.has_user_verification = Some(true);
        options.is_user_verified = Some(true);
        let added = page.execute(AddVirtualAuthenticatorParams::new(options)).await?;
        Ok(Self { page: page.clone(), id: added.result.authenticator_id })
    }

    /// From now on, finger and face are known, or not.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub async fn set_user_verified(&self, verified: bool) -> Result<(), Fault> {
        self.page.execute(SetUserVerifiedParams::new(self.id.clone(), verified)).await?;
        Ok(())
    }

    /// The passkeys it holds.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub async fn passkeys(&self) -> Result<Vec<Passkey>, Fault> {
        let held = self.page.execute(GetCredentialsParams::new(self.id.clone())).await?;
        let passkeys = held.result.credentials.into_iter().map(|held| Passkey {
            id: held.credential_id.into(),
            site: held.rp_id.unwrap_or_default(),
            signatures: held.sign_count,
        });
        Ok(passkeys.collect())
    }
}
