//! Answers that are given once and repeated on request.
//!
//! The record of a key and its effect commit in one transaction, so a crash leaves both or neither. Beside the
//! transaction stands a try-lock (a set in this process, an advisory lock between processes) which ends with its
//! holder, so a second request meanwhile is told to come back.

use crate::{Actor, Service, ServiceError};
use postrider_core::error::Code;
use postrider_store::Tx;
use postrider_store::idempotency::{Record, RecordKey};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The keys whose first request runs in this process.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeSet<RecordKey>>>);

/// Holds a key until dropped.
struct Claim {
    running: Running,
    key: RecordKey,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Running {
    fn claim(&self, key: RecordKey) -> Option<Claim> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        fresh.then(|| Claim { running: self.clone(), key })
    }
}

/// A request that must have its effect once.
#[derive(Debug, Clone)]
pub struct OnceKey {
    /// The `Idempotency-Key`: a UUID v4.
    pub key: Uuid,
    /// Method of the request.
    pub method: &'static str,
    /// Path of the request, ids and all.
    pub path: String,
    /// SHA-256 of the body as canonical JSON.
    pub fingerprint: [u8; 32],
}

/// An answer in the bytes that leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Status as the face that rendered it numbers it.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// Turns a result into bytes.
pub type Render<T> = Box<dyn Fn(&T) -> Rendered + Send>;

/// How to answer a write: once for a key, and in which bytes.
pub struct Reply<T> {
    /// The key, if the caller gave one.
    pub once: Option<OnceKey>,
    /// Makes the bytes.
    pub render: Render<T>,
}

/// The answer of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The bytes.
    pub rendered: Rendered,
    /// Whether they were given before.
    pub replayed: bool,
}

impl Service {
    /// Runs `effect` in one transaction and answers its rendered result; with a key, at most once.
    /// `effect` may run more than once before it commits: it must have no effect outside the transaction.
    ///
    /// # Errors
    /// What `effect` answers; `KEY_REUSED` for another body, `IN_PROGRESS` while the first request runs.
    pub(crate) async fn answer_once<T: 'static>(
        &self,
        op: &'static str,
        actor: &Actor,
        reply: Reply<T>,
        mut effect: impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Answered, ServiceError> {
        let Reply { once, render } = reply;
        let Some(once) = once else {
            let answer = self.store().write(op, move |tx| effect(tx).map(|result| render(&result))).await?;
            return Ok(Answered { rendered: answer, replayed: false });
        };
        let key = RecordKey {
            tenant: actor.tenant,
            client: actor.client,
            key: once.key,
            method: once.method,
            path: once.path.clone(),
        };
        let Some(_claim) = self.inner.running.claim(key.clone()) else {
            return Err(Code::IdempotencyInProgress.into());
        };
        let now = self.now();
        let answer = self.store().write(op, move |tx| {
            if !tx.try_lock(key.lock())? {
                return Err(Code::IdempotencyInProgress.into());
            }
            if let Some(record) = tx.idempotency_get(&key, now)? {
                return replay(record, &once);
            }
            let rendered = render(&effect(tx)?);
            let record = Record {
                fingerprint: once.fingerprint.to_vec(),
                status: i64::from(rendered.status),
                body: rendered.body.clone(),
            };
            tx.idempotency_put(&key, &record, now)?;
            Ok(Answered { rendered, replayed: false })
        });
        answer.await
    }
}

fn replay(record: Record, once: &OnceKey) -> Result<Answered, ServiceError> {
    if record.fingerprint != once.fingerprint {
        return Err(Code::IdempotencyKeyReused.into());
    }
    let status = u16::try_from(record.status).unwrap_or(200);
    Ok(Answered { rendered: Rendered { status, body: record.body }, replayed: true })
}

/// SHA-256 of a JSON body with sorted keys and no spaces, so that two ways of writing one body are one.
#[must_use]
pub fn fingerprint(body: &[u8]) -> [u8; 32] {
    let canonical = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| serde_json::to_vec(&value).ok())
        .unwrap_or_else(|| body.to_vec());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &canonical);
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest.as_ref());
    fingerprint
}
