//! Use cases of the sender profiles.
//!
//! Invariant: what is stored was checked for its channel. One that a draft or a job under way sends with is not
//! deleted; a deleted one is hidden here and stays known for what was sent with it.

mod read;
mod write;

pub use read::ListSenders;
pub use write::{CreateSender, UpdateSender};

use crate::ServiceError;
use postrider_content::SenderDetails;
use postrider_core::error::{Code, Refusal};
use postrider_core::id::{SenderProfileId, TenantId};
use postrider_core::time::Timestamp;
use postrider_store::Tx;
use postrider_store::senders::SenderProfile;

/// A sender profile with its fields read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderView {
    /// Its id.
    pub id: SenderProfileId,
    /// Name.
    pub name: String,
    /// Channel and its fields.
    pub details: SenderDetails,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl SenderView {
    fn of(sender: SenderProfile) -> Result<Self, Refusal> {
        Ok(Self {
            details: SenderDetails::parse(sender.channel, &sender.details)?,
            id: sender.id,
            name: sender.name,
            created_at: sender.created_at,
            updated_at: sender.updated_at,
        })
    }
}

/// A sender profile of the tenant that was not deleted.
fn existing(tx: &mut Tx<'_>, tenant: TenantId, id: SenderProfileId) -> Result<SenderProfile, ServiceError> {
    let sender = tx.sender_get(tenant, id)?.filter(|sender| sender.deleted_at.is_none());
    sender.ok_or_else(|| Code::SenderProfileNotFound.into())
}
