//! What the document says of itself: title, how to begin, and what belongs together.

use serde_json::{Value, json};

const DESCRIPTION: &str = "\
Schedules and sends campaigns by email, SMS, push and direct mail, and accounts for every recipient.

**A token.** `postrider tenant create --name Acme` and `postrider client create --tenant ID --name app --scope \
\"campaigns:read campaigns:create\"` make a tenant and a client. `curl -u CLIENT_ID:CLIENT_SECRET -d \
grant_type=client_credentials https://HOST/oauth/token` gives a token; send it as `Authorization: Bearer TOKEN`. It \
carries the client's scopes; every operation names the one it needs.

**Answers.** `{ success, data, correlationId }`, or `{ success, correlationId, error: { code, message, details, \
remediation } }`. Codes are stable, messages are not. Every answer has the header \
`x-correlation-id`. Instants are RFC 3339 in UTC with milliseconds.

**Repeating.** A request with `Idempotency-Key` (a UUID version 4) may be sent again within 24 hours: its effect \
happens once, and the first answer comes back with `Idempotent-Replayed: true`.

**Limits.** A client may make so many requests of each class (`read`, `write`, `batch`, `execute`) in any minute; \
`RateLimit-Policy` and `RateLimit` tell how many and what is left. One more is answered 429, and passes after the seconds in \
`Retry-After`.";

/// `info`
pub fn info() -> Value {
    json!({
        "title": "Postrider",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Campaigns API v1",
        "description": DESCRIPTION,
        "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
    })
}

/// Every tag with what belongs to it, in the order of reading.
const TAGS: &[(&str, &str)] = &[
    ("Authentication", "Client credentials for a bearer token (RFC 6749 §4.4), and what verifies one."),
    ("Campaigns", "Drafts: what is sent to whom, and when it should go."),
    ("Schedule & Send", "Committing a draft to a later or an immediate execution, and taking it back."),
    ("Status", "How a campaign stands and how it went."),
    ("Deliveries", "The ledger: one row for every recipient, and why it stands where it stands."),
    ("Lists", "Static audiences."),
    ("Audiences", "Audiences by rule."),
    ("Profiles", "People and what is known of them."),
    ("Imports", "Files of people."),
    ("Templates", "Content: drafts, and immutable published versions."),
    ("Sender profiles", "In whose name messages leave."),
    ("Suppressions", "Addresses that nothing is sent to."),
    ("Webhooks", "Endpoints of your own that are told what happens, signed as Standard Webhooks has it."),
    ("Tenant", "The workspace that the token belongs to."),
    ("Unsubscribe", "The way out that every message carries (RFC 8058); for recipients, without a token."),
    ("Operation", "For those who run the service; without a token."),
];

/// `tags`
pub fn tags() -> Value {
    TAGS.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect()
}
