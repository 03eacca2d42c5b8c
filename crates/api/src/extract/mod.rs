//! What handlers take from a request.

mod body;
mod id;
mod json;
mod once;
mod person;
mod query;
mod strict;
mod whole;

pub use body::{BODY_DEFAULT_MAX_BYTES, BODY_MAX_BYTES, BodyLimit, broken};
pub use id::{parse_id, path_id};
pub use json::{Json, problem};
pub use once::Once;
pub use person::PersonRef;
pub use query::{Query, cursor};
pub use whole::whole;
