//! One profile, as it is shown.

use postrider_core::id::ProfileId;
use postrider_core::time::Timestamp;
use postrider_store::profiles::ProfileRow;
use serde_json::{Map, Value};

/// A profile.
#[derive(Clone)]
pub struct Profile {
    /// Id.
    pub id: ProfileId,
    /// Every field under the name it has in a record, attributes included; what is not known is left out.
    pub record: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        let mut record: Map<String, Value> = serde_json::from_str(&row.attributes).unwrap_or_default();
        let texts = [
            ("email", row.email),
            ("phone", row.phone),
            ("customer_id", row.customer_id),
            ("first_name", row.first_name),
            ("last_name", row.last_name),
            ("timezone", row.timezone),
            ("locale", row.locale),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                record.insert(name.into(), text.into());
            }
        }
        for (name, json) in [("push_tokens", row.push_tokens), ("address", row.address)] {
            if let Some(value) = json.and_then(|json| serde_json::from_str(&json).ok()) {
                record.insert(name.into(), value);
            }
        }
        let consents = [row.consent_email, row.consent_sms, row.consent_push, row.consent_direct_mail];
        let consents = super::CONSENT_CHANNELS.into_iter().zip(consents);
        let consents: Map<String, Value> =
            consents.map(|(channel, consent)| (channel.to_owned(), consent.as_str().into())).collect();
        record.insert("consent".into(), consents.into());
        Self { id: row.id, record, created_at: row.created_at, updated_at: row.updated_at }
    }
}
