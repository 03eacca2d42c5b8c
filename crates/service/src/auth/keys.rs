//! The keys of the instance: those that sign tokens, and one each for unsubscribe links and client secrets. They live in
//! the store and are made when first needed.
//!
//! Two nodes that start together end up with one key: both insert inside a write transaction, and the schema holds
//! one key in use of each purpose. A retired key still verifies until every token it signed has expired.

use super::{CLIENT_STATE_KEPT_MS, failed};
use crate::{Service, ServiceError};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use postrider_core::env::Entropy;
use postrider_core::id::uuid_v7;
use postrider_core::time::{HOUR_MS, Timestamp};
use postrider_store::Tx;
use postrider_store::secrets::{Secret, SecretPurpose};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How long keys are believed before the store is asked again, in milliseconds: how late a node learns that one was
/// revoked.
const KEYS_KEPT_MS: i64 = CLIENT_STATE_KEPT_MS;
/// How often an unknown key id may make us ask the store, in milliseconds.
const UNKNOWN_KEY_PAUSE_MS: i64 = 1_000;
/// How long a retired key verifies, in milliseconds: the longest configurable life of a token, and an hour for nodes
/// that learn late.
const RETIRED_KEPT_MS: i64 = 25 * HOUR_MS;
/// Columns of base64 in PEM (RFC 7468 §2).
const PEM_COLUMNS: usize = 64;

/// A key that verifies tokens, as others may know it (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// Modulus, base64url.
    pub modulus: String,
    /// Exponent, base64url.
    pub exponent: String,
}

/// A signing key, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// Since when.
    pub created_at: Timestamp,
    /// What it is good for.
    pub state: KeyState,
}

/// What a signing key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It signs new tokens.
    Signs,
    /// A newer one signs; until this instant it verifies the tokens it signed.
    VerifiesUntil(Timestamp),
}

/// The keys as last read.
pub(super) struct KeyRing {
    pub kid: String,
    pub signing: EncodingKey,
    verifying: BTreeMap<String, DecodingKey>,
    public: Vec<PublicKey>,
    read_at: Timestamp,
}

/// What is remembered of the keys.
#[derive(Default)]
pub(super) struct Keys {
    ring: RwLock<Option<Arc<KeyRing>>>,
    /// Lets one request at a time read or make keys.
    reading: tokio::sync::Mutex<()>,
    unsubscribe: OnceLock<[u8; 32]>,
    client_secrets: OnceLock<[u8; 32]>,
}

impl Keys {
    fn fresh(&self, now: Timestamp, kept_ms: i64) -> Option<Arc<KeyRing>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        ring.filter(|ring| (0..kept_ms).contains(&now.millis_since(ring.read_at)))
    }
}

impl Service {
    /// Makes the keys that are missing and reads them, so that the first request need not wait for it.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn prepare_keys(&self) -> Result<(), ServiceError> {
        self.keys(KEYS_KEPT_MS).await?;
        self.unsubscribe_key().await?;
        self.client_secret_key().await.map(drop)
    }

    /// The keys that verify tokens.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn public_keys(&self) -> Result<Vec<PublicKey>, ServiceError> {
        Ok(self.keys(KEYS_KEPT_MS).await?.public.clone())
    }

    /// The signing keys, newest first, with what each is good for; none before the first was made. Unlike
    /// [`Service::public_keys`] it only reads.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn signing_keys_listed(&self) -> Result<Vec<SigningKey>, ServiceError> {
        let now = self.now();
        let secrets = self.store().read("secret.list", |tx| tx.secret_list(SecretPurpose::TokenSigning)).await?;
        let key = |secret: Secret| SigningKey {
            kid: secret.id,
            created_at: secret.created_at,
            state: secret
                .retired_at
                .map_or(KeyState::Signs, |at| KeyState::VerifiesUntil(at.plus_millis(RETIRED_KEPT_MS))),
        };
        Ok(secrets.into_iter().filter(|secret| verifies(secret, now)).map(key).collect())
    }

    /// Puts a new signing key in use. Tokens signed before stay valid until they expire, unless `revoke` drops the old
    /// keys at once: then no older token is accepted, here from now on and on other nodes within
    /// [`CLIENT_STATE_KEPT_MS`].
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn rotate_signing_key(&self, revoke: bool) -> Result<String, ServiceError> {
        let now = self.now();
        let secret = new_signing_key(now).await?;
        let kid = secret.id.clone();
        let rotated = self.store().write("secret.rotate", move |tx| {
            tx.secret_retire(SecretPurpose::TokenSigning, now)?;
            tx.secret_insert(&secret)?;
            let retired_until =
                if revoke { Timestamp::from_millis(i64::MAX) } else { now.plus_millis(-RETIRED_KEPT_MS) };
            tx.secret_forget(SecretPurpose::TokenSigning, retired_until).map_err(ServiceError::from)
        });
        rotated.await?;
        self.read_keys().await?;
        Ok(kid)
    }

    /// The key that signs unsubscribe links.
    ///
    /// # Errors
    /// A failure of the store.
    pub async fn unsubscribe_key(&self) -> Result<[u8; 32], ServiceError> {
        self.instance_key(SecretPurpose::Unsubscribe, &self.inner.auth.keys.unsubscribe).await
    }

    /// The key under which secrets of clients are hashed.
    pub(super) async fn client_secret_key(&self) -> Result<[u8; 32], ServiceError> {
        self.instance_key(SecretPurpose::ClientSecrets, &self.inner.auth.keys.client_secrets).await
    }

    /// A key of 32 bytes that never changes, made at its first use.
    async fn instance_key(&self, purpose: SecretPurpose, kept: &OnceLock<[u8; 32]>) -> Result<[u8; 32], ServiceError> {
        if let Some(key) = kept.get() {
            return Ok(*key);
        }
        let new = new_instance_key(purpose, self.now(), &*self.entropy());
        let stored = self.store().write("secret.ensure", move |tx| {
            tx.secret_insert(&new)?;
            tx.secret_get(purpose).map_err(ServiceError::from)
        });
        let value = stored.await?.map(|secret| secret.value).unwrap_or_default();
        let key = <[u8; 32]>::try_from(value).map_err(|_| failed("a key of the instance is not 32 bytes long"))?;
        Ok(*kept.get_or_init(|| key))
    }

    /// The keys, to sign with the one in use.
    pub(super) async fn signing_keys(&self) -> Result<Arc<KeyRing>, ServiceError> {
        self.keys(KEYS_KEPT_MS).await
    }

    /// The key with an id.
    pub(super) async fn verifying_key(&self, kid: &str) -> Result<Option<DecodingKey>, ServiceError> {
        let ring = self.keys(KEYS_KEPT_MS).await?;
        if let Some(key) = ring.verifying.get(kid) {
            return Ok(Some(key.clone()));
        }
        Ok(self.keys(UNKNOWN_KEY_PAUSE_MS).await?.verifying.get(kid).cloned())
    }

    /// The keys, read at most so many milliseconds ago.
    async fn keys(&self, kept_ms: i64) -> Result<Arc<KeyRing>, ServiceError> {
        let keys = &self.inner.auth.keys;
        if let Some(ring) = keys.fresh(self.now(), kept_ms) {
            return Ok(ring);
        }
        let _one = keys.reading.lock().await;
        match keys.fresh(self.now(), kept_ms) {
            Some(ring) => Ok(ring),
            None => self.read_keys().await,
        }
    }

    async fn read_keys(&self) -> Result<Arc<KeyRing>, ServiceError> {
        let now = self.now();
        let list = |tx: &mut Tx<'_>| tx.secret_list(SecretPurpose::TokenSigning).map_err(ServiceError::from);
        let mut secrets = self.store().read("secret.list", list).await?;
        if secrets.iter().all(|secret| secret.retired_at.is_some()) {
            let new = new_signing_key(now).await?;
            let ensured = self.store().write("secret.ensure", move |tx| {
                tx.secret_insert(&new)?;
                list(tx)
            });
            secrets = ensured.await?;
        }
        let ring = Arc::new(key_ring(&secrets, now)?);
        *self.inner.auth.keys.ring.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ring));
        Ok(ring)
    }
}

/// Whether a key still verifies.
fn verifies(secret: &Secret, now: Timestamp) -> bool {
    secret.retired_at.is_none_or(|at| now.millis_since(at) < RETIRED_KEPT_MS)
}

fn key_ring(secrets: &[Secret], now: Timestamp) -> Result<KeyRing, ServiceError> {
    let (mut in_use, mut verifying, mut public) = (None, BTreeMap::new(), Vec::new());
    for secret in secrets {
        if !verifies(secret, now) {
            continue;
        }
        let signing = EncodingKey::from_rsa_pem(&secret.value).map_err(failed)?;
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(failed)?;
        verifying.insert(secret.id.clone(), DecodingKey::from_jwk(&jwk).map_err(failed)?);
        if let AlgorithmParameters::RSA(rsa) = jwk.algorithm {
            public.push(PublicKey { kid: secret.id.clone(), modulus: rsa.n, exponent: rsa.e });
        }
        if secret.retired_at.is_none() {
            in_use = Some((secret.id.clone(), signing));
        }
    }
    let (kid, signing) = in_use.ok_or_else(|| failed("no signing key is in use"))?;
    Ok(KeyRing { kid, signing, verifying, public, read_at: now })
}

/// A new RSA key. Its chance comes from the cryptographic library, which takes no other.
async fn new_signing_key(now: Timestamp) -> Result<Secret, ServiceError> {
    let pem = tokio::task::spawn_blocking(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        AsDer::<Pkcs8V1Der<'static>>::as_der(&pair).map(|der| pem(der.as_ref()))
    });
    let pem = pem.await.map_err(failed)?.map_err(failed)?;
    let signing = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(failed)?;
    let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(failed)?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(failed)?;
    Ok(Secret { id, purpose: SecretPurpose::TokenSigning, value: pem.into_bytes(), created_at: now, retired_at: None })
}

fn new_instance_key(purpose: SecretPurpose, now: Timestamp, entropy: &dyn Entropy) -> Secret {
    let mut value = vec![0; 32];
    entropy.fill(&mut value);
    let id = uuid_v7(now, entropy).to_string();
    Secret { id, purpose, value, created_at: now, retired_at: None }
}

/// A PKCS #8 key as text (RFC 7468 §10).
fn pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = STANDARD.encode(der);
    while rest.len() > PEM_COLUMNS {
        let tail = rest.split_off(PEM_COLUMNS);
        pem.extend([rest.as_str(), "\n"]);
        rest = tail;
    }
    pem.extend([rest.as_str(), "\n-----END PRIVATE KEY-----\n"]);
    pem
}
