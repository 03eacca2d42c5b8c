//! One recipient as clients see it.

use postrider_core::formula::guarded;
use postrider_service::deliveries::DeliveryView as Delivery;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One recipient of a frozen audience.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDto {
    pub delivery_id: Uuid,
    pub profile_id: Uuid,
    /// Null if there is none, or if the person was erased.
    pub address: Option<String>,
    /// `pending`, `in_flight`, `sent`, `failed`, `suppressed`, `skipped`, `expired`, `canceled` or `uncertain`.
    pub state: &'static str,
    /// Why, as a stable word; null while nothing is to be said.
    pub reason: Option<String>,
    /// Tries so far.
    pub attempts: i64,
    pub next_attempt_at: Option<String>,
    pub settled_at: Option<String>,
    /// What the provider calls the message.
    pub provider_ref: Option<String>,
    /// Whether the person was erased, so that the address is gone.
    pub erased: bool,
}

impl DeliveryDto {
    /// The columns of the CSV form, in the order of the fields.
    pub const COLUMNS: &str =
        "deliveryId,profileId,address,state,reason,attempts,nextAttemptAt,settledAt,providerRef,erased\r\n";

    /// One line of CSV (RFC 4180), line end included. What a spreadsheet would take for a formula begins with an
    /// apostrophe; the JSON forms have it as it is.
    pub fn csv(&self) -> String {
        let fields = [
            self.delivery_id.to_string(),
            self.profile_id.to_string(),
            quoted(self.address.as_deref()),
            self.state.to_owned(),
            quoted(self.reason.as_deref()),
            self.attempts.to_string(),
            quoted(self.next_attempt_at.as_deref()),
            quoted(self.settled_at.as_deref()),
            quoted(self.provider_ref.as_deref()),
            self.erased.to_string(),
        ];
        fields.join(",") + "\r\n"
    }
}

/// A field of text that others wrote: an address, a provider's words.
pub fn quoted(text: Option<&str>) -> String {
    let text = guarded(text.unwrap_or_default());
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

impl From<&Delivery> for DeliveryDto {
    fn from(view: &Delivery) -> Self {
        let row = &view.delivery;
        Self {
            delivery_id: view.id.into(),
            profile_id: row.profile.into(),
            address: row.address.clone(),
            state: row.state.as_str(),
            reason: row.reason.clone(),
            attempts: row.attempt,
            next_attempt_at: row.due_at.map(|instant| instant.to_string()),
            settled_at: row.settled_at.map(|instant| instant.to_string()),
            provider_ref: row.provider_ref.clone(),
            erased: row.erased_at.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_survives_what_a_provider_says() {
        assert_eq!(quoted(Some("250 2.0.0 \"Ok\", queued\r\nas 1")), "\"250 2.0.0 \"\"Ok\"\", queued\r\nas 1\"");
        assert_eq!(quoted(Some("plain")), "plain");
        assert_eq!(quoted(None), "");
    }

    #[test]
    fn no_field_is_a_formula() {
        for (text, field) in [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://evil.test\",\"x\")", "\"'=HYPERLINK(\"\"http://evil.test\"\",\"\"x\"\")\""),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3@example.com", "'-2+3@example.com"),
            ("+1-cmd@example.com", "'+1-cmd@example.com"),
            ("\t=1", "'\t=1"),
            ("+4917012345678", "+4917012345678"),
            ("ada+lists@example.com", "ada+lists@example.com"),
            ("250 =1", "250 =1"),
        ] {
            assert_eq!(quoted(Some(text)), field, "{text}");
        }
    }
}
