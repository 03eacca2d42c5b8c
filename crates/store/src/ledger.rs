//! The ledger as the engine writes it: one row for each recipient, and the attempts that did not succeed at once.
//!
//! Every change names the state and the attempt that it found, and tells which rows it changed: what was changed
//! before by another hand is left as it is. What people read of the ledger is in [`crate::deliveries`].

use crate::chunks::{ChunkKey, Claim};
use crate::error::StoreError;
pub use crate::person::Person;
use crate::person::read_person;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use postrider_core::audience::Consent;
use postrider_core::channel::ChannelKind;
use postrider_core::delivery::DeliveryState;
use postrider_core::id::{ProfileId, TenantId};
use postrider_core::planted::planted;
use postrider_core::time::Timestamp;

/// Longest `provider_ref` that is kept, in characters.
pub const PROVIDER_REF_MAX_CHARS: usize = 200;
/// Longest text of a provider that is kept, in characters.
pub const PROVIDER_TEXT_MAX_CHARS: usize = 500;

statements! { "ledger":
    INSERT = "INSERT INTO deliveries (manifest_number, seq, profile_id, address, address_key, state, attempt, \
        settled_at, reason) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT DO NOTHING";
    TAKE_BACK = "DELETE FROM deliveries WHERE manifest_number = $1 AND seq > $2";
    DUE = "SELECT d.seq, d.address, d.attempt, d.due_at, CASE WHEN d.attempt = 0 THEN NULL ELSE (SELECT MIN(a.at) \
        FROM attempts a WHERE a.manifest_number = d.manifest_number AND a.seq = d.seq) END, \
        CASE WHEN d.attempt = 0 THEN 0 ELSE (SELECT COUNT(*) FROM attempts a \
        WHERE a.manifest_number = d.manifest_number AND a.seq = d.seq AND a.outcome = 'uncertain') END, \
        p.id, p.email, p.phone, p.customer_id, p.first_name, p.last_name, p.timezone, p.locale, p.address, \
        p.attributes FROM deliveries d LEFT JOIN profiles p ON p.tenant_id = $1 AND p.id = d.profile_id \
        WHERE d.manifest_number = $2 AND d.seq BETWEEN $3 AND $4 AND d.state = 'pending' \
        AND (d.due_at IS NULL OR d.due_at <= $5) ORDER BY d.seq LIMIT $6";
    /// Who of a range was erased, did not say yes, or has no profile any more.
    UNSURE = "SELECT d.seq, CASE $1 WHEN 'email' THEN p.consent_email WHEN 'sms' THEN p.consent_sms \
        WHEN 'push' THEN p.consent_push ELSE p.consent_direct_mail END, t.mail_unknown, d.erased_at FROM deliveries d \
        JOIN tenants t ON t.id = $2 LEFT JOIN profiles p ON p.tenant_id = $2 AND p.id = d.profile_id \
        WHERE d.manifest_number = $3 AND d.seq BETWEEN $4 AND $5 AND d.state = 'pending' \
        AND (d.erased_at IS NOT NULL OR p.id IS NULL \
        OR CASE $1 WHEN 'email' THEN p.consent_email WHEN 'sms' THEN p.consent_sms WHEN 'push' THEN p.consent_push \
        ELSE p.consent_direct_mail END <> 'granted') ORDER BY d.seq";
    /// A whole range of recipients who never were tried; each of them was read before.
    MARK_FRESH = "UPDATE deliveries SET state = 'in_flight', attempt = 1 WHERE manifest_number = $1 \
        AND seq BETWEEN $2 AND $3 AND state = 'pending' AND attempt = 0 AND due_at IS NULL";
    MARK = "UPDATE deliveries SET state = 'in_flight', attempt = attempt + 1, due_at = NULL \
        WHERE manifest_number = $1 AND seq = $2 AND state = 'pending' AND attempt = $3";
    /// A reference or words of a provider may name the address, so an erased recipient gets none.
    CHANGE = "UPDATE deliveries SET state = $1, attempt = $2, due_at = $3, settled_at = $4, reason = $5, \
        provider_ref = CASE WHEN erased_at IS NULL THEN $6 END WHERE manifest_number = $7 AND seq = $8 AND state = $9 AND attempt = $10";
    ATTEMPT = "INSERT INTO attempts (manifest_number, seq, attempt, outcome, reason, provider_text, at) \
        VALUES ($1, $2, $3, $4, $5, CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.manifest_number = $1 \
        AND d.seq = $2 AND d.erased_at IS NOT NULL) THEN NULL ELSE $6 END, $7) ON CONFLICT DO NOTHING";
    IN_FLIGHT = "SELECT d.seq, d.attempt, (SELECT MIN(a.at) FROM attempts a \
        WHERE a.manifest_number = d.manifest_number AND a.seq = d.seq) FROM deliveries d \
        WHERE d.manifest_number = $1 AND d.seq BETWEEN $2 AND $3 AND d.state = 'in_flight' ORDER BY d.seq";
    /// Those first whom an earlier attempt may have reached.
    GIVE_UP_DOUBTFUL = "UPDATE deliveries SET state = 'uncertain', due_at = NULL, settled_at = $1, reason = $2 \
        WHERE manifest_number = $3 AND seq BETWEEN $4 AND $5 AND state = 'pending' AND attempt > 0 \
        AND EXISTS (SELECT 1 FROM attempts a WHERE a.manifest_number = deliveries.manifest_number \
        AND a.seq = deliveries.seq AND a.outcome = 'uncertain')";
    GIVE_UP = "UPDATE deliveries SET state = $1, due_at = NULL, settled_at = $2, reason = $3 \
        WHERE manifest_number = $4 AND seq BETWEEN $5 AND $6 AND state = 'pending'";
}

/// A recipient as frozen.
#[derive(Clone)]
pub struct FrozenRow {
    /// Who.
    pub profile: ProfileId,
    /// Where to, if there is a place.
    pub address: Option<String>,
    /// The first 16 bytes of the SHA-256 of the normalised address.
    pub address_key: Option<[u8; 16]>,
    /// `pending`, `suppressed` or `skipped`.
    pub state: DeliveryState,
    /// Why it is not pending.
    pub reason: Option<&'static str>,
}

/// A pending recipient with what its message is made of.
#[derive(Clone)]
pub struct DueRow {
    /// Place in the manifest.
    pub seq: i64,
    /// Where to.
    pub address: String,
    /// Attempts that count so far.
    pub attempts: u32,
    /// Whether it never was about to be tried.
    pub is_fresh: bool,
    /// When the first of them was.
    pub first_at: Option<Timestamp>,
    /// Whether one of them may have reached the recipient.
    pub in_doubt: bool,
    /// The person; none if the profile is gone.
    pub person: Option<Person>,
}

/// A pending recipient who may have to be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsureRow {
    /// Place in the manifest.
    pub seq: i64,
    /// The person's consent for the channel; none if the profile is gone.
    pub consent: Option<Consent>,
    /// Whether the tenant sends to people whose consent is unknown.
    pub mails_unknown: bool,
    /// Whether the address was removed because the person was erased.
    pub is_erased: bool,
}

/// A change of one row. It happens only if the row is as `from` and `attempt` say.
#[derive(Clone)]
pub struct Change {
    /// Place in the manifest.
    pub seq: i64,
    /// The state it must be in.
    pub from: DeliveryState,
    /// The attempts it must have.
    pub attempt: u32,
    /// The state it gets.
    pub to: DeliveryState,
    /// The attempts it gets.
    pub attempts: u32,
    /// When it is due again, if it is pending.
    pub due_at: Option<Timestamp>,
    /// When it was accounted for, if it is.
    pub settled_at: Option<Timestamp>,
    /// Stable reason.
    pub reason: Option<&'static str>,
    /// The provider's reference.
    pub provider_ref: Option<String>,
}

/// An attempt that is worth a row of its own.
#[derive(Clone)]
pub struct AttemptRow {
    /// Place in the manifest.
    pub seq: i64,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// `handed_off`, `rejected`, `deferred` or `uncertain`.
    pub outcome: &'static str,
    /// Stable reason.
    pub reason: Option<&'static str>,
    /// The provider's words.
    pub provider_text: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// A recipient in flight.
#[derive(Debug, Clone, Copy)]
pub struct FlyingRow {
    /// Place in the manifest.
    pub seq: i64,
    /// Number of the attempt that flies.
    pub attempt: u32,
    /// When an earlier attempt ended first, if there was one.
    pub first_at: Option<Timestamp>,
}

impl Tx<'_> {
    /// Adds recipients after `last_seq`, without gaps. One whose profile or address the manifest already has is left
    /// out. Answers which were added, in order.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_freeze(
        &mut self,
        manifest: i64,
        last_seq: i64,
        rows: &[FrozenRow],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let added = self.ledger_insert(manifest, last_seq, rows.iter(), now)?;
        if added.iter().any(|added| !added) {
            // Rare: the rows after a gap move up, so that the numbers stay contiguous.
            self.execute(&TAKE_BACK, &[manifest.into(), last_seq.into()])?;
            let kept = rows.iter().zip(&added).filter(|(_, added)| **added).map(|(row, _)| row);
            let again = self.ledger_insert(manifest, last_seq, kept, now)?;
            if again.iter().any(|added| !added) {
                return Err(StoreError::Failed("a recipient was frozen twice at once".into()));
            }
        }
        Ok(added)
    }

    fn ledger_insert<'r>(
        &mut self,
        manifest: i64,
        last_seq: i64,
        rows: impl Iterator<Item = &'r FrozenRow>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let sets: Vec<Vec<Value>> = rows
            .zip(last_seq + 1..)
            .map(|(row, seq)| {
                vec![
                    manifest.into(),
                    seq.into(),
                    id(row.profile),
                    row.address.as_ref().into(),
                    row.address_key.as_ref().map(|key| key.to_vec()).into(),
                    row.state.as_str().into(),
                    row.state.is_final().then_some(now).into(),
                    row.reason.into(),
                ]
            })
            .collect();
        Ok(self.execute_many(&INSERT, &sets)?.into_iter().map(|touched| touched == 1).collect())
    }

    /// Up to `limit` pending recipients of a chunk that are due, with what their messages are made of.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_due(
        &mut self,
        tenant: TenantId,
        claim: &Claim,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueRow>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [
            id(tenant),
            claim.key.manifest.into(),
            claim.first_seq.into(),
            claim.last_seq.into(),
            now.into(),
            limit.into(),
        ];
        self.query_as(&DUE, &values, |row| {
            let (seq, address): (i64, Option<String>) = (row.next()?, row.next()?);
            let (attempts, due_at): (u32, Option<Timestamp>) = (count(row.next()?), row.next()?);
            Ok(DueRow {
                seq,
                address: address.unwrap_or_default(),
                attempts,
                is_fresh: attempts == 0 && due_at.is_none(),
                first_at: row.next()?,
                in_doubt: row.next::<i64>()? > 0,
                person: read_person(row)?,
            })
        })
    }

    /// The pending recipients in a range who may have to be left out as things are now, in order: all who did not
    /// consent, who were erased or whose profile is gone.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_unsure(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        manifest: i64,
        seqs: (i64, i64),
    ) -> Result<Vec<UnsureRow>, StoreError> {
        let values = [channel.as_str().into(), id(tenant), manifest.into(), seqs.0.into(), seqs.1.into()];
        self.query_as(&UNSURE, &values, |row| {
            let (seq, consent) = (row.next()?, row.optional_word(Consent::parse)?);
            let (mails_unknown, erased_at): (bool, Option<Timestamp>) = (row.next()?, row.next()?);
            Ok(UnsureRow { seq, consent, mails_unknown, is_erased: erased_at.is_some() })
        })
    }

    /// Marks pending recipients, given with the attempts they have, as about to leave; answers which it found so.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_mark(&mut self, manifest: i64, rows: &[(i64, u32)]) -> Result<Vec<bool>, StoreError> {
        let set = |&(seq, attempts): &(i64, u32)| vec![manifest.into(), seq.into(), i64::from(attempts).into()];
        let sets: Vec<Vec<Value>> = rows.iter().map(set).collect();
        Ok(self.execute_many(&MARK, &sets)?.into_iter().map(|touched| touched == 1).collect())
    }

    /// Marks all recipients of a range who never were about to be tried; answers how many.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_mark_fresh(&mut self, manifest: i64, seqs: (i64, i64)) -> Result<usize, StoreError> {
        let touched = self.execute(&MARK_FRESH, &[manifest.into(), seqs.0.into(), seqs.1.into()])?;
        Ok(usize::try_from(touched).unwrap_or(usize::MAX))
    }

    /// Changes rows; returns which were as they had to be, and so were changed. What is final stays so: a change that
    /// [`DeliveryState::may_become`] does not allow is a fault of the caller. Its row stays as it is, in every build.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_change(&mut self, manifest: i64, changes: &[Change]) -> Result<Vec<bool>, StoreError> {
        let is_allowed =
            |change: &Change| change.from.may_become(change.to) || planted("late_answer_changes_who_is_final");
        let set = |change: &Change| {
            vec![
                change.to.as_str().into(),
                i64::from(change.attempts).into(),
                change.due_at.into(),
                change.settled_at.into(),
                change.reason.into(),
                change.provider_ref.as_ref().into(),
                manifest.into(),
                change.seq.into(),
                change.from.as_str().into(),
                i64::from(change.attempt).into(),
            ]
        };
        let sets: Vec<Vec<Value>> = changes.iter().filter(|change| is_allowed(change)).map(set).collect();
        let mut touched = self.execute_many(&CHANGE, &sets)?.into_iter();
        let changed = changes.iter().map(|change| {
            if is_allowed(change) {
                return touched.next() == Some(1);
            }
            let (seq, from, to) = (change.seq, change.from.as_str(), change.to.as_str());
            tracing::error!(manifest, seq, from, to, "a change of a recipient was refused: it may not happen");
            self.refused += 1;
            false
        });
        Ok(changed.collect())
    }

    /// Writes attempts down; one that is there already stays as it is.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_attempts(&mut self, manifest: i64, attempts: &[AttemptRow]) -> Result<(), StoreError> {
        let sets: Vec<Vec<Value>> = attempts
            .iter()
            .map(|row| {
                vec![
                    manifest.into(),
                    row.seq.into(),
                    i64::from(row.attempt).into(),
                    row.outcome.into(),
                    row.reason.into(),
                    row.provider_text.as_ref().into(),
                    row.at.into(),
                ]
            })
            .collect();
        self.execute_many(&ATTEMPT, &sets).map(drop)
    }

    /// The recipients of a chunk that are in flight.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_in_flight(&mut self, claim: &Claim) -> Result<Vec<FlyingRow>, StoreError> {
        let values = [claim.key.manifest.into(), claim.first_seq.into(), claim.last_seq.into()];
        self.query_as(&IN_FLIGHT, &values, |row| {
            Ok(FlyingRow { seq: row.next()?, attempt: count(row.next()?), first_at: row.next()? })
        })
    }

    /// Ends the waiting of all pending recipients of a chunk, and moves its counters. Those whom an earlier attempt
    /// may have reached become `uncertain`. Answers how many waited.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn ledger_give_up(
        &mut self,
        claim: &Claim,
        to: DeliveryState,
        reason: &'static str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let ChunkKey { manifest, .. } = claim.key;
        let (first, last) = (claim.first_seq, claim.last_seq);
        let values = [now.into(), reason.into(), manifest.into(), first.into(), last.into()];
        let doubtful = self.execute(&GIVE_UP_DOUBTFUL, &values)?;
        let values = [to.as_str().into(), now.into(), reason.into(), manifest.into(), first.into(), last.into()];
        let others = self.execute(&GIVE_UP, &values)?;
        let mut delta = postrider_core::delivery::Counts::default();
        let number = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        delta.shift(DeliveryState::Pending, DeliveryState::Uncertain, number(doubtful));
        delta.shift(DeliveryState::Pending, to, number(others));
        self.chunk_adjust(claim.key, &delta, None)?;
        Ok(number(doubtful + others))
    }
}

fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}
