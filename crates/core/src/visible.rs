//! Text that people see as it is: names and subject lines, in which nothing is hidden and nothing runs backwards.
//!
//! Somebody who reads a name decides by it. So a name holds no control characters, none that change the direction of
//! text (Unicode Standard Annex 9), and none that cannot be seen (`Default_Ignorable_Code_Point`), except where a script
//! or an emoji needs them: joiners between two visible characters, variation selectors and tags behind one.

use crate::sender_domain;

/// Why a text is no name: a clause such as `contains a control character`. It never repeats the text.
pub type TextProblem = &'static str;

const CONTROL: TextProblem = "contains a control character";
const DIRECTION: TextProblem = "contains a character that changes the direction of text";
const INVISIBLE: TextProblem = "contains an invisible character";

/// Begins the flags of England, Scotland and Wales, which end with tags that cannot be seen.
const BLACK_FLAG: char = '\u{1F3F4}';

/// Checks text that people see as it is, on one line.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<(), TextProblem> {
    let mut before: Option<char> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}') => {
                return Err(CONTROL);
            }
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                return Err(DIRECTION);
            }
            '\u{200C}' | '\u{200D}' => {
                let (Some(left), Some(right)) = (before, characters.peek().copied()) else { return Err(INVISIBLE) };
                // No script that needs a joiner is written in ASCII letters; there it would only hide.
                let hides = left == c || is_ignorable(right) || (left.is_ascii() && right.is_ascii());
                if hides || left.is_whitespace() || right.is_whitespace() {
                    return Err(INVISIBLE);
                }
            }
            c if is_selector(c) => {
                let letter = |left: char| left.is_ascii_alphabetic() || left.is_whitespace() || is_ignorable(left);
                if before.is_none_or(letter) {
                    return Err(INVISIBLE);
                }
            }
            '\u{E0020}'..='\u{E007F}' if before.is_some_and(is_flag) => {}
            c if is_ignorable(c) => return Err(INVISIBLE),
            _ => {}
        }
        before = Some(c);
    }
    Ok(())
}

const fn is_flag(c: char) -> bool {
    matches!(c, BLACK_FLAG | '\u{E0020}'..='\u{E007E}')
}

/// Variation selectors, those of Mongolian too.
const fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' | '\u{180F}')
}

/// Whether a character cannot be seen: blanks, control characters, marks of direction and what is ignored in display.
fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_ignorable(c)
}

/// The text without what cannot be seen at both ends. Programs that copy addresses leave such characters around them:
/// byte order marks, no-break spaces, marks of direction.
#[must_use]
pub fn trim_unseen(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

/// Whether text that identifies somebody holds a character that cannot be seen, blanks aside.
pub(crate) fn hides(text: &str) -> bool {
    text.contains(|c: char| is_ignorable(c) || (c.is_control() && !c.is_whitespace()))
}

/// `Default_Ignorable_Code_Point` of Unicode 17, and the blank Braille pattern.
pub(crate) const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether the text holds an email address that is neither at the domain nor below it, so that a display name could pass
/// for one. `＠` and the full stops of other scripts count too.
#[must_use]
pub fn names_another_address(text: &str, domain: &str) -> bool {
    let plain: String = text.chars().map(plain).collect();
    plain.match_indices('@').any(|(at, _)| {
        let host: String =
            plain[at + 1..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
        let host = host.trim_end_matches(['.', '-', '_']);
        host.contains('.') && !sender_domain::normalize(host).is_ok_and(|host| sender_domain::covers(domain, &host))
    })
}

const fn plain(c: char) -> char {
    match c {
        '\u{FF20}' | '\u{FE6B}' => '@',
        '\u{3002}' | '\u{FF0E}' | '\u{FF61}' | '\u{FE52}' | '\u{2024}' => '.',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts_and_emoji_are_taken() {
        for good in [
            "Meridian Bookshop",
            "Łódź Żabka",
            "Müller & Söhne, GmbH",
            "فروشگاه کتاب‌ها",  // ZWNJ, Persian
            "क्‍ष किताब",        // ZWJ, Devanagari
            "ශ්‍රී ලංකා",          // ZWJ, Sinhala
            "👩‍👩‍👧 Family ❤️‍🔥 1️⃣", // ZWJ sequences, variation selectors, a keycap
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} England",
            "שלום",
            "書店 本",
            "葛\u{E0100}城",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_hidden_or_runs_backwards_is_refused() {
        for c in ['\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}', '\u{200E}', '\u{200F}', '\u{061C}'] {
            assert_eq!(check(&format!("Bank{c}knaB")), Err(DIRECTION), "{c:?}");
        }
        for c in ['\n', '\0', '\u{85}', '\u{7F}', '\u{2028}', '\u{2029}', '\u{FFF9}'] {
            assert_eq!(check(&format!("Ba{c}nk")), Err(CONTROL), "{c:?}");
        }
        for c in
            ['\u{200B}', '\u{AD}', '\u{FEFF}', '\u{2060}', '\u{3164}', '\u{E0041}', '\u{34F}', '\u{200D}', '\u{200C}']
        {
            for text in [format!("Ba{c}nk"), format!("{c}Bank"), format!("Bank{c}"), format!("Bank {c} A")] {
                assert_eq!(check(&text), Err(INVISIBLE), "{text:?}");
            }
        }
        for text in
            ["\u{FE0F}A", "A\u{FE0F}", "本\u{200D}\u{200D}本", "本\u{200D}\u{200B}本", "\u{200D}", "本\u{FE00}\u{FE00}"]
        {
            assert_eq!(check(text), Err(INVISIBLE), "{text:?}");
        }
    }

    #[test]
    fn a_display_name_is_no_address_of_another_domain() {
        let domain = "shop.example";
        for (text, is_another) in [
            ("Shop", false),
            ("Anna @ Shop", false),
            ("follow @shop", false),
            ("hello@shop.example", false),
            ("Shop (hello@news.shop.example)", false),
            ("Hello@SHOP.example.", false),
            ("ceo@bank.test", true),
            ("\"ceo@bank.test\" <x>", true),
            ("CEO ceo＠bank．test", true),
            ("hello@shop.example ceo@bank.test", true),
            ("ceo@shop.example.bank.test", true),
            ("ceo@notshop.example", true),
            ("ceo@bänk.test", true),
        ] {
            assert_eq!(names_another_address(text, domain), is_another, "{text}");
        }
    }
}
