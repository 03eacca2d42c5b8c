//! People, and what is known of them. What a record is and what it changes is in `postrider_intake::people`.

mod erase;
mod get;
mod group;
mod held;
mod search;
mod upsert;
mod upsert_batch;

pub use get::Profile;
pub use group::{Group, GroupPage};
pub use held::{Membership, PersonHeld};
pub use postrider_core::audience::evidence::Evidence;
pub(crate) use postrider_intake::people::{
    Applied, CONSENT_CHANNELS, Origin, ProfileRecord, change, postal_address, upsert_set,
};
pub use postrider_intake::people::{MatchKey, Operation, match_key};
pub use postrider_store::erasures::{ErasureBy, ErasureRow};
pub use search::{ProfilesFound, SearchPlace, SearchProfiles};
pub use upsert::{ProfileUpserted, UpsertProfile};
pub use upsert_batch::{BATCH_RECORDS_MAX, BatchUpserted, RecordOutcome, UpsertProfiles};

/// What consents that a client sends are traced back to. Its name is read where it is shown.
fn source_of(actor: &crate::Actor) -> postrider_core::audience::evidence::EvidenceSource {
    use postrider_core::audience::evidence::{EvidenceSource, SourceKind};
    EvidenceSource { kind: SourceKind::ApiClient, id: actor.client.into(), name: String::new() }
}
