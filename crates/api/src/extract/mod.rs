//! What handlers take from a request.

mod id;
mod json;
mod once;
mod person;
mod query;
mod strict;
mod whole;

pub use id::{parse_id, path_id};
pub use json::{BODY_MAX_BYTES, Json};
pub use once::Once;
pub use person::PersonRef;
pub use query::{Query, cursor};
pub use whole::whole;
