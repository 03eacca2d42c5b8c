//! People, and what is known of them. What a record is and what it changes is in `postrider_intake::people`.

mod get;
mod upsert;
mod upsert_batch;

pub use get::Profile;
pub(crate) use postrider_intake::people::{CONSENT_CHANNELS, ProfileRecord, change, postal_address, upsert_set};
pub use postrider_intake::people::{MatchKey, Operation, match_key};
pub use upsert::{ProfileUpserted, UpsertProfile};
pub use upsert_batch::{BATCH_RECORDS_MAX, BatchUpserted, RecordOutcome, UpsertProfiles};
