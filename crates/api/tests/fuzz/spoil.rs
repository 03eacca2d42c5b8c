//! Spoiling bodies and queries.

use crate::attack::{Bytes, Change};
use proptest::sample::Index;
use serde_json::{Value, json};

/// Values as JSON text, some of them no JSON: no type takes all of them.
const HOSTILE: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "4294967296",
    "123456789012345678901234567890",
    "NaN",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u202e\\ufeff\\u2028\"",
    "\"\\r\\nBcc: all@example.test\"",
    "\"\u{1F600}\u{1F600}\"",
    "\"{{ first_name\"",
    "\"{% for x in range(100000000) %}x{% endfor %}\"",
    "\"{{ 'x' * 1000000000 }}\"",
    "\"2026-02-29\"",
    "\"0000-00-00\"",
    "\"9999-12-31T23:59:59.999999999Z\"",
    "\"9999-12-31\"",
    "\"-9999-01-01T00:00:00Z\"",
    "\"+292277026596-12-04T15:30:07Z\"",
    "\"2026-05-01T24:00:00Z\"",
    "\"2026-05-01T09:00:00+25:00\"",
    "\"2026-05-01T09:00:00Z\"",
    "\"2026-W18-5\"",
    "\"now\"",
    "\"at\"",
    "\"batch_on_date\"",
    "\"Etc/GMT+12\"",
    "\"../../etc/passwd\"",
    "\"01890000-0000-7000-8000-000000000000\"",
    "\"00000000-0000-0000-0000-000000000000\"",
    "\"'; DROP TABLE campaigns; --\"",
    "\"a@b\"",
    "\"a@example.test\"",
    "\"+4930123456\"",
    "\"http://127.0.0.1:1/\"",
    "\"file:///etc/passwd\"",
    "\"direct_mail\"",
    "\"segment\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "[1,2,3]",
    "[\"a\",\"a\"]",
    "{\"\":\"\"}",
    "{\"a\":{\"b\":{\"c\":[{}]}}}",
    "{\"$ref\":\"#\"}",
    "{\"all\":[]}",
    "{\"not\":{\"not\":{}}}",
    "{\"field\":\"email\",\"op\":\"eq\",\"value\":\"\\u0000\"}",
    "{\"inList\":\"01890000-0000-7000-8000-000000000000\"}",
    // Written out by `text`: repeated, nested.
    "LONG",
    "LONG_WIDE",
    "DEEP",
    "MANY",
];

/// What a value of [`HOSTILE`] is in full.
fn text(hostile: &str) -> String {
    match hostile {
        "LONG" => format!("\"{}\"", "x".repeat(100_000)),
        "LONG_WIDE" => format!("\"{}\"", "\u{e9}".repeat(256)),
        "DEEP" => format!("{}{}", "[".repeat(120), "]".repeat(120)),
        "MANY" => format!("[{}]", vec!["null"; 10_001].join(",")),
        plain => plain.to_owned(),
    }
}

/// Stands for a hostile value until the body is text.
fn mark(number: usize) -> Value {
    json!(format!("\u{e000}{number}\u{e000}"))
}

/// The places of a value, by JSON pointer (RFC 6901), itself among them.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (escaped(name), member)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    for (name, member) in inner {
        places(member, format!("{at}/{name}"), found);
    }
    found.push(at);
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn place(value: &Value, index: &Index) -> String {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    found.swap_remove(index.index(found.len()))
}

fn apply(value: &mut Value, change: &Change) {
    match change {
        Change::Replace(at, with) => {
            let at = place(value, at);
            if let Some(there) = value.pointer_mut(&at) {
                *there = mark(with.index(HOSTILE.len()));
            }
        }
        Change::Remove(at) => {
            let at = place(value, at);
            let Some((parent, name)) = at.rsplit_once('/') else { return };
            match value.pointer_mut(parent) {
                Some(Value::Object(members)) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
                Some(Value::Array(items)) => drop(name.parse().map(|index: usize| items.remove(index))),
                _ => {}
            }
        }
        Change::Add(at, with) => {
            let at = place(value, at);
            match value.pointer_mut(&at) {
                Some(Value::Object(members)) => {
                    members.insert("surprise".to_owned(), mark(with.index(HOSTILE.len())));
                }
                Some(Value::Array(items)) => items.push(mark(with.index(HOSTILE.len()))),
                _ => {}
            }
        }
        Change::Copy(at, other) => {
            let (at, other) = (place(value, at), place(value, other));
            let copied = value.pointer(&other).cloned().unwrap_or_default();
            if let Some(there) = value.pointer_mut(&at) {
                *there = copied;
            }
        }
    }
}

/// A body as it is sent.
pub fn body(mut value: Value, changes: &[Change], bytes: &Bytes) -> Vec<u8> {
    changes.iter().for_each(|change| apply(&mut value, change));
    let mut body = value.to_string();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let mark = mark(number).to_string();
        if body.contains(&mark) {
            body = body.replace(&mark, &text(hostile));
        }
    }
    let mut body = body.into_bytes();
    match bytes {
        Bytes::Whole => {}
        Bytes::Truncated(at) => body.truncate(at.index(body.len() + 1)),
        Bytes::Inserted(at, bytes) => {
            let at = at.index(body.len() + 1);
            body.splice(at..at, bytes.iter().copied());
        }
        Bytes::Twice => {
            let first = value.as_object().and_then(|members| members.keys().next()).cloned().unwrap_or_default();
            if body.first() == Some(&b'{') {
                body.splice(1..1, format!("{}:null,", json!(first)).into_bytes());
            }
        }
        Bytes::Wrapped => body = [b"[", &body[..], b"]"].concat(),
        Bytes::Replaced(bytes) => body = bytes.to_vec(),
        Bytes::Nested(depth) => body = b"{\"a\":".repeat(usize::try_from(*depth).unwrap()),
    }
    body
}

/// The query of a path: names that it knows, and some that it does not.
pub fn query(known: &[String], pairs: &[(Index, &'static str)]) -> String {
    const UNKNOWN: &[&str] = &["x", "limit", "cursor", "%00", "page"];
    let names: Vec<&str> = known.iter().map(String::as_str).chain(UNKNOWN.iter().copied()).collect();
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={value}", names[name.index(names.len())])).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
