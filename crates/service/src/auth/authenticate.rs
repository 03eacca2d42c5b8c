//! Believing a bearer token, or not.

use super::clients::known_scopes;
use super::token::Claims;
use crate::{Actor, Service, ServiceError};
use jsonwebtoken::{Algorithm, Validation};
use postrider_core::error::Code;
use postrider_core::id::{ClientId, TenantId};
use postrider_core::rate_limit::RateLimits;
use postrider_core::time::SECOND_MS;
use std::sync::Arc;

/// Longest token looked at, in bytes; ours with every scope are under 2 KB.
const TOKEN_MAX_BYTES: usize = 8 * 1024;
/// How far the clock of the node that issued a token may be ahead of ours, in seconds.
const CLOCKS_APART_MAX_S: i64 = 60;

/// Who calls, and how often they may.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Who.
    pub actor: Actor,
    /// Requests a minute.
    pub limits: Arc<RateLimits>,
}

impl Service {
    /// Who a bearer token stands for.
    ///
    /// # Errors
    /// `TOKEN_EXPIRED` if that alone is wrong with it, else `TOKEN_INVALID`; a failure of the store.
    pub async fn authenticate(&self, token: &str) -> Result<Bearer, ServiceError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(Code::TokenInvalid.into());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Code::TokenInvalid)?;
        if header.alg != Algorithm::RS256 {
            return Err(Code::TokenInvalid.into());
        }
        let kid = header.kid.ok_or(Code::TokenInvalid)?;
        let key = self.verifying_key(&kid).await?.ok_or(Code::TokenInvalid)?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key, &self.validation()).map_err(|_| Code::TokenInvalid)?.claims;
        // RFC 7519 §4.1.5 and §4.1.6: what begins later than now is not valid yet.
        let begins = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
        if begins.saturating_sub(CLOCKS_APART_MAX_S).saturating_mul(SECOND_MS) > self.now().as_millis() {
            return Err(Code::TokenInvalid.into());
        }
        // We issue none that lives longer, so somebody else made it, or the operator shortened the lifetime since.
        if claims.exp.saturating_sub(claims.iat) > self.settings().token_lifetime_s {
            return Err(Code::TokenInvalid.into());
        }
        // RFC 7519 §4.1.4: not on or after that second.
        if self.now().as_millis() >= claims.exp.saturating_mul(SECOND_MS) {
            return Err(Code::TokenExpired.into());
        }
        let client: ClientId = claims.sub.parse().map_err(|_| Code::TokenInvalid)?;
        let tenant: TenantId = claims.tid.parse().map_err(|_| Code::TokenInvalid)?;
        let enabled = self.enabled(client).await?.filter(|enabled| enabled.tenant == tenant);
        let enabled = enabled.ok_or(Code::TokenInvalid)?;
        if claims.generation != enabled.secret_generation {
            return Err(Code::TokenInvalid.into());
        }
        // A token carries no more than its client has now, whatever it says itself.
        let scopes = known_scopes(&claims.scope).intersection(&enabled.scopes).copied().collect();
        Ok(Bearer { actor: Actor { tenant, client, scopes }, limits: enabled.limits })
    }

    /// What is checked by the library: signature, issuer and audience. Expiry is ours, by our own clock.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.set_issuer(&[&self.settings().issuer]);
        validation.set_audience(&[&self.settings().issuer]);
        validation
    }
}
