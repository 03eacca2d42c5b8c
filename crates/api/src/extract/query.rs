//! The query of a URL, read name by name.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_core::error::Refusal;
use postrider_core::id::Id;
use postrider_core::time::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Entries of a page when the query does not say.
pub const LIMIT_DEFAULT: i64 = 50;
/// Most entries of a page.
pub const LIMIT_MAX: i64 = 100;

/// What stands behind the `?`. Whoever reads it calls [`Query::end`], which refuses what nobody asked for.
pub struct Query(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Refusal::invalid("query", None, "could not be read"))?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs.0 {
            if fields.contains_key(&name) {
                return Err(Refusal::invalid(name, Some(&value), "is given more than once").into());
            }
            if name.contains('\0') || value.contains('\0') {
                // PostgreSQL's text has no such character, so nothing stored can be meant.
                return Err(Refusal::invalid(name, Some(&value), "must not contain the character NUL").into());
            }
            fields.insert(name, value);
        }
        Ok(Self(fields))
    }
}

impl Query {
    /// A text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// One of a closed set of words, such as `ChannelKind::read`.
    pub fn word<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str, &str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, ApiError> {
        Ok(self.text(name).map(|word| read(name, &word)).transpose()?)
    }

    /// A whole number of a range.
    pub fn number(&mut self, name: &str, min: i64, max: i64) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => {
                let problem = format!("must be a whole number from {min} to {max}");
                Err(Refusal::invalid(name, Some(&text), problem).into())
            }
        }
    }

    /// The size of a page: `limit`.
    pub fn limit(&mut self) -> Result<i64, ApiError> {
        Ok(self.number("limit", 1, LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT))
    }

    /// The place after which a page begins: `cursor`, as [`cursor`] wrote it.
    pub fn cursor<I: Id>(&mut self) -> Result<Option<(Timestamp, I)>, ApiError> {
        let Some(text) = self.text("cursor") else { return Ok(None) };
        match parse_cursor(&text) {
            Some((at, id)) => Ok(Some((at, I::from(id)))),
            None => Err(Refusal::invalid("cursor", Some(&text), "is not a nextCursor of this listing").into()),
        }
    }

    /// Refuses names that were not read.
    pub fn end(self) -> Result<(), ApiError> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, value)) => {
                Err(Refusal::invalid(name, Some(&value), "is not a query parameter of this route").into())
            }
        }
    }
}

/// Writes a place in a listing, opaque to clients.
pub fn cursor<I: Id>((at, id): (Timestamp, I)) -> String {
    let mut bytes = at.as_millis().to_be_bytes().to_vec();
    bytes.extend_from_slice(id.uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parse_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (at, id) = bytes.split_first_chunk::<8>()?;
    Some((Timestamp::from_millis(i64::from_be_bytes(*at)), Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::TemplateId;

    fn query(text: &str) -> Query {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Query(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn a_cursor_is_read_back_and_anything_else_refused() {
        let place = (Timestamp::from_millis(1_777_777_777_123), TemplateId::from(Uuid::from_u128(7)));
        let read = query(&format!("cursor={}", cursor(place))).cursor::<TemplateId>();
        assert_eq!(read.ok().flatten(), Some(place));
        for bad in ["", "AAAA", "not base64!", &cursor(place)[1..]] {
            assert!(query(&format!("cursor={bad}")).cursor::<TemplateId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_are_kept_and_strangers_refused() {
        assert_eq!(query("").limit().ok(), Some(LIMIT_DEFAULT));
        assert_eq!(query("limit=100").limit().ok(), Some(100));
        for bad in ["0", "101", "-1", "ten", "1.5", ""] {
            assert!(query(&format!("limit={bad}")).limit().is_err(), "{bad}");
        }
        assert!(query("limt=3").end().is_err());
    }
}
