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
use std::time::Duration;
use uuid::Uuid;

/// How long a look at a whole audience may take.
const LOOK_MAX: Duration = Duration::from_secs(20);

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

/// What the transaction of an effect needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// Runs as if alone; see [`postrider_store::Store::write`].
    AsIfAlone,
    /// A lock or a lease guards what is read; see [`postrider_store::Store::write_guarded`].
    Guarded,
}

/// A request that holds its key, if it has one, until it is answered.
pub(crate) struct Turn {
    once: Option<(OnceKey, RecordKey, Claim)>,
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
        effect: impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Answered, ServiceError> {
        let turn = self.turn(actor, reply.once)?;
        self.answer_turn(op, Writing::AsIfAlone, turn, reply.render, effect).await
    }

    /// As [`Service::answer_once`], where a lock guards what `effect` reads.
    ///
    /// # Errors
    /// As [`Service::answer_once`].
    pub(crate) async fn answer_once_guarded<T: 'static>(
        &self,
        op: &'static str,
        actor: &Actor,
        reply: Reply<T>,
        effect: impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Answered, ServiceError> {
        let turn = self.turn(actor, reply.once)?;
        self.answer_turn(op, Writing::Guarded, turn, reply.render, effect).await
    }

    /// Takes the key of a request, for use cases of several transactions.
    ///
    /// # Errors
    /// `IN_PROGRESS` while the first request runs.
    pub(crate) fn turn(&self, actor: &Actor, once: Option<OnceKey>) -> Result<Turn, ServiceError> {
        let Some(once) = once else { return Ok(Turn { once: None }) };
        let key = RecordKey {
            tenant: actor.tenant,
            client: actor.client,
            key: once.key,
            method: once.method,
            path: once.path.clone(),
        };
        let claim = self.inner.running.claim(key.clone()).ok_or(Code::IdempotencyInProgress)?;
        Ok(Turn { once: Some((once, key, claim)) })
    }

    /// The answer that the key was given before, if any.
    ///
    /// # Errors
    /// `KEY_REUSED` for another body.
    pub(crate) async fn answered_before(
        &self,
        op: &'static str,
        turn: &Turn,
    ) -> Result<Option<Answered>, ServiceError> {
        let Some((once, key, _)) = &turn.once else { return Ok(None) };
        let (now, key, once) = (self.now(), key.clone(), once.clone());
        let record = self.store().read(op, move |tx| tx.idempotency_get(&key, now)).await?;
        record.map(|record| replay(record, &once)).transpose()
    }

    /// Runs `effect` in one transaction with the record of the answer.
    ///
    /// # Errors
    /// As [`Service::answer_once`].
    pub(crate) async fn answer_turn<T: 'static>(
        &self,
        op: &'static str,
        writing: Writing,
        turn: Turn,
        render: Render<T>,
        mut effect: impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Answered, ServiceError> {
        let now = self.now();
        let Turn { once } = turn;
        let (once, _claim) = once.map_or((None, None), |(once, key, claim)| (Some((once, key)), Some(claim)));
        let work = move |tx: &mut Tx<'_>| {
            let Some((once, key)) = &once else {
                return effect(tx).map(|result| Answered { rendered: render(&result), replayed: false });
            };
            if !tx.try_lock(key.lock())? {
                return Err(Code::IdempotencyInProgress.into());
            }
            if let Some(record) = tx.idempotency_get(key, now)? {
                return replay(record, once);
            }
            let rendered = render(&effect(tx)?);
            let record = Record {
                fingerprint: once.fingerprint.to_vec(),
                status: i64::from(rendered.status),
                body: rendered.body.clone(),
            };
            tx.idempotency_put(key, &record, now)?;
            Ok(Answered { rendered, replayed: false })
        };
        match writing {
            Writing::AsIfAlone => self.store().write(op, work).await,
            Writing::Guarded => self.store().write_guarded(op, work).await,
        }
    }

    /// As [`Service::answer_once`] for what only reads: `look` runs in one snapshot, and with a key its answer is
    /// remembered by a small write of its own.
    ///
    /// # Errors
    /// As [`Service::answer_once`].
    pub(crate) async fn answer_read_once<T: Clone + Send + 'static>(
        &self,
        op: &'static str,
        actor: &Actor,
        reply: Reply<T>,
        look: impl FnMut(&mut Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Answered, ServiceError> {
        let turn = self.turn(actor, reply.once)?;
        if let Some(answered) = self.answered_before(op, &turn).await? {
            return Ok(answered);
        }
        let result = self.store().read_within(op, LOOK_MAX, look).await?;
        if turn.once.is_none() {
            return Ok(Answered { rendered: (reply.render)(&result), replayed: false });
        }
        self.answer_turn(op, Writing::AsIfAlone, turn, reply.render, move |_| Ok(result.clone())).await
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
