//! What a search for a person looks up, in the order in which the answer shows it: what matches exactly comes first.
//!
//! Each lookup is one range of one index, so a search costs the same among a thousand people and among ten million.

use crate::address::{PHONE_DIGITS_MAX, normalize_email, normalize_phone};
use crate::id::ProfileId;
use crate::person_name::folded;
use unicode_normalization::UnicodeNormalization as _;

/// Longest search, in characters: no address is longer.
pub const SEARCH_CHARS_MAX: usize = 254;
/// Fewest digits of a national phone number that is looked up.
const NATIONAL_DIGITS_MIN: usize = 5;
/// Sorts after every text that begins like the one that it is appended to.
const LAST: char = '\u{10FFFF}';

/// Country codes of phone numbers (ITU-T E.164, list of assigned codes), without the shared ones that no person has.
const COUNTRY_CODES: &str = "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 \
    64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 \
    234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 \
    264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 \
    378 379 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 \
    596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 \
    856 880 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998";

/// The field that a range is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchField {
    /// Normalised email address.
    Email,
    /// Normalised phone number.
    Phone,
    /// The tenant's own id of the person.
    CustomerId,
    /// [`crate::person_name::NameKeys::forward`].
    Name,
    /// [`crate::person_name::NameKeys::reversed`].
    NameReversed,
}

/// One lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Everybody, the newest first.
    Everybody,
    /// Whoever has this id.
    Id(ProfileId),
    /// Whoever has a field from one text to another, both included.
    Range(SearchField, String, String),
    /// Whoever has one of these phone numbers.
    Phones(Vec<String>),
}

/// The lookups of a search. An empty search finds everybody.
///
/// # Errors
/// Why it is no search: a clause.
pub fn lookups(search: &str) -> Result<Vec<Lookup>, String> {
    if search.chars().count() > SEARCH_CHARS_MAX {
        return Err(format!("is longer than {SEARCH_CHARS_MAX} characters"));
    }
    let search = search.trim();
    if search.is_empty() {
        return Ok(vec![Lookup::Everybody]);
    }
    let mut found = Vec::new();
    if let Ok(id) = search.parse() {
        found.push(Lookup::Id(id));
    }
    if let Ok(email) = normalize_email(search) {
        found.push(exactly(SearchField::Email, email));
    }
    found.push(exactly(SearchField::CustomerId, search.to_owned()));
    let phone = PhoneSearch::read(search);
    found.extend(phone.as_ref().and_then(PhoneSearch::exact));
    let name = folded(search);
    if !name.is_empty() {
        found.push(beginning(SearchField::NameReversed, &name));
        found.push(beginning(SearchField::Name, &name));
    }
    if !search.contains(char::is_whitespace) {
        found.push(beginning(SearchField::Email, &search.to_lowercase().nfc().collect::<String>()));
    }
    found.push(beginning(SearchField::CustomerId, search));
    found.extend(phone.and_then(PhoneSearch::prefix));
    Ok(found)
}

fn exactly(field: SearchField, text: String) -> Lookup {
    Lookup::Range(field, text.clone(), text)
}

fn beginning(field: SearchField, text: &str) -> Lookup {
    Lookup::Range(field, text.to_owned(), format!("{text}{LAST}"))
}

/// A search that may be a phone number.
enum PhoneSearch {
    /// With a country code: `+` and digits.
    International(String),
    /// Digits as they are dialled within a country.
    National(String),
}

impl PhoneSearch {
    fn read(search: &str) -> Option<Self> {
        // `+49 (0) 30` writes the zero that is dialled within the country only.
        let search = search.replace("(0)", "");
        let plus = search.starts_with('+');
        let mut digits = String::new();
        for c in search.chars().skip(usize::from(plus)) {
            match c {
                '0'..='9' => digits.push(c),
                c if c.is_whitespace() || "-.()/\u{2010}\u{2011}\u{2013}".contains(c) => {}
                _ => return None,
            }
        }
        if digits.is_empty() || digits.len() > PHONE_DIGITS_MAX + 2 {
            return None;
        }
        let international = digits.strip_prefix("00").map(str::to_owned);
        Some(match international {
            _ if plus => Self::International(format!("+{digits}")),
            Some(rest) => Self::International(format!("+{rest}")),
            None => Self::National(digits),
        })
    }

    fn exact(&self) -> Option<Lookup> {
        match self {
            Self::International(number) => {
                normalize_phone(number).ok().map(|number| exactly(SearchField::Phone, number))
            }
            Self::National(digits) if digits.len() >= NATIONAL_DIGITS_MIN => {
                let subscriber = digits.strip_prefix('0');
                let mut numbers = vec![format!("+{digits}")];
                for code in COUNTRY_CODES.split(' ') {
                    // Italy and others keep the zero.
                    numbers.push(format!("+{code}{digits}"));
                    numbers.extend(subscriber.map(|subscriber| format!("+{code}{subscriber}")));
                }
                numbers.retain(|number| number.len() <= PHONE_DIGITS_MAX + 1);
                Some(Lookup::Phones(numbers))
            }
            Self::National(_) => None,
        }
    }

    fn prefix(self) -> Option<Lookup> {
        match self {
            Self::International(number) => Some(beginning(SearchField::Phone, &number)),
            Self::National(digits) if !digits.starts_with('0') => {
                Some(beginning(SearchField::Phone, &format!("+{digits}")))
            }
            Self::National(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields and the beginnings of the lookups, in order.
    fn plan(search: &str) -> Vec<String> {
        let lookups = lookups(search).expect("it can be searched for");
        let one = |lookup: Lookup| match lookup {
            Lookup::Everybody => "everybody".to_owned(),
            Lookup::Id(_) => "id".to_owned(),
            Lookup::Range(field, from, to) => format!("{field:?}{}{from}", if from == to { "=" } else { "^" }),
            Lookup::Phones(_) => "phones".to_owned(),
        };
        lookups.into_iter().map(one).collect()
    }

    #[test]
    fn what_matches_exactly_comes_before_what_begins_so() {
        assert_eq!(plan("  "), ["everybody"]);
        assert_eq!(
            plan(" Ada@Example.com "),
            [
                "Email=ada@example.com",
                "CustomerId=Ada@Example.com",
                "NameReversed^ada@example com",
                "Name^ada@example com",
                "Email^ada@example.com",
                "CustomerId^Ada@Example.com"
            ]
        );
        assert_eq!(
            plan("Jürg"),
            ["CustomerId=Jürg", "NameReversed^jurg", "Name^jurg", "Email^jürg", "CustomerId^Jürg"]
        );
        assert_eq!(
            plan("Müller, Jürgen"),
            [
                "CustomerId=Müller, Jürgen",
                "NameReversed^muller jurgen",
                "Name^muller jurgen",
                "CustomerId^Müller, Jürgen"
            ]
        );
        assert_eq!(plan("6f1b0f3e-7c3b-4f0e-9c51-0d8f7f7b8a11")[0], "id");
        assert_eq!(plan("%"), ["CustomerId=%", "NameReversed^%", "Name^%", "Email^%", "CustomerId^%"]);
    }

    #[test]
    fn a_phone_number_is_found_in_any_written_form() {
        for (search, number) in [
            ("+49 (0) 151 123-45678", "+4915112345678"),
            ("0049 151/12345678", "+4915112345678"),
            ("0151 123 45678", "+4915112345678"),
            ("4915112345678", "+4915112345678"),
            ("(415) 555-0100", "+14155550100"),
            ("06 1234 5678", "+390612345678"),
        ] {
            let found = lookups(search).expect("it can be searched for").into_iter().any(|lookup| match lookup {
                Lookup::Phones(numbers) => numbers.iter().any(|one| one == number),
                Lookup::Range(SearchField::Phone, from, to) => (from.as_str()..=to.as_str()).contains(&number),
                Lookup::Everybody | Lookup::Id(_) | Lookup::Range(..) => false,
            });
            assert!(found, "{search}");
        }
        assert!(!plan("0151").contains(&"phones".to_owned()), "too short to be a number");
    }

    #[test]
    fn no_search_is_without_bounds() {
        assert!(lookups(&"a".repeat(SEARCH_CHARS_MAX + 1)).is_err());
        let most = lookups("0151 12345678").expect("it can be searched for");
        assert!(most.iter().all(|lookup| !matches!(lookup, Lookup::Phones(numbers) if numbers.len() > 500)));
    }
}
