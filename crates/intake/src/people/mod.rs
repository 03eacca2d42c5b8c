//! People, and what is known of them.
//!
//! A record says what somebody knows of one person: a field that is left out stays as it was, one that is null is
//! cleared. Invariant: a record either changes its profile whole or is refused and changes nothing.

mod attribute;
mod evidence;
mod field;
mod kinds;
mod partial;
mod push;
mod record;
mod rehearsal;
mod roster;
mod set;

#[cfg(test)]
mod record_tests;

pub use attribute::{
    ATTRIBUTE_LIST_ITEMS_MAX, ATTRIBUTE_NAME_CHARS_MAX, ATTRIBUTE_TEXT_CHARS_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX,
    is_attribute_name,
};
pub use evidence::{ConsentLedger, Origin, Said, SaidWords};
pub use field::postal_address;
pub use kinds::{Typing, misfit, plain_number};
pub use postrider_store::profiles::MatchKey;
pub use record::{ADDRESS_FIELDS, CONSENT_CHANNELS, ProfileRecord, TEXT_CHARS_MAX};
pub use rehearsal::{Rehearsal, Repeated};
pub use roster::{Applied, Operation, change};
pub use set::{SetOutcome, upsert_set};

use postrider_core::error::{Code, Refusal};

/// The key that a word names; the email address if there is none.
///
/// # Errors
/// `REQUEST_INVALID` at `matchKey`.
pub fn match_key(word: Option<&str>) -> Result<MatchKey, Refusal> {
    let Some(word) = word else { return Ok(MatchKey::default()) };
    MatchKey::parse(word).ok_or_else(|| {
        Refusal::field(Code::RequestInvalid, "matchKey", Some(word), "must be email, phone or customer_id")
    })
}
