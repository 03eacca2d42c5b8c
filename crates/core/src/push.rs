//! Devices that get push notifications: what is known of one, and how it is written as an address.

use crate::campaign::words;
use crate::webhook::{Scheme, Target};

/// Longest token, in characters. The push services promise at most 4 KB.
pub const TOKEN_CHARS_MAX: usize = 4_096;
/// Longest id of an app, in characters.
pub const APP_CHARS_MAX: usize = 255;
/// Octets of the public key of a Web Push subscription: an uncompressed point of P-256 (RFC 8291 §3.2).
const P256DH_OCTETS: usize = 65;
/// Octets of the secret of a Web Push subscription (RFC 8291 §3.2).
const AUTH_OCTETS: usize = 16;

/// Who delivers a notification to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushService {
    /// Firebase Cloud Messaging.
    Fcm,
    /// Apple Push Notification service.
    Apns,
    /// The push service of a browser (RFC 8030).
    WebPush,
}

words!(PushService { Fcm => "fcm", Apns => "apns", WebPush => "webpush" });

/// A device of a person.
#[derive(Clone, PartialEq, Eq)]
pub enum PushToken {
    /// An app on a device. The service is never [`PushService::WebPush`].
    Device {
        /// Who delivers to it.
        service: PushService,
        /// The token that the service gave to the app.
        token: String,
        /// Which app, such as `com.example.shop`, if it is known.
        app: Option<String>,
    },
    /// A Web Push subscription.
    Subscription {
        /// The URL of the push service.
        endpoint: String,
        /// The public key of the browser, as base64url.
        p256dh: String,
        /// The secret of the subscription, as base64url.
        auth: String,
    },
}

impl std::fmt::Debug for PushToken {
    /// Shows no token: it must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushToken({})", self.service().as_str())
    }
}

impl PushToken {
    /// A token without more: FCM.
    #[must_use]
    pub fn plain(token: &str) -> Self {
        Self::Device { service: PushService::Fcm, token: token.to_owned(), app: None }
    }

    /// Who delivers to it.
    #[must_use]
    pub const fn service(&self) -> PushService {
        match self {
            Self::Device { service, .. } => *service,
            Self::Subscription { .. } => PushService::WebPush,
        }
    }

    /// The form by which two devices are compared, and by which suppressions are found: the token, or the endpoint.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Device { token, .. } => token,
            Self::Subscription { endpoint, .. } => endpoint,
        }
    }

    /// The device as one line: a token of FCM alone, else the service and its fields, separated by blanks.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Device { service: PushService::Fcm, token, app: None } => token.clone(),
            Self::Device { service, token, app: None } => format!("{} {token}", service.as_str()),
            Self::Device { service, token, app: Some(app) } => format!("{} {token} {app}", service.as_str()),
            Self::Subscription { endpoint, p256dh, auth } => {
                format!("{} {endpoint} {p256dh} {auth}", PushService::WebPush.as_str())
            }
        }
    }

    /// The device of an [`PushToken::address`].
    #[must_use]
    pub fn of_address(address: &str) -> Self {
        let words: Vec<&str> = address.split(' ').collect();
        let owned = |text: &str| text.to_owned();
        match (words.first().and_then(|word| PushService::parse(word)), words.get(1..).unwrap_or_default()) {
            (Some(PushService::WebPush), [endpoint, p256dh, auth]) => {
                Self::Subscription { endpoint: owned(endpoint), p256dh: owned(p256dh), auth: owned(auth) }
            }
            (Some(service @ (PushService::Fcm | PushService::Apns)), [token]) => {
                Self::Device { service, token: owned(token), app: None }
            }
            (Some(service @ (PushService::Fcm | PushService::Apns)), [token, app]) => {
                Self::Device { service, token: owned(token), app: Some(owned(app)) }
            }
            _ => Self::plain(address),
        }
    }

    /// Whether a message can be sent to it as far as its form tells.
    ///
    /// # Errors
    /// The path of the field that is wrong, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match self {
            Self::Device { token, app, .. } => {
                word(token, TOKEN_CHARS_MAX, "is longer than 4096 characters").map_err(|problem| ("token", problem))?;
                let app =
                    app.as_deref().map_or(Ok(()), |app| word(app, APP_CHARS_MAX, "is longer than 255 characters"));
                app.map_err(|problem| ("app", problem))
            }
            Self::Subscription { endpoint, p256dh, auth } => {
                let target = Target::parse(endpoint).map_err(|problem| ("endpoint", problem))?;
                if target.scheme != Scheme::Https {
                    return Err(("endpoint", "must begin with https://"));
                }
                // The first octet is 4: the point is not compressed.
                let is_point = p256dh.starts_with('B') && matches!(p256dh.as_bytes().get(1), Some(b'A'..=b'P'));
                if !is_point || !is_base64url(p256dh, P256DH_OCTETS) {
                    return Err(("keys.p256dh", "must be an uncompressed P-256 point: 65 bytes as base64url"));
                }
                if !is_base64url(auth, AUTH_OCTETS) {
                    return Err(("keys.auth", "must be 16 bytes as base64url"));
                }
                Ok(())
            }
        }
    }
}

/// The form by which the device of an address is compared: [`PushToken::key`] of [`PushToken::of_address`].
#[must_use]
pub fn push_key(address: &str) -> String {
    PushToken::of_address(address).key().to_owned()
}

/// Text without blanks.
fn word(text: &str, chars_max: usize, too_long: &'static str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.contains(char::is_control) {
        return Err("contains a control character");
    }
    if text.contains(char::is_whitespace) {
        return Err("contains a blank");
    }
    if text.chars().count() > chars_max { Err(too_long) } else { Ok(()) }
}

/// Whether a text is that many octets as base64url (RFC 4648 §5), with or without padding.
fn is_base64url(text: &str, octets: usize) -> bool {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    // Bits of the last digit that belong to no octet are zero.
    let unused = match octets % 3 {
        1 => 0b1111,
        2 => 0b11,
        _ => 0,
    };
    bare.len() == (octets * 8).div_ceil(6)
        && (padding == 0 || text.len().is_multiple_of(4) && padding < 3)
        && bare.bytes().all(|byte| digit(byte).is_some())
        && bare.bytes().last().and_then(digit).is_some_and(|last| last & unused == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    fn web(endpoint: &str, p256dh: &str, auth: &str) -> PushToken {
        PushToken::Subscription { endpoint: endpoint.into(), p256dh: p256dh.into(), auth: auth.into() }
    }

    #[test]
    fn an_address_says_which_device_it_is() {
        let device = |service, app: Option<&str>| PushToken::Device {
            service,
            token: "tok".into(),
            app: app.map(str::to_owned),
        };
        for (token, address, key) in [
            (PushToken::plain("tok"), "tok", "tok"),
            (device(PushService::Fcm, Some("com.shop")), "fcm tok com.shop", "tok"),
            (device(PushService::Apns, None), "apns tok", "tok"),
            (device(PushService::Apns, Some("com.shop")), "apns tok com.shop", "tok"),
            (web("https://push.test/a", "p", "s"), "webpush https://push.test/a p s", "https://push.test/a"),
            (PushToken::plain("apns"), "apns", "apns"),
        ] {
            assert_eq!((token.address().as_str(), token.key()), (address, key));
            assert!(PushToken::of_address(address) == token, "{address}");
            assert_eq!(push_key(address), key);
        }
    }

    #[test]
    fn a_device_that_cannot_be_one_is_named_by_its_field() {
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        let endpoint = "https://push.example.test/send/1";
        assert_eq!(web(endpoint, KEY, auth).check(), Ok(()));
        assert_eq!(web(endpoint, &format!("{KEY}="), &format!("{auth}==")).check(), Ok(()));
        let compressed = format!("A{}", &KEY[1..]);
        for (token, field) in [
            (web("http://push.example.test/1", KEY, auth), "endpoint"),
            (web("push.example.test", KEY, auth), "endpoint"),
            (web(endpoint, &KEY[..86], auth), "keys.p256dh"),
            (web(endpoint, &compressed, auth), "keys.p256dh"),
            (web(endpoint, &KEY.replace('_', "/"), auth), "keys.p256dh"),
            (web(endpoint, KEY, "c2hvcnQ"), "keys.auth"),
            (web(endpoint, KEY, "BTBZMqHH6r4Tts7J_aSIgh"), "keys.auth"),
            (PushToken::plain(""), "token"),
            (PushToken::plain("a b"), "token"),
            (PushToken::plain(&"x".repeat(4_097)), "token"),
        ] {
            assert_eq!(token.check().map_err(|(at, _)| at), Err(field));
        }
    }
}
