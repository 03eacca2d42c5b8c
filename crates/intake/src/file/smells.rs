//! Headers that look as if they were about consent though no table knows them.

use super::fold::{letters, tokens};
use super::languages::STEMS;

/// Words that smell by themselves.
const WORDS: &[&str] = &[
    "opt",
    "opted",
    "optin",
    "optout",
    "block",
    "blocked",
    "black",
    "clean",
    "cleaned",
    "suppress",
    "disabled",
    "deactivated",
    "dnc",
    "dnd",
    "dne",
    "gdpr",
    "dsgvo",
    "rgpd",
    "rodo",
    "lgpd",
    "sub",
    "subs",
    "spam",
    "stop",
    "revoked",
    "withdrawn",
    "objection",
    "robinson",
    "baja",
    "mailable",
    "emailable",
    "contactable",
    "invalid",
];
/// Stems that are found within other words too (`Bewerbung`, `Gewerbe`), so that a word must begin with them.
const WITHIN_OTHERS: &[&str] = &[
    "optin", "optout", "werbe", "werbung", "lupa", "izni", "onayi", "rodo", "gdpr", "ccpa", "lgpd", "rgpd", "dsgvo",
    "kvkk", "sperre", "donot", "nomail", "abonn", "odber", "inscri", "inscrit", "zgod", "згод", "abone", "revoca",
];
/// Ends of words that smell.
const ENDINGS: &[&str] = &["optin", "optout", "lupa", "izni", "sperre", "donot"];
/// Words that smell if what stands below them are answers.
const WEAK_WORDS: &[&str] = &[
    "active",
    "inactive",
    "enabled",
    "enable",
    "allow",
    "allowed",
    "allows",
    "accept",
    "accepts",
    "accepted",
    "agree",
    "agreed",
    "agrees",
    "receive",
    "receives",
    "wants",
    "notify",
    "notification",
    "notifications",
    "mailing",
    "mailings",
    "promo",
    "promotion",
    "promotions",
    "promotional",
    "contact",
    "ok",
    "email",
    "mail",
    "emails",
    "mails",
    "status",
    "state",
    "aktiv",
    "inaktiv",
    "actif",
    "activo",
    "attivo",
    "ativo",
    "aktywny",
    "aktivni",
    "akceptuje",
    "accepte",
    "acepta",
    "accetta",
    "aceita",
    "autoriza",
    "autorise",
    "erlaubt",
    "erwunscht",
    "gewunscht",
    "kontakt",
    "privacy",
    "policy",
    "terms",
    "legal",
    "news",
    "digest",
    "updates",
    "offers",
    "info",
    "infos",
    "letter",
    "mailinglist",
    "list",
];
/// Words of a negation, which turn a question around.
const NEGATIONS: &[&str] = &[
    "unsub",
    "optout",
    "optedout",
    "block",
    "black",
    "suppress",
    "bounc",
    "clean",
    "disabled",
    "donot",
    "dont",
    "deactivated",
    "dnc",
    "dnd",
    "nomail",
    "noemail",
    "spam",
    "complain",
    "invalid",
    "undeliver",
    "unreach",
    "revoke",
    "withdraw",
    "objection",
    "inactive",
    "abmeld",
    "abgemeld",
    "sperr",
    "widerspr",
    "widerruf",
    "austrag",
    "abbestell",
    "desabonn",
    "desinscri",
    "disiscri",
    "robinson",
    "baja",
    "descadast",
    "dezabon",
    "afmeld",
    "frameld",
    "avmeld",
    "avregistr",
    "avprenum",
    "avanmal",
    "wypis",
    "rezygn",
    "sprzeciw",
    "odhlas",
    "leiratk",
    "letilt",
    "kielto",
    "stop",
    "отпис",
    "відпис",
    "заблок",
    "απεγγρ",
    "διαγραφ",
    "uitschr",
    "afgemeld",
    "uitgeschr",
    "opposition",
    "oposicion",
    "nezasil",
];

/// How much a header smells of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Smell {
    /// Enough to be asked about.
    Strong,
    /// Only if what stands below it are answers.
    Weak,
}

/// Whether a header looks as if it were about consent. Whole words: `options`, `topic`, `shop` and `adoption` do not.
pub fn smell(header: &str) -> Option<Smell> {
    let tokens = tokens(header);
    let joined = letters(header);
    let has = |list: &[&str]| tokens.iter().any(|token| list.contains(&token.as_str()));
    let stem = |stem: &String| {
        if !WITHIN_OTHERS.contains(&stem.as_str()) {
            return joined.contains(stem.as_str());
        }
        let pair = |pair: &[String]| pair.concat() == *stem;
        tokens.iter().any(|token| token.starts_with(stem.as_str())) || tokens.windows(2).any(pair)
    };
    let ends = tokens.iter().any(|token| ENDINGS.iter().any(|ending| token.ends_with(ending)));
    if ends || has(WORDS) || STEMS.iter().any(stem) {
        return Some(Smell::Strong);
    }
    has(WEAK_WORDS).then_some(Smell::Weak)
}

/// Whether yes below a header probably means that nothing may be sent.
pub fn is_negative(header: &str) -> bool {
    let joined = letters(header);
    NEGATIONS.iter().any(|part| joined.contains(part))
}

/// The channel that a header is probably about.
pub fn channel(header: &str) -> &'static str {
    let tokens = tokens(header);
    let has = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.as_str()));
    if has(&["sms", "text", "texts", "mobile", "phone", "whatsapp"]) {
        "sms"
    } else if has(&["push", "app"]) {
        "push"
    } else if has(&["post", "postal", "letter", "letters", "print", "brief", "direct"]) {
        "direct_mail"
    } else {
        "email"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_smell_of_consent_are_noticed() {
        for header in [
            "unsub_flag",
            "Subscription type",
            "email_opt",
            "optin_ip",
            "consent_source",
            "is_blocked_user",
            "black list flag",
            "suppression_reason",
            "bounce_count",
            "clean_reason",
            "email_disabled",
            "marketing",
            "Do not call",
            "dnc_flag",
            "gdpr_flag",
            "permission_to_mail",
            "newsletter_weekly",
            "wantsNewsletter",
            "acceptsMarketingEmails",
            "Werbung ok",
            "Newsletterabmeldung 2024",
            "désabonnement newsletter",
            "Suscripción semanal",
            "iscrizione corso newsletter",
            "Zgoda na kontakt",
            "souhlas s GDPR",
            "Samtykke (nyhetsbrev)",
            "Markkinointilupa sms",
            "Hírlevél típusa",
            "Bülten tercihi",
            "Согласие на звонки",
            "Згода на дзвінки",
            "Συγκατάθεση επικοινωνίας",
        ] {
            assert_eq!(smell(header), Some(Smell::Strong), "{header}");
        }
        for header in ["active", "email_enabled", "receives_offers", "accepts_terms"] {
            assert_eq!(smell(header), Some(Smell::Weak), "{header}");
        }
    }

    #[test]
    fn other_headers_do_not_smell() {
        for header in [
            "options",
            "topic",
            "shop",
            "adoption",
            "adopted",
            "optical",
            "Lieblingsfarbe",
            "city",
            "birthday",
            "points",
            "copyright",
            "blue",
            "blockchain_id",
            "substance",
            "plan",
            "tags",
            "umsatz",
            "last_order",
            "photo",
            "department",
            "stopover",
            "prezzo",
            "color",
            "cleanliness",
            "sublime",
            "Bewerbung",
            "Gewerbe",
            "avg_order",
        ] {
            assert_eq!(smell(header), None, "{header}");
        }
    }

    #[test]
    fn a_header_tells_which_way_round_it_is() {
        for header in ["email_disabled", "is_blocked", "unsub_flag", "do_not_call", "Newsletterabmeldung"] {
            assert!(is_negative(header), "{header}");
        }
        for header in ["wants_newsletter", "marketing", "zgoda na kontakt", "Suscripción"] {
            assert!(!is_negative(header), "{header}");
        }
        assert_eq!(channel("sms_allowed"), "sms");
        assert_eq!(channel("newsletter_flag"), "email");
    }
}
