//! Text in CSV that a spreadsheet would calculate instead of showing it (OWASP, "CSV Injection"): an apostrophe in front keeps
//! it text.

use std::borrow::Cow;

/// Whether a spreadsheet would calculate the text. A telephone number in E.164 is a number to it, and does no harm.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    let number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !text.strip_prefix('+').is_some_and(number)
}

/// The text with an apostrophe in front if it is a formula, or if it is one behind apostrophes, so that [`unguarded`]
/// returns every text as it was.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    let bare = text.trim_start_matches('\'');
    if is_formula(bare) || (bare.len() < text.len() && begins_a_number(bare)) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text without the apostrophe that keeps a formula or a number text. Other apostrophes stay: `'s-Hertogenbosch`.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('\'') else { return text };
    let bare = rest.trim_start_matches('\'');
    if is_formula(bare) || begins_a_number(bare) { rest } else { text }
}

/// Whether a text begins like a number, which people keep as text by an apostrophe: `'02138`, `'+49301234`.
fn begins_a_number(text: &str) -> bool {
    text.strip_prefix('+').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_text_is_no_formula_and_comes_back_as_it_was() {
        for text in [
            "=1+1",
            "'=1+1",
            "''-x",
            "@SUM(A1)",
            "-5",
            "+1-cmd@example.com",
            "\t=1",
            "+49301234",
            "'t Hart",
            "",
            "'",
            "'5",
            "02138",
            "'+49",
        ] {
            let guarded = guarded(text);
            assert!(!is_formula(&guarded), "{text}");
            assert_eq!(unguarded(&guarded), text);
        }
        assert_eq!(guarded("+49301234"), "+49301234");
        assert_eq!((unguarded("'02138"), unguarded("'+49301234")), ("02138", "+49301234"));
        assert_eq!(unguarded("'s-Hertogenbosch"), "'s-Hertogenbosch");
    }
}
