//! Deciding about recipients of whom nobody knows whether the provider has their message.
//!
//! Invariant: a chunk is locked before its rows, as everybody does who changes them, and its counters move along.

use crate::chunks::ChunkKey;
use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::id;
use postrider_core::delivery::{ASSUMED_SENT, ATTEMPTS_MAX, Counts, DeliveryState};
use postrider_core::id::TenantId;
use postrider_core::schedule::UncertainDecision;
use postrider_core::time::Timestamp;

statements! { "doubt":
    CHUNKS = "SELECT chunk, first_seq, last_seq FROM chunks WHERE manifest_number = $1 AND tenant_id = $2 \
        AND uncertain > 0 ORDER BY first_seq";
    /// Whoever was tried as often as anybody may be stays as he is.
    RETRY = "UPDATE deliveries SET state = 'pending', due_at = $1, settled_at = NULL, reason = NULL \
        WHERE manifest_number = $2 AND seq BETWEEN $3 AND $4 AND state = 'uncertain' AND attempt < $5";
    ASSUME = "UPDATE deliveries SET state = 'sent', settled_at = $1, reason = $2 WHERE manifest_number = $3 \
        AND seq BETWEEN $4 AND $5 AND state = 'uncertain'";
}

impl Tx<'_> {
    /// Does what was decided with every uncertain recipient of a manifest; answers how many it was.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn doubt_settle(
        &mut self,
        tenant: TenantId,
        manifest: i64,
        decision: UncertainDecision,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let chunks = self.query_as(&CHUNKS, &[manifest.into(), id(tenant)], |row| {
            let key = ChunkKey { manifest, chunk: row.next()? };
            Ok((key, row.next::<i64>()?, row.next::<i64>()?))
        })?;
        let mut settled = 0;
        for (key, first, last) in chunks {
            self.chunk_adjust(key, &Counts::default(), None)?;
            let range = [manifest.into(), first.into(), last.into()];
            let (to, rows) = match decision {
                UncertainDecision::Retry => {
                    let mut values = vec![now.into()];
                    values.extend(range);
                    values.push(i64::from(ATTEMPTS_MAX).into());
                    (DeliveryState::Pending, self.execute(&RETRY, &values)?)
                }
                UncertainDecision::AssumeSent => {
                    let mut values = vec![now.into(), ASSUMED_SENT.into()];
                    values.extend(range);
                    (DeliveryState::Sent, self.execute(&ASSUME, &values)?)
                }
            };
            let rows = i64::try_from(rows).unwrap_or(i64::MAX);
            let mut delta = Counts::default();
            delta.shift(DeliveryState::Uncertain, to, rows);
            self.chunk_adjust(key, &delta, None)?;
            if to == DeliveryState::Pending && rows > 0 {
                self.chunk_reopen(key, now)?;
            }
            settled += rows;
        }
        Ok(settled)
    }
}
