//! From which domains a tenant may send mail.
//!
//! The operator binds domains to a tenant. Then it sends from these and from what is below them, and no tenant without
//! domains of its own sends from there. Where nothing is bound, everybody sends from anywhere and gets a warning if
//! another tenant uses the same domain. Domains are compared in the form that is on the wire: lower case, `xn--`
//! (RFC 5891 §4).

use crate::address::{AddressProblem, EMAIL_DOMAIN_OCTETS_MAX, check_domain, email_domain, normalize_email};
use crate::punycode;

/// Most domains of one tenant.
pub const DOMAINS_MAX: usize = 100;

/// The form in which domains are compared and stored. One full stop at the end is dropped.
///
/// # Errors
/// What is wrong with it.
pub fn normalize(text: &str) -> Result<String, AddressProblem> {
    let text = text.trim();
    let text = text.strip_suffix('.').unwrap_or(text).to_lowercase();
    // An address has its domain in Unicode's form NFC; so has this.
    let domain = match normalize_email(&format!("a@{text}")) {
        Ok(address) => email_domain(&address).to_owned(),
        Err(_) => {
            check_domain(&text)?;
            return Err("is not the name of a domain");
        }
    };
    let labels: Option<Vec<String>> = domain.split('.').map(punycode::ascii_label).collect();
    let domain = labels.ok_or("has a label that is too long in the form of the domain name system")?.join(".");
    if domain.len() > EMAIL_DOMAIN_OCTETS_MAX { Err("is longer than 255 octets") } else { Ok(domain) }
}

/// The domain of an email address, as [`normalize`] writes it.
///
/// # Errors
/// What is wrong with the address.
pub fn of_address(address: &str) -> Result<String, AddressProblem> {
    normalize(email_domain(&normalize_email(address)?))
}

/// Whether a domain is another one or below it; both normalised.
#[must_use]
pub fn covers(above: &str, domain: &str) -> bool {
    domain.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A normalised domain and all that it is below, itself first: `a.b.c`, `b.c`, `c`.
pub fn with_parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent))
}

/// What is known of a domain on behalf of a tenant that would send from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainFacts {
    /// The domains bound to the tenant.
    pub own: Vec<String>,
    /// Whether it, or one that it is below, is bound to another tenant.
    pub bound_elsewhere: bool,
    /// Whether another tenant has a sender profile there.
    pub used_elsewhere: bool,
}

/// Whether a tenant may send from a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It may, and another tenant sends from there too.
    Shared,
    /// It has domains, and this is not at one of them.
    NotOwn,
    /// It has none, and this is bound to another tenant.
    Foreign,
}

impl Verdict {
    /// Why the tenant may not send from the domain, in one clause; none if it may.
    #[must_use]
    pub const fn problem(self) -> Option<&'static str> {
        match self {
            Self::Allowed | Self::Shared => None,
            Self::NotOwn => Some("is not at one of the domains that the operator bound to this tenant"),
            Self::Foreign => Some("is at a domain that the operator bound to another tenant"),
        }
    }
}

/// Judges a normalised domain.
#[must_use]
pub fn judge(domain: &str, facts: &DomainFacts) -> Verdict {
    match facts {
        DomainFacts { own, .. } if own.iter().any(|own| covers(own, domain)) => Verdict::Allowed,
        DomainFacts { own, .. } if !own.is_empty() => Verdict::NotOwn,
        DomainFacts { bound_elsewhere: true, .. } => Verdict::Foreign,
        DomainFacts { used_elsewhere: true, .. } => Verdict::Shared,
        DomainFacts { .. } => Verdict::Allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_compared_as_they_are_on_the_wire() {
        for (text, expected) in [
            ("bank.test", "bank.test"),
            (" Bank.TEST. ", "bank.test"),
            ("MÜLLER.example", "xn--mller-kva.example"),
            ("mu\u{308}ller.example", "xn--mller-kva.example"),
            ("xn--mller-kva.example", "xn--mller-kva.example"),
        ] {
            assert_eq!(normalize(text).as_deref(), Ok(expected), "{text}");
        }
        for bad in ["", ".", "a b.test", "bank..test", "-bank.test", "a@bank.test", "bank.test..", "1.2.3.4", "*.test"]
        {
            assert!(normalize(bad).is_err(), "{bad}");
        }
        assert_eq!(of_address("Hello@Müller.example").as_deref(), Ok("xn--mller-kva.example"));
    }

    #[test]
    fn a_domain_covers_itself_and_what_is_below_it() {
        for (above, domain, expected) in [
            ("bank.test", "bank.test", true),
            ("bank.test", "mail.bank.test", true),
            ("bank.test", "notbank.test", false),
            ("mail.bank.test", "bank.test", false),
            ("test", "bank.test", true),
        ] {
            assert_eq!(covers(above, domain), expected, "{above} {domain}");
            assert_eq!(with_parents(domain).any(|parent| parent == above), expected, "{above} {domain}");
        }
    }

    #[test]
    fn a_binding_opens_a_domain_to_one_tenant_and_closes_it_to_those_without() {
        let facts = |own: &[&str], bound_elsewhere, used_elsewhere| DomainFacts {
            own: own.iter().map(|domain| (*domain).to_owned()).collect(),
            bound_elsewhere,
            used_elsewhere,
        };
        for (domain, facts, expected) in [
            ("bank.test", facts(&[], false, false), Verdict::Allowed),
            ("bank.test", facts(&[], false, true), Verdict::Shared),
            ("bank.test", facts(&[], true, true), Verdict::Foreign),
            ("bank.test", facts(&["bank.test"], false, false), Verdict::Allowed),
            ("mail.bank.test", facts(&["shop.test", "bank.test"], true, true), Verdict::Allowed),
            ("bank.test", facts(&["shop.test"], false, false), Verdict::NotOwn),
            ("bank.test", facts(&["shop.test"], true, false), Verdict::NotOwn),
        ] {
            assert_eq!(judge(domain, &facts), expected, "{domain} {facts:?}");
        }
        assert!(Verdict::Foreign.problem().is_some() && Verdict::Shared.problem().is_none());
    }
}
