//! Ids in paths.

use crate::error::ApiError;
use postrider_core::error::Code;
use std::str::FromStr;

/// Reads an id; what is not a UUID names nothing, so it is not found.
pub fn parse_id<I: FromStr>(text: &str, not_found: Code) -> Result<I, ApiError> {
    text.parse().map_err(|_| not_found.into())
}
