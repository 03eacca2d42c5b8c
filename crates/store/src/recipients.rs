//! Who a delivery went to, found by its id alone.
//!
//! The only statements about tenants' people that bind no tenant: whoever follows an unsubscribe link has no token of
//! ours but the signed id of one delivery, and the answer tells the tenant.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{CampaignId, DeliveryId, ManifestId, ProfileId, TenantId};

statements! { "recipients":
    /// By the index of `manifests.id`: ids between the two bounds are those of one manifest.
    MANIFEST = "SELECT m.id, m.number, m.tenant_id, j.channel, j.campaign_id, c.name FROM manifests m \
        JOIN schedule_jobs j ON j.id = m.schedule_id AND j.tenant_id = m.tenant_id \
        LEFT JOIN campaigns c ON c.tenant_id = m.tenant_id AND c.id = j.campaign_id \
        WHERE m.id >= $1 AND m.id <= $2 LIMIT 1";
    RECIPIENT = "SELECT profile_id, address FROM deliveries WHERE manifest_number = $1 AND seq = $2";
}

/// Who a delivery went to.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryRecipient {
    /// Whose.
    pub tenant: TenantId,
    /// Of which campaign.
    pub campaign: CampaignId,
    /// Its name; empty if the campaign is gone.
    pub campaign_name: String,
    /// By which channel.
    pub channel: ChannelKind,
    /// Who.
    pub profile: ProfileId,
    /// Where to, as the ledger has it; none if there was nowhere.
    pub address: Option<String>,
}

impl std::fmt::Debug for DeliveryRecipient {
    /// Shows no address: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeliveryRecipient({}, {})", self.profile, self.channel.as_str())
    }
}

impl Tx<'_> {
    /// Who a delivery went to, if there is such a delivery.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn delivery_recipient(&mut self, delivery: DeliveryId) -> Result<Option<DeliveryRecipient>, StoreError> {
        let (least, greatest) = delivery.manifest_range();
        let manifest = self.query_one(&MANIFEST, &[id(least), id(greatest)], |row| {
            let name = |row: &mut Row| Ok::<_, StoreError>(row.next::<Option<String>>()?.unwrap_or_default());
            let (manifest, number) = (row.id::<ManifestId>()?, row.next::<i64>()?);
            Ok((manifest, number, row.id()?, row.word(ChannelKind::parse)?, (row.id()?, name(row)?)))
        })?;
        let Some((manifest, number, tenant, channel, (campaign, campaign_name))) = manifest else { return Ok(None) };
        let Some(seq) = delivery.seq_in(manifest).and_then(|seq| i64::try_from(seq).ok()) else { return Ok(None) };
        self.query_one(&RECIPIENT, &[number.into(), seq.into()], |row| {
            let (profile, address) = (row.id()?, row.next()?);
            Ok(DeliveryRecipient { tenant, campaign, campaign_name, channel, profile, address })
        })
    }
}
