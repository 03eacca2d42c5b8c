//! Who is written to, who is not, and which reason comes first.

use super::*;
use proptest::prelude::*;

fn ada() -> Recipient<'static> {
    Recipient {
        email: Some(" Ada@Example.com "),
        phone: Some("+49 30 1234567"),
        push_token: Some("token-1"),
        postal: None,
        consent: Consent::Unknown,
        mails_unknown: true,
        suppressed: false,
    }
}

#[test]
fn a_count_is_fresh_for_a_day() {
    assert_eq!(REACH_FRESH_MS, 86_400_000);
}

#[test]
fn each_channel_finds_its_address() {
    let postal = PostalAddress {
        name: "Ada".into(),
        line1: "Weg 1".into(),
        city: "Berlin".into(),
        postal_code: "10115".into(),
        ..PostalAddress::default()
    };
    let ada = Recipient { postal: Some(&postal), ..ada() };
    for (channel, address, key) in [
        (ChannelKind::Email, "ada@example.com", "ada@example.com"),
        (ChannelKind::Sms, "+49301234567", "+49301234567"),
        (ChannelKind::Push, "token-1", "token-1"),
        (ChannelKind::DirectMail, "Ada\nWeg 1\n10115 Berlin", "ADA|WEG 1|10115 BERLIN"),
    ] {
        let expected = Destination { address: address.to_owned(), address_key: key.to_owned() };
        assert!(eligibility(&ada, channel) == Eligibility::Eligible(expected), "{channel:?}");
        assert_eq!(address_key(channel, address), key);
    }
}

#[test]
fn the_first_reason_is_the_persons_own_word() {
    let lost = Recipient { email: None, ..ada() };
    let broken = Recipient { email: Some("ada"), ..ada() };
    let denied = Consent::Denied;
    for (recipient, expected) in [
        (lost, Eligibility::Skipped(MISSING_ADDRESS)),
        (Recipient { email: Some("  "), ..ada() }, Eligibility::Skipped(MISSING_ADDRESS)),
        (broken, Eligibility::Skipped(INVALID_ADDRESS)),
        (Recipient { suppressed: true, ..ada() }, Eligibility::Suppressed(SUPPRESSED)),
        (Recipient { suppressed: true, ..broken }, Eligibility::Suppressed(SUPPRESSED)),
        (Recipient { consent: denied, ..ada() }, Eligibility::Suppressed(CONSENT_DENIED)),
        (Recipient { consent: denied, suppressed: true, ..lost }, Eligibility::Suppressed(CONSENT_DENIED)),
    ] {
        assert_eq!(eligibility(&recipient, ChannelKind::Email), expected);
    }
}

#[test]
fn people_with_unknown_consent_get_messages_if_the_tenant_says_so() {
    for (consent, mails_unknown, expected) in [
        (Consent::Granted, true, None),
        (Consent::Granted, false, None),
        (Consent::Unknown, true, None),
        (Consent::Unknown, false, Some(CONSENT_UNKNOWN)),
        (Consent::Denied, true, Some(CONSENT_DENIED)),
        (Consent::Denied, false, Some(CONSENT_DENIED)),
    ] {
        assert_eq!(consent.refusal(mails_unknown), expected, "{consent:?}");
        for channel in ChannelKind::ALL {
            let suppressed = Recipient { consent, mails_unknown, suppressed: true, ..ada() };
            let reason = expected.unwrap_or(SUPPRESSED);
            assert_eq!(eligibility(&suppressed, channel), Eligibility::Suppressed(reason), "{channel:?}");
        }
    }
}

#[test]
fn an_incomplete_postal_address_is_no_address() {
    let half = PostalAddress { name: "Ada".into(), city: "Berlin".into(), ..PostalAddress::default() };
    let nothing = PostalAddress::default();
    let on_paper = |postal| eligibility(&Recipient { postal, ..ada() }, ChannelKind::DirectMail);
    assert_eq!(on_paper(Some(&half)), Eligibility::Skipped(INVALID_ADDRESS));
    assert_eq!(on_paper(Some(&nothing)), Eligibility::Skipped(MISSING_ADDRESS));
    assert_eq!(on_paper(None), Eligibility::Skipped(MISSING_ADDRESS));
}

#[test]
fn addresses_do_not_reach_logs() {
    let shown = format!("{:?}", eligibility(&ada(), ChannelKind::Email));
    assert_eq!(shown, "Eligible");
}

proptest! {
    #[test]
    fn nobody_who_said_no_or_is_suppressed_is_ever_eligible(
        email in prop::option::of("\\PC{0,20}"),
        consent in prop::sample::select(Consent::ALL),
        mails_unknown: bool,
        suppressed: bool,
        channel in prop::sample::select(&ChannelKind::ALL[..]),
    ) {
        let recipient = Recipient { email: email.as_deref(), consent, mails_unknown, suppressed, ..ada() };
        let eligible = matches!(eligibility(&recipient, channel), Eligibility::Eligible(_));
        prop_assert!(!eligible || (consent != Consent::Denied && !suppressed));
        prop_assert!(!eligible || consent == Consent::Granted || mails_unknown);
    }
}
