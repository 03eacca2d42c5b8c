//! What clients asked for in the last minute, shared by all processes, and the limits that tenants have of their own.
//!
//! Rows of windows are found by the id of a client that has proved who it is; there is no tenant in
//! them. Invariant: a window is only ever replaced by one made from it.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, Value, id};
use postrider_core::id::{ClientId, TenantId};
use postrider_core::rate_limit::{RateClass, RateWindow, WINDOW_S};
use postrider_core::time::{SECOND_MS, Timestamp};

/// How long a window is kept after its last count, in milliseconds.
const KEPT_MS: i64 = 2 * WINDOW_S * SECOND_MS;
/// Bytes of a second and its requests.
const PAIR_BYTES: usize = 12;

statements! { "rate_windows":
    GET = "SELECT version, seconds FROM rate_windows WHERE client_id = $1 AND class = $2";
    INSERT = "INSERT INTO rate_windows (client_id, class, version, seconds, idle_at) VALUES ($1, $2, 1, $3, $4) \
        ON CONFLICT (client_id, class) DO NOTHING";
    /// The version is compared, so that of two who count at once only one does.
    REPLACE = "UPDATE rate_windows SET version = version + 1, seconds = $1, idle_at = $2 WHERE client_id = $3 \
        AND class = $4 AND version = $5";
    FORGET = "DELETE FROM rate_windows WHERE idle_at <= $1";
    LIMITS = "SELECT class, per_minute FROM tenant_rate_limits WHERE tenant_id = $1 ORDER BY class";
    SET_LIMIT = "INSERT INTO tenant_rate_limits (tenant_id, class, per_minute) VALUES ($1, $2, $3) \
        ON CONFLICT (tenant_id, class) DO UPDATE SET per_minute = excluded.per_minute";
    DROP_LIMIT = "DELETE FROM tenant_rate_limits WHERE tenant_id = $1 AND class = $2";
}

/// Whose requests of which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RateKey {
    /// The client.
    pub client: ClientId,
    /// Class.
    pub class: RateClass,
}

/// A window as it was read.
#[derive(Debug, Clone, Default)]
pub struct StoredWindow {
    /// What is in it.
    pub window: RateWindow,
    version: Option<i64>,
}

impl Tx<'_> {
    /// The window of a key, empty if there is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rate_window(&mut self, key: RateKey) -> Result<StoredWindow, StoreError> {
        let found = self.query_one(&GET, &[id(key.client), key.class.as_str().into()], |row| {
            let version = row.next()?;
            Ok(StoredWindow { version: Some(version), window: decode(&row.next::<Vec<u8>>()?) })
        });
        Ok(found?.unwrap_or_default())
    }

    /// Replaces a window unless somebody else did since it was read; answers whether it did.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rate_window_put(&mut self, key: RateKey, stored: &StoredWindow, now: Timestamp) -> Result<bool, StoreError> {
        let (client, class) = (id(key.client), Value::from(key.class.as_str()));
        let (seconds, idle_at) = (Value::Blob(encode(&stored.window)), Value::from(now.plus_millis(KEPT_MS)));
        let changed = match stored.version {
            None => self.execute(&INSERT, &[client, class, seconds, idle_at])?,
            Some(version) => self.execute(&REPLACE, &[seconds, idle_at, client, class, version.into()])?,
        };
        Ok(changed == 1)
    }

    /// Forgets windows in which nothing is left; for the janitor.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn rate_windows_forget(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.execute(&FORGET, &[now.into()])
    }

    /// The limits that the operator set for a tenant; 0 is none.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_rate_limits(&mut self, tenant: TenantId) -> Result<Vec<(RateClass, u32)>, StoreError> {
        self.query_as(&LIMITS, &[id(tenant)], |row: &mut Row| {
            let class = row.word(RateClass::parse)?;
            Ok((class, u32::try_from(row.next::<i64>()?).unwrap_or(u32::MAX)))
        })
    }

    /// Sets a tenant's limit of a class; none: what is configured holds.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn tenant_rate_limit_set(
        &mut self,
        tenant: TenantId,
        class: RateClass,
        per_minute: Option<u32>,
    ) -> Result<(), StoreError> {
        let (tenant, class) = (id(tenant), Value::from(class.as_str()));
        match per_minute {
            Some(limit) => self.execute(&SET_LIMIT, &[tenant, class, i64::from(limit).into()]),
            None => self.execute(&DROP_LIMIT, &[tenant, class]),
        }
        .map(drop)
    }
}

/// Pairs of a second (8 bytes) and its requests (4 bytes), big-endian.
fn encode(window: &RateWindow) -> Vec<u8> {
    let pairs = window.seconds().iter();
    pairs.flat_map(|(second, requests)| [&second.to_be_bytes()[..], &requests.to_be_bytes()[..]].concat()).collect()
}

fn decode(bytes: &[u8]) -> RateWindow {
    let pairs = bytes.chunks_exact(PAIR_BYTES).filter_map(|pair| {
        let (second, requests) = pair.split_first_chunk::<8>()?;
        Some((i64::from_be_bytes(*second), u32::from_be_bytes(requests.try_into().ok()?)))
    });
    RateWindow::new(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_comes_back_as_it_went() {
        let window = RateWindow::new([(-5, 1), (1_772_366_400, 7), (i64::MAX, u32::MAX)]);
        assert_eq!(decode(&encode(&window)), window);
        assert_eq!(decode(&[]), RateWindow::default());
    }
}
