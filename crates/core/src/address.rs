//! Addresses: their normal form, by which people and suppressions are compared, and why a text is none.
//!
//! Whether anybody lives there is not asked here.

use crate::visible;
use addr_spec::AddrSpec;

/// Octets of a whole email address (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_OCTETS_MAX: usize = 254;
/// Octets before the `@` (RFC 5321 §4.5.3.1.1).
pub const EMAIL_LOCAL_OCTETS_MAX: usize = 64;
/// Octets after the `@` (RFC 5321 §4.5.3.1.2).
pub const EMAIL_DOMAIN_OCTETS_MAX: usize = 255;
/// Octets of one label of a domain (RFC 1035 §2.3.4).
pub const DOMAIN_LABEL_OCTETS_MAX: usize = 63;
/// Fewest digits of a phone number that can be dialled from abroad.
pub const PHONE_DIGITS_MIN: usize = 7;
/// Most digits of a phone number (ITU-T E.164 §6).
pub const PHONE_DIGITS_MAX: usize = 15;

/// Countries without postal codes, as ISO 3166 alpha-2 codes (Universal Postal Union).
const COUNTRIES_WITHOUT_POSTAL_CODE: [&str; 40] = [
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "DJ", "DM",
    "ER", "FJ", "GD", "GM", "GQ", "GY", "HK", "KI", "KM", "KN", "LY", "ML", "MO", "MR", "QA", "SB", "SC", "SR", "TO",
    "UG", "ZW",
];
/// Countries whose postal code follows the city and the region, as ISO 3166 alpha-2 codes.
const COUNTRIES_WITH_CODE_LAST: [&str; 6] = ["AU", "CA", "GB", "IE", "NZ", "US"];

/// What is wrong with a rounded number.
const ROUNDED: AddressProblem = "was rounded by a spreadsheet, so its last digits are gone: format the column as text";

/// Why a text is not an address: a clause such as `has no @`. It never repeats the text.
pub type AddressProblem = &'static str;

/// The normal form of an email address (`email_lower_trim`): without blanks around it, in lower case as a whole,
/// in Unicode's form NFC. Any domain that is well formed is taken, also an internationalized one.
///
/// # Errors
/// What is wrong with it, by RFC 5321 and RFC 6531; quoted local parts and address literals are not taken.
pub fn normalize_email(text: &str) -> Result<String, AddressProblem> {
    let text = visible::trim_unseen(text);
    if text.is_empty() {
        return Err("is empty");
    }
    if text.contains(['<', '>']) {
        return Err("must be the bare address, without a name or angle brackets");
    }
    if text.contains('"') {
        return Err("has a quoted local part, which is not taken");
    }
    if text.contains(['[', ']']) {
        return Err("has an IP address in place of a domain");
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("contains a blank or a control character");
    }
    if visible::hides(text) {
        return Err("contains an invisible character");
    }
    match text.matches('@').count() {
        1 => {}
        0 => return Err("has no @"),
        _ => return Err("has more than one @"),
    }
    let address: AddrSpec =
        text.to_lowercase().parse().map_err(|_| "is not an email address of the form name@domain")?;
    check_lengths(address.local_part(), address.domain())?;
    check_domain(address.domain())?;
    Ok(format!("{}@{}", address.local_part(), address.domain()))
}

fn check_lengths(local: &str, domain: &str) -> Result<(), AddressProblem> {
    if local.is_empty() || domain.is_empty() {
        return Err("has nothing before or after the @");
    }
    if local.len() > EMAIL_LOCAL_OCTETS_MAX {
        return Err("has more than 64 octets before the @");
    }
    if domain.len() > EMAIL_DOMAIN_OCTETS_MAX || local.len() + 1 + domain.len() > EMAIL_OCTETS_MAX {
        return Err("is longer than 254 octets");
    }
    Ok(())
}

/// Letters, digits and inner hyphens in each label (RFC 1123 §2.1), or letters of any script (RFC 5890).
pub(crate) fn check_domain(domain: &str) -> Result<(), AddressProblem> {
    for label in domain.split('.') {
        if label.is_empty() || label.len() > DOMAIN_LABEL_OCTETS_MAX {
            return Err("has a domain label that is empty or longer than 63 octets");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("has a domain label that begins or ends with a hyphen");
        }
        if label.contains(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '-') {
            return Err("has a character in its domain that no domain has");
        }
    }
    let last = domain.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("has a number in place of a top-level domain");
    }
    Ok(())
}

/// The domain of a normalised email address.
#[must_use]
pub fn email_domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// The normal form of a phone number: `+` and 7 to 15 digits (ITU-T E.164). Blanks, hyphens, dots, slashes and
/// parentheses are dropped, and `00` in front stands for `+`. `(0)` behind a country code is the prefix of national calls
/// and is dropped too (ITU-T E.123 section 7). A national number is not guessed into a country.
///
/// # Errors
/// What is wrong with it.
pub fn normalize_phone(text: &str) -> Result<String, AddressProblem> {
    let text = visible::trim_unseen(text);
    if is_rounded(text) {
        return Err(ROUNDED);
    }
    if visible::hides(text) {
        return Err("contains an invisible character");
    }
    let text: String = text.chars().map(ascii_digit).collect();
    let text = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest.trim_start(),
        _ => &text,
    };
    let text =
        if text.starts_with('+') || text.starts_with("00") { text.replacen("(0)", "", 1) } else { text.to_owned() };
    let separator = |c: char| c.is_whitespace() || "-.()/\u{2010}\u{2011}\u{2013}".contains(c);
    let dialled: String = text.chars().filter(|&c| !separator(c)).collect();
    if dialled.is_empty() {
        return Err("is empty");
    }
    let digits = dialled
        .strip_prefix('+')
        .or_else(|| dialled.strip_prefix("00"))
        .ok_or("has no country code: it must begin with + or 00")?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("contains something other than digits");
    }
    if digits.starts_with('0') {
        return Err("has a country code that begins with 0");
    }
    if digits.len() < PHONE_DIGITS_MIN || digits.len() > PHONE_DIGITS_MAX {
        return Err("does not have 7 to 15 digits");
    }
    Ok(format!("+{digits}"))
}

/// The normal form of a tenant's own id of a person: without what cannot be seen around it, each run of blanks one blank.
///
/// # Errors
/// What is wrong with it.
pub fn normalize_customer_id(text: &str) -> Result<String, AddressProblem> {
    let text = visible::trim_unseen(text);
    if text.is_empty() {
        return Err("is empty");
    }
    if is_rounded(text) {
        return Err(ROUNDED);
    }
    if visible::hides(text) {
        return Err("contains an invisible character");
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether a spreadsheet has written a long number as a power of ten, such as `4.91512E+11`: different numbers look alike
/// then.
fn is_rounded(text: &str) -> bool {
    let Some((number, power)) = text.split_once("E+").or_else(|| text.split_once("e+")) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(power) && number.split_once(['.', ',']).map_or_else(|| digits(number), |(a, b)| digits(a) && digits(b))
}

/// Full-width, Arabic and Persian digits as those of ASCII.
fn ascii_digit(c: char) -> char {
    let zero = match c {
        '\u{FF10}'..='\u{FF19}' => 0xFF10,
        '\u{0660}'..='\u{0669}' => 0x0660,
        '\u{06F0}'..='\u{06F9}' => 0x06F0,
        '\u{FF0B}' => return '+',
        other => return other,
    };
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

/// A postal address, field by field. Empty text counts as absent.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PostalAddress {
    /// Who it is for.
    pub name: String,
    /// At which company.
    pub company: String,
    /// Street and number.
    pub line1: String,
    /// Anything more of it.
    pub line2: String,
    /// City or town.
    pub city: String,
    /// State, province or county.
    pub region: String,
    /// Postal code.
    pub postal_code: String,
    /// Country; empty is the sender's own.
    pub country: String,
}

impl std::fmt::Debug for PostalAddress {
    /// Shows nothing: an address must not reach a log by accident.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostalAddress")
    }
}

impl PostalAddress {
    /// Whether nothing at all is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let fields = [
            &self.name,
            &self.company,
            &self.line1,
            &self.line2,
            &self.city,
            &self.region,
            &self.postal_code,
            &self.country,
        ];
        fields.into_iter().all(|field| field.trim().is_empty())
    }

    /// The address with its name line: `name`, else the company, else the first and last name of the person. An address
    /// of which nothing is given stays empty.
    #[must_use]
    pub fn named_for(mut self, first_name: Option<&str>, last_name: Option<&str>) -> Self {
        if !self.is_empty() && self.name.trim().is_empty() && self.company.trim().is_empty() {
            self.name = joined([first_name.unwrap_or_default(), last_name.unwrap_or_default()]);
        }
        self
    }

    /// What to call a missing part of an address ([`PostalAddress::missing`]) in a sentence.
    #[must_use]
    pub fn part_name(part: &str) -> &'static str {
        match part {
            "name" => "a name line (address.name, a company, or first and last name)",
            "line1" => "a street",
            "city" => "a city",
            _ => "a postal code",
        }
    }

    /// What is missing before a piece can be addressed, by the names of the fields: someone to receive it
    /// (`name` or `company`), `line1`, `city`, and `postal_code` where the country has one.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let blank = |field: &str| field.trim().is_empty();
        let country = self.country.trim().to_uppercase();
        let no_code = COUNTRIES_WITHOUT_POSTAL_CODE.contains(&country.as_str());
        let checks = [
            ("name", blank(&self.name) && blank(&self.company)),
            ("line1", blank(&self.line1)),
            ("city", blank(&self.city)),
            ("postal_code", blank(&self.postal_code) && !no_code),
        ];
        checks.into_iter().filter_map(|(field, missing)| missing.then_some(field)).collect()
    }

    /// The address as it is printed, one line each, without empty lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let country = self.country.trim().to_uppercase();
        let place = if COUNTRIES_WITH_CODE_LAST.contains(&country.as_str()) {
            [&self.city, &self.region, &self.postal_code]
        } else {
            [&self.postal_code, &self.city, &self.region]
        };
        let place = joined(place.map(String::as_str));
        let lines = [&self.name, &self.company, &self.line1, &self.line2, &place, &country];
        lines.into_iter().map(|line| joined([line])).filter(|line| !line.is_empty()).collect()
    }

    /// The form by which two postal addresses are compared: its lines in capitals, joined by `|`.
    #[must_use]
    pub fn key(&self) -> String {
        self.lines().join("|").to_uppercase()
    }
}

/// Words with single blanks between them.
fn joined<const N: usize>(parts: [&str; N]) -> String {
    let words: Vec<&str> = parts.into_iter().flat_map(str::split_whitespace).collect();
    words.join(" ")
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
