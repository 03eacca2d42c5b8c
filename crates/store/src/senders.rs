//! Sender profiles: who a message comes from.

use crate::error::StoreError;
use crate::statements;
use crate::tx::Tx;
use crate::value::{Row, id};
use postrider_core::channel::ChannelKind;
use postrider_core::id::{SenderProfileId, TenantId};
use postrider_core::time::Timestamp;

/// The columns of a [`SenderProfile`], in its order.
const COLUMNS: &str = "id, name, channel, details, created_at, updated_at, deleted_at";

statements! { "senders":
    DEFAULT = "SELECT id, name, channel, details, created_at, updated_at, deleted_at FROM sender_profiles \
        WHERE tenant_id = $1 AND channel = $2 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1";
    INSERT = "INSERT INTO sender_profiles (id, tenant_id, name, channel, details, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $6)";
    /// A deleted one is found too: jobs that were committed with it still send.
    GET = "SELECT id, name, channel, details, created_at, updated_at, deleted_at FROM sender_profiles \
        WHERE tenant_id = $1 AND id = $2";
    /// Drafts that name it or, where it is the default of its channel, name none; and jobs under way.
    USES = "SELECT (SELECT COUNT(*) FROM campaigns c WHERE c.tenant_id = $1 AND c.channel = $2 \
        AND c.authoring_status = 'draft' AND c.deleted_at IS NULL AND c.template_id IS NOT NULL \
        AND (c.sender_profile_id = $3 OR (c.sender_profile_id IS NULL AND $3 = (SELECT s.id FROM sender_profiles s \
        WHERE s.tenant_id = $1 AND s.channel = $2 AND s.deleted_at IS NULL ORDER BY s.created_at, s.id LIMIT 1)))) \
        + (SELECT COUNT(*) FROM schedule_jobs j WHERE j.tenant_id = $1 AND j.sender_profile_id = $3 \
        AND j.state IN ('scheduled', 'running', 'paused', 'held'))";
    UPDATE = "UPDATE sender_profiles SET name = $1, details = $2, updated_at = $3, deleted_at = $4 \
        WHERE tenant_id = $5 AND id = $6";
}

/// A sender profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderProfile {
    /// Its id.
    pub id: SenderProfileId,
    /// Name.
    pub name: String,
    /// Channel; never changes.
    pub channel: ChannelKind,
    /// The fields of its channel, as JSON.
    pub details: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

fn read(row: &mut Row) -> Result<SenderProfile, StoreError> {
    Ok(SenderProfile {
        id: row.id()?,
        name: row.next()?,
        channel: row.word(ChannelKind::parse)?,
        details: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        deleted_at: row.next()?,
    })
}

impl Tx<'_> {
    /// Adds a sender profile.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_insert(&mut self, tenant: TenantId, sender: &SenderProfile) -> Result<(), StoreError> {
        let values = [
            id(sender.id),
            id(tenant),
            (&sender.name).into(),
            sender.channel.as_str().into(),
            (&sender.details).into(),
            sender.created_at.into(),
        ];
        self.execute(&INSERT, &values).map(drop)
    }

    /// One sender profile, even a deleted one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_get(
        &mut self,
        tenant: TenantId,
        sender: SenderProfileId,
    ) -> Result<Option<SenderProfile>, StoreError> {
        self.query_one(&GET, &[id(tenant), id(sender)], read)
    }

    /// The tenant's default for a channel, which campaigns take that name no sender profile: its oldest one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_default(
        &mut self,
        tenant: TenantId,
        channel: ChannelKind,
    ) -> Result<Option<SenderProfile>, StoreError> {
        self.query_one(&DEFAULT, &[id(tenant), channel.as_str().into()], read)
    }

    /// Whether a draft with content or a job under way sends with a sender profile. A draft that names none sends with
    /// the default of its channel.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_is_used(&mut self, tenant: TenantId, sender: &SenderProfile) -> Result<bool, StoreError> {
        Ok(self.query_number(&USES, &[id(tenant), sender.channel.as_str().into(), id(sender.id)])? > 0)
    }

    /// Writes back everything that may change.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn sender_update(&mut self, tenant: TenantId, sender: &SenderProfile) -> Result<(), StoreError> {
        let values = [
            (&sender.name).into(),
            (&sender.details).into(),
            sender.updated_at.into(),
            sender.deleted_at.into(),
            id(tenant),
            id(sender.id),
        ];
        self.execute(&UPDATE, &values).map(drop)
    }

    /// Sender profiles that were not deleted, newest first, at most `limit`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn senders_list(
        &mut self,
        tenant: TenantId,
        channel: Option<ChannelKind>,
        after: Option<(Timestamp, SenderProfileId)>,
        limit: i64,
    ) -> Result<Vec<SenderProfile>, StoreError> {
        let mut sql = format!("SELECT {COLUMNS} FROM sender_profiles WHERE tenant_id = $1 AND deleted_at IS NULL");
        let mut bound = vec![id(tenant)];
        if let Some(channel) = channel {
            bound.push(channel.as_str().into());
            sql.push_str(" AND channel = $2");
        }
        if let Some((created_at, last)) = after {
            bound.extend([created_at.into(), id(last)]);
            sql.push_str(&format!(" AND (created_at, id) < (${}, ${})", bound.len() - 1, bound.len()));
        }
        bound.push(limit.into());
        sql.push_str(&format!(" ORDER BY created_at DESC, id DESC LIMIT ${}", bound.len()));
        self.query_text(&sql, &bound)?.iter_mut().map(read).collect()
    }
}
