//! Suppressions that outlive a person: keyed hashes of the addresses of people who were erased.
//!
//! A plain hash of an address can be guessed, so it is HMAC-SHA-256 (RFC 2104) under a key of the instance. Invariant: an
//! address that was erased is suppressed until the entry is deleted. When the address is stored again, in a profile, the
//! entry shows it again.

use crate::error::StoreError;
use crate::secrets::{Secret, SecretPurpose};
use crate::statements;
use crate::tx::Tx;
use crate::value::{Value, id};
use aws_lc_rs::hmac;
use postrider_core::audience::SuppressionReason;
use postrider_core::channel::ChannelKind;
use postrider_core::env::Entropy;
use postrider_core::id::{SuppressionId, TenantId, uuid_v7};
use postrider_core::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// What the stored form of an erased address begins with.
const SCHEME: &str = "hmac-sha256:";

statements! { "erased":
    FIND = "SELECT id, reason, created_at FROM suppressions WHERE tenant_id = $1 AND channel = $2 AND address = $3";
    FORGET = "DELETE FROM suppressions WHERE tenant_id = $1 AND channel = $2 AND address = $3";
    PUT = "INSERT INTO suppressions (id, tenant_id, channel, address, reason, created_at, erased_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, channel, address) DO NOTHING";
    REVEAL = "UPDATE suppressions SET address = $1, erased_at = NULL WHERE tenant_id = $2 AND channel = $3 \
        AND address = $4 AND erased_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM suppressions s \
        WHERE s.tenant_id = $2 AND s.channel = $3 AND s.address = $1)";
}

/// The key under which erased addresses are hashed.
#[derive(Clone)]
pub(crate) struct ErasedKey(hmac::Key);

impl ErasedKey {
    fn new(value: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, value))
    }

    /// The stored form of an erased address. Tenant and channel are part of it, so equal addresses differ elsewhere.
    pub(crate) fn hash(&self, tenant: TenantId, channel: ChannelKind, address: &str) -> String {
        let tenant = Uuid::from(tenant);
        let message = [tenant.as_bytes(), channel.as_str().as_bytes(), b"\0", address.as_bytes()].concat();
        let mut text = SCHEME.to_owned();
        for byte in hmac::sign(&self.0, &message).as_ref() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

impl Tx<'_> {
    /// The key of erased addresses; none before the first erasure.
    pub(crate) fn erased_key(&mut self) -> Result<Option<ErasedKey>, StoreError> {
        Ok(self.secret_get(SecretPurpose::ErasedAddresses)?.map(|secret| ErasedKey::new(&secret.value)))
    }

    fn erased_key_ensured(&mut self, now: Timestamp, entropy: &dyn Entropy) -> Result<ErasedKey, StoreError> {
        if let Some(key) = self.erased_key()? {
            return Ok(key);
        }
        let mut value = vec![0; 32];
        entropy.fill(&mut value);
        let id = uuid_v7(now, entropy).to_string();
        let purpose = SecretPurpose::ErasedAddresses;
        self.secret_insert(&Secret { id, purpose, value, created_at: now, retired_at: None })?;
        // Another node may have been faster.
        self.erased_key()?.ok_or_else(|| StoreError::Failed("the key of erased addresses cannot be stored".into()))
    }

    /// Suppresses addresses for good by their hashes. An entry that an address has becomes its hash and keeps its id, its
    /// reason and its time.
    pub(crate) fn suppressions_erase(
        &mut self,
        tenant: TenantId,
        addresses: &[(ChannelKind, String)],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let key = self.erased_key_ensured(now, entropy)?;
        for (channel, address) in addresses {
            let place = [id(tenant), channel.as_str().into(), address.into()];
            let found = self.query_one(&FIND, &place, |row| {
                Ok((row.id()?, row.word(SuppressionReason::parse)?, row.next::<Timestamp>()?))
            })?;
            let (entry, reason, created_at) =
                found.unwrap_or_else(|| (SuppressionId::new(now, entropy), SuppressionReason::Manual, now));
            self.execute(&FORGET, &place)?;
            let values = [
                id(entry),
                id(tenant),
                channel.as_str().into(),
                key.hash(tenant, *channel, address).into(),
                reason.as_str().into(),
                created_at.into(),
                now.into(),
            ];
            self.execute(&PUT, &values)?;
        }
        Ok(())
    }

    /// Shows the addresses again that profiles have brought back, so that every count finds their entries.
    pub(crate) fn suppressions_reveal(
        &mut self,
        tenant: TenantId,
        addresses: &[(ChannelKind, &str)],
    ) -> Result<(), StoreError> {
        let Some(key) = self.erased_key()? else { return Ok(()) };
        let sets: Vec<Vec<Value>> = addresses
            .iter()
            .map(|&(channel, address)| {
                let hash = key.hash(tenant, channel, address);
                vec![address.into(), id(tenant), channel.as_str().into(), hash.into()]
            })
            .collect();
        self.execute_many(&REVEAL, &sets).map(drop)
    }

    /// The hashes under which addresses may stand on the suppression list, each with its address; empty before the first
    /// erasure.
    pub(crate) fn erased_forms<'a>(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
        addresses: &[&'a str],
    ) -> Result<BTreeMap<String, &'a str>, StoreError> {
        let Some(key) = self.erased_key()? else { return Ok(BTreeMap::new()) };
        Ok(addresses.iter().map(|&address| (key.hash(tenant, channel, address), address)).collect())
    }
}
