//! Issuing bearer tokens to clients (RFC 6749 §4.4, JWT per RFC 7519, signed with RS256).

use super::clients::{known_scopes, parse_scopes, words};
use crate::{Service, ServiceError};
use jsonwebtoken::{Algorithm, Header};
use postrider_core::id::{ClientId, uuid_v7};
use postrider_core::rate_limit::RateClass;
use serde::{Deserialize, Serialize};

/// How old the signing key may be believed to be in use, in milliseconds.
const KEYS_KEPT_MS: i64 = 30_000;

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
        let found = match client_id.parse::<ClientId>() {
            Ok(id) => self.client_and_limits(id).await?,
            Err(_) => None,
        };
        let (client, limits) = found.unzip();
        let limit = limits.and_then(|limits| limits.of(RateClass::Token));
        if let Some(client) = &client {
            // No secret is hashed for a client that has had its tokens.
            self.glance(client.id.into(), RateClass::Token, limit).await?;
        }
        let hash = client.as_ref().map(|client| client.secret_hash.clone());
        let settings = self.settings();
        let verified = self.inner.auth.hashing.verify(settings.secret_cost, client_secret, hash).await?;
        let client = client.filter(|client| verified && client.disabled_at.is_none());
        let client = client.ok_or(TokenError::InvalidClient)?;
        // Counted after the secret, so that a stranger who knows the id uses nothing up.
        self.admit(client.id.into(), RateClass::Token, limit).await?;
        let allowed = known_scopes(&client.scopes);
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
        let keys = self.keys(KEYS_KEPT_MS).await?;
        let now = self.now();
        let issued_at = now.as_millis().div_euclid(1_000);
        let claims = Claims {
            iss: settings.issuer.clone(),
            aud: settings.issuer.clone(),
            sub: client.id.to_string(),
            tid: client.tenant.to_string(),
            scope: words(&granted),
            iat: issued_at,
            exp: issued_at + settings.token_lifetime_s,
            nbf: None,
            jti: uuid_v7(now, &*self.entropy()).to_string(),
        };
        let header = Header { kid: Some(keys.kid.clone()), ..Header::new(Algorithm::RS256) };
        let access_token = jsonwebtoken::encode(&header, &claims, &keys.signing).map_err(super::hashing::failed)?;
        Ok(Token { access_token, expires_in: settings.token_lifetime_s, scope: claims.scope })
    }
}
