//! The page: the catalogue by status, and the operations of the OpenAPI document at each code.

use postrider_api::{document, status_of};
use postrider_core::error::Code;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Operations that are named one by one; of more, a few stand for all.
const NAMED_MAX: usize = 8;
/// How many stand for all.
const NAMED_OF_MANY: usize = 3;

const BEFORE: &str = "\
# Error codes

Every code that the API and the command line answer, what it means and what to do. Codes are a contract: they are
added, never renamed. Programs look at `error.code`; `error.message` is for people and may change.

```json
{
  \"success\": false,
  \"correlationId\": \"7f3d6a52-0c1e-4a52-9b59-0f5b0f3a8c11\",
  \"error\": {
    \"code\": \"{code}\",
    \"message\": \"sendAt: is in the past\",
    \"details\": { \"path\": \"sendAt\", \"value\": \"2020-05-01T09:00:00Z\" },
    \"remediation\": \"{remedy}\"
  }
}
```

Where one field is to blame, `message` begins with its path and `details` has `path` and `value`. A request that
deserves several codes gets that of the first check: token, rate limit, scope, form of the idempotency key, shape of the
body, then whether what the path names exists, then its state, then what the body means.

`POST /oauth/token` answers the errors of RFC 6749 §5.2 instead. The command line prints code and message, and exits 1.
";

/// The page, without the notice that it is made.
pub fn page() -> String {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(status_of(*code)).or_default().push(*code);
    }
    let (answered, all) = operations();
    let shown = Code::SendAtInvalid;
    let mut page = BEFORE.replace("{code}", shown.as_str()).replace("{remedy}", shown.remediation());
    for (status, codes) in by_status {
        page.push_str(&format!(
            "\n## {status} {}\n\n| Code | Cause | Remedy | Answered by |\n|---|---|---|---|\n",
            reason(status)
        ));
        for code in codes {
            let by = by(code, answered.get(code.as_str()), all);
            let row = [&format!("`{}`", code.as_str()), &cell(code.message()), &cell(code.remediation()), &by];
            page.push_str(&format!("| {} |\n", row.map(String::as_str).join(" | ")));
        }
    }
    page
}

/// The operations that answer each code, and how many operations there are that need a token.
fn operations() -> (BTreeMap<String, BTreeSet<String>>, usize) {
    let mut answered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let items = document()["paths"].as_object().into_iter().flatten();
    let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten().map(|(_, operation)| operation));
    let mut all = 0;
    for operation in operations {
        let name = operation["operationId"].as_str().unwrap_or_default();
        all += usize::from(operation["responses"]["403"].is_object());
        for (_, response) in operation["responses"].as_object().into_iter().flatten() {
            for code in codes(response) {
                answered.entry(code).or_default().insert(name.to_owned());
            }
        }
    }
    (answered, all)
}

/// The codes that a response names.
fn codes(response: &Value) -> Vec<String> {
    let response = match response["$ref"].as_str() {
        Some(place) => document().pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => response,
    };
    let parts = response["content"]["application/json"]["schema"]["allOf"].as_array().into_iter().flatten();
    let named = parts.flat_map(|part| part["properties"]["error"]["properties"]["code"]["enum"].as_array());
    named.flatten().filter_map(|code| code.as_str().map(str::to_owned)).collect()
}

fn by(code: Code, names: Option<&BTreeSet<String>>, all: usize) -> String {
    let Some(names) = names else {
        let of_no_route = matches!(code, Code::RouteNotFound | Code::MethodNotAllowed);
        return if of_no_route { "any path" } else { "the command line" }.to_owned();
    };
    let told =
        |names: &mut dyn Iterator<Item = &String>| names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        count if count >= all => "every operation with a token".to_owned(),
        count if count > NAMED_MAX => {
            format!("{count} operations, such as {}", told(&mut names.iter().take(NAMED_OF_MANY)))
        }
        _ => told(&mut names.iter()),
    }
}

/// The reason phrase (RFC 9110 §15) of a status that codes have.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// Text that does not end a cell of a table or begin a tag.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
