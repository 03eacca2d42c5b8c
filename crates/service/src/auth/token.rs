//! Issuing bearer tokens to clients (RFC 6749 §4.4, JWT per RFC 7519, signed with RS256).

use super::client_secrets;
use super::clients::{parse_scopes, words};
use crate::{Service, ServiceError};
use jsonwebtoken::{Algorithm, Header};
use postrider_core::id::{ClientId, uuid_v7};
use postrider_core::rate_limit::RateClass;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a token says.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub tid: String,
    pub scope: String,
    pub iat: i64,
    pub exp: i64,
    /// Ours have none; one that is there is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub jti: String,
    /// How many secrets the client had before the one that the token was issued for.
    #[serde(default, rename = "gen")]
    pub generation: i64,
}

/// What a client presents.
#[derive(Clone)]
pub struct ClientCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What the token shall carry, words with spaces between; all that the client may if absent.
    pub scope: Option<String>,
}

/// A token just issued.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in: i64,
    /// What it carries, words with spaces between.
    pub scope: String,
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub enum TokenError {
    /// Unknown client, wrong secret or disabled: which of them is not told.
    InvalidClient,
    /// The client may not have that scope, or there is none such.
    InvalidScope,
    /// Something failed on our side.
    Failed(ServiceError),
}

impl<E: Into<ServiceError>> From<E> for TokenError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Service {
    /// Issues a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn issue_token(&self, credentials: ClientCredentials) -> Result<Token, TokenError> {
        let ClientCredentials { client_id, client_secret, scope } = credentials;
        let (client, generation) = self.verified(&client_id, &client_secret).await?.ok_or(TokenError::InvalidClient)?;
        let enabled = self.enabled(client).await?.ok_or(TokenError::InvalidClient)?;
        // Counted after the secret, so that a stranger who knows the id uses nothing up.
        self.admit(client, RateClass::Token, enabled.limits.of(RateClass::Token)).await?;
        let allowed = enabled.scopes;
        let granted = match scope {
            None => allowed,
            Some(asked) => {
                let asked = parse_scopes(&asked).map_err(|_| TokenError::InvalidScope)?;
                if asked.is_empty() || !asked.is_subset(&allowed) {
                    return Err(TokenError::InvalidScope);
                }
                asked
            }
        };
        let keys = self.signing_keys().await?;
        let (now, settings) = (self.now(), self.settings());
        let issued_at = now.as_millis().div_euclid(1_000);
        let claims = Claims {
            iss: settings.issuer.clone(),
            aud: settings.issuer.clone(),
            sub: client.to_string(),
            tid: enabled.tenant.to_string(),
            scope: words(&granted),
            iat: issued_at,
            exp: issued_at + settings.token_lifetime_s,
            nbf: None,
            jti: uuid_v7(now, &*self.entropy()).to_string(),
            // Of the row whose hash matched: a rotation since then refuses this token.
            generation,
        };
        let header = Header { kid: Some(keys.kid.clone()), ..Header::new(Algorithm::RS256) };
        let access_token = jsonwebtoken::encode(&header, &claims, &keys.signing).map_err(super::failed)?;
        Ok(Token { access_token, expires_in: settings.token_lifetime_s, scope: claims.scope })
    }

    /// The client with this id and the generation of its secret, if the secret is its own. One small read and one HMAC for whoever asks, so that strangers
    /// hold nobody up and the time of the answer does not tell which clients there are.
    async fn verified(&self, id: &str, secret: &str) -> Result<Option<(ClientId, i64)>, ServiceError> {
        // An id that cannot be one is looked up like any other.
        let id = id.parse().unwrap_or_else(|_| ClientId::from(Uuid::nil()));
        let key = self.client_secret_key().await?;
        let client = self.store().read("client.find", move |tx| tx.client_find(id).map_err(ServiceError::from)).await?;
        let stored = client.as_ref().map(|client| client.secret_hash.as_str());
        let matches = client_secrets::matches(&key, id, secret, stored);
        if stored.is_some_and(client_secrets::is_outdated) {
            tracing::warn!(client = %id, "issuing a token failed: an earlier version made the secret of this client, \
                and it is no longer accepted; make a new one with postrider client rotate");
        }
        let client = client.filter(|client| matches && client.disabled_at.is_none());
        Ok(client.map(|client| (client.id, client.secret_generation)))
    }
}
