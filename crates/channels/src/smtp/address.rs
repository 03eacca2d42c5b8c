//! Whether an address may be written into a command or a header (RFC 5321 §4.1.2, RFC 6531 §3.3).
//!
//! Not here: whether anybody lives there. Invariant: an accepted address holds no control character, no white space
//! outside quotes, and no angle bracket outside quotes.

use postrider_core::punycode::ascii_label;
use std::borrow::Cow;

/// Longest local part, in bytes (RFC 5321 §4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Longest address, in bytes (RFC 5321 §4.5.3.1.3, without the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;
/// Longest label of a domain, in bytes (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// The address with its domain in the form that every server understands (RFC 5891 §4): only a local part beyond
/// ASCII then needs SMTPUTF8. The address must be valid and in lower case, as it is stored.
pub(crate) fn with_ascii_domain(address: &str) -> Cow<'_, str> {
    let Some((local, domain)) = address.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()) else {
        return Cow::Borrowed(address);
    };
    let labels: Option<Vec<String>> = domain.to_lowercase().split('.').map(ascii_label).collect();
    // A label that has no such form travels as it is, and then needs SMTPUTF8.
    labels.map_or(Cow::Borrowed(address), |labels| Cow::Owned(format!("{local}@{}", labels.join("."))))
}

/// Whether the text is one mailbox, `local@domain`.
pub(crate) fn is_valid(address: &str) -> bool {
    if address.len() > ADDRESS_BYTES_MAX || address.chars().any(char::is_control) {
        return false;
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    local.len() <= LOCAL_BYTES_MAX && (is_dot_string(local) || is_quoted_string(local)) && is_domain(domain)
}

fn is_dot_string(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_whitespace())
            })
    })
}

fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    // The closing quote must not be the escaped character itself.
    !escaped && local.len() >= 2
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty() && literal.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b));
    }
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domain_is_made_ascii() {
        let table = [
            ("a@b.example", "a@b.example"),
            ("ada@müller.example", "ada@xn--mller-kva.example"),
            ("jürgen@müller.de", "jürgen@xn--mller-kva.de"),
            ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
        ];
        for (address, expected) in table {
            assert_eq!(with_ascii_domain(address), expected);
        }
    }

    #[test]
    fn only_mailboxes_are_addresses() {
        let long_local = format!("{}@x.org", "a".repeat(65));
        for good in [
            "a@b",
            "a.b+c@x-y.example",
            "\"a b\"@x.org",
            "\"a\\\"b\"@x.org",
            "o'n@x.org",
            "jürgen@müller.de",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
        ] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c.d",
            "a@b c",
            "a@b\r\nRCPT TO:<x@y>",
            "a>@b",
            "<a@b>",
            "a@b>",
            "a@b,c@d",
            ".a@b",
            "a..b@c",
            "a@b..c",
            "a@-b.c",
            "\"a@b.c",
            "\"a\\\"@b.c",
            "\"a\"b\"@c.d",
            "\"@c.d",
            "a@b\0",
            "a\u{85}@b",
            "a\u{2028}@b.c",
            "a@b_c",
            long_local.as_str(),
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
