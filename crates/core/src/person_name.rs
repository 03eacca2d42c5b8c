//! Names of people as they are searched: without case, accents and punctuation.
//!
//! Invariant: a stored key and a search go through the same function, so a name is always found by its own spelling.

use crate::visible::is_ignorable;
use unicode_normalization::UnicodeNormalization as _;

/// Longest key, in characters; longer names are found by their beginning.
pub const NAME_KEY_CHARS_MAX: usize = 64;

/// The two keys by which a person is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameKeys {
    /// First name, then last name; `None` without a name.
    pub forward: Option<String>,
    /// Last name, then first name; `None` if one of the two is missing, because `forward` is the same then.
    pub reversed: Option<String>,
}

impl NameKeys {
    /// The keys of a first and a last name.
    #[must_use]
    pub fn of(first: Option<&str>, last: Option<&str>) -> Self {
        let (first, last) = (folded(first.unwrap_or_default()), folded(last.unwrap_or_default()));
        let some = |key: String| Some(key).filter(|key| !key.is_empty());
        if first.is_empty() || last.is_empty() {
            return Self { forward: some(first + &last), reversed: None };
        }
        let joined = |a: &str, b: &str| shortened(&format!("{a} {b}"));
        Self { forward: Some(joined(&first, &last)), reversed: Some(joined(&last, &first)) }
    }
}

/// The text in lower case, without accents, apostrophes and invisible characters, with one space for each run of spaces,
/// hyphens, full stops and commas, and at most [`NAME_KEY_CHARS_MAX`] characters long.
///
/// Accents are dropped (`ü` becomes `u`), not spelled out, because a search must work for a reader who does not know the
/// language of the name.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().flat_map(char::to_lowercase).nfkd() {
        let spelled = match c {
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            'ø' => "o",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ı' => "i",
            'ħ' => "h",
            'ŧ' => "t",
            'ς' => "σ",
            c if is_dropped(c) => continue,
            c if is_gap(c) => {
                gap = true;
                continue;
            }
            _ => "",
        };
        if gap && !key.is_empty() {
            key.push(' ');
        }
        gap = false;
        if spelled.is_empty() { key.push(c) } else { key.push_str(spelled) }
    }
    shortened(&key)
}

fn shortened(key: &str) -> String {
    key.chars().take(NAME_KEY_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

/// Accents of the scripts that are read without them, apostrophes, and what nobody sees.
fn is_dropped(c: char) -> bool {
    let accent = matches!(c, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}'
        | '\u{670}');
    let apostrophe = matches!(c, '\'' | '`' | '"' | '\u{2018}'..='\u{201F}' | '\u{2B0}'..='\u{2CF}' | '\u{2032}');
    let is_unseen = is_ignorable(c) || (c.is_control() && !c.is_whitespace());
    accent || apostrophe || is_unseen
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | ',' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_its_letters_are_marked() {
        for (written, key) in [
            ("Jürgen", "jurgen"),
            ("Ju\u{308}rgen", "jurgen"),
            ("JÜRG", "jurg"),
            ("Groß", "gross"),
            ("Łukasz Żabiński", "lukasz zabinski"),
            ("Søren", "soren"),
            ("O’Brien", "obrien"),
            ("O'Brien", "obrien"),
            ("Anna-Lena", "anna lena"),
            ("  Müller,  Jürgen ", "muller jurgen"),
            ("Dr. Ada", "dr ada"),
            ("İstanbul", "istanbul"),
            ("Юрий", "юрии"),
            ("Παπαδόπουλος", "παπαδοπουλοσ"),
            ("مُحَمَّد", "محمد"),
            ("\u{202E}Ada\u{200B}", "ada"),
            ("%", "%"),
            ("_", "_"),
            ("🎉", "🎉"),
            ("-", ""),
            ("", ""),
        ] {
            assert_eq!(folded(written), key, "{written}");
        }
    }

    #[test]
    fn a_key_has_an_end() {
        assert_eq!(folded(&"ü".repeat(10_000)).chars().count(), NAME_KEY_CHARS_MAX);
        let keys = NameKeys::of(Some(&"a".repeat(255)), Some("b"));
        assert_eq!(keys.forward.map(|key| key.len()), Some(NAME_KEY_CHARS_MAX));
    }

    #[test]
    fn both_orders_of_a_name_are_keys() {
        let keys = |first, last| {
            let keys = NameKeys::of(first, last);
            (keys.forward.unwrap_or_default(), keys.reversed.unwrap_or_default())
        };
        assert_eq!(keys(Some("Jürgen"), Some("Müller")), ("jurgen muller".into(), "muller jurgen".into()));
        assert_eq!(keys(Some("Jürgen"), None), ("jurgen".into(), String::new()));
        assert_eq!(keys(Some("-"), Some("Cher")), ("cher".into(), String::new()));
        assert_eq!(keys(None, None), (String::new(), String::new()));
    }
}
