//! Routes of the suppressions.

mod create;
mod delete;
mod get;
mod list;

use crate::routes::{Route, route};
use postrider_core::scope::Scope;
use postrider_service::suppressions::SuppressionRow;
use serde::Serialize;
use utoipa::ToSchema;

/// The routes.
pub fn routes() -> Vec<Route> {
    let (read, write) = (Scope::SuppressionsRead, Scope::SuppressionsWrite);
    vec![
        route!(POST, "/suppressions", write, create::create_suppression),
        route!(GET, "/suppressions", read, list::get_suppressions),
        route!(GET, "/suppressions/{id}", read, get::get_suppression),
        route!(DELETE, "/suppressions/{id}", write, delete::delete_suppression),
    ]
}

/// An entry of the suppression list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionDto {
    #[schema(format = Uuid)]
    id: String,
    /// `email`, `sms`, `push` or `direct_mail`.
    channel: &'static str,
    /// In its normal form; for email without `@` it is a whole domain. Null if the person was erased: a keyed hash of the
    /// address keeps them from being sent to, and `?address=` still finds the entry.
    address: Option<String>,
    /// Whether the person who had the address was erased.
    erased: bool,
    /// `unsubscribed`, `bounced`, `complained` or `manual`.
    reason: &'static str,
    created_at: String,
    /// For ever if null.
    expires_at: Option<String>,
}

impl From<&SuppressionRow> for SuppressionDto {
    fn from(row: &SuppressionRow) -> Self {
        Self {
            id: row.id.to_string(),
            channel: row.channel.as_str(),
            address: row.erased_at.is_none().then(|| row.address.clone()),
            erased: row.erased_at.is_some(),
            reason: row.reason.as_str(),
            created_at: row.created_at.to_string(),
            expires_at: row.expires_at.map(|at| at.to_string()),
        }
    }
}
