//! English, with what programs write in it.

use super::Language;

pub const ENGLISH: Language = Language {
    tag: "en",
    headers: &[
        (
            "email",
            "email, email address, mail, mail address, email id, contact email, primary email, subscriber email, \
            email 1, email 1 value, customer email, member email, recipient, recipient email, e-mail 1 - value",
        ),
        (
            "phone",
            "phone, phone number, mobile, mobile phone, mobile phone number, mobile number, cell, cell phone, telephone, \
            telephone number, tel, phone 1 value, sms number, whatsapp, primary phone, contact phone, default address phone",
        ),
        (
            "customer_id",
            "customer id, customer number, customer no, external id, contact id, user id, member id, member number, \
            subscriber id",
        ),
        ("first_name", "first name, fname, first, given name, forename"),
        ("last_name", "last name, lname, last, surname, family name"),
        ("name", "name, full name"),
        ("timezone", "timezone, time zone, tz"),
        ("locale", "locale, language, lang, language code, preferred language"),
        ("push_tokens", "push token, push tokens, device token"),
        (
            "address.line1",
            "street, street address, address, address 1, address line 1, line 1, mailing street, address street, \
            default address address1",
        ),
        ("address.line2", "address 2, address line 2, line 2, default address address2"),
        ("address.city", "city, town, address city, mailing city, default address city"),
        (
            "address.region",
            "region, state, province, county, state province, state region, address region, mailing state, \
            default address province code",
        ),
        (
            "address.postal_code",
            "zip, zip code, postal code, postcode, post code, address postal code, mailing postal code, \
            default address zip",
        ),
        (
            "address.country",
            "country, country code, country region, address country, mailing country, default address country code",
        ),
        (
            "address.company",
            "company, company name, organization, organisation, address company, default address company",
        ),
        ("address.name", "address name"),
        (
            "consent.email",
            "opt in, email opt in, opt in email, opted in, subscribed, newsletter, consent, email consent, consent email, \
            marketing consent, email marketing consent, consent to email marketing, accepts marketing, \
            accepts email marketing, permission, email permission, marketing permission, permission to email, \
            subscribed to emails, subscribed to newsletter, newsletter consent, newsletter subscribed, \
            newsletter subscription, newsletter opt in, marketing opt in, marketing email opt in, email subscribed, \
            is subscribed, gdpr consent, email marketing opt in, opt in time, optin time, confirm time, opt in date, \
            opt in at, opted in at, subscribed at, subscribed on, subscribed date, consent date, consent at, \
            consent given, consent given at, consented, consented at, has consented, agreed to marketing, double opt in, \
            email opt in date",
        ),
        (
            "consent.sms",
            "sms opt in, opt in sms, sms consent, consent sms, accepts sms marketing, sms marketing consent, sms subscribed, \
            text opt in, sms permission",
        ),
        ("consent.push", "push opt in, push consent, consent push"),
        ("consent.direct_mail", "direct mail consent, consent direct mail, post opt in, postal opt in"),
        (
            "opt_out",
            "opt out, opted out, do not contact, dnc, no contact, blocked, blacklisted, blocklisted, suppressed, \
            is blocked, is blacklisted, blacklist, blocklist, do not market, do not disturb, dnd, no marketing, \
            do not mail, no mail, mail opt out",
        ),
        (
            "opt_out.email",
            "unsubscribed, unsubscribe, is unsubscribed, email opt out, opt out email, email opted out, opted out of email, \
            has opted out of email, do not email, no email, email blacklisted, email blacklist, email blocklisted, \
            email blocked, email suppressed, email unsubscribed, bounced, hard bounced, email bounced, is bounced, \
            unsubscribed from all email, unsubscribed from all emails, unsubscribed from email, global unsubscribe, \
            globally unsubscribed, portal unsubscribe, portal spam report, complained, spam complaint, marked as spam, \
            cleaned, marketing opt out, marketing email opt out, newsletter opt out, newsletter unsubscribed, \
            email marketing opt out, email do not contact, email suppression, email suppressions, \
            invalid email, email invalid, email is invalid, undeliverable",
        ),
        (
            "opt_out.sms",
            "sms opt out, opt out sms, do not sms, do not text, sms blacklisted, sms blacklist, sms blocklisted, \
            sms unsubscribed, sms opted out, text opt out",
        ),
        ("opt_out.direct_mail", "direct mail opt out, do not post"),
        ("opt_out.push", "push opt out, opt out push"),
        ("opt_out_at", "opt out at, opt out date, opt out time, opted out at, opted out on, opted out date"),
        (
            "opt_out_at.email",
            "unsubscribed at, unsubscribe date, unsubscribed date, unsub time, unsub date, unsubscribe time, unsubscribe at, \
            unsubscribed on, unsubscribed time, clean time, cleaned at, cleaned time, bounced at, bounce date, \
            bounced date, bounced on, blacklisted at, blocked at, suppressed at, complained at, complaint date, \
            email opt out date, email opt out at, portal bounce, global bounce, hard bounce reason, \
            email hard bounce reason",
        ),
        (
            "status",
            "status, email status, member status, subscriber status, subscription status, contact status, \
            newsletter status, email subscription status, marketing status, consent status, opt in status, list status, \
            email marketing status, sub status, email address status",
        ),
        ("-", "postrider line, postrider severity, postrider reason"),
    ],
    yes: "yes, y, true, t, 1, x, on, granted, given, confirmed, agreed, accepted, allowed, ok, okay, checked, consented, \
        approved",
    no: "no, n, false, f, 0, off, denied, declined, refused, rejected, disallowed, not given, not granted, not allowed, \
        never, unchecked, do not",
    subscribed: "subscribed, opted in, opt in, optin, double opt in, double optin, single opt in, confirmed, subscriber, \
        explicit opt in, doi, confirmed opt in",
    active: "active, enabled, valid, verified, registered, member, free, paid, comped, complimentary, customer, \
        never subscribed, non subscribed, not subscribed, nonsubscribed, transactional, lead, prospect, new, imported, \
        unknown, none, na, not available, not applicable, not set, null, undefined, not specified, unspecified, no status, \
        deliverable, ok",
    denied: "unsubscribed, unsubscribe, unsub, cleaned, clean, bounced, bounce, hard bounced, hard bounce, hardbounce, \
        soft bounced, inactive, complained, complaint, complaints, spam, spam complaint, marked as spam, blocklisted, \
        blacklisted, blacklist, blocklist, block, blocked, suppressed, suppression, opted out, opt out, optout, \
        globally unsubscribed, unreachable, undeliverable, invalid, disabled, deactivated, deleted, removed, archived, \
        withdrawn, revoked, consent withdrawn, consent revoked, do not contact, do not email, dnc, abuse, abuse complaint, \
        banned, rejected, stopped, stop, held, suspended, pending, unconfirmed, not confirmed, awaiting confirmation, \
        confirmation pending, pending confirmation, left, out, never opt in, user suppressed, user unsubscribed, \
        manually unsubscribed, dead, closed, expired, denied, dropped, refused, forgotten, erased",
    smells: "unsub, subscri, optin, optout, optedin, optedout, consent, suppress, blacklist, blocklist, donot, dontmail, \
        dontemail, dontcontact, nomail, noemail, permission, newsletter, marketing, unreachable, undeliver, bounc, \
        complain, gdpr, ccpa, nospam, spamreport",
};
