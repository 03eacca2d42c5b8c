//! Routes of the campaigns.

use crate::routes::Route;
use postrider_core::preflight::Issue;
use serde_json::{Value, json};

/// The routes.
pub fn routes() -> Vec<Route> {
    Vec::new()
}

/// A preflight issue as clients see it.
pub fn issue(issue: &Issue) -> Value {
    json!({ "severity": issue.severity.as_str(), "code": issue.code, "message": issue.message })
}
