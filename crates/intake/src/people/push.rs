//! The devices of a record.

use super::field::{at, invalid, text};
use super::record::Change;
use postrider_core::error::Refusal;
use postrider_core::push::{PushService, PushToken};
use serde_json::{Map, Value, json};

/// Most devices of one person.
const PUSH_TOKENS_MAX: usize = 20;
/// Fields of an app on a device.
const APP_FIELDS: [&str; 3] = ["service", "token", "app"];
/// Fields of a Web Push subscription. Browsers write `expirationTime`, which is not kept.
const WEB_FIELDS: [&str; 4] = ["service", "endpoint", "keys", "expirationTime"];

/// Reads the devices, as JSON. Each is kept in the form in which it was given; of two with the same token or endpoint,
/// the first is kept.
///
/// # Errors
/// `REQUEST_INVALID` with the path of the first field that is wrong.
pub(super) fn push_tokens(path: &str, value: &Value) -> Result<Change<String>, Refusal> {
    let items = match value {
        Value::Null => return Ok(Change::Clear),
        Value::Array(items) if items.is_empty() => return Ok(Change::Clear),
        Value::Array(items) => items,
        other => return Err(invalid(path, other, "must be a list of push tokens")),
    };
    if items.len() > PUSH_TOKENS_MAX {
        return Err(Refusal::invalid(path, None, format!("has more than {PUSH_TOKENS_MAX} tokens")));
    }
    let mut tokens: Vec<(PushToken, Value)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let (token, form) = push_token(&format!("{path}[{index}]"), item)?;
        if !tokens.iter().any(|(known, _)| known.key() == token.key()) {
            tokens.push((token, form));
        }
    }
    let forms: Vec<Value> = tokens.into_iter().map(|(_, form)| form).collect();
    Ok(Change::Set(Value::from(forms).to_string()))
}

/// A device, and the form in which it is kept.
fn push_token(path: &str, item: &Value) -> Result<(PushToken, Value), Refusal> {
    let fields = match item {
        Value::Object(fields) => fields,
        Value::Null | Value::String(_) => {
            let token = text(path, item)?.ok_or_else(|| Refusal::invalid(path, None, "is empty"))?;
            let plain = PushToken::plain(token);
            plain.check().map_err(|(_, problem)| Refusal::invalid(path, None, problem))?;
            return Ok((plain, token.into()));
        }
        other => return Err(invalid(path, other, "must be a token or an object such as { service, token, app }")),
    };
    let token = if fields.contains_key("endpoint") { subscription(path, fields)? } else { device(path, fields)? };
    token.check().map_err(|(field, problem)| Refusal::invalid(at(path, field), None, problem))?;
    let form = match &token {
        PushToken::Device { service, token, app: None } => json!({ "service": service.as_str(), "token": token }),
        PushToken::Device { service, token, app } => {
            json!({ "service": service.as_str(), "token": token, "app": app })
        }
        PushToken::Subscription { endpoint, p256dh, auth } => {
            json!({ "endpoint": endpoint, "keys": { "p256dh": p256dh, "auth": auth } })
        }
    };
    Ok((token, form))
}

fn device(path: &str, fields: &Map<String, Value>) -> Result<PushToken, Refusal> {
    only(path, fields, &APP_FIELDS)?;
    let service = match PushService::parse(&needed(path, fields, "service")?) {
        Some(service @ (PushService::Fcm | PushService::Apns)) => service,
        Some(PushService::WebPush) => {
            return Err(Refusal::invalid(at(path, "endpoint"), None, "is needed for webpush"));
        }
        None => return Err(refused(path, fields, "service", "must be fcm, apns or webpush")),
    };
    let app = fields.get("app").map_or(Ok(None), |app| text(&at(path, "app"), app))?.map(str::to_owned);
    Ok(PushToken::Device { service, token: needed(path, fields, "token")?, app })
}

fn subscription(path: &str, fields: &Map<String, Value>) -> Result<PushToken, Refusal> {
    only(path, fields, &WEB_FIELDS)?;
    if fields.get("service").is_some_and(|service| service != PushService::WebPush.as_str()) {
        return Err(refused(path, fields, "service", "must be webpush where there is an endpoint"));
    }
    let endpoint = needed(path, fields, "endpoint")?;
    let place = at(path, "keys");
    let Some(Value::Object(keys)) = fields.get("keys") else {
        return Err(Refusal::invalid(place, None, "must be an object with p256dh and auth"));
    };
    only(&place, keys, &["p256dh", "auth"])?;
    let (p256dh, auth) = (needed(&place, keys, "p256dh")?, needed(&place, keys, "auth")?);
    Ok(PushToken::Subscription { endpoint, p256dh, auth })
}

fn only(path: &str, fields: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    let Some(odd) = fields.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let problem = format!("is not a field of a push token; the fields here are {}", known.join(", "));
    Err(Refusal::invalid(at(path, odd), None, problem))
}

fn needed(path: &str, fields: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    let path = at(path, name);
    let found = text(&path, fields.get(name).unwrap_or(&Value::Null))?;
    found.map(str::to_owned).ok_or_else(|| Refusal::invalid(path, None, "is needed"))
}

fn refused(path: &str, fields: &Map<String, Value>, name: &str, problem: &str) -> Refusal {
    invalid(&at(path, name), fields.get(name).unwrap_or(&Value::Null), problem)
}
