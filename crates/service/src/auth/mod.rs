//! Who is calling: clients and their secrets, tokens and the keys that sign them.
//!
//! Not here: how a token travels (the API). Invariants: no secret is stored in a form that can be used; no token is
//! believed whose signature, issuer, audience, lifetime and expiry were not all checked; a token carries no more than its
//! client has now; and tokens of a disabled client, or under a revoked key, stop within [`CLIENT_STATE_KEPT_MS`].

mod authenticate;
mod client_secrets;
mod client_states;
mod clients;
mod keys;
mod token;

pub use authenticate::Bearer;
pub use client_states::CLIENT_STATE_KEPT_MS;
pub use clients::{ClientSummary, CreateClient, NewClient};
pub use keys::{KeyState, PublicKey, SigningKey};
pub use token::{ClientCredentials, Token, TokenError};

use crate::ServiceError;
use postrider_store::StoreError;

/// What authentication remembers between requests.
#[derive(Default)]
pub(crate) struct AuthState {
    keys: keys::Keys,
    clients: client_states::ClientStates,
}

/// A failure that no request can cause.
fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Failed(StoreError::Failed(error.to_string()))
}
