//! Unsubscribe links that nobody can guess and that need no stored row.
//!
//! A link carries the delivery's id and a code that only the holder of the key can make (HMAC-SHA256, RFC 2104,
//! truncated to 128 bits as section 5 there allows). Not here: what following one does.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::env::Entropy;
use postrider_core::id::{DeliveryId, Id as _};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a UUID.
const ID_BYTES: usize = 16;
/// Bytes of the code.
const CODE_BYTES: usize = 16;
/// What the code is for, so that it is good for nothing else.
const PURPOSE: &[u8] = b"postrider unsubscribe 1\0";

/// The secret that unsubscribe links are made with.
#[derive(Clone)]
pub struct UnsubscribeKey {
    secret: [u8; KEY_BYTES],
    key: hmac::Key,
}

impl UnsubscribeKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(secret: [u8; KEY_BYTES]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &secret), secret }
    }

    /// A new key.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = [0; KEY_BYTES];
        entropy.fill(&mut secret);
        Self::new(secret)
    }

    /// The key as stored; none unless there are [`KEY_BYTES`] of them.
    #[must_use]
    pub fn from_slice(stored: &[u8]) -> Option<Self> {
        stored.try_into().ok().map(Self::new)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn secret(&self) -> &[u8; KEY_BYTES] {
        &self.secret
    }

    /// The code of a delivery.
    fn code(&self, id: &[u8; ID_BYTES]) -> [u8; CODE_BYTES] {
        let mut signing = hmac::Context::with_key(&self.key);
        signing.update(PURPOSE);
        signing.update(id);
        let tag = signing.sign();
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&tag.as_ref()[..CODE_BYTES]);
        code
    }
}

impl std::fmt::Debug for UnsubscribeKey {
    /// Never shows the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsubscribeKey")
    }
}

/// The token of a delivery: 43 characters that are safe in a URL.
#[must_use]
pub fn token(delivery: DeliveryId, key: &UnsubscribeKey) -> String {
    let id = delivery.uuid().into_bytes();
    let mut bytes = [0; ID_BYTES + CODE_BYTES];
    bytes[..ID_BYTES].copy_from_slice(&id);
    bytes[ID_BYTES..].copy_from_slice(&key.code(&id));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The delivery that a token names, if the key made it. Compares in constant time.
#[must_use]
pub fn verify(token: &str, key: &UnsubscribeKey) -> Option<DeliveryId> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let bytes: [u8; ID_BYTES + CODE_BYTES] = bytes.try_into().ok()?;
    let id: [u8; ID_BYTES] = bytes[..ID_BYTES].try_into().ok()?;
    constant_time::verify_slices_are_equal(&key.code(&id), &bytes[ID_BYTES..]).ok()?;
    Some(DeliveryId::from(uuid::Uuid::from_bytes(id)))
}

/// The link of a token on the server at `public_url`.
#[must_use]
pub fn unsubscribe_url(public_url: &str, token: &str) -> String {
    format!("{}/u/{token}", public_url.trim_end_matches('/'))
}
