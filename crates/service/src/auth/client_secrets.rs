//! Secrets of clients: 256 random bits, stored as HMAC-SHA-256 (RFC 2104) under a key of the instance.
//!
//! A slow hash protects what people think up. Nobody guesses 256 random bits, so a slow hash here would only let
//! strangers use up the processor at the token endpoint. Invariant: checking a secret costs the same whether or not
//! the client exists.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::env::Entropy;
use postrider_core::id::ClientId;
use uuid::Uuid;

/// Bytes of a secret.
const SECRET_BYTES: usize = 32;
/// What a stored hash begins with. Version 0.1 stored argon2id in PHC form, which begins with `$`.
const SCHEME: &str = "hmac-sha256:";

/// A new secret: 43 characters.
pub(super) fn new_secret(entropy: &dyn Entropy) -> String {
    let mut random = [0; SECRET_BYTES];
    entropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

/// What is stored of a secret. The client is part of it, so that the hash of one client is of no use to another.
pub(super) fn hash(key: &[u8; 32], client: ClientId, secret: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, key), &message(client, secret));
    format!("{SCHEME}{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Whether the secret is the one that was stored; compares in constant time.
pub(super) fn matches(key: &[u8; 32], client: ClientId, secret: &str, stored: Option<&str>) -> bool {
    let tag = stored.and_then(|stored| URL_SAFE_NO_PAD.decode(stored.strip_prefix(SCHEME)?).ok()).unwrap_or_default();
    hmac::verify(&hmac::Key::new(HMAC_SHA256, key), &message(client, secret), &tag).is_ok()
}

/// Whether a stored hash is of a kind that is no longer verified, so that the client needs a new secret.
pub(super) fn is_outdated(stored: &str) -> bool {
    !stored.starts_with(SCHEME)
}

fn message(client: ClientId, secret: &str) -> Vec<u8> {
    [Uuid::from(client).as_bytes(), secret.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn client(number: u128) -> ClientId {
        ClientId::from(Uuid::from_u128(number))
    }

    #[test]
    fn only_the_secret_itself_of_the_same_client_under_the_same_key_matches() {
        let stored = hash(&KEY, client(1), "right");
        assert!(!stored.contains("right") && !is_outdated(&stored), "{stored}");
        for (key, id, secret, stored, expected) in [
            (KEY, 1, "right", Some(&*stored), true),
            (KEY, 1, "wrong", Some(&*stored), false),
            (KEY, 1, "", Some(&*stored), false),
            (KEY, 2, "right", Some(&*stored), false),
            ([8; 32], 1, "right", Some(&*stored), false),
            (KEY, 1, "right", None, false),
            (KEY, 1, "right", Some(SCHEME), false),
            (KEY, 1, "right", Some("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"), false),
        ] {
            assert_eq!(matches(&key, client(id), secret, stored), expected, "{id} {secret} {stored:?}");
        }
        assert!(is_outdated("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"));
    }
}
