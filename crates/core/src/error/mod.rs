//! Refusals: what a caller can mend. Failures of the world belong to the crates that meet them.

pub mod catalog;

pub use catalog::{Class, Code};

use crate::preflight::Issue;
use crate::rate_limit::RateClass;

/// Longest value that a refusal repeats, in bytes.
pub const VALUE_SHOWN_MAX_BYTES: usize = 1_024;

/// A request that was understood and refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What the code alone does not say.
    pub detail: Detail,
}

/// What a refusal says beside its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more.
    None,
    /// One field is wrong. The message becomes `path: problem`.
    Field {
        /// Where, such as `sendAt` or `include[3].audienceId`.
        path: String,
        /// What was sent there, as JSON text, if anything was; nothing longer than [`VALUE_SHOWN_MAX_BYTES`].
        value: Option<String>,
        /// What is wrong, in one clause.
        problem: String,
    },
    /// The scope that was needed.
    Scope {
        /// Needed.
        required: &'static str,
        /// Held.
        granted: Vec<&'static str>,
    },
    /// The limit that is used up.
    Limit {
        /// Of which class of requests.
        class: RateClass,
        /// Requests in a window.
        limit: u32,
        /// Seconds after which one more passes.
        retry_after_s: i64,
    },
    /// Blockers of the preflight.
    Issues(Vec<Issue>),
    /// What changed since the plan was made: name, before, after.
    Changes(Vec<(&'static str, String, String)>),
}

impl Refusal {
    /// A refusal that its code says whole.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, detail: Detail::None }
    }

    /// A refusal of one field. `value` is the offending text, not yet JSON.
    #[must_use]
    pub fn field(code: Code, path: impl Into<String>, value: Option<&str>, problem: impl Into<String>) -> Self {
        let value = value.filter(|text| text.len() <= VALUE_SHOWN_MAX_BYTES).map(json_string);
        Self { code, detail: Detail::Field { path: path.into(), value, problem: problem.into() } }
    }

    /// A body field of the wrong shape: `REQUEST_INVALID` with its path.
    #[must_use]
    pub fn invalid(path: impl Into<String>, value: Option<&str>, problem: impl Into<String>) -> Self {
        Self::field(Code::RequestInvalid, path, value, problem)
    }

    /// The same refusal of a field that stands inside another: `sendAt` under `schedule` is `schedule.sendAt`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        if let Detail::Field { path, .. } = &mut self.detail {
            *path = format!("{parent}.{path}");
        }
        self
    }

    /// One English sentence; a field error begins with its path.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.detail {
            Detail::Field { path, problem, .. } => format!("{path}: {problem}"),
            Detail::Scope { required, .. } => format!("The token lacks the scope {required}."),
            Detail::None | Detail::Limit { .. } | Detail::Issues(_) | Detail::Changes(_) => {
                self.code.message().to_owned()
            }
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message(), self.code.as_str())
    }
}

impl std::error::Error for Refusal {}

/// Writes text as a JSON string (RFC 8259 §7).
fn json_string(text: &str) -> String {
    use std::fmt::Write as _;
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_refusal_names_its_path_first() {
        let refusal =
            Refusal::field(Code::SendAtInvalid, "sendAt", Some("tomor\"row\n"), "is not an ISO 8601 timestamp");
        assert_eq!(refusal.message(), "sendAt: is not an ISO 8601 timestamp");
        assert_eq!(refusal.clone().under("schedule").message(), "schedule.sendAt: is not an ISO 8601 timestamp");
        let Detail::Field { value, .. } = refusal.detail else { panic!("a field refusal has a field") };
        assert_eq!(value.as_deref(), Some(r#""tomor\"row\u000a""#));
    }

    #[test]
    fn a_long_value_is_not_sent_back() {
        for (length, shown) in [(VALUE_SHOWN_MAX_BYTES, true), (VALUE_SHOWN_MAX_BYTES + 1, false)] {
            let refusal = Refusal::field(Code::SendAtInvalid, "sendAt", Some(&"9".repeat(length)), "is too long");
            let Detail::Field { value, .. } = refusal.detail else { panic!("a field refusal has a field") };
            assert_eq!(value.is_some(), shown, "{length}");
        }
    }
}
