//! Ids in paths, bodies and queries.

use crate::error::ApiError;
use postrider_core::error::Code;
use postrider_core::id::Id;
use std::str::FromStr;
use uuid::Uuid;

/// Reads the id of a path. What is not a UUID names nothing, and neither does the nil UUID that it becomes: it is found
/// missing where any other id would be, which is after the shape of the body was looked at.
pub fn path_id<I: Id>(text: &str) -> I {
    I::from(text.parse::<Uuid>().unwrap_or_default())
}

/// Reads an id of a body or a query; what is not a UUID names nothing, so it is not found.
pub fn parse_id<I: FromStr>(text: &str, not_found: Code) -> Result<I, ApiError> {
    text.parse().map_err(|_| not_found.into())
}
