//! JSON that people wrote, read into a struct; a wrong shape becomes a refusal that names the field.

use postrider_core::error::Refusal;
use serde::Deserialize;

/// Reads JSON that stands at `root` in a request (the request itself if that is empty).
/// `unknown` is said of a field that the struct does not have.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a str, root: &str, unknown: &str) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refusal(&error, root, unknown))?;
    reader.end().map_err(|error| Refusal::invalid(path(root, ""), None, said(&error)))?;
    Ok(value)
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>, root: &str, unknown: &str) -> Refusal {
    let said = said(error.inner());
    let at = error.path().to_string();
    let at = if at == "." { "" } else { at.as_str() };
    if let Some(name) = quoted(&said, "missing field `") {
        return Refusal::invalid(path(&path(root, at), name), None, "is required");
    }
    if let Some(name) = quoted(&said, "unknown field `") {
        // The path of an unknown field already ends with it.
        let parent = at.strip_suffix(name).map_or(at, |parent| parent.trim_end_matches('.'));
        return Refusal::invalid(path(&path(root, parent), name), None, unknown);
    }
    Refusal::invalid(path(root, at), None, said)
}

/// A path below another; either may be empty.
fn path(parent: &str, at: &str) -> String {
    match (parent.trim_end_matches('.'), at) {
        ("", "") => "body".to_owned(),
        ("" | "body", at) => at.to_owned(),
        (parent, "") => parent.to_owned(),
        (parent, at) => format!("{parent}.{at}"),
    }
}

/// What the JSON reader said, without its place in the text, which the caller never sees.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.split(" at line ").next().unwrap_or(&said).to_owned()
}

/// The name between the backticks that follow `before`.
fn quoted<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.strip_prefix(before)?.split('`').next()
}
