//! Answers that were given for an idempotency key.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::time::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};
use uuid::Uuid;

/// How long an answer is kept, in milliseconds: 24 hours (the seed page).
pub const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

statements! { "idempotency":
    GET = "SELECT fingerprint, status, body FROM idempotency_keys WHERE tenant_id = $1 AND client_id = $2 \
        AND idempotency_key = $3 AND method = $4 AND path = $5 AND created_at > $6";
    PUT = "INSERT INTO idempotency_keys (tenant_id, client_id, idempotency_key, method, path, fingerprint, status, \
        body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT (tenant_id, client_id, idempotency_key, method, path) DO UPDATE SET \
        fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, \
        created_at = excluded.created_at";
    /// All tenants: an age is an age.
    FORGET = "DELETE FROM idempotency_keys WHERE created_at <= $1";
}

/// Whose key it is, for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// Tenant.
    pub tenant: TenantId,
    /// Client.
    pub client: ClientId,
    /// The key itself.
    pub key: Uuid,
    /// Method of the request.
    pub method: &'static str,
    /// Path of the request.
    pub path: String,
}

impl RecordKey {
    /// The number of the lock that goes with the key. Two keys may share one; that costs a retry, never an effect.
    #[must_use]
    pub fn lock(&self) -> i64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish().cast_signed()
    }

    fn values(&self) -> Vec<Value> {
        vec![id(self.tenant), id(self.client), self.key.into(), self.method.into(), (&self.path).into()]
    }
}

/// The answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Of the request's body.
    pub fingerprint: Vec<u8>,
    /// Status.
    pub status: i64,
    /// Body.
    pub body: Vec<u8>,
}

impl Tx<'_> {
    /// The answer given for the key, if it is not older than [`KEPT_MS`].
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn idempotency_get(&mut self, key: &RecordKey, now: Timestamp) -> Result<Option<Record>, StoreError> {
        let mut values = key.values();
        values.push(now.plus_millis(-KEPT_MS).into());
        self.query_one(&GET, &values, |row| {
            Ok(Record { fingerprint: row.next()?, status: row.next()?, body: row.next()? })
        })
    }

    /// Remembers an answer, in place of one that is too old.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn idempotency_put(&mut self, key: &RecordKey, record: &Record, now: Timestamp) -> Result<(), StoreError> {
        let mut values = key.values();
        values.extend([
            Value::Blob(record.fingerprint.clone()),
            record.status.into(),
            Value::Blob(record.body.clone()),
            now.into(),
        ]);
        self.execute(&PUT, &values).map(drop)
    }

    /// Forgets answers that are too old; for the janitor.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn idempotency_forget(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.execute(&FORGET, &[now.plus_millis(-KEPT_MS).into()])
    }
}
