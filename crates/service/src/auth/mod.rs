//! Who is calling: clients and their secrets, tokens and the keys that sign them.
//!
//! Not here: how a token travels (the API). Invariants: no secret is stored in a form that can be used, no token is
//! believed whose signature, issuer, audience and expiry were not all checked, and a disabled client's tokens stop
//! within [`CLIENT_STATE_KEPT_MS`].

mod authenticate;
mod client_states;
mod clients;
mod hashing;
mod keys;
mod token;

pub use authenticate::Bearer;
pub use client_states::CLIENT_STATE_KEPT_MS;
pub use clients::{ClientSummary, CreateClient, NewClient};
pub use hashing::SecretCost;
pub use keys::PublicKey;
pub use token::{ClientCredentials, Token, TokenError};

/// What authentication remembers between requests.
#[derive(Default)]
pub(crate) struct AuthState {
    keys: keys::Keys,
    clients: client_states::ClientStates,
    hashing: hashing::Hashing,
}
