//! What handlers take from a request.

mod id;
mod json;
mod once;

pub use id::parse_id;
pub use json::{BODY_MAX_BYTES, Json};
pub use once::Once;
