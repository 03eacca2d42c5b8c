//! Keys of the instance: those that sign tokens, the one of unsubscribe links, and those that hash client secrets and the
//! addresses of erased people.
//!
//! Of each purpose exactly one is in use; the schema says so too. They belong to no tenant.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value};
use postrider_core::time::Timestamp;

statements! { "secrets":
    GET = "SELECT id, purpose, value, created_at, retired_at FROM secrets WHERE purpose = $1 AND retired_at IS NULL";
    LIST = "SELECT id, purpose, value, created_at, retired_at FROM secrets WHERE purpose = $1 \
        ORDER BY created_at DESC, id LIMIT 64";
    INSERT = "INSERT INTO secrets (id, purpose, value, created_at, retired_at) VALUES ($1, $2, $3, $4, NULL) \
        ON CONFLICT DO NOTHING";
    RETIRE = "UPDATE secrets SET retired_at = $1 WHERE purpose = $2 AND retired_at IS NULL";
    FORGET = "DELETE FROM secrets WHERE purpose = $1 AND retired_at <= $2";
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPurpose {
    /// Signs bearer tokens: an RSA key, PKCS #8 DER.
    TokenSigning,
    /// Signs unsubscribe links: 32 bytes.
    Unsubscribe,
    /// Hashes the secrets of clients: 32 bytes.
    ClientSecrets,
    /// Hashes the addresses of erased people: 32 bytes. It is never retired.
    ErasedAddresses,
}

impl SecretPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TokenSigning => "token_signing",
            Self::Unsubscribe => "unsubscribe",
            Self::ClientSecrets => "client_secrets",
            Self::ErasedAddresses => "erased_addresses",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::TokenSigning, Self::Unsubscribe, Self::ClientSecrets, Self::ErasedAddresses]
            .into_iter()
            .find(|purpose| purpose.as_str() == word)
    }
}

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Name of the key; public.
    pub id: String,
    /// What it is for.
    pub purpose: SecretPurpose,
    /// The key itself.
    pub value: Vec<u8>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was taken out of use.
    pub retired_at: Option<Timestamp>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({}, {})", self.purpose.as_str(), self.id)
    }
}

fn read(row: &mut Row) -> Result<Secret, StoreError> {
    Ok(Secret {
        id: row.next()?,
        purpose: row.word(SecretPurpose::parse)?,
        value: row.next()?,
        created_at: row.next()?,
        retired_at: row.next()?,
    })
}

impl Tx<'_> {
    /// The key in use, if one was made.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn secret_get(&mut self, purpose: SecretPurpose) -> Result<Option<Secret>, StoreError> {
        self.query_one(&GET, &[purpose.as_str().into()], read)
    }

    /// The newest 64 keys, newest first, retired ones too.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn secret_list(&mut self, purpose: SecretPurpose) -> Result<Vec<Secret>, StoreError> {
        self.query_as(&LIST, &[purpose.as_str().into()], read)
    }

    /// Puts a key in use unless there is one; answers whether it did.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn secret_insert(&mut self, secret: &Secret) -> Result<bool, StoreError> {
        let values = [
            (&secret.id).into(),
            secret.purpose.as_str().into(),
            Value::Blob(secret.value.clone()),
            secret.created_at.into(),
        ];
        Ok(self.execute(&INSERT, &values)? == 1)
    }

    /// Takes the key in use out of use.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn secret_retire(&mut self, purpose: SecretPurpose, now: Timestamp) -> Result<(), StoreError> {
        self.execute(&RETIRE, &[now.into(), purpose.as_str().into()]).map(drop)
    }

    /// Forgets keys that were taken out of use at or before an instant.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn secret_forget(&mut self, purpose: SecretPurpose, retired_until: Timestamp) -> Result<u64, StoreError> {
        self.execute(&FORGET, &[purpose.as_str().into(), retired_until.into()])
    }
}
