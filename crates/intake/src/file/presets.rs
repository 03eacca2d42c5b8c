//! Exports of other systems, told by their headers.
//!
//! The headers are those that the systems write themselves. A preset says only what the headers do not say by
//! themselves; all other columns are recognized as in any file.

use super::fold::letters;

/// An export of another system.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The word by which a person names it.
    pub name: &'static str,
    /// What such a file is.
    pub about: &'static str,
    /// Sets of headers; a file that has all of one set is such an export.
    needs: &'static [&'static [&'static str]],
    /// How the name of such a file begins, if that tells it.
    file: Option<&'static str>,
    /// Headers and their fields.
    pub columns: &'static [(&'static str, &'static str)],
    /// Whether nobody in such a file may be sent email.
    pub denies_all: bool,
}

/// What every export of an audience of Mailchimp has.
const MAILCHIMP: &[&str] = &["Email Address", "LEID", "EUID"];

/// All presets; the more special ones first.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "mailchimp_cleaned",
        about: "cleaned contacts exported from Mailchimp: nobody in it may be mailed",
        needs: &[&["Email Address", "CLEAN_TIME"]],
        file: Some("cleaned_"),
        columns: &[
            ("CLEAN_TIME", "opt_out_at.email"),
            ("CLEAN_CAMPAIGN_TITLE", "clean_campaign_title"),
            ("CLEAN_CAMPAIGN_ID", "clean_campaign_id"),
            ("OPTIN_TIME", "optin_time"),
            ("OPTIN_IP", "optin_ip"),
            ("CONFIRM_TIME", "confirm_time"),
            ("CONFIRM_IP", "confirm_ip"),
        ],
        denies_all: true,
    },
    Preset {
        name: "mailchimp_unsubscribed",
        about: "unsubscribed contacts exported from Mailchimp: nobody in it may be mailed",
        needs: &[&["Email Address", "UNSUB_TIME"]],
        file: Some("unsubscribed_"),
        columns: &[
            ("UNSUB_TIME", "opt_out_at.email"),
            ("UNSUB_CAMPAIGN_TITLE", "unsub_campaign_title"),
            ("UNSUB_CAMPAIGN_ID", "unsub_campaign_id"),
            ("UNSUB_REASON", "unsub_reason"),
            ("UNSUB_REASON_OTHER", "unsub_reason_other"),
            ("OPTIN_TIME", "optin_time"),
            ("OPTIN_IP", "optin_ip"),
            ("CONFIRM_TIME", "confirm_time"),
            ("CONFIRM_IP", "confirm_ip"),
        ],
        denies_all: true,
    },
    Preset {
        name: "mailchimp_nonsubscribed",
        about: "contacts exported from Mailchimp who never subscribed: their consent stays unknown",
        needs: &[],
        file: Some("nonsubscribed_"),
        columns: &[
            ("OPTIN_TIME", "optin_time"),
            ("OPTIN_IP", "optin_ip"),
            ("CONFIRM_TIME", "confirm_time"),
            ("CONFIRM_IP", "confirm_ip"),
        ],
        denies_all: false,
    },
    Preset {
        name: "mailchimp_subscribed",
        about: "subscribed contacts exported from Mailchimp: the time of the opt-in is consent",
        needs: &[MAILCHIMP],
        file: None,
        columns: &[
            ("OPTIN_TIME", "consent.email"),
            ("CONFIRM_TIME", "consent.email"),
            ("OPTIN_IP", "optin_ip"),
            ("CONFIRM_IP", "confirm_ip"),
        ],
        denies_all: false,
    },
    Preset {
        name: "klaviyo",
        about: "profiles exported from Klaviyo",
        needs: &[&["Email", "Klaviyo ID"], &["Email", "Email Marketing Consent"]],
        file: None,
        columns: &[
            ("Email Marketing Consent", "consent.email"),
            ("SMS Marketing Consent", "consent.sms"),
            ("Email Marketing Consent Timestamp", "email_marketing_consent_timestamp"),
            ("SMS Marketing Consent Timestamp", "sms_marketing_consent_timestamp"),
        ],
        denies_all: false,
    },
    Preset {
        name: "brevo",
        about: "contacts exported from Brevo",
        needs: &[
            &["EMAIL", "EMAIL_BLACKLIST"],
            &["EMAIL", "EMAIL_BLACKLISTED"],
            &["EMAIL", "BLACKLIST", "SMS_BLACKLIST"],
            &["EMAIL", "ADDED_TIME", "MODIFIED_TIME"],
        ],
        file: None,
        columns: &[
            ("BLACKLIST", "opt_out.email"),
            ("EMAIL_BLACKLIST", "opt_out.email"),
            ("EMAIL_BLACKLISTED", "opt_out.email"),
            ("SMS_BLACKLIST", "opt_out.sms"),
            ("SMS_BLACKLISTED", "opt_out.sms"),
        ],
        denies_all: false,
    },
    Preset {
        name: "hubspot",
        about: "contacts exported from HubSpot",
        needs: &[
            &["Record ID", "Email"],
            &["Email", "Unsubscribed from all email"],
            &["Email", "Marketing contact status"],
            &["Email", "Portal Unsubscribe"],
        ],
        file: None,
        columns: &[
            ("Unsubscribed from all email", "opt_out.email"),
            ("Email hard bounce reason", "opt_out_at.email"),
            ("Portal Bounce", "opt_out_at.email"),
            ("Portal Unsubscribe", "opt_out.email"),
            ("Portal Spam Report", "opt_out.email"),
            ("Global Bounce", "opt_out_at.email"),
            ("Marketing Information", "opt_out.email"),
            // Whether HubSpot bills the contact, not whether the contact agreed.
            ("Marketing contact status", "marketing_contact_status"),
        ],
        denies_all: false,
    },
    Preset {
        name: "ghost",
        about: "members exported from Ghost",
        needs: &[
            &["email", "subscribed_to_emails", "complimentary_plan"],
            &["email", "subscribed_to_emails", "stripe_customer_id"],
        ],
        file: None,
        columns: &[("subscribed_to_emails", "consent.email")],
        denies_all: false,
    },
    Preset {
        name: "shopify",
        about: "customers exported from Shopify",
        needs: &[&["Email", "Accepts Email Marketing"], &["Email", "Accepts Marketing", "Total Spent"]],
        file: None,
        columns: &[
            ("Accepts Email Marketing", "consent.email"),
            ("Accepts Marketing", "consent.email"),
            ("Accepts SMS Marketing", "consent.sms"),
            ("Accepts WhatsApp Marketing", "accepts_whatsapp_marketing"),
        ],
        denies_all: false,
    },
    Preset {
        name: "listmonk",
        about: "subscribers exported from listmonk",
        needs: &[&["uuid", "email", "name", "attributes", "status"]],
        file: None,
        columns: &[("status", "status")],
        denies_all: false,
    },
    Preset {
        name: "keila",
        about: "contacts exported from Keila",
        needs: &[&["Email", "First name", "Last name", "Data"]],
        file: None,
        columns: &[("Status", "status")],
        denies_all: false,
    },
];

impl Preset {
    /// The columns of a file for which it has a field.
    pub fn places(&self, headers: &[String]) -> Vec<(usize, &'static str)> {
        let place = |wanted: &str| headers.iter().position(|header| letters(header) == letters(wanted));
        self.columns.iter().filter_map(|(header, field)| place(header).map(|place| (place, *field))).collect()
    }
}

/// The word for no preset.
pub const NONE: &str = "none";

/// The preset of that name.
pub fn named(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The export that a file is, told by its headers and its name.
pub fn recognize(headers: &[String], file_name: Option<&str>) -> Option<&'static Preset> {
    let headers: Vec<String> = headers.iter().map(|header| letters(header)).collect();
    let has = |needed: &[&str]| needed.iter().all(|needed| headers.contains(&letters(needed)));
    let base = file_name.map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase());
    let is_called = |start: &str| base.as_deref().is_some_and(|name| name.starts_with(start));
    PRESETS.iter().find(|preset| {
        preset.needs.iter().any(|needed| has(needed))
            || preset.file.is_some_and(|start| is_called(start) && has(MAILCHIMP))
    })
}
