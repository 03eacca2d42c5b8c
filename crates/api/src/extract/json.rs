//! JSON bodies, with the path of what is wrong in them.

use super::body::{parsed, read};
use super::strict::Strict;
use crate::error::ApiError;
use axum::extract::{FromRequest, Request};
use postrider_core::error::{Code, Detail, Refusal, VALUE_SHOWN_MAX_BYTES};
use serde::de::{DeserializeOwned, Error, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// A JSON body. An absent one is read as `{}`.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = read(request).await?;
        parsed(bytes, |bytes| parse(bytes)).await.map(Self)
    }
}

/// Stands before the words of an error that say what is wrong by themselves.
const PROBLEM: &str = "problem: ";

/// An error of a field's own reader, in one clause that follows the path of the field.
pub fn problem<E: Error>(clause: impl std::fmt::Display) -> E {
    E::custom(format_args!("{PROBLEM}{clause}"))
}

/// Parses a body.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.trim_ascii().is_empty() { b"{}" } else { bytes };
    if bytes.trim_ascii().first() != Some(&b'{') {
        // An array would otherwise be read as the fields in their order.
        let refusal = match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Refusal::invalid("body", None, "must be a JSON object"),
            Err(error) => not_json(&error),
        };
        return Err(refusal.into());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut reader))
        .map_err(|error| shape(bytes, error.path(), error.inner()))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal::invalid("body", None, format!("is not JSON: {error}"))
}

/// The refusal for a body of the wrong shape: which field, what stood there, what is wrong with it.
fn shape(bytes: &[u8], path: &Path, error: &serde_json::Error) -> Refusal {
    if error.classify() != Category::Data {
        return not_json(error);
    }
    let said = error.to_string();
    // The place in the text says less than the path.
    let said = said.split(" at line ").next().unwrap_or(&said);
    let at = path.to_string();
    if let Some(clause) = said.strip_prefix(PROBLEM) {
        return Refusal::invalid(joined(&at, ""), None, clause);
    }
    if let Some(name) = quoted(said, "missing field `") {
        return Refusal::invalid(joined(&at, name), None, "is required");
    }
    if let Some(name) = quoted(said, "duplicate field `") {
        return Refusal::invalid(joined(&at, name), None, "is given more than once");
    }
    let value = serde_json::from_slice(bytes).ok().and_then(|body: Value| found(&body, path));
    let value = value.filter(|value| value.len() <= VALUE_SHOWN_MAX_BYTES);
    let (path, problem) = match quoted(said, "unknown field `") {
        Some(name) => {
            let parent = at.strip_suffix(name).map_or(at.as_str(), |parent| parent.trim_end_matches('.'));
            let expected = said.split_once("`, ").map_or("", |(_, expected)| expected);
            let problem = format!("is not a field of this request: {expected}");
            (joined(parent, name), problem.trim_end_matches([':', ' ']).to_owned())
        }
        None => (joined(&at, ""), format!("is of the wrong type: {said}")),
    };
    Refusal { code: Code::RequestInvalid, detail: Detail::Field { path, value, problem } }
}

/// The name between the backticks that follow `before`.
fn quoted<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.strip_prefix(before)?.split('`').next()
}

/// The path of a field inside `parent`, which is `.` for the body itself.
fn joined(parent: &str, name: &str) -> String {
    match (parent, name) {
        ("." | "", "") => "body".to_owned(),
        ("." | "", name) => name.to_owned(),
        (parent, "") => parent.to_owned(),
        (parent, name) => format!("{parent}.{name}"),
    }
}

/// What stands at a path, as JSON text.
fn found(body: &Value, path: &Path) -> Option<String> {
    let mut value = body;
    for segment in path {
        value = match segment {
            Segment::Seq { index } => value.get(index)?,
            Segment::Map { key } => value.get(key)?,
            Segment::Enum { .. } | Segment::Unknown => return None,
        };
    }
    serde_json::to_string(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_service::ServiceError;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Outer {
        first_name: String,
        tags: Option<Vec<String>>,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Inner {
        id: u32,
    }

    fn refused(body: &str) -> (String, Option<String>) {
        let ApiError(ServiceError::Refused(refusal)) = parse::<Outer>(body.as_bytes()).unwrap_err() else {
            panic!("a refusal is expected")
        };
        match refusal.detail {
            Detail::Field { path, value, .. } => (path, value),
            other => panic!("a field is refused, not {other:?}"),
        }
    }

    #[test]
    fn a_wrong_shape_is_told_by_path_and_value() {
        let cases = [
            ("", "firstName", None),
            ("{}", "firstName", None),
            (r#"{"firstName":7}"#, "firstName", Some("7")),
            (r#"{"firstName":null}"#, "firstName", Some("null")),
            (r#"{"firstName":"a","tags":["x",{"a":1}]}"#, "tags[1]", Some(r#"{"a":1}"#)),
            (r#"{"firstName":"a","inner":{}}"#, "inner.id", None),
            (r#"{"firstName":"a","inner":{"id":1,"idd":2}}"#, "inner.idd", Some("2")),
            (r#"{"firstName":"a","surname":"b"}"#, "surname", Some(r#""b""#)),
            (r#"{"firstName":"a","firstName":"b"}"#, "firstName", None),
            (r#"{"firstName":"a","inner":{"id":1,"id":2}}"#, "inner.id", None),
            ("[1]", "body", None),
            ("[[[", "body", None),
            ("7", "body", None),
            ("{", "body", None),
            ("nonsense", "body", None),
            (r#"{"firstName":"a"} x"#, "body", None),
        ];
        for (body, path, value) in cases {
            assert_eq!(refused(body), (path.to_owned(), value.map(str::to_owned)), "{body}");
        }
    }
}
