//! Addresses with most of them hidden: enough for their owner, little for anybody else.

use postrider_core::channel::ChannelKind;

/// Digits of a phone number that stay at its beginning and at its end.
const PHONE_SHOWN: usize = 2;

/// Hides most of an address; a device token or a postal address is not shown at all.
pub(super) fn mask(channel: ChannelKind, address: &str) -> Option<String> {
    match channel {
        ChannelKind::Email => {
            let (local, domain) = address.rsplit_once('@')?;
            let first = local.chars().next()?;
            Some(format!("{first}***@{domain}"))
        }
        ChannelKind::Sms => {
            let digits: Vec<char> = address.chars().filter(char::is_ascii_digit).collect();
            let end = digits.len().checked_sub(PHONE_SHOWN).filter(|&end| end > PHONE_SHOWN)?;
            let part = |digits: &[char]| digits.iter().collect::<String>();
            Some(format!("+{}***{}", part(&digits[..PHONE_SHOWN]), part(&digits[end..])))
        }
        ChannelKind::Push | ChannelKind::DirectMail => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_of_an_address_is_shown() {
        for (channel, address, masked) in [
            (ChannelKind::Email, "ada@example.com", Some("a***@example.com")),
            (ChannelKind::Email, "a@example.com", Some("a***@example.com")),
            (ChannelKind::Email, "ähm@example.com", Some("ä***@example.com")),
            (ChannelKind::Email, "@example.com", None),
            (ChannelKind::Sms, "+4930123456", Some("+49***56")),
            (ChannelKind::Sms, "123", None),
            (ChannelKind::Push, "token", None),
            (ChannelKind::DirectMail, "Ada\nWeg 1\n89073 Ulm", None),
        ] {
            assert_eq!(mask(channel, address).as_deref(), masked, "{address}");
        }
    }
}
