//! What a message says about its recipient.

use crate::error::StoreError;
use crate::value::Row;

/// The fields of a profile that a template can name.
#[derive(Clone, Default)]
pub struct Person {
    /// Email address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The tenant's own id of the person.
    pub customer_id: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// IANA name of a time zone.
    pub timezone: Option<String>,
    /// Language tag.
    pub locale: Option<String>,
    /// JSON object of a postal address.
    pub address: Option<String>,
    /// JSON object of everything else.
    pub attributes: String,
}

/// Reads `p.id` and the fields of a [`Person`].
pub(crate) fn read_person(row: &mut Row) -> Result<Option<Person>, StoreError> {
    let Some(_) = row.next::<Option<uuid::Uuid>>()? else { return Ok(None) };
    Ok(Some(Person {
        email: row.next()?,
        phone: row.next()?,
        customer_id: row.next()?,
        first_name: row.next()?,
        last_name: row.next()?,
        timezone: row.next()?,
        locale: row.next()?,
        address: row.next()?,
        attributes: row.next()?,
    }))
}
