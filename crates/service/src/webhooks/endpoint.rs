//! What every endpoint must be, however it came about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use postrider_core::env::Entropy;
use postrider_core::error::{Code, Refusal};
use postrider_core::event::EventKind;
use postrider_core::webhook::{DESCRIPTION_CHARS_MAX, SECRET_BYTES, SECRET_PREFIX, Target, TargetPolicy};

/// A URL that may be reached, as far as the text alone tells.
pub(super) fn check_url(policy: &TargetPolicy, url: &str) -> Result<(), Refusal> {
    let target = Target::parse(url).map_err(|problem| Refusal::invalid("url", Some(url), problem))?;
    policy.check(&target).map_err(|problem| Refusal::field(Code::WebhookTargetRefused, "url", Some(url), problem))
}

/// Kinds of events, at least one, each once.
pub(super) fn check_events(words: &[String]) -> Result<Vec<EventKind>, Refusal> {
    if words.is_empty() {
        return Err(Refusal::invalid("events", None, "must name at least one event"));
    }
    let mut events = Vec::with_capacity(words.len());
    for (number, word) in words.iter().enumerate() {
        let path = format!("events[{number}]");
        let Some(kind) = EventKind::parse(word) else {
            let known = EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Refusal::invalid(path, Some(word), format!("is not one of {known}")));
        };
        if events.contains(&kind) {
            return Err(Refusal::invalid(path, Some(word), "is named twice"));
        }
        events.push(kind);
    }
    Ok(events)
}

/// A description; an empty one is none.
pub(super) fn check_description(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return Err(Refusal::invalid("description", text, "is longer than 500 characters"));
    }
    if text.is_some_and(|text| text.contains('\0')) {
        return Err(Refusal::invalid("description", text, "must not contain the character NUL"));
    }
    Ok(text.map(str::to_owned))
}

/// A new secret.
pub(super) fn new_secret(entropy: &dyn Entropy) -> Vec<u8> {
    let mut secret = vec![0; SECRET_BYTES];
    entropy.fill(&mut secret);
    secret
}

/// A secret as people see it, once (standardwebhooks.com, "Signature scheme").
pub(super) fn shown(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64.encode(secret))
}
